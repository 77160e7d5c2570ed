//! The library for a backup, and what becomes of a space that a backup brings. Of what it has of the bin: `removed.rs`.

mod removed;

use std::collections::BTreeMap;

use protocol::event::Event;
use protocol::op::{Created, NewGroup, NewTab};
use protocol::state;
use protocol::{GroupId, MemberId, Millis, Op, Position, SpaceId, SpaceState, TabId, limits};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::windows::clean_name;
use crate::library::backup::{Exact, Group, Item, Kind, Library, Space, TIMES, Tab};
use crate::library::follow::{clean_title, clean_url};
use crate::library::marks::{Marks, MarksChange, SpaceMarks};
use crate::library::private::Private;
use crate::record::{Write, log_key, space_key};

pub use removed::BroughtToBin;
pub(crate) use removed::rebuilt_entry;

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

/// The tabs of a space that could not be kept: without an address, with one that is too long, or, in a file of another
/// program, with one that is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut(pub usize);

/// The library of all records on disk, and the keys of those that cannot be read. It says what the disk says: what
/// is still to be written is not in it.
pub fn library_of(records: &[(String, String)]) -> (Library, Vec<String>) {
    let (engine, damaged) = Engine::restore(records, || 0);
    (engine.as_library(records), damaged)
}

/// A private space as the records and the marks that a backup has of it rebuild it; `None` when they rebuild none.
pub(crate) fn rebuilt(space: &Space) -> Option<Space> {
    let (id, exact) = (space.id?, space.exact.as_ref()?);
    let mut records = vec![(space_key(id), exact.snapshot.clone())];
    for text in &exact.log {
        let event: Event = serde_json::from_str(text).ok()?;
        records.push((log_key(id, event.envelope.seq), text.clone()));
    }
    let (mut engine, _) = Engine::restore(&records, || 0);
    engine.adopt_marks(id, space, &mut Vec::new());
    engine.as_library(&records).spaces.pop()
}

fn space_of(id: SpaceId, state: &SpaceState, kind: Kind, exact: Option<Exact>, marks: &SpaceMarks) -> Space {
    Space {
        name: state.name.clone(),
        colour: state.colour,
        id: Some(id),
        kind,
        changed: state.time.clamp(*TIMES.start(), *TIMES.end()),
        marks: marks.own.clone(),
        archived: marks.archived,
        items: items_of(state, marks),
        exact,
    }
}

/// The tabs and groups of a space in order, with what is marked of them.
fn items_of(state: &SpaceState, marks: &SpaceMarks) -> Vec<Item> {
    let tab_of = |id: TabId, tab: &state::Tab| Tab {
        title: tab.title.clone(),
        url: tab.url.clone(),
        pinned: tab.pinned,
        muted: marks.muted.contains(&id),
        shown: marks.shown == Some(id),
        marks: marks.tabs.get(&id).cloned().unwrap_or_default(),
    };
    let item = |item: state::Item<'_>| match item {
        state::Item::Tab(id, tab) => Item::Tab(tab_of(id, tab)),
        state::Item::Group(_, group, tabs) => Item::Group(Group {
            title: group.title.clone(),
            colour: group.colour,
            collapsed: group.collapsed,
            tabs: tabs.into_iter().map(|(id, tab)| tab_of(id, tab)).collect(),
        }),
    };
    state.layout().into_iter().map(item).collect()
}

impl Engine {
    fn as_library(&self, records: &[(String, String)]) -> Library {
        let texts: BTreeMap<&str, &str> = records
            .iter()
            .map(|(key, text)| (key.as_str(), text.as_str()))
            .collect();
        let text = |key: String| texts.get(key.as_str()).map(|text| (*text).to_owned());
        let nothing = SpaceMarks::default();
        let marks = |id: SpaceId| self.marks.get(&id).unwrap_or(&nothing);
        let mut spaces = Vec::new();
        for (&id, private) in &self.privates {
            let exact = text(space_key(id)).map(|snapshot| Exact {
                snapshot,
                log: private.log().filter_map(|seq| text(log_key(id, seq))).collect(),
            });
            spaces.push(space_of(id, &private.state, Kind::Private, exact, marks(id)));
        }
        for id in self.session.spaces() {
            let Some(state) = self.session.state(id) else {
                continue;
            };
            if state.deleted || self.settings.forgotten.contains(&id) {
                continue;
            }
            let relay = self.settings.relay.clone();
            spaces.push(space_of(id, state, Kind::Shared { relay }, None, marks(id)));
        }
        spaces.sort_by_key(|space| space.id);
        let bin = self.bin.entries().map(|(id, entry)| removed::listed(id, entry));
        Library {
            spaces,
            bin: bin.collect(),
        }
    }

