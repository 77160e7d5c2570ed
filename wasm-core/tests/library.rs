//! The tab library alone, with no relay: what is saved survives, and what is shared was chosen.
#![cfg(not(target_arch = "wasm32"))]

#[path = "library/asleep.rs"]
mod asleep;
#[path = "library/astray.rs"]
mod astray;
#[path = "library/backup.rs"]
mod backup;
#[path = "library/begun.rs"]
mod begun;
#[path = "library/damaged.rs"]
mod damaged;
#[path = "library/deeds.rs"]
mod deeds;
#[path = "library/folder.rs"]
mod folder;
#[path = "library/foreign.rs"]
mod foreign;
#[path = "library/full.rs"]
mod full;
#[path = "library/history.rs"]
mod history;
#[path = "library/ignored.rs"]
mod ignored;
#[path = "library/inflow.rs"]
mod inflow;
#[path = "library/journal.rs"]
mod journal;
#[path = "library/large.rs"]
mod large;
#[path = "library/lookup.rs"]
mod lookup;
#[path = "library/news.rs"]
mod news;
#[path = "library/restoring.rs"]
mod restoring;
#[path = "library/sharing.rs"]
mod sharing;
#[path = "library/trouble.rs"]
mod trouble;
#[path = "library/ways.rs"]
mod ways;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::{Colour, Millis, Role, SpaceId, TabId};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::engine::{Engine, Showing, library_of};
use tabspace_wasm_core::library::follow::{GroupSeen, TITLE_EVERY_MS, TabSeen, WindowSeen};
use tabspace_wasm_core::record::Write;
use tabspace_wasm_core::reorder;
use tabspace_wasm_core::session::Effect;
use tabspace_wasm_core::view::{ItemView, LinkView, NoticeKind, SpaceView, TabView};

use sharing::agreed;

const WINDOW: i32 = 1;

fn records(disk: &BTreeMap<String, String>) -> Vec<(String, String)> {
    disk.clone().into_iter().collect()
}

struct Browser {
    engine: Engine,
    disk: BTreeMap<String, String>,
    seed: Arc<AtomicU64>,
    now: Millis,
}

impl Browser {
    fn new() -> Self {
        Self::start(BTreeMap::new(), Arc::default())
    }

    fn start(disk: BTreeMap<String, String>, seed: Arc<AtomicU64>) -> Self {
        let random = seed.clone();
        let next = move || u128::from(random.fetch_add(1, Ordering::Relaxed)) + 1;
        let (engine, damaged) = Engine::restore(&records(&disk), next);
        assert_eq!(damaged, Vec::<String>::new());
        let mut browser = Self {
            engine,
            disk,
            seed,
            now: Millis(1_000),
        };
        browser.write();
        browser
    }

    /// Everything that was to be written is on disk.
    fn write(&mut self) {
        while let Some(effect) = self.engine.poll() {
            let Effect::Commit(batch) = effect else { continue };
            for write in batch.writes {
                match write {
                    Write::Put(key, value) => drop(self.disk.insert(key, value)),
                    Write::Delete(key) => drop(self.disk.remove(&key)),
                }
            }
            self.engine.committed(self.now, batch.number);
        }
    }

    /// Nothing of what was to be written is on disk, and the engine hears of it; whether there was something.
    fn fail_to_write(&mut self) -> bool {
        let mut batches = Vec::new();
        while let Some(effect) = self.engine.poll() {
            if let Effect::Commit(batch) = effect {
                batches.push(batch.number);
            }
        }
        for number in &batches {
            self.engine.commit_failed(self.now, *number);
        }
        !batches.is_empty()
    }

    /// The events on disk.
    fn logged(&self) -> usize {
        self.disk.keys().filter(|key| key.starts_with("log/")).count()
    }

    /// The worker dies and starts again: only the disk is left.
    fn killed(mut self) -> Self {
        self.write();
        Self::start(self.disk, self.seed)
    }

    fn look(&mut self, seen: WindowSeen) {
        self.now = self.now.plus(10);
        self.engine.observe(self.now, WINDOW, seen);
        self.write();
    }

    fn view(&mut self, space: SpaceId) -> SpaceView {
        self.engine.view(space).expect("the space is there")
    }
}

