//! What the user interface shows: plain data, made by the session and the library, complete in itself, so
//! that it can cross between contexts and be painted from storage.

use protocol::code::Refusal;
use protocol::{Colour, GroupId, MemberId, MessageId, Millis, Role, SpaceId, StreamId, TabId};
use serde::{Deserialize, Serialize};

use crate::library::bin::BinId;
use crate::library::inflow::{Inflow, Waiting};

/// One space, whole: what the side panel and the web page show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceView {
    /// Which.
    pub space: SpaceId,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// How it stands with the relay.
    pub link: LinkView,
    /// Who this person is in the space; `None` before the relay said so.
    pub you: Option<MemberId>,
    /// What this person may do.
    pub role: Role,
    /// A newer TabSpace wrote here: nothing can be changed until this one is updated.
    pub read_only: bool,
    /// Changes that the relay has not acknowledged yet.
    pub unsent: usize,
    /// Tabs and groups in order.
    pub items: Vec<ItemView>,
    /// Members, those who are here first; this person is among them.
    pub people: Vec<PersonView>,
    /// The conversation, the oldest first.
    pub messages: Vec<MessageView>,
    /// The streams that run.
    pub streams: Vec<StreamView>,
    /// What was refused or ended, to be told once.
    pub notices: Vec<Notice>,
    /// What becomes of what others do, in a window of this browser that follows the space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inflow: Option<InflowView>,
}

/// What becomes of what others do in a space, in the window that follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InflowView {
    /// What the person set.
    pub set: Inflow,
    /// What waits for the person's word.
    pub waiting: Option<Waiting>,
}

/// How a space stands with the relay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "link")]
pub enum LinkView {
    /// The space is private: it has nothing to do with a relay.
    Private,
    /// The space is shared, but nothing of it is open here: what is shown may be old.
    Closed,
    /// The first connection is being made; what is shown may be old or empty.
    Connecting,
    /// Everything arrives at once.
    Live,
    /// The connection was lost; it is being made again by itself, changes are kept.
    Reconnecting,
    /// Over: removed, deleted, or not to be had. The reason is for people.
    Ended {
        /// Why.
        reason: Refusal,
    },
}

/// A place of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemView {
    /// A tab outside of any group.
    Tab(TabView),
    /// A group with its tabs.
    Group(GroupView),
}

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupView {
    /// Which.
    pub group: GroupId,
    /// Its title; may be empty.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether its tabs are folded away.
    pub collapsed: bool,
    /// Its tabs in order.
    pub tabs: Vec<TabView>,
}

/// A tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TabView {
    /// Which.
    pub tab: TabId,
    /// Its address.
    pub url: String,
    /// Whether a click may open it: only http and https.
    pub opens: bool,
    /// Its title; the address when it has none.
    pub title: String,
    /// SHA-256 of its favicon, to be had from the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favicon: Option<String>,
    /// Whether it is pinned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The members who look at it, this person not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub viewers: Vec<MemberId>,
    /// The stream that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct PersonView {
    /// Which.
    pub member: MemberId,
    /// The name; never empty ("?" when it is not known).
    pub name: String,
    /// The colour of avatar, pointer and ink; the same for everybody.
    pub colour: Colour,
    /// What the member may do.
    pub role: Role,
    /// It is this person.
    pub you: bool,
    /// A device of the member is connected.
    pub here: bool,
    /// All connected devices of the member are idle.
    pub idle: bool,
    /// The member is writing a message.
    pub typing: bool,
    /// The tab the member looks at.
    pub tab: Option<TabId>,
    /// The stream the member watches.
    pub watching: Option<StreamId>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct MessageView {
    /// Which.
    pub message: MessageId,
    /// Who wrote it; the person may have left.
    pub by: MemberId,
    /// The author's name.
    pub name: String,
    /// The author's colour.
    pub colour: Colour,
    /// This person wrote it.
    pub yours: bool,
    /// When it was ordered; when it was written for one that is not sent yet.
    pub time: Millis,
    /// What it says; empty when deleted.
    pub text: String,
    /// It was changed after it was sent.
    pub edited: bool,
    /// It was deleted.
    pub deleted: bool,
    /// It waits for the relay.
    pub waiting: bool,
}

