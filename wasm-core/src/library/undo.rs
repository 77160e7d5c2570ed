//! How a deed is taken back.

use protocol::{Op, SpaceId};
use serde::{Deserialize, Serialize};

use super::bin::BinId;
use super::follow::WindowSeen;
use super::marks::MarksChange;

/// What takes a deed back: it is plain data, which whoever asked for the deed keeps as long as it may be wanted. What
/// was removed is not in it but in the bin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Undo {
    /// What is taken out of the bin, first.
    pub binned: Vec<BinId>,
    /// Ops for spaces, in order. What has come to be so by other ways is passed over.
    pub ops: Vec<(SpaceId, Vec<Op>)>,
    /// Marks as they were.
    pub marks: Vec<(SpaceId, MarksChange)>,
    /// Spaces that were made: they go to the bin, last.
    pub made: Vec<SpaceId>,
    /// A window as it was.
    pub window: Option<(i32, WindowSeen)>,
}
