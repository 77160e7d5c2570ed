//! What the extension's pages ask of its writer, and the answers. They travel by `chrome.runtime` as JSON.
//!
//! A page sends [`ToWriter`] with `chrome.runtime.sendMessage` to the service worker, which answers itself or
//! passes it on to the offscreen document. A page that shows a space opens a port (`chrome.runtime.connect`)
//! named [`VIEW_PORT`], says [`FromPage::Show`] and then receives [`ToPage`] whenever something changed.
//!
//! The popup is to be small: what it never asks is not in its build.

#[cfg(not(feature = "popup"))]
pub mod folder;
#[cfg(not(feature = "popup"))]
pub mod library;
#[cfg(not(feature = "popup"))]
pub mod recovery;

#[cfg(not(feature = "popup"))]
use protocol::Role;
use protocol::code::Refusal;
use protocol::rest::Invite;
use protocol::{Colour, SpaceId, StreamId, TabId};
use serde::{Deserialize, Serialize};

use crate::command::Command;
#[cfg(not(feature = "popup"))]
use crate::library::backup::{Removed, Space};
#[cfg(not(feature = "popup"))]
use crate::library::engine::{BroughtIn, BroughtToBin};
#[cfg(not(feature = "popup"))]
use crate::library::follow::WindowSeen;
#[cfg(not(feature = "popup"))]
use crate::library::journal::Point;
use crate::statistics::Reading;
use crate::view::{Projection, SpaceView};

/// The name of the port between a page that shows a space and the writer.
pub const VIEW_PORT: &str = "view";

