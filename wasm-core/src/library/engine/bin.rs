//! What goes to the bin and how it comes back.
//!
//! A private space goes there whole, a shared one as a private copy of its tabs. Tabs that are closed one by one in a
//! window are in the space's history only; many that go at once, and those that leave a space empty, are here, too. So is
//! what tabs were that went to one page together (`astray.rs`). What happened in a window is told in the space until the
//! person has read it, also by a worker that starts later.

use std::collections::BTreeSet;

use protocol::op::{Created, NewTab};
use protocol::{Code, MemberId, Millis, Op, SpaceId, TabId};

use super::Engine;
use super::astray::page_of;
use super::binned::without;
use super::deeds::Plan;
use super::twice::renamed;
use crate::ask::Problem;
use crate::library::bin::{BinId, Binned, Held};
use crate::library::marks::MarksChange;
use crate::library::past::Past;
use crate::library::private::Private;
use crate::library::undo::Undo;
use crate::record::{Write, history_key};
use crate::session::replica::put;
use crate::view::NoticeKind;

/// So many tabs that go from a window at once are a mass close.
const MANY: usize = 3;

/// So many of them are told of in a space at once; older ones are in the bin only.
const TOLD: usize = 3;

/// A mass close may take several looks: what goes this soon after belongs to it.
const TOGETHER_MS: i64 = 5_000;

impl Engine {
    /// A private space goes to the bin whole. The caller has let go of its window.
    pub(super) fn pack_away(
        &mut self,
        now: Millis,
        space: SpaceId,
        writes: &mut Vec<Write>,
    ) -> Option<BinId> {
        let mut private = self.privates.remove(&space)?;
        let exact = private.packed(writes);
        self.take_uses(space, writes);
        writes.extend(private.removal());
        // Its past stays; what there is of it says the entry.
        writes.push(Write::Delete(history_key(space)));
        let entry = Binned {
            removed: now,
            space,
            name: private.state.name.clone(),
            colour: private.state.colour,
            held: Held::Space {
                exact,
                past: private.past,
                apart: BTreeSet::new(),
            },
            marks: self.take_marks(space, writes),
            unread: false,
        };
        self.notices.remove(&space);
        Some(self.bin.put(now, entry, writes))
    }

    /// The tabs of a shared space go to the bin, as a private space.
    pub(super) fn copy_away(
        &mut self,
        now: Millis,
        space: SpaceId,
        writes: &mut Vec<Write>,
    ) -> Option<BinId> {
        let marks = self.take_marks(space, writes);
        self.take_uses(space, writes);
        let state = self.state(space).filter(|state| !state.tabs.is_empty())?;
        let mut created = state.as_created(|_, _| true);
        for tab in &mut created.tabs {
            tab.favicon = None;
        }
        let (name, colour) = (state.name.clone(), state.colour);
        let copy = SpaceId::from_bits((self.random)());
        let you = MemberId::from_bits((self.random)());
        let mut not_here = Vec::new();
        let mut private = Private::new(copy, you, self.session.device(), now, created, &mut not_here);
        let entry = Binned {
            removed: now,
            space: copy,
            name,
            colour,
            held: Held::Space {
                exact: private.packed(&mut not_here),
                past: Past::default(),
                apart: BTreeSet::new(),
            },
            marks,
            unread: false,
        };
        Some(self.bin.put(now, entry, writes))
    }

    /// A look at a window took tabs away. Many at once, or the last ones, are in the bin, and the person is told.
    pub(super) fn keep_closed(&mut self, now: Millis, space: SpaceId, ops: &[Op], writes: &mut Vec<Write>) {
        let Some(state) = self.state(space) else { return };
        let gone: BTreeSet<TabId> = ops
            .iter()
            .filter_map(|op| match op {
                Op::TabRemoved { tab } if state.tabs.contains_key(tab) => Some(*tab),
                _ => None,
            })
            .collect();
        if gone.is_empty() {
            return;
        }
        let adds = ops.iter().any(|op| matches!(op, Op::TabAdded(_)));
        let last = self.bin.entries().rev().find(|(_, entry)| entry.space == space);
        let last = last.filter(|(_, entry)| {
            matches!(entry.held, Held::Tabs { closed: true, .. })
                && (0..TOGETHER_MS).contains(&now.since(entry.removed))
        });
        let last = last.map(|(id, entry)| (id, entry.clone()));
        if gone.len() < MANY && last.is_none() && (gone.len() < state.tabs.len() || adds) {
            return;
        }
        // What they were in the end is told with their going.
        let mut state = state.clone();
        let updates = ops.iter().filter(|op| matches!(op, Op::TabUpdated { .. }));
        updates.for_each(|op| state.fold_local(op));
        let entry = self.tabs_entry(now, space, &state, &gone, true);
        self.put_and_tell(now, entry, last, writes);
    }

