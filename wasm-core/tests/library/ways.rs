//! Ways to save, to find and to open.

use std::collections::BTreeMap;

use protocol::{Millis, SpaceId, TabId};
use tabspace_wasm_core::ask::Problem;
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk, SaveWhat, Target};
use tabspace_wasm_core::command::Neighbour;
use tabspace_wasm_core::library::chosen::chosen;
use tabspace_wasm_core::library::engine::{
    Lookup, Opening, Placed, RestorePlan, RestoreTab, Step, making_room,
};
use tabspace_wasm_core::library::follow::{OWN_PAGE, TabSeen, WindowSeen};
use tabspace_wasm_core::library::marks::Marking;
use tabspace_wasm_core::library::undo::Undo;
use tabspace_wasm_core::view::{ItemView, SpaceView};

use super::{Browser, WINDOW, window};

pub(crate) fn save(
    browser: &mut Browser,
    what: &SaveWhat,
    to: &Target,
) -> Result<(Vec<SpaceId>, usize, Undo), Problem> {
    let windows = [(WINDOW, window())];
    let chosen = chosen(what, &windows);
    match browser.engine.save(browser.now, chosen, to, "Sunday")? {
        LibraryAnswer::Made {
            spaces, tabs, undo, ..
        } => Ok((spaces, tabs, *undo)),
        other => panic!("not {other:?}"),
    }
}

pub(crate) fn into(space: SpaceId) -> Target {
    Target::Space {
        space,
        group: None,
        before: None,
    }
}

pub(crate) fn link(url: &str) -> SaveWhat {
    SaveWhat::Link {
        url: url.to_owned(),
        title: String::new(),
    }
}

fn shape(view: &SpaceView) -> Vec<String> {
    let items = view.items.iter().map(|item| match item {
        ItemView::Tab(tab) => tab.url.clone(),
        ItemView::Group(group) => {
            let tabs: Vec<&str> = group.tabs.iter().map(|tab| tab.url.as_str()).collect();
            format!("{} {tabs:?}", group.title)
        }
    });
    items.collect()
}

#[test]
fn a_window_is_saved_once_and_followed_and_its_group_into_another_space() {
    let mut browser = Browser::new();
    let all = save(&mut browser, &SaveWhat::AllWindows, &Target::New(None));
    let (spaces, tabs, undo) = all.expect("it is saved");
    assert_eq!((tabs, &undo.made), (5, &spaces));
    assert_eq!(browser.engine.follows(WINDOW), Some(spaces[0]));
    assert_eq!(browser.view(spaces[0]).name, "Sunday");
    let again = save(&mut browser, &SaveWhat::Window(WINDOW), &Target::New(None));
    let (same, _, undo) = again.expect("it is there");
    assert_eq!((same, undo.made), (spaces, Vec::new()));

    let one = save(
        &mut browser,
        &link("https://flights.example/"),
        &Target::New(Some("Trips".into())),
    );
    let trips = one.expect("it is saved").0[0];
    let (_, added, undo) = save(&mut browser, &SaveWhat::Group(7), &into(trips)).expect("it is saved");
    assert_eq!((added, undo.ops[0].1.len()), (2, 3));
    browser = browser.killed();
    assert_eq!(
        shape(&browser.view(trips)),
        [
            "https://flights.example/",
            r#"Lisbon ["https://lisbon.example/flat", "https://lisbon.example/map"]"#
        ]
    );
}

