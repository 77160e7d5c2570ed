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
