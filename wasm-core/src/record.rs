//! What is kept on disk: JSON texts under ordered keys, written in batches that are all or nothing.
//!
//! | key | what |
//! |---|---|
//! | `device` | this installation's id |
//! | `settings` | the relay's address, name, tokens, ignore list |
//! | `space/{id}` | a space: private ones as of a snapshot, shared ones as last confirmed |
//! | `log/{id}/{seq}` | the events of a private space |
//! | `outbox/{id}/{n}` | own ops that the relay has not acknowledged |
//! | `kept/{id}/{n}` | own ops that it has, for a while: a relay that is restored from a backup may lack them |
//! | `binding/{window}` | a window that a space follows |
//! | `asleep/{id}` | a space whose window is gone and may come back |
//! | `sharing/{id}` | a private space that the relay was asked to share, and has not answered for |

use protocol::{Seq, SpaceId};

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Puts a JSON text under a key.
    Put(String, String),
    /// Removes a key.
    Delete(String),
}

/// Writes that are durable together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// To be named when it is done.
    pub number: u64,
    /// In order.
    pub writes: Vec<Write>,
}

/// The key of a space.
pub fn space_key(space: SpaceId) -> String {
    format!("space/{space}")
}

/// The key of an event of a private space's log.
pub fn log_key(space: SpaceId, seq: Seq) -> String {
    format!("log/{space}/{:020}", seq.0)
}

/// The key of an op that waits for the relay.
pub fn outbox_key(space: SpaceId, n: u64) -> String {
    format!("outbox/{space}/{n:020}")
}

/// The key of an op that the relay acknowledged.
pub fn kept_key(space: SpaceId, n: u64) -> String {
    format!("kept/{space}/{n:020}")
}

/// The key of a window that a space follows.
pub fn binding_key(window: i32) -> String {
    format!("binding/{window}")
}

/// The key of a space whose window is gone.
pub fn asleep_key(space: SpaceId) -> String {
    format!("asleep/{space}")
}

/// The key of a private space's share that was begun.
pub fn sharing_key(space: SpaceId) -> String {
    format!("sharing/{space}")
}

/// The name of the database that holds the records of the extension.
pub const DATABASE: &str = "tabspace";

/// The key of the device's id.
pub const DEVICE_KEY: &str = "device";

/// The key of the settings.
pub const SETTINGS_KEY: &str = "settings";
