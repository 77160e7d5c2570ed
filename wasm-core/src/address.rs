//! Addresses as people type, open and share them: of tabs, of a relay, and of the pages that a relay serves.

use protocol::SpaceId;

/// A tab's address as a person types it: without a scheme it is https.
pub fn of_tab(typed: &str) -> String {
    let typed = typed.trim();
    // What is no address of the web is not made one.
    if typed.contains("://") || typed.starts_with("javascript:") || typed.starts_with("data:") {
        typed.to_owned()
    } else {
        format!("https://{typed}")
    }
}

/// A relay's address as a person types it, for the browser to read: without a scheme it is https, on this computer
/// http.
pub fn of_relay(typed: &str) -> String {
    let typed = typed.trim();
    let local = ["localhost", "127.", "[::1]"]
        .iter()
        .any(|start| typed.starts_with(start));
    if local && !typed.contains("://") {
        format!("http://{typed}")
    } else {
        of_tab(typed)
    }
}

/// What a path of the web page means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// What this is, and the person's spaces.
    Home,
    /// Joining; the link's secret is in the fragment.
    Join,
    /// A space.
    Space(SpaceId),
    /// No such page.
    Lost,
}

impl Page {
    /// The page at a path.
    pub fn at(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "" | "/index.html" => Self::Home,
            "/join" => Self::Join,
            other => match other.strip_prefix("/s/").map(str::parse) {
                Some(Ok(space)) => Self::Space(space),
                _ => Self::Lost,
            },
        }
    }
}

/// The secret in the fragment of a link, with its `#` or without; `None` when there is none.
pub fn secret(fragment: &str) -> Option<&str> {
    let secret = fragment.trim_start_matches('#');
    (!secret.is_empty()).then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_gets_one() {
        assert_eq!(of_tab(" example.org/x "), "https://example.org/x");
        assert_eq!(of_tab("http://example.org"), "http://example.org");
        assert_eq!(of_tab("javascript:alert(1)"), "javascript:alert(1)");
        assert_eq!(of_relay("tabs.example"), "https://tabs.example");
        assert_eq!(of_relay("localhost:8320"), "http://localhost:8320");
        assert_eq!(of_relay("https://127.0.0.1"), "https://127.0.0.1");
    }

    #[test]
    fn a_path_is_a_page() {
        let space = SpaceId::from_bits(1);
        for (path, page) in [
            ("", Page::Home),
            ("/", Page::Home),
            ("/index.html", Page::Home),
            ("/join/", Page::Join),
            ("/s/00000000000000000000000001", Page::Space(space)),
            ("/s/00000000000000000000000001/x", Page::Lost),
            ("/s", Page::Lost),
            ("join", Page::Lost),
        ] {
            assert_eq!(Page::at(path), page, "{path}");
        }
        assert_eq!(
            (secret("#a#b"), secret("#"), secret("")),
            (Some("a#b"), None, None)
        );
    }
}
