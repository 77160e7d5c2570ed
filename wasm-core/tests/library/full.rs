//! A space that is full: what its window has more than it holds stays in the window, is told once, and comes in when there is
//! room.

use protocol::op::NewTab;
use protocol::rest::SpaceNow;
use protocol::{Op, Position, Role, Seq, TabId, limits};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::follow::{GroupSeen, TabSeen, WindowSeen};
use tabspace_wasm_core::view::NoticeKind;

use crate::inflow::model::{Relay, Someone, page, two};
use crate::{Browser, WINDOW};

impl Someone {
    /// Others put tabs into the space until it has so many; this person has a role there.
    fn space_has(&mut self, relay: &Relay, tabs: usize, role: Role) {
        let mut state = relay.state.clone();
        for number in (0..).take(tabs - state.tabs.len()) {
            state.fold_local(&Op::TabAdded(NewTab {
                tab: TabId::from_bits((1 << 100) + number),
                url: format!("https://others.example/{number}"),
                title: String::new(),
                favicon: None,
                pinned: false,
                group: None,
                position: Position::first(),
            }));
        }
        if let Some(member) = state.members.get_mut(&self.member) {
            member.role = role;
        }
        let (now, space) = (self.browser.now, self.space);
        let session = self.browser.engine.session();
        let known = session.confirmed(space).expect("it is here").head;
        state.head = Seq(known.0 + 1);
        let epoch = session.epoch(space).expect("it was caught up with");
        let caught_up = SpaceNow {
            epoch,
            you: self.member,
            state,
            people: Vec::new(),
            last_n: Some(0),
        };
        session.caught_up(now, space, caught_up);
        session.save();
        self.browser.write();
    }

    fn opens(&mut self, tab: TabSeen) {
        self.chrome.window.tabs.push(tab);
        self.looks();
    }

    fn reads_of(&mut self) -> Vec<NoticeKind> {
        let notices = self.browser.view(self.space).notices;
        notices.into_iter().map(|notice| notice.kind).collect()
    }

    fn dismisses(&mut self) {
        let (now, space) = (self.browser.now, self.space);
        for notice in self.browser.view(space).notices {
            let read = Command::Dismiss(notice.id);
            self.browser.engine.command(now, space, read);
        }
        self.browser.write();
    }

    fn dies(self) -> Self {
        Self {
            browser: self.browser.killed(),
            ..self
        }
    }

    /// Chrome gives all tabs and groups other ids, and another tab has come.
    fn starts_her_browser_again(mut self) -> Self {
        self.browser.engine.browser_started(self.browser.now);
        let window = &mut self.chrome.window;
        for tab in &mut window.tabs {
            tab.id += 1_000;
            tab.group = tab.group.map(|group| group + 1_000);
        }
        for group in &mut window.groups {
            group.id += 1_000;
        }
        window.tabs.push(page(60, OTHER));
        let now = self.browser.now;
        assert!(self.browser.engine.recognise(now, WINDOW, window), "it is hers");
        self.browser.write();
        self
    }

    /// Whether the space has pages.
    fn has<const PAGES: usize>(&mut self, urls: [&str; PAGES]) -> [bool; PAGES] {
        let state = self.browser.engine.session().state(self.space);
        let state = state.expect("it is here");
        urls.map(|url| state.tabs.values().any(|tab| tab.url == url))
    }

    fn tabs_there(&mut self) -> usize {
        let state = self.browser.engine.session().state(self.space);
        state.expect("it is here").tabs.len()
    }
}

const ONE: &str = "https://one.example/";
const TWO: &str = "https://two.example/";
const OTHER: &str = "https://other.example/";

/// Ann's window has two tabs more than her space holds, the second one in a group of its own.
fn full() -> (Relay, Someone) {
    let (relay, mut ann, _) = two();
    ann.space_has(&relay, limits::TABS, Role::Owner);
    assert_eq!(ann.reads_of(), []);
    ann.opens(page(50, ONE));
    ann.chrome.window.groups.push(GroupSeen {
        id: 70,
        title: "Two".into(),
        ..GroupSeen::default()
    });
    ann.opens(TabSeen {
        group: Some(70),
        ..page(51, TWO)
    });
    (relay, ann)
}

#[test]
fn what_a_full_space_has_no_room_for_stays_in_the_window_and_is_told_once() {
    let (_, mut ann) = full();
    assert_eq!(
        (ann.tabs_there(), ann.has([ONE, TWO])),
        (limits::TABS, [false, false])
    );
    let view = ann.browser.view(ann.space);
    assert_eq!(view.unsent, 0, "the relay is asked nothing");
    assert_eq!(ann.reads_of(), [NoticeKind::Full]);
    // Not at each look, but by whoever goes on.
    ann.chrome.window.tabs[0].active = true;
    ann.looks();
    assert_eq!(ann.reads_of(), [NoticeKind::Full]);
    let mut ann = ann.dies();
    assert_eq!(ann.reads_of(), [NoticeKind::Full]);
    ann.dismisses();
    assert_eq!(ann.reads_of(), []);
    ann.opens(page(52, "https://three.example/"));
    let mut ann = ann.dies();
    ann.chrome.window.tabs[1].active = true;
    ann.looks();
    assert_eq!(ann.reads_of(), [], "the person knows");
}

