//! The read tables: what pages and searches need of the states, as rows.
//!
//! Tabs and members are written from the state after the fold, so the tables cannot say anything else than
//! the state does. Messages are written event by event, because the state forgets old ones.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Envelope, MemberId, Op, Role, SpaceId, SpaceState, TabId};

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
        space: SpaceId,
        state: &SpaceState,
    ) -> Result<(), StoreError> {
        if self.deleted {
            return wipe(tx, space).await;
        }
        for tab in self.tabs {
            write_tab(tx, space, tab, state).await?;
        }
        for (member, status) in self.members {
            write_member(tx, space, member, status, state).await?;
        }
        Ok(())
    }
}

/// A deleted space shows nothing any more.
async fn wipe(tx: &mut Tx, space: SpaceId) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM tabs WHERE space = $1", space.to_string())?;
    execute!(tx, "DELETE FROM messages WHERE space = $1", space.to_string())?;
    execute!(tx, "DELETE FROM favicons WHERE space = $1", space.to_string())?;
    Ok(())
}

async fn write_tab(tx: &mut Tx, space: SpaceId, id: TabId, state: &SpaceState) -> Result<(), StoreError> {
    let Some(tab) = state.tabs.get(&id) else {
        execute!(
            tx,
            "DELETE FROM tabs WHERE space = $1 AND tab = $2",
            space.to_string(),
            id.to_string()
        )?;
        return Ok(());
    };
    execute!(
        tx,
        "INSERT INTO tabs (space, tab, url, title, favicon, pinned, tab_group, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (space, tab) DO UPDATE SET url = $3, title = $4, favicon = $5, pinned = $6, tab_group = $7,
         position = $8",
        space.to_string(),
        id.to_string(),
        tab.url.as_str(),
        tab.title.as_str(),
        tab.favicon.as_deref(),
        tab.pinned,
        tab.group.map(|group| group.to_string()),
        tab.position.as_str()
    )?;
    Ok(())
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

/// Writes what an event says of a message. `false` when it would send one under the id of another: the
/// state forgets old messages, this table does not.
pub(crate) async fn write_message(
    tx: &mut Tx,
    space: SpaceId,
    envelope: &Envelope,
    op: &Op,
) -> Result<bool, StoreError> {
    let rows = match op {
        Op::MessageSent { message, text } => execute!(
            tx,
            "INSERT INTO messages (space, message, seq, member, time, text, edited, deleted)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (space, message) DO NOTHING",
            space.to_string(),
            message.to_string(),
            number(envelope.seq.0),
            envelope.author.member.to_string(),
            envelope.time.0,
            text.as_str(),
            false
        )?,
        Op::MessageEdited { message, text } => execute!(
            tx,
            "UPDATE messages SET text = $3, edited = $4 WHERE space = $1 AND message = $2",
            space.to_string(),
            message.to_string(),
            text.as_str(),
            true
        )?,
        Op::MessageDeleted { message } => execute!(
            tx,
            "UPDATE messages SET text = '', deleted = $3 WHERE space = $1 AND message = $2",
            space.to_string(),
            message.to_string(),
            true
        )?,
        _ => 1,
    };
    Ok(rows == 1)
}
