//! The past of a space as people see it: a reading of its log.
//!
//! [`Log`] is what is kept of a log: states, and the events that lead from one to the next. [`Log::moments`] tells what
//! happened, the latest first; what one person did of one kind within a minute is one moment. [`Log::at`] is the space as
//! it was. Where events come from is not known here: `super::past` reads those of private spaces, a relay has the others.

use std::collections::{BTreeMap, BTreeSet};

use protocol::event::{Event, Payload};
use protocol::state::Tab;
use protocol::{Colour, GroupId, MemberId, Op, Seq, SpaceState, TabId};

use crate::ask::library::{Deed, HistoryView, Moment};
use crate::session::project::name_of;

/// What follows within this time, by the same person and of the same kind, is the same moment.
const BURST_MS: i64 = 60_000;

/// Moments of one answer.
const PAGE: usize = 100;

/// Whose history it is, and what the others are called.
#[derive(Debug, Clone)]
pub struct Who {
    /// This person.
    pub you: MemberId,
    /// Names of members.
    pub names: BTreeMap<MemberId, String>,
}

/// A part of a log without a gap.
#[derive(Debug, Clone, Default, PartialEq)]
struct Stretch {
    /// The state before the first event; `None` when it is not known.
    base: Option<SpaceState>,
    events: Vec<Event>,
}

/// What is kept of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    stretches: Vec<Stretch>,
}

impl Stretch {
    /// The last event that is known.
    fn head(&self) -> Seq {
        let last = self.events.last().map(|event| event.envelope.seq);
        last.or(self.base.as_ref().map(|state| state.head))
            .unwrap_or_default()
    }

    /// The state before its first event; when it was not kept, as far as it can be told from what came later.
    fn begin(&self, later: Option<&SpaceState>) -> Option<SpaceState> {
        self.base.clone().or_else(|| {
            let first = self.events.first()?;
            if first.envelope.seq == Seq(1) {
                return Some(SpaceState::default());
            }
            Some(guess(first, &self.events, later?))
        })
    }
}

/// What a space held before these events, of what it holds now: what they did not add was there, as it is now or as
/// these events leave it.
fn guess(first: &Event, events: &[Event], now: &SpaceState) -> SpaceState {
    let mut tabs: BTreeSet<TabId> = BTreeSet::new();
    let mut groups: BTreeSet<GroupId> = BTreeSet::new();
    for event in events {
        match &event.payload {
            Payload::Op(Op::TabAdded(new)) => drop(tabs.insert(new.tab)),
            Payload::Op(Op::GroupAdded(new)) => drop(groups.insert(new.group)),
            _ => {}
        }
    }
    let mut base = SpaceState {
        head: Seq(first.envelope.seq.0.saturating_sub(1)),
        time: first.envelope.time,
        name: now.name.clone(),
        colour: now.colour,
        members: now.members.clone(),
        ..SpaceState::default()
    };
    let there = now.groups.iter().filter(|(id, _)| !groups.contains(id));
    base.groups = there.map(|(id, group)| (*id, group.clone())).collect();
    let there = now.tabs.iter().filter(|(id, _)| !tabs.contains(id));
    base.tabs = there.map(|(id, tab)| (*id, tab.clone())).collect();
    for tab in base.tabs.values_mut() {
        tab.group = tab.group.filter(|group| base.groups.contains_key(group));
    }
    base
}

impl Log {
    /// The next event. One that is known already changes nothing; one behind a gap begins a part of its own.
    pub fn push(&mut self, event: Event) {
        let seq = event.envelope.seq;
        match self.stretches.last_mut() {
            Some(stretch) if seq <= stretch.head() => {}
            Some(stretch) if seq == stretch.head().next() => stretch.events.push(event),
            _ => self.stretches.push(Stretch {
                base: None,
                events: vec![event],
            }),
        }
    }

    /// What the log amounts to up to here.
    pub fn stands_at(&mut self, state: SpaceState) {
        match self.stretches.last() {
            // It follows from what is known.
            Some(stretch) if stretch.head() == state.head && stretch.begin(None).is_some() => {}
            Some(stretch) if stretch.head() > state.head => {}
            _ => self.stretches.push(Stretch {
                base: Some(state),
                events: Vec::new(),
            }),
        }
    }

    /// The parts with the states that they begin with, the latest first.
    fn begun(&self, now: Option<&SpaceState>) -> impl Iterator<Item = (SpaceState, &Stretch)> {
        let mut later = now.cloned();
        self.stretches.iter().rev().filter_map(move |stretch| {
            let base = stretch.begin(later.as_ref())?;
            later = Some(base.clone());
            Some((base, stretch))
        })
    }

