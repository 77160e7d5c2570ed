//! The state of a space: what its log amounts to.
//!
//! [`SpaceState::apply`] is total and deterministic: whatever the log holds, everyone who folds it ends in
//! the same state, and what makes no sense (a move of a tab that is gone) changes nothing. It never decides
//! who may do what; what is in a log was permitted when it was ordered.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::event::{Event, Payload};
use crate::id::{DeviceId, GroupId, MemberId, MessageId, Millis, Seq, StreamId, TabId};
use crate::limits;
use crate::op::{Colour, Created, NewGroup, NewTab, Op};
use crate::position::Position;
use crate::role::Role;

/// Changes when the same log folds into another state; snapshots of another version are folded anew.
pub const FOLD_VERSION: u32 = 1;

/// A tab of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tab {
    /// Its address; only [`crate::op::is_web_address`] ones may be opened.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// SHA-256 of its favicon's PNG, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favicon: Option<String>,
    /// Pinned tabs stand before all others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The group it is in; always one that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Its place in the group, or among the space's groups and ungrouped tabs.
    pub position: Position,
}

/// A group of tabs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    /// Its title; may be empty.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether its tabs are folded away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collapsed: bool,
    /// Its place among the space's groups and ungrouped tabs.
    pub position: Position,
}

/// Somebody's membership. The name is not here: it lives in the relay's member rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// What the member may do.
    pub role: Role,
    /// The event with which the member came; the log before it is not the member's to read.
    pub since: Seq,
}

/// A message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub by: MemberId,
    /// When it was ordered.
    pub time: Millis,
    /// What it says; empty when it was deleted.
    pub text: String,
    /// It was changed after it was sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// It was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// A stream that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stream {
    /// The host.
    pub by: MemberId,
    /// The host's device: where to ask for the media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The space's tab that is streamed, if it is one of the space's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tab: Option<TabId>,
    /// The tab's title when the stream began.
    pub title: String,
    /// Whether there is sound.
    pub audio: bool,
    /// When it began.
    pub started: Millis,
}

/// What a space's log amounts to. Bounded by [`limits`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpaceState {
    /// The last event that was folded in.
    pub head: Seq,
    /// The time of that event.
    pub time: Millis,
    /// The space's name.
    pub name: String,
    /// The space's colour.
    pub colour: Colour,
    /// It was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// It holds an event of a kind this version does not know: nothing can be changed until TabSpace is
    /// updated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Its tabs.
    pub tabs: BTreeMap<TabId, Tab>,
    /// Its groups.
    pub groups: BTreeMap<GroupId, Group>,
    /// Its members.
    pub members: BTreeMap<MemberId, Membership>,
    /// The last [`limits::RECENT_MESSAGES`] messages, the oldest first.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Message>))]
    pub messages: VecDeque<Message>,
    /// The streams that run.
    pub streams: BTreeMap<StreamId, Stream>,
}

/// What stands at one place of a space's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// A tab outside of any group.
    Tab(TabId, &'a Tab),
    /// A group and its tabs in order.
    Group(GroupId, &'a Group, Vec<(TabId, &'a Tab)>),
}

impl SpaceState {
    /// Folds an event into the state. Events that were folded already change nothing; one that skips a
    /// number is not folded, and `false` says so: the caller has to get what is missing.
    pub fn apply(&mut self, event: &Event) -> bool {
        let envelope = &event.envelope;
        if envelope.seq <= self.head {
            return true;
        }
        if envelope.seq != self.head.next() {
            return false;
        }
        self.head = envelope.seq;
        self.time = self.time.max(envelope.time);
        match &event.payload {
            Payload::Op(op) => {
                let device = envelope.author.op.map(|name| name.device);
                self.fold(op, envelope.author.member, device, envelope.seq, self.time);
            }
            Payload::Unknown(_) => self.read_only = true,
            Payload::Erased => {}
        }
        true
    }

    /// Folds an op that is not ordered yet, so that its author sees it at once. The head stays.
    pub fn apply_provisionally(&mut self, op: &Op, by: MemberId, device: DeviceId, now: Millis) {
        let time = self.time.max(now);
        self.fold(op, by, Some(device), self.head, time);
    }

    /// Folds an op of tabs and groups, whoever makes it: to see what the next op would meet.
    pub fn fold_local(&mut self, op: &Op) {
        self.fold(op, MemberId::from_bits(0), None, self.head, self.time);
    }

