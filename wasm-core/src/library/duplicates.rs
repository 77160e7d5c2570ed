//! Duplicates: which tabs of a library are the same page, and what merging them does.
//!
//! Two tabs are the same page when their addresses are the same by [`RULES`]; `docs/duplicates.md` shows these to
//! people. A duplicate is only marked. What [`merge`] says is done when a person asks for it.

use std::collections::BTreeMap;

use protocol::op::is_web_address;
use protocol::state::Tab;
use protocol::{Op, SpaceId, SpaceState, TabId};
use serde::{Deserialize, Serialize};

use super::follow::is_blank;

/// A rule by which two addresses are one page.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What does not count.
    pub name: &'static str,
    /// Two addresses that are one page by this rule.
    pub example: (&'static str, &'static str),
    /// Why it does not count.
    pub reason: &'static str,
    apply: fn(&mut Address<'_>),
}

/// What does not count when two addresses are compared, in the order in which it is taken away.
pub const RULES: &[Rule] = &[
    Rule {
        name: "Upper and lower case of scheme and host",
        example: ("https://Example.org/A", "https://example.org/A"),
        reason: "They name the same server. In the rest of an address case may matter, so there it counts.",
        apply: |address| {
            address.scheme.make_ascii_lowercase();
            address.host.make_ascii_lowercase();
        },
    },
    Rule {
        name: "The scheme's own port",
        example: ("https://example.org:443/", "https://example.org/"),
        reason: "It is the one that is taken when none is named.",
        apply: |address| {
            let own = if address.scheme == "https" { ":443" } else { ":80" };
            if address.port == own {
                address.port = "";
            }
        },
    },
    Rule {
        name: "Slashes at the end of the path",
        example: ("https://example.org/a/", "https://example.org/a"),
        reason: "Almost every server shows the same page or leads from one to the other.",
        apply: |address| address.path = address.path.trim_end_matches('/'),
    },
    Rule {
        name: "Parameters that only tell where a visitor came from",
        example: (
            "https://example.org/?id=7&utm_source=mail&fbclid=x",
            "https://example.org/?id=7",
        ),
        reason: "They are added by mails, advertisements and social networks, and read by counters, not by the page.",
        apply: |address| address.query.retain(|parameter| !is_tracking(parameter)),
    },
    Rule {
        name: "The place within a page",
        example: ("https://example.org/a#chapter-2", "https://example.org/a"),
        reason: "It says to where the page is scrolled. A fragment with a slash, or one that begins with `!`, is a \
                 page of its own in many applications, so that counts.",
        apply: |address| address.fragment = route(address.fragment),
    },
];

/// What counts although it often does not matter, with the reason.
pub const NOT_MERGED: &[(&str, &str, &str)] = &[
    (
        "http://example.org/",
        "https://example.org/",
        "One is safe from others on the way, the other is not; on local devices they are often different servers.",
    ),
    (
        "https://www.example.org/",
        "https://example.org/",
        "They are two hosts, and some sites serve two things there.",
    ),
    (
        "https://example.org/?a=1&b=2",
        "https://example.org/?b=2&a=1",
        "Some pages read the order, and links to one page rarely differ in it.",
    ),
    (
        "https://example.org/#/inbox",
        "https://example.org/#/sent",
        "Behind `#/` and `#!` stand the pages of an application.",
    ),
    (
        "https://example.org/a",
        "https://example.org/A",
        "The path's case may matter.",
    ),
];

/// Parameters of counters; those that begin with `utm_` are, too. By the documentation of those who add them.
const TRACKING: [&str; 32] = [
    "__hsfp",
    "__hssc",
    "__hstc",
    "__s",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "dclid",
    "epik",
    "fbclid",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "hsctatracking",
    "igsh",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "yclid",
];

/// An address of the web in its parts, each with the sign that it begins with; joined they are the address again.
#[derive(Debug)]
struct Address<'a> {
    scheme: String,
    /// With the `@` behind it.
    user: &'a str,
    host: String,
    port: &'a str,
    path: &'a str,
    query: Vec<&'a str>,
    fragment: &'a str,
}

