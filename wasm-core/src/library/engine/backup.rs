//! The library for a backup, and what becomes of a space that a backup brings.

use std::collections::BTreeMap;

use protocol::op::{Created, NewGroup, NewTab};
use protocol::state;
use protocol::{GroupId, MemberId, Millis, Op, Position, SpaceId, SpaceState, TabId, limits};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::windows::clean_name;
use crate::library::backup::{Exact, Group, Item, Kind, Library, Space, TIMES, Tab};
use crate::library::follow::{clean_title, clean_url};
use crate::library::private::Private;
use crate::record::{log_key, space_key};

/// What became of a space that a backup brought. Nothing that was there is changed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroughtIn {
    /// It was not there, and is now.
    Added(SpaceId, LeftOut),
    /// It is there with other content: what the backup holds stands beside it, as a space of its own.
    Copied(SpaceId, LeftOut),
    /// It is there, and the same.
    Same(SpaceId),
    /// There is no tab in it that could be kept.
    Nothing,
}

/// The tabs of a space that could not be kept: without an address, or with one that is too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut(pub usize);

/// The library of all records on disk, and the keys of those that cannot be read. It says what the disk says: what
/// is still to be written is not in it.
pub fn library_of(records: &[(String, String)]) -> (Library, Vec<String>) {
    let (engine, damaged) = Engine::restore(records, || 0);
    let texts: BTreeMap<&str, &str> = records
        .iter()
        .map(|(key, text)| (key.as_str(), text.as_str()))
        .collect();
    let text = |key: String| texts.get(key.as_str()).map(|text| (*text).to_owned());
    let mut spaces = Vec::new();
    for (&id, private) in &engine.privates {
        let exact = text(space_key(id)).map(|snapshot| Exact {
            snapshot,
            log: private.log().filter_map(|seq| text(log_key(id, seq))).collect(),
        });
        spaces.push(space_of(id, &private.state, Kind::Private, exact));
    }
    for id in engine.session.spaces() {
        let Some(state) = engine.session.state(id) else {
            continue;
        };
        if state.deleted || engine.settings.forgotten.contains(&id) {
            continue;
        }
        let relay = engine.settings.relay.clone();
        spaces.push(space_of(id, state, Kind::Shared { relay }, None));
    }
    spaces.sort_by_key(|space| space.id);
    (Library { spaces }, damaged)
}

fn space_of(id: SpaceId, state: &SpaceState, kind: Kind, exact: Option<Exact>) -> Space {
    let item = |item: state::Item<'_>| match item {
        state::Item::Tab(_, tab) => Item::Tab(tab_of(tab)),
        state::Item::Group(_, group, tabs) => Item::Group(Group {
            title: group.title.clone(),
            colour: group.colour,
            collapsed: group.collapsed,
            tabs: tabs.into_iter().map(|(_, tab)| tab_of(tab)).collect(),
        }),
    };
    Space {
        name: state.name.clone(),
        colour: state.colour,
        id: Some(id),
        kind,
        changed: state.time.clamp(*TIMES.start(), *TIMES.end()),
        items: state.layout().into_iter().map(item).collect(),
        exact,
    }
}

fn tab_of(tab: &state::Tab) -> Tab {
    Tab {
        title: tab.title.clone(),
        url: tab.url.clone(),
        pinned: tab.pinned,
    }
}

impl Engine {
    /// Brings in a space of a backup, or of another program. One that is here and the same is not doubled; one that
    /// is here with other content stays what it is, and the other is added under `copy_name`.
    pub fn bring_in(&mut self, now: Millis, space: &Space, copy_name: &str) -> BroughtIn {
        let (kept, left_out) = cleaned(space);
        let copy = Space {
            name: clean_name(copy_name),
            ..kept.clone()
        };
        let mut alike = [space, &kept, &copy].into_iter();
        if let Some(same) = alike.find_map(|space| self.looking_like(space)) {
            return BroughtIn::Same(same);
        }
        let here = space
            .id
            .map(|id| self.current(id))
            .filter(|id| self.state(*id).is_some());
        if let (None, Some(id), Some(exact)) = (here, space.id, &space.exact)
            && self.bring_back(id, exact)
        {
            return BroughtIn::Added(id, LeftOut(0));
        }
        let created = self.created(if here.is_some() { &copy } else { &kept });
        if created.tabs.is_empty() && left_out.0 > 0 {
            return BroughtIn::Nothing;
        }
        let id = SpaceId::from_bits((self.random)());
        let you = MemberId::from_bits((self.random)());
        let mut writes = Vec::new();
        let private = Private::new(id, you, self.session.device(), now, created, &mut writes);
        self.privates.insert(id, private);
        self.session.commit(writes);
        if here.is_some() {
            BroughtIn::Copied(id, left_out)
        } else {
            BroughtIn::Added(id, left_out)
        }
    }

