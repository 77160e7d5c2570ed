//! Windows that come back: a space follows its window again after the browser was quit or killed, or the window reopened.

use protocol::SpaceId;
use tabspace_wasm_core::library::engine::WAITS_MS;
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};

use crate::{Browser, WINDOW, titles, window};

/// The same window as Chrome brings it back: other ids, in the same order.
fn again(seen: &WindowSeen) -> WindowSeen {
    let mut seen = seen.clone();
    for tab in &mut seen.tabs {
        tab.id += 100;
        tab.group = tab.group.map(|group| group + 100);
    }
    for group in &mut seen.groups {
        group.id += 100;
    }
    seen
}

impl Browser {
    fn meets(&mut self, id: i32, seen: &WindowSeen) -> bool {
        let known = self.engine.recognise(self.now, id, seen);
        self.write();
        known
    }

    /// The browser ends and is started again a while later.
    fn restarted(mut self, milliseconds: i64) -> Self {
        let now = self.now;
        self.engine.window_gone(now, WINDOW);
        let mut browser = self.killed();
        browser.now = now.plus(milliseconds);
        browser.engine.browser_started(browser.now);
        browser.write();
        browser
    }

    fn saved() -> (Self, SpaceId) {
        let mut browser = Self::new();
        let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
        browser.write();
        (browser, space)
    }
}

#[test]
fn a_space_follows_its_window_again_after_the_browser_was_restarted() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(8 * 60 * 60 * 1_000);
    let before = titles(&browser.view(space));
    let mut back = again(&window());
    // Chrome has not loaded it yet.
    back.tabs[2].title = "lisbon.example/map".into();
    // And it adds the page that it begins with.
    back.tabs.push(TabSeen {
        id: 300,
        url: "chrome://newtab/".into(),
        ..TabSeen::default()
    });
    assert!(browser.meets(50, &back));
    assert_eq!(
        titles(&browser.view(space)),
        before,
        "that it came back changes nothing"
    );
    assert_eq!(browser.engine.window_of(space), Some(50));
    assert!(!browser.meets(51, &back), "it has its window");

    // What is done in it goes into the space.
    back.tabs.remove(0);
    back.tabs[0].url = "https://lisbon.example/hotel".into();
    back.tabs[0].title = "Hotel".into();
    back.groups[0].title = "Lisboa".into();
    browser.now = browser.now.plus(60_000);
    browser.engine.observe(browser.now, 50, back);
    browser.write();
    let mut browser = browser.killed();
    let now = titles(&browser.view(space));
    assert_eq!(now, ["[Lisboa]", "Hotel", "Title 3", "Title 4", "Title 5"]);
}

#[test]
fn tabs_that_did_not_come_back_stay_in_the_space_and_new_ones_come_into_it() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(1_000);
    let mut back = again(&window());
    back.tabs.remove(3);
    back.tabs.push(TabSeen {
        id: 300,
        url: "https://new.example/".into(),
        title: "New".into(),
        ..TabSeen::default()
    });
    assert!(browser.meets(50, &back));
    let mut held = titles(&browser.view(space));
    held.sort();
    assert_eq!(
        held,
        [
            "New", "Title 1", "Title 2", "Title 3", "Title 4", "Title 5", "[Lisbon]"
        ]
    );
}

#[test]
fn another_window_is_not_taken_for_it() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(1_000);
    let mut other = again(&window());
    for tab in other.tabs.iter_mut().take(3) {
        tab.url.push_str("?else");
    }
    assert!(!browser.meets(50, &other));
    assert!(!browser.meets(51, &WindowSeen::default()));
    let mut many = again(&window());
    let extra = many.tabs.clone();
    many.tabs.extend(extra);
    assert!(!browser.meets(52, &many), "twice as many tabs are another window");
    assert_eq!(browser.engine.window_of(space), None);
    assert_eq!(titles(&browser.view(space)).len(), 6);

    // After a while nobody waits.
    browser.now = browser.now.plus(WAITS_MS);
    assert!(
        browser
            .engine
            .waits_until()
            .is_some_and(|until| until <= browser.now)
    );
    assert!(!browser.meets(50, &again(&window())));
}

#[test]
fn a_window_that_is_reopened_is_followed_again() {
    let (mut browser, space) = Browser::saved();
    browser.engine.window_gone(browser.now, WINDOW);
    browser.write();
    let mut browser = browser.killed();
    assert!(browser.meets(50, &again(&window())));
    assert_eq!(browser.engine.follows(50), Some(space));
    assert_eq!(browser.engine.waits_until(), None);
}