#[test]
fn a_window_or_all_of_them_go_into_a_chosen_space_which_does_not_follow_them() {
    for what in [SaveWhat::Window(WINDOW), SaveWhat::AllWindows] {
        let mut browser = Browser::new();
        let mut settings = browser.engine.settings().clone();
        settings.ignored = "bank.example".into();
        browser.engine.set_settings(settings);
        let one = save(&mut browser, &link("https://first.example/"), &Target::New(None));
        let trips = one.expect("it is saved").0[0];
        let windows = [(WINDOW, window())];
        let answer = browser
            .engine
            .save(browser.now, chosen(&what, &windows), &into(trips), "Sunday");
        let Ok(LibraryAnswer::Made {
            spaces,
            tabs,
            left_out,
            ..
        }) = answer
        else {
            panic!("not {answer:?}");
        };
        assert_eq!((spaces, tabs, left_out), (vec![trips], 4, 1));
        browser = browser.killed();
        assert_eq!(
            shape(&browser.view(trips)),
            [
                // It is pinned.
                "https://mail.example/",
                "https://first.example/",
                r#"Lisbon ["https://lisbon.example/flat", "https://lisbon.example/map"]"#,
                "chrome://settings/",
            ]
        );
        assert_eq!(browser.engine.follows(WINDOW), None);
    }
}

#[test]
fn a_link_goes_into_a_group_that_was_chosen() {
    let mut browser = Browser::new();
    let (spaces, ..) = save(&mut browser, &SaveWhat::Group(7), &Target::New(None)).expect("it is saved");
    let ItemView::Group(group) = browser.view(spaces[0]).items[0].clone() else {
        panic!("there is the group");
    };
    let to = Target::Space {
        space: spaces[0],
        group: Some(group.group),
        before: None,
    };
    save(&mut browser, &link("https://lisbon.example/tram"), &to).expect("it is saved");
    assert_eq!(
        shape(&browser.view(spaces[0])),
        [
            r#"Lisbon ["https://lisbon.example/flat", "https://lisbon.example/map", "https://lisbon.example/tram"]"#
        ]
    );
}

#[test]
fn what_is_saved_stands_before_what_was_chosen() {
    let mut browser = Browser::new();
    let (spaces, ..) =
        save(&mut browser, &link("https://first.example/"), &Target::New(None)).expect("it is saved");
    let space = spaces[0];
    save(&mut browser, &link("https://last.example/"), &into(space)).expect("it is saved");
    let ItemView::Tab(last) = browser.view(space).items[1].clone() else {
        panic!("it is a tab");
    };
    let before_last = |group| Target::Space {
        space,
        group,
        before: Some(Neighbour::Tab(last.tab)),
    };
    save(&mut browser, &SaveWhat::Group(7), &before_last(None)).expect("it is saved");
    save(&mut browser, &link("https://late.example/"), &before_last(None)).expect("it is saved");
    let lisbon = r#"Lisbon ["https://lisbon.example/flat", "https://lisbon.example/map"]"#;
    let (first, late, last) = (
        "https://first.example/",
        "https://late.example/",
        "https://last.example/",
    );
    assert_eq!(shape(&browser.view(space)), [first, lisbon, late, last]);
    let ItemView::Group(group) = browser.view(space).items[1].clone() else {
        panic!("it is the group");
    };
    let to = Target::Space {
        space,
        group: Some(group.group),
        before: Some(Neighbour::Tab(group.tabs[1].tab)),
    };
    save(&mut browser, &link("https://lisbon.example/tram"), &to).expect("it is saved");
    let lisbon = r#"Lisbon ["https://lisbon.example/flat", "https://lisbon.example/tram", "https://lisbon.example/map"]"#;
    assert_eq!(shape(&browser.view(space)), [first, lisbon, late, last]);
}

#[test]
fn what_cannot_be_kept_is_told_and_changes_nothing() {
    let mut browser = Browser::new();
    let blank = save(&mut browser, &link("about:blank"), &Target::New(None));
    assert_eq!(blank.map(drop), Err(Problem::NothingToSave));
    let endless = format!("https://a.example/{}", "x".repeat(100_000));
    assert_eq!(
        save(&mut browser, &link(&endless), &Target::New(None)).map(drop),
        Err(Problem::NothingToSave)
    );
    let nowhere = save(
        &mut browser,
        &link("https://a.example/"),
        &into(SpaceId::from_bits(9)),
    );
    assert_eq!(nowhere.map(drop), Err(Problem::NoSuchSpace));
    let gone = save(&mut browser, &SaveWhat::Tabs(vec![99]), &Target::New(None));
    assert_eq!(gone.map(drop), Err(Problem::NothingToSave));
    assert_eq!(browser.engine.projection().spaces, []);
}

