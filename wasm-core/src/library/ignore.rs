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

/// How browsers spell the addresses that a pattern stands for: `xn--bcher-kva.example` for `bücher.example`. `None` when
/// they have none.
pub type Speller = fn(&str) -> Option<String>;

impl IgnoreList {
    /// Reads a list.
    pub fn new(text: &str, spell: Speller) -> Self {
        let mut patterns = Vec::new();
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let small = line.to_lowercase();
            if !line.is_ascii() {
                // Signs in percent are not the same, small and capital.
                let spelled = [line, &small].map(spell).into_iter().flatten();
                patterns.extend(spelled.map(|line| Pattern::new(&line.to_lowercase())));
            }
            patterns.push(Pattern::new(&small));
        }
        Self { patterns }
    }

    /// Whether an address is on the list.
    pub fn covers(&self, url: &str) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let url = without_last_dot(url.to_lowercase());
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

/// An address without the dot at the end of its host: every host has one, written or not.
fn without_last_dot(mut url: String) -> String {
    if let Some(start) = url.find("://").map(|at| at + 3) {
        let authority = url[start..].split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        if let Some(host) = host.strip_suffix('.').or_else(|| authority.strip_suffix('.')) {
            url.remove(start + host.len());
        }
    }
    url
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

    fn list(text: &str) -> IgnoreList {
        IgnoreList::new(text, |_| None)
    }

    #[test]
    fn what_browsers_spell_otherwise_is_covered_as_it_was_typed_and_as_they_spell_it() {
        let spell: Speller = |pattern| match pattern {
            "bücher.example" => Some("xn--bcher-kva.example".to_owned()),
            "https://intra.example/Übung" => Some("https://intra.example/%C3%9Cbung".to_owned()),
            _ => None,
        };
        let list = IgnoreList::new("bücher.example\nhttps://intra.example/Übung\nbank.example", spell);
        for ignored in [
            "https://xn--bcher-kva.example/new",
            "https://www.xn--bcher-kva.example/",
            "https://bücher.example/",
            "https://intra.example/%C3%9Cbung?1",
            "https://bank.example./login",
            "https://www.bank.example.",
            "https://www.bank.example.:8080/",
            "https://intra.example./%C3%9Cbung",
        ] {
            assert!(list.covers(ignored), "{ignored}");
        }
        for fine in [
            "https://xn--other.example/",
            "https://bank.example.org./",
            "https://intra.example/",
        ] {
            assert!(!list.covers(fine), "{fine}");
        }
    }

    #[test]
    fn a_host_stands_for_itself_and_all_below_it() {
        let list = list("# money\nbank.example\n\nhttps://*.intra.example/secret*\nmail.*/inbox");
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
        let list = list("bank.example\nfile:///home/ada/diary");
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
