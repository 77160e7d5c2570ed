//! A space follows a window: after any edits in the window the space shows what the window shows, and what
//! others did in the space stays.
#![cfg(not(target_arch = "wasm32"))]

use std::cell::Cell;

use proptest::prelude::*;
use protocol::{Colour, Millis, Op, SpaceId, SpaceState};
use tabspace_wasm_core::library::follow::{Binding, GroupSeen, TITLE_EVERY_MS, TabSeen, WindowSeen};
use tabspace_wasm_core::library::full::Full;

const NOW: Millis = Millis(1_000_000);

fn tab(id: i32) -> TabSeen {
    TabSeen {
        id,
        url: format!("https://example.org/{id}"),
        title: format!("Tab {id}"),
        ..TabSeen::default()
    }
}

fn counter() -> impl FnMut() -> u128 {
    let last = Cell::new(0);
    move || {
        last.set(last.get() + 1);
        last.get()
    }
}

/// What the space shows: addresses in order, with pinned and group title.
fn shown(state: &SpaceState) -> Vec<(String, bool, Option<String>)> {
    let group = |id: Option<protocol::GroupId>| id.map(|id| state.groups[&id].title.clone());
    state
        .tab_order()
        .iter()
        .map(|id| &state.tabs[id])
        .map(|tab| (tab.url.clone(), tab.pinned, group(tab.group)))
        .collect()
}

fn expected(window: &WindowSeen) -> Vec<(String, bool, Option<String>)> {
    let title = |id: Option<i32>| {
        id.and_then(|id| window.groups.iter().find(|group| group.id == id))
            .map(|group| group.title.clone())
    };
    window
        .tabs
        .iter()
        .map(|tab| (tab.url.clone(), tab.pinned, title(tab.group)))
        .collect()
}

#[derive(Debug, Clone)]
enum Edit {
    Open(usize),
    Close(usize),
    Navigate(usize),
    Move(usize, usize),
    Group(usize, i32),
    Ungroup(usize),
    Pin(usize),
    RenameGroup(i32),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (0_usize..12).prop_map(Edit::Open),
        (0_usize..12).prop_map(Edit::Close),
        (0_usize..12).prop_map(Edit::Navigate),
        (0_usize..12, 0_usize..12).prop_map(|(from, to)| Edit::Move(from, to)),
        (0_usize..12, 1..4).prop_map(|(at, group)| Edit::Group(at, group)),
        (0_usize..12).prop_map(Edit::Ungroup),
        (0_usize..12).prop_map(Edit::Pin),
        (1..4).prop_map(Edit::RenameGroup),
    ]
}

/// Chrome's own rules: pinned tabs first and ungrouped, a group's tabs together, no empty group.
fn settle(window: &mut WindowSeen) {
    for tab in &mut window.tabs {
        if tab.pinned {
            tab.group = None;
        }
    }
    let mut order: Vec<TabSeen> = window.tabs.iter().filter(|tab| tab.pinned).cloned().collect();
    for tab in window.tabs.iter().filter(|tab| !tab.pinned) {
        if order.iter().any(|placed| placed.id == tab.id) {
            continue;
        }
        match tab.group {
            None => order.push(tab.clone()),
            Some(group) => order.extend(
                window
                    .tabs
                    .iter()
                    .filter(|other| other.group == Some(group))
                    .cloned(),
            ),
        }
    }
    window.tabs = order;
    window
        .groups
        .retain(|group| window.tabs.iter().any(|tab| tab.group == Some(group.id)));
}

