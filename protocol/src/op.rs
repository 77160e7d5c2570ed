//! Ops: what somebody asks to change in a space.
//!
//! An op says what changed, not what the whole looks like afterwards, so that ops made at the same time
//! combine. On the wire an op is `{"type":"tab:moved","data":{…}}`.

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::frame::wrong_kind;
use crate::id::{GroupId, MemberId, MessageId, StreamId, TabId};
use crate::limits;
use crate::position::Position;
use crate::role::Role;

/// Chrome's nine tab-group colours (`chrome.tabGroups.Color`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a colour's name says it all")]
pub enum Colour {
    #[default]
    Grey,
    Blue,
    Red,
    Yellow,
    Green,
    Pink,
    Purple,
    Cyan,
    Orange,
}

impl Colour {
    /// All nine, in Chrome's order.
    pub const ALL: [Self; 9] = [
        Self::Grey,
        Self::Blue,
        Self::Red,
        Self::Yellow,
        Self::Green,
        Self::Pink,
        Self::Purple,
        Self::Cyan,
        Self::Orange,
    ];

    /// Chrome's name of the colour.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Blue => "blue",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Pink => "pink",
            Self::Purple => "purple",
            Self::Cyan => "cyan",
            Self::Orange => "orange",
        }
    }

    /// The colour with Chrome's name; grey for one that is not known.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|colour| colour.as_str() == name)
            .unwrap_or_default()
    }
}

/// A tab, as it is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTab {
    /// Its id.
    pub tab: TabId,
    /// Its address. In a shared space http or https.
    pub url: String,
    /// Its title; may be empty.
    #[serde(default)]
    pub title: String,
    /// SHA-256 of its favicon's PNG, in hexadecimal; the bytes are with the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favicon: Option<String>,
    /// Pinned tabs stand before all others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The group it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Its place in the group, or among the space's groups and ungrouped tabs.
    pub position: Position,
}

/// A group, as it is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGroup {
    /// Its id.
    pub group: GroupId,
    /// Its title; may be empty.
    #[serde(default)]
    pub title: String,
    /// Its colour.
    #[serde(default)]
    pub colour: Colour,
    /// Whether its tabs are folded away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collapsed: bool,
    /// Its place among the space's groups and ungrouped tabs.
    pub position: Position,
}

/// What a space is at its beginning: the first event of every log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Created {
    /// The space's name.
    pub name: String,
    /// The space's colour.
    #[serde(default)]
    pub colour: Colour,
    /// Its groups.
    #[serde(default)]
    pub groups: Vec<NewGroup>,
    /// Its tabs.
    #[serde(default)]
    pub tabs: Vec<NewTab>,
}

/// Why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StreamEnd {
    /// The host stopped it.
    Stopped,
    /// The streamed tab was closed.
    TabClosed,
    /// The host was away for too long, left, or lost the right to stream.
    HostGone,
    /// Capture failed.
    Failed,
    /// A reason of a newer version.
    #[serde(other)]
    Other,
}

/// What somebody asks to change. A text field that is `None` in an update stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "data")]
#[expect(
    missing_docs,
    reason = "the fields are documented where they live in the state"
)]
pub enum Op {
    /// The space begins. Only as the first event of a log.
    #[serde(rename = "space:created")]
    SpaceCreated(Created),
    #[serde(rename = "space:renamed")]
    SpaceRenamed { name: String },
    #[serde(rename = "space:recoloured")]
    SpaceRecoloured { colour: Colour },
    /// The space ends: nothing can be submitted after this.
    #[serde(rename = "space:deleted")]
    SpaceDeleted {},

    #[serde(rename = "group:added")]
    GroupAdded(NewGroup),
    #[serde(rename = "group:updated")]
    GroupUpdated {
        group: GroupId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        colour: Option<Colour>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        collapsed: Option<bool>,
    },
    #[serde(rename = "group:moved")]
    GroupMoved { group: GroupId, position: Position },
    /// The group goes, its tabs stay: each takes the group's place in the space.
    #[serde(rename = "group:removed")]
    GroupRemoved { group: GroupId },

