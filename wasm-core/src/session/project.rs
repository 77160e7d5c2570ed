//! From state to view: what a person sees of a space.

use std::collections::BTreeMap;

use protocol::state::{Item, Stream, Tab};
use protocol::{MemberId, Role, SpaceId, SpaceState, StreamId, TabId};

use super::room::Room;
use crate::view::{
    GroupView, ItemView, LinkView, MediaView, MessageView, Notice, PersonView, PointerView, SpaceView,
    StreamView, TabView, colour_of,
};

/// What a view is made of, besides the state.
pub(crate) struct Parts<'a> {
    pub(crate) space: SpaceId,
    pub(crate) link: LinkView,
    pub(crate) you: MemberId,
    pub(crate) people: &'a BTreeMap<MemberId, String>,
    pub(crate) room: &'a Room,
    pub(crate) notices: &'a [Notice],
    pub(crate) unsent: usize,
    /// The own messages that wait.
    pub(crate) waiting: Vec<protocol::MessageId>,
    pub(crate) media: &'a dyn Fn(StreamId, &Stream) -> (bool, MediaView),
}

pub(crate) fn name_of(people: &BTreeMap<MemberId, String>, member: MemberId) -> String {
    people
        .get(&member)
        .filter(|name| !name.is_empty())
        .cloned()
        .unwrap_or_else(|| "?".to_owned())
}

/// Makes the view of a space in this state.
pub(crate) fn project(state: &SpaceState, parts: Parts<'_>) -> SpaceView {
    let Parts {
        space,
        link,
        you,
        people,
        room,
        notices,
        unsent,
        waiting,
        media,
    } = parts;
    let mut lookers: BTreeMap<TabId, Vec<MemberId>> = BTreeMap::new();
    for present in room.present.values().filter(|present| present.member != you) {
        if let Some(tab) = present.presence.tab {
            let members = lookers.entry(tab).or_default();
            if !members.contains(&present.member) {
                members.push(present.member);
            }
        }
    }
    let shown: BTreeMap<TabId, StreamId> = state
        .streams
        .iter()
        .filter_map(|(&id, stream)| stream.tab.map(|tab| (tab, id)))
        .collect();
    let tab_view = |id: TabId, tab: &Tab| TabView {
        tab: id,
        url: tab.url.clone(),
        opens: protocol::op::is_web_address(&tab.url),
        title: if tab.title.is_empty() {
            tab.url.clone()
        } else {
            tab.title.clone()
        },
        favicon: tab.favicon.clone(),
        pinned: tab.pinned,
        viewers: lookers.get(&id).cloned().unwrap_or_default(),
        stream: shown.get(&id).copied(),
    };
    let items = state
        .layout()
        .into_iter()
        .map(|item| match item {
            Item::Tab(id, tab) => ItemView::Tab(tab_view(id, tab)),
            Item::Group(id, group, tabs) => ItemView::Group(GroupView {
                group: id,
                title: group.title.clone(),
                colour: group.colour,
                collapsed: group.collapsed,
                tabs: tabs.into_iter().map(|(id, tab)| tab_view(id, tab)).collect(),
            }),
        })
        .collect();

    let mut persons: Vec<PersonView> = state
        .members
        .iter()
        .map(|(&member, membership)| PersonView {
            member,
            name: name_of(people, member),
            colour: colour_of(member),
            role: membership.role,
            you: member == you,
            here: room.is_here(member),
            idle: room.is_here(member) && room.is_idle(member),
            typing: room.is_typing(member),
            tab: room.of(member).find_map(|presence| presence.tab),
            watching: room.of(member).find_map(|presence| presence.watching),
        })
        .collect();
    persons.sort_by(|a, b| (!a.here, &a.name, a.member).cmp(&(!b.here, &b.name, b.member)));

    let messages = state
        .messages
        .iter()
        .map(|message| MessageView {
            message: message.id,
            by: message.by,
            name: name_of(people, message.by),
            colour: colour_of(message.by),
            yours: message.by == you,
            time: message.time,
            text: message.text.clone(),
            edited: message.edited,
            deleted: message.deleted,
            waiting: waiting.contains(&message.id),
        })
        .collect();

    let streams = state
        .streams
        .iter()
        .map(|(&id, stream)| {
            let (here, media) = media(id, stream);
            let held = stream.device.and_then(|host| room.held(host, id));
            StreamView {
                stream: id,
                by: stream.by,
                name: name_of(people, stream.by),
                yours: stream.by == you,
                here,
                tab: stream.tab,
                title: stream.title.clone(),
                audio: stream.audio,
                paused: held.is_some_and(|held| held.paused),
                muted: held.is_some_and(|held| held.muted),
                started: stream.started,
                watchers: room.watchers(id),
                media,
                pointers: room
                    .pointers(id)
                    .map(|pointer| PointerView {
                        member: pointer.member,
                        name: name_of(people, pointer.member),
                        colour: colour_of(pointer.member),
                        x: pointer.x,
                        y: pointer.y,
                    })
                    .collect(),
            }
        })
        .collect();

    SpaceView {
        space,
        name: state.name.clone(),
        colour: state.colour,
        link,
        you: Some(you),
        role: state.role_of(you).unwrap_or(Role::Viewer),
        read_only: state.read_only,
        unsent,
        items,
        people: persons,
        messages,
        streams,
        notices: notices.to_vec(),
        inflow: None,
    }
}