/// An ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Makes a space of a window and follows it. Answer: [`Answer::Space`] or [`Answer::Lacking`].
    SaveWindow {
        /// Chrome's window id.
        window: i32,
        /// The space's name; `None` for one made of the date.
        name: Option<String>,
    },
    /// Makes a space of a window that is not there any more. Answer: [`Answer::Space`] or [`Answer::Lacking`].
    #[cfg(not(feature = "popup"))]
    KeepWindow {
        /// What was in it.
        seen: WindowSeen,
        /// The space's name.
        name: String,
    },
    /// What the journal has. Answer: [`Answer::Earlier`].
    #[cfg(not(feature = "popup"))]
    Earlier,
    /// Makes spaces of the windows of a point of the journal. Answer: [`Answer::Done`] or [`Answer::Lacking`].
    #[cfg(not(feature = "popup"))]
    BringBack {
        /// Which.
        point: Point,
        /// The name of the space; with a number behind it when there are several.
        name: String,
    },
    /// Opens a space's tabs in a new window and follows it. Answer: [`Answer::Done`] or [`Answer::Skipped`].
    Restore(SpaceId),
    /// Closes the window that follows a space; the space stays, and nothing is left among Chrome's saved groups. Answer:
    /// [`Answer::Done`].
    Close(SpaceId),
    /// What would become visible; nothing if the space is shared. Answer: [`Answer::Visible`].
    #[cfg(not(feature = "popup"))]
    WhatIsShared(SpaceId),
    /// Shares a space (if it is not yet) and makes an invite. Answer: [`Answer::Link`].
    #[cfg(not(feature = "popup"))]
    Share {
        /// Which.
        space: SpaceId,
        /// The tabs that may go; every other one stays here. Nothing for a space that is shared already.
        tabs: Vec<Agreed>,
        /// What guests may do.
        role: Role,
        /// How long the link is good for.
        life_ms: i64,
        /// The name others see.
        your_name: String,
    },
    /// The links of a shared space. Answer: [`Answer::Invites`].
    #[cfg(not(feature = "popup"))]
    Invites(SpaceId),
    /// Revokes a link. Answer: [`Answer::Invites`].
    #[cfg(not(feature = "popup"))]
    Revoke {
        /// Which space.
        space: SpaceId,
        /// Which link.
        invite: protocol::InviteId,
    },
    /// A wish for an open space. Answer: [`Answer::Done`].
    #[cfg(not(feature = "popup"))]
    Do {
        /// Which.
        space: SpaceId,
        /// What.
        command: Command,
    },
    /// Deletes a space of this browser, and for everybody if this person owns it. Answer: [`Answer::Done`].
    #[cfg(not(feature = "popup"))]
    Forget(SpaceId),
    /// Streams a Chrome tab into the space that follows its window. To be asked from a click on the
    /// extension, after `tabCapture` was granted. Answer: [`Answer::Stream`].
    StreamTab {
        /// Chrome's tab id.
        chrome_tab: i32,
        /// From `chrome.tabCapture.getMediaStreamId`, when the page could get one; else the writer asks.
        media_id: Option<String>,
    },
    /// Ends a stream of this device. Answer: [`Answer::Done`].
    StopStream {
        /// Which space.
        space: SpaceId,
        /// Which stream.
        stream: StreamId,
    },
    /// The popup was opened over a followed window: get ready to stream. Answer: [`Answer::Done`].
    GetReady(SpaceId),
    /// Checks a relay's address and keeps it. Answer: [`Answer::Done`].
    #[cfg(not(feature = "popup"))]
    SetRelay(String),
    /// Addresses that never enter a space nor a stream: one pattern a line (`*` stands for anything).
    #[cfg(not(feature = "popup"))]
    SetIgnored(String),
    /// Another name. Answer: [`Answer::Done`].
    #[cfg(not(feature = "popup"))]
    SetName(String),
    /// Adds a space of a backup file. Nothing that is there is changed. Answer: [`Answer::BroughtIn`].
    #[cfg(not(feature = "popup"))]
    BringIn {
        /// What the file holds.
        space: Box<Space>,
        /// The name that it gets when it is here with other content.
        copy_name: String,
    },
    /// Puts into the bin what a backup file has of it. Nothing that is there is changed. Answer:
    /// [`Answer::BroughtToBin`].
    #[cfg(not(feature = "popup"))]
    BringRemoved(Box<Removed>),
    /// The saved tabs that are found, those in the bin last, and those that are a page: at most so many of each. Answer:
    /// [`Answer::Found`].
    Find {
        /// What is sought; nothing for none.
        text: String,
        /// The page's address; nothing for none.
        page: String,
    },
    /// Opens a saved tab, or one of the bin, which stays there: where it is open, or in a window. Answer:
    /// [`Answer::Done`].
    OpenSaved {
        /// Its space.
        space: SpaceId,
        /// Which.
        tab: TabId,
        /// Chrome's window id.
        window: i32,
    },
    /// What the options ask of the folder of the backups. Answer: [`Answer::Folder`].
    #[cfg(not(feature = "popup"))]
    Folder(folder::FolderAsk),
    /// Removes records that cannot be read, for good, after the person has them as a file. Answer: [`Answer::Done`].
    #[cfg(not(feature = "popup"))]
    Discard(Vec<String>),
    /// What the options ask of the recovery key. Answer: [`Answer::Recovery`].
    #[cfg(not(feature = "popup"))]
    Recovery(recovery::RecoveryAsk),
    /// What the library's page asks. Answer: [`Answer::Library`].
    #[cfg(not(feature = "popup"))]
    Library(library::LibraryAsk),
    /// The person has read that the browser's storage was cleared. Answer: [`Answer::Done`].
    #[cfg(not(feature = "popup"))]
    LossIsRead,
    /// What the person is to be asked over a window. Answer: [`Answer::Space`] that it may be the window of, to be followed by it
    /// again; [`Answer::Lacking`] tabs that were open when the browser ended and are neither open nor in a space; or
    /// [`Answer::Done`] when there is nothing to ask.
    Offer {
        /// Chrome's window id.
        window: i32,
        /// Windows that were open when the browser ended and are not any more: the worker tells.
        #[cfg(not(feature = "popup"))]
        #[serde(default)]
        gone: Vec<WindowSeen>,
    },
    /// The person's word on what was offered over a window. Answer: [`Answer::Done`].
    Word {
        /// Chrome's window id.
        window: i32,
        /// The space that it may be of; `None` for what was open when the browser ended.
        space: Option<SpaceId>,
        /// Whether the person wants it.
        yes: bool,
    },
    /// The settings. Answer: [`Answer::Settings`].
    #[cfg(not(feature = "popup"))]
    Settings,
    /// Everything in short. Answer: [`Answer::Projection`].
    Projection,
}

