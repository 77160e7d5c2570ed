//! A relay, two people with windows of Chrome, and chance: as far as they matter to what flows into a window.

use std::collections::{BTreeMap, BTreeSet};

use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::frame::{Person, ServerFrame};
use protocol::rest::SpaceNow;
use protocol::{
    Action, Code, Colour, DeviceId, Epoch, GroupId, MemberId, Op, Refusal, Role, Seq, SpaceId, SpaceState,
    TabId, authorise,
};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::engine::{Placed, RestoreTab, Step};
use tabspace_wasm_core::library::follow::{GroupSeen, TabSeen, WindowSeen};
use tabspace_wasm_core::library::inflow::{Change, Inflow, Outcome, Turn};

use crate::{Browser, WINDOW, window};

const EPOCH: Epoch = Epoch::from_bits(7);

/// A relay, in the simplest form.
#[derive(Default)]
pub(crate) struct Relay {
    pub(crate) state: SpaceState,
    pub(crate) log: Vec<Event>,
    pub(crate) decided: BTreeMap<(DeviceId, u64), Result<Seq, Code>>,
}

impl Relay {
    fn order(&mut self, author: Author, op: Op) -> Seq {
        let event = Event {
            envelope: Envelope {
                seq: self.state.head.next(),
                author,
                time: self.state.time.plus(1),
                class: op.class(),
            },
            payload: Payload::Op(op),
        };
        assert!(self.state.apply(&event));
        self.log.push(event);
        self.state.head
    }

    /// An owner lets a member only look on from now on.
    pub(crate) fn demotes(&mut self, by: MemberId, member: MemberId) {
        let op = Op::MemberRole {
            member,
            role: Role::Viewer,
        };
        self.order(Author { member: by, op: None }, op);
    }

    fn submit(&mut self, member: MemberId, name: OpName, op: Op) -> Result<Seq, Code> {
        if let Some(answer) = self.decided.get(&(name.device, name.n)) {
            return *answer;
        }
        let may = op
            .check_shared()
            .and_then(|()| authorise(&self.state, member, &Action::Submit(&op)));
        let author = Author {
            member,
            op: Some(name),
        };
        let answer = may.map(|()| self.order(author, op));
        self.decided.insert((name.device, name.n), answer);
        answer
    }
}

/// Chrome's window, as far as it matters here.
#[derive(Default)]
pub(crate) struct Chrome {
    pub(crate) window: WindowSeen,
    pub(crate) last_id: i32,
    /// Tabs with something typed into them: they do not let themselves be closed.
    pub(crate) unsaved: BTreeSet<i32>,
}

pub(crate) fn page(id: i32, url: &str) -> TabSeen {
    TabSeen {
        id,
        url: url.into(),
        title: format!("Title of {url}"),
        ..TabSeen::default()
    }
}

impl Chrome {
    pub(crate) fn new_id(&mut self) -> i32 {
        self.last_id += 1;
        self.last_id
    }

    fn place_of(&self, id: i32) -> Option<usize> {
        self.window.tabs.iter().position(|tab| tab.id == id)
    }

    fn tab(&mut self, id: i32) -> Option<&mut TabSeen> {
        self.window.tabs.iter_mut().find(|tab| tab.id == id)
    }

    /// Pinned tabs stand first, a group's tabs together, and a group without tabs is gone.
    pub(crate) fn tidy(&mut self) {
        let tabs = std::mem::take(&mut self.window.tabs);
        let (pinned, others): (Vec<_>, Vec<_>) = tabs.into_iter().partition(|tab| tab.pinned);
        let mut tidy: Vec<TabSeen> = pinned
            .into_iter()
            .map(|tab| TabSeen { group: None, ..tab })
            .collect();
        let mut done = BTreeSet::new();
        for tab in &others {
            match tab.group {
                None => tidy.push(tab.clone()),
                Some(group) if done.insert(group) => {
                    tidy.extend(others.iter().filter(|tab| tab.group == Some(group)).cloned());
                }
                Some(_) => {}
            }
        }
        let there: BTreeSet<i32> = tidy.iter().filter_map(|tab| tab.group).collect();
        self.window.groups.retain(|group| there.contains(&group.id));
        self.window.tabs = tidy;
    }

    fn waiting(&mut self, tab: &RestoreTab) -> TabSeen {
        TabSeen {
            title: tab.title.clone(),
            pinned: tab.pinned,
            waits: Some(tab.tab),
            ..page(self.new_id(), &tab.url)
        }
    }

