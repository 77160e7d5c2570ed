//! A person signs out of a site, and all its tabs become the page for signing in: what they were is not lost.

use protocol::{MemberId, TabId};
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::bin::BinId;
use tabspace_wasm_core::library::follow::{TITLE_EVERY_MS, TabSeen, WindowSeen};
use tabspace_wasm_core::library::inflow::Inflow;
use tabspace_wasm_core::view::{ItemView, NoticeKind};

use crate::inflow::model::{Chrome, Someone, settle, two};
use crate::{Browser, WINDOW};

const MINUTE_MS: i64 = 60_000;

fn document(id: i32) -> TabSeen {
    TabSeen {
        id,
        url: format!("https://docs.example/{id}"),
        title: format!("Document {id}"),
        ..TabSeen::default()
    }
}

/// Eight documents, of which the first is looked at, and a page of another site.
fn documents() -> WindowSeen {
    let mut tabs: Vec<TabSeen> = (1..=8).map(document).collect();
    tabs[0].active = true;
    tabs.push(TabSeen {
        url: "https://news.example/".into(),
        title: "News".into(),
        ..document(9)
    });
    WindowSeen {
        tabs,
        groups: Vec::new(),
    }
}

/// Somebody whose window has those documents, saved as a private space.
fn reader() -> Someone {
    reader_of(documents())
}

fn reader_of(window: WindowSeen) -> Someone {
    let mut browser = Browser::new();
    let space = browser
        .engine
        .save_window(browser.now, WINDOW, window.clone(), "Work");
    browser.write();
    let chrome = Chrome {
        window,
        last_id: 1_000,
        ..Chrome::default()
    };
    Someone {
        browser,
        chrome,
        member: MemberId::from_bits(1),
        space,
    }
}

impl Someone {
    /// These tabs become the page for signing in.
    fn is_signed_out(&mut self, ids: impl IntoIterator<Item = i32>) {
        for id in ids {
            let tab = self.tab(id);
            tab.url = format!("https://accounts.example/login?continue={}", tab.url);
            tab.title = "Sign in".into();
        }
        self.looks();
    }

    fn tab(&mut self, id: i32) -> &mut TabSeen {
        let tabs = &mut self.chrome.window.tabs;
        tabs.iter_mut().find(|tab| tab.id == id).expect("it is open")
    }

    fn looks_at(&mut self, id: i32) {
        for tab in &mut self.chrome.window.tabs {
            tab.active = tab.id == id;
        }
        self.looks();
    }

    fn time_passes(&mut self, ms: i64) {
        self.browser.now = self.browser.now.plus(ms);
    }

    /// The worker dies and comes back.
    fn restarts(&mut self) {
        self.browser.write();
        let disk = std::mem::take(&mut self.browser.disk);
        let now = self.browser.now;
        self.browser = Browser::start(disk, self.browser.seed.clone());
        self.browser.now = now;
    }

    /// What is told: the entry of the bin, the page, and how many tabs went there.
    fn told(&mut self) -> Option<(BinId, String, usize)> {
        let notices = self.browser.view(self.space).notices;
        assert!(notices.len() < 2, "{notices:?}");
        notices.into_iter().next().map(|notice| match notice.kind {
            NoticeKind::ManyWent { binned, page, tabs } => (binned, page, tabs),
            other => panic!("{other:?}"),
        })
    }

    fn puts_back(&mut self) {
        let (id, ..) = self.told().expect("it was told");
        self.browser
            .engine
            .command(self.browser.now, self.space, Command::TakeOut(id));
        self.browser.write();
    }

    fn tabs(&mut self) -> Vec<(TabId, String, String)> {
        let items = self.browser.view(self.space).items;
        let tabs = items.into_iter().map(|item| match item {
            ItemView::Tab(tab) => (tab.tab, tab.url, tab.title),
            ItemView::Group(group) => panic!("{group:?}"),
        });
        tabs.collect()
    }