    /// A space in which a person sees the same.
    fn looking_like(&self, space: &Space) -> Option<SpaceId> {
        let tabs = space.tabs().count();
        let ids = self.privates.keys().copied().chain(self.session.spaces());
        ids.filter(|id| !self.settings.forgotten.contains(id))
            .find(|&id| {
                self.state(id).is_some_and(|state| {
                    state.name == space.name
                        && state.tabs.len() == tabs
                        && space_of(id, state, Kind::Private, None).looks_like(space)
                })
            })
    }

    /// The same space again, by its records; whether they are those of a space that can be used.
    fn bring_back(&mut self, id: SpaceId, exact: &Exact) -> bool {
        let mut writes = Vec::new();
        let device = self.session.device();
        let Some(private) = Private::bring_back(id, device, exact, &mut writes) else {
            return false;
        };
        let begun = Op::SpaceCreated(private.state.as_created(|_, _| true));
        if private.state.deleted || begun.check().is_err() {
            return false;
        }
        self.privates.insert(id, private);
        self.session.commit(writes);
        true
    }

    /// The beginning of a space that was [`cleaned`].
    fn created(&mut self, space: &Space) -> Created {
        let mut created = Created {
            name: space.name.clone(),
            colour: space.colour,
            groups: Vec::new(),
            tabs: Vec::new(),
        };
        let places = Position::spread(None, None, space.items.len());
        for (item, position) in space.items.iter().zip(places) {
            match item {
                Item::Tab(tab) => created.tabs.push(self.new_tab(tab, None, position)),
                Item::Group(group) => {
                    let id = GroupId::from_bits((self.random)());
                    for (tab, inner) in group
                        .tabs
                        .iter()
                        .zip(Position::spread(None, None, group.tabs.len()))
                    {
                        created.tabs.push(self.new_tab(tab, Some(id), inner));
                    }
                    created.groups.push(NewGroup {
                        group: id,
                        title: group.title.clone(),
                        colour: group.colour,
                        collapsed: group.collapsed,
                        position,
                    });
                }
            }
        }
        created
    }

    fn new_tab(&mut self, tab: &Tab, group: Option<GroupId>, position: Position) -> NewTab {
        NewTab {
            tab: TabId::from_bits((self.random)()),
            url: tab.url.clone(),
            title: tab.title.clone(),
            favicon: None,
            pinned: tab.pinned,
            group,
            position,
        }
    }
}

/// A space as it can be kept, within the limits: pinned tabs first, as they are shown. The tabs of groups for which
/// there is no room stand alone.
fn cleaned(space: &Space) -> (Space, LeftOut) {
    let (mut room, mut groups) = (limits::TABS, 0);
    let mut left_out = 0;
    let mut keep = |tab: &Tab| {
        let url = clean_url(&tab.url).filter(|url| !url.is_empty() && room > 0);
        let Some(url) = url else {
            left_out += 1;
            return None;
        };
        room -= 1;
        Some(Tab {
            title: clean_title(&tab.title),
            url: url.to_owned(),
            pinned: tab.pinned,
        })
    };
    let mut items = Vec::with_capacity(space.items.len());
    for item in &space.items {
        match item {
            Item::Tab(tab) => items.extend(keep(tab).map(Item::Tab)),
            Item::Group(group) if groups < limits::GROUPS => {
                groups += 1;
                let mut tabs: Vec<Tab> = group.tabs.iter().filter_map(&mut keep).collect();
                tabs.sort_by_key(|tab| !tab.pinned);
                items.push(Item::Group(Group {
                    title: clean_title(&group.title)
                        .chars()
                        .take(limits::NAME_CHARS)
                        .collect(),
                    colour: group.colour,
                    collapsed: group.collapsed,
                    tabs,
                }));
            }
            Item::Group(group) => {
                items.extend(group.tabs.iter().filter_map(&mut keep).map(Item::Tab));
            }
        }
    }
    items.sort_by_key(|item| !matches!(item, Item::Tab(tab) if tab.pinned));
    let clean = Space {
        name: clean_name(&space.name),
        items,
        exact: None,
        ..space.clone()
    };
    (clean, LeftOut(left_out))
}