fn window() -> WindowSeen {
    let tab = |id: i32, url: &str, group| TabSeen {
        id,
        url: url.into(),
        title: format!("Title {id}"),
        group,
        ..TabSeen::default()
    };
    WindowSeen {
        tabs: vec![
            TabSeen {
                pinned: true,
                ..tab(1, "https://mail.example/", None)
            },
            tab(2, "https://lisbon.example/flat", Some(7)),
            tab(3, "https://lisbon.example/map", Some(7)),
            tab(4, "https://bank.example/account", None),
            tab(5, "chrome://settings/", None),
        ],
        groups: vec![GroupSeen {
            id: 7,
            title: "Lisbon".into(),
            colour: Colour::Orange,
            collapsed: true,
        }],
    }
}

fn titles(view: &SpaceView) -> Vec<String> {
    view.items
        .iter()
        .flat_map(|item| match item {
            ItemView::Tab(tab) => vec![tab.title.clone()],
            ItemView::Group(group) => std::iter::once(format!("[{}]", group.title))
                .chain(group.tabs.iter().map(|tab| tab.title.clone()))
                .collect(),
        })
        .collect()
}

/// Everything of the list but the ids of its tabs.
fn look_of(items: &[ItemView]) -> Vec<ItemView> {
    let nameless = |tab: &mut TabView| tab.tab = TabId::from_bits(0);
    let mut items = items.to_vec();
    for item in &mut items {
        match item {
            ItemView::Tab(tab) => nameless(tab),
            ItemView::Group(group) => group.tabs.iter_mut().for_each(nameless),
        }
    }
    items
}

#[test]
fn a_removed_tab_comes_back_pinned_in_its_group_and_with_its_address() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let before = browser.view(space).items;
    let tabs: Vec<TabId> = before
        .iter()
        .flat_map(|item| match item {
            ItemView::Tab(tab) => vec![tab.tab],
            ItemView::Group(group) => group.tabs.iter().map(|tab| tab.tab).collect(),
        })
        .collect();
    assert_eq!(tabs.len(), 5);
    for tab in tabs {
        let items = browser.view(space).items;
        let back = reorder::put_back(&items, tab).expect("the tab is there");
        browser
            .engine
            .command(browser.now, space, Command::RemoveTab(tab));
        assert_ne!(look_of(&browser.view(space).items), look_of(&before));
        browser.engine.command(browser.now, space, back);
        assert_eq!(look_of(&browser.view(space).items), look_of(&before));
    }
}

#[test]
fn a_saved_window_survives_the_death_of_the_worker() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut browser = browser.killed();
    let view = browser.view(space);
    assert_eq!(
        (view.name.as_str(), view.link.clone(), view.role),
        ("Trip", LinkView::Private, Role::Owner)
    );
    assert_eq!(
        titles(&view),
        ["Title 1", "[Lisbon]", "Title 2", "Title 3", "Title 4", "Title 5"]
    );
    assert_eq!(browser.engine.follows(WINDOW), Some(space));
    assert!(!browser.engine.wants_offscreen(), "a private space needs nobody");
}

#[test]
fn the_space_follows_the_window_through_any_number_of_deaths() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut seen = window();
    for round in 0..120 {
        seen.tabs[3].title = format!("Round {round}");
        seen.tabs.swap(1, 2);
        browser.look(seen.clone());
        if round % 7 == 0 {
            browser = browser.killed();
        }
    }
    browser.now = browser.now.plus(TITLE_EVERY_MS);
    browser.look(seen);
    assert!(titles(&browser.view(space)).contains(&"Round 119".to_owned()));
    assert_eq!(browser.view(space).items.len(), 4);
}

#[test]
fn a_window_that_closes_leaves_its_space_whole() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.look(WindowSeen::default());
    browser.engine.window_gone(browser.now, WINDOW);
    browser.look(WindowSeen {
        tabs: window().tabs[..1].to_vec(),
        groups: vec![],
    });
    let mut browser = browser.killed();
    assert_eq!(titles(&browser.view(space)).len(), 6);
    assert_eq!(browser.engine.follows(WINDOW), None);
}