#[test]
fn when_there_is_room_again_the_next_look_brings_the_tabs_in() {
    let (relay, mut ann) = full();
    ann.dismisses();
    ann.space_has(&relay, limits::TABS - 1, Role::Owner);
    ann.looks();
    assert_eq!(
        (ann.tabs_there(), ann.has([ONE, TWO])),
        (limits::TABS, [true, false])
    );
    ann.space_has(&relay, limits::TABS - 10, Role::Owner);
    let mut ann = ann.dies();
    ann.looks();
    assert_eq!(ann.has([ONE, TWO]), [true, true]);
    let state = ann.browser.engine.session().state(ann.space).expect("it is here");
    let two = state.tabs.values().find(|tab| tab.url == TWO);
    let group = two.and_then(|two| two.group).expect("it came in its group");
    assert_eq!(state.groups[&group].title, "Two");
    assert_eq!(ann.reads_of(), []);
    // The next time that is told anew.
    ann.space_has(&relay, limits::TABS, Role::Owner);
    ann.opens(page(53, "https://four.example/"));
    assert_eq!(ann.reads_of(), [NoticeKind::Full]);
    // What is over before it was read is told no more.
    ann.chrome.window.tabs.pop();
    ann.looks();
    assert_eq!(ann.reads_of(), []);
}

#[test]
fn tabs_that_wait_for_room_wait_on_when_the_browser_was_started_again() {
    let (relay, ann) = full();
    let mut ann = ann.starts_her_browser_again();
    // It came between the end of the browser and its start: what it is was never shown to her who shared.
    assert_eq!(ann.has([ONE, TWO, OTHER]), [false; 3]);
    assert_eq!(ann.reads_of(), [NoticeKind::Full]);
    ann.space_has(&relay, limits::TABS - 10, Role::Owner);
    ann.looks();
    assert_eq!(ann.has([ONE, TWO, OTHER]), [true, true, false]);
}

#[test]
fn the_last_place_goes_to_one_of_two_tabs_and_the_relay_refuses_none() {
    let (relay, mut ann, _) = two();
    ann.space_has(&relay, limits::TABS - 1, Role::Owner);
    ann.chrome.window.tabs.push(page(50, ONE));
    ann.opens(page(51, TWO));
    assert_eq!(
        (ann.tabs_there(), ann.has([ONE, TWO])),
        (limits::TABS, [true, false])
    );
    assert_eq!(ann.reads_of(), [NoticeKind::Full]);
    // One that is closed makes room for the other one at once.
    ann.chrome.window.tabs.retain(|tab| tab.url != ONE);
    ann.looks();
    assert_eq!(
        (ann.tabs_there(), ann.has([ONE, TWO])),
        (limits::TABS, [false, true])
    );
    assert_eq!(ann.reads_of(), []);
}

#[test]
fn who_only_looks_on_is_not_told_that_there_is_no_room() {
    let (relay, mut ann, _) = two();
    ann.space_has(&relay, limits::TABS, Role::Viewer);
    ann.opens(page(50, ONE));
    assert_eq!((ann.reads_of(), ann.has([ONE])), (vec![], [false]));
    let mut ann = ann.dies();
    assert_eq!(ann.reads_of(), []);
}

#[test]
fn a_private_space_holds_many_more_tabs_and_tells_in_the_same_way_when_it_is_full() {
    let mut browser = Browser::new();
    let many = i32::try_from(limits::PRIVATE_TABS).expect("a number");
    let mut seen = WindowSeen {
        tabs: (0..many).map(|id| page(id, "https://many.example/")).collect(),
        groups: Vec::new(),
    };
    let space = browser
        .engine
        .save_window(browser.now, WINDOW, seen.clone(), "Everything");
    seen.tabs.push(page(many, ONE));
    browser.look(seen.clone());
    let told = |browser: &mut Browser| -> Vec<NoticeKind> {
        let notices = browser.view(space).notices;
        notices.into_iter().map(|notice| notice.kind).collect()
    };
    let tabs = |browser: &Browser| browser.engine.projection().spaces[0].tabs;
    assert_eq!(told(&mut browser), [NoticeKind::Full]);
    assert_eq!(tabs(&browser), limits::PRIVATE_TABS);
    seen.tabs.drain(..2);
    browser.look(seen);
    assert_eq!(told(&mut browser), []);
    assert_eq!(tabs(&browser), limits::PRIVATE_TABS - 1);
}