impl<'a> Address<'a> {
    /// `None` for what is no address of the web.
    fn parse(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://").filter(|_| is_web_address(url))?;
        let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
        let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, server) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        // The colons of an address in brackets are its own.
        let port = server.rfind(':').filter(|at| {
            let host = &server[..*at];
            !host.contains(':') || host.ends_with(']')
        });
        let (host, port) = server.split_at(port.unwrap_or(server.len()));
        let query = query.get(1..).unwrap_or_default();
        Some(Self {
            scheme: scheme.to_owned(),
            user,
            host: host.to_owned(),
            port,
            path,
            query: query
                .split('&')
                .filter(|parameter| !parameter.is_empty())
                .collect(),
            fragment,
        })
    }

    fn written(&self) -> String {
        let mut url = format!(
            "{}://{}{}{}{}",
            self.scheme, self.user, self.host, self.port, self.path
        );
        for (at, parameter) in self.query.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(parameter);
        }
        url.push_str(self.fragment);
        url
    }
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter
        .split('=')
        .next()
        .unwrap_or(parameter)
        .to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

/// The fragment if it is a page of an application, without what a search engine adds to have words marked.
fn route(fragment: &str) -> &str {
    let page = fragment.split(":~:").next().unwrap_or(fragment);
    if page.contains('/') || page.starts_with("#!") {
        page
    } else {
        ""
    }
}

/// The address by which a tab's page is known: the same for two that are the same by [`RULES`]. What is no address
/// of the web is only the same as itself. It is not for opening.
pub fn normalise(url: &str) -> String {
    let Some(mut address) = Address::parse(url) else {
        return url.to_owned();
    };
    for rule in RULES {
        (rule.apply)(&mut address);
    }
    let normal = address.written();
    // Nothing that is taken away may make it something else.
    if is_web_address(&normal) {
        normal
    } else {
        url.to_owned()
    }
}

/// Whether an address is on another server than a page, which is named as [`normalise`] does: then it is not that page,
/// and to normalise it would be for nothing. Of a scheme and a server only what stands behind is ever taken away.
#[cfg(not(feature = "popup"))]
pub(crate) fn is_elsewhere(url: &str, page: &str) -> bool {
    let server = page.find("://").map_or(0, |scheme| scheme + 3);
    let end = page[server..]
        .find(['/', '?', '#'])
        .map_or(page.len(), |end| server + end);
    let (url, page) = (url.as_bytes(), &page.as_bytes()[..end]);
    !url.get(..page.len())
        .is_some_and(|begins| begins.eq_ignore_ascii_case(page))
}

/// The address of a page whatever is asked of it: by [`RULES`], and without its parameters. What is no address of the web
/// is only the same as itself. It is not for opening.
pub(super) fn without_parameters(url: &str) -> String {
    let normal = normalise(url);
    let Some(mut address) = Address::parse(&normal) else {
        return normal;
    };
    address.query.clear();
    address.fragment = address.fragment.split('?').next().unwrap_or_default();
    address.written()
}

/// Where a tab is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Its space.
    pub space: SpaceId,
    /// Which tab of it.
    pub tab: TabId,
}

/// A space whose tabs are compared.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    /// Which.
    pub space: SpaceId,
    /// What it holds.
    pub state: &'a SpaceState,
    /// Others see it, too.
    pub shared: bool,
}

/// Tabs that are the same page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamePage {
    /// Their address by [`normalise`].
    pub address: String,
    /// Where they are: two at least, in the order of spaces and tabs.
    pub places: Vec<Place>,
}

/// The pages that these spaces hold more than once.
pub fn find<'a>(shelves: impl IntoIterator<Item = Shelf<'a>>) -> Vec<SamePage> {
    let mut pages: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for shelf in shelves {
        for tab in shelf.state.tab_order() {
            let url = &shelf.state.tabs[&tab].url;
            if !is_blank(url) {
                let space = shelf.space;
                pages
                    .entry(normalise(url))
                    .or_default()
                    .push(Place { space, tab });
            }
        }
    }
    let more_than_once = pages.into_iter().filter(|(_, places)| places.len() > 1);
    more_than_once
        .map(|(address, places)| SamePage { address, places })
        .collect()
}

/// What merging does.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The tab that stays.
    pub kept: Place,
    /// What is to be done, in order.
    pub ops: Vec<(SpaceId, Op)>,
}

