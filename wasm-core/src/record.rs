//! What is kept on disk: JSON texts under ordered keys, written in batches that are all or nothing.
//!
//! | key | what |
//! |---|---|
//! | `device` | this installation's id |
//! | `settings` | the relay's address, name, tokens, ignore list |
//! | `space/{id}` | a space: private ones as of a snapshot, shared ones as last confirmed |
//! | `log/{id}/{seq}` | the events of a private space since its snapshot |
//! | `history/{id}` | what there is of a private space's past |
//! | `past/{id}/{seq}` | older events of a private space: never loaded but to look at its history |
//! | `outbox/{id}/{n}` | own ops that the relay has not acknowledged |
//! | `kept/{id}/{n}` | own ops that it has, for a while: a relay that is restored from a backup may lack them |
//! | `binding/{window}` | a window that a space follows |
//! | `asleep/{id}` | a space whose window is gone and may come back |
//! | `coming/{id}` | a window that was asked of Chrome for a space and is not bound to it yet |
//! | `aside/{key}/{number}` | a record that could not be read, where something had to stand in its place |
//! | `sharing/{id}` | a private space that the relay was asked to share, and has not answered for |
//! | `marks/{id}` | tags, notes and stars of a space and its tabs |
//! | `uses/{id}` | how often the tabs of a space were shown, and when last |
//! | `bin/{time}/{number}` | what was removed, for a while |

use protocol::{Seq, SpaceId};

use crate::library::bin::BinId;

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
    format!("{}{:020}", log_prefix(space), seq.0)
}

/// The beginning of the keys of a private space's log.
pub fn log_prefix(space: SpaceId) -> String {
    format!("log/{space}/")
}

/// The key of what there is of a private space's past.
pub fn history_key(space: SpaceId) -> String {
    format!("history/{space}")
}

/// The key of events of a private space that a snapshot dropped; `first` is the first of them.
pub fn past_key(space: SpaceId, first: Seq) -> String {
    format!("{PAST}{space}/{:020}", first.0)
}

/// The beginning of the keys of all that is past.
pub const PAST: &str = "past/";

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

/// The key of a window that was asked for a space.
pub fn coming_key(space: SpaceId) -> String {
    format!("coming/{space}")
}

/// The key of a private space's share that was begun.
pub fn sharing_key(space: SpaceId) -> String {
    format!("sharing/{space}")
}

/// The key of what is marked in a space.
pub fn marks_key(space: SpaceId) -> String {
    format!("marks/{space}")
}

/// The key of how the tabs of a space are used.
pub fn uses_key(space: SpaceId) -> String {
    format!("uses/{space}")
}

/// The key of something in the bin.
pub fn bin_key(id: BinId) -> String {
    format!("bin/{:020}/{:010}", id.0.0, id.1)
}
/// The beginning of the keys of records that could not be read and were set aside.
pub const ASIDE: &str = "aside/";

/// The name of the database that holds the records of the extension.
pub const DATABASE: &str = "tabspace";

/// The name of the database that holds the folder of the backups: a handle, which is no text.
pub const FOLDER_DATABASE: &str = "tabspace-folder";

/// The key of the device's id.
pub const DEVICE_KEY: &str = "device";

/// The key of the settings.
pub const SETTINGS_KEY: &str = "settings";