    fn step(&mut self, step: &Step) -> Placed {
        let mut placed = Placed::default();
        let groups = match step {
            Step::Place(batch) => {
                for (index, tab) in &batch.tabs {
                    let new = self.waiting(tab);
                    placed.tabs.insert(new.id, tab.tab);
                    let at = (*index as usize).min(self.window.tabs.len());
                    self.window.tabs.insert(at, new);
                }
                return placed;
            }
            Step::Verify(groups) => groups,
        };
        for group in groups.iter().filter(|group| !group.members.is_empty()) {
            let id = self.new_id();
            for member in &group.members {
                if let Some(tab) = self.tab(*member) {
                    tab.group = Some(id);
                }
            }
            self.window.groups.push(GroupSeen {
                id,
                title: group.title.clone(),
                colour: group.colour,
                collapsed: group.collapsed.unwrap_or_default(),
            });
            placed.groups.insert(id, group.group);
        }
        self.tidy();
        placed
    }

    fn behind(&self, turn: &Turn, outcome: &Outcome, after: Option<TabId>) -> usize {
        let made = |tab: TabId| {
            outcome
                .placed
                .tabs
                .iter()
                .find(|(_, id)| **id == tab)
                .map(|(id, _)| *id)
        };
        let id = after.and_then(|tab| turn.tabs.get(&tab).copied().or_else(|| made(tab)));
        id.and_then(|id| self.place_of(id)).map_or(0, |at| at + 1)
    }

    fn regroup(&mut self, turn: &Turn, outcome: &mut Outcome, id: i32, group: Option<GroupId>) {
        let Some(group) = group else {
            self.tab(id).expect("it is there").group = None;
            return;
        };
        let made = outcome.placed.groups.iter().find(|(_, made)| **made == group);
        let known = made
            .map(|(chrome, _)| *chrome)
            .or(turn.groups.get(&group).copied());
        let known = known.filter(|known| self.window.groups.iter().any(|group| group.id == *known));
        let chrome = known.unwrap_or_else(|| {
            let id = self.new_id();
            let dress = &turn.dresses[&group];
            self.window.groups.push(GroupSeen {
                id,
                title: dress.title.clone(),
                colour: dress.colour,
                collapsed: dress.collapsed,
            });
            outcome.placed.groups.insert(id, group);
            id
        });
        self.tab(id).expect("it is there").group = Some(chrome);
    }

    /// Does what a turn says; a person does something in the middle of it.
    fn turn(&mut self, turn: &Turn, mut meanwhile: impl FnMut(&mut Self)) -> Outcome {
        let mut outcome = Outcome::default();
        for (at, change) in turn.changes.iter().enumerate() {
            let done = match change {
                Change::Open(tab, after) => {
                    let made = self.window.tabs.iter().find(|seen| seen.waits == Some(tab.tab));
                    let id = if let Some(made) = made {
                        made.id
                    } else {
                        let place = self.behind(turn, &outcome, *after);
                        let new = self.waiting(tab);
                        self.window.tabs.insert(place, new);
                        self.last_id
                    };
                    outcome.placed.tabs.insert(id, tab.tab);
                    self.regroup(turn, &mut outcome, id, tab.group);
                    true
                }
                Change::Close(id) => {
                    if !self.unsaved.contains(id) {
                        self.window.tabs.retain(|tab| tab.id != *id);
                    }
                    self.place_of(*id).is_none()
                }
                Change::Send(id, to) => self.tab(*id).is_some_and(|tab| {
                    let there = tab.clone();
                    *tab = TabSeen {
                        pinned: there.pinned,
                        group: there.group,
                        title: to.title.clone(),
                        waits: Some(to.tab),
                        ..page(*id, &to.url)
                    };
                    true
                }),
                Change::Pin(id, pinned) => self.tab(*id).is_some_and(|tab| {
                    tab.pinned = *pinned;
                    true
                }),
                Change::Place(id, group, after) => self.place_of(*id).is_some_and(|from| {
                    self.regroup(turn, &mut outcome, *id, *group);
                    let tab = self.window.tabs.remove(from);
                    let to = self.behind(turn, &outcome, *after);
                    self.window.tabs.insert(to, tab);
                    true
                }),
                Change::Dress(group) => {
                    let dress = &turn.dresses[group];
                    let chrome = turn.groups.get(group).copied();
                    let seen = self.window.groups.iter_mut().find(|seen| Some(seen.id) == chrome);
                    seen.is_some_and(|seen| {
                        seen.title.clone_from(&dress.title);
                        (seen.colour, seen.collapsed) = (dress.colour, dress.collapsed);
                        true
                    })
                }
                Change::PlaceGroup(group, after) => {
                    let chrome = turn.groups.get(group).copied();
                    let tabs = self
                        .window
                        .tabs
                        .iter()
                        .filter(|tab| tab.group.is_some() && tab.group == chrome);
                    let moved: Vec<TabSeen> = tabs.cloned().collect();
                    self.window
                        .tabs
                        .retain(|tab| tab.group.is_none() || tab.group != chrome);
                    let to = self.behind(turn, &outcome, *after);
                    self.window.tabs.splice(to..to, moved);
                    true
                }
            };
            self.tidy();
            if done {
                outcome.done.insert(at);
            }
            if at == 0 {
                meanwhile(self);
            }
        }
        outcome.order = self.window.tabs.iter().map(|tab| tab.id).collect();
        outcome
    }
}