#[test]
fn saved_tabs_are_found_as_they_are_now() {
    let mut browser = Browser::new();
    let (spaces, ..) =
        save(&mut browser, &SaveWhat::Window(WINDOW), &Target::New(None)).expect("it is saved");
    let mut lookup = Lookup::default();
    let titles = |browser: &Browser, lookup: &mut Lookup, text: &str| -> Vec<(String, Option<i32>)> {
        let found = browser.engine.find(lookup, Millis(5_000), text, 10);
        found.into_iter().map(|tab| (tab.title, tab.chrome)).collect()
    };
    assert_eq!(
        titles(&browser, &mut lookup, "flat"),
        [("Title 2".to_owned(), Some(2))]
    );
    let mut seen = window();
    seen.tabs[1].url = "https://lisbon.example/tram".into();
    seen.tabs[1].title = "Tram 28".into();
    browser.look(seen);
    assert_eq!(titles(&browser, &mut lookup, "flat"), []);
    assert_eq!(
        titles(&browser, &mut lookup, "tram"),
        [("Tram 28".to_owned(), Some(2))]
    );
    let same = browser
        .engine
        .saved_as("https://lisbon.example/tram/?utm_source=mail", 4);
    assert_eq!(same.len(), 1);
    browser.engine.forget(browser.now, spaces[0]);
    assert_eq!(
        titles(&browser, &mut lookup, "tram"),
        [("Tram 28".to_owned(), None)],
        "it is in the bin"
    );
    assert_eq!(browser.engine.saved_as("https://lisbon.example/tram", 4), []);
}

#[test]
fn what_is_in_the_bin_is_found_behind_what_is_saved_and_can_be_opened_from_there() {
    let mut browser = Browser::new();
    let (spaces, ..) = save(
        &mut browser,
        &SaveWhat::Group(7),
        &Target::New(Some("Trip".into())),
    )
    .expect("it is saved");
    let trip = spaces[0];
    let plan = browser.engine.plan_of(trip, None).expect("it is there");
    let (flat, map) = (plan.tabs[0].clone(), plan.tabs[1].clone());
    let mark = LibraryAsk::Mark {
        space: trip,
        tabs: Some(vec![flat.tab]),
        marking: Marking {
            note: Some("ask about the balcony".into()),
            ..Marking::default()
        },
    };
    browser
        .engine
        .library(browser.now, mark)
        .expect("it may be marked");
    let mut lookup = Lookup::default();
    let found = |browser: &Browser, lookup: &mut Lookup, text: &str| -> Vec<(String, bool)> {
        let found = browser.engine.find(lookup, Millis(5_000), text, 10);
        found.into_iter().map(|tab| (tab.url, tab.removed)).collect()
    };
    let saved = |tab: &RestoreTab| (tab.url.clone(), false);
    let removed = |tab: &RestoreTab| (tab.url.clone(), true);
    assert_eq!(found(&browser, &mut lookup, "balcony"), [saved(&flat)]);
    browser
        .engine
        .remove(browser.now, trip, &[flat.tab])
        .expect("it may be removed");
    for _ in 0..2 {
        assert_eq!(found(&browser, &mut lookup, "balcony"), [removed(&flat)]);
        assert_eq!(
            found(&browser, &mut lookup, "lisbon"),
            [saved(&map), removed(&flat)]
        );
    }
    let opened = browser
        .engine
        .plan_of_removed(trip, flat.tab)
        .expect("it is in the bin");
    assert_eq!(opened.tabs.len(), 1);
    assert_eq!(opened.tabs[0].url, flat.url);
    assert_eq!(browser.engine.plan_of_removed(trip, map.tab), None);

    // The same page in a space: once is enough.
    save(&mut browser, &link(&flat.url), &Target::New(None)).expect("it is saved");
    assert_eq!(found(&browser, &mut lookup, "lisbon flat"), [saved(&flat)]);
    browser.engine.empty_bin(None);
    assert_eq!(found(&browser, &mut lookup, "balcony"), []);
    assert_eq!(browser.engine.plan_of_removed(trip, flat.tab), None);
}