    /// Brings in a space of a backup, or of another program. One that is here and the same is not doubled; one that
    /// is here with other content stays what it is, and the other is added under `copy_name`. What is marked in the
    /// file is marked here where nothing is yet. A backup brings back what was in a space, all of it; of another
    /// program's file, what is on the ignore list stays out.
    pub fn bring_in(&mut self, now: Millis, space: &Space, copy_name: &str) -> BroughtIn {
        let (is_back, ignored) = (space.id.is_some(), &self.ignored);
        let (kept, left_out) = cleaned(space, &|url| is_back || ignored.lets_in(url, false));
        let copy = Space {
            name: clean_name(copy_name),
            ..kept.clone()
        };
        let mut alike = [space, &kept, &copy].into_iter();
        if let Some(same) = alike.find_map(|space| self.looking_like(space)) {
            let mut writes = Vec::new();
            self.adopt_marks(same, &kept, &mut writes);
            self.session.commit(writes);
            return BroughtIn::Same(same);
        }
        let here = space
            .id
            .map(|id| self.current(id))
            .filter(|id| self.state(*id).is_some());
        if let (None, Some(id), Some(exact)) = (here, space.id, &space.exact)
            // What is there of it and cannot be read is not written over.
            && !self.unreadable.contains(&id)
            && self.bring_back(id, exact, space)
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
        self.adopt_marks(id, &kept, &mut writes);
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
                        && space_of(id, state, Kind::Private, None, &SpaceMarks::default()).looks_like(space)
                })
            })
    }

    /// Marks in a space what a backup that lists the same tabs has marked, where nothing is marked yet.
    fn adopt_marks(&mut self, id: SpaceId, space: &Space, writes: &mut Vec<Write>) {
        let Some(state) = self.state(id) else { return };
        let here = self.marks(id);
        let order = state.tab_order();
        let same =
            |(tab, listed): &(TabId, &Tab)| state.tabs.get(tab).is_some_and(|tab| tab.url == listed.url);
        let tabs: Vec<(TabId, &Tab)> = order.into_iter().zip(space.tabs()).filter(same).collect();
        let missing = |here: Option<&Marks>, marks: &Marks| {
            let marks = marks.cleaned();
            (here.is_none_or(Marks::is_empty) && !marks.is_empty()).then_some(marks)
        };
        let change = MarksChange {
            own: missing(Some(&here.own), &space.marks),
            archived: (space.archived && !here.archived).then_some(true),
            tabs: tabs
                .iter()
                .filter_map(|(tab, listed)| Some((*tab, missing(here.tabs.get(tab), &listed.marks)?)))
                .collect(),
            ..MarksChange::default()
        };
        if !change.is_empty() {
            self.set_marks(id, &change, writes);
        }
        if here.shown.is_none() && here.muted.is_empty() {
            let shown = tabs.iter().find(|(_, listed)| listed.shown).map(|(tab, _)| *tab);
            let muted = tabs
                .iter()
                .filter(|(_, listed)| listed.muted)
                .map(|(tab, _)| *tab);
            self.set_look(id, shown, muted.collect(), writes);
        }
    }

    /// The same space again, by its records; whether they are those of a space that can be used.
    fn bring_back(&mut self, id: SpaceId, exact: &Exact, listed: &Space) -> bool {
        let mut writes = Vec::new();
        let device = self.session.device();
        let Some(private) = Private::bring_back(id, device, exact, &mut writes) else {
            return false;
        };
        let begun = private.state.as_created(|_, _| true);
        if private.state.deleted || !can_begin(begun) {
            return false;
        }
        self.privates.insert(id, private);
        self.adopt_marks(id, listed, &mut writes);
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

/// Whether a private space can begin so: each tab and group is good, and there are not too many.
fn can_begin(created: Created) -> bool {
    created.tabs.len() <= limits::PRIVATE_TABS
        && created.groups.len() <= limits::PRIVATE_GROUPS
        && Op::SpaceCreated(created).check().is_ok()
}

/// A space as it can be kept, within the limits: pinned tabs first, as they are shown. The tabs of groups for which
/// there is no room stand alone.
fn cleaned(space: &Space, wanted: &dyn Fn(&str) -> bool) -> (Space, LeftOut) {
    let (mut room, mut groups) = (limits::PRIVATE_TABS, 0);
    let mut left_out = 0;
    let mut keep = |tab: &Tab| {
        let url = clean_url(&tab.url).filter(|url| !url.is_empty() && room > 0 && wanted(url));
        let Some(url) = url else {
            left_out += 1;
            return None;
        };
        room -= 1;
        Some(Tab {
            title: clean_title(&tab.title),
            url: url.to_owned(),
            pinned: tab.pinned,
            muted: tab.muted,
            shown: tab.shown,
            marks: tab.marks.clone(),
        })
    };
    let mut items = Vec::with_capacity(space.items.len());
    for item in &space.items {
        match item {
            Item::Tab(tab) => items.extend(keep(tab).map(Item::Tab)),
            Item::Group(group) if groups < limits::PRIVATE_GROUPS => {
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
