//! A space is opened as a window: one tab at once, the others bit by bit, and nothing of it is news.

use std::collections::BTreeMap;

use protocol::{GroupId, SpaceId, TabId};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::engine::{Placed, RestoreGroup, RestoreTab, Step};
use tabspace_wasm_core::library::follow::{GroupSeen, TITLE_EVERY_MS, TabSeen, WindowSeen};
use tabspace_wasm_core::view::NoticeKind;

use super::{Browser, WINDOW, titles, window};

/// Chrome's window, as the steps fill it.
#[derive(Clone, Default)]
struct Chrome {
    tabs: Vec<TabSeen>,
    groups: Vec<GroupSeen>,
    last: i32,
}

impl Chrome {
    /// Chrome's next id.
    fn id(&mut self) -> i32 {
        self.last += 1;
        100 + self.last
    }

    fn seen(&self) -> WindowSeen {
        WindowSeen {
            tabs: self.tabs.clone(),
            groups: self.groups.clone(),
        }
    }

    /// A tab as it is once it was made: one that waits already has its title, any other is loading.
    fn make(&mut self, index: usize, tab: &RestoreTab, waits: bool) -> i32 {
        let id = self.id();
        let title = if waits { tab.title.clone() } else { String::new() };
        let seen = TabSeen {
            id,
            url: tab.url.clone(),
            title,
            pinned: tab.pinned,
            muted: tab.muted,
            waits: waits.then_some(tab.tab),
            ..TabSeen::default()
        };
        self.tabs.insert(index.min(self.tabs.len()), seen);
        id
    }

    fn open(&mut self, shown: &RestoreTab) -> BTreeMap<i32, TabId> {
        let id = self.make(0, shown, false);
        self.show(id);
        BTreeMap::from([(id, shown.tab)])
    }

    fn show(&mut self, id: i32) {
        self.tabs.iter_mut().for_each(|tab| tab.active = tab.id == id);
    }

    fn perform(&mut self, step: &Step) -> Placed {
        let mut placed = Placed::default();
        let groups = match step {
            Step::Verify(groups) => groups.clone(),
            Step::Place(batch) => {
                let mut groups = batch.groups.clone();
                for (index, tab) in &batch.tabs {
                    let id = self.make(*index as usize, tab, tab.waits());
                    placed.tabs.insert(id, tab.tab);
                    let group = groups.iter_mut().find(|group| tab.group == Some(group.group));
                    if let Some(group) = group {
                        group.members.push(id);
                    }
                }
                groups
            }
        };
        for group in groups.iter().filter(|group| !group.members.is_empty()) {
            placed.groups.insert(self.make_group(group), group.group);
        }
        placed
    }

    fn make_group(&mut self, wanted: &RestoreGroup) -> i32 {
        let id = wanted.chrome.unwrap_or_else(|| self.id());
        self.groups.retain(|group| group.id != id);
        self.groups.push(GroupSeen {
            id,
            title: wanted.title.clone(),
            colour: wanted.colour,
            collapsed: wanted.collapsed.unwrap_or_default(),
        });
        for tab in &mut self.tabs {
            if wanted.members.contains(&tab.id) {
                tab.group = Some(id);
            }
        }
        id
    }
}

/// The window with the space is closed; then it is opened again, with its first tab.
fn begun(browser: &mut Browser, space: SpaceId) -> Chrome {
    browser.engine.window_gone(browser.now, WINDOW);
    let plan = browser.engine.tabs_to_restore(space).expect("the space is there");
    let mut chrome = Chrome::default();
    let tabs = chrome.open(plan.shown().expect("there are tabs"));
    browser.engine.bind(browser.now, WINDOW, space, tabs);
    browser.write();
    chrome
}

/// Does what is to be done next; whether there was something.
fn go_on(browser: &mut Browser, chrome: &mut Chrome) -> bool {
    let Some(step) = browser.engine.next_step(WINDOW) else {
        return false;
    };
    let placed = chrome.perform(&step);
    browser.engine.step_done(WINDOW, &step, placed);
    browser.write();
    true
}

fn reopened(browser: &mut Browser, space: SpaceId) -> Chrome {
    let mut chrome = begun(browser, space);
    while go_on(browser, &mut chrome) {}
    chrome
}