    fn fold(&mut self, op: &Op, by: MemberId, device: Option<DeviceId>, seq: Seq, time: Millis) {
        match op {
            Op::SpaceCreated(created) => self.begin(created, by, seq),
            Op::SpaceRenamed { name } => self.name.clone_from(name),
            Op::SpaceRecoloured { colour } => self.colour = *colour,
            Op::SpaceDeleted {} => {
                *self = Self {
                    head: self.head,
                    time: self.time,
                    deleted: true,
                    ..Self::default()
                }
            }

            Op::GroupAdded(new) => self.add_group(new),
            Op::GroupUpdated {
                group,
                title,
                colour,
                collapsed,
            } => {
                if let Some(group) = self.groups.get_mut(group) {
                    if let Some(title) = title {
                        group.title.clone_from(title);
                    }
                    group.colour = colour.unwrap_or(group.colour);
                    group.collapsed = collapsed.unwrap_or(group.collapsed);
                }
            }
            Op::GroupMoved { group, position } => {
                if let Some(group) = self.groups.get_mut(group) {
                    group.position = position.clone();
                }
            }
            Op::GroupRemoved { group } => self.remove_group(*group),

            Op::TabAdded(new) => self.add_tab(new),
            Op::TabUpdated {
                tab,
                url,
                title,
                favicon,
                pinned,
            } => {
                if let Some(tab) = self.tabs.get_mut(tab) {
                    if let Some(url) = url {
                        if tab.url != *url && favicon.is_none() {
                            tab.favicon = None;
                        }
                        tab.url.clone_from(url);
                    }
                    if let Some(title) = title {
                        tab.title.clone_from(title);
                    }
                    if favicon.is_some() {
                        tab.favicon.clone_from(favicon);
                    }
                    tab.pinned = pinned.unwrap_or(tab.pinned);
                }
            }
            Op::TabMoved { tab, group, position } => {
                let group = group.filter(|group| self.groups.contains_key(group));
                if let Some(tab) = self.tabs.get_mut(tab) {
                    tab.group = group;
                    tab.position = position.clone();
                }
            }
            Op::TabRemoved { tab } => {
                self.tabs.remove(tab);
            }

            Op::MemberJoined { member, role } => {
                self.members.entry(*member).or_insert(Membership {
                    role: *role,
                    since: seq,
                });
            }
            Op::MemberLeft { member } => {
                self.members.remove(member);
                self.streams.retain(|_, stream| stream.by != *member);
            }
            Op::MemberRole { member, role } => {
                if let Some(membership) = self.members.get_mut(member) {
                    membership.role = *role;
                    if *role < Role::Editor {
                        self.streams.retain(|_, stream| stream.by != *member);
                    }
                }
            }

            Op::MessageSent { message, text } => self.add_message(*message, by, text, time),
            Op::MessageEdited { message, text } => {
                if let Some(message) = self.message_mut(*message).filter(|message| !message.deleted) {
                    message.text.clone_from(text);
                    message.edited = true;
                }
            }
            Op::MessageDeleted { message } => {
                if let Some(message) = self.message_mut(*message) {
                    message.text.clear();
                    message.deleted = true;
                }
            }

            Op::StreamStarted {
                stream,
                tab,
                title,
                audio,
            } => {
                if self
                    .members
                    .get(&by)
                    .is_some_and(|membership| membership.role >= Role::Editor)
                {
                    self.streams.entry(*stream).or_insert(Stream {
                        by,
                        device,
                        tab: *tab,
                        title: title.clone(),
                        audio: *audio,
                        started: time,
                    });
                }
            }
            Op::StreamEnded { stream, .. } => {
                self.streams.remove(stream);
            }
        }
    }

    fn begin(&mut self, created: &Created, by: MemberId, seq: Seq) {
        self.name.clone_from(&created.name);
        self.colour = created.colour;
        self.members.insert(
            by,
            Membership {
                role: Role::Owner,
                since: seq,
            },
        );
        created.groups.iter().for_each(|group| self.add_group(group));
        created.tabs.iter().for_each(|tab| self.add_tab(tab));
    }

    fn add_group(&mut self, new: &NewGroup) {
        self.groups.entry(new.group).or_insert_with(|| Group {
            title: new.title.clone(),
            colour: new.colour,
            collapsed: new.collapsed,
            position: new.position.clone(),
        });
    }

    fn add_tab(&mut self, new: &NewTab) {
        let group = new.group.filter(|group| self.groups.contains_key(group));
        self.tabs.entry(new.tab).or_insert_with(|| Tab {
            url: new.url.clone(),
            title: new.title.clone(),
            favicon: new.favicon.clone(),
            pinned: new.pinned,
            group,
            position: new.position.clone(),
        });
    }

    fn remove_group(&mut self, id: GroupId) {
        let Some(group) = self.groups.remove(&id) else {
            return;
        };
        for tab in self.tabs.values_mut().filter(|tab| tab.group == Some(id)) {
            tab.group = None;
            tab.position = group.position.within(&tab.position);
        }
    }

