//! What the library's page asks of the past: what happened in a space, what it was, and what of it is to come back.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::{Created, NewGroup, NewTab};
use protocol::{Code, GroupId, MemberId, Millis, Op, Seq, SpaceId, SpaceState, TabId};

use super::Engine;
use super::deeds::may_stand;
use super::windows::clean_name;
use crate::ask::Problem;
use crate::ask::library::{LibraryAnswer, LibraryAsk};
use crate::library::history::{Log, Who};
use crate::library::private::Private;
use crate::library::undo::Undo;
use crate::session::project::{Parts, project};
use crate::session::room::Room;
use crate::view::{ItemView, LinkView, MediaView};

/// Events of a shared space that are looked back at.
pub const EVENTS: u64 = 5_000;

/// Where the log of a space is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// On the disk of this browser.
    Here,
    /// With the relay; what this person may read of it, and is looked back at, begins after this event.
    Relay(Seq),
}

impl Engine {
    /// Where the log of a space is; `None` when there is no such space.
    pub fn log_is(&self, space: SpaceId) -> Option<Kept> {
        if self.privates.contains_key(&space) {
            return Some(Kept::Here);
        }
        let state = self.session.confirmed(space)?;
        let member = state.members.get(&self.session.you(space)?)?;
        let far = state.head.0.saturating_sub(EVENTS);
        Some(Kept::Relay(Seq(member.since.0.saturating_sub(1).max(far))))
    }

    /// Answers [`LibraryAsk::History`], [`LibraryAsk::At`] and [`LibraryAsk::BringBack`] from a space's log.
    ///
    /// # Errors
    /// When the space is not here, or what is asked for is not known any more, or may not be brought back.
    pub fn of_the_past(&mut self, now: Millis, log: &Log, ask: LibraryAsk) -> Result<LibraryAnswer, Problem> {
        match ask {
            LibraryAsk::History { space, before } => {
                let who = self.who(space).ok_or(Problem::NoSuchSpace)?;
                let moments = log.moments(before, &who, self.known(space));
                Ok(LibraryAnswer::History(moments))
            }
            LibraryAsk::At { space, seq } => {
                let then = self.then(log, space, seq)?;
                Ok(LibraryAnswer::At {
                    name: then.name.clone(),
                    items: items(space, &then),
                })
            }
            LibraryAsk::BringBack {
                space,
                seq,
                tabs,
                name,
            } => {
                let then = self.then(log, space, seq)?;
                match tabs {
                    Some(tabs) => self.bring_tabs_back(now, space, &then, &tabs),
                    None => Ok(self.bring_all_back(now, &then, &name)),
                }
            }
            _ => Err(Problem::NoSuchPoint),
        }
    }

    fn who(&self, space: SpaceId) -> Option<Who> {
        let you = match self.privates.get(&space) {
            Some(private) => private.you,
            None => self.session.you(space)?,
        };
        let names = self.session.names(space);
        Some(Who { you, names })
    }

    /// The state that a space's log leads to.
    fn known(&self, space: SpaceId) -> Option<&SpaceState> {
        let private = self.privates.get(&space).map(|private| &private.state);
        private.or_else(|| self.session.confirmed(space))
    }

    fn then(&self, log: &Log, space: SpaceId, seq: Seq) -> Result<SpaceState, Problem> {
        let known = self.known(space).ok_or(Problem::NoSuchSpace)?;
        log.at(seq, Some(known)).ok_or(Problem::NoSuchPoint)
    }

