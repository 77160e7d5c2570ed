//! The extension's single writer: private spaces, shared ones, and the windows they follow.
//!
//! Like the session it performs nothing itself: it takes what happened and gives [`Effect`]s. Whoever holds
//! the Web Lock `session` runs one: the offscreen document while something is live, else the service worker,
//! which loads it from disk, uses it, and lets it go. Only an engine that was told to [`Engine::go_live`]
//! connects to the relay.

mod alone;
mod aside;
mod asleep;
mod astray;
mod backup;
mod bin;
mod binned;
mod coming;
mod deeds;
mod difference;
#[cfg(not(feature = "popup"))]
mod documents;
mod duplicates;
mod failing;
mod filling;
#[cfg(not(feature = "popup"))]
mod finding;
mod full;
#[cfg(not(feature = "popup"))]
mod history;
mod inflow;
#[cfg(not(feature = "popup"))]
mod lookup;
mod marking;
#[cfg(not(feature = "popup"))]
mod news;
#[cfg(not(feature = "popup"))]
mod opening;
mod overview;
#[cfg(not(feature = "popup"))]
mod recovery;
mod restored;
#[cfg(not(feature = "popup"))]
mod saving;
mod sharing;
#[cfg(not(feature = "popup"))]
mod shelves;
mod showing;
mod twice;
mod uses;
mod windows;

use std::collections::{BTreeMap, BTreeSet};

use protocol::event::Event;
use protocol::{Code, DeviceId, Millis, Role, SpaceId, SpaceState, StreamId, TabId};

use super::StoredSpace;
use super::bin::{Bin, BinId};
use super::follow::Binding;
use super::ignore::{IgnoreList, Speller};
use super::marks::SpaceMarks;
use super::past::{self, Past};
use super::private::Private;
use super::settings::Settings;
use super::uses::Uses;
use crate::address;
use crate::command::Command;
use crate::record::{DEVICE_KEY, SETTINGS_KEY, log_key, space_key};
use crate::session::replica::put;
use crate::session::{Effect, Session, commands};
use crate::view::{LinkView, Notice, NoticeKind};
use aside::Aside;
use asleep::Asleep;
pub use asleep::WAITS_MS;
pub use backup::{BroughtIn, BroughtToBin, LeftOut, library_of};
pub(crate) use backup::{rebuilt, rebuilt_entry};
use coming::Coming;
#[cfg(not(feature = "popup"))]
pub(crate) use deeds::{new_group, new_tab};
#[cfg(not(feature = "popup"))]
pub use documents::Saved;
pub use filling::{Batch, Placed, RestoreGroup, RestorePlan, RestoreTab, Step};
#[cfg(not(feature = "popup"))]
pub use history::{EVENTS, Kept};
#[cfg(not(feature = "popup"))]
pub use lookup::Lookup;
#[cfg(not(feature = "popup"))]
pub use opening::{Opening, making_room};
use sharing::Sharing;
pub use showing::Showing;

/// How often a tab's favicon is looked for before the tab goes without.
const FAVICON_TRIES: u8 = 3;

