//! The ignore list: addresses that never enter a space nor a stream.
//!
//! Here is only what a list covers. Who asks it: all that brings a tab into a space from outside, a window, a link, a
//! typed address, another space, a file of another program. What comes *back* to where it was, from the bin, by an undo,
//! out of the past or of an own backup, was in a space already and comes as it was.

use protocol::op::is_web_address;

use crate::ask::Never;

/// Patterns, one a line: `*` stands for any characters; a pattern without a scheme stands for the host and
/// all below it (`bank.example` also for `www.bank.example/login`). Upper and lower case are the same. Lines
/// that begin with `#` are remarks.
#[derive(Debug, Clone, Default)]
pub struct IgnoreList {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    /// It stands for the whole address.
    has_scheme: bool,
    /// What it stands for, and all below that.
    forms: Vec<String>,
}

impl IgnoreList {
    /// Reads a list.
    pub fn new(text: &str) -> Self {
        let patterns = text
            .lines()
            .map(|line| line.trim().to_lowercase())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| Pattern::new(&line))
            .collect();
        Self { patterns }
    }

    /// Whether an address is on the list.
    pub fn covers(&self, url: &str) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let url = url.to_lowercase();
        self.patterns.iter().any(|pattern| pattern.covers(&url))
    }

    /// Whether an address may enter a space: a private one takes all but what is on the list, a shared one only what is
    /// of the web, too.
    pub fn lets_in(&self, url: &str, is_shared: bool) -> bool {
        if is_shared {
            self.never(url).is_none()
        } else {
            !self.covers(url)
        }
    }

    /// Why an address is never shared; `None` when it may be.
    pub fn never(&self, url: &str) -> Option<Never> {
        if !is_web_address(url) {
            return Some(Never::NotWeb);
        }
        self.covers(url).then_some(Never::Ignored)
    }
}

impl Pattern {
    fn new(text: &str) -> Self {
        let has_scheme = text.contains("://");
        let below = |tail: &&str| format!("{}{tail}", text.trim_end_matches('/'));
        let mut forms = vec![text.to_owned()];
        if has_scheme {
            forms.push(format!("{text}*"));
        } else {
            forms.extend(["/*", "?*", "#*", ":*"].iter().map(below));
        }
        Self { has_scheme, forms }
    }

    fn covers(&self, url: &str) -> bool {
        let whole = |text: &str| self.forms.iter().any(|form| matches(form, text));
        if self.has_scheme {
            return whole(url);
        }
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        // Whoever writes `user@host` means the host.
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let rest = rest[..authority_end]
            .rfind('@')
            .map_or(rest, |at| &rest[at + 1..]);
        let host_end = rest.find('/').unwrap_or(rest.len());
        whole(rest)
            || rest
                .char_indices()
                .filter(|(_, letter)| *letter == '.')
                .take(32)
                .any(|(at, _)| at < host_end && whole(&rest[at + 1..]))
    }
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

    #[test]
    fn a_private_space_takes_all_that_is_not_on_the_list() {
        let list = IgnoreList::new("bank.example\nfile:///home/ada/diary");
        for url in ["chrome://settings", "file:///etc/passwd", "https://example.org/"] {
            assert!(list.lets_in(url, false), "{url}");
        }
        for url in ["file:///home/ada/diary/monday.txt", "https://bank.example/"] {
            assert!(!list.lets_in(url, false), "{url}");
        }
        assert!(list.lets_in("https://example.org/", true));
        assert!(!list.lets_in("chrome://settings", true));
        assert!(!IgnoreList::default().covers("https://bank.example/"));
    }
}
