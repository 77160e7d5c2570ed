//! Signals: messages that are delivered at once or not at all, and never stored.

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::id::{StreamId, TabId};
use crate::limits;
use crate::role::Action;

/// What a device says of its person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The tab of the space that the person looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tab: Option<TabId>,
    /// The stream that the device watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watching: Option<StreamId>,
    /// Nothing was touched for a while.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
    /// The streams of the device that do not go out whole; at most [`limits::STREAMS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
}

/// What the host holds back of a stream that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which stream.
    pub stream: StreamId,
    /// Neither picture nor sound goes out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// The sound does not go out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

/// A candidate of ICE (RFC 8445), as `RTCIceCandidate` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The candidate line; empty is the end of candidates.
    pub candidate: String,
    /// Media description it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mid: Option<String>,
    /// Its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u16>,
}

/// A message between devices of a space. The `attempt` of the negotiation tells one peer connection from the
/// next between the same two devices: messages of another attempt are dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Signal {
    /// To all: where this device's person is. The relay remembers the last one of each device.
    #[serde(rename = "presence:changed")]
    Presence(Presence),
    /// To all: where the pointer is in a stream's picture, 0 to 1 from its top left; absent when it left.
    #[serde(rename = "cursor:moved")]
    Cursor {
        /// In which picture.
        stream: StreamId,
        /// Where; absent when it left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<(f32, f32)>,
    },
    /// To all: the person writes a message, or stopped to.
    #[serde(rename = "typing:changed")]
    Typing {
        /// Whether.
        on: bool,
    },
    /// From a viewer to the host's device: send me this stream. Again: start over (a new attempt).
    #[serde(rename = "rtc:watch")]
    Watch {
        /// Which stream.
        stream: StreamId,
        /// Chosen by the viewer.
        attempt: u32,
    },
    /// From the host's device to a viewer: session description (RFC 8829). Also for an ICE restart.
    #[serde(rename = "rtc:offer")]
    Offer {
        /// Which stream.
        stream: StreamId,
        /// The viewer's.
        attempt: u32,
        /// The description (RFC 8866).
        sdp: String,
    },
    /// From a viewer to the host's device.
    #[serde(rename = "rtc:answer")]
    Answer {
        /// Which stream.
        stream: StreamId,
        /// The viewer's.
        attempt: u32,
        /// The description (RFC 8866).
        sdp: String,
    },
    /// Both ways: a candidate (RFC 8838).
    #[serde(rename = "rtc:candidate")]
    Candidate {
        /// Which stream.
        stream: StreamId,
        /// The viewer's.
        attempt: u32,
        /// The candidate.
        candidate: Candidate,
    },
    /// From a viewer: no more. From the host: not for you (the reason is in words, for the details).
    #[serde(rename = "rtc:bye")]
    Bye {
        /// Which stream.
        stream: StreamId,
        /// The viewer's.
        attempt: u32,
    },
}

impl Signal {
    /// What a member must be allowed to do to send this.
    pub const fn action(&self) -> Action<'static> {
        match self {
            Self::Cursor { .. } => Action::Point,
            _ => Action::Signal,
        }
    }

    /// Whether it goes to one device (the negotiation of a stream), not to the room.
    pub const fn is_directed(&self) -> bool {
        !matches!(
            self,
            Self::Presence(_) | Self::Cursor { .. } | Self::Typing { .. }
        )
    }

    /// Signals of the same kind and sender replace each other in a full queue; the kind's name. `None` for
    /// those that must all arrive (the negotiation of a stream).
    pub const fn coalesces_as(&self) -> Option<&'static str> {
        match self {
            Self::Presence(_) => Some("presence"),
            Self::Cursor { .. } => Some("cursor"),
            Self::Typing { .. } => Some("typing"),
            _ => None,
        }
    }

    /// Whether it is well formed.
    ///
    /// # Errors
    /// [`Code::TooLarge`] or [`Code::Malformed`].
    pub fn check(&self) -> Result<(), Code> {
        match self {
            Self::Presence(presence) if presence.held.len() > limits::STREAMS => Err(Code::TooLarge),
            Self::Offer { sdp, .. } | Self::Answer { sdp, .. } if sdp.len() > limits::SIGNAL_BYTES => {
                Err(Code::TooLarge)
            }
            Self::Candidate { candidate, .. } if candidate.candidate.len() > 4096 => Err(Code::TooLarge),
            Self::Cursor { at: Some((x, y)), .. } if !(0.0..=1.0).contains(x) || !(0.0..=1.0).contains(y) => {
                Err(Code::Malformed)
            }
            _ => Ok(()),
        }
    }
}
