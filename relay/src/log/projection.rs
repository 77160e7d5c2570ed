//! The read tables: what pages and searches need of the states, as rows.
//!
//! Tabs and members are written from the state after the fold, so the tables cannot say anything else than
//! the state does. Messages are written event by event, because the state forgets old ones.

use std::collections::{BTreeMap, BTreeSet};

use protocol::state::Membership;
use protocol::{Envelope, MemberId, Op, Role, SpaceId, SpaceState, TabId};

use super::rows::Rows;
use crate::space::store::Status;
use crate::store::query::{execute, number};
use crate::store::{StoreError, Tx};

/// What the events of one transaction touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    tabs: BTreeSet<TabId>,
    members: BTreeMap<MemberId, Fate>,
    deleted: bool,
}

/// What became of a member whom the state need not hold any more.
#[derive(Debug)]
struct Fate {
    status: Status,
    /// The membership that ended, so that the row says the same however the events are divided among
    /// transactions.
    last: Option<Membership>,
}

impl Fate {
    const ACTIVE: Self = Self {
        status: Status::Active,
        last: None,
    };
}

impl Touched {
    /// Notes what an op is about to touch, given the state before it.
    pub(crate) fn note(&mut self, state: &SpaceState, op: &Op, by: MemberId) {
        match op {
            Op::SpaceCreated(created) => {
                self.tabs.extend(created.tabs.iter().map(|tab| tab.tab));
                self.members.insert(by, Fate::ACTIVE);
            }
            Op::SpaceDeleted {} => {
                self.deleted = true;
                self.members.extend(state.members.iter().map(|(member, last)| {
                    let last = Some(last.clone());
                    (*member, Fate { last, ..Fate::ACTIVE })
                }));
            }
            Op::TabAdded(new) => {
                self.tabs.insert(new.tab);
            }
            Op::TabUpdated { tab, .. } | Op::TabMoved { tab, .. } | Op::TabRemoved { tab } => {
                self.tabs.insert(*tab);
            }
            Op::GroupRemoved { group } => {
                let inside = state.tabs.iter().filter(|(_, tab)| tab.group == Some(*group));
                self.tabs.extend(inside.map(|(id, _)| *id));
            }
            Op::MemberJoined { member, .. } | Op::MemberRole { member, .. } => {
                self.members.insert(*member, Fate::ACTIVE);
            }
            Op::MemberLeft { member } => {
                let status = if *member == by {
                    Status::Left
                } else {
                    Status::Removed
                };
                let before = || self.members.get(member).and_then(|fate| fate.last.clone());
                let last = state.members.get(member).cloned().or_else(before);
                self.members.insert(*member, Fate { status, last });
            }
            Op::SpaceRenamed { .. }
            | Op::SpaceRecoloured { .. }
            | Op::GroupAdded(_)
            | Op::GroupUpdated { .. }
            | Op::GroupMoved { .. }
            | Op::MessageSent { .. }
            | Op::MessageEdited { .. }
            | Op::MessageDeleted { .. }
            | Op::StreamStarted { .. }
            | Op::StreamEnded { .. } => {}
        }
    }

    /// What became of a member in this transaction, before the rows say it.
    pub(crate) fn status(&self, member: MemberId) -> Option<Status> {
        self.members.get(&member).map(|fate| fate.status)
    }

    /// How many members were touched.
    pub(crate) fn members(&self) -> usize {
        self.members.len()
    }

    /// The tabs of this state in place of those that were noted, where all rows are written anew.
    pub(crate) fn keep_tabs_of(&mut self, state: &SpaceState) {
        self.tabs = state.tabs.keys().copied().collect();
    }

    /// Brings the rows of what was touched to what the state says.
    pub(crate) async fn write(
        mut self,
        tx: &mut Tx,
        rows: &mut Rows,
        space: SpaceId,
        state: &SpaceState,
    ) -> Result<(), StoreError> {
        if self.deleted {
            rows.wipe(space);
            self.tabs.clear();
        }
        for tab in self.tabs {
            rows.tab(space, tab, state);
        }
        for (member, fate) in self.members {
            write_member(tx, space, member, fate, state).await?;
        }
        Ok(())
    }
}

async fn write_member(
    tx: &mut Tx,
    space: SpaceId,
    id: MemberId,
    fate: Fate,
    state: &SpaceState,
) -> Result<(), StoreError> {
    let (status, membership) = match state.members.get(&id) {
        Some(membership) => (Status::Active, Some(membership)),
        None => (fate.status, fate.last.as_ref()),
    };
    execute!(
        tx,
        "UPDATE members SET status = $3, role = COALESCE($4, role), since = COALESCE($5, since)
         WHERE space = $1 AND member = $2",
        space.to_string(),
        id.to_string(),
        status.as_str(),
        membership.map(|membership| Role::as_str(membership.role)),
        membership.map(|membership| number(membership.since.0))
    )?;
    Ok(())
}

/// Notes what an event says of a message.
pub(crate) fn write_message(rows: &mut Rows, space: SpaceId, envelope: &Envelope, op: &Op) {
    match op {
        Op::MessageSent { message, text } => rows.message(space, envelope, *message, text),
        Op::MessageEdited { message, text } => rows.message_edited(space, *message, text),
        Op::MessageDeleted { message } => rows.message_deleted(space, *message),
        _ => {}
    }
}
