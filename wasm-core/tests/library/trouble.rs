//! Bad days of the library: more than anybody has, titles without end, addresses that are none of the web's, and a clock
//! that goes back. Nothing of it breaks anything or costs what was saved.

use protocol::{Millis, limits};
use tabspace_wasm_core::ask::Problem;
use tabspace_wasm_core::ask::library::{LibraryAnswer, Target};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::chosen::Chosen;
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::view::{ItemView, NoticeKind};

use super::{Browser, WINDOW, titles, window};

fn tab(id: i32, url: &str, title: &str) -> TabSeen {
    TabSeen {
        id,
        url: url.into(),
        title: title.into(),
        ..TabSeen::default()
    }
}

fn of(tabs: Vec<TabSeen>) -> WindowSeen {
    WindowSeen {
        tabs,
        groups: Vec::new(),
    }
}

#[test]
fn a_window_of_twenty_thousand_tabs_is_saved_whole_and_looked_at_again_for_nothing() {
    let mut browser = Browser::new();
    let many = of((0..20_000)
        .map(|id| tab(id, &format!("https://a.example/{id}"), &format!("Tab {id}")))
        .collect());
    let space = browser
        .engine
        .save_window(browser.now, WINDOW, many.clone(), "Everything");
    let mut browser = browser.killed();
    let saved = titles(&browser.view(space));
    assert_eq!(saved.len(), 20_000);
    assert_eq!((&*saved[0], &*saved[19_999]), ("Tab 0", "Tab 19999"));
    let (view, logged) = (browser.view(space), browser.logged());
    browser.look(many);
    assert_eq!((browser.view(space), browser.logged()), (view, logged));
}

#[test]
fn titles_without_end_are_cut_and_letters_that_are_none_are_kept_harmless() {
    let mut browser = Browser::new();
    let seen = of(vec![
        tab(1, "https://a.example/", &"é".repeat(100 * 1_024)),
        // What is left of half a letter that came from JavaScript, and signs that turn or hide what stands beside them.
        tab(
            2,
            "https://b.example/",
            "half \u{fffd}, \u{0}none\u{7}, \u{ffff}, \u{202e}turned",
        ),
    ]);
    let space = browser.engine.save_window(browser.now, WINDOW, seen, "\u{fffd}");
    let mut browser = browser.killed();
    let titles = titles(&browser.view(space));
    assert_eq!(titles.len(), 2);
    assert_eq!(titles[0].chars().count(), limits::TITLE_CHARS);
    assert!(titles[1].starts_with("half \u{fffd}"), "{}", titles[1]);
    assert!(!titles[1].chars().any(char::is_control), "{:?}", titles[1]);
}

#[test]
fn addresses_that_are_none_of_the_webs_are_kept_and_never_opened_by_a_click() {
    let mut browser = Browser::new();
    let urls = [
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/hosts",
        "chrome://settings/",
        "javascript:alert(1)",
    ];
    let tabs = (2..).zip(urls).map(|(id, url)| tab(id, url, url));
    let endless = tab(9, &format!("data:,{}", "x".repeat(1_024 * 1_024)), "Endless");
    let seen = of(std::iter::once(tab(1, "https://a.example/", "A"))
        .chain(tabs)
        .chain([endless])
        .collect());
    let space = browser.engine.save_window(browser.now, WINDOW, seen, "Odd");
    let told: Vec<NoticeKind> = browser
        .view(space)
        .notices
        .into_iter()
        .map(|notice| notice.kind)
        .collect();
    assert_eq!(told, [NoticeKind::LeftOut(1)]);
    let mut browser = browser.killed();
    let opens: Vec<bool> = browser
        .view(space)
        .items
        .iter()
        .map(|item| matches!(item, ItemView::Tab(tab) if tab.opens))
        .collect();
    assert_eq!(
        opens,
        [true, false, false, false, false],
        "all but the one without end"
    );
}

#[test]
fn a_clock_that_is_set_back_by_years_changes_nothing_but_times() {
    let mut browser = Browser::new();
    browser.now = Millis(1_800_000_000_000);
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.now = Millis(0);
    let mut seen = window();
    seen.tabs
        .push(tab(6, "https://late.example/", "After the clock was set back"));
    browser.look(seen.clone());
    browser
        .engine
        .command(browser.now, space, Command::Rename("Journey".into()));
    let before = browser.view(space);
    assert_eq!(
        titles(&before).last().map(String::as_str),
        Some("After the clock was set back")
    );
    let mut browser = browser.killed();
    browser.now = Millis(0);
    browser.look(seen);
    assert_eq!(browser.view(space), before);
    assert_eq!(before.name, "Journey");
}

#[test]
fn a_tab_whose_address_cannot_be_kept_is_counted_wherever_it_is_saved() {
    let mut browser = Browser::new();
    let endless = || {
        tab(
            2,
            &format!("https://a.example/{}", "x".repeat(limits::URL_BYTES)),
            "Endless",
        )
    };
    let seen = || {
        of(vec![
            tab(1, "https://a.example/", "A"),
            endless(),
            tab(3, "", ""),
            tab(4, "chrome://newtab/", ""),
        ])
    };
    let chosen = |seen| vec![Chosen { window: None, seen }];
    let left_out_of = |answer: Result<LibraryAnswer, Problem>| match answer {
        Ok(LibraryAnswer::Made {
            spaces,
            tabs,
            left_out,
            ..
        }) => (spaces[0], tabs, left_out),
        other => panic!("{other:?}"),
    };
    let saved = browser
        .engine
        .save(browser.now, chosen(seen()), &Target::New(None), "New");
    let (space, tabs, left_out) = left_out_of(saved);
    assert_eq!((tabs, left_out), (1, 1));
    let into = Target::Space {
        space,
        group: None,
        before: None,
    };
    let added = browser.engine.save(browser.now, chosen(seen()), &into, "");
    assert_eq!(left_out_of(added), (space, 1, 1));
    let earlier = browser.engine.keep_earlier(browser.now, seen(), "Earlier");
    assert_eq!(earlier.1, 1);

    // Alone it is no space, and none of it is on the list.
    for to in [Target::New(None), into] {
        let nothing = browser
            .engine
            .save(browser.now, chosen(of(vec![endless()])), &to, "Nothing");
        assert_eq!(nothing, Err(Problem::NothingToSave));
    }
    assert_eq!(
        browser.engine.keep_earlier(browser.now, of(vec![endless()]), ""),
        (None, 1)
    );
}