    /// The space as it was after an event; `None` when that is not known any more. `now` is what it is: from it is told
    /// what was not kept.
    pub fn at(&self, seq: Seq, now: Option<&SpaceState>) -> Option<SpaceState> {
        // Of two parts that meet here, the later one knows its state.
        let mut parts = self.begun(now);
        let (mut state, stretch) = parts.find(|(base, stretch)| base.head <= seq && seq <= stretch.head())?;
        let events = stretch.events.iter();
        for event in events.take_while(|event| event.envelope.seq <= seq) {
            state.apply(event);
        }
        Some(state)
    }

    /// What happened before an event, the latest first; `None` for the latest of all.
    pub fn moments(&self, before: Option<Seq>, who: &Who, now: Option<&SpaceState>) -> HistoryView {
        let mut moments = Vec::new();
        for (mut state, stretch) in self.begun(now) {
            let mut bursts = Bursts::new(who);
            for event in &stretch.events {
                let piece = piece(&state, event);
                state.apply(event);
                if let Some(piece) = piece {
                    bursts.add(event, piece, &state);
                }
            }
            moments.extend(bursts.moments.into_iter().rev());
        }
        moments.retain(|moment| before.is_none_or(|before| moment.seq < before));
        let more = moments.len() > PAGE;
        moments.truncate(PAGE);
        let before = moments.last().filter(|_| more).map(|moment| moment.seq);
        HistoryView { moments, before }
    }
}

/// What an event is a part of: one of the same kind may be the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Made,
    Renamed,
    Recoloured,
    Added,
    Removed,
    Navigated(TabId),
    Retitled(TabId),
    Moved,
    Grouped(GroupId),
    Ungrouped(GroupId),
    Member(MemberId),
    Streamed,
    Other,
}

/// What one event did.
struct Piece {
    kind: Kind,
    deed: Deed,
    /// The tab it concerns.
    tab: Option<TabId>,
}

fn title_of(tab: &Tab) -> String {
    if tab.title.is_empty() {
        tab.url.clone()
    } else {
        tab.title.clone()
    }
}

/// What an event does to a state; `None` when it is nothing that people would look for.
fn piece(state: &SpaceState, event: &Event) -> Option<Piece> {
    let op = match &event.payload {
        Payload::Op(op) => op,
        Payload::Unknown(_) => {
            return Some(Piece {
                kind: Kind::Other,
                deed: Deed::Other,
                tab: None,
            });
        }
        Payload::Erased => return None,
    };
    let mut concerned = None;
    let mut titles = |id: &TabId| {
        let tab = state.tabs.get(id)?;
        concerned = Some(*id);
        Some(title_of(tab))
    };
    let (kind, deed) = match op {
        Op::SpaceCreated(created) => (Kind::Made, Deed::Made(created.tabs.len())),
        Op::SpaceRenamed { name } => (Kind::Renamed, Deed::Renamed(name.clone())),
        Op::SpaceRecoloured { colour } => (Kind::Recoloured, Deed::Recoloured(*colour)),
        Op::TabAdded(new) if !state.tabs.contains_key(&new.tab) => {
            concerned = Some(new.tab);
            let title = if new.title.is_empty() {
                &new.url
            } else {
                &new.title
            };
            (Kind::Added, Deed::Added(vec![title.clone()]))
        }
        Op::TabRemoved { tab } => (Kind::Removed, Deed::Removed(vec![titles(tab)?])),
        Op::TabUpdated {
            tab,
            url,
            title,
            pinned,
            ..
        } => {
            let old = state.tabs.get(tab)?;
            concerned = Some(*tab);
            if let Some(url) = url.as_ref().filter(|url| **url != old.url) {
                let title = title.as_ref().filter(|title| !title.is_empty()).unwrap_or(url);
                (Kind::Navigated(*tab), Deed::Navigated(title.clone()))
            } else if pinned.is_some_and(|pinned| pinned != old.pinned) {
                (Kind::Moved, Deed::Moved(vec![title_of(old)]))
            } else {
                let title = title.clone().filter(|title| !title.is_empty())?;
                (Kind::Retitled(*tab), Deed::Navigated(title))
            }
        }
        Op::TabMoved { tab, group, .. } => {
            let title = titles(tab)?;
            match group.filter(|group| state.tabs[tab].group != Some(*group)) {
                Some(group) if state.groups.contains_key(&group) => grouped(group),
                _ => (Kind::Moved, Deed::Moved(vec![title])),
            }
        }
        Op::GroupUpdated {
            group, title, colour, ..
        } if title.is_some() || colour.is_some() => {
            state.groups.get(group)?;
            grouped(*group)
        }
        Op::GroupMoved { group, .. } => {
            let tabs = state.tabs.values().filter(|tab| tab.group == Some(*group));
            let titles: Vec<String> = tabs.map(title_of).collect();
            if titles.is_empty() {
                return None;
            }
            (Kind::Moved, Deed::Moved(titles))
        }
        Op::GroupRemoved { group } => {
            let old = state.groups.get(group)?;
            // A group whose tabs are gone went with them.
            state.tabs.values().find(|tab| tab.group == Some(*group))?;
            (Kind::Ungrouped(*group), Deed::Ungrouped(old.title.clone()))
        }
        // The names are put in where they are known.
        Op::MemberJoined { member, .. } => (Kind::Member(*member), Deed::Joined(String::new())),
        Op::MemberLeft { member } => (Kind::Member(*member), Deed::Left(String::new())),
        Op::MemberRole { .. } | Op::SpaceDeleted {} => (Kind::Other, Deed::Other),
        Op::StreamStarted { title, .. } => (Kind::Streamed, Deed::Streamed(title.clone())),
        Op::TabAdded(_)
        | Op::GroupAdded(_)
        | Op::GroupUpdated { .. }
        | Op::StreamEnded { .. }
        | Op::MessageSent { .. }
        | Op::MessageEdited { .. }
        | Op::MessageDeleted { .. } => return None,
    };
    Some(Piece {
        kind,
        deed,
        tab: concerned,
    })
}