#[test]
fn of_several_spaces_that_wait_the_one_that_is_most_alike_gets_the_window() {
    let (mut browser, trip) = Browser::saved();
    let mut fewer = window();
    fewer.tabs.truncate(4);
    let other = browser.engine.save_window(browser.now, 2, again(&fewer), "Fewer");
    browser.engine.window_gone(browser.now, WINDOW);
    browser.engine.window_gone(browser.now, 2);
    browser.write();
    assert!(browser.meets(50, &again(&window())));
    assert_eq!(browser.engine.follows(50), Some(trip));
    assert!(browser.meets(51, &fewer));
    assert_eq!(browser.engine.follows(51), Some(other));
}

#[test]
fn a_space_that_is_deleted_or_opened_waits_for_nothing() {
    let (mut browser, space) = Browser::saved();
    browser.engine.window_gone(browser.now, WINDOW);
    browser.engine.forget(browser.now, space);
    browser.write();
    assert_eq!(browser.engine.waits_until(), None);
    assert!(!browser.meets(50, &again(&window())));
    assert!(!browser.disk.keys().any(|key| key.starts_with("asleep/")));
}

#[test]
fn of_a_shared_space_nothing_goes_that_was_not_in_it() {
    let (mut browser, space) = Browser::saved();
    let agreed: Vec<_> = browser
        .all_agreed(space)
        .into_iter()
        .filter(|tab| !tab.url.contains("bank"))
        .collect();
    let new = browser.prepare_share(space, &agreed);
    browser.shared(space, &new);
    let shared = titles(&browser.view(new.space));
    let mut browser = browser.restarted(1_000);
    let mut back = again(&window());
    // A page of the tab that was left out has moved on meanwhile.
    back.tabs[3].url = "https://bank.example/login".into();
    assert!(browser.meets(50, &back));
    assert_eq!(titles(&browser.view(new.space)), shared);
    back.tabs[3].title = "Secrets".into();
    back.tabs[3].url = "https://bank.example/secrets".into();
    browser.now = browser.now.plus(60_000);
    browser.engine.observe(browser.now, 50, back);
    browser.write();
    assert_eq!(titles(&browser.view(new.space)), shared, "it stays out for good");
}

#[test]
fn a_page_that_was_held_back_is_in_the_space_when_its_window_goes() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut seen = window();
    for hop in [
        "https://login.example/",
        "https://login.example/2",
        "https://mail.example/in",
    ] {
        seen.tabs[0].url = hop.into();
        browser.now = browser.now.plus(120);
        browser.look(seen.clone());
    }
    let urls = |browser: &Browser| -> Vec<String> {
        let visible = browser.engine.what_is_shared(space).expect("it is there");
        visible.into_iter().map(|tab| tab.url).collect()
    };
    assert_eq!(urls(&browser)[0], "https://login.example/");
    assert_eq!(browser.logged(), 1);
    // The worker dies, the browser too: Chrome never told of it again.
    let mut browser = browser.killed();
    assert_eq!(browser.engine.held_windows(), [WINDOW], "it is looked at again");
    browser.engine.browser_started(browser.now);
    let mut browser = browser.killed();
    assert_eq!(urls(&browser)[0], "https://mail.example/in");
    // The window comes back as what it was.
    assert!(browser.engine.recognise(browser.now, 9, &seen));
    let mut browser = browser.killed();
    assert_eq!(urls(&browser).len(), 5);
    assert_eq!(browser.view(space).items.len(), 4);
}

#[test]
fn a_page_or_title_that_goes_back_to_what_was_told_waits_for_nothing() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut told = window();
    told.tabs[0].url = "https://mail.example/in".into();
    browser.look(told.clone());
    let before = browser.view(space);
    for is_page in [true, false] {
        let mut passing = told.clone();
        if is_page {
            passing.tabs[0].url = "https://mail.example/passing".into();
        } else {
            passing.tabs[0].title = "(1) Mail".into();
        }
        browser.look(passing);
        assert_eq!(browser.engine.held_windows(), [WINDOW]);
        browser.look(told.clone());
        assert_eq!(browser.engine.held_windows(), [0; 0]);
    }
    browser.engine.window_gone(browser.now, WINDOW);
    assert_eq!(browser.view(space), before);
}