    #[serde(rename = "tab:added")]
    TabAdded(NewTab),
    #[serde(rename = "tab:updated")]
    TabUpdated {
        tab: TabId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        favicon: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<bool>,
    },
    /// The tab takes a place in a group, or outside of any (`group` absent).
    #[serde(rename = "tab:moved")]
    TabMoved {
        tab: TabId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        position: Position,
    },
    #[serde(rename = "tab:removed")]
    TabRemoved { tab: TabId },

    /// Written by the relay when somebody redeems an invite.
    #[serde(rename = "member:joined")]
    MemberJoined { member: MemberId, role: Role },
    /// A member left, or was removed: then the author is another.
    #[serde(rename = "member:left")]
    MemberLeft { member: MemberId },
    #[serde(rename = "member:role")]
    MemberRole { member: MemberId, role: Role },

    #[serde(rename = "message:sent")]
    MessageSent { message: MessageId, text: String },
    #[serde(rename = "message:edited")]
    MessageEdited { message: MessageId, text: String },
    #[serde(rename = "message:deleted")]
    MessageDeleted { message: MessageId },

    /// The author's device streams a tab.
    #[serde(rename = "stream:started")]
    StreamStarted {
        stream: StreamId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tab: Option<TabId>,
        #[serde(default)]
        title: String,
        #[serde(default)]
        audio: bool,
    },
    #[serde(rename = "stream:ended")]
    StreamEnded { stream: StreamId, reason: StreamEnd },
}

/// Every type of [`Op`], to tell one of a newer version from one that is wrong.
pub(crate) const OP_TYPES: &[&str] = &[
    "space:created",
    "space:renamed",
    "space:recoloured",
    "space:deleted",
    "group:added",
    "group:updated",
    "group:moved",
    "group:removed",
    "tab:added",
    "tab:updated",
    "tab:moved",
    "tab:removed",
    "member:joined",
    "member:left",
    "member:role",
    "message:sent",
    "message:edited",
    "message:deleted",
    "stream:started",
    "stream:ended",
];

impl Op {
    /// Reads an op as it stands on the wire.
    ///
    /// # Errors
    /// [`Code::UnknownType`] (of a newer version) or [`Code::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Code> {
        serde_json::from_str(text).map_err(|_| wrong_kind(text, OP_TYPES))
    }

    /// Whether the op is well formed and each thing in it within [`limits`], wherever it comes from. How many tabs and
    /// groups there may be depends on whose the space is.
    ///
    /// # Errors
    /// The first thing that is wrong: [`Code::BadText`], [`Code::TooLarge`], [`Code::BadPosition`].
    pub fn check(&self) -> Result<(), Code> {
        match self {
            Self::SpaceCreated(created) => {
                name(&created.name)?;
                created.groups.iter().try_for_each(NewGroup::check)?;
                created.tabs.iter().try_for_each(NewTab::check)
            }
            Self::SpaceRenamed { name: text } => name(text),
            Self::GroupAdded(group) => group.check(),
            Self::GroupUpdated { title, .. } => title.as_deref().map_or(Ok(()), group_title),
            Self::GroupMoved { position: at, .. } | Self::TabMoved { position: at, .. } => position(at),
            Self::TabAdded(tab) => tab.check(),
            Self::TabUpdated {
                url, title, favicon, ..
            } => {
                url.as_deref().map_or(Ok(()), self::url)?;
                title.as_deref().map_or(Ok(()), tab_title)?;
                favicon.as_deref().map_or(Ok(()), favicon_hash)
            }
            Self::MessageSent { text, .. } | Self::MessageEdited { text, .. } => message(text),
            Self::StreamStarted { title, .. } => tab_title(title),
            Self::SpaceRecoloured { .. }
            | Self::SpaceDeleted {}
            | Self::GroupRemoved { .. }
            | Self::TabRemoved { .. }
            | Self::MemberJoined { .. }
            | Self::MemberLeft { .. }
            | Self::MemberRole { .. }
            | Self::MessageDeleted { .. }
            | Self::StreamEnded { .. } => Ok(()),
        }
    }

    /// Whether the op may stand in a shared space: [`Op::check`], no more tabs and groups than it holds, and every
    /// address is [`is_web_address`].
    ///
    /// # Errors
    /// As [`Op::check`], [`Code::TooMany`] and [`Code::AddressNotAllowed`].
    pub fn check_shared(&self) -> Result<(), Code> {
        if let Self::SpaceCreated(created) = self
            && (created.tabs.len() > limits::TABS || created.groups.len() > limits::GROUPS)
        {
            return Err(Code::TooMany);
        }
        self.check()?;
        let web = |url: &str| {
            if is_web_address(url) {
                Ok(())
            } else {
                Err(Code::AddressNotAllowed)
            }
        };
        match self {
            Self::SpaceCreated(created) => created.tabs.iter().try_for_each(|tab| web(&tab.url)),
            Self::TabAdded(tab) => web(&tab.url),
            Self::TabUpdated { url: Some(url), .. } => web(url),
            _ => Ok(()),
        }
    }
}