fn make(window: &mut WindowSeen, edit: &Edit, next: &mut i32) {
    let count = window.tabs.len();
    match *edit {
        Edit::Open(at) => {
            *next += 1;
            window.tabs.insert(at.min(count), tab(*next));
        }
        Edit::Close(at) if count > 1 => {
            window.tabs.remove(at % count);
        }
        Edit::Navigate(at) => {
            *next += 1;
            window.tabs[at % count].url = format!("https://elsewhere.example/{next}");
        }
        Edit::Move(from, to) => {
            let tab = window.tabs.remove(from % count);
            window.tabs.insert(to.min(count - 1), tab);
        }
        Edit::Group(at, group) => {
            if !window.groups.iter().any(|known| known.id == group) {
                let title = format!("group {group}");
                window.groups.push(GroupSeen {
                    id: group,
                    title,
                    colour: Colour::Blue,
                    collapsed: false,
                });
            }
            window.tabs[at % count].pinned = false;
            window.tabs[at % count].group = Some(group);
        }
        Edit::Ungroup(at) => window.tabs[at % count].group = None,
        Edit::Pin(at) => window.tabs[at % count].pinned ^= true,
        Edit::RenameGroup(group) => {
            if let Some(group) = window.groups.iter_mut().find(|known| known.id == group) {
                group.title.push('!');
            }
        }
        Edit::Close(_) => {}
    }
    settle(window);
}

proptest! {
    #[test]
    fn the_space_shows_what_the_window_shows(
        edits in prop::collection::vec((0_i64..3_000, prop::collection::vec(edit(), 1..5)), 1..12)
    ) {
        let mut now = NOW;
        let mut random = counter();
        let mut window = WindowSeen { tabs: (1..6).map(tab).collect(), groups: vec![] };
        let mut next = 10;
        let mut binding = Binding::new(SpaceId::from_bits(1));
        let mut state = SpaceState::default();
        // What is held back shows in a last look, later.
        let first = std::iter::once((0, Vec::new()));
        for (pause, look) in first.chain(edits).chain([(TITLE_EVERY_MS, Vec::new())]) {
            now = now.plus(pause);
            for edit in &look {
                make(&mut window, edit, &mut next);
            }
            for op in binding.look(now, window.clone(), &state, &mut random, &|_| true) {
                prop_assert_eq!(op.check_shared(), Ok(()));
                state.fold_local(&op);
            }
            if binding.held.is_empty() {
                prop_assert_eq!(shown(&state), expected(&window));
            }
            prop_assert!(binding.look(now, window.clone(), &state, &mut random, &|_| true).is_empty(), "a second look says more");
        }
        prop_assert_eq!(binding.held.len(), 0);
    }
}

fn bound(tabs: std::ops::Range<i32>) -> (Binding, SpaceState, WindowSeen, impl FnMut() -> u128) {
    let mut random = counter();
    let window = WindowSeen {
        tabs: tabs.map(tab).collect(),
        groups: vec![],
    };
    let mut binding = Binding::new(SpaceId::from_bits(1));
    let mut state = SpaceState::default();
    for op in binding.look(NOW, window.clone(), &state, &mut random, &|_| true) {
        state.fold_local(&op);
    }
    (binding, state, window, random)
}

#[test]
fn moving_one_tab_of_a_thousand_is_one_op() {
    let (mut binding, state, mut window, mut random) = bound(0..1_000);
    let moved = window.tabs.remove(900);
    window.tabs.insert(3, moved);
    assert_eq!(binding.look(NOW, window, &state, &mut random, &|_| true).len(), 1);
}

#[test]
fn what_others_did_in_the_space_is_neither_undone_nor_echoed() {
    let (mut binding, mut state, mut window, mut random) = bound(1..5);
    let ids = state.tab_order();
    state.fold_local(&Op::TabRemoved { tab: ids[0] });
    let renamed = Op::TabUpdated {
        tab: ids[1],
        url: None,
        title: Some("Theirs".into()),
        favicon: None,
        pinned: None,
    };
    state.fold_local(&renamed);
    window.tabs[3].title = "Mine".into();
    for op in binding.look(NOW.plus(TITLE_EVERY_MS), window, &state, &mut random, &|_| true) {
        state.fold_local(&op);
    }
    assert_eq!(state.tabs.len(), 3);
    assert_eq!(state.tabs[&ids[1]].title, "Theirs");
    assert_eq!(state.tabs[&ids[3]].title, "Mine");
}

#[test]
fn a_tab_that_goes_where_the_space_may_not_follow_stays_what_it_was() {
    let (mut binding, state, mut window, mut random) = bound(1..3);
    window.tabs[0].url = "file:///home/diary".into();
    window.tabs[0].title = "diary".into();
    let ops = binding.look(NOW, window, &state, &mut random, &|url| {
        url.starts_with("https://")
    });
    assert_eq!(ops, vec![]);
}

