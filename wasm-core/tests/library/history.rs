//! The past: what happened in a space is told, and what was taken away comes back.

use std::collections::BTreeMap;

use protocol::event::{Author, Envelope, Event, Payload};
use protocol::op::{Created, NewTab};
use protocol::{Colour, MemberId, Millis, Op, Position, Role, Seq, SpaceId, SpaceState, TabId};
use tabspace_wasm_core::ask::library::{Deed, HistoryView, LibraryAnswer, LibraryAsk, Moment};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::follow::{TITLE_EVERY_MS, TabSeen};
use tabspace_wasm_core::library::history::{Log, Who};
use tabspace_wasm_core::library::past;
use tabspace_wasm_core::view::ItemView;

use crate::{Browser, WINDOW, look_of, records, titles, window};

impl Browser {
    /// What the disk says of the past, as the page asks for it.
    fn log(&self, space: SpaceId) -> (Log, Vec<String>) {
        let own = |key: &str| {
            key.starts_with(&past::prefix(space))
                || key.starts_with(&format!("log/{space}/"))
                || key == format!("space/{space}")
        };
        let mut kept = records(&self.disk);
        kept.retain(|(key, _)| own(key));
        past::log_of(space, &kept)
    }

    fn asks(&mut self, space: SpaceId, ask: LibraryAsk) -> LibraryAnswer {
        self.write();
        let (log, _) = self.log(space);
        let answer = self.engine.of_the_past(self.now, &log, ask);
        self.write();
        answer.expect("it is known")
    }

    fn history(&mut self, space: SpaceId) -> Vec<Moment> {
        match self.asks(space, LibraryAsk::History { space, before: None }) {
            LibraryAnswer::History(HistoryView { moments, .. }) => moments,
            other => panic!("{other:?}"),
        }
    }

    fn at(&mut self, space: SpaceId, seq: Seq) -> Vec<ItemView> {
        match self.asks(space, LibraryAsk::At { space, seq }) {
            LibraryAnswer::At { items, .. } => items,
            other => panic!("{other:?}"),
        }
    }

    fn brings_back(&mut self, space: SpaceId, moment: &Moment) {
        let ask = LibraryAsk::BringBack {
            space,
            seq: moment.seq_before,
            tabs: Some(moment.taken.clone()),
            name: String::new(),
        };
        self.asks(space, ask);
    }
}

fn deeds(moments: &[Moment]) -> Vec<Deed> {
    moments.iter().map(|moment| moment.deed.clone()).collect()
}

fn saved() -> (Browser, SpaceId) {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.write();
    (browser, space)
}

#[test]
fn tabs_that_were_closed_together_are_one_moment_and_come_back_as_they_were() {
    let (mut browser, space) = saved();
    let before = browser.view(space).items;
    let mut seen = window();
    for _ in 0..3 {
        seen.tabs.remove(1);
        if seen.tabs.iter().all(|tab| tab.group.is_none()) {
            seen.groups.clear();
        }
        browser.look(seen.clone());
    }
    let moments = browser.history(space);
    let closed = ["Title 2", "Title 3", "Title 4"].map(str::to_owned);
    assert_eq!(
        deeds(&moments),
        [Deed::Removed(closed.to_vec()), Deed::Made(5)],
        "{moments:?}"
    );
    assert_eq!(moments[0].by, None);
    browser.brings_back(space, &moments[0]);
    assert_eq!(browser.view(space).items, before);
    // Once more changes nothing: they are there.
    browser.brings_back(space, &moments[0]);
    assert_eq!(browser.view(space).items, before);
}

#[test]
fn a_way_through_pages_is_one_moment_and_the_page_it_left_comes_back_beside_it() {
    let (mut browser, space) = saved();
    let mut seen = window();
    for (url, title) in [
        ("https://bank.example/a", "A"),
        ("https://bank.example/b", "B"),
        ("https://bank.example/c", "Bye"),
    ] {
        seen.tabs[3].url = url.into();
        seen.tabs[3].title = title.into();
        browser.now = browser.now.plus(TITLE_EVERY_MS);
        browser.look(seen.clone());
    }
    let moments = browser.history(space);
    assert_eq!(
        deeds(&moments),
        [Deed::Navigated("Bye".into()), Deed::Made(5)],
        "{moments:?}"
    );
    browser.brings_back(space, &moments[0]);
    let there = titles(&browser.view(space));
    assert!(there.contains(&"Title 4".to_owned()), "{there:?}");
    assert!(there.contains(&"Bye".to_owned()), "{there:?}");
}