impl NewTab {
    fn check(&self) -> Result<(), Code> {
        url(&self.url)?;
        tab_title(&self.title)?;
        self.favicon.as_deref().map_or(Ok(()), favicon_hash)?;
        position(&self.position)
    }
}

impl NewGroup {
    fn check(&self) -> Result<(), Code> {
        group_title(&self.title)?;
        position(&self.position)
    }
}

/// Whether this is an address that may be shared and opened: http or https with a host, and no control
/// characters or spaces that could disguise another scheme.
pub fn is_web_address(url: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        url.get(..scheme.len())
            .filter(|start| start.eq_ignore_ascii_case(scheme))
            .map(|_| &url[scheme.len()..])
    });
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', '?', '#', '\\', ':'])
            && !url.chars().any(|letter| letter.is_control() || letter == ' ')
    })
}

fn no_controls(text: &str) -> Result<(), Code> {
    if text.chars().any(char::is_control) {
        Err(Code::BadText)
    } else {
        Ok(())
    }
}

/// Whether a space's name is one.
///
/// # Errors
/// [`Code::BadText`] or [`Code::TooLarge`].
pub fn name(text: &str) -> Result<(), Code> {
    if text.trim().is_empty() {
        return Err(Code::BadText);
    }
    group_title(text)
}

/// Whether a person's name is one.
///
/// # Errors
/// [`Code::BadText`] or [`Code::TooLarge`].
pub fn person_name(text: &str) -> Result<(), Code> {
    if text.chars().count() > limits::PERSON_NAME_CHARS {
        return Err(Code::TooLarge);
    }
    name(text)
}

fn group_title(text: &str) -> Result<(), Code> {
    if text.chars().count() > limits::NAME_CHARS {
        return Err(Code::TooLarge);
    }
    no_controls(text)
}

fn tab_title(text: &str) -> Result<(), Code> {
    if text.chars().count() > limits::TITLE_CHARS {
        return Err(Code::TooLarge);
    }
    no_controls(text)
}

fn url(text: &str) -> Result<(), Code> {
    if text.len() > limits::URL_BYTES {
        return Err(Code::TooLarge);
    }
    if text.is_empty() {
        Err(Code::BadText)
    } else {
        no_controls(text)
    }
}

fn message(text: &str) -> Result<(), Code> {
    if text.len() > limits::MESSAGE_BYTES {
        return Err(Code::TooLarge);
    }
    if text.trim().is_empty() {
        return Err(Code::BadText);
    }
    if text
        .chars()
        .any(|letter| letter.is_control() && letter != '\n' && letter != '\t')
    {
        return Err(Code::BadText);
    }
    Ok(())
}

fn position(at: &Position) -> Result<(), Code> {
    if at.is_valid() {
        Ok(())
    } else {
        Err(Code::BadPosition)
    }
}

