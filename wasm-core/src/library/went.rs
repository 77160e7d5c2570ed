//! What a binding notes of a tab that went to another page; `library/engine/astray.rs` says what that means.

use protocol::Millis;
use serde::{Deserialize, Serialize};

/// A tab that went to another page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Went {
    /// When it first did.
    pub at: Millis,
    /// Whether the person was looking at it, the last time it did.
    pub shown: bool,
    /// Its address before.
    pub url: String,
    /// Its title before.
    pub title: String,
    /// Its address now.
    pub to: String,
}
