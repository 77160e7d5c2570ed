//! What a person can do in a space that is open before him.

use protocol::{Colour, GroupId, MemberId, MessageId, Role, StreamId, TabId};
use serde::{Deserialize, Serialize};

use crate::library::bin::BinId;
use crate::library::inflow::Inflow;

/// What a tab is put before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbour {
    /// A tab of the same group, or outside of any.
    Tab(TabId),
    /// A group; only for a tab outside of any.
    Group(GroupId),
}

/// A wish. The session turns it into ops and signals, or into a notice when it is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Gives the space another name.
    Rename(String),
    /// Gives the space another colour.
    Recolour(Colour),
    /// Deletes the space for everybody.
    Delete,
    /// Leaves the space.
    Leave,
    /// Adds a tab at the end. An address without a scheme gets https.
    AddTab {
        /// Its address.
        url: String,
        /// Its title; may be empty.
        title: String,
    },
    /// Gives a tab another title.
    RenameTab {
        /// Which.
        tab: TabId,
        /// The title.
        title: String,
    },
    /// Puts a tab before another or before a group, or at the end of its group (or of the space).
    MoveTab {
        /// Which.
        tab: TabId,
        /// The group it goes into.
        group: Option<GroupId>,
        /// What it stands before; `None` for the end.
        before: Option<Neighbour>,
    },
    /// Removes a tab from the space.
    RemoveTab(TabId),
    /// Sends a message.
    Send(String),
    /// Changes an own message.
    Edit {
        /// Which.
        message: MessageId,
        /// The new text.
        text: String,
    },
    /// Deletes an own message (an owner: any).
    DeleteMessage(MessageId),
    /// The person is writing, or stopped to.
    Typing(bool),
    /// The person looks at a tab of the space, or at none.
    Look(Option<TabId>),
    /// The person was idle for a while, or is back.
    Idle(bool),
    /// Changes a member's role.
    SetRole {
        /// Whose.
        member: MemberId,
        /// To what.
        role: Role,
    },
    /// Removes a member.
    Remove(MemberId),
    /// Watches a stream. Again after "no path": tries again.
    Watch(StreamId),
    /// Stops watching.
    Unwatch(StreamId),
    /// Points into a stream's picture, or takes the pointer away.
    Point {
        /// Which.
        stream: StreamId,
        /// Where, 0 to 1 from the top left.
        at: Option<(f32, f32)>,
    },
    /// Holds back picture and sound of a stream of this device, or lets them go out again.
    PauseStream {
        /// Which.
        stream: StreamId,
        /// Whether it is paused from now on.
        paused: bool,
    },
    /// Holds back the sound of a stream of this device, or lets it go out again. The host goes on hearing it.
    MuteStream {
        /// Which.
        stream: StreamId,
        /// Whether it is muted from now on.
        muted: bool,
    },
    /// Ends an own stream (an owner: any).
    StopStream(StreamId),
    /// The notice was read.
    Dismiss(u64),
    /// Sets what becomes in the window of what others do in the space.
    SetInflow(Inflow),
    /// What others did and what waits for a word goes into the window, or stays out of it.
    TakeOver(bool),
    /// Takes something out of the bin, back to where it was.
    TakeOut(BinId),
    /// Adds a tab that was removed, as it was and where it stood, as far as that is still there.
    PutBack {
        /// Its address.
        url: String,
        /// Its title; may be empty.
        title: String,
        /// SHA-256 of its favicon.
        favicon: Option<String>,
        /// Whether it was pinned.
        pinned: bool,
        /// Its group.
        group: Option<GroupId>,
        /// What it stood before; `None` for the end.
        before: Option<Neighbour>,
    },
}