fn saved(browser: &mut Browser) -> SpaceId {
    browser.engine.save_window(browser.now, WINDOW, window(), "Trip")
}

#[test]
fn one_tab_is_loaded_and_all_others_wait_in_their_places() {
    let mut browser = Browser::new();
    let space = saved(&mut browser);
    let chrome = reopened(&mut browser, space);
    let urls: Vec<&str> = chrome.tabs.iter().map(|tab| tab.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://mail.example/",
            "https://lisbon.example/flat",
            "https://lisbon.example/map",
            "https://bank.example/account",
            "chrome://settings/",
        ]
    );
    let waits: Vec<bool> = chrome.tabs.iter().map(|tab| tab.waits.is_some()).collect();
    // The bank is the first that is neither pinned nor folded away; Chrome's own pages do not wait.
    assert_eq!(waits, [true, true, true, false, false]);
    assert!(chrome.tabs[0].pinned);
    assert_eq!(chrome.groups.len(), 1);
    assert_eq!(chrome.groups[0].title, "Lisbon");
    assert!(chrome.groups[0].collapsed, "folded once it was whole");
    assert_eq!(browser.engine.windows_to_fill(), Vec::<i32>::new());
}

#[test]
fn what_a_restored_window_loads_is_no_news() {
    let mut browser = Browser::new();
    let space = saved(&mut browser);
    let flat = browser.engine.what_is_shared(space).expect("there")[1].tab;
    let title = "The nice flat".to_owned();
    browser
        .engine
        .command(browser.now, space, Command::RenameTab { tab: flat, title });
    let mut chrome = reopened(&mut browser, space);
    let expected = titles(&browser.view(space));
    assert!(expected.contains(&"The nice flat".to_owned()), "{expected:?}");
    let logged = browser.logged();

    // One tab after another is shown, with a death in between.
    browser.look(chrome.seen());
    for (at, loaded) in window().tabs.iter().enumerate() {
        browser = browser.killed();
        chrome.tabs[at].waits = None;
        chrome.tabs[at].title = loaded.url.trim_start_matches("https://").to_owned();
        browser.look(chrome.seen());
        chrome.tabs[at].title.clone_from(&loaded.title);
        browser.look(chrome.seen());
    }
    assert_eq!(titles(&browser.view(space)), expected);
    assert_eq!(browser.logged(), logged, "nothing was said");

    // From then on the window is followed.
    browser.now = browser.now.plus(TITLE_EVERY_MS);
    chrome.tabs[1].title = "Sold".into();
    browser.look(chrome.seen());
    assert!(titles(&browser.view(space)).contains(&"Sold".to_owned()));
}

#[test]
fn a_restored_tab_that_goes_elsewhere_before_it_is_loaded_is_followed() {
    let mut browser = Browser::new();
    let space = saved(&mut browser);
    let mut chrome = reopened(&mut browser, space);
    chrome.tabs[2].waits = None;
    chrome.tabs[2].url = "https://porto.example/".into();
    chrome.tabs[2].title = "Porto".into();
    browser.look(chrome.seen());
    assert!(titles(&browser.view(space)).contains(&"Porto".to_owned()));
}

/// A window with many tabs, each in the group of ten that it belongs to.
fn many() -> WindowSeen {
    let tabs = (0..100).map(|n| TabSeen {
        id: n,
        url: format!("https://example.org/{n}"),
        title: format!("Page {n}"),
        group: Some(1_000 + n / 10),
        ..TabSeen::default()
    });
    let groups = (0..10).map(|n| GroupSeen {
        id: 1_000 + n,
        title: format!("Group {n}"),
        ..GroupSeen::default()
    });
    WindowSeen {
        tabs: tabs.collect(),
        groups: groups.collect(),
    }
}