/// Does what an opening asks for, as Chrome would: new tabs get ids from 100 on. The steps.
fn perform(opening: &mut Opening) -> Vec<Step> {
    let (mut steps, mut next) = (Vec::new(), 100);
    while let Some(step) = opening.next_step() {
        let mut made = Placed::default();
        if let Step::Place(batch) = &step {
            for (_, tab) in &batch.tabs {
                made.tabs.insert(next, tab.tab);
                next += 1;
            }
            for group in &batch.groups {
                made.groups.insert(group.chrome.unwrap_or(77), group.group);
            }
        }
        opening.done(&step, &made);
        steps.push(step);
    }
    steps
}

#[test]
fn tabs_are_opened_behind_those_of_a_window_and_an_open_group_takes_them() {
    let mut browser = Browser::new();
    let (spaces, ..) = save(&mut browser, &SaveWhat::Group(7), &Target::New(None)).expect("it is saved");
    let plan = browser.engine.plan_of(spaces[0], None).expect("it is there");
    let mut opening = Opening::new(plan.clone(), &BTreeMap::new(), &window(), 5);
    let steps = perform(&mut opening);
    let Some(Step::Place(batch)) = steps.first() else {
        panic!("tabs come first")
    };
    assert_eq!(
        batch.tabs.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [5, 6]
    );
    let Some(Step::Verify(groups)) = steps.last() else {
        panic!("groups come last")
    };
    assert_eq!(
        (groups[0].chrome, groups[0].collapsed, &groups[0].members),
        (Some(7), None, &vec![100, 101])
    );

    let mut elsewhere = Opening::new(plan, &BTreeMap::new(), &WindowSeen::default(), 0);
    let Some(Step::Verify(groups)) = perform(&mut elsewhere).pop() else {
        panic!("groups come last")
    };
    assert_eq!((groups[0].chrome, groups[0].collapsed), (Some(77), Some(true)));
}

#[test]
fn some_tabs_of_a_group_are_opened_without_it() {
    let mut browser = Browser::new();
    let (spaces, ..) = save(&mut browser, &SaveWhat::Group(7), &Target::New(None)).expect("it is saved");
    let all = browser.engine.plan_of(spaces[0], None).expect("it is there");
    let one = browser
        .engine
        .plan_of(spaces[0], Some(&[all.tabs[0].tab]))
        .expect("it is there");
    assert_eq!(
        (one.tabs.len(), one.tabs[0].group, one.groups),
        (1, None, Vec::new())
    );
}

#[test]
fn a_space_that_takes_a_windows_place_empties_neither_and_both_know_their_windows() {
    let mut browser = Browser::new();
    let (old, ..) = save(&mut browser, &SaveWhat::Window(WINDOW), &Target::New(None)).expect("it is saved");
    let new = save(&mut browser, &link("https://rye.example/"), &Target::New(None))
        .expect("it is saved")
        .0[0];
    let before = window();
    let given_up = browser
        .engine
        .give_up(browser.now, WINDOW)
        .expect("it was followed");
    browser.engine.bind_in_place(browser.now, WINDOW, new, &before);
    while let Some(step) = browser.engine.next_step(WINDOW) {
        let mut made = Placed::default();
        if let Step::Place(batch) = &step {
            made.tabs.insert(50, batch.tabs[0].1.tab);
        }
        browser.engine.step_done(WINDOW, &step, made);
    }
    let rye = TabSeen {
        id: 50,
        url: "https://rye.example/".into(),
        ..TabSeen::default()
    };
    let mut both = before.clone();
    both.tabs.insert(0, rye.clone());
    browser.look(both);
    assert_eq!(browser.view(new).items.len(), 1, "what was there is not taken in");
    browser.look(WindowSeen {
        tabs: vec![rye],
        groups: Vec::new(),
    });
    browser.engine.put_to_rest(browser.now, given_up);
    assert_eq!(browser.engine.follows(WINDOW), Some(new));
    assert_eq!(
        browser
            .engine
            .plan_of(old[0], None)
            .expect("it is there")
            .tabs
            .len(),
        5
    );
    assert_eq!(browser.view(new).items.len(), 1);

    // Taken back: the window has its tabs again, and its space.
    let given_up = browser
        .engine
        .give_up(browser.now, WINDOW)
        .expect("it was followed");
    browser.engine.put_to_rest(browser.now, given_up);
    assert!(browser.engine.recognise(browser.now, WINDOW, &before));
    assert_eq!(browser.engine.follows(WINDOW), Some(old[0]));
    assert_eq!(browser.view(new).items.len(), 1);
}

