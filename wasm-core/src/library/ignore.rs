//! The ignore list: addresses that never go into a shared space.

use protocol::op::is_web_address;

use crate::ask::Never;

/// Patterns, one a line: `*` stands for any characters; a pattern without a scheme stands for the host and
/// all below it (`bank.example` also for `www.bank.example/login`). Upper and lower case are the same. Lines
/// that begin with `#` are remarks.
#[derive(Debug, Clone, Default)]
pub struct IgnoreList {
    patterns: Vec<String>,
}

impl IgnoreList {
    /// Reads a list.
    pub fn new(text: &str) -> Self {
        let patterns = text
            .lines()
            .map(|line| line.trim().to_lowercase())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        Self { patterns }
    }

    /// Why an address never goes; `None` when it may.
    pub fn never(&self, url: &str) -> Option<Never> {
        if !is_web_address(url) {
            return Some(Never::NotWeb);
        }
        let url = url.to_lowercase();
        self.patterns
            .iter()
            .any(|pattern| covers(pattern, &url))
            .then_some(Never::Ignored)
    }
}

fn covers(pattern: &str, url: &str) -> bool {
    if pattern.contains("://") {
        return matches(pattern, url) || matches(&format!("{pattern}*"), url);
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // Whoever writes `user@host` means the host.
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let rest = rest[..authority_end]
        .rfind('@')
        .map_or(rest, |at| &rest[at + 1..]);
    let whole = |text: &str| {
        matches(pattern, text)
            || ["/*", "?*", "#*", ":*"]
                .iter()
                .any(|tail| matches(&format!("{}{tail}", pattern.trim_end_matches('/')), text))
    };
    whole(rest)
        || rest
            .char_indices()
            .filter(|(_, letter)| *letter == '.')
            .take(32)
            .any(|(at, _)| at < rest.find('/').unwrap_or(rest.len()) && whole(&rest[at + 1..]))
}

/// Whether a text matches a pattern in which `*` stands for any characters. Linear in their lengths' product.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, star_t + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_for_itself_and_all_below_it() {
        let list = IgnoreList::new("# money\nbank.example\n\nhttps://*.intra.example/secret*\nmail.*/inbox");
        for ignored in [
            "https://bank.example",
            "https://bank.example/",
            "https://BANK.example/login?x",
            "http://www.bank.example:8080/",
            "https://me@bank.example/",
            "https://a.intra.example/secret/plan",
            "https://mail.example/inbox",
        ] {
            assert_eq!(list.never(ignored), Some(Never::Ignored), "{ignored}");
        }
        for fine in [
            "https://notbank.example/",
            "https://example.org/bank.example",
            "https://a.intra.example/open",
            "https://bank.example.org/",
        ] {
            assert_eq!(list.never(fine), None, "{fine}");
        }
        assert_eq!(list.never("file:///etc/passwd"), Some(Never::NotWeb));
        assert_eq!(list.never("chrome://settings"), Some(Never::NotWeb));
    }
}
