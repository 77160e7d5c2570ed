//! The bodies of the REST calls under `/api/v1`, JSON both ways. Errors are a [`crate::Refusal`] with the
//! status of its code. The relay's `/api/v1/openapi.json` is made from these types.

use serde::{Deserialize, Serialize};

use crate::code::Refusal;
use crate::event::Event;
use crate::frame::Person;
use crate::id::{DeviceId, Epoch, InviteId, MemberId, Millis, Seq, SpaceId};
use crate::op::{Created, Op};
use crate::role::Role;
use crate::state::{Message, SpaceState};

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }
    )*};
}

/// How a guest's credential is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// In an `HttpOnly`, `SameSite` cookie: for the relay's own page.
    Cookie,
    /// In the answer, to be sent as `Authorization: Bearer …`: for the extension and programs.
    Token,
}

bodies! {
    /// `POST /guests`: become somebody, without an account.
    NewGuest {
        /// The name others see.
        name: String,
        /// How the credential is kept.
        credential: Credential,
    }
    /// The answer, and that of `GET /me` and `PATCH /me` (without a token).
    Me {
        /// The name others see.
        name: String,
        /// The bearer token; shown once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// The spaces this person is a member of.
        spaces: Vec<MySpace>,
    }
    /// A space of the caller.
    MySpace {
        /// Which.
        space: SpaceId,
        /// Its name.
        name: String,
        /// The caller's role.
        role: Role,
    }
    /// `POST /me/recovery`: the only time that the key is told.
    RecoveryMade {
        /// As the person writes it down.
        key: String,
        /// When it was made.
        made: Millis,
    }
    /// `GET /me/recovery`.
    RecoveryNow {
        /// When the key was made that is good; `None` when there is none.
        made: Option<Millis>,
        /// When somebody last became this person with it.
        used: Option<Millis>,
    }
    /// `POST /recovery`: the key travels in a body, never in a path. The answer is [`Me`], with a token.
    Recover {
        /// As it was typed.
        key: String,
    }
    /// `PATCH /me`: another name.
    Rename {
        /// The name others see.
        name: String,
    }
    /// `POST /spaces`: a shared space begins. Repeating it gives the same answer.
    NewSpace {
        /// Chosen by the client.
        space: SpaceId,
        /// The first event.
        created: Created,
    }
    /// The caller is in.
    Joined {
        /// The space.
        space: SpaceId,
        /// Who the caller is in it.
        member: MemberId,
        /// The caller's role.
        role: Role,
    }
    /// `GET /spaces/{space}`.
    SpaceNow {
        /// The log's epoch.
        epoch: Epoch,
        /// Who the caller is in it.
        you: MemberId,
        /// The state.
        state: SpaceState,
        /// Names.
        people: Vec<Person>,
        /// The number of the last op of the device that was asked for (`?device=`) that was decided; 0 for none.
        /// Every decided op of it is within the state.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_n: Option<u64>,
    }
    /// `POST /spaces/{space}/ops`: submits ops in order.
    SubmitOps {
        /// The device, which becomes the caller's if it is nobody's.
        device: DeviceId,
        /// The epoch in which the ops got their numbers; absent from whoever has not heard of one yet. When the
        /// relay's is another, nothing is decided and the first op is answered with `op_gap`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
        /// At most `limits::PAGE`.
        ops: Vec<NumberedOp>,
    }
    /// An op and its number on the device.
    NumberedOp {
        /// One more than the one before it.
        n: u64,
        /// The op.
        op: Op,
    }
    /// The answers, in the same order. After a transient refusal or `op_gap` the rest is not tried.
    OpAnswers {
        /// One for each op that was tried.
        answers: Vec<OpAnswer>,
    }
    /// What became of an op.
    OpAnswer {
        /// Its number.
        n: u64,
        /// Its place in the log, if it was accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
        /// Why not, if it was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<Refusal>,
    }
    /// `GET /spaces/{space}/events?since=&limit=`.
    EventPage {
        /// The log's epoch.
        epoch: Epoch,
        /// The last event there is.
        head: Seq,
        /// From `since` on, at most `limit` (default and most: `limits::PAGE`).
        events: Vec<Event>,
    }
    /// `GET /spaces/{space}/messages?before=&limit=`: before an event, the newest first.
    MessagePage {
        /// At most `limit`.
        messages: Vec<NumberedMessage>,
        /// The names of their authors.
        people: Vec<Person>,
        /// Whether there are older ones.
        more: bool,
    }
    /// A message and the event that sent it.
    NumberedMessage {
        /// The event.
        seq: Seq,
        /// The message.
        message: Message,
    }
    /// `POST /spaces/{space}/invites`.
    NewInvite {
        /// What those who join may do.
        role: Role,
        /// How long it is good for, in milliseconds; at most `limits::INVITE_LIFE_MS`.
        life_ms: i64,
    }
    /// The answer: the only time that the secret is told.
    InviteMade {
        /// The invite.
        invite: Invite,
        /// The whole link, with the secret in its fragment.
        link: String,
    }
    /// An invite, as its space's editors see it.
    Invite {
        /// Which.
        id: InviteId,
        /// What those who join may do.
        role: Role,
        /// Who made it.
        by: MemberId,
        /// Until when.
        expires: Millis,
        /// How many joined with it.
        uses: u32,
        /// It was revoked.
        revoked: bool,
    }
    /// `GET /spaces/{space}/invites`.
    Invites {
        /// Those that are still good, the newest first.
        invites: Vec<Invite>,
    }
    /// `POST /invites/preview` and `POST /invites/redeem`: the secret travels in a body, never in a path.
    InviteSecret {
        /// From the link's fragment.
        secret: String,
    }
    /// The answer to a preview: what is asked of whom, before anything is asked.
    InvitePreview {
        /// The space.
        space: SpaceId,
        /// The space's name.
        space_name: String,
        /// The space's colour.
        colour: crate::op::Colour,
        /// How many tabs it holds.
        tabs: u32,
        /// How many members it has.
        members: u32,
        /// Who made the invite.
        inviter: String,
        /// What joining gives.
        role: Role,
        /// Until when.
        expires: Millis,
        /// The caller is a member already.
        already_in: bool,
    }
    /// `POST /realtime/tickets`.
    NewTicket {
        /// The device that connects; it becomes the caller's if it is nobody's.
        device: DeviceId,
    }
    /// The answer.
    Ticket {
        /// For `session:hello`, once.
        ticket: String,
        /// How long it is good for, in milliseconds.
        life_ms: i64,
    }
}
