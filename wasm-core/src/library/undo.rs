//! How a deed is taken back.

use protocol::{GroupId, Op, SpaceId, TabId};
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
    /// Tabs that were taken out of spaces in the bin alone, or went back into them.
    pub apart: Vec<Apart>,
    /// A window as it was.
    pub window: Option<(i32, WindowSeen)>,
}

/// A tab of a space that is in the bin whole, and the space that is made of the tab alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// The entry of the bin.
    pub entry: BinId,
    /// Which tab of it.
    pub tab: TabId,
    /// The space that is made of it: the same each time, and so are its ids in it.
    pub space: SpaceId,
    /// Which tab it is there: the one in the bin may come back as well.
    pub copy: TabId,
    /// The group that it is in there, if it is in one.
    pub group: GroupId,
    /// Whether it goes back into the entry, or out of it again.
    pub goes_back: bool,
}