#[test]
fn a_left_out_tab_that_was_away_stays_out() {
    let (mut binding, state, window, mut random) = bound(1..4);
    let out = 9;
    binding.left_out.insert(out);
    let with_it = WindowSeen {
        tabs: window.tabs.iter().cloned().chain([tab(out)]).collect(),
        groups: vec![],
    };
    // It is dragged to another window, and back.
    for seen in [&with_it, &window, &with_it] {
        assert_eq!(
            binding.look(NOW, seen.clone(), &state, &mut random, &|_| true),
            vec![]
        );
    }
}

#[test]
fn a_tab_that_gets_another_id_stays_the_same_tab() {
    let (mut binding, state, mut window, mut random) = bound(1..4);
    let id = binding.tabs[&2];
    let out = 9;
    binding.left_out.insert(out);
    window.tabs.push(tab(out));
    assert_eq!(
        binding.look(NOW, window.clone(), &state, &mut random, &|_| true),
        vec![]
    );

    assert!(binding.tab_replaced(2, 102) && binding.tab_replaced(out, 109));
    assert!(!binding.tab_replaced(2, 102), "once more changes nothing");
    window.tabs[1].id = 102;
    window.tabs[3].id = 109;
    let ops = binding.look(NOW, window.clone(), &state, &mut random, &|_| true);
    assert_eq!(ops, vec![], "nothing came, nothing went");
    assert_eq!(binding.tabs[&102], id);

    // What it does from now on is done by the same tab; the one that was left out stays out.
    window.tabs[1].url = "https://elsewhere.example/".into();
    window.tabs[3].url = "https://elsewhere.example/".into();
    let ops = binding.look(NOW, window, &state, &mut random, &|_| true);
    assert!(
        matches!(&ops[..], [Op::TabUpdated { tab, url: Some(_), .. }] if *tab == id),
        "{ops:?}"
    );
}

#[test]
fn a_title_that_changes_all_the_time_is_told_every_two_seconds() {
    let (mut binding, mut state, mut window, mut random) = bound(1..3);
    let mut told = Vec::new();
    // A player writes its time into the title, ten times a second, for ten seconds.
    for round in 0..100 {
        window.tabs[0].title = format!("{round}");
        for op in binding.look(
            NOW.plus(round * 100),
            window.clone(),
            &state,
            &mut random,
            &|_| true,
        ) {
            state.fold_local(&op);
            told.push(op);
        }
    }
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(binding.held.contains(&1), "the last title waits");
    let ops = binding.look(NOW.plus(12_000), window, &state, &mut random, &|_| true);
    assert!(
        matches!(&ops[..], [Op::TabUpdated { title: Some(title), url: None, .. }] if title == "99"),
        "{ops:?}"
    );
    assert!(binding.held.is_empty());
}

#[test]
fn a_navigation_is_told_at_once_and_takes_the_title_along_that_waits() {
    let (mut binding, mut state, mut window, mut random) = bound(1..3);
    window.tabs[0].title = "Soon old".into();
    assert_eq!(
        binding.look(NOW.plus(10), window.clone(), &state, &mut random, &|_| true),
        vec![]
    );
    window.tabs[0].url = "https://elsewhere.example/".into();
    let ops = binding.look(NOW.plus(20), window.clone(), &state, &mut random, &|_| true);
    assert!(
        matches!(&ops[..], [Op::TabUpdated { title: Some(title), url: Some(_), .. }] if title == "Soon old"),
        "{ops:?}"
    );
    for op in &ops {
        state.fold_local(op);
    }
    // The next title of the page itself waits again, one that goes back to what was told is nothing.
    window.tabs[0].title = "New".into();
    binding.look(NOW.plus(30), window.clone(), &state, &mut random, &|_| true);
    assert!(binding.held.contains(&1));
    window.tabs[0].title = "Soon old".into();
    binding.look(NOW.plus(40), window, &state, &mut random, &|_| true);
    assert!(binding.held.is_empty());
}

