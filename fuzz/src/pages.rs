//! The lines of the input as the addresses of a space's tabs: by which address a page is known does not change when it is
//! asked for again, and after a merge each page is there once.

use protocol::op::{NewTab, is_web_address};
use protocol::{Op, Position, SpaceId, SpaceState, TabId};
use wasm_core::library::duplicates::{Shelf, find, merge, normalise};

use crate::text::text;

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut state = SpaceState::default();
    for (n, url) in (1_u128..).zip(text.lines()) {
        let normal = normalise(url);
        assert_eq!(normalise(&normal), normal, "{url}");
        assert_eq!(is_web_address(&normal), is_web_address(url), "{url}");
        assert!(is_web_address(url) || normal == url);
        state.fold_local(&Op::TabAdded(NewTab {
            tab: TabId::from_bits(n),
            url: url.to_owned(),
            title: String::new(),
            favicon: None,
            pinned: n % 3 == 0,
            group: None,
            position: Position::first(),
        }));
    }
    let tabs = state.tabs.len();
    let mut gone = 0;
    for page in find([shelf(&state)]) {
        let merged = merge(&[shelf(&state)], &page.places, None).expect("a page that is there twice");
        for (_, op) in merged.ops {
            state.fold_local(&op);
        }
        gone += page.places.len() - 1;
        assert!(state.tabs.contains_key(&merged.kept.tab));
    }
    assert_eq!(state.tabs.len() + gone, tabs);
    assert_eq!(find([shelf(&state)]), []);
}

fn shelf(state: &SpaceState) -> Shelf<'_> {
    Shelf {
        space: SpaceId::from_bits(1),
        state,
        shared: false,
    }
}