    /// Puts what happened to tabs in a window into the bin, together with what is there of it, and tells it in the space.
    pub(super) fn put_and_tell(
        &mut self,
        now: Millis,
        mut entry: Binned,
        last: Option<(BinId, Binned)>,
        writes: &mut Vec<Write>,
    ) {
        entry.unread = true;
        let space = entry.space;
        let id = if let Some((id, before)) = last {
            entry.unread = before.unread;
            entry.join(before);
            self.bin.put_as(id, entry, writes);
            id
        } else {
            self.bin.put(now, entry, writes)
        };
        let unread = self.bin.entries().rev();
        let unread = unread.filter(|(_, entry)| entry.unread && entry.space == space);
        let too_many: Vec<BinId> = unread.skip(TOLD).map(|(id, _)| id).collect();
        for old in too_many {
            self.mark_as_read(old, writes);
            self.retract(space, |kind| kind.binned() == Some(old));
        }
        self.tell_of(id);
    }

    /// Tells of an entry in its space, as it is now, if the person has not read of it.
    pub(super) fn tell_of(&mut self, id: BinId) {
        let Some(entry) = self.bin.get(id).filter(|entry| entry.unread) else {
            return;
        };
        let kind = match &entry.held {
            Held::Tabs {
                page: Some(page),
                tabs,
                ..
            } => NoticeKind::ManyWent {
                binned: id,
                page: host_of(page),
                tabs: tabs.len(),
            },
            _ => NoticeKind::ManyClosed(id),
        };
        let space = entry.space;
        let told = self
            .notices_of(space)
            .find(|notice| notice.kind.binned() == Some(id));
        if told.is_none_or(|told| told.kind != kind) {
            self.retract(space, |kind| kind.binned() == Some(id));
            self.notify(space, kind);
        }
    }

    /// What was told and not read is told by whoever goes on.
    pub(super) fn tell_again(&mut self) {
        let unread = self.bin.entries().filter(|(_, entry)| entry.unread);
        let ids: Vec<BinId> = unread.map(|(id, _)| id).collect();
        for id in ids {
            self.tell_of(id);
        }
        for window in self.followed_windows() {
            self.tell_of_room(window);
        }
    }

    /// A person has read a notice in a space.
    pub(super) fn has_read(&mut self, space: SpaceId, notice: u64) {
        let Some(read) = self.notices_of(space).find(|known| known.id == notice) else {
            return;
        };
        if read.kind == NoticeKind::Full {
            return self.knows_it_is_full(space);
        }
        let Some(id) = read.kind.binned() else { return };
        let mut writes = Vec::new();
        self.mark_as_read(id, &mut writes);
        self.session.commit(writes);
    }

    fn mark_as_read(&mut self, id: BinId, writes: &mut Vec<Write>) {
        if let Some(entry) = self.bin.get(id).filter(|entry| entry.unread) {
            let mut entry = entry.clone();
            entry.unread = false;
            self.bin.put_as(id, entry, writes);
        }
    }

    /// Takes something out of the bin that was told of in a space; why not is told there, too.
    pub(super) fn take_out_or_tell(&mut self, now: Millis, space: SpaceId, id: BinId) {
        match self.take_out(now, id) {
            Ok(_) => {}
            Err(Problem::Refused(refusal)) => self.tell(space, refusal.code),
            Err(_) => self.tell(space, Code::NoSuchThing),
        }
    }

    /// What was put into the bin too long ago goes.
    #[cfg(not(feature = "popup"))]
    pub(super) fn emptied_of_old(&mut self, now: Millis) {
        let old: Vec<BinId> = self
            .bin
            .entries()
            .filter(|(_, entry)| now.since(entry.removed) >= crate::library::bin::KEEP_MS)
            .map(|(id, _)| id)
            .collect();
        let mut writes = Vec::new();
        for id in old {
            self.bin.drop_for_good(id, &mut writes);
        }
        self.session.commit(writes);
    }

    /// Empties the bin, for good; only of this if one is named.
    pub fn empty_bin(&mut self, only: Option<BinId>) {
        let ids: Vec<BinId> = match only {
            Some(id) => vec![id],
            None => self.bin.entries().map(|(id, _)| id).collect(),
        };
        let mut writes = Vec::new();
        for id in ids {
            self.bin.drop_for_good(id, &mut writes);
        }
        self.session.commit(writes);
    }

    /// Takes something out of the bin, back to where it was. Tabs whose space is gone come into a space of their own.
    ///
    /// # Errors
    /// When it is not in the bin, cannot be read, or may not be added where it was: it stays in the bin then.
    pub fn take_out(&mut self, now: Millis, id: BinId) -> Result<Undo, Problem> {
        let undo = Undo {
            binned: vec![id],
            ..Undo::default()
        };
        self.undo(now, &undo)
    }

