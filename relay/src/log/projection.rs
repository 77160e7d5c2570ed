//! The read tables: what pages and searches need of the states, as rows.
//!
//! Tabs and members are written from the state after the fold, so the tables cannot say anything else than
//! the state does. Messages are written event by event, because the state forgets old ones.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Envelope, MemberId, Op, Role, SpaceId, SpaceState, TabId};

use super::rows::Rows;
use crate::space::store::Status;
use crate::store::query::{execute, number};
use crate::store::{StoreError, Tx};

/// What the events of one transaction touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    tabs: BTreeSet<TabId>,
    /// With what they are when the state does not hold them any more.
    members: BTreeMap<MemberId, Status>,
    deleted: bool,
}

impl Touched {
    /// Notes what an op is about to touch, given the state before it.
    pub(crate) fn note(&mut self, state: &SpaceState, op: &Op, by: MemberId) {
        match op {
            Op::SpaceCreated(created) => {
                self.tabs.extend(created.tabs.iter().map(|tab| tab.tab));
                self.members.insert(by, Status::Active);
            }
            Op::SpaceDeleted {} => self.deleted = true,
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
                self.members.insert(*member, Status::Active);
            }
            Op::MemberLeft { member } => {
                let status = if *member == by {
                    Status::Left
                } else {
                    Status::Removed
                };
                self.members.insert(*member, status);
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
        self.members.get(&member).copied()
    }

    /// Brings the rows of what was touched to what the state says.
    pub(crate) async fn write(
        self,
        tx: &mut Tx,
        rows: &mut Rows,
        space: SpaceId,
        state: &SpaceState,
    ) -> Result<(), StoreError> {
        if self.deleted {
            rows.wipe(space);
            return Ok(());
        }
        for tab in self.tabs {
            rows.tab(space, tab, state);
        }
        for (member, status) in self.members {
            write_member(tx, space, member, status, state).await?;
        }
        Ok(())
    }
}

async fn write_member(
    tx: &mut Tx,
    space: SpaceId,
    id: MemberId,
    gone: Status,
    state: &SpaceState,
) -> Result<(), StoreError> {
    let membership = state.members.get(&id);
    let status = if membership.is_some() {
        Status::Active
    } else {
        gone
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
