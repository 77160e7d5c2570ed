//! Deeds: ops for several spaces, what is marked there, and what goes to the bin by them, done at once or not at all,
//! and the [`Undo`] of each.
//!
//! All that is written is one batch. What is added comes first: others who see a shared space, and then another one, see a
//! tab twice rather than nowhere.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::{NewGroup, NewTab};
use protocol::state::{Group, Tab};
use protocol::{Code, GroupId, Millis, Op, SpaceId, SpaceState, TabId};

use super::Engine;
use super::difference::difference;
use crate::ask::Problem;
use crate::library::bin::{BinId, Binned, Held};
use crate::library::marks::{Marks, MarksChange};
use crate::library::undo::{Apart, Undo};
use crate::record::Write;

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// In this order; what adds before what removes.
    pub(super) ops: Vec<(SpaceId, Vec<Op>)>,
    /// What is marked then.
    pub(super) marks: Vec<(SpaceId, MarksChange)>,
    /// Entries of the bin that are taken out by it.
    pub(super) taken: Vec<BinId>,
    /// Tabs that had gone elsewhere and are what they were again.
    pub(super) back: Vec<(SpaceId, TabId)>,
}

/// What happens to one space.
struct Step {
    space: SpaceId,
    before: SpaceState,
    after: SpaceState,
    ops: Vec<Op>,
}

impl Engine {
    /// Does what is planned, or nothing. `writes` go with it.
    ///
    /// # Errors
    /// When a space is not here, or something may not be done in it.
    pub(super) fn perform(
        &mut self,
        now: Millis,
        plan: Plan,
        mut writes: Vec<Write>,
    ) -> Result<Undo, Problem> {
        self.tell_all_held(now);
        let steps = self.steps(plan.ops)?;
        let mut marks: BTreeMap<SpaceId, MarksChange> = plan.marks.into_iter().collect();
        let mut undo = Undo::default();
        let gone = self.gone(&steps);
        let mut binned: BTreeSet<TabId> = BTreeSet::new();
        for step in &steps {
            self.marks_move(step, &steps, &mut marks);
            let removed: BTreeSet<TabId> = removed_by(step).filter(|tab| gone.contains(tab)).collect();
            if !removed.is_empty() {
                let entry = self.tabs_entry(now, step.space, &step.before, &removed, false);
                undo.binned.push(self.bin.put(now, entry, &mut writes));
                binned.extend(removed);
            }
        }
        for step in steps.iter().rev() {
            let mut back = difference(&step.after, &step.before, &|_, _| true);
            // The bin has them.
            back.retain(|op| !matches!(op, Op::TabAdded(new) if binned.contains(&new.tab)));
            if !back.is_empty() {
                undo.ops.push((step.space, back));
            }
        }
        for (space, change) in marks {
            let back = self.set_marks(space, &change, &mut writes);
            if !back.is_empty() {
                undo.marks.push((space, back));
            }
        }
        for id in plan.taken {
            if let Some(entry) = self.bin.take(id, &mut writes) {
                self.retract(entry.space, |kind| kind.binned() == Some(id));
            }
        }
        self.write_steps(now, steps, writes);
        Ok(undo)
    }

    fn steps(&self, planned: Vec<(SpaceId, Vec<Op>)>) -> Result<Vec<Step>, Problem> {
        let refused = |code: Code| Problem::Refused(code.into());
        let mut steps: Vec<Step> = Vec::new();
        for (space, ops) in planned {
            let known = steps.iter().position(|step| step.space == space);
            let at = if let Some(at) = known {
                at
            } else {
                let before = self.here(space).ok_or(Problem::NoSuchSpace)?.clone();
                steps.push(Step {
                    space,
                    after: before.clone(),
                    before,
                    ops: Vec::new(),
                });
                steps.len() - 1
            };
            let step = &mut steps[at];
            let shared = !self.privates.contains_key(&space);
            for op in ops.into_iter().filter(is_of_tabs) {
                if !changes(&step.after, &op) {
                    continue;
                }
                may_stand(&step.after, &op, shared).map_err(refused)?;
                step.after.fold_local(&op);
                step.ops.push(op);
            }
        }
        for step in &mut steps {
            for op in emptied(&step.before, &step.after) {
                step.after.fold_local(&op);
                step.ops.push(op);
            }
            if !self.privates.contains_key(&step.space) && !step.ops.is_empty() {
                self.session.may_submit(step.space, &step.ops).map_err(refused)?;
            }
        }
        steps.retain(|step| !step.ops.is_empty());
        Ok(steps)
    }

    /// The tabs that are taken out of a space and are in no other one then.
    fn gone(&self, steps: &[Step]) -> BTreeSet<TabId> {
        let mut gone: BTreeSet<TabId> = steps.iter().flat_map(removed_by).collect();
        if gone.is_empty() {
            return gone;
        }
        let private = self.privates.keys().copied();
        for space in private.chain(self.session.spaces()) {
            let after = steps
                .iter()
                .find(|step| step.space == space)
                .map(|step| &step.after);
            if let Some(state) = after.or_else(|| self.here(space)) {
                gone.retain(|tab| !state.tabs.contains_key(tab));
            }
        }
        gone
    }