#[test]
fn the_extensions_own_pages_are_in_no_space_and_make_no_room() {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs.push(TabSeen {
        id: 60,
        url: OWN_PAGE.into(),
        title: "Library".into(),
        ..TabSeen::default()
    });
    let all: Vec<i32> = seen.tabs.iter().map(|tab| tab.id).collect();
    assert_eq!(making_room(&seen), all[..5]);
    assert_eq!(RestorePlan::of_window(&seen, || 1).tabs.len(), 5);
    let space = browser.engine.keep_window(browser.now, seen, "Sunday");
    assert_eq!(
        browser.engine.plan_of(space, None).map(|plan| plan.tabs.len()),
        Some(5)
    );
}

#[test]
fn tabs_that_nobody_could_open_again_stay_where_others_make_room_and_enter_no_space() {
    let mut browser = Browser::new();
    let saved = save(&mut browser, &link("https://rye.example/"), &Target::New(None));
    let spaces = saved.expect("it is saved").0;
    let urls = [
        "https://a.example/",
        "file:///home/ada/letter.txt",
        "data:text/plain,draft",
        "view-source:https://a.example/",
        "blob:https://a.example/5",
        "chrome://settings/",
        "about:blank",
        "",
    ];
    let mut there = WindowSeen {
        tabs: (1..)
            .zip(urls)
            .map(|(id, url)| TabSeen {
                id,
                url: url.into(),
                title: url.into(),
                ..TabSeen::default()
            })
            .collect(),
        groups: Vec::new(),
    };
    assert_eq!(making_room(&there), [1, 6, 7, 8]);

    // What stays is nothing of the space that came into the window.
    browser
        .engine
        .bind_in_place(browser.now, WINDOW, spaces[0], &there);
    while let Some(step) = browser.engine.next_step(WINDOW) {
        let mut made = Placed::default();
        if let Step::Place(batch) = &step {
            made.tabs.insert(50, batch.tabs[0].1.tab);
        }
        browser.engine.step_done(WINDOW, &step, made);
    }
    there.tabs.retain(|tab| (2..6).contains(&tab.id));
    there.tabs.push(TabSeen {
        id: 50,
        url: "https://rye.example/".into(),
        ..TabSeen::default()
    });
    browser.look(there.clone());
    assert_eq!(browser.view(spaces[0]).items.len(), 1);

    // Taken back: what came makes room again, and what stayed is still there.
    assert_eq!(making_room(&there), [50]);
}

#[test]
fn a_window_is_made_again_as_it_was() {
    let mut bits = 0;
    let plan = RestorePlan::of_window(&window(), || {
        bits += 1;
        bits
    });
    let looks: Vec<(bool, bool)> = plan
        .tabs
        .iter()
        .map(|tab| (tab.pinned, tab.group.is_some()))
        .collect();
    assert_eq!(
        looks,
        [
            (true, false),
            (false, true),
            (false, true),
            (false, false),
            (false, false)
        ]
    );
    assert_eq!((plan.groups.len(), plan.groups[0].3), (1, true));
    let ids: std::collections::BTreeSet<TabId> = plan.tabs.iter().map(|tab| tab.tab).collect();
    assert_eq!(ids.len(), 5);
}
