//! Any deeds, one after the other: taken back they were never done, and done again they are as before.

use proptest::prelude::*;
use protocol::{Colour, GroupId, SpaceId, TabId};
use tabspace_wasm_core::ask::library::{LibraryAsk, Order, Target};
use tabspace_wasm_core::view::ItemView;

use super::{noted, saved};
use crate::Browser;
use crate::ways::into;

/// What a person may do with the tabs that `picks` names.
fn deed(kind: u8, spaces: &[SpaceId], tabs: Vec<TabId>, group: Option<GroupId>, copy: bool) -> LibraryAsk {
    let (space, other) = (spaces[0], spaces[1]);
    match kind {
        0 => LibraryAsk::Remove { space, tabs },
        1 => LibraryAsk::Move {
            from: space,
            tabs,
            to: Target::Space {
                space: other,
                group: None,
                before: None,
            },
            copy,
        },
        2 => LibraryAsk::Move {
            from: space,
            tabs,
            to: Target::Space {
                space,
                group,
                before: None,
            },
            copy,
        },
        3 => LibraryAsk::Move {
            from: space,
            tabs,
            to: Target::New(None),
            copy,
        },
        4 => LibraryAsk::Merge {
            from: space,
            into: other,
        },
        5 => LibraryAsk::Sort {
            space,
            by: if copy { Order::Title } else { Order::Site },
        },
        6 => LibraryAsk::Group {
            space,
            tabs,
            title: "New".into(),
            colour: Colour::Pink,
        },
        7 => LibraryAsk::Pin {
            space,
            tabs,
            pinned: copy,
        },
        8 => LibraryAsk::Forget(space),
        9 => LibraryAsk::Ungroup {
            space,
            group: group.unwrap_or(GroupId::from_bits(0)),
        },
        10 => LibraryAsk::EditGroup {
            space,
            group: group.unwrap_or(GroupId::from_bits(0)),
            title: "Other".into(),
            colour: Colour::Cyan,
        },
        11 => LibraryAsk::Archive {
            space,
            archived: copy,
        },
        12 => LibraryAsk::EditSpace {
            space,
            name: copy.then(|| "Another trip".to_owned()),
            colour: Some(Colour::Orange),
        },
        _ => LibraryAsk::Mark {
            space,
            tabs: (!tabs.is_empty()).then_some(tabs),
            marking: noted("x").into(),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_deed_that_is_taken_back_was_never_done(
        deeds in prop::collection::vec((0_u8..14, prop::collection::vec(0_usize..5, 0..5), any::<bool>()), 1..5),
        dies in any::<bool>(),
    ) {
        let (mut browser, spaces) = saved(&["Trip", "Home"]);
        let mut states = vec![browser.shelves()];
        let mut undos = Vec::new();
        for (kind, picks, copy) in deeds {
            let all: Vec<SpaceId> = browser.shelves().keys().copied().collect();
            let there = spaces.iter().all(|space| all.contains(space));
            if !there {
                break;
            }
            let ids = browser.ids(spaces[0]);
            let tabs = picks.iter().filter_map(|pick| ids.get(*pick).copied()).collect();
            let group = browser.view(spaces[0]).items.iter().find_map(|item| match item {
                ItemView::Group(group) => Some(group.group),
                ItemView::Tab(_) => None,
            });
            undos.push(browser.does(deed(kind, &spaces, tabs, group, copy)));
            states.push(browser.shelves());
        }
        if dies {
            browser = browser.comes_back();
        }
        let mut redos = Vec::new();
        for (undo, before) in undos.iter().rev().zip(states.iter().rev().skip(1)) {
            redos.push(browser.undoes(undo));
            prop_assert_eq!(&browser.shelves(), before);
        }
        for (redo, after) in redos.iter().rev().zip(states.iter().skip(1)) {
            browser.undoes(redo);
            prop_assert_eq!(&browser.shelves(), after);
        }
        let browser = browser.comes_back();
        let mut browser = browser;
        prop_assert_eq!(Some(&browser.shelves()), states.last());
    }
}

#[test]
fn muted_tabs_are_muted_wherever_they_go() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let (trip, home) = (spaces[0], spaces[1]);
    let before = browser.shelves();
    let muted_in = |browser: &mut Browser, space| browser.shelves()[&space].marks.muted.clone();
    let [tab] = Vec::from_iter(muted_in(&mut browser, trip))[..] else {
        panic!("one tab is muted");
    };
    let to = |copy, to| LibraryAsk::Move {
        from: trip,
        tabs: vec![tab],
        to,
        copy,
    };
    let moved = browser.does(to(false, into(home)));
    let mut browser = browser.comes_back();
    assert_eq!(muted_in(&mut browser, trip).len(), 0);
    assert!(muted_in(&mut browser, home).contains(&tab));
    browser.undoes(&moved);
    assert_eq!(browser.shelves(), before);

    let copied = browser.does(to(true, Target::New(None)));
    assert_eq!(muted_in(&mut browser, copied.made[0]).len(), 1);
    browser.undoes(&copied);
    let removed = browser.does(LibraryAsk::Remove {
        space: trip,
        tabs: vec![tab],
    });
    let plan = browser
        .engine
        .plan_of_removed(trip, tab)
        .expect("it is in the bin");
    assert!(plan.tabs[0].muted);
    let mut browser = browser.comes_back();
    browser.does(LibraryAsk::TakeOut(removed.binned[0]));
    assert_eq!(browser.shelves(), before);
}
