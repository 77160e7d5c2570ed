//! Ids, sequence numbers and times as they stand on the wire and in databases.
//!
//! An id is 128 bits, written as 26 lower-case characters of Crockford's base 32. The bits come from the
//! caller, who has a source of randomness; this crate has none.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// The text is not an id: wrong length or a character outside the alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 26 lower-case characters of Crockford's base 32")]
pub struct BadId;

fn encode(bits: u128) -> [u8; LENGTH] {
    let mut text = [b'0'; LENGTH];
    let mut rest = bits;
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[usize::from((rest & 31) as u8)];
        rest >>= 5;
    }
    text
}

/// The digit that each byte stands for; more than 31 for none.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut digit = 0_u8;
    while digit < 32 {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};

fn decode(text: &str) -> Result<u128, BadId> {
    let bytes = text.as_bytes();
    if bytes.len() != LENGTH || bytes[0] > b'7' {
        return Err(BadId);
    }
    bytes.iter().try_fold(0_u128, |bits, byte| {
        let digit = DIGITS[usize::from(*byte)];
        if digit < 32 {
            Ok(bits << 5 | u128::from(digit))
        } else {
            Err(BadId)
        }
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The id made of these bits; they should be random, so that ids made apart never meet.
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// The id of something made at this moment: 48 bits of time before 80 of these, which should be random.
            /// Ids made one after the other stand together in a database's index. (The form is that of a ULID.)
            pub const fn made_at(time: Millis, bits: u128) -> Self {
                let time = (time.0.cast_unsigned() & 0xffff_ffff_ffff) as u128;
                Self(time << 80 | bits & ((1 << 80) - 1))
            }

            /// The bits of the id.
            pub const fn bits(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = encode(self.0);
                f.pad(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                decode(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                String::schema()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// A space.
    SpaceId;
    /// A member of one space. The same person has another id in another space.
    MemberId;
    /// One installation (an extension, or one page slot of a browser): it numbers its ops. It belongs to
    /// one person and is also the address of signals.
    DeviceId;
    /// A tab of a space. Not Chrome's tab id.
    TabId;
    /// A group of tabs in a space. Not Chrome's group id.
    GroupId;
    /// A message of a space's conversation.
    MessageId;
    /// A stream of one tab, from its start to its end.
    StreamId;
    /// An invite: a link by which others join.
    InviteId;
    /// Changes when a relay was restored from a backup, so that a client that is ahead of it notices.
    Epoch;
}

/// The place of an event in its space's log: 1, 2, 3 … Zero is "nothing yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The number after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// This moment moved by a number of milliseconds, which may be negative.
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this moment; negative when it lies after it.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_written(bits: u128) {
            let id = TabId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse::<TabId>(), Ok(id));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text in ".{0,40}") {
            if let Ok(id) = text.parse::<TabId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn ids_made_one_after_the_other_stand_in_that_order() {
        let (first, second) = (TabId::made_at(Millis(7), u128::MAX), TabId::made_at(Millis(8), 0));
        assert!(first < second && first.to_string() < second.to_string());
        // Of the clock 48 bits count, of the others 80.
        assert_eq!(TabId::made_at(Millis(-1), u128::MAX).bits(), u128::MAX);
        assert_eq!(TabId::made_at(Millis(1), 1 << 80 | 5).bits(), 1 << 80 | 5);
    }

    #[test]
    fn ids_sort_as_their_text_does() {
        let (small, large) = (TabId::from_bits(1), TabId::from_bits(u128::MAX));
        assert!(small < large && small.to_string() < large.to_string());
        assert_eq!(large.to_string(), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
    }
}