    /// What is marked of tabs that leave a space goes with them, to another space or to the bin.
    fn marks_move(&self, step: &Step, steps: &[Step], changes: &mut BTreeMap<SpaceId, MarksChange>) {
        let Some(marked) = self.marks.get(&step.space) else {
            return;
        };
        for tab in removed_by(step) {
            let (marks, muted) = (marked.tabs.get(&tab), marked.muted.contains(&tab));
            if marks.is_none() && !muted {
                continue;
            }
            let arrives =
                |other: &&Step| other.after.tabs.contains_key(&tab) && !other.before.tabs.contains_key(&tab);
            if let Some(to) = steps.iter().find(arrives) {
                let arriving = changes.entry(to.space).or_default();
                if let Some(marks) = marks {
                    arriving.tabs.entry(tab).or_insert_with(|| marks.clone());
                }
                if muted {
                    arriving.muted.entry(tab).or_insert(true);
                }
            }
            let leaving = changes.entry(step.space).or_default();
            if marks.is_some() {
                leaving.tabs.insert(tab, Marks::default());
            }
            if muted {
                leaving.muted.insert(tab, false);
            }
        }
    }

    /// Tabs of a space as an entry of the bin.
    pub(super) fn tabs_entry(
        &self,
        now: Millis,
        space: SpaceId,
        state: &SpaceState,
        tabs: &BTreeSet<TabId>,
        closed: bool,
    ) -> Binned {
        let order = state.tab_order().into_iter().filter(|tab| tabs.contains(tab));
        let tabs: Vec<NewTab> = order.map(|id| new_tab(id, &state.tabs[&id])).collect();
        let used: BTreeSet<GroupId> = tabs.iter().filter_map(|tab| tab.group).collect();
        let groups = state.groups.iter().filter(|(id, _)| used.contains(id));
        let marks = self.marks.get(&space);
        let marks = marks.map(|marks| marks.of_tabs(tabs.iter().map(|tab| tab.tab)));
        Binned {
            removed: now,
            space,
            name: state.name.clone(),
            colour: state.colour,
            held: Held::Tabs {
                groups: groups.map(|(id, group)| new_group(*id, group)).collect(),
                tabs,
                closed,
                page: None,
            },
            marks: marks.unwrap_or_default(),
            unread: false,
        }
    }

    fn write_steps(&mut self, now: Millis, steps: Vec<Step>, mut writes: Vec<Write>) {
        let mut shared = Vec::new();
        for step in steps {
            if let Some(private) = self.privates.get_mut(&step.space) {
                private.order_all(now, step.ops, &mut writes);
            } else {
                shared.push(step);
            }
        }
        let touches_shared = !shared.is_empty();
        for step in shared {
            let with = std::mem::take(&mut writes);
            let submitted = self.session.submit_with(now, step.space, step.ops, with.clone());
            if let Err(code) = submitted {
                // It was asked before whether it may be; should it not, what belongs to the others is kept all the same.
                writes = with;
                self.tell(step.space, code);
            }
        }
        self.session.commit(writes);
        if touches_shared {
            self.settle(now);
        }
    }

    /// Takes tabs out of a space; they are in the bin then.
    ///
    /// # Errors
    /// When the space is not here, or this person may not.
    pub fn remove(&mut self, now: Millis, space: SpaceId, tabs: &[TabId]) -> Result<Undo, Problem> {
        let ops = tabs.iter().map(|tab| Op::TabRemoved { tab: *tab }).collect();
        let plan = Plan {
            ops: vec![(space, ops)],
            ..Plan::default()
        };
        self.perform(now, plan, Vec::new())
    }