#[test]
fn a_writer_that_dies_while_it_fills_a_window_goes_on_where_it_was() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, many(), "Many");
    let expected = titles(&browser.view(space));
    let logged = browser.logged();
    let mut chrome = begun(&mut browser, space);
    let mut steps = 0;
    loop {
        // Chrome's events go on meanwhile: a window that is half full is no window whose tabs were closed.
        browser.look(chrome.seen());
        browser = browser.killed();
        browser.look(chrome.seen());
        if !go_on(&mut browser, &mut chrome) {
            break;
        }
        steps += 1;
    }
    assert!(steps > 3, "{steps}");
    assert_eq!(chrome.tabs.len(), 100);
    let groups: Vec<&str> = chrome.groups.iter().map(|group| group.title.as_str()).collect();
    assert_eq!(groups.len(), 10, "{groups:?}");
    assert_eq!(titles(&browser.view(space)), expected);
    assert_eq!(browser.logged(), logged, "nothing was said");
}

#[test]
fn a_window_that_comes_back_half_full_after_a_restart_is_filled_on() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, many(), "Many");
    let expected = titles(&browser.view(space));
    let mut chrome = begun(&mut browser, space);
    go_on(&mut browser, &mut chrome);
    go_on(&mut browser, &mut chrome);
    browser = browser.killed();
    browser.engine.browser_started(browser.now);
    for tab in &mut chrome.tabs {
        tab.id += 1_000;
        tab.group = tab.group.map(|group| group + 1_000);
    }
    for group in &mut chrome.groups {
        group.id += 1_000;
    }
    chrome.last += 5_000;
    assert!(browser.engine.recognise(browser.now, WINDOW, &chrome.seen()));
    while go_on(&mut browser, &mut chrome) {}
    browser.look(chrome.seen());
    assert_eq!(chrome.tabs.len(), 100);
    assert_eq!(chrome.groups.len(), 10);
    assert_eq!(titles(&browser.view(space)), expected);
}

#[test]
fn what_a_person_does_while_the_window_is_filled_is_told_when_it_is_full() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, many(), "Many");
    let mut chrome = begun(&mut browser, space);
    go_on(&mut browser, &mut chrome);
    go_on(&mut browser, &mut chrome);
    let closed = chrome.tabs.remove(3).title;
    chrome.tabs[5].waits = None;
    chrome.tabs[5].url = "https://porto.example/".into();
    chrome.tabs[5].title = "Porto".into();
    browser.look(chrome.seen());
    while go_on(&mut browser, &mut chrome) {}
    browser.look(chrome.seen());
    let now = titles(&browser.view(space));
    assert!(!now.contains(&closed), "it was closed");
    assert!(now.contains(&"Porto".to_owned()));
    assert_eq!(now.iter().filter(|title| !title.starts_with('[')).count(), 99);
}

#[test]
fn a_tab_that_chrome_refuses_stays_in_the_space() {
    let mut browser = Browser::new();
    let space = saved(&mut browser);
    let mut chrome = begun(&mut browser, space);
    let step = browser.engine.next_step(WINDOW).expect("there is more to come");
    let mut placed = chrome.perform(&step);
    let (&refused, _) = placed.tabs.last_key_value().expect("some were made");
    placed.tabs.remove(&refused);
    chrome.tabs.retain(|tab| tab.id != refused);
    let expected = titles(&browser.view(space));
    browser.engine.step_done(WINDOW, &step, placed);
    while go_on(&mut browser, &mut chrome) {}
    browser.look(chrome.seen());
    assert_eq!(titles(&browser.view(space)), expected);
}

#[test]
fn a_tab_that_others_removed_is_not_made_and_its_window_may_close_at_any_time() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, many(), "Many");
    let mut chrome = begun(&mut browser, space);
    let last = browser.engine.tabs_to_restore(space).expect("there").tabs[99].tab;
    browser
        .engine
        .command(browser.now, space, Command::RemoveTab(last));
    while go_on(&mut browser, &mut chrome) {}
    assert_eq!(chrome.tabs.len(), 99);

    let mut chrome = begun(&mut browser, space);
    go_on(&mut browser, &mut chrome);
    browser.engine.window_gone(browser.now, WINDOW);
    assert!(!go_on(&mut browser, &mut chrome));
    assert_eq!(
        titles(&browser.view(space))
            .iter()
            .filter(|title| !title.starts_with('['))
            .count(),
        99
    );
}

