//! Deeds that a worker began and did not end.

use protocol::SpaceId;
use tabspace_wasm_core::ask::library::{LibraryAsk, SaveWhat, Target};
use tabspace_wasm_core::library::engine::{Placed, RestoreTab, Step};
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::session::Effect;

use super::deeds::saved;
use super::ways::{link, save};
use super::{Browser, WINDOW, window};

#[test]
fn what_is_done_to_several_spaces_is_on_disk_in_one_go() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    browser.write();
    let merge = LibraryAsk::Merge {
        from: spaces[0],
        into: spaces[1],
    };
    browser.engine.library(browser.now, merge).expect("it is merged");
    let effects = std::iter::from_fn(|| browser.engine.poll());
    let batches: Vec<_> = effects
        .filter(|effect| matches!(effect, Effect::Commit(_)))
        .collect();
    assert_eq!(batches.len(), 1, "{batches:?}");
}

#[test]
fn who_dies_while_a_space_takes_a_windows_place_leaves_the_other_one_waiting_for_it() {
    let mut browser = Browser::new();
    let (old, ..) = save(&mut browser, &SaveWhat::Window(WINDOW), &Target::New(None)).expect("it is saved");
    browser
        .engine
        .give_up(browser.now, WINDOW)
        .expect("it was followed");
    assert!(
        !browser.engine.recognise(browser.now, WINDOW, &window()),
        "its tabs are still there, and are to go"
    );
    browser.write();
    let mut browser = browser.killed();
    assert_eq!(browser.engine.follows(WINDOW), None);
    assert!(browser.engine.recognise(browser.now, WINDOW, &window()));
    assert_eq!(browser.engine.follows(WINDOW), Some(old[0]));

    // It failed, or the space is not to wait: nothing is left of that.
    for waits_not in [false, true] {
        let given_up = browser.engine.give_up(browser.now, WINDOW);
        if waits_not {
            browser.engine.let_go(&given_up.expect("it was followed"));
        } else {
            browser.engine.attach(WINDOW, given_up);
        }
        browser.write();
        browser = browser.killed();
        assert_eq!(browser.engine.follows(WINDOW), (!waits_not).then_some(old[0]));
        assert!(!browser.disk.keys().any(|key| key.starts_with("asleep/")));
    }
}

#[test]
fn tabs_that_were_to_make_room_are_known_to_the_next_worker_until_they_are_gone() {
    let mut browser = Browser::new();
    let new = save(&mut browser, &link("https://rye.example/"), &Target::New(None))
        .expect("it is saved")
        .0[0];
    browser.engine.bind_in_place(browser.now, WINDOW, new, &window());
    let mut browser = browser.killed();
    let old: Vec<i32> = window().tabs.iter().map(|tab| tab.id).collect();
    assert_eq!(browser.engine.windows_making_room(), [WINDOW]);
    assert_eq!(browser.engine.room_in(WINDOW), Some((old.clone(), None)));
    while let Some(step) = browser.engine.next_step(WINDOW) {
        let mut made = Placed::default();
        if let Step::Place(batch) = &step {
            made.tabs.insert(50, batch.tabs[0].1.tab);
        }
        browser.engine.step_done(WINDOW, &step, made);
    }
    browser.engine.tab_replaced(old[0], 70);
    let mut browser = browser.killed();
    let mut there = old;
    there[0] = 70;
    assert_eq!(browser.engine.room_in(WINDOW), Some((there, Some(50))));
    browser.engine.room_made(WINDOW);
    assert!(browser.killed().engine.windows_making_room().is_empty());
}

