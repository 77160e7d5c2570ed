//! What the options ask of the recovery key.

use protocol::Millis;
use serde::{Deserialize, Serialize};

/// An ask. Each is answered with [`super::Answer::Recovery`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryAsk {
    /// Whether there is a key.
    State,
    /// Makes one, instead of the one before.
    Make,
    /// Makes the present one useless.
    Revoke,
    /// Makes all other browsers of this person nobody at the relay: who has one of them, or had it by a key, is out.
    SignOutOthers,
    /// Takes in the shared spaces of this person that are not here.
    Fetch,
    /// Becomes the person whose key this is, on a machine that is nobody yet at this relay.
    Use(String),
}

/// How it stands with the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryState {
    /// Whether this browser is somebody at the relay: only then is there something to recover.
    pub known: bool,
    /// When the key was made that is good.
    pub made: Option<Millis>,
    /// When it was last used.
    pub used: Option<Millis>,
    /// The key, in the answer that makes it and never again.
    pub key: Option<String>,
    /// The shared spaces that came.
    pub came: Option<usize>,
    /// All other browsers were signed out just now.
    #[serde(default)]
    pub alone: bool,
}