#[test]
fn what_was_done_much_later_is_another_moment() {
    let (mut browser, space) = saved();
    let mut seen = window();
    seen.tabs.remove(4);
    browser.look(seen.clone());
    browser.now = browser.now.plus(10 * 60 * 1_000);
    seen.tabs.remove(3);
    browser.look(seen);
    assert_eq!(browser.history(space).len(), 3);
}

/// Renames a space again and again; what it was after each event.
fn busy(browser: &mut Browser, space: SpaceId, times: usize) -> BTreeMap<u64, String> {
    let mut names = BTreeMap::new();
    let first = names_of(browser, space).0;
    for time in 1..=times {
        let name = format!("Name {time}");
        browser
            .engine
            .command(browser.now, space, Command::Rename(name.clone()));
        browser.write();
        names.insert(first + time as u64, name);
    }
    names
}

/// The head and the name on disk.
fn names_of(browser: &Browser, space: SpaceId) -> (u64, String) {
    let (log, _) = browser.log(space);
    let heads = (1..).map_while(|seq| log.at(Seq(seq), None));
    let last = heads.last().expect("something is kept");
    (last.head.0, last.name)
}

#[test]
fn every_state_since_the_beginning_is_there_though_snapshots_dropped_the_events() {
    let (mut browser, space) = saved();
    let mut names = busy(&mut browser, space, 130);
    browser = browser.killed();
    names.append(&mut busy(&mut browser, space, 130));
    let logged = browser.disk.keys().filter(|key| key.starts_with("log/")).count();
    assert!(logged < 60, "{logged}");
    let (log, damaged) = browser.log(space);
    assert_eq!(damaged, Vec::<String>::new());
    for (seq, name) in names {
        let then = log.at(Seq(seq), None).expect("it is kept");
        assert_eq!(then.name, name);
    }
    assert_eq!(look_of(&browser.at(space, Seq(1))).len(), 4);
}

#[test]
fn a_damaged_part_of_the_past_is_set_aside_and_the_rest_is_shown() {
    let (mut browser, space) = saved();
    let names = busy(&mut browser, space, 180);
    let parts = browser.disk.keys().filter(|key| key.starts_with("past/"));
    let parts: Vec<String> = parts.cloned().collect();
    assert!(parts.len() > 3, "{parts:?}");
    browser.disk.insert(parts[2].clone(), "half a rec".into());
    let (log, damaged) = browser.log(space);
    assert_eq!(damaged, [parts[2].clone()]);
    let (first, last) = (
        names.first_key_value().expect("some"),
        names.last_key_value().expect("some"),
    );
    for (seq, name) in [first, last] {
        assert_eq!(
            log.at(Seq(*seq), None).map(|then| then.name),
            Some(name.clone()),
            "{seq}"
        );
    }
    // The space itself needs none of it.
    let mut browser = browser.killed();
    assert_eq!(browser.view(space).name, *last.1);
}

#[test]
fn what_could_not_be_written_is_in_the_past_once_it_is_written() {
    let (mut browser, space) = saved();
    let mut names = busy(&mut browser, space, 45);
    for time in 0..9 {
        browser
            .engine
            .command(browser.now, space, Command::Rename(format!("Full {time}")));
        names.insert(47 + time, format!("Full {time}"));
        assert!(browser.fail_to_write());
    }
    names.append(&mut busy_from(&mut browser, space, 56, 60));
    let (log, damaged) = browser.log(space);
    assert_eq!(damaged, Vec::<String>::new());
    for (seq, name) in names {
        assert_eq!(
            log.at(Seq(seq), None).map(|then| then.name),
            Some(name),
            "after {seq}"
        );
    }
}

fn busy_from(browser: &mut Browser, space: SpaceId, first: u64, times: u64) -> BTreeMap<u64, String> {
    let mut names = BTreeMap::new();
    for time in 0..times {
        let name = format!("Again {time}");
        browser
            .engine
            .command(browser.now, space, Command::Rename(name.clone()));
        browser.write();
        names.insert(first + time, name);
    }
    names
}

#[test]
fn the_past_of_a_space_goes_with_it() {
    let (mut browser, space) = saved();
    busy(&mut browser, space, 120);
    assert!(browser.disk.keys().any(|key| key.starts_with("past/")));
    browser.engine.forget(browser.now, space);
    browser.engine.empty_bin(None);
    browser.write();
    let left = browser.disk.keys().filter(|key| key.contains(&space.to_string()));
    let left: Vec<&String> = left.filter(|key| !key.starts_with("bin/")).collect();
    assert_eq!(left, Vec::<&String>::new());
}