    /// Looks at the window change nothing any more, whatever the page for signing in says of itself.
    fn rests(&mut self) {
        let before = self.tabs();
        for round in 0..3 {
            self.time_passes(TITLE_EVERY_MS * 2);
            for tab in &mut self.chrome.window.tabs {
                if tab.url.starts_with("https://accounts.example/") {
                    tab.title = format!("Sign in ({round})");
                }
            }
            self.looks();
            assert!(!self.takes_in(false, |_| {}));
        }
        assert_eq!(self.tabs(), before);
        assert_eq!(self.told(), None);
    }
}

#[test]
fn tabs_that_all_became_the_page_for_signing_in_are_told_once_and_put_back() {
    let mut ann = reader();
    let before = ann.tabs();
    // They go one after another, and the worker dies in between.
    ann.is_signed_out([1, 2]);
    assert_eq!(ann.told(), None);
    ann.restarts();
    ann.time_passes(MINUTE_MS / 2);
    ann.is_signed_out([3, 4, 5, 6]);
    ann.restarts();
    ann.time_passes(MINUTE_MS);
    ann.is_signed_out([7, 8]);
    let (_, page, tabs) = ann.told().expect("it is told");
    assert_eq!((page.as_str(), tabs), ("accounts.example", 8));
    ann.restarts();
    ann.puts_back();
    assert_eq!(ann.tabs(), before);
    // The window is left as it is, and takes nothing back.
    ann.restarts();
    ann.rests();
    // Signed in again, the one that is looked at goes back by itself.
    *ann.tab(1) = TabSeen {
        active: true,
        ..document(1)
    };
    ann.looks();
    assert_eq!(ann.tabs(), before);
    ann.rests();
}

#[test]
fn what_is_put_back_in_a_shared_space_is_there_for_the_others_too() {
    let (mut relay, mut ann, mut bruno) = two();
    ann.chrome
        .window
        .tabs
        .extend(documents().tabs.into_iter().map(|tab| TabSeen {
            id: tab.id + 100,
            ..tab
        }));
    for someone in [&mut ann, &mut bruno] {
        someone.sets(Inflow::On);
    }
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    let (there, window) = (relay.state.tabs.clone(), bruno.window());
    ann.is_signed_out(101..=108);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_ne!(bruno.window(), window);
    ann.restarts();
    assert_eq!(ann.told().map(|(_, _, tabs)| tabs), Some(8));
    assert_eq!(bruno.told(), None, "he did nothing");
    let signed_out = ann.window();
    ann.puts_back();
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(ann.window(), signed_out, "it is left as it is");
    assert_eq!(relay.state.tabs, there);
    assert_eq!(bruno.window(), window);
    let decided = relay.log.len();
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!((relay.log.len(), ann.told()), (decided, None), "nothing echoes");
}

#[test]
fn who_goes_to_one_page_by_hand_is_not_bothered() {
    let mut ann = reader();
    ann.is_signed_out([2, 3]);
    // Four more are looked at one after another and sent there.
    let mut bruno = reader();
    for id in 1..=4 {
        bruno.looks_at(id);
        bruno.is_signed_out([id]);
    }
    // The same page in all.
    let mut same = documents();
    for tab in &mut same.tabs {
        tab.url = "https://docs.example/1".into();
    }
    let mut carla = reader_of(same);
    carla.is_signed_out(1..=9);
    // One every few minutes.
    let mut dora = reader();
    for id in 1..=8 {
        dora.is_signed_out([id]);
        dora.time_passes(7 * MINUTE_MS);
    }
    // From one page of an application to the next.
    let pages = |times: i32| {
        let mut window = documents();
        for tab in &mut window.tabs {
            tab.url = format!("https://docs.example/edit?document={}", tab.id * times);
        }
        window
    };
    let mut emil = reader_of(pages(1));
    emil.chrome.window = pages(10);
    emil.looks();
    assert_eq!(ann.told(), None);
    assert_eq!(bruno.told(), None);
    assert_eq!(carla.told(), None);
    assert_eq!(dora.told(), None);
    assert_eq!(emil.told(), None);
    // One more is enough.
    bruno.looks_at(5);
    bruno.is_signed_out([5]);
    assert_eq!(bruno.told().map(|(_, _, tabs)| tabs), Some(5));
}

