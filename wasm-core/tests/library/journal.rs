//! The journal: what was open is found again, however the browser ended.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Millis, limits};
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::library::journal::{
    BUDGET_BYTES, DAY_MS, HOUR_MS, Journal, KEEP_MS, Point, Reason, not_back, windows_of,
};
use tabspace_wasm_core::record::Write;

/// A browser whose disk holds a journal; the worker may die between any two looks.
#[derive(Default)]
struct Machine {
    disk: BTreeMap<String, String>,
    journal: Journal,
    now: Millis,
}

impl Machine {
    fn new() -> Self {
        Self {
            now: Millis(1_780_000_000_000),
            ..Self::default()
        }
    }

    fn write(&mut self, writes: Vec<Write>) {
        for write in writes {
            match write {
                Write::Put(key, text) => {
                    self.disk.insert(key, text);
                }
                Write::Delete(key) => {
                    self.disk.remove(&key);
                }
            }
        }
    }

    /// The worker is killed, and starts again.
    fn restart(&mut self) {
        let keys: Vec<String> = self.disk.keys().cloned().collect();
        let windows: Vec<(String, String)> = self
            .disk
            .iter()
            .filter(|(key, _)| key.starts_with("window/"))
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect();
        let (journal, writes) = Journal::restore(&keys, &windows);
        self.journal = journal;
        self.write(writes);
    }

    fn begin(&mut self, there: &[(i32, &WindowSeen)]) {
        self.restart();
        let there = there.iter().map(|(id, seen)| (*id, (*seen).clone())).collect();
        let writes = self.journal.begin(self.now, &there);
        self.write(writes);
    }

    fn see(&mut self, window: i32, seen: &WindowSeen) {
        let writes = self.journal.seen(self.now, window, seen);
        self.write(writes);
    }

    fn close(&mut self, window: i32) {
        let writes = self.journal.closed(self.now, window);
        self.write(writes);
    }

    fn later(&mut self, milliseconds: i64) {
        self.now = self.now.plus(milliseconds);
    }

    fn points(&self, reason: Reason) -> Vec<Point> {
        let mut points = self.journal.points();
        points.retain(|point| point.reason == reason);
        points
    }

    /// The addresses of each window of a point, as the disk has them.
    fn addresses(&self, point: &Point) -> BTreeSet<Vec<String>> {
        let windows = windows_of(&self.disk[&point.key()]).expect("a point can be read");
        assert_eq!(windows.len(), point.windows);
        let addresses = |window: WindowSeen| window.tabs.into_iter().map(|tab| tab.url).collect();
        windows.into_iter().map(addresses).collect()
    }
}

fn window(first: i32, sites: &[&str]) -> WindowSeen {
    let tab = |(id, site): (i32, &&str)| TabSeen {
        id,
        url: format!("https://{site}.example/"),
        title: (*site).to_owned(),
        ..TabSeen::default()
    };
    WindowSeen {
        tabs: (first..).zip(sites).map(tab).collect(),
        groups: Vec::new(),
    }
}

fn urls(sites: &[&str]) -> Vec<String> {
    sites
        .iter()
        .map(|site| format!("https://{site}.example/"))
        .collect()
}

#[test]
fn what_was_open_when_the_browser_was_killed_is_there_afterwards() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    machine.see(1, &window(10, &["a", "b"]));
    machine.later(60_000);
    machine.see(2, &window(20, &["c"]));
    machine.restart();
    machine.see(2, &window(20, &["c", "d"]));
    // Killed; the new browser gives its windows the ids of the old.
    machine.later(5_000);
    machine.begin(&[(1, &window(10, &["start"]))]);
    let points = machine.points(Reason::Session);
    assert_eq!((points.len(), points[0].windows, points[0].tabs), (1, 2, 4));
    let both = BTreeSet::from([urls(&["a", "b"]), urls(&["c", "d"])]);
    assert_eq!(machine.addresses(&points[0]), both);
    // Nothing of it is taken for what is open now.
    machine.see(1, &window(10, &["start"]));
    machine.begin(&[]);
    assert_eq!(
        machine.addresses(&machine.points(Reason::Session)[0]),
        BTreeSet::from([urls(&["start"])])
    );
}