    fn add_message(&mut self, id: MessageId, by: MemberId, text: &str, time: Millis) {
        if self.message(id).is_some() {
            return;
        }
        self.messages.push_back(Message {
            id,
            by,
            time,
            text: text.to_owned(),
            edited: false,
            deleted: false,
        });
        while self.messages.len() > limits::RECENT_MESSAGES {
            self.messages.pop_front();
        }
    }

    /// A recent message.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|message| message.id == id)
    }

    /// A member's role; `None` for somebody who is not a member.
    pub fn role_of(&self, member: MemberId) -> Option<Role> {
        self.members.get(&member).map(|membership| membership.role)
    }

    /// Whether somebody else is owner.
    pub(crate) fn keeps_an_owner_without(&self, member: MemberId) -> Result<(), Code> {
        let other =
            |(id, membership): (&MemberId, &Membership)| *id != member && membership.role == Role::Owner;
        if self.members.iter().any(other) {
            Ok(())
        } else {
            Err(Code::LastOwner)
        }
    }

    /// Whether the state of a shared space has room for what an op adds.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    pub fn has_room_for(&self, op: &Op) -> Result<(), Code> {
        self.has_room(op, limits::TABS, limits::GROUPS)
    }

    /// Whether the state of a private space has room for what an op adds.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    pub fn has_private_room_for(&self, op: &Op) -> Result<(), Code> {
        self.has_room(op, limits::PRIVATE_TABS, limits::PRIVATE_GROUPS)
    }

    fn has_room(&self, op: &Op, tabs: usize, groups: usize) -> Result<(), Code> {
        let full = match op {
            Op::TabAdded(_) => self.tabs.len() >= tabs,
            Op::GroupAdded(_) => self.groups.len() >= groups,
            Op::StreamStarted { .. } => self.streams.len() >= limits::STREAMS,
            Op::MemberJoined { .. } => self.members.len() >= limits::MEMBERS,
            _ => false,
        };
        if full { Err(Code::TooMany) } else { Ok(()) }
    }

    /// Mends what no log leads to, in a state that somebody else wrote: a tab of a group that is not there stands outside.
    pub fn mend(&mut self) {
        for tab in self.tabs.values_mut() {
            tab.group = tab.group.filter(|group| self.groups.contains_key(group));
        }
    }

    /// The list as people see it: pinned tabs, then groups and ungrouped tabs by position.
    pub fn layout(&self) -> Vec<Item<'_>> {
        let mut inside: BTreeMap<GroupId, Vec<(TabId, &Tab)>> = BTreeMap::new();
        let mut items = Vec::with_capacity(self.tabs.len());
        for (&id, tab) in &self.tabs {
            match tab.group {
                Some(group) => inside.entry(group).or_default().push((id, tab)),
                None => items.push(Item::Tab(id, tab)),
            }
        }
        for (&id, group) in &self.groups {
            let mut tabs = inside.remove(&id).unwrap_or_default();
            tabs.sort_by(|(a, x), (b, y)| (!x.pinned, &x.position, a).cmp(&(!y.pinned, &y.position, b)));
            items.push(Item::Group(id, group, tabs));
        }
        items.sort_by(|a, b| a.key().cmp(&b.key()));
        items
    }

    /// The ids of all tabs in the order of [`SpaceState::layout`].
    pub fn tab_order(&self) -> Vec<TabId> {
        let mut order = Vec::with_capacity(self.tabs.len());
        for item in self.layout() {
            match item {
                Item::Tab(id, _) => order.push(id),
                Item::Group(_, _, tabs) => order.extend(tabs.iter().map(|(id, _)| *id)),
            }
        }
        order
    }

    /// The state as the beginning of a new log: tabs and groups that `keep` lets through, none of the
    /// members, messages and streams.
    pub fn as_created(&self, keep: impl Fn(TabId, &Tab) -> bool) -> Created {
        let tabs: Vec<NewTab> = self
            .tabs
            .iter()
            .filter(|(id, tab)| keep(**id, tab))
            .map(|(&id, tab)| NewTab {
                tab: id,
                url: tab.url.clone(),
                title: tab.title.clone(),
                favicon: tab.favicon.clone(),
                pinned: tab.pinned,
                group: tab.group,
                position: tab.position.clone(),
            })
            .collect();
        let groups = self
            .groups
            .iter()
            .filter(|(id, _)| tabs.iter().any(|tab| tab.group == Some(**id)))
            .map(|(&id, group)| NewGroup {
                group: id,
                title: group.title.clone(),
                colour: group.colour,
                collapsed: group.collapsed,
                position: group.position.clone(),
            })
            .collect();
        Created {
            name: self.name.clone(),
            colour: self.colour,
            groups,
            tabs,
        }
    }
}

impl Item<'_> {
    fn key(&self) -> (bool, &Position, u128) {
        match self {
            Item::Tab(id, tab) => (!tab.pinned, &tab.position, id.bits()),
            Item::Group(id, group, _) => (true, &group.position, id.bits()),
        }
    }
}