/// The extension's single writer.
pub struct Engine {
    session: Session,
    privates: BTreeMap<SpaceId, Private>,
    bindings: BTreeMap<i32, Binding>,
    asleep: BTreeMap<SpaceId, Asleep>,
    coming: BTreeMap<SpaceId, Coming>,
    sharing: BTreeMap<SpaceId, Sharing>,
    marks: BTreeMap<SpaceId, SpaceMarks>,
    /// Rises whenever any of them changes.
    marked: u64,
    uses: BTreeMap<SpaceId, Uses>,
    bin: Bin,
    settings: Settings,
    ignored: IgnoreList,
    spell: Speller,
    random: crate::session::Random,
    live: bool,
    viewed: BTreeSet<SpaceId>,
    /// The spaces whose tabs are looked at among others.
    listed: BTreeSet<SpaceId>,
    streamed_tabs: BTreeMap<StreamId, i32>,
    favicon_tries: BTreeMap<(TabId, String), u8>,
    notices: BTreeMap<SpaceId, Vec<Notice>>,
    last_notice: u64,
    /// Spaces that are on disk and cannot be read.
    unreadable: BTreeSet<SpaceId>,
    /// The keys of all records that cannot be read.
    damaged: Vec<String>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine of what is on disk: all records. Those that cannot be read are returned as well; they stay
    /// where they are, or are set aside where something has to stand in their place.
    pub fn restore(
        records: &[(String, String)],
        random: impl Fn() -> u128 + Clone + Send + 'static,
    ) -> (Self, Vec<String>) {
        let find = |name: &str| {
            records
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, text)| text.as_str())
        };
        let stored_device = find(DEVICE_KEY).and_then(|text| serde_json::from_str::<DeviceId>(text).ok());
        let device = stored_device.unwrap_or_else(|| DeviceId::from_bits(random()));
        let settings: Settings = find(SETTINGS_KEY)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();

        let mut session = Session::new(device, Box::new(random.clone()), false);
        let mut aside = Aside::keep(records, &mut session);
        if stored_device.is_none() {
            session.commit(vec![put(DEVICE_KEY.to_owned(), &device)]);
        }
        let mut damaged = Vec::new();
        let mut writes = Vec::new();
        let mut privates = BTreeMap::new();
        let mut bindings = BTreeMap::new();
        let (mut asleep, mut coming) = (BTreeMap::new(), BTreeMap::new());
        let mut sharing = BTreeMap::new();
        let (mut marks, mut uses) = (BTreeMap::new(), BTreeMap::new());
        let mut bin = Bin::default();
        let mut events = Vec::new();
        let mut pasts: BTreeMap<SpaceId, Past> = BTreeMap::new();
        for (key, text) in records {
            let mut parts = key.split('/');
            match (parts.next(), parts.next()) {
                (Some("space"), Some(id)) => {
                    if let (Ok(space), Ok(StoredSpace::Private(stored))) =
                        (id.parse(), serde_json::from_str(text))
                    {
                        privates.insert(space, Private::restore(space, device, stored));
                    }
                }
                (Some("log"), Some(id)) => match (id.parse::<SpaceId>(), serde_json::from_str::<Event>(text))
                {
                    (Ok(space), Ok(event)) if *key == log_key(space, event.envelope.seq) => {
                        events.push((space, event));
                    }
                    _ => aside.event(key, text, &mut writes),
                },
                (Some("history"), Some(id)) => match (id.parse(), serde_json::from_str::<Past>(text)) {
                    (Ok(space), Ok(past)) => drop(pasts.insert(space, past)),
                    _ => aside.record(key, text, &mut writes),
                },
                (Some("binding"), Some(window)) => {
                    match (window.parse::<i32>(), serde_json::from_str::<Binding>(text)) {
                        (Ok(window), Ok(binding)) => {
                            bindings.insert(window, binding);
                        }
                        _ => damaged.push(key.clone()),
                    }
                }
                (Some("asleep"), Some(id)) => match (id.parse(), serde_json::from_str::<Asleep>(text)) {
                    (Ok(space), Ok(waiting)) => {
                        asleep.insert(space, waiting);
                    }
                    _ => damaged.push(key.clone()),
                },
                (Some("coming"), Some(id)) => match (id.parse(), serde_json::from_str::<Coming>(text)) {
                    (Ok(space), Ok(window)) => drop(coming.insert(space, window)),
                    _ => damaged.push(key.clone()),
                },
                (Some("marks"), Some(id)) => match (id.parse(), serde_json::from_str::<SpaceMarks>(text)) {
                    (Ok(space), Ok(marked)) => drop(marks.insert(space, marked)),
                    _ => aside.record(key, text, &mut writes),
                },
                (Some("uses"), Some(id)) => match (id.parse(), serde_json::from_str::<Uses>(text)) {
                    (Ok(space), Ok(used)) => drop(uses.insert(space, used)),
                    _ => damaged.push(key.clone()),
                },
                (Some("bin"), Some(_)) if !bin.restore(key, text) => damaged.push(key.clone()),
                (Some("sharing"), Some(id)) => {
                    // One that cannot be read any more is begun anew.
                    if let (Ok(space), Ok(begun)) = (id.parse(), serde_json::from_str::<Sharing>(text)) {
                        sharing.insert(space, begun);
                    }
                }
                _ => {}
            }
        }
        events.sort_by_key(|(space, event)| (*space, event.envelope.seq));
        for (space, event) in events {
            if let Some(private) = privates.get_mut(&space)
                && let Some(event) = private.restore_event(event, &mut writes)
            {
                aside.behind(space, &event, &mut writes);
            }
        }
        for (space, past) in pasts {
            match privates.get_mut(&space) {
                Some(private) => private.past = past,
                // Its space is there and cannot be read.
                None if find(&space_key(space)).is_some() => {}
                // It is gone.
                None => writes.extend(past.removal(space)),
            }
        }
        past::trim(&mut privates, past::ALL_BYTES, &mut writes);
        session.commit(writes);
        damaged.extend(aside.keys);
        damaged.extend(session.restore(records.iter().cloned()));
        bindings.retain(|_, binding: &mut Binding| {
            privates.contains_key(&binding.space) || session.state(binding.space).is_some()
        });
        let unreadable = aside::spaces_in(&damaged);
        let is_here = |space: &SpaceId| privates.contains_key(space) || session.state(*space).is_some();
        asleep.retain(|space, _| is_here(space));
        coming.retain(|space, _| is_here(space));
        let spell: Speller = |_| None;
        let ignored = IgnoreList::new(&settings.ignored, spell);
        let mut engine = Self {
            session,
            privates,
            bindings,
            asleep,
            coming,
            sharing,
            marks,
            marked: 0,
            uses,
            bin,
            settings,
            ignored,
            spell,
            random: Box::new(random),
            live: false,
            viewed: BTreeSet::new(),
            listed: BTreeSet::new(),
            streamed_tabs: BTreeMap::new(),
            favicon_tries: BTreeMap::new(),
            notices: BTreeMap::new(),
            last_notice: 0,
            unreadable,
            damaged: damaged.clone(),
        };
        engine.tell_again();
        (engine, damaged)
    }

    /// The shared spaces.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// What the person set.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// From now on patterns of the ignore list also stand for addresses as this spells them.
    pub fn spell_with(&mut self, spell: Speller) {
        self.spell = spell;
        self.ignored = IgnoreList::new(&self.settings.ignored, spell);
    }

    /// Changes what the person set.
    pub fn set_settings(&mut self, settings: Settings) {
        self.ignored = IgnoreList::new(&settings.ignored, self.spell);
        self.settings = settings;
        self.session
            .commit(vec![put(SETTINGS_KEY.to_owned(), &self.settings)]);
    }

    fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.set_settings(settings);
    }

    /// The next effect.
    pub fn poll(&mut self) -> Option<Effect> {
        self.session.poll()
    }

    // --- live ---

    /// From now on this engine connects to the relay for the spaces that want it.
    pub fn go_live(&mut self, now: Millis) {
        self.live = true;
        self.settle(now);
    }

    /// The spaces that pages show, and those whose tabs are listed among others, where nothing counts as read.
    pub fn set_viewed(&mut self, now: Millis, viewed: BTreeSet<SpaceId>, listed: BTreeSet<SpaceId>) {
        (self.viewed, self.listed) = (viewed, listed);
        for space in self.viewed.clone() {
            self.mark_read(space);
        }
        self.settle(now);
    }

    /// Opens and closes shared spaces as they are wanted.
    fn settle(&mut self, now: Millis) {
        let spaces: Vec<SpaceId> = self.session.spaces().collect();
        for space in spaces {
            if self.live && self.wants_live(space) {
                if let Some(you) = self.session.you(space).filter(|_| !self.session.is_open(space)) {
                    self.session.open(now, space, you);
                }
            } else if self.session.is_open(space) {
                self.session.close(now, space);
            }
        }
        let done: Vec<SpaceId> = self
            .settings
            .forgotten
            .iter()
            .copied()
            .filter(|space| self.is_settled(*space))
            .collect();
        if !done.is_empty() {
            for space in &done {
                self.session.forget(now, *space);
            }
            self.change_settings(|settings| settings.forgotten.retain(|space| !done.contains(space)));
        }
    }

    /// The relay has nothing to learn of a space any more.
    fn is_settled(&self, space: SpaceId) -> bool {
        match self.session.view(space) {
            None => true,
            Some(view) => view.unsent == 0 || matches!(view.link, LinkView::Ended { .. }),
        }
    }

    fn wants_live(&self, space: SpaceId) -> bool {
        let over = matches!(
            self.session.view(space).map(|view| view.link),
            None | Some(LinkView::Ended { .. })
        );
        !over
            && (self.viewed.contains(&space)
                || self.listed.contains(&space)
                || self.bindings.values().any(|binding| binding.space == space)
                || !self.session.hosted_in(space).is_empty()
                || self.session.has_waiting(space))
    }

    /// Whether something has to be live: then the offscreen document is to run the engine.
    pub fn wants_offscreen(&self) -> bool {
        self.session.spaces().any(|space| self.wants_live(space))
    }

    // --- streams ---

    /// Remembers which Chrome tab a stream shows.
    pub fn streams_tab(&mut self, stream: StreamId, chrome_tab: i32) {
        self.streamed_tabs.insert(stream, chrome_tab);
    }

    /// The streams of this device, with Chrome's tabs.
    pub fn streamed_tabs(&self) -> Vec<(SpaceId, StreamId, i32)> {
        let spaces: Vec<SpaceId> = self.session.spaces().collect();
        let hosted = spaces.iter().flat_map(|&space| {
            self.session
                .hosted_in(space)
                .into_iter()
                .map(move |id| (space, id))
        });
        hosted
            .filter_map(|(space, id)| self.streamed_tabs.get(&id).map(|tab| (space, id, *tab)))
            .collect()
    }

    // --- people ---

    /// A person wishes something in a space.
    pub fn command(&mut self, now: Millis, space: SpaceId, command: Command) {
        match command {
            Command::SetInflow(inflow) => return self.set_inflow(space, inflow),
            Command::TakeOver(all) => return self.take_over(space, all),
            Command::TakeOut(id) => return self.take_out_or_tell(now, space, id),
            Command::Dismiss(id) => self.has_read(space, id),
            Command::RemoveTab(tab) if self.remove(now, space, &[tab]).is_ok() => return,
            Command::AddTab { ref url, .. } if self.ignored.covers(&address::of_tab(url)) => {
                return self.notify(space, NoticeKind::LeftOut(1));
            }
            _ => {}
        }
        let Some(private) = self.privates.get_mut(&space) else {
            self.session.command(now, space, command);
            self.settle(now);
            return;
        };
        if let Command::Dismiss(id) = command {
            self.notices
                .entry(space)
                .or_default()
                .retain(|notice| notice.id != id);
            return;
        }
        if command == Command::Delete {
            self.forget(now, space);
            return;
        }
        match commands::private_op(now, &private.state, private.you, &mut *self.random, &command) {
            Ok(Some(op)) => {
                let mut writes = Vec::new();
                private.order(now, op, &mut writes);
                self.session.commit(writes);
            }
            Ok(None) => {}
            Err(code) => self.tell(space, code),
        }
    }

    fn tell(&mut self, space: SpaceId, code: Code) {
        let kind = NoticeKind::Refused {
            reason: code.into(),
            text: None,
        };
        self.notify(space, kind);
    }

    /// Something is told in a space until the person has read it.
    fn notify(&mut self, space: SpaceId, kind: NoticeKind) {
        if !self.privates.contains_key(&space) {
            return self.session.tell(space, kind);
        }
        self.last_notice += 1;
        self.notices.entry(space).or_default().push(Notice {
            id: self.last_notice,
            kind,
        });
    }

    /// What is told in a space.
    fn notices_of(&self, space: SpaceId) -> impl Iterator<Item = &Notice> {
        let private = self.notices.get(&space).into_iter().flatten();
        private.chain(self.session.notices_in(space))
    }

    /// What was told is not so any more.
    fn retract(&mut self, space: SpaceId, is_over: impl Fn(&NoticeKind) -> bool) {
        if let Some(notices) = self.notices.get_mut(&space) {
            notices.retain(|notice| !is_over(&notice.kind));
        }
        self.session.retract(space, is_over);
    }

    /// Deletes a space here; a shared one for everybody if this person owns it, else this person leaves. What was in
    /// it is in the bin then.
    pub fn forget(&mut self, now: Millis, space: SpaceId) -> Option<BinId> {
        if let Some(window) = self.window_of(space) {
            self.window_gone(now, window);
        }
        let mut writes = Vec::new();
        self.wake(space, &mut writes);
        if self.privates.contains_key(&space) {
            let id = self.pack_away(now, space, &mut writes);
            self.session.commit(writes);
            self.drop_share(space);
            return id;
        }
        let view = self.here(space).and_then(|_| self.session.view(space));
        let Some(view) = view else {
            self.session.commit(writes);
            return None;
        };
        let id = self.copy_away(now, space, &mut writes);
        self.session.commit(writes);
        let command = if view.role == Role::Owner {
            Command::Delete
        } else {
            Command::Leave
        };
        if !matches!(view.link, LinkView::Ended { .. }) {
            self.session.command(now, space, command);
        }
        self.change_settings(|settings| settings.forgotten.push(space));
        self.settle(now);
        id
    }

    fn mark_read(&mut self, space: SpaceId) {
        let Some(time) = self
            .state(space)
            .and_then(|state| state.messages.back())
            .map(|message| message.time)
        else {
            return;
        };
        if self.read_until(space) < time {
            self.change_settings(|settings| {
                settings.read.retain(|(other, _)| *other != space);
                settings.read.push((space, time));
            });
        }
    }

    fn read_until(&self, space: SpaceId) -> Millis {
        self.settings
            .read
            .iter()
            .find(|(other, _)| *other == space)
            .map_or(Millis(0), |(_, time)| *time)
    }

    /// A space that a person sees.
    fn here(&self, space: SpaceId) -> Option<&SpaceState> {
        let forgotten = self.settings.forgotten.contains(&space);
        self.state(space).filter(|_| !forgotten)
    }

    fn state(&self, space: SpaceId) -> Option<&SpaceState> {
        self.privates
            .get(&space)
            .map(|private| &private.state)
            .or_else(|| self.session.state(space))
    }
}