    /// Takes a deed back: first what is in the bin comes out of it, last what was made goes there. The undo of this does
    /// the deed again. What is gone by then is passed over.
    ///
    /// # Errors
    /// When something may not be done, or nothing of it is there any more.
    pub fn undo(&mut self, now: Millis, undo: &Undo) -> Result<Undo, Problem> {
        self.tell_all_held(now);
        let mut plan = Plan::default();
        let mut writes = Vec::new();
        let mut made = Vec::new();
        let (returning, leaving): (Vec<&Apart>, Vec<&Apart>) =
            undo.apart.iter().partition(|apart| apart.goes_back);
        let mut found = undo.binned.is_empty() && leaving.is_empty();
        let ops = undo.ops.iter().flat_map(|(_, ops)| ops);
        let going: BTreeSet<TabId> = ops.filter_map(removal).collect();
        for &id in &undo.binned {
            if self.plan_to_take_out(id, &mut plan) {
                found = true;
            } else if self.bin.get(id).is_some() {
                made.push(self.take_out_space(now, id, &going, &mut writes)?);
                found = true;
            }
        }
        let again = leaving.into_iter();
        let again: Vec<Apart> = again
            .filter_map(|apart| self.take_apart_again(now, apart))
            .collect();
        found |= !again.is_empty();
        // What was removed is not there any more: the rest alone would not be the deed taken back.
        if !found {
            return Err(Problem::NoSuchPoint);
        }
        let here = |space: &SpaceId| self.here(*space).is_some();
        plan.ops
            .extend(undo.ops.iter().filter(|(space, _)| here(space)).cloned());
        for (space, change) in undo.marks.iter().filter(|(space, _)| here(space)) {
            match plan.marks.iter_mut().find(|(other, _)| other == space) {
                Some((_, planned)) => planned.follow(change),
                None => plan.marks.push((*space, change.clone())),
            }
        }
        // Those are there, whatever becomes of the rest.
        self.session.commit(writes);
        let sent = std::mem::take(&mut plan.back);
        let mut back = self.perform(now, plan, Vec::new())?;
        back.made = made;
        back.apart = again;
        self.are_back(&sent);
        for apart in returning {
            self.put_in_again(now, apart, &mut back);
        }
        for &space in &undo.made {
            back.binned.extend(self.forget(now, space));
        }
        Ok(back)
    }
}

/// Whether an op may stand in a space as it is: of a private one only each thing and a very large number is bounded.
///
/// # Errors
/// What is wrong, or [`Code::TooMany`].
pub(super) fn may_stand(state: &SpaceState, op: &Op, is_shared: bool) -> Result<(), Code> {
    if is_shared {
        op.check_shared().and_then(|()| state.has_room_for(op))
    } else {
        op.check().and_then(|()| state.has_private_room_for(op))
    }
}

fn removal(op: &Op) -> Option<TabId> {
    match op {
        Op::TabRemoved { tab } => Some(*tab),
        _ => None,
    }
}

fn removed_by(step: &Step) -> impl Iterator<Item = TabId> {
    let before = step.before.tabs.keys();
    before.copied().filter(|tab| !step.after.tabs.contains_key(tab))
}

/// A deed changes names, colours, tabs and groups, whatever a page says.
fn is_of_tabs(op: &Op) -> bool {
    matches!(
        op,
        Op::SpaceRenamed { .. }
            | Op::SpaceRecoloured { .. }
            | Op::TabAdded(_)
            | Op::TabUpdated { .. }
            | Op::TabMoved { .. }
            | Op::TabRemoved { .. }
            | Op::GroupAdded(_)
            | Op::GroupUpdated { .. }
            | Op::GroupMoved { .. }
            | Op::GroupRemoved { .. }
    )
}

/// Whether an op still changes a state: what has come to be so by other ways is not done again.
fn changes(state: &SpaceState, op: &Op) -> bool {
    match op {
        Op::TabAdded(new) => !state.tabs.contains_key(&new.tab),
        Op::GroupAdded(new) => !state.groups.contains_key(&new.group),
        Op::TabMoved { tab, group, position } => state
            .tabs
            .get(tab)
            .is_some_and(|tab| tab.group != *group || tab.position != *position),
        Op::TabRemoved { tab } | Op::TabUpdated { tab, .. } => state.tabs.contains_key(tab),
        Op::GroupRemoved { group } | Op::GroupUpdated { group, .. } | Op::GroupMoved { group, .. } => {
            state.groups.contains_key(group)
        }
        Op::SpaceRenamed { name } => state.name != *name,
        Op::SpaceRecoloured { colour } => state.colour != *colour,
        _ => true,
    }
}

/// The removals of groups that have no tab any more and had some before.
pub(super) fn emptied(before: &SpaceState, after: &SpaceState) -> Vec<Op> {
    let groups = |state: &SpaceState| -> BTreeSet<GroupId> {
        state.tabs.values().filter_map(|tab| tab.group).collect()
    };
    let full = groups(after);
    let mut was = groups(before);
    was.retain(|group| after.groups.contains_key(group) && !full.contains(group));
    was.into_iter().map(|group| Op::GroupRemoved { group }).collect()
}

/// A tab as it would be added again.
pub(crate) fn new_tab(id: TabId, tab: &Tab) -> NewTab {
    NewTab {
        tab: id,
        url: tab.url.clone(),
        title: tab.title.clone(),
        favicon: tab.favicon.clone(),
        pinned: tab.pinned,
        group: tab.group,
        position: tab.position.clone(),
    }
}

/// A group as it would be added again.
pub(crate) fn new_group(id: GroupId, group: &Group) -> NewGroup {
    NewGroup {
        group: id,
        title: group.title.clone(),
        colour: group.colour,
        collapsed: group.collapsed,
        position: group.position.clone(),
    }
}