/// What the group is, is told by the state after the event.
const fn grouped(group: GroupId) -> (Kind, Deed) {
    (
        Kind::Grouped(group),
        Deed::Grouped(String::new(), Colour::Grey, 0),
    )
}

/// Events on their way to become moments, the oldest first.
struct Bursts<'a> {
    who: &'a Who,
    moments: Vec<Moment>,
    /// Of the last one: whose and what it is, and which tabs are in it.
    last: Option<(MemberId, Kind, BTreeSet<TabId>)>,
}

impl<'a> Bursts<'a> {
    const fn new(who: &'a Who) -> Self {
        Self {
            who,
            moments: Vec::new(),
            last: None,
        }
    }

    fn add(&mut self, event: &Event, piece: Piece, state: &SpaceState) {
        let Piece { kind, deed, tab } = piece;
        let deed = self.named(kind, deed, state);
        let envelope = &event.envelope;
        let member = envelope.author.member;
        let taken = tab.filter(|_| matches!(kind, Kind::Removed | Kind::Navigated(_)));
        if let (Some(moment), Some((by, open, tabs))) = (self.moments.last_mut(), &mut self.last) {
            let is_soon = envelope.time.since(moment.time) <= BURST_MS;
            let is_title = matches!((*open, kind), (Kind::Navigated(of), Kind::Retitled(tab)) if of == tab);
            if *by == member && is_soon && (*open == kind || is_title) && merges(kind) {
                moment.seq = envelope.seq;
                moment.time = envelope.time;
                let is_new = tab.is_none_or(|tab| tabs.insert(tab));
                join(&mut moment.deed, deed, is_new);
                moment.taken.extend(taken.filter(|_| is_new));
                return;
            }
        }
        if matches!(kind, Kind::Retitled(_)) {
            return;
        }
        self.last = Some((member, kind, tab.into_iter().collect()));
        self.moments.push(Moment {
            seq: envelope.seq,
            time: envelope.time,
            by: (member != self.who.you).then(|| name_of(&self.who.names, member)),
            deed,
            taken: taken.into_iter().collect(),
            seq_before: Seq(envelope.seq.0.saturating_sub(1)),
        });
    }

    fn named(&self, kind: Kind, deed: Deed, state: &SpaceState) -> Deed {
        match (kind, deed) {
            (Kind::Grouped(id), _) => state.groups.get(&id).map_or(Deed::Other, |group| {
                let tabs = state.tabs.values().filter(|tab| tab.group == Some(id)).count();
                Deed::Grouped(group.title.clone(), group.colour, tabs)
            }),
            (Kind::Member(member), Deed::Joined(_)) => Deed::Joined(name_of(&self.who.names, member)),
            (Kind::Member(member), Deed::Left(_)) => Deed::Left(name_of(&self.who.names, member)),
            (_, deed) => deed,
        }
    }
}

/// Whether two of a kind are one.
const fn merges(kind: Kind) -> bool {
    !matches!(kind, Kind::Made | Kind::Member(_) | Kind::Streamed)
}

/// Adds what happened to what happened just before. `is_new` when it is about another tab.
fn join(deed: &mut Deed, next: Deed, is_new: bool) {
    match (deed, next) {
        (Deed::Added(titles), Deed::Added(more))
        | (Deed::Removed(titles), Deed::Removed(more))
        | (Deed::Moved(titles), Deed::Moved(more)) => {
            if is_new {
                titles.extend(more);
            }
        }
        (deed, next) => *deed = next,
    }
}