/// Merges tabs that are the same page into one: `keep`, or the best of them. That is one in a shared space (others
/// would miss it), then one that is pinned, in a group, has a title, or was found first. It takes over a title if it
/// has none, and a pin from its own space. A tab that is not the same page any more stays; `None` when nothing is
/// left to merge.
pub fn merge(shelves: &[Shelf<'_>], places: &[Place], keep: Option<Place>) -> Option<Merge> {
    let there: Vec<(Place, &Tab, bool)> = places
        .iter()
        .filter_map(|place| {
            let shelf = shelves.iter().find(|shelf| shelf.space == place.space)?;
            Some((*place, shelf.state.tabs.get(&place.tab)?, shelf.shared))
        })
        .collect();
    let worth = |(_, tab, shared): &(Place, &Tab, bool)| {
        (*shared, tab.pinned, tab.group.is_some(), !tab.title.is_empty())
    };
    // Of several that are as good the last is taken: so the first one.
    let best = || there.iter().rev().max_by_key(|candidate| worth(candidate));
    let (kept, stays, _) = match keep {
        Some(keep) => there.iter().find(|(place, _, _)| *place == keep)?,
        None => best()?,
    };
    let page = normalise(&stays.url);
    let go: Vec<_> = there
        .iter()
        .filter(|(place, tab, _)| place != kept && normalise(&tab.url) == page)
        .collect();
    let title = go
        .iter()
        .find(|(_, tab, _)| stays.title.is_empty() && !tab.title.is_empty())
        .map(|(_, tab, _)| tab.title.clone());
    let pinned = go
        .iter()
        .any(|(place, tab, _)| place.space == kept.space && tab.pinned && !stays.pinned)
        .then_some(true);
    let mut ops = Vec::new();
    if title.is_some() || pinned.is_some() {
        let tab = kept.tab;
        ops.push((
            kept.space,
            Op::TabUpdated {
                tab,
                url: None,
                title,
                favicon: None,
                pinned,
            },
        ));
    }
    ops.extend(
        go.iter()
            .map(|(place, _, _)| (place.space, Op::TabRemoved { tab: place.tab })),
    );
    (!go.is_empty()).then_some(Merge { kept: *kept, ops })
}

#[cfg(test)]
mod tests {
    use protocol::op::NewTab;
    use protocol::{GroupId, Position};

    use super::*;

    #[test]
    fn each_rule_does_what_its_example_says_and_stands_in_the_documentation() {
        let doc = include_str!("../../../docs/duplicates.md");
        for rule in RULES {
            let (one, other) = rule.example;
            assert_ne!(one, other);
            assert_eq!(normalise(one), normalise(other), "{}", rule.name);
            let row = format!("| {} | `{one}` | `{other}` | {} |", rule.name, rule.reason);
            assert!(doc.contains(&row), "{row}");
        }
        for (one, other, reason) in NOT_MERGED {
            assert_ne!(normalise(one), normalise(other), "{reason}");
            let row = format!("| `{one}` | `{other}` | {reason} |");
            assert!(doc.contains(&row), "{row}");
        }
        for name in TRACKING {
            assert!(is_tracking(name) && doc.contains(&format!("`{name}`")), "{name}");
        }
        assert!(TRACKING.is_sorted());
    }

    #[test]
    fn addresses_are_normalised_once_and_for_all() {
        for (url, normal) in [
            ("HTTPS://Example.ORG", "https://example.org"),
            ("http://example.org:80/?&", "http://example.org"),
            ("http://example.org:443/", "http://example.org:443"),
            ("https://Me:Pw@[::1]:443//", "https://Me:Pw@[::1]"),
            (
                "https://a.example/x/?UTM_Source=a&b=/&&gclid#top",
                "https://a.example/x?b=/",
            ),
            (
                "https://a.example/?q=utm_source",
                "https://a.example?q=utm_source",
            ),
            ("https://a.example/#!/x:~:text=y", "https://a.example#!/x"),
            ("https://mail.example/#inbox/7", "https://mail.example#inbox/7"),
            ("https://a.example/#:~:text=a/b", "https://a.example"),
            ("http://a:80:80/", "http://a:80:80"),
            ("https://a.example/%7Eme/", "https://a.example/%7Eme"),
            ("chrome://Settings/", "chrome://Settings/"),
            ("javascript:x#y", "javascript:x#y"),
            ("https://a b/", "https://a b/"),
            ("", ""),
        ] {
            assert_eq!(normalise(url), normal);
            assert_eq!(normalise(normal), normal);
        }
    }

    #[test]
    fn no_address_of_a_page_is_on_another_server() {
        let mut addresses: Vec<&str> = RULES
            .iter()
            .flat_map(|rule| [rule.example.0, rule.example.1])
            .collect();
        addresses.extend(NOT_MERGED.iter().flat_map(|(one, other, _)| [*one, *other]));
        addresses.extend([
            "http://Me:Pw@[::1]:80//",
            "http://[::1]:8080",
            "chrome://Settings/",
            "chrome://settings",
            "javascript:x#y",
            "https://a b/",
            "https://É.example/",
            "",
        ]);
        let mut apart = 0;
        for one in &addresses {
            for other in &addresses {
                let page = normalise(other);
                apart += usize::from(is_elsewhere(one, &page));
                assert!(
                    !is_elsewhere(one, &page) || normalise(one) != page,
                    "{one} and {page}"
                );
            }
        }
        assert!(apart > addresses.len(), "it tells most");
    }

    fn space(tabs: &[(u128, &str, &str)]) -> SpaceState {
        let mut state = SpaceState::default();
        for (&(tab, url, title), position) in tabs.iter().zip(Position::spread(None, None, tabs.len())) {
            state.fold_local(&Op::TabAdded(NewTab {
                tab: TabId::from_bits(tab),
                url: url.into(),
                title: title.into(),
                favicon: None,
                pinned: false,
                group: None,
                position,
            }));
        }
        state
    }

    fn shelf(space: u128, state: &SpaceState) -> Shelf<'_> {
        Shelf {
            space: SpaceId::from_bits(space),
            state,
            shared: false,
        }
    }

    fn place(space: u128, tab: u128) -> Place {
        Place {
            space: SpaceId::from_bits(space),
            tab: TabId::from_bits(tab),
        }
    }

    const PAGE: &str = "https://a.example/";
    const MAILED: &str = "https://a.example/?utm_source=mail";

    #[test]
    fn the_same_page_is_found_in_all_spaces() {
        let one = space(&[(2, PAGE, "A"), (1, "https://b.example/", ""), (3, MAILED, "A")]);
        let two = space(&[
            (1, "https://a.example", "A"),
            (5, "about:blank", ""),
            (6, "about:blank", ""),
        ]);
        assert_eq!(
            find([shelf(1, &one), shelf(2, &two)]),
            [SamePage {
                address: "https://a.example".into(),
                places: vec![place(1, 2), place(1, 3), place(2, 1)],
            }]
        );
    }

    #[test]
    fn the_best_one_stays_and_takes_over_what_it_lacks() {
        let mut one = space(&[(1, PAGE, ""), (2, MAILED, "A"), (3, PAGE, "")]);
        let two = space(&[(4, PAGE, "B")]);
        let removed = |space, tab| {
            let Place { space, tab } = place(space, tab);
            (space, Op::TabRemoved { tab })
        };
        let all = [place(1, 1), place(1, 2), place(1, 3), place(2, 4)];
        let merged = merge(&[shelf(1, &one), shelf(2, &two)], &all, None).expect("a merge");
        assert_eq!(merged.kept, place(1, 2), "the first one with a title");
        assert_eq!(merged.ops, [removed(1, 1), removed(1, 3), removed(2, 4)]);

        let others = Shelf {
            shared: true,
            ..shelf(2, &two)
        };
        let merged = merge(&[shelf(1, &one), others], &all, None).expect("a merge");
        assert_eq!(merged.kept, place(2, 4), "others would miss it");

        one.tabs.get_mut(&TabId::from_bits(2)).expect("a tab").pinned = true;
        let merged = merge(&[shelf(1, &one)], &all, Some(place(1, 3))).expect("a merge");
        let taken_over = Op::TabUpdated {
            tab: TabId::from_bits(3),
            url: None,
            title: Some("A".into()),
            favicon: None,
            pinned: Some(true),
        };
        let space = SpaceId::from_bits(1);
        assert_eq!(merged.ops, [(space, taken_over), removed(1, 1), removed(1, 2)]);

        let third = one.tabs.get_mut(&TabId::from_bits(3)).expect("a tab");
        third.group = Some(GroupId::from_bits(7));
        one.tabs.get_mut(&TabId::from_bits(2)).expect("a tab").pinned = false;
        let merged = merge(&[shelf(1, &one)], &all, None).expect("a merge");
        assert_eq!(merged.kept, place(1, 3), "the one in a group");
    }

    #[test]
    fn a_tab_that_went_elsewhere_meanwhile_stays() {
        let one = space(&[(1, PAGE, "A"), (2, "https://elsewhere.example/", "A")]);
        let places = [place(1, 1), place(1, 2), place(1, 9), place(8, 1)];
        assert_eq!(merge(&[shelf(1, &one)], &places, None), None);
        assert_eq!(merge(&[shelf(1, &one)], &places, Some(place(1, 9))), None);
        assert_eq!(merge(&[], &[], None), None);
    }
}