    /// Tabs of a space as it was come back to their places. One that is there and the same is passed over; one that
    /// went to another page gets its old page beside it.
    fn bring_tabs_back(
        &mut self,
        now: Millis,
        space: SpaceId,
        then: &SpaceState,
        tabs: &[TabId],
    ) -> Result<LibraryAnswer, Problem> {
        let state = self.state(space).ok_or(Problem::NoSuchSpace)?.clone();
        let wanted: BTreeSet<TabId> = tabs.iter().copied().collect();
        let (mut ops, mut undo) = (Vec::new(), Vec::new());
        let mut groups: BTreeSet<GroupId> = BTreeSet::new();
        for id in then.tab_order().into_iter().filter(|id| wanted.contains(id)) {
            let old = &then.tabs[&id];
            let id = match state.tabs.get(&id) {
                Some(tab) if tab.url == old.url => continue,
                Some(_) => TabId::from_bits((self.random)()),
                None => id,
            };
            if let Some((group, was)) = old.group.and_then(|id| then.groups.get_key_value(&id))
                && !state.groups.contains_key(group)
                && groups.insert(*group)
            {
                ops.push(Op::GroupAdded(NewGroup {
                    group: *group,
                    title: was.title.clone(),
                    colour: was.colour,
                    collapsed: was.collapsed,
                    position: was.position.clone(),
                }));
            }
            ops.push(Op::TabAdded(NewTab {
                tab: id,
                url: old.url.clone(),
                title: old.title.clone(),
                favicon: old.favicon.clone(),
                pinned: old.pinned,
                group: old.group,
                position: old.position.clone(),
            }));
            undo.push(Op::TabRemoved { tab: id });
        }
        undo.extend(groups.into_iter().map(|group| Op::GroupRemoved { group }));
        self.add_all(now, space, ops)?;
        Ok(LibraryAnswer::Changed(Box::new(Undo {
            ops: vec![(space, undo)],
            ..Undo::default()
        })))
    }

    /// All of these ops, or none.
    fn add_all(&mut self, now: Millis, space: SpaceId, ops: Vec<Op>) -> Result<(), Problem> {
        let refused = |code: Code| Problem::Refused(code.into());
        let mut state = self.state(space).ok_or(Problem::NoSuchSpace)?.clone();
        let is_shared = !self.privates.contains_key(&space);
        for op in &ops {
            may_stand(&state, op, is_shared).map_err(refused)?;
            state.fold_local(op);
        }
        if let Some(private) = self.privates.get_mut(&space) {
            let mut writes = Vec::new();
            for op in ops {
                private.order(now, op, &mut writes);
            }
            self.session.commit(writes);
            return Ok(());
        }
        let submitted = self.session.submit_with(now, space, ops, Vec::new());
        self.settle(now);
        submitted.map_err(refused)
    }

    /// A space as it was, as a private space of its own.
    fn bring_all_back(&mut self, now: Millis, then: &SpaceState, name: &str) -> LibraryAnswer {
        let created = Created {
            name: clean_name(if name.is_empty() { &then.name } else { name }),
            ..self.under_new_ids(then.as_created(|_, _| true))
        };
        let tabs = created.tabs.len();
        let space = SpaceId::from_bits((self.random)());
        let you = MemberId::from_bits((self.random)());
        let mut writes = Vec::new();
        let private = Private::new(space, you, self.session.device(), now, created, &mut writes);
        self.privates.insert(space, private);
        self.session.commit(writes);
        LibraryAnswer::Made {
            spaces: vec![space],
            tabs,
            left_out: 0,
            undo: Box::new(Undo {
                made: vec![space],
                ..Undo::default()
            }),
        }
    }

    /// The same beginning, with ids that no other space has.
    fn under_new_ids(&mut self, mut created: Created) -> Created {
        let mut groups: BTreeMap<GroupId, GroupId> = BTreeMap::new();
        for group in &mut created.groups {
            let id = GroupId::from_bits((self.random)());
            groups.insert(std::mem::replace(&mut group.group, id), id);
        }
        for tab in &mut created.tabs {
            tab.tab = TabId::from_bits((self.random)());
            // Its picture is with the relay of the space that it was in.
            tab.favicon = None;
            tab.group = tab.group.and_then(|group| groups.get(&group).copied());
        }
        created
    }
}

/// Tabs and groups as pages show them.
fn items(space: SpaceId, state: &SpaceState) -> Vec<ItemView> {
    let view = project(
        state,
        Parts {
            space,
            link: LinkView::Private,
            you: MemberId::from_bits(0),
            people: &BTreeMap::new(),
            room: &Room::default(),
            notices: &[],
            unsent: 0,
            waiting: Vec::new(),
            media: &|_, _| (false, MediaView::Off),
        },
    );
    view.items
}