#[test]
fn what_a_person_did_since_is_not_overwritten() {
    let mut ann = reader();
    let before = ann.tabs();
    ann.is_signed_out(1..=8);
    // One is closed, one is back, one went on.
    ann.chrome.window.tabs.retain(|tab| tab.id != 2);
    *ann.tab(3) = document(3);
    ann.tab(4).url = "https://elsewhere.example/".into();
    ann.tab(4).title = "Elsewhere".into();
    ann.looks();
    ann.puts_back();
    let mut expected = before;
    expected[3].1 = "https://elsewhere.example/".into();
    expected[3].2 = "Elsewhere".into();
    let mut there = ann.tabs();
    there.sort_by_key(|(_, url, _)| expected.iter().position(|(_, other, _)| other == url));
    assert_eq!(there, expected);
    // And one goes on afterwards.
    ann.tab(5).url = "https://docs.example/new".into();
    ann.looks();
    let there = ann.tabs();
    assert!(there.iter().any(|(_, url, _)| url == "https://docs.example/new"));
    ann.rests();
}

#[test]
fn what_was_read_is_not_told_again_and_stays_in_the_bin() {
    let mut ann = reader();
    let before = ann.tabs();
    ann.is_signed_out(1..=8);
    let after = ann.tabs();
    ann.restarts();
    let notice = ann.browser.view(ann.space).notices[0].id;
    ann.browser
        .engine
        .command(ann.browser.now, ann.space, Command::Dismiss(notice));
    assert_eq!(ann.told(), None);
    ann.restarts();
    assert_eq!(ann.told(), None);
    // The library's page puts it back, and takes that back.
    let Ok(LibraryAnswer::Bin(bin)) = ann.browser.engine.library(ann.browser.now, LibraryAsk::Bin) else {
        panic!("no bin");
    };
    let ask = LibraryAsk::TakeOut(bin[0].id);
    let Ok(LibraryAnswer::Changed(undo)) = ann.browser.engine.library(ann.browser.now, ask) else {
        panic!("not put back");
    };
    assert_eq!(ann.tabs(), before);
    let ask = LibraryAsk::Undo(undo);
    assert!(ann.browser.engine.library(ann.browser.now, ask).is_ok());
    assert_eq!(ann.tabs(), after);
}

#[test]
fn who_does_not_read_for_long_is_told_of_the_last_times_only() {
    let mut ann = reader();
    for day in 1..=10 {
        for id in 1..=8 {
            *ann.tab(id) = TabSeen {
                url: format!("https://docs.example/{day}/{id}"),
                ..document(id)
            };
            ann.looks();
            ann.time_passes(3 * MINUTE_MS);
        }
        ann.is_signed_out(1..=8);
        ann.time_passes(3 * MINUTE_MS);
    }
    for _ in 0..2 {
        let notices = ann.browser.view(ann.space).notices;
        let told = notices.iter().map(|notice| &notice.kind);
        let told: Vec<usize> = told
            .map(|kind| match kind {
                NoticeKind::ManyWent { tabs, .. } => *tabs,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [8, 8, 8]);
        ann.restarts();
    }
}

#[test]
fn an_application_that_signs_out_within_its_own_address_is_told_of_too() {
    for out in ["https://app.example/#/login", "https://app.example/?page=login"] {
        let mut window = documents();
        for tab in &mut window.tabs {
            tab.url = out.replace("login", &format!("list/{}", tab.id));
        }
        let mut ann = reader_of(window);
        let before = ann.tabs();
        for id in 1..=8 {
            ann.tab(id).url = out.into();
        }
        ann.looks();
        let (_, page, tabs) = ann.told().expect("it is told");
        assert_eq!((page.as_str(), tabs), ("app.example", 8));
        ann.puts_back();
        assert_eq!(ann.tabs(), before);
    }
}