/// A stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct StreamView {
    /// Which.
    pub stream: StreamId,
    /// The host.
    pub by: MemberId,
    /// The host's name.
    pub name: String,
    /// This person is the host.
    pub yours: bool,
    /// This very device is the host's.
    pub here: bool,
    /// The streamed tab, if it is one of the space's.
    pub tab: Option<TabId>,
    /// The tab's title.
    pub title: String,
    /// Whether there is sound.
    pub audio: bool,
    /// The host holds back picture and sound.
    #[serde(default)]
    pub paused: bool,
    /// The host holds back the sound.
    #[serde(default)]
    pub muted: bool,
    /// When it began.
    pub started: Millis,
    /// The members who watch.
    pub watchers: Vec<MemberId>,
    /// How it stands with the media on this device.
    pub media: MediaView,
    /// Pointers of others in the picture.
    pub pointers: Vec<PointerView>,
}

/// How it stands with a stream's media on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaView {
    /// This device does not watch it.
    Off,
    /// The peers look for a path to each other.
    Connecting,
    /// The media arrives (at the host: goes out to at least one viewer, or nobody watches yet).
    Playing,
    /// The path broke; it is being mended.
    Interrupted,
    /// No path between the two was found. At the host: to at least one viewer.
    NoPath,
}

/// Somebody's pointer in a stream's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointerView {
    /// Whose.
    pub member: MemberId,
    /// The name.
    pub name: String,
    /// The colour.
    pub colour: Colour,
    /// From the left, 0 to 1.
    pub x: f32,
    /// From the top, 0 to 1.
    pub y: f32,
}

/// Something to be told once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// To dismiss it.
    pub id: u64,
    /// What.
    pub kind: NoticeKind,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A change was refused and taken back. The text is the message's, so that it is not lost.
    Refused {
        /// Why.
        reason: Refusal,
        /// What the person had written.
        text: Option<String>,
    },
    /// A stream ended.
    StreamEnded {
        /// The host.
        name: String,
        /// This person was the host.
        yours: bool,
        /// Why.
        reason: protocol::op::StreamEnd,
    },
    /// This person's role changed.
    RoleChanged {
        /// The new one.
        role: Role,
    },
    /// Storage failed: what is on the screen is not on disk.
    NotSaved,
    /// Many tabs, or the last ones, were closed at once in the window that the space follows. They are in the bin.
    ManyClosed(BinId),
    /// So many tabs did not enter the space, because their addresses are on this person's ignore list or too long.
    LeftOut(usize),
    /// The space has no room for tabs of its window: they stay in the window alone.
    Full,
    /// So many tabs of the space were not opened in its window: Chrome opens such addresses only for the person.
    NotOpened(usize),
    /// Many tabs of that window went to the same page together. What they were is in the bin.
    ManyWent {
        /// Where.
        binned: BinId,
        /// The page's host.
        page: String,
        /// How many.
        tabs: usize,
    },
}

impl NoticeKind {
    /// What can be put back from the bin.
    pub const fn binned(&self) -> Option<BinId> {
        match self {
            Self::ManyClosed(id) | Self::ManyWent { binned: id, .. } => Some(*id),
            _ => None,
        }
    }
}

/// All spaces in short: what the popup shows. Kept in `chrome.storage.local` under `projection`, so that the
/// popup paints without waiting for anybody.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// The last changed first.
    pub spaces: Vec<SpaceSummary>,
    /// The name others see; empty before the first share.
    pub your_name: String,
    /// The relay's address.
    pub relay: String,
}

/// A space in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceSummary {
    /// Which.
    pub space: SpaceId,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// How many tabs it holds.
    pub tabs: usize,
    /// How it stands with the relay.
    pub link: LinkView,
    /// What this person may do.
    pub role: Role,
    /// The Chrome window that it follows.
    pub window: Option<i32>,
    /// When it last changed.
    pub changed: Millis,
    /// Changes that the relay has not acknowledged yet.
    pub unsent: usize,
    /// Others who are here: name and colour.
    pub here: Vec<(String, Colour)>,
    /// Messages that came while nobody looked.
    pub unread: usize,
    /// The streams that run.
    pub streams: Vec<StreamSummary>,
}

/// A stream in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamSummary {
    /// Which.
    pub stream: StreamId,
    /// The host's name.
    pub name: String,
    /// This device is the host's.
    pub here: bool,
    /// Chrome's id of the streamed tab, on the host's device.
    pub chrome_tab: Option<i32>,
    /// How many watch.
    pub watchers: usize,
    /// No way to at least one who wants to watch was found.
    #[serde(default)]
    pub no_path: bool,
}

/// Everybody has a colour, the same everywhere: one of Chrome's nine but grey.
pub fn colour_of(member: MemberId) -> Colour {
    let mixed = (member.bits() ^ (member.bits() >> 64)) % 8;
    Colour::ALL
        .into_iter()
        .cycle()
        .nth(1 + usize::try_from(mixed).unwrap_or(0))
        .unwrap_or_default()
}