#[test]
fn a_space_that_is_opened_again_and_again_stays_as_it_is() {
    let mut browser = Browser::new();
    let space = saved(&mut browser);
    let expected = browser.view(space).items;
    let groups: Vec<GroupId> = browser
        .engine
        .tabs_to_restore(space)
        .expect("there")
        .groups
        .iter()
        .map(|(id, ..)| *id)
        .collect();
    for _ in 0..10 {
        let chrome = reopened(&mut browser, space);
        browser.look(chrome.seen());
    }
    assert_eq!(browser.view(space).items, expected);
    let now: Vec<GroupId> = browser
        .engine
        .tabs_to_restore(space)
        .expect("there")
        .groups
        .iter()
        .map(|(id, ..)| *id)
        .collect();
    assert_eq!(now, groups);
}

/// What a person would see and hear: the address of the tab that is shown, and of those that are muted.
fn shown_and_muted(browser: &Browser, space: SpaceId) -> (String, Vec<String>) {
    let plan = browser.engine.tabs_to_restore(space).expect("there");
    let muted = plan
        .tabs
        .iter()
        .filter(|tab| tab.muted)
        .map(|tab| tab.url.clone());
    let shown = plan.shown().expect("there are tabs").url.clone();
    (shown, muted.collect())
}

#[test]
fn the_tab_that_was_shown_is_shown_again_and_muted_ones_are_muted() {
    let bank = "https://bank.example/account".to_owned();
    let mail = "https://mail.example/".to_owned();
    let mut seen = window();
    seen.tabs[3].active = true;
    seen.tabs[0].muted = true;
    let mut browser = Browser::new();
    let kept = browser.engine.keep_window(browser.now, seen.clone(), "Kept");
    let space = browser
        .engine
        .save_window(browser.now, WINDOW, seen.clone(), "Followed");
    browser = browser.killed();
    for space in [kept, space] {
        assert_eq!(
            shown_and_muted(&browser, space),
            (bank.clone(), vec![mail.clone()])
        );
    }

    // As it was when the window closed, and whatever becomes of the space.
    seen.tabs[3].active = false;
    seen.tabs[3].muted = true;
    seen.tabs[0].active = true;
    seen.tabs[0].muted = false;
    browser.look(seen.clone());
    reopened(&mut browser, space);
    let now = (mail.clone(), vec![bank.clone()]);
    assert_eq!(shown_and_muted(&browser, space), now);
    let id = browser
        .engine
        .forget(browser.now, space)
        .expect("it is in the bin");
    browser.engine.take_out(browser.now, id).expect("it comes back");
    browser = browser.killed();
    assert_eq!(shown_and_muted(&browser, space), now);

    // A window that is closed before it was looked at says nothing else.
    begun(&mut browser, space);
    browser.engine.window_gone(browser.now, WINDOW);
    assert_eq!(shown_and_muted(&browser, space), now);

    // One that is in a group that is folded away cannot be shown.
    seen.tabs.iter_mut().for_each(|tab| tab.active = tab.id == 2);
    let folded = browser.engine.keep_window(browser.now, seen, "Folded");
    assert_eq!(shown_and_muted(&browser, folded).0, bank);
}

#[test]
fn tabs_that_cannot_be_opened_are_counted_and_told() {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs[0].url = "file:///home/ada/letter.txt".into();
    seen.tabs[3].url = "data:text/plain,draft".into();
    let space = browser.engine.keep_window(browser.now, seen, "Trip");
    let tabs = browser.engine.what_is_shared(space).expect("it is there");
    let tabs: Vec<TabId> = tabs.into_iter().map(|tab| tab.tab).collect();
    let plan = |tabs: Option<&[TabId]>| {
        let plan = browser.engine.plan_of(space, tabs).expect("it is there");
        (plan.tabs.len(), plan.skipped)
    };
    assert_eq!(plan(None), (3, 2));
    assert_eq!(plan(Some(&tabs[..2])), (1, 1));
    assert_eq!(plan(Some(&tabs[1..3])), (2, 0));

    let told = |browser: &mut Browser| -> Vec<NoticeKind> {
        let notices = browser.view(space).notices;
        notices.into_iter().map(|notice| notice.kind).collect()
    };
    assert_eq!(told(&mut browser), []);
    browser.engine.bind(browser.now, WINDOW, space, BTreeMap::new());
    assert_eq!(told(&mut browser), [NoticeKind::NotOpened(2)]);
    assert_eq!(browser.view(space).items.len(), 4, "they stay in the space");
}