#[test]
fn a_damaged_record_is_reported_and_the_rest_works() {
    let mut browser = Browser::new();
    let good = browser.engine.save_window(browser.now, WINDOW, window(), "Good");
    let bad = browser.engine.save_window(browser.now, 2, window(), "Bad");
    browser.write();
    let key = format!("space/{bad}");
    browser.disk.insert(key.clone(), "{\"private\":{\"you\":".into());
    let (mut engine, damaged) = Engine::restore(&records(&browser.disk), || 5);
    assert_eq!(damaged, [key]);
    assert!(engine.view(good).is_some() && engine.view(bad).is_none());
}

#[test]
fn a_private_space_can_be_edited_and_deleted() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "");
    assert_eq!(browser.view(space).name, "Tabs");
    browser
        .engine
        .command(browser.now, space, Command::Rename("Read later".into()));
    browser
        .engine
        .command(browser.now, space, Command::Rename("  ".into()));
    let view = browser.view(space);
    assert_eq!((view.name.as_str(), view.notices.len()), ("Read later", 1));
    browser.engine.command(browser.now, space, Command::Delete);
    browser.engine.empty_bin(None);
    browser.write();
    assert!(
        browser.disk.keys().all(|key| !key.contains(&space.to_string())),
        "nothing of it is left"
    );
}

#[test]
fn the_log_of_a_private_space_stays_short() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut seen = window();
    for round in 0..500 {
        seen.tabs[3].url = format!("https://bank.example/{round}");
        browser.look(seen.clone());
        assert!(browser.logged() < 50, "{} events on disk", browser.logged());
        if round % 33 == 0 {
            browser = browser.killed();
        }
    }
    browser.engine.forget(browser.now, space);
    browser.write();
    assert_eq!(browser.logged(), 0);
}

#[test]
fn what_could_not_be_written_is_told_and_swallows_nothing_after_it() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.write();
    let rename = |browser: &mut Browser, name: &str| {
        browser
            .engine
            .command(browser.now, space, Command::Rename(name.into()));
    };
    rename(&mut browser, "Lost");
    assert!(browser.fail_to_write());
    let view = browser.view(space);
    assert_eq!((view.name.as_str(), view.notices.len()), ("Lost", 1));
    assert_eq!(view.notices[0].kind, NoticeKind::NotSaved);

    // Even without another change it is written, as soon as that works.
    let mut browser = browser.killed();
    assert_eq!(browser.view(space).name, "Lost");

    // A full disk is not tried for ever; with the next change everything is written.
    rename(&mut browser, "Lost again");
    assert!(browser.fail_to_write() && browser.fail_to_write() && !browser.fail_to_write());
    browser
        .engine
        .command(browser.now, space, Command::Recolour(Colour::Red));
    let mut browser = browser.killed();
    assert_eq!(browser.view(space).name, "Lost again");
    assert_eq!(browser.view(space).colour, Colour::Red);
    assert_eq!(browser.logged(), 0);
}

#[test]
fn what_could_not_be_written_is_written_with_the_next_change_of_any_space() {
    let mut browser = Browser::new();
    let other = browser.engine.save_window(browser.now, WINDOW, window(), "Other");
    browser.write();
    let space = browser.engine.save_window(browser.now, 8, window(), "Full");
    assert!(browser.fail_to_write() && browser.fail_to_write() && !browser.fail_to_write());
    browser
        .engine
        .command(browser.now, other, Command::Rename("There is room again".into()));
    let mut browser = browser.killed();
    assert_eq!(browser.view(space).name, "Full");
    assert_eq!(browser.view(other).name, "There is room again");
}

#[test]
fn a_look_that_could_not_be_written_is_not_told_again() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.write();
    let mut seen = window();
    seen.tabs.push(TabSeen {
        id: 6,
        url: "https://new.example/".into(),
        title: "New".into(),
        ..TabSeen::default()
    });
    browser.engine.observe(browser.now, WINDOW, seen.clone());
    assert!(browser.fail_to_write());
    let mut browser = browser.killed();
    browser.look(seen);
    assert_eq!(titles(&browser.view(space)).len(), 7);
}