#[test]
fn windows_that_close_because_the_browser_is_quit_are_one_session() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    for (id, site) in [(1, "a"), (2, "b"), (3, "c")] {
        machine.see(id, &window(id * 10, &[site]));
    }
    // Somebody closed one, and worked on.
    machine.later(60_000);
    machine.close(3);
    machine.later(60_000);
    machine.see(2, &window(20, &["b", "d"]));
    machine.later(60_000);
    machine.close(1);
    machine.restart();
    machine.later(300);
    machine.close(2);
    machine.later(HOUR_MS);
    machine.begin(&[]);
    let session = machine.points(Reason::Session);
    assert_eq!(session.len(), 1);
    assert_eq!(
        machine.addresses(&session[0]),
        BTreeSet::from([urls(&["a"]), urls(&["b", "d"])])
    );
    let closed = machine.points(Reason::Closed);
    assert_eq!(closed.len(), 1);
    assert_eq!(machine.addresses(&closed[0]), BTreeSet::from([urls(&["c"])]));
}

#[test]
fn an_extension_that_is_only_reloaded_goes_on() {
    let mut machine = Machine::new();
    let seen = window(10, &["a", "b", "c"]);
    machine.begin(&[]);
    machine.see(1, &seen);
    machine.later(1_000);
    let mut moved_on = seen.clone();
    moved_on.tabs[0].url = "https://elsewhere.example/".into();
    machine.begin(&[(1, &moved_on)]);
    assert_eq!(machine.journal.points(), Vec::new());
    assert!(machine.disk.contains_key("window/1"));
}

#[test]
fn hours_are_kept_for_a_day_and_days_for_a_month() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    let step_ms = 20 * 60 * 1_000;
    let mut at = 0;
    while i64::from(at) * step_ms < 40 * DAY_MS {
        at += 1;
        machine.see(1, &window(10, &["a", &format!("page-{at}")]));
        if at % 7 == 0 {
            machine.restart();
        }
        machine.later(step_ms);
    }
    let points = machine.points(Reason::Hour);
    let age = |point: &Point| machine.now.since(point.at);
    let young = points.iter().filter(|point| age(point) < DAY_MS).count();
    assert!((22..=24).contains(&young), "{young}");
    let old: Vec<i64> = points
        .iter()
        .filter(|point| age(point) >= DAY_MS)
        .map(|point| point.at.0.div_euclid(DAY_MS))
        .collect();
    assert!((28..=30).contains(&old.len()), "{}", old.len());
    assert_eq!(old.iter().collect::<BTreeSet<_>>().len(), old.len(), "one a day");
    assert!(points.iter().all(|point| age(point) < KEEP_MS + HOUR_MS));
    let on_disk = machine.disk.keys().filter(|key| key.starts_with("point/"));
    assert_eq!(on_disk.count(), machine.journal.points().len());
    // Each is what was open when its hour ended.
    let last = &points[0];
    let kept = machine.addresses(last);
    assert_eq!(kept.len(), 1);
    assert!(kept.iter().all(|urls| urls[0] == "https://a.example/"));
}

#[test]
fn however_much_is_open_the_journal_stays_within_its_budget() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    let tab = |id: i32| TabSeen {
        id,
        url: format!("https://a.example/{id}?{}", "q".repeat(100)),
        title: "t".repeat(100 * 1_024),
        ..TabSeen::default()
    };
    let mut seen = WindowSeen {
        tabs: (0..20_000).map(tab).collect(),
        groups: Vec::new(),
    };
    for (id, url) in [
        (30_000, format!("data:text/plain,{}", "x".repeat(1024 * 1024))),
        (30_001, "javascript:alert(1)".to_owned()),
        (30_002, "chrome://settings/".to_owned()),
        (30_003, "file:///etc/hosts".to_owned()),
        (30_004, "https://a.example/\u{0}\u{fffd}".to_owned()),
        (30_005, String::new()),
    ] {
        seen.tabs.push(TabSeen { url, ..tab(id) });
    }
    for hour in 0..4 {
        seen.tabs[0].url = format!("https://a.example/of-hour-{hour}");
        machine.see(1, &seen);
        machine.later(HOUR_MS);
    }
    let points = machine.journal.points();
    assert!(!points.is_empty());
    assert!(
        machine.journal.size_bytes() <= BUDGET_BYTES,
        "{}",
        machine.journal.size_bytes()
    );
    let windows = windows_of(&machine.disk[&points[0].key()]).expect("it can be read");
    // All but what is no address, or one without end.
    assert_eq!(windows[0].tabs.len(), 20_003);
    assert!(
        windows[0]
            .tabs
            .iter()
            .all(|tab| tab.title.chars().count() <= limits::TITLE_CHARS)
    );
    machine.begin(&[]);
    let session = machine.points(Reason::Session);
    assert_eq!(
        session[0].tabs, 20_003,
        "what was open last is kept, whatever has to go for it"
    );
}