#[test]
fn a_space_as_it_was_comes_back_as_a_space_of_its_own() {
    let (mut browser, space) = saved();
    let before = browser.view(space).items;
    let mut seen = window();
    seen.tabs.truncate(1);
    seen.groups.clear();
    browser.look(seen);
    let ask = LibraryAsk::BringBack {
        space,
        seq: Seq(1),
        tabs: None,
        name: "Trip, before".into(),
    };
    let LibraryAnswer::Made { spaces, tabs, .. } = browser.asks(space, ask) else {
        panic!("a space is made")
    };
    assert_eq!(tabs, 5);
    let view = browser.view(spaces[0]);
    assert_eq!(view.name, "Trip, before");
    assert_eq!(titles(&view).len(), 6);
    assert_eq!(view.items.len(), before.len());
    assert_eq!(titles(&browser.view(space)), ["Title 1"]);
}

#[test]
fn a_long_history_is_told_in_pages() {
    let (mut browser, space) = saved();
    let mut seen = window();
    for round in 0..130 {
        browser.now = browser.now.plus(2 * 60 * 1_000);
        seen.tabs.push(TabSeen {
            id: 100 + round,
            url: format!("https://news.example/{round}"),
            title: format!("News {round}"),
            ..TabSeen::default()
        });
        browser.look(seen.clone());
    }
    let (mut before, mut all) = (None, Vec::new());
    loop {
        let LibraryAnswer::History(page) = browser.asks(space, LibraryAsk::History { space, before }) else {
            panic!("a history")
        };
        all.extend(page.moments);
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 131);
    assert!(all.windows(2).all(|two| two[0].seq > two[1].seq));
}

// --- shared ---

const BRUNO: MemberId = MemberId::from_bits(2);

fn event(seq: u64, by: MemberId, op: Op) -> Event {
    Event {
        envelope: Envelope {
            seq: Seq(seq),
            author: Author { member: by, op: None },
            time: Millis(1_000),
            class: op.class(),
        },
        payload: Payload::Op(op),
    }
}

fn new_tab(id: u128, title: &str, at: &Position) -> NewTab {
    NewTab {
        tab: TabId::from_bits(id),
        url: format!("https://{title}.example/"),
        title: title.into(),
        favicon: None,
        pinned: false,
        group: None,
        position: at.clone(),
    }
}

#[test]
fn who_may_read_only_the_end_of_a_log_sees_what_was_there_all_the_same() {
    let places = Position::spread(None, None, 4);
    let ann = MemberId::from_bits(1);
    let created = Created {
        name: "Trip".into(),
        colour: Colour::Blue,
        groups: Vec::new(),
        tabs: vec![new_tab(1, "map", &places[0]), new_tab(2, "flat", &places[1])],
    };
    let events = [
        event(1, ann, Op::SpaceCreated(created)),
        event(
            2,
            ann,
            Op::MemberJoined {
                member: BRUNO,
                role: Role::Editor,
            },
        ),
        event(3, ann, Op::TabAdded(new_tab(3, "tram", &places[2]))),
        event(
            4,
            BRUNO,
            Op::TabRemoved {
                tab: TabId::from_bits(3),
            },
        ),
    ];
    let mut now = SpaceState::default();
    let mut log = Log::default();
    for event in events {
        assert!(now.apply(&event));
        if event.envelope.seq >= Seq(2) {
            log.push(event);
        }
    }
    let who = Who {
        you: BRUNO,
        names: BTreeMap::from([(ann, "Ann".to_owned()), (BRUNO, "Bruno".to_owned())]),
    };
    let told = log.moments(None, &who, Some(&now)).moments;
    let told: Vec<(Option<&str>, &Deed)> = told
        .iter()
        .map(|moment| (moment.by.as_deref(), &moment.deed))
        .collect();
    assert_eq!(
        told,
        [
            (None, &Deed::Removed(vec!["tram".into()])),
            (Some("Ann"), &Deed::Added(vec!["tram".into()])),
            (Some("Ann"), &Deed::Joined("Bruno".into())),
        ]
    );
    let then = log.at(Seq(3), Some(&now)).expect("it is known");
    assert_eq!(then.tabs.len(), 3);
}