#[test]
fn events_behind_a_gap_are_never_taken_for_new_ones() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    for name in ["One", "Two", "Three"] {
        browser
            .engine
            .command(browser.now, space, Command::Rename(name.into()));
    }
    browser.write();
    // The worker died after a write had failed: the event in the middle is missing.
    let key = |seq: u64| format!("log/{space}/{seq:020}");
    browser.disk.remove(&key(3)).expect("it was written");
    let mut browser = browser.killed();
    assert_eq!(browser.view(space).name, "One", "the reachable part");
    assert_eq!(browser.logged(), 1, "the rest is removed");

    browser
        .engine
        .command(browser.now, space, Command::Recolour(Colour::Red));
    let mut browser = browser.killed();
    assert_eq!(browser.view(space).name, "One");
    assert_eq!(browser.view(space).colour, Colour::Red);
}

/// A window whose space is shared: tab 1 was left out, tabs 2 and 3 are in, nothing else may be.
fn shared(browser: &mut Browser) -> SpaceId {
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut settings = browser.engine.settings().clone();
    settings.ignored = "bank.example".into();
    browser.engine.set_settings(settings);
    let visible = browser.engine.what_is_shared(space).expect("there");
    let asked = browser.prepare_share(space, &agreed(&visible[1..]));
    browser.shared(space, &asked);
    asked.space
}

#[test]
fn a_left_out_tab_stays_out_whatever_chrome_does_with_it() {
    let mut browser = Browser::new();
    let space = shared(&mut browser);
    let in_it = titles(&browser.view(space));
    let mut seen = window();
    let mut away = window();
    away.tabs.remove(0);
    browser.look(away);
    browser.look(seen.clone());
    assert_eq!(titles(&browser.view(space)), in_it, "it came back");

    browser.engine.tab_replaced(1, 101);
    seen.tabs[0].id = 101;
    let mut browser = browser.killed();
    browser.look(seen);
    assert_eq!(titles(&browser.view(space)), in_it, "it has another id");
    assert!(!browser.engine.may_stream(WINDOW, 101, "https://mail.example/"));
}

#[test]
fn a_streamed_tab_is_seen_only_where_it_may_be() {
    let mut browser = Browser::new();
    let space = shared(&mut browser);
    let fine = "https://lisbon.example/";
    let showing = |tab, url: &str, going: Option<&str>| browser.engine.showing(space, tab, url, going);
    assert_eq!(showing(2, fine, None), Showing::Show);
    assert_eq!(
        showing(2, fine, Some("https://lisbon.example/map")),
        Showing::Show
    );
    assert_eq!(showing(2, fine, Some("about:blank")), Showing::Show);
    assert_eq!(showing(2, fine, Some("https://bank.example/")), Showing::Hold);
    assert_eq!(showing(2, fine, Some("file:///etc/passwd")), Showing::Hold);
    for nowhere in ["", "about:blank"] {
        assert_eq!(showing(2, nowhere, None), Showing::Undecided);
        assert_eq!(showing(2, nowhere, Some("https://bank.example/")), Showing::Hold);
    }
    for hidden in [
        "https://bank.example/",
        "file:///etc/passwd",
        "chrome://settings/",
        "chrome://newtab/",
        "view-source:https://lisbon.example/",
    ] {
        assert_eq!(showing(2, hidden, None), Showing::End, "{hidden}");
    }
    assert_eq!(showing(1, fine, None), Showing::End, "it was left out");

    // A new ignore list is asked from then on.
    let mut settings = browser.engine.settings().clone();
    settings.ignored = "lisbon.example".into();
    browser.engine.set_settings(settings);
    assert_eq!(browser.engine.showing(space, 2, fine, None), Showing::End);
}

#[test]
fn the_same_page_in_two_spaces_is_marked_and_merged_only_on_request() {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs[3].url = "https://mail.example?utm_source=x".into();
    browser.engine.save_window(Millis(1_000), WINDOW, seen, "Work");
    browser.engine.save_window(Millis(1_000), 2, window(), "Home");
    browser.write();
    let pages = browser.engine.duplicates();
    let of_mail = pages
        .iter()
        .find(|page| page.address == "https://mail.example")
        .expect("it is there three times");
    assert_eq!(of_mail.places.len(), 3);

    let (now, kept) = (Millis(2_000), of_mail.places[0]);
    assert_eq!(
        browser.engine.merge_duplicates(now, &of_mail.places, Some(kept)),
        Some(kept)
    );
    let mut browser = browser.killed();
    assert_eq!(library_of(&records(&browser.disk)).0.counts().tabs, 8);
    assert_eq!(browser.engine.merge_duplicates(now, &of_mail.places, None), None);
}
