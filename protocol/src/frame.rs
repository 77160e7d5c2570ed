//! The frames of the WebSocket: JSON texts `{"type":"domain:verb","data":{…}}`.
//!
//! The client speaks first, with [`ClientFrame::Hello`]; the relay answers [`ServerFrame::Welcome`] or
//! [`ServerFrame::Error`] and closes. After that both send what they have to say. A frame that is wrong is
//! answered with `error:raised` and the connection stays open.
//!
//! Order: the events of a space arrive in the order of its log, without a gap, each once per subscription.
//! An op's `op:accepted` and its event come in either order. Signals have no order towards events.

use serde::{Deserialize, Serialize};

use crate::code::{Code, Refusal};
use crate::event::Event;
use crate::id::{DeviceId, Epoch, MemberId, Millis, Seq, SpaceId};
use crate::op::{OP_TYPES, Op};
use crate::signal::{Presence, Signal};
use crate::state::SpaceState;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ClientFrame {
    /// The first frame: the versions the client speaks, and a ticket (`POST /api/v1/realtime/tickets`).
    #[serde(rename = "session:hello")]
    Hello {
        /// All versions it speaks.
        versions: Vec<u32>,
        /// Single use; it says who this is and which device.
        ticket: String,
    },
    /// A sign of life. The relay answers `session:pong` with the same `t`.
    #[serde(rename = "session:ping")]
    Ping {
        /// Anything.
        t: i64,
    },
    /// The answer to the relay's `session:ping`.
    #[serde(rename = "session:pong")]
    Pong {
        /// The relay's.
        t: i64,
    },
    /// Wants a space: what it missed, then what happens. Again: from there.
    #[serde(rename = "space:subscribe")]
    Subscribe {
        /// Which space.
        space: SpaceId,
        /// The epoch of what it has; absent when it has nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
        /// The last event it has.
        #[serde(default)]
        since: Seq,
    },
    /// Wants no more of a space.
    #[serde(rename = "space:unsubscribe")]
    Unsubscribe {
        /// Which space.
        space: SpaceId,
    },
    /// Submits an op under the name (space, this device, n).
    #[serde(rename = "op:submit")]
    Submit {
        /// Which space.
        space: SpaceId,
        /// The op's number: one more than the one before it on this device in this space.
        n: u64,
        /// The op.
        op: Op,
    },
    /// Sends a signal to the room, or to one device in it.
    #[serde(rename = "signal:send")]
    Signal {
        /// Which space; the client has subscribed to it.
        space: SpaceId,
        /// To whom; absent for the room. Required for signals that are directed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<DeviceId>,
        /// What.
        signal: Signal,
    },
}

/// A server that helps peers find each other's address (RFC 8489), as `RTCIceServer` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:` addresses.
    pub urls: Vec<String>,
}

/// A member's name, and whether this is the receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// The member.
    pub member: MemberId,
    /// The name; empty when it was erased.
    pub name: String,
}

/// A device that is connected to a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Whose.
    pub member: MemberId,
    /// Which.
    pub device: DeviceId,
    /// What it last said.
    pub presence: Presence,
}