#[test]
fn a_window_with_the_one_page_that_a_half_filled_one_had_is_not_taken_for_it() {
    let (mut browser, space) = Browser::saved();
    let now = browser.now;
    browser.engine.window_gone(now, WINDOW);
    let plan = browser.engine.tabs_to_restore(space).expect("it is there");
    let (first, second) = (plan.tabs[1].clone(), plan.tabs[2].clone());
    let window = |urls: &[&str]| WindowSeen {
        tabs: (300..)
            .zip(urls)
            .map(|(id, url)| TabSeen {
                id,
                url: (*url).to_owned(),
                ..TabSeen::default()
            })
            .collect(),
        groups: Vec::new(),
    };
    // It goes when it has one tab, and later when it has two.
    browser.engine.bind(now, 60, space, [(201, first.tab)].into());
    browser.engine.window_gone(now, 60);
    browser.write();
    let mut browser = browser.killed();
    assert!(!browser.meets(50, &window(&[&first.url])));
    let tabs = [(201, first.tab), (202, second.tab)];
    browser.engine.bind(now, 61, space, tabs.into());
    browser.engine.window_gone(now, 61);
    assert!(!browser.meets(50, &window(&[&first.url, "https://other.example/"])));
    assert!(browser.meets(50, &window(&[&first.url, &second.url])));
}

/// A window that has some of the tabs, and others.
fn partly(again: &WindowSeen, kept: &[usize], others: usize) -> WindowSeen {
    let mut seen = again.clone();
    let tabs = kept.iter().map(|at| again.tabs[*at].clone());
    let others = (0..others).map(|number| TabSeen {
        id: 300 + i32::try_from(number).expect("a few"),
        url: format!("https://new.example/{number}"),
        title: format!("New {number}"),
        ..TabSeen::default()
    });
    seen.tabs = tabs.chain(others).collect();
    seen.groups
        .retain(|group| seen.tabs.iter().any(|tab| tab.group == Some(group.id)));
    seen
}

impl Browser {
    fn asks_about(&self, id: i32, seen: &WindowSeen) -> Option<SpaceId> {
        self.engine.may_be(id, seen)
    }

    fn says(&mut self, id: i32, seen: &WindowSeen, space: SpaceId, is_its: bool) -> bool {
        let follows = self.engine.said(self.now, id, seen, space, is_its);
        self.write();
        follows
    }
}

#[test]
fn of_a_window_that_is_partly_alike_the_person_is_asked_however_late() {
    let (browser, space) = Browser::saved();
    let browser = browser.restarted(1_000);
    let back = again(&window());
    for (kept, others, is_asked) in [
        (vec![1, 2], 4, true),
        (vec![1, 2], 5, false),
        (vec![0, 1, 2, 3, 4], 0, true),
        (vec![1], 0, false),
        (vec![], 3, false),
    ] {
        let seen = partly(&back, &kept, others);
        let found = browser.asks_about(50, &seen);
        assert_eq!(found, is_asked.then_some(space), "{kept:?} and {others} others");
    }
    // Nobody recognises it any more; the person still may.
    let mut browser = browser;
    browser.now = browser.now.plus(50 * WAITS_MS);
    assert!(!browser.meets(50, &back));
    let mut browser = browser.killed();
    assert_eq!(browser.asks_about(50, &back), Some(space));

    // A space that follows a window, and a window that is followed, are no question.
    assert!(browser.says(50, &back, space, true));
    assert_eq!(browser.asks_about(50, &back), None);
    assert_eq!(browser.asks_about(51, &back), None);
}

#[test]
fn whoever_says_that_it_is_the_window_has_it_followed_as_if_it_had_been_recognised() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(1_000);
    let seen = partly(&again(&window()), &[1, 2], 2);
    assert!(!browser.meets(50, &seen), "it is too much another");
    let asked = browser.asks_about(50, &seen).expect("it is asked about");
    // The worker dies between question and answer, and after the answer.
    let mut browser = browser.killed();
    assert!(browser.says(50, &seen, asked, true));
    let mut browser = browser.killed();
    assert_eq!(browser.engine.follows(50), Some(space));
    let mut held = titles(&browser.view(space));
    held.sort();
    assert_eq!(
        held,
        [
            "New 0", "New 1", "Title 1", "Title 2", "Title 3", "Title 4", "Title 5", "[Lisbon]"
        ],
        "nothing went, and what is new came"
    );
    // From now on the space follows it.
    let mut less = seen.clone();
    less.tabs.remove(0);
    browser.now = browser.now.plus(60_000);
    browser.engine.observe(browser.now, 50, less);
    browser.write();
    assert!(!titles(&browser.view(space)).contains(&"Title 2".to_owned()));
    assert!(!browser.disk.keys().any(|key| key.starts_with("asleep/")));
    // An answer that comes when the space has its window changes nothing.
    assert!(!browser.says(51, &seen, space, true));
    assert_eq!(browser.engine.window_of(space), Some(50));
}