#[test]
fn a_burst_of_navigations_is_its_first_and_its_last_page() {
    let (mut binding, mut state, mut window, mut random) = bound(1..3);
    let id = binding.tabs[&1];
    let mut ops = Vec::new();
    for hop in 0..5 {
        window.tabs[0].url = format!("https://hop.example/{hop}");
        window.tabs[0].title = format!("Hop {hop}");
        let now = NOW.plus(10_000 + hop * 125);
        for op in binding.look(now, window.clone(), &state, &mut random, &|_| true) {
            state.fold_local(&op);
            ops.push(op);
        }
    }
    assert_eq!(ops.len(), 1, "{ops:?}");
    assert_eq!(state.tabs[&id].url, "https://hop.example/0");
    assert!(binding.held.contains(&1), "the last page waits");
    let later = NOW.plus(10_000 + TITLE_EVERY_MS);
    let ops = binding.look(later, window.clone(), &state, &mut random, &|_| true);
    assert!(
        matches!(&ops[..], [Op::TabUpdated { title: Some(title), url: Some(url), .. }]
            if title == "Hop 4" && url == "https://hop.example/4"),
        "{ops:?}"
    );
    assert!(binding.held.is_empty() && binding.later.is_empty());
    for op in &ops {
        state.fold_local(op);
    }

    // A tab that is closed meanwhile is removed as what it was.
    window.tabs[0].url = "https://last.example/".into();
    assert_eq!(
        binding.look(later.plus(1), window.clone(), &state, &mut random, &|_| true),
        []
    );
    window.tabs.remove(0);
    let ops = binding.look(later.plus(2), window, &state, &mut random, &|_| true);
    assert!(
        matches!(&ops[..], [Op::TabUpdated { url: Some(url), .. }, Op::TabRemoved { tab }]
            if url == "https://last.example/" && *tab == id),
        "{ops:?}"
    );
}

#[test]
fn what_the_space_holds_already_is_not_said() {
    let (mut binding, mut state, mut window, mut random) = bound(1..3);
    let ids = state.tab_order();
    // Somebody else was there first, and with a better title.
    let theirs = protocol::Op::TabUpdated {
        tab: ids[0],
        url: Some("https://example.org/next".into()),
        title: Some("Next".into()),
        favicon: None,
        pinned: Some(true),
    };
    state.fold_local(&theirs);
    window.tabs[0].url = "https://example.org/next".into();
    window.tabs[0].title = "Next".into();
    window.tabs[0].pinned = true;
    let later = Millis(NOW.0 + 60_000);
    assert_eq!(
        binding.look(later, window, &state, &mut random, &|_| true),
        vec![]
    );
}

#[test]
fn a_tab_for_which_there_is_no_room_stays_out_until_another_one_goes() {
    let (mut random, mut binding, mut state) = (
        counter(),
        Binding::new(SpaceId::from_bits(1)),
        SpaceState::default(),
    );
    let mut window = WindowSeen {
        tabs: (1..=3).map(tab).collect(),
        groups: vec![],
    };
    let mut look = |window: &WindowSeen, state: &mut SpaceState| {
        let ops = binding.look_within(NOW, window.clone(), state, &mut random, &|_| true, 2);
        for op in &ops {
            state.fold_local(op);
        }
        (ops.len(), binding.full)
    };
    assert_eq!(look(&window, &mut state), (2, Full::Unread));
    assert_eq!(look(&window, &mut state), (0, Full::Unread));
    // It goes on and is moved; none of this is told.
    window.tabs[2].url = "https://example.org/elsewhere".into();
    window.tabs.rotate_right(1);
    assert_eq!(look(&window, &mut state), (0, Full::Unread));
    window.tabs.retain(|tab| tab.id != 1);
    assert_eq!(look(&window, &mut state), (2, Full::No));
    let mut urls: Vec<&str> = state.tabs.values().map(|tab| tab.url.as_str()).collect();
    urls.sort_unstable();
    assert_eq!(urls, ["https://example.org/2", "https://example.org/elsewhere"]);
}