/// What the relay sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ServerFrame {
    /// The answer to `session:hello`.
    #[serde(rename = "session:welcome")]
    Welcome {
        /// The version spoken from here on.
        version: u32,
        /// The device of the ticket.
        device: DeviceId,
        /// The relay's clock.
        time: Millis,
        /// After this silence each side sends a ping, in milliseconds.
        heartbeat_ms: i64,
        /// After this silence each side takes the other for dead, in milliseconds.
        dead_after_ms: i64,
        /// For peer connections.
        ice_servers: Vec<IceServer>,
    },
    /// A sign of life; the client answers `session:pong`.
    #[serde(rename = "session:ping")]
    Ping {
        /// Anything.
        t: i64,
    },
    /// The answer to the client's `session:ping`.
    #[serde(rename = "session:pong")]
    Pong {
        /// The client's.
        t: i64,
    },
    /// The answer to a subscription when the client has nothing, something of another epoch, or too little:
    /// replaces what it has.
    #[serde(rename = "space:snapshot")]
    Snapshot {
        /// Which space.
        space: SpaceId,
        /// The log's epoch.
        epoch: Epoch,
        /// Who the receiver is in this space.
        you: MemberId,
        /// The number of the last op of this device that was decided; 0 for none.
        last_n: u64,
        /// The state; its head is where events go on.
        state: Box<SpaceState>,
        /// The names of all members and of the authors of recent messages.
        people: Vec<Person>,
    },
    /// The answer to a subscription when the client lacks only some events (perhaps none).
    #[serde(rename = "space:resumed")]
    Resumed {
        /// Which space.
        space: SpaceId,
        /// The log's epoch.
        epoch: Epoch,
        /// Who the receiver is in this space.
        you: MemberId,
        /// The number of the last op of this device that was decided; 0 for none.
        last_n: u64,
        /// What it missed.
        events: Vec<Event>,
        /// The names of all members and of the authors of recent messages.
        people: Vec<Person>,
    },
    /// What happened. To all subscribers, the author too.
    #[serde(rename = "space:events")]
    Events {
        /// Which space.
        space: SpaceId,
        /// In order, without a gap to what was sent before.
        events: Vec<Event>,
        /// The names of those who joined in them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        people: Vec<Person>,
    },
    /// The subscription is over: the receiver lost the space (left, removed, deleted).
    #[serde(rename = "space:closed")]
    Closed {
        /// Which space.
        space: SpaceId,
        /// Why.
        reason: Refusal,
    },
    /// Somebody changed the name.
    #[serde(rename = "people:changed")]
    People {
        /// Which space.
        space: SpaceId,
        /// The new names.
        people: Vec<Person>,
    },
    /// After a subscription, and again when the receiver was too slow for every change: which devices are in
    /// the room, this one too. Replaces what was known of them.
    #[serde(rename = "presence:listed")]
    PresenceListed {
        /// Which space.
        space: SpaceId,
        /// All of them.
        present: Vec<Present>,
    },
    /// A device came, or its presence changed.
    #[serde(rename = "presence:changed")]
    PresenceChanged {
        /// Which space.
        space: SpaceId,
        /// The device.
        present: Present,
    },
    /// A device went.
    #[serde(rename = "presence:gone")]
    PresenceGone {
        /// Which space.
        space: SpaceId,
        /// Which.
        device: DeviceId,
    },
    /// The op is in the log; this is sent after the commit.
    #[serde(rename = "op:accepted")]
    Accepted {
        /// Which space.
        space: SpaceId,
        /// Which op of this device.
        n: u64,
        /// Its place.
        seq: Seq,
    },
    /// The op is not in the log and will not be. `op_gap` and transient codes leave `n` undecided: the
    /// client sends again from there; every other refusal is final for this op. `removed`,
    /// `space_deleted` and `no_such_space` use no number up: nothing is decided there for this person.
    #[serde(rename = "op:refused")]
    Refused {
        /// Which space.
        space: SpaceId,
        /// Which op of this device.
        n: u64,
        /// Why.
        reason: Refusal,
    },
    /// A signal from another device.
    #[serde(rename = "signal:received")]
    Signal {
        /// Which space.
        space: SpaceId,
        /// Who sent it.
        from: MemberId,
        /// From which device.
        device: DeviceId,
        /// What.
        signal: Signal,
    },
    /// A frame was wrong, or the connection ends.
    #[serde(rename = "error:raised")]
    Error {
        /// The frame's space, if it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        space: Option<SpaceId>,
        /// What was wrong.
        reason: Refusal,
    },
}

impl ClientFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::UnknownType`] (of the frame, or of the op in it) or [`Code::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Code> {
        if text.len() > crate::limits::FRAME_BYTES {
            return Err(Code::TooLarge);
        }
        serde_json::from_str(text).map_err(|_| match wrong_kind(text, CLIENT_TYPES) {
            Code::Malformed if submits_unknown(text) => Code::UnknownType,
            code => code,
        })
    }

    /// The space and the number of the op that a frame submits, when the rest of it cannot be read.
    pub fn submitted_name(text: &str) -> Option<(SpaceId, u64)> {
        #[derive(Deserialize)]
        struct Frame {
            r#type: String,
            data: Name,
        }
        #[derive(Deserialize)]
        struct Name {
            space: SpaceId,
            n: u64,
        }
        let Frame { r#type, data } = serde_json::from_str(text).ok()?;
        (r#type == SUBMIT).then_some((data.space, data.n))
    }
}

impl ServerFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`Code::UnknownType`] (of a newer relay; to be passed over) or [`Code::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Code> {
        serde_json::from_str(text).map_err(|_| wrong_kind(text, SERVER_TYPES))
    }
}

const SUBMIT: &str = "op:submit";

const CLIENT_TYPES: &[&str] = &[
    "session:hello",
    "session:ping",
    "session:pong",
    "space:subscribe",
    "space:unsubscribe",
    SUBMIT,
    "signal:send",
];

const SERVER_TYPES: &[&str] = &[
    "session:welcome",
    "session:ping",
    "session:pong",
    "space:snapshot",
    "space:resumed",
    "space:events",
    "space:closed",
    "people:changed",
    "presence:listed",
    "presence:changed",
    "presence:gone",
    "op:accepted",
    "op:refused",
    "signal:received",
    "error:raised",
];

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

/// What was wrong with a frame or an op that could not be read: a type nobody knows, or the rest.
pub(crate) fn wrong_kind(text: &str, known: &[&str]) -> Code {
    match serde_json::from_str::<Kind>(text) {
        Ok(kind) if !known.contains(&kind.r#type.as_str()) => Code::UnknownType,
        _ => Code::Malformed,
    }
}

/// Whether a frame submits an op of a type nobody knows.
fn submits_unknown(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Frame {
        r#type: String,
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        op: Kind,
    }
    serde_json::from_str::<Frame>(text)
        .is_ok_and(|frame| frame.r#type == SUBMIT && !OP_TYPES.contains(&frame.data.op.r#type.as_str()))
}

impl From<Code> for ServerFrame {
    fn from(code: Code) -> Self {
        Self::Error {
            space: None,
            reason: code.into(),
        }
    }
}