#[test]
fn a_window_that_was_to_be_closed_is_known_to_the_next_worker_and_followed_again_only_if_it_stays() {
    let mut browser = Browser::new();
    let (space, ..) = save(&mut browser, &SaveWhat::Window(WINDOW), &Target::New(None)).expect("it is saved");
    browser.engine.window_goes(browser.now, WINDOW);
    let mut browser = browser.killed();
    assert_eq!(browser.engine.closing(), space);
    assert_eq!(browser.engine.window_to_close(space[0]), Some(WINDOW));
    assert!(!browser.engine.recognise(browser.now, WINDOW, &window()));
    browser.engine.window_went(space[0]);
    let mut browser = browser.killed();
    assert!(browser.engine.closing().is_empty());
    assert!(browser.engine.recognise(browser.now, WINDOW, &window()));

    browser.engine.window_goes(browser.now, WINDOW);
    let mut browser = browser.killed();
    // Chrome's ids mean nothing any more.
    browser.engine.browser_started(browser.now);
    assert!(browser.engine.closing().is_empty());
    assert!(browser.engine.recognise(browser.now, WINDOW, &window()));
}

#[test]
fn a_window_that_was_asked_for_is_found_by_the_next_worker_and_filled() {
    let (browser, space, mine) = asked_for();
    let [(before, _), (_, came)] = looks(&mine.url);
    let mut browser = browser.killed();
    assert_eq!(browser.engine.awaiting(), [space]);

    let other = one_tab(41, "https://elsewhere.example/");
    let two = WindowSeen {
        tabs: vec![came.tabs[0].clone(), other.tabs[0].clone()],
        ..WindowSeen::default()
    };
    let was_there = (before, came.clone());
    for none in [vec![], vec![was_there], vec![(9, other)], vec![(9, two)]] {
        assert_eq!(browser.engine.window_that_came(space, &none), None, "{none:?}");
    }
    let twice = [(8, came.clone()), (9, came.clone())];
    assert_eq!(browser.engine.window_that_came(space, &twice), None);

    let found = browser.engine.window_that_came(space, &looks(&mine.url));
    assert_eq!(found, Some((9, 40, mine.clone())));
    browser
        .engine
        .bind(browser.now, 9, space, [(40, mine.tab)].into());
    let browser = browser.killed();
    assert!(browser.engine.awaiting().is_empty());
    assert_eq!(browser.engine.window_of(space), Some(9));
    let Some(Step::Place(batch)) = browser.engine.next_step(9) else {
        panic!("the other tabs are to come");
    };
    assert!(batch.tabs.iter().all(|(_, tab)| tab.tab != mine.tab));
    assert_eq!(batch.tabs.len(), window().tabs.len() - 1);
}

#[test]
fn a_window_that_did_not_come_is_waited_for_no_more() {
    for end in [0, 1, 2] {
        let (mut browser, space, mine) = asked_for();
        match end {
            0 => browser.engine.window_comes_not(space),
            // Chrome's ids mean nothing any more.
            1 => browser.engine.browser_started(browser.now),
            _ => drop(browser.engine.forget(browser.now, space)),
        }
        let browser = browser.killed();
        assert!(browser.engine.awaiting().is_empty());
        assert_eq!(browser.engine.window_that_came(space, &looks(&mine.url)), None);
        assert!(!browser.disk.keys().any(|key| key.starts_with("coming/")));
    }
}

/// A space whose window is gone, and is asked of Chrome again.
fn asked_for() -> (Browser, SpaceId, RestoreTab) {
    let mut browser = Browser::new();
    let (space, ..) = save(&mut browser, &SaveWhat::Window(WINDOW), &Target::New(None)).expect("it is saved");
    browser.engine.window_gone(browser.now, WINDOW);
    let plan = browser.engine.tabs_to_restore(space[0]).expect("it is there");
    let first = plan.shown().expect("it has tabs").clone();
    browser.engine.window_comes(space[0], first.clone(), &[7]);
    browser.write();
    (browser, space[0], first)
}

/// A window that was there, and one that came with a tab at this address.
fn looks(url: &str) -> [(i32, WindowSeen); 2] {
    [
        (7, one_tab(30, "https://other.example/")),
        // Chrome's spelling of it.
        (9, one_tab(40, &format!("{}/", url.trim_end_matches('/')))),
    ]
}

fn one_tab(id: i32, url: &str) -> WindowSeen {
    let tab = TabSeen {
        id,
        url: url.to_owned(),
        ..TabSeen::default()
    };
    WindowSeen {
        tabs: vec![tab],
        ..WindowSeen::default()
    }
}