#[test]
fn a_record_that_cannot_be_read_is_set_aside_and_the_rest_works() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    machine.see(1, &window(10, &["a"]));
    machine.see(2, &window(20, &["b"]));
    machine.disk.insert("window/1".into(), "{\"seen\":".into());
    machine.disk.insert("window/none".into(), "[]".into());
    machine.disk.insert("point/17/session".into(), "[]".into());
    machine
        .disk
        .insert("point/not-a-time/hour/1/1/1".into(), "[]".into());
    machine.restart();
    assert_eq!(machine.journal.aside(), 2);
    assert_eq!(machine.disk["aside/window/1"], "{\"seen\":");
    machine.begin(&[]);
    assert_eq!(machine.journal.aside(), 2);
    assert_eq!(
        machine.addresses(&machine.points(Reason::Session)[0]),
        BTreeSet::from([urls(&["b"])])
    );
}

#[test]
fn a_clock_that_is_set_back_loses_nothing() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    machine.see(1, &window(10, &["a"]));
    machine.later(-3 * DAY_MS);
    machine.see(1, &window(10, &["a", "b"]));
    machine.close(1);
    machine.later(-KEEP_MS);
    machine.see(2, &window(20, &["c"]));
    machine.begin(&[]);
    let held: BTreeSet<String> = machine
        .journal
        .points()
        .iter()
        .flat_map(|point| machine.addresses(point))
        .flatten()
        .collect();
    assert_eq!(held, urls(&["a", "b", "c"]).into_iter().collect());
}

#[test]
fn of_what_was_open_that_counts_as_lost_which_did_not_come_back() {
    let before = vec![
        window(10, &["a", "b", "c"]),
        window(20, &["d", "e"]),
        window(30, &["f"]),
    ];
    assert_eq!(not_back(before.clone(), &[]), before);
    assert_eq!(not_back(before.clone(), &before), []);
    // Other ids, another order, half of the tabs, others beside them.
    let there = [
        window(70, &["x", "c", "b"]),
        window(80, &["y", "e"]),
        window(90, &["a"]),
    ];
    assert_eq!(not_back(before.clone(), &there), before[2..]);
    assert_eq!(
        not_back(before.clone(), &there[1..]),
        [before[0].clone(), before[2].clone()]
    );
    assert_eq!(not_back(Vec::new(), &there), []);
}

#[test]
fn which_tab_is_shown_is_not_worth_a_write_and_what_changed_is() {
    let mut machine = Machine::new();
    machine.begin(&[]);
    let mut seen = window(10, &["a", "b"]);
    assert_ne!(machine.journal.seen(machine.now, 1, &seen), Vec::new());
    seen.tabs[1].active = true;
    assert_eq!(machine.journal.seen(machine.now, 1, &seen), Vec::new());
    seen.tabs[1].pinned = true;
    let writes = machine.journal.seen(machine.now, 1, &seen);
    assert!(
        matches!(&writes[..], [Write::Put(key, text)] if key == "window/1" && text.contains("\"active\":true"))
    );
    // A window in which nothing is worth keeping is no window.
    let blank = WindowSeen {
        tabs: vec![TabSeen {
            url: "chrome://newtab/".into(),
            ..TabSeen::default()
        }],
        groups: Vec::new(),
    };
    assert_eq!(
        machine.journal.seen(machine.now, 1, &blank),
        vec![Write::Delete("window/1".into())]
    );
}