/// Whether this is a favicon's hash: 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`Code::BadText`].
pub fn favicon_hash(text: &str) -> Result<(), Code> {
    let hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    if text.len() == 64 && text.as_bytes().iter().all(hex) {
        Ok(())
    } else {
        Err(Code::BadText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_shared() {
        for good in [
            "http://a",
            "https://example.org/x?y#z",
            "HTTPS://EXAMPLE.ORG",
            "http://[::1]:80/",
            "https://bücher.example/",
        ] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "chrome://settings",
            "",
            "http://",
            "https:///x",
            " http://a",
            "http://a b",
            "java\nscript:http://",
            "http:\\\\a",
            "ftp://a",
            "é",
            "httpé://a",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn every_type_is_listed() {
        // The error lists what is known.
        let error = serde_json::from_str::<Op>(r#"{"type":"tab:painted","data":{}}"#).unwrap_err();
        let known: Vec<String> = OP_TYPES.iter().map(|known| format!("`{known}`")).collect();
        assert!(error.to_string().contains(&known.join(", ")), "{error}");
    }

    #[test]
    fn an_op_that_cannot_be_read_is_unknown_or_wrong() {
        for (text, code) in [
            (r#"{"type":"tab:painted","data":{}}"#, Code::UnknownType),
            (
                r#"{"type":"space:recoloured","data":{"colour":"mauve"}}"#,
                Code::Malformed,
            ),
            (r#"{"data":{}}"#, Code::Malformed),
            ("7", Code::Malformed),
        ] {
            assert_eq!(Op::parse(text), Err(code), "{text}");
        }
        assert_eq!(
            Op::parse(r#"{"type":"space:deleted","data":{}}"#),
            Ok(Op::SpaceDeleted {})
        );
    }

    #[test]
    fn texts_are_bounded_and_clean() {
        assert_eq!(name(" \t"), Err(Code::BadText));
        assert_eq!(name(&"x".repeat(101)), Err(Code::TooLarge));
        assert_eq!(name("Lisbon\u{202e}"), Ok(()));
        assert_eq!(message("two\nlines"), Ok(()));
        assert_eq!(message("\u{0}"), Err(Code::BadText));
        assert_eq!(favicon_hash(&"A".repeat(64)), Err(Code::BadText));
    }

    #[test]
    fn how_many_tabs_there_may_be_depends_on_whose_the_space_is() {
        let tab = |number: usize| NewTab {
            tab: TabId::from_bits(number as u128),
            url: "https://a.example/".into(),
            title: String::new(),
            favicon: None,
            pinned: false,
            group: None,
            position: Position::first(),
        };
        let of = |tabs: usize| Created {
            name: "Many".into(),
            colour: Colour::Grey,
            groups: Vec::new(),
            tabs: (0..tabs).map(tab).collect(),
        };
        let (full, more) = (of(limits::TABS), of(limits::TABS + 1));
        assert_eq!(Op::SpaceCreated(full.clone()).check_shared(), Ok(()));
        assert_eq!(Op::SpaceCreated(more.clone()).check_shared(), Err(Code::TooMany));
        assert_eq!(Op::SpaceCreated(more).check(), Ok(()));

        let owner = MemberId::from_bits(1);
        let mut state = crate::SpaceState::default();
        let device = crate::DeviceId::from_bits(1);
        state.apply_provisionally(&Op::SpaceCreated(full), owner, device, crate::Millis(0));
        let another = Op::TabAdded(tab(limits::TABS));
        let shared = crate::authorise(&state, owner, &crate::Action::Submit(&another));
        assert_eq!(shared, Err(Code::TooMany));
        assert_eq!(crate::authorise_private(&state, owner, &another), Ok(()));
        let stranger = MemberId::from_bits(2);
        let by_stranger = crate::authorise_private(&state, stranger, &another);
        assert_eq!(by_stranger, Err(Code::NotAMember));
    }
}