/// [`library::LibraryAsk::Save`] of something, whose JSON is given, into a space or a new one, as JSON: what the popup asks
/// of the library without having its types.
pub fn save_text(what: &str, into: Option<SpaceId>) -> String {
    let to = into.map_or_else(
        || r#"{"new":null}"#.to_owned(),
        |space| format!(r#"{{"space":{{"space":"{space}","group":null,"before":null}}}}"#),
    );
    format!(r#"{{"library":{{"save":{{"what":{what},"to":{to}}}}}}}"#)
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// The space that was made.
    Space(SpaceId),
    /// The space that was made, without some tabs: their addresses are on the ignore list, or too long. Or, of [`Ask::Offer`],
    /// tabs that are not open again.
    Lacking {
        /// The space; `None` where there is nothing else, or are several.
        space: Option<SpaceId>,
        /// How many tabs were left out.
        left_out: usize,
    },
    /// It is done, but for so many tabs that Chrome does not open from an extension. They stay in the space.
    Skipped(usize),
    /// What would become visible.
    Visible(Vec<Visible>),
    /// The link, ready to be given away.
    Link {
        /// The space; sharing gives it a new id.
        space: SpaceId,
        /// The link.
        link: String,
    },
    /// The links that are good.
    Invites(Vec<Invite>),
    /// The stream that runs.
    Stream(StreamId),
    /// What became of a space of a backup file.
    #[cfg(not(feature = "popup"))]
    BroughtIn(BroughtIn),
    /// What became of an entry of the bin of a backup file.
    #[cfg(not(feature = "popup"))]
    BroughtToBin(BroughtToBin),
    /// The settings.
    Settings {
        /// The relay's address.
        relay: String,
        /// The ignore list, one pattern a line.
        ignored: String,
        /// The name others see.
        your_name: String,
        /// How many spaces were here when the browser's storage was found cleared, until the person has read of it.
        #[serde(default)]
        lost: usize,
    },
    /// Everything in short.
    Projection(Projection),
    /// What the journal has.
    #[cfg(not(feature = "popup"))]
    Earlier(Earlier),
    /// The saved tabs that were found, the best first, and those that are the page.
    #[cfg(not(feature = "popup"))]
    Found {
        /// By what was sought.
        tabs: Vec<SavedTab>,
        /// By the page's address.
        same: Vec<SavedTab>,
    },
    /// How it stands with the folder of the backups.
    #[cfg(not(feature = "popup"))]
    Folder(folder::FolderState),
    /// How it stands with the recovery key.
    #[cfg(not(feature = "popup"))]
    Recovery(recovery::RecoveryState),
    /// The library's answer.
    #[cfg(not(feature = "popup"))]
    Library(library::LibraryAnswer),
    /// It was not done.
    Problem(Problem),
}

/// A tab of a space, found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedTab {
    /// The space.
    pub space: SpaceId,
    /// Which.
    pub tab: TabId,
    /// Its title; the address when it has none.
    pub title: String,
    /// Its address.
    pub url: String,
    /// The name of the space.
    pub name: String,
    /// The colour of the space.
    pub colour: Colour,
    /// Chrome's tab in which it is open, if the space follows a window.
    pub chrome: Option<i32>,
    /// It is in the bin; the space is where it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// What the journal has.
#[cfg(not(feature = "popup"))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The latest first.
    pub points: Vec<Point>,
    /// What they take.
    pub size_bytes: usize,
    /// What they may take.
    pub budget_bytes: usize,
    /// Records that could not be read and were set aside.
    pub aside: usize,
    /// Why the last look could not be kept; the browser's words.
    pub failure: Option<String>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The relay refused.
    Refused(Refusal),
    /// The relay cannot be reached.
    RelayAway {
        /// Its address.
        relay: String,
    },
    /// There is something, but not a TabSpace relay.
    NotARelay {
        /// Its address.
        relay: String,
    },
    /// Another relay cannot be set while spaces are shared through the present one: they would end.
    RelayInUse {
        /// The address of the present one.
        relay: String,
    },
    /// A recovery key is for a browser that is nobody yet at this relay.
    #[cfg(not(feature = "popup"))]
    KnownAlready,
    /// Chrome does not let this page be captured (its own pages, the Web Store).
    NotCapturable,
    /// The tab was left out of the space, or its address is on the ignore list: it is not streamed.
    TabKeptOut,
    /// Chrome wants a click on the extension's icon over this tab first.
    NeedsClick,
    /// The person refused, or Chrome failed; Chrome's words.
    CaptureFailed(String),
    /// The tab's window does not belong to a shared space.
    NotShared,
    /// The space is not here (any more).
    NoSuchSpace,
    /// The journal does not have this any more, or cannot read it.
    NoSuchPoint,
    /// Storage failed; Chrome's words.
    NotSaved(String),
    /// An incognito window.
    Incognito,
    /// No page that was chosen can be kept.
    NothingToSave,
    /// All that was chosen is on the ignore list: it enters no space.
    Ignored,
    /// No page that was chosen can be opened from here.
    NothingToOpen,
}

impl Problem {
    /// What Chrome's words about a capture mean. It has no codes: "Extension has not been invoked for the current
    /// page (see activeTab permission). Chrome pages cannot be captured."
    pub fn of_capture(words: String) -> Self {
        if words.contains("has not been invoked") {
            Self::NeedsClick
        } else {
            Self::CaptureFailed(words)
        }
    }
}

/// A tab in the list of what would become visible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visible {
    /// Which.
    pub tab: TabId,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// It cannot go, whatever is ticked.
    pub never: Option<Never>,
}

