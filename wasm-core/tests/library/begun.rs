//! Deeds that a worker began and did not end.

use tabspace_wasm_core::ask::library::{LibraryAsk, SaveWhat, Target};
use tabspace_wasm_core::library::engine::{Placed, Step};
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
