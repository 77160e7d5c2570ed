//! Events: ops that were accepted and ordered.
//!
//! An event is an envelope, which is plain and lets a relay authorise and order, and a payload, which may
//! be absent (erased) or of a kind this version does not know.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::id::{DeviceId, MemberId, Millis, Seq};
use crate::op::Op;

/// The plain kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The space itself.
    Space,
    /// Tabs and groups.
    Tab,
    /// Members and roles.
    Member,
    /// The conversation.
    Message,
    /// Streams.
    Stream,
    /// A class of a newer version.
    #[serde(other)]
    Unknown,
}

/// Who asked for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Author {
    /// The member.
    pub member: MemberId,
    /// The member's device, and the op's number on it. Absent when the relay wrote the event for the
    /// member (a join) or about the member (its host being gone).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<OpName>,
}

/// The name of an op in its space: the same name again is the same op again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpName {
    /// The device that submitted it.
    pub device: DeviceId,
    /// Its number there: 1, 2, 3 … for each space.
    pub n: u64,
}

/// The plain part of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Envelope {
    /// Its place in the log.
    pub seq: Seq,
    /// Who asked for it.
    pub author: Author,
    /// When it was ordered; never before the event before it.
    pub time: Millis,
    /// Its plain kind.
    pub class: Class,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// An op.
    Op(Op),
    /// An op of a kind this version does not know; kept as it came.
    Unknown(Value),
    /// Nothing any more.
    Erased,
}

/// An op in its place in a space's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// The plain part.
    #[serde(flatten)]
    pub envelope: Envelope,
    /// What it says.
    #[cfg_attr(feature = "openapi", schema(value_type = Op))]
    pub payload: Payload,
}

impl Op {
    /// The plain kind of events made of this op.
    pub const fn class(&self) -> Class {
        match self {
            Self::SpaceCreated(_)
            | Self::SpaceRenamed { .. }
            | Self::SpaceRecoloured { .. }
            | Self::SpaceDeleted {} => Class::Space,
            Self::GroupAdded(_)
            | Self::GroupUpdated { .. }
            | Self::GroupMoved { .. }
            | Self::GroupRemoved { .. }
            | Self::TabAdded(_)
            | Self::TabUpdated { .. }
            | Self::TabMoved { .. }
            | Self::TabRemoved { .. } => Class::Tab,
            Self::MemberJoined { .. } | Self::MemberLeft { .. } | Self::MemberRole { .. } => Class::Member,
            Self::MessageSent { .. } | Self::MessageEdited { .. } | Self::MessageDeleted { .. } => {
                Class::Message
            }
            Self::StreamStarted { .. } | Self::StreamEnded { .. } => Class::Stream,
        }
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Op(op) => op.serialize(serializer),
            Self::Unknown(value) => value.serialize(serializer),
            Self::Erased => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Self::Erased);
        }
        Ok(Op::deserialize(&value).map_or(Self::Unknown(value), Self::Op))
    }
}