    /// Plans to put tabs of the bin where they were; whether that is there. What was removed from a space before it was
    /// shared does not come into it: the others were not shown it.
    pub(super) fn plan_to_take_out(&mut self, id: BinId, plan: &mut Plan) -> bool {
        let Some(entry) = self.bin.get(id).cloned() else {
            return false;
        };
        let Held::Tabs {
            groups, tabs, page, ..
        } = entry.held
        else {
            return false;
        };
        let Some(state) = self.here(entry.space) else {
            return false;
        };
        let mut change = MarksChange::default();
        let mut ops: Vec<Op> = Vec::new();
        let missing = groups
            .into_iter()
            .filter(|group| !state.groups.contains_key(&group.group));
        ops.extend(missing.map(Op::GroupAdded));
        let (there, tabs): (Vec<NewTab>, Vec<NewTab>) = tabs
            .into_iter()
            .partition(|tab| page.is_some() && state.tabs.contains_key(&tab.tab));
        for tab in there {
            // One that went on from there is left alone.
            if page.as_ref() == Some(&page_of(&tab.url, &state.tabs[&tab.tab].url)) {
                plan.back.push((entry.space, tab.tab));
                ops.push(Op::TabUpdated {
                    tab: tab.tab,
                    url: Some(tab.url),
                    title: Some(tab.title),
                    favicon: None,
                    pinned: None,
                });
            }
        }
        let taken: BTreeSet<TabId> = tabs
            .iter()
            .filter(|tab| state.tabs.get(&tab.tab).is_some_and(|here| here.url != tab.url))
            .map(|tab| tab.tab)
            .collect();
        for mut tab in tabs {
            let (marks, muted) = (
                entry.marks.tabs.get(&tab.tab),
                entry.marks.muted.contains(&tab.tab),
            );
            if taken.contains(&tab.tab) {
                tab.tab = TabId::from_bits((self.random)());
            }
            if let Some(marks) = marks {
                change.tabs.insert(tab.tab, marks.clone());
            }
            if muted {
                change.muted.insert(tab.tab, true);
            }
            ops.push(Op::TabAdded(tab));
        }
        plan.ops.push((entry.space, ops));
        if !change.is_empty() {
            match plan.marks.iter_mut().find(|(space, _)| *space == entry.space) {
                Some((_, planned)) => planned.follow(&change),
                None => plan.marks.push((entry.space, change)),
            }
        }
        plan.taken.push(id);
        true
    }

    /// A space comes out of the bin, or tabs as a space of their own. `going` are tabs that go from other spaces with it.
    pub(super) fn take_out_space(
        &mut self,
        now: Millis,
        id: BinId,
        going: &BTreeSet<TabId>,
        writes: &mut Vec<Write>,
    ) -> Result<SpaceId, Problem> {
        let mut entry = self.bin.get(id).cloned().ok_or(Problem::NoSuchPoint)?;
        let space = if let Held::Tabs { groups, tabs, .. } = &mut entry.held {
            let known: BTreeSet<TabId> = tabs.iter().map(|tab| tab.tab).collect();
            let ids = self.other_ids(|tab| known.contains(&tab), going);
            for tab in tabs.iter_mut() {
                tab.tab = ids.get(&tab.tab).copied().unwrap_or(tab.tab);
                tab.favicon = None;
            }
            entry.marks.rename(&ids);
            let created = Created {
                name: entry.name,
                colour: entry.colour,
                groups: std::mem::take(groups),
                tabs: std::mem::take(tabs),
            };
            let space = SpaceId::from_bits((self.random)());
            self.make_private(now, space, created, writes);
            space
        } else {
            self.bring_space_back(now, &mut entry, going, writes)?
        };
        self.give_marks(space, entry.marks, writes);
        self.bin.take(id, writes);
        Ok(space)
    }

    /// A private space comes back as it was; the tabs that were taken out alone go from it at once, as if a person removed
    /// them now.
    fn bring_space_back(
        &mut self,
        now: Millis,
        entry: &mut Binned,
        going: &BTreeSet<TabId>,
        writes: &mut Vec<Write>,
    ) -> Result<SpaceId, Problem> {
        let Held::Space { exact, past, apart } = &mut entry.held else {
            return Err(Problem::NoSuchPoint);
        };
        let is_free = self.state(entry.space).is_none();
        let space = if is_free {
            entry.space
        } else {
            SpaceId::from_bits((self.random)())
        };
        let mut private =
            Private::bring_back(space, self.session.device(), exact, writes).ok_or(Problem::NoSuchPoint)?;
        if is_free {
            writes.push(put(history_key(space), past));
            private.past = std::mem::take(past);
        } else {
            writes.extend(past.removal_from_bin(entry.space));
        }
        let gone = without(&private.state, apart);
        private.order_all(now, gone, writes);
        let ids = self.other_ids(|tab| private.state.tabs.contains_key(&tab), going);
        private.order_all(now, renamed(&private.state, &ids), writes);
        self.privates.insert(space, private);
        entry.marks.tabs.retain(|tab, _| !apart.contains(tab));
        entry.marks.muted.retain(|tab| !apart.contains(tab));
        entry.marks.rename(&ids);
        Ok(space)
    }

    /// A private space that begins so.
    pub(super) fn make_private(
        &mut self,
        now: Millis,
        space: SpaceId,
        created: Created,
        writes: &mut Vec<Write>,
    ) {
        let you = MemberId::from_bits((self.random)());
        let private = Private::new(space, you, self.session.device(), now, created, writes);
        self.privates.insert(space, private);
    }
}

/// The host of a page, to be read by a person.
fn host_of(page: &str) -> String {
    let rest = page.split_once("://").map_or(page, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.rsplit('@').next().unwrap_or(host).to_owned()
}
