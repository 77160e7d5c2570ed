//! Roles, and the one function that says who may do what.
//!
//! Every route and every frame of the relay, and every op of a private space, goes through [`authorise`].

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::id::MemberId;
use crate::op::Op;
use crate::state::SpaceState;

/// What a member may do, each role including the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees tabs, people, recent messages; watches streams.
    Viewer,
    /// Also writes messages and points.
    Commenter,
    /// Also changes tabs and groups, streams an own tab, invites up to the own role.
    Editor,
    /// Also renames, changes roles, removes members, revokes links, deletes the space.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Commenter, Self::Editor, Self::Owner];

    /// The role as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Commenter => "commenter",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// What somebody wants to do in a space.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// See the space's state, its people, recent messages and streams.
    See,
    /// Send a presence or typing signal, or one that negotiates a stream to watch.
    Signal,
    /// Point in somebody's stream.
    Point,
    /// Submit an op.
    Submit(&'a Op),
    /// Make an invite that gives this role.
    Invite(Role),
    /// See the space's invites.
    ListInvites,
    /// Revoke an invite made by this member.
    RevokeInvite(MemberId),
}

/// Whether a member of a space in this state may do this.
///
/// The relay asks with the state as it is when the op takes its place in the log; a client asks with the
/// state it sees, to show only what is possible.
///
/// # Errors
/// [`Code::SpaceDeleted`], [`Code::NotAMember`], [`Code::Forbidden`], [`Code::LastOwner`],
/// [`Code::NoSuchThing`] (a message to edit that is not there) or [`Code::OpNotAllowed`].
pub fn authorise(state: &SpaceState, member: MemberId, action: &Action<'_>) -> Result<(), Code> {
    if state.deleted {
        return Err(Code::SpaceDeleted);
    }
    let role = state.role_of(member).ok_or(Code::NotAMember)?;
    let at_least = |needed: Role| {
        if role >= needed {
            Ok(())
        } else {
            Err(Code::Forbidden)
        }
    };
    match action {
        Action::See | Action::Signal => Ok(()),
        Action::Point => at_least(Role::Commenter),
        Action::Invite(given) => at_least(Role::Editor.max(*given)),
        Action::ListInvites => at_least(Role::Editor),
        Action::RevokeInvite(by) => {
            if *by == member {
                at_least(Role::Editor)
            } else {
                at_least(Role::Owner)
            }
        }
        Action::Submit(op) => may_submit(state, member, role, op, state.has_room_for(op)),
    }
}

/// Whether the owner of a private space may do this there: what may be done in a shared one, and more tabs and groups
/// have room.
///
/// # Errors
/// As [`authorise`].
pub fn authorise_private(state: &SpaceState, owner: MemberId, op: &Op) -> Result<(), Code> {
    if state.deleted {
        return Err(Code::SpaceDeleted);
    }
    let role = state.role_of(owner).ok_or(Code::NotAMember)?;
    may_submit(state, owner, role, op, state.has_private_room_for(op))
}

fn may_submit(
    state: &SpaceState,
    member: MemberId,
    role: Role,
    op: &Op,
    room: Result<(), Code>,
) -> Result<(), Code> {
    let at_least = |needed: Role| {
        if role >= needed {
            Ok(())
        } else {
            Err(Code::Forbidden)
        }
    };
    if state.read_only {
        return Err(Code::ReadOnly);
    }
    room?;
    match op {
        Op::SpaceCreated(_) | Op::MemberJoined { .. } => Err(Code::OpNotAllowed),
        Op::SpaceRenamed { .. } | Op::SpaceRecoloured { .. } | Op::SpaceDeleted {} => at_least(Role::Owner),
        Op::GroupAdded { .. }
        | Op::GroupUpdated { .. }
        | Op::GroupMoved { .. }
        | Op::GroupRemoved { .. }
        | Op::TabAdded { .. }
        | Op::TabUpdated { .. }
        | Op::TabMoved { .. }
        | Op::TabRemoved { .. }
        | Op::StreamStarted { .. } => at_least(Role::Editor),
        Op::StreamEnded { stream, .. } => match state.streams.get(stream) {
            Some(running) if running.by == member => Ok(()),
            Some(_) => at_least(Role::Owner),
            None => Err(Code::NoSuchThing),
        },
        Op::MessageSent { .. } => at_least(Role::Commenter),
        Op::MessageEdited { message, .. } => {
            at_least(Role::Commenter)?;
            match state.message(*message) {
                Some(sent) if sent.by == member && !sent.deleted => Ok(()),
                Some(_) => Err(Code::Forbidden),
                None => Err(Code::NoSuchThing),
            }
        }
        Op::MessageDeleted { message } => {
            at_least(Role::Commenter)?;
            match state.message(*message) {
                Some(sent) if sent.by == member || role == Role::Owner => Ok(()),
                Some(_) => Err(Code::Forbidden),
                None => Err(Code::NoSuchThing),
            }
        }
        Op::MemberRole {
            member: whom,
            role: to,
        } => {
            at_least(Role::Owner)?;
            state.role_of(*whom).ok_or(Code::NoSuchThing)?;
            if *to == Role::Owner {
                Ok(())
            } else {
                state.keeps_an_owner_without(*whom)
            }
        }
        Op::MemberLeft { member: whom, .. } => {
            if *whom != member {
                at_least(Role::Owner)?;
            }
            state.role_of(*whom).ok_or(Code::NoSuchThing)?;
            state.keeps_an_owner_without(*whom)
        }
    }
}