pub(crate) struct Someone {
    pub(crate) browser: Browser,
    pub(crate) chrome: Chrome,
    pub(crate) member: MemberId,
    pub(crate) space: SpaceId,
}

impl Someone {
    /// What this person did goes to the relay, and what happened there comes.
    pub(crate) fn syncs(&mut self, relay: &mut Relay) {
        self.browser.write();
        let (now, space) = (self.browser.now, self.space);
        let session = self.browser.engine.session();
        let device = session.device();
        for (n, op) in session.take_waiting(space, 500) {
            let name = OpName { device, n };
            let answer = relay.submit(self.member, name, op).map_err(Refusal::from);
            session.answered(now, space, n, answer);
        }
        let known = session.confirmed(space).expect("it is here").head.0;
        let events: Vec<Event> = relay.log[usize::try_from(known).expect("short")..].to_vec();
        if !events.is_empty() {
            let frame = ServerFrame::Events {
                space,
                events,
                people: Vec::new(),
            };
            let text = serde_json::to_string(&frame).expect("frames are JSON");
            session.frame_arrived(now, &text);
        }
        self.browser.write();
    }

    pub(crate) fn looks(&mut self) {
        let seen = self.chrome.window.clone();
        self.browser.look(seen);
    }

    /// What the writer does when something changed; whether there was something to do.
    pub(crate) fn takes_in(&mut self, dies: bool, meanwhile: impl FnMut(&mut Chrome)) -> bool {
        if !self.browser.engine.windows_to_change().contains(&WINDOW) {
            return false;
        }
        self.looks();
        let Some(turn) = self.browser.engine.begin_turn(self.browser.now, WINDOW) else {
            return false;
        };
        self.browser.write();
        let outcome = self.chrome.turn(&turn, meanwhile);
        if dies {
            let disk = std::mem::take(&mut self.browser.disk);
            let now = self.browser.now;
            self.browser = Browser::start(disk, self.browser.seed.clone());
            self.browser.now = now;
            return true;
        }
        // Whatever is seen before it is written says nothing.
        self.looks();
        self.browser.engine.turn_done(WINDOW, &outcome);
        self.browser.write();
        self.looks();
        true
    }

    pub(crate) fn sets(&mut self, inflow: Inflow) {
        let (now, space) = (self.browser.now, self.space);
        self.browser
            .engine
            .command(now, space, Command::SetInflow(inflow));
        self.browser.write();
    }

    /// The tabs of the window as the space knows them, with their groups, in order.
    pub(crate) fn window(&self) -> Vec<(String, Option<String>)> {
        let window = &self.chrome.window;
        let group = |id| window.groups.iter().find(|group| group.id == id);
        let tabs = window.tabs.iter().filter(|tab| tab.url.starts_with("https://"));
        tabs.map(|tab| {
            let group = tab.group.and_then(group).map(|group| group.title.clone());
            (tab.url.clone(), group)
        })
        .collect()
    }
}

pub(crate) fn space_as_window(state: &SpaceState) -> Vec<(String, Option<String>)> {
    let tabs = state.tab_order().into_iter().map(|id| &state.tabs[&id]);
    tabs.map(|tab| {
        let group = tab.group.map(|group| state.groups[&group].title.clone());
        (tab.url.clone(), group)
    })
    .collect()
}