/// A tab that was shown in that list, and ticked, when the person agreed. It goes only if it is still there: one
/// that has another address by then stays here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Which.
    pub tab: TabId,
    /// The address that was shown.
    pub url: String,
}

/// Why a tab never goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Never {
    /// Not http or https.
    NotWeb,
    /// On the ignore list.
    Ignored,
    /// A shared space has no room for it.
    NoRoom,
}

/// A message to the writer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToWriter {
    /// The ask.
    pub ask: Ask,
}

/// What a page says on its port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromPage {
    /// Shows this space, or none.
    Show(Option<SpaceId>),
    /// The tabs of this space are shown among others, not what is said in it: it is live, and nothing counts as read.
    List(Option<SpaceId>),
    /// A wish for the space that is shown.
    Do(Command),
}

/// What a page receives on its port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToPage {
    /// The space that is shown; `None` when it is gone.
    View(Option<Box<SpaceView>>),
    /// Everything in short changed.
    Projection(Projection),
    /// About once a second: what a stream of this device looks like, and how it goes out.
    Glimpse(Box<Glimpse>),
}

/// What the host sees of the own stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Glimpse {
    /// Which stream.
    pub stream: StreamId,
    /// The picture, small, as a `data:` address; `None` while it does not go out, or did not change.
    pub picture: Option<String>,
    /// What was counted until now, one for each viewer.
    pub readings: Vec<Reading>,
}

#[cfg(all(test, not(feature = "popup")))]
mod tests {
    use super::library::{LibraryAsk, SaveWhat, Target};
    use super::*;

    #[test]
    fn what_the_popup_writes_by_hand_is_what_the_library_reads() {
        let space = SpaceId::from_bits(77);
        let there = Target::Space {
            space,
            group: None,
            before: None,
        };
        let things = [
            (r#"{"tabs":[12, 13]}"#, SaveWhat::Tabs(vec![12, 13])),
            (r#"{"group":5}"#, SaveWhat::Group(5)),
            (r#""all_windows""#, SaveWhat::AllWindows),
        ];
        for (into, to) in [(None, Target::New(None)), (Some(space), there)] {
            for (text, what) in things.clone() {
                let ask: Ask = serde_json::from_str(&save_text(text, into)).expect("it is an ask");
                let to = to.clone();
                assert_eq!(ask, Ask::Library(LibraryAsk::Save { what, to }));
            }
        }
    }
}