#[test]
fn who_said_no_is_not_asked_again_about_this_window_and_it_is_not_taken_for_it_either() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(1_000);
    let back = again(&window());
    let seen = partly(&back, &[1, 2], 2);
    assert!(!browser.says(50, &seen, space, false));
    let mut browser = browser.killed();
    assert_eq!(browser.asks_about(50, &seen), None);
    assert!(!browser.meets(50, &back), "whatever becomes of it");
    assert_eq!(browser.asks_about(50, &back), None);
    // Another window is another question.
    assert_eq!(browser.asks_about(51, &partly(&back, &[2, 3], 1)), Some(space));

    // After a restart it has another id, and is known by its tabs.
    let now = browser.now;
    browser.engine.browser_started(now);
    browser.write();
    let mut browser = browser.killed();
    assert_eq!(browser.asks_about(70, &seen), None);
    assert_eq!(
        browser.asks_about(50, &partly(&back, &[2, 3], 1)),
        Some(space),
        "Chrome's ids of before mean nothing"
    );
    assert!(browser.meets(71, &back), "its own window is still its own");
}

#[test]
fn a_twin_that_was_said_to_be_another_does_not_keep_the_own_window_out_for_ever() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(1_000);
    browser.now = browser.now.plus(WAITS_MS);
    let back = again(&window());
    assert!(!browser.says(50, &back, space, false));
    assert_eq!(browser.asks_about(51, &back), None, "it looks the same");
    // The person opens the space, and closes its window again.
    let now = browser.now;
    let plan = browser.engine.tabs_to_restore(space).expect("it is there");
    let tabs = (201..).zip(plan.tabs).map(|(id, tab)| (id, tab.tab));
    browser.engine.bind(now, 60, space, tabs.collect());
    browser.engine.window_gone(now, 60);
    browser.write();
    let mut browser = browser.killed();
    assert_eq!(browser.asks_about(50, &back), None, "it is still another");
    browser.now = browser.now.plus(1_000);
    assert_eq!(browser.asks_about(61, &back), Some(space));
}

#[test]
fn nobody_is_asked_about_what_was_never_in_the_space_and_an_answer_brings_nothing_of_it_in() {
    let (mut browser, space) = Browser::saved();
    let agreed: Vec<_> = browser
        .all_agreed(space)
        .into_iter()
        .filter(|tab| tab.url.contains("lisbon"))
        .collect();
    let new = browser.prepare_share(space, &agreed);
    browser.shared(space, &new);
    let shared = titles(&browser.view(new.space));
    let mut browser = browser.restarted(1_000);
    let back = again(&window());
    // Mail and bank were left out: that they are the same says nothing.
    assert_eq!(browser.asks_about(50, &partly(&back, &[0, 3], 0)), None);
    let seen = partly(&back, &[0, 1, 2, 3], 2);
    assert_eq!(browser.asks_about(50, &seen), Some(new.space));
    assert!(browser.says(50, &seen, new.space, true));
    assert_eq!(titles(&browser.view(new.space)), shared);
    let mut more = seen.clone();
    more.tabs[0].title = "Secrets".into();
    more.tabs[3].url = "https://bank.example/secrets".into();
    browser.now = browser.now.plus(60_000);
    browser.engine.observe(browser.now, 50, more);
    browser.write();
    assert_eq!(titles(&browser.view(new.space)), shared, "they stay out for good");
}

#[test]
fn so_many_answers_are_remembered_and_none_of_a_space_that_is_gone() {
    let (browser, space) = Browser::saved();
    let mut browser = browser.restarted(1_000);
    let seen = |number: usize| partly(&again(&window()), &[1, 2], 1 + number % 4);
    for id in 0..40 {
        browser.says(100 + id, &seen(0), space, false);
    }
    let strangers = browser.engine.settings().strangers.clone();
    assert_eq!(strangers.len(), 32);
    assert_eq!(strangers.last().and_then(|stranger| stranger.window), Some(139));
    browser.engine.forget(browser.now, space);
    let other = browser.engine.save_window(browser.now, 2, window(), "Other");
    browser.engine.window_gone(browser.now, 2);
    browser.write();
    browser.says(200, &seen(1), other, false);
    assert_eq!(browser.engine.settings().strangers.len(), 1);
}

#[test]
fn windows_that_spaces_have_are_not_told_as_lost() {
    let (mut browser, _) = Browser::saved();
    let other = partly(&again(&window()), &[], 4);
    browser.engine.save_window(browser.now, 2, other.clone(), "Other");
    let browser = browser.restarted(1_000);
    let gone = [window(), partly(&other, &[], 3), partly(&window(), &[0], 2)];
    assert_eq!(browser.engine.unsaved(&gone), 3);
    assert_eq!(browser.engine.unsaved(&gone[..1]), 0);
}
