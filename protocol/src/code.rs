//! Stable codes for everything that is refused, each with a sentence.
//!
//! Programs compare the code; the sentence is English, for logs and for clients that do not know the
//! code. TabSpace's own pages translate by code.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $status:literal, $sentence:literal;)*) => {
        /// Why something was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $wire)] $name,)*
            /// A code of a newer relay.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl Code {
            /// Every code that this version knows.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status (RFC 9110) that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Unknown => 500 }
            }

            /// A sentence that a person understands.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                    Self::Unknown => "Something was refused for a reason this version does not know. Update TabSpace.",
                }
            }
        }
    };
}

codes! {
    /// The frame or body is not JSON of the expected shape.
    Malformed = "malformed", 400, "This request could not be read.";
    /// A frame type this version does not know.
    UnknownType = "unknown_type", 400, "This kind of request is not known here. Update TabSpace.";
    /// No version in common.
    Version = "version", 400, "This version of TabSpace and the relay do not understand each other. Update TabSpace.";
    /// The first frame was not `session:hello`, or another came before the welcome.
    HelloFirst = "hello_first", 400, "The connection has to introduce itself first.";
    /// Something is larger than `limits` allows.
    TooLarge = "too_large", 413, "This is too large.";
    /// Too many of something.
    TooMany = "too_many", 409, "There are too many of these already.";
    /// A name or text is empty or holds control characters.
    BadText = "bad_text", 422, "This text is empty or contains characters that are not allowed.";
    /// An address that is not http or https.
    AddressNotAllowed = "address_not_allowed", 422, "Only web addresses (http and https) can be shared.";
    /// A position that is not a valid fractional index.
    BadPosition = "bad_position", 422, "This position is not valid.";
    /// An op that only the relay writes, or that cannot be submitted in this place.
    OpNotAllowed = "op_not_allowed", 422, "This change cannot be made here.";
    /// The thing an op names is not there.
    NoSuchThing = "no_such_thing", 404, "This is not here any more.";
    /// The role does not allow it.
    Forbidden = "forbidden", 403, "Your role in this space does not allow this.";
    /// Not a member (any more).
    NotAMember = "not_a_member", 403, "You are not a member of this space.";
    /// Removed by an owner.
    Removed = "removed", 403, "You were removed from this space.";
    /// Older history was not granted.
    HistoryNotGranted = "history_not_granted", 403, "The history before you joined was not shared with you.";
    /// No credential, or one that is not valid.
    Unauthenticated = "unauthenticated", 401, "You are not signed in here.";
    /// The ticket was used, is too old, or never existed.
    BadTicket = "bad_ticket", 401, "This connection ticket is not valid any more.";
    /// The recovery key is not one, or not good any more.
    BadRecoveryKey = "bad_recovery_key", 401, "This recovery key is not good, or was replaced by a newer one.";
    /// The `Origin` may not do this.
    ForeignOrigin = "foreign_origin", 403, "This page may not talk to the relay.";
    /// The invite never existed.
    NoSuchInvite = "no_such_invite", 404, "This link does not lead to a space. Ask for a new one.";
    /// The invite's time is over.
    InviteExpired = "invite_expired", 410, "This link has expired. Ask for a new one.";
    /// The invite was revoked.
    InviteRevoked = "invite_revoked", 410, "This link was revoked. Ask for a new one.";
    /// The space is full.
    SpaceFull = "space_full", 409, "This space is full.";
    /// The space does not exist, or the caller may not know that it does.
    NoSuchSpace = "no_such_space", 404, "This space does not exist.";
    /// The space was deleted.
    SpaceDeleted = "space_deleted", 410, "This space was deleted by its owner.";
    /// A space would be left without an owner.
    LastOwner = "last_owner", 409, "A space needs an owner. Make somebody else owner first.";
    /// The device belongs to somebody else.
    DeviceTaken = "device_taken", 409, "This device is already known under another identity.";
    /// Another content under the same (space, device, n).
    OpConflict = "op_conflict", 409, "Another change was already sent under this number.";
    /// `n` skips a number.
    OpGap = "op_gap", 409, "A change before this one is missing.";
    /// The space contains something newer than this version understands.
    ReadOnly = "read_only", 409, "This space was changed by a newer TabSpace. Update to change it.";
    /// Too fast.
    TooFast = "too_fast", 429, "That was too fast. Try again in a moment.";
    /// The receiver could not keep up and has to come again.
    SlowConsumer = "slow_consumer", 408, "The connection was too slow and starts again.";
    /// The relay stops or restarts.
    GoingAway = "going_away", 503, "The relay is restarting.";
    /// The database is away.
    StoreAway = "store_away", 503, "The relay cannot reach its database. Nothing was lost; it will be tried again.";
    /// No route of this name.
    NotFound = "not_found", 404, "There is nothing here.";
    /// A defect of the relay.
    Internal = "internal", 500, "The relay made a mistake. Nothing was lost.";
}

impl Code {
    /// Whether the same request may succeed later without being changed.
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::TooFast | Self::SlowConsumer | Self::GoingAway | Self::StoreAway | Self::Internal
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By its word: what is derived looks for every code twice, as text and as bytes, and is 7 kB of the popup.
impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;

        impl Visitor<'_> for Word {
            type Value = Code;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a code")
            }

            fn visit_str<E>(self, word: &str) -> Result<Code, E> {
                let mut known = Code::ALL.iter().copied();
                Ok(known.find(|code| code.as_str() == word).unwrap_or(Code::Unknown))
            }
        }

        deserializer.deserialize_str(Word)
    }
}

/// A refusal: the code, and a sentence when there is more to say than the code's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Stable, for programs.
    pub code: Code,
    /// For people.
    pub message: String,
    /// Milliseconds after which trying again makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self {
            code,
            message: code.sentence().to_owned(),
            retry_after_ms: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_has_a_sentence() {
        for &code in Code::ALL {
            let wire = serde_json::to_string(&code).expect("a code is text");
            assert_eq!(wire, format!("\"{}\"", code.as_str()));
            assert_eq!(serde_json::from_str::<Code>(&wire).expect("reads back"), code);
            assert!(code.sentence().ends_with('.') && (400..600).contains(&code.status()));
        }
        assert_eq!(
            serde_json::from_str::<Code>("\"from_the_future\"").expect("tolerated"),
            Code::Unknown
        );
    }
}
