//! People: guests, their credentials and devices, and the tickets that open sockets.
//!
//! A token exists in the clear only in the answer that makes it and in the requests that bear it; everything
//! kept is a hash.

pub(crate) mod auth;
pub(crate) mod bearers;
pub(crate) mod origin;
pub(crate) mod recovery;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod tickets;

use std::fmt;
use std::str::FromStr;

use protocol::MemberId;
use protocol::id::BadId;

/// A person, across all spaces. Never leaves the relay: in a space a person is a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(u128);

impl PersonId {
    /// The id made of these bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written as every other id.
        MemberId::from_bits(self.0).fmt(f)
    }
}

impl FromStr for PersonId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        text.parse::<MemberId>().map(|id| Self(id.bits()))
    }
}
