//! Pages in which restored tabs wait until they are shown.
//!
//! Chrome has no tab that is there and not loaded. So a tab waits in a `data:` page, which has the title and the
//! favicon, and goes on to the address once it becomes visible; its own place in the tab's history is taken by what
//! it goes to. It needs nothing of the extension, which may be updated, reloaded and removed meanwhile.
//!
//! The address of a waiting page never leaves this module's readers: whatever reads Chrome's tabs asks [`read`] first.

use std::fmt::Write as _;

use protocol::TabId;
use protocol::op::is_web_address;

const SCHEME: &str = "data:text/html;charset=utf-8,";
/// What every version's pages begin with: older ones may wait for years.
const BEGINNING: &str = "<!doctype html><meta name=\"tabspace-tab\" content=\"";
const TITLE: (&str, &str) = ("<title>", "</title>");
const ADDRESS: (&str, &str) = ("<a href=\"", "\"");
/// Without scripts the link stays, to be clicked.
const SCRIPT: &str = "<script>const link=document.links[0],go=()=>{if(document.visibilityState===\"visible\")\
location.replace(link.href)};link.hidden=true;document.addEventListener(\"visibilitychange\",go);go()</script>";

/// What a page waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The space's tab.
    pub tab: TabId,
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
}

/// Whether a tab with this address can wait: pages of the web go on only to pages of the web.
pub fn can_wait(url: &str) -> bool {
    is_web_address(url)
}

/// The address of a waiting page. `icon` is a `data:` address.
pub fn page(waiting: &Waiting, icon: Option<&str>) -> String {
    let Waiting { tab, url, title } = waiting;
    let (title, url) = (escaped(title), escaped(url));
    let icon = icon.map_or(String::new(), |icon| {
        format!("<link rel=\"icon\" href=\"{}\">", escaped(icon))
    });
    let html = format!(
        "{BEGINNING}{tab}\"><meta name=\"color-scheme\" content=\"light dark\">{}{title}{}{icon}{}{url}{}>{title}</a>{SCRIPT}",
        TITLE.0, TITLE.1, ADDRESS.0, ADDRESS.1,
    );
    let mut address = SCHEME.to_owned();
    for byte in html.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/:;=,".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// What the page at an address waits for; `None` when it is any other page.
pub fn read(address: &str) -> Option<Waiting> {
    let html = decoded(address.strip_prefix(SCHEME)?)?;
    let (tab, _) = html.strip_prefix(BEGINNING)?.split_once('"')?;
    let url = unescaped(between(&html, ADDRESS)?);
    is_web_address(&url).then_some(Waiting {
        tab: tab.parse().ok()?,
        url,
        title: unescaped(between(&html, TITLE)?),
    })
}

/// A tab as it is to be shown and kept, wherever it waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its address; where it is going while it is nowhere.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// The space's tab that it waits for.
    pub waits: Option<TabId>,
}

/// What Chrome says of a tab: its address, the one that it is about to go to, and its title.
pub fn shown(url: Option<String>, pending: Option<String>, title: Option<String>) -> Shown {
    let url = url.filter(|url| !url.is_empty()).or(pending).unwrap_or_default();
    match read(&url) {
        Some(waiting) => Shown {
            url: waiting.url,
            title: waiting.title,
            waits: Some(waiting.tab),
        },
        None => Shown {
            url,
            title: title.unwrap_or_default(),
            waits: None,
        },
    }
}

fn between<'a>(text: &'a str, (start, end): (&str, &str)) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

/// What HTML gives a meaning to, and how it is written without.
const ESCAPES: [(char, &str); 4] = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;")];

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match ESCAPES.iter().find(|(plain, _)| *plain == letter) {
            Some((_, written)) => escaped.push_str(written),
            None => escaped.push(letter),
        }
    }
    escaped
}

fn unescaped(text: &str) -> String {
    // The ampersand last: what it begins after that is text.
    ESCAPES
        .iter()
        .rev()
        .fold(text.to_owned(), |text, (plain, written)| {
            text.replace(written, plain.encode_utf8(&mut [0; 4]))
        })
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(url: &str, title: &str) -> Waiting {
        Waiting {
            tab: TabId::from_bits(7),
            url: url.to_owned(),
            title: title.to_owned(),
        }
    }

    #[test]
    fn what_a_page_waits_for_is_read_back() {
        for (url, title) in [
            ("https://example.org/", "Example"),
            (
                "https://example.org/?a=1&amp;b=\"2\"&lt;#%20%",
                "100 % <b>&quot;bold&quot;</b> & \"more\"",
            ),
            ("HTTP://example.org", ""),
            (
                "https://example.org/</title><a/href=\"https://evil.example/\">",
                "</title><script>alert(1)</script>",
            ),
            ("https://例え.example/\u{1f600}", "\u{202e}desrever \u{1f600}"),
        ] {
            let waits = waiting(url, title);
            for icon in [None, Some("data:image/png;base64,iVBORw0KGgo=")] {
                let address = page(&waits, icon);
                assert!(address.is_ascii(), "{address}");
                assert_eq!(read(&address), Some(waits.clone()), "{address}");
            }
        }
    }

    #[test]
    fn no_text_ends_the_element_that_it_is_in() {
        let waits = waiting("https://example.org/\"><script>", "</title><script>");
        let html = decoded(&page(&waits, Some("\"><script>"))[SCHEME.len()..]).expect("it was encoded");
        assert_eq!(html.matches("<script>").count(), 1, "{html}");
        assert_eq!(html.matches("</title>").count(), 1, "{html}");
    }

    #[test]
    fn other_pages_wait_for_nothing() {
        let good = page(&waiting("https://example.org/", "Example"), None);
        for address in [
            String::new(),
            "https://example.org/".to_owned(),
            "data:text/html,<p>".to_owned(),
            good[..good.len() / 2].to_owned(),
            good.replace("https:", "chrome:"),
            good.replace("tabspace-tab", "tabspace"),
            format!("{SCHEME}%"),
            format!("{SCHEME}%zz%c3%28"),
        ] {
            assert_eq!(read(&address), None, "{address}");
        }
    }

    #[test]
    fn a_tab_that_waits_is_shown_as_what_it_waits_for() {
        let waits = waiting("https://example.org/a", "A");
        let page = page(&waits, None);
        let expected = Shown {
            url: waits.url,
            title: waits.title,
            waits: Some(waits.tab),
        };
        // While it is made, while it waits, and while it goes on.
        assert_eq!(
            shown(Some(String::new()), Some(page.clone()), Some(page.clone())),
            expected
        );
        assert_eq!(shown(Some(page.clone()), None, Some("A".into())), expected);
        assert_eq!(
            shown(Some(page), Some("https://example.org/a".into()), None),
            expected
        );

        let loaded = shown(Some("https://example.org/a".into()), None, Some("Loaded".into()));
        assert_eq!((loaded.title.as_str(), loaded.waits), ("Loaded", None));
    }

    #[test]
    fn only_pages_of_the_web_are_waited_for() {
        assert!(can_wait("https://example.org/"));
        for url in [
            "chrome://settings",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:,x",
            "about:blank",
        ] {
            assert!(!can_wait(url), "{url}");
        }
    }
}