/// Ann shared a window with Bruno, who opened it as a window of his own.
pub(crate) fn two() -> (Relay, Someone, Someone) {
    let (ann, bruno) = (MemberId::from_bits(99), MemberId::from_bits(2));
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let all = browser.all_agreed(space);
    let new = browser.prepare_share(space, &all);
    let mut relay = Relay::default();
    relay.order(
        Author {
            member: ann,
            op: None,
        },
        Op::SpaceCreated(new.created.clone()),
    );
    relay.order(
        Author {
            member: bruno,
            op: None,
        },
        Op::MemberJoined {
            member: bruno,
            role: Role::Editor,
        },
    );
    browser.shared(space, &new);
    let space = new.space;
    let chrome = Chrome {
        window: window(),
        last_id: 1_000,
        ..Chrome::default()
    };
    let mut ann = Someone {
        browser,
        chrome,
        member: ann,
        space,
    };
    ann.browser.now = ann.browser.now.plus(10);
    let people = |names: &[(MemberId, &str)]| {
        let person = |(member, name): &(MemberId, &str)| Person {
            member: *member,
            name: (*name).to_owned(),
        };
        names.iter().map(person).collect::<Vec<_>>()
    };
    let people = people(&[(ann.member, "Ann"), (bruno, "Bruno")]);
    let now_of = |you| SpaceNow {
        epoch: EPOCH,
        you,
        state: relay.state.clone(),
        people: people.clone(),
        last_n: Some(0),
    };
    let now = ann.browser.now;
    ann.browser
        .engine
        .session()
        .caught_up(now, space, now_of(ann.member));
    let mut browser = Browser::new();
    browser.seed = std::sync::Arc::new(1_000_000.into());
    let mut browser = Browser::start(BTreeMap::new(), browser.seed);
    browser.engine.session().open(now, space, bruno);
    browser.engine.session().caught_up(now, space, now_of(bruno));
    browser.engine.session().save();
    browser.engine.session().close(now, space);
    browser.write();
    let mut chrome = Chrome {
        last_id: 2_000,
        ..Chrome::default()
    };
    chrome.window.tabs.push(TabSeen {
        active: true,
        ..page(2_000, "chrome://newtab/")
    });
    browser.engine.bind(now, WINDOW, space, BTreeMap::new());
    while let Some(step) = browser.engine.next_step(WINDOW) {
        let placed = chrome.step(&step);
        browser.engine.step_done(WINDOW, &step, placed);
    }
    browser.write();
    let mut bruno = Someone {
        browser,
        chrome,
        member: bruno,
        space,
    };
    ann.looks();
    bruno.looks();
    for _ in 0..2 {
        ann.syncs(&mut relay);
        bruno.syncs(&mut relay);
    }
    (relay, ann, bruno)
}

/// All is told to everybody, until nobody has anything to say.
pub(crate) fn settle(relay: &mut Relay, people: &mut [&mut Someone]) {
    for _ in 0..60 {
        let before = relay.log.len();
        let mut busy = false;
        for someone in people.iter_mut() {
            someone.looks();
            someone.syncs(relay);
            busy |= someone.takes_in(false, |_| {});
        }
        if !busy && relay.log.len() == before {
            return;
        }
    }
    panic!("it never ends: {:?}", &relay.log[relay.log.len() - 10..]);
}

/// Chance, which repeats itself: `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 33) as usize % end.max(1)
    }
}

impl Chrome {
    /// A person does something.
    pub(crate) fn person(&mut self, dice: &mut Dice) {
        let count = self.window.tabs.len();
        let at = dice.below(count);
        match dice.below(9) {
            0 | 1 => {
                let id = self.new_id();
                self.window
                    .tabs
                    .insert(at, page(id, &format!("https://new.example/{id}")));
            }
            2 if count > 4 && !self.window.tabs[at].active => drop(self.window.tabs.remove(at)),
            3 if self.window.tabs[at].url.starts_with("https://") => {
                let step = dice.below(1_000);
                let old = self.window.tabs[at].clone();
                let new = page(old.id, &format!("https://way.example/{step}"));
                self.window.tabs[at] = TabSeen {
                    url: new.url,
                    title: new.title,
                    waits: None,
                    ..old
                };
            }
            4 => {
                let tab = self.window.tabs.remove(at);
                let to = dice.below(count);
                self.window.tabs.insert(to, TabSeen { group: None, ..tab });
            }
            5 => {
                let id = self.new_id();
                self.window.groups.push(GroupSeen {
                    id,
                    title: format!("Group {id}"),
                    colour: Colour::Red,
                    collapsed: false,
                });
                for tab in self
                    .window
                    .tabs
                    .iter_mut()
                    .skip(at)
                    .take(2)
                    .filter(|tab| !tab.pinned)
                {
                    tab.group = Some(id);
                }
            }
            6 => self.window.tabs[at].group = None,
            7 => {
                for (place, tab) in self.window.tabs.iter_mut().enumerate() {
                    tab.active = place == at;
                    if tab.active {
                        tab.waits = None;
                    }
                }
            }
            _ => self.window.tabs[at].pinned ^= true,
        }
        self.tidy();
    }
}
