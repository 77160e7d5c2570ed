//! What the library's page sees and does: all spaces with all tabs, and what is asked of many tabs at once.

use std::collections::BTreeSet;

use protocol::op::{Created, NewTab};
use protocol::{Code, Colour, GroupId, MemberId, Millis, Op, SpaceId, SpaceState, TabId};

use super::Engine;
use super::deeds::Plan;
use super::windows::clean_name;
use crate::ask::Problem;
use crate::ask::library::{BinnedTab, BinnedView, LibraryAnswer, LibraryAsk, Target};
use crate::library::arrange::{self, Spot, Unit};
use crate::library::bin::{BinId, Binned, Held};
use crate::library::marks::{Marking, MarksChange};
use crate::library::undo::{Apart, Undo};

impl Engine {
    /// Does what the library's page asks.
    ///
    /// # Errors
    /// When a space is not here, or something may not be done in it.
    pub fn library(&mut self, now: Millis, ask: LibraryAsk) -> Result<LibraryAnswer, Problem> {
        let changed = |undo: Undo| LibraryAnswer::Changed(Box::new(undo));
        let undo = match ask {
            LibraryAsk::Shelves => return Ok(LibraryAnswer::Shelves(self.all_shelves())),
            LibraryAsk::News(known) => {
                self.emptied_of_old(now);
                return Ok(self.news(&known));
            }
            LibraryAsk::Duplicates => return Ok(LibraryAnswer::Duplicates(self.duplicates())),
            LibraryAsk::Bin => {
                self.emptied_of_old(now);
                return Ok(LibraryAnswer::Bin(self.bin_view()));
            }
            LibraryAsk::EmptyBin(only) => {
                self.empty_bin(only);
                return Ok(LibraryAnswer::Done);
            }
            LibraryAsk::NewSpace { name, colour } => return Ok(self.new_space(now, &name, colour)),
            LibraryAsk::TakeOut(id) => self.take_out(now, id),
            LibraryAsk::TakeOutTab { id, tab } => self.take_out_tab(now, id, tab),
            LibraryAsk::Undo(undo) => self.undo(now, &undo),
            LibraryAsk::Remove { space, tabs } => self.remove(now, self.current(space), &tabs),
            LibraryAsk::Move { from, tabs, to, copy } => {
                let tabs = tabs.into_iter().collect();
                return self
                    .move_tabs(now, self.current(from), &tabs, to, copy)
                    .map(moved);
            }
            LibraryAsk::Merge { from, into } => {
                let (from, into) = (self.current(from), self.current(into));
                return self.merge(now, from, into).map(moved);
            }
            LibraryAsk::Sort { space, by } => self.in_space(now, space, |state| arrange::sort(state, by)),
            LibraryAsk::Group {
                space,
                tabs,
                title,
                colour,
            } => {
                let (id, tabs) = (GroupId::from_bits((self.random)()), tabs.into_iter().collect());
                self.in_space(now, space, |state| {
                    arrange::group(state, &tabs, id, &title, colour)
                })
            }
            LibraryAsk::EditSpace { space, name, colour } => {
                let name = name.map(|name| Op::SpaceRenamed {
                    name: clean_name(&name),
                });
                let colour = colour.map(|colour| Op::SpaceRecoloured { colour });
                let ops = name.into_iter().chain(colour).collect();
                self.in_space(now, space, |_| ops)
            }
            LibraryAsk::EditGroup {
                space,
                group,
                title,
                colour,
            } => {
                let op = Op::GroupUpdated {
                    group,
                    title: Some(title.trim().to_owned()),
                    colour: Some(colour),
                    collapsed: None,
                };
                self.in_space(now, space, |_| vec![op])
            }
            LibraryAsk::Ungroup { space, group } => {
                self.in_space(now, space, |_| vec![Op::GroupRemoved { group }])
            }
            LibraryAsk::Pin { space, tabs, pinned } => {
                let tabs = tabs.into_iter().collect();
                self.in_space(now, space, |state| arrange::pin(state, &tabs, pinned))
            }
            LibraryAsk::Mark { space, tabs, marking } => self.mark(now, self.current(space), tabs, &marking),
            LibraryAsk::Archive { space, archived } => {
                let change = MarksChange {
                    archived: Some(archived),
                    ..MarksChange::default()
                };
                self.set_marks_of(now, self.current(space), change)
            }
            LibraryAsk::Forget(space) => {
                let space = self.current(space);
                self.here(space).ok_or(Problem::NoSuchSpace)?;
                Ok(Undo {
                    binned: self.forget(now, space).into_iter().collect(),
                    ..Undo::default()
                })
            }
            LibraryAsk::MergeDuplicates { places, keep } => Ok(self
                .merge_same(now, &places, keep)?
                .map(|(_, undo)| undo)
                .unwrap_or_default()),
            LibraryAsk::History { .. }
            | LibraryAsk::At { .. }
            | LibraryAsk::BringBack { .. }
            | LibraryAsk::Open { .. }
            | LibraryAsk::Save { .. } => Err(Problem::NoSuchSpace),
        };
        undo.map(changed)
    }

    fn in_space(
        &mut self,
        now: Millis,
        space: SpaceId,
        ops: impl FnOnce(&SpaceState) -> Vec<Op>,
    ) -> Result<Undo, Problem> {
        let space = self.current(space);
        let ops = ops(self.here(space).ok_or(Problem::NoSuchSpace)?);
        let plan = Plan {
            ops: vec![(space, ops)],
            ..Plan::default()
        };
        self.perform(now, plan, Vec::new())
    }

    fn mark(
        &mut self,
        now: Millis,
        space: SpaceId,
        tabs: Option<Vec<TabId>>,
        marking: &Marking,
    ) -> Result<Undo, Problem> {
        let state = self.here(space).ok_or(Problem::NoSuchSpace)?;
        let marked = self.marks(space);
        let change = match tabs {
            None => MarksChange {
                own: Some(marking.on(&marked.own)),
                ..MarksChange::default()
            },
            Some(tabs) => {
                let there = tabs.into_iter().filter(|tab| state.tabs.contains_key(tab));
                let before = |tab: &TabId| marked.tabs.get(tab).cloned().unwrap_or_default();
                MarksChange {
                    tabs: there.map(|tab| (tab, marking.on(&before(&tab)))).collect(),
                    ..MarksChange::default()
                }
            }
        };
        self.set_marks_of(now, space, change)
    }

    fn set_marks_of(&mut self, now: Millis, space: SpaceId, change: MarksChange) -> Result<Undo, Problem> {
        self.here(space).ok_or(Problem::NoSuchSpace)?;
        let plan = Plan {
            marks: vec![(space, change)],
            ..Plan::default()
        };
        self.perform(now, plan, Vec::new())
    }

    fn new_space(&mut self, now: Millis, name: &str, colour: Colour) -> LibraryAnswer {
        let created = Created {
            name: clean_name(name),
            colour,
            groups: Vec::new(),
            tabs: Vec::new(),
        };
        let mut writes = Vec::new();
        let space = SpaceId::from_bits((self.random)());
        self.make_private(now, space, created, &mut writes);
        self.session.commit(writes);
        LibraryAnswer::Made {
            spaces: vec![space],
            tabs: 0,
            left_out: 0,
            undo: Box::new(Undo {
                made: vec![space],
                ..Undo::default()
            }),
        }
    }

    fn move_tabs(
        &mut self,
        now: Millis,
        from: SpaceId,
        tabs: &BTreeSet<TabId>,
        to: Target,
        copy: bool,
    ) -> Result<(Undo, usize), Problem> {
        match to {
            Target::New(name) => self.move_to_new(now, from, tabs, name.as_deref(), copy),
            Target::Space { space, group, before } => {
                let (space, spot) = (self.current(space), Spot { group, before });
                if space == from && !copy {
                    let undo = self.in_space(now, from, |state| arrange::relocate(state, tabs, spot));
                    return undo.map(|undo| (undo, 0));
                }
                let (plan, left_out) = self.plan_move(from, tabs, space, spot, copy)?;
                Ok((self.perform(now, plan, Vec::new())?, left_out))
            }
        }
    }

    /// Those of the tabs of a space that may enter another one, and how many may not.
    fn going(
        &self,
        source: &SpaceState,
        tabs: &BTreeSet<TabId>,
        is_shared: bool,
    ) -> Result<(BTreeSet<TabId>, usize), Problem> {
        let there = tabs.iter().filter_map(|tab| source.tabs.get_key_value(tab));
        let (going, staying): (Vec<_>, Vec<_>) =
            there.partition(|(_, tab)| self.ignored.lets_in(&tab.url, is_shared));
        if going.is_empty() && !staying.is_empty() {
            let all_ignored = staying.iter().all(|(_, tab)| self.ignored.covers(&tab.url));
            return Err(if all_ignored {
                Problem::Ignored
            } else {
                Problem::Refused(Code::AddressNotAllowed.into())
            });
        }
        Ok((going.into_iter().map(|(id, _)| *id).collect(), staying.len()))
    }

    /// Tabs of one space come into another, or once more into the same. Those that may not enter it stay; how many that
    /// are.
    fn plan_move(
        &mut self,
        from: SpaceId,
        tabs: &BTreeSet<TabId>,
        to: SpaceId,
        spot: Spot,
        copy: bool,
    ) -> Result<(Plan, usize), Problem> {
        let source = self.here(from).ok_or(Problem::NoSuchSpace)?;
        let target = self.here(to).ok_or(Problem::NoSuchSpace)?;
        let (going, left_out) = self.going(source, tabs, self.is_shared(to))?;
        let spot = Spot {
            group: spot.group.filter(|group| target.groups.contains_key(group)),
            ..spot
        };
        let units = arrange::units(source, &going, spot.group.is_none());
        let taken: BTreeSet<TabId> = target.tabs.keys().copied().collect();
        let (units, marks) = self.for_elsewhere(from, units, |tab| copy || taken.contains(&tab));
        let target = self.here(to).ok_or(Problem::NoSuchSpace)?;
        let mut ops = vec![(to, arrange::add(target, units, spot))];
        if !copy {
            let gone = going.iter().map(|tab| Op::TabRemoved { tab: *tab });
            ops.push((from, gone.collect()));
        }
        let plan = Plan {
            ops,
            marks: vec![(to, marks)],
            ..Plan::default()
        };
        Ok((plan, left_out))
    }

    /// Things of a space as another one takes them, and what is marked of them: groups get ids of their own, and tabs
    /// where that is wanted. Pictures are with the relay of the space that they were in.
    fn for_elsewhere(
        &mut self,
        from: SpaceId,
        mut units: Vec<Unit>,
        renew: impl Fn(TabId) -> bool,
    ) -> (Vec<Unit>, MarksChange) {
        let marked = self.marks.get(&from);
        let mut marks = MarksChange::default();
        for unit in &mut units {
            let tabs = match unit {
                Unit::Tab(tab) => std::slice::from_mut(tab),
                Unit::Group(group, tabs) => {
                    group.group = GroupId::from_bits((self.random)());
                    for tab in tabs.iter_mut() {
                        tab.group = Some(group.group);
                    }
                    tabs
                }
            };
            for tab in tabs {
                let old = tab.tab;
                if renew(old) {
                    tab.tab = TabId::from_bits((self.random)());
                }
                tab.favicon = None;
                if let Some(marked) = marked.and_then(|marked| marked.tabs.get(&old)) {
                    marks.tabs.insert(tab.tab, marked.clone());
                }
                if marked.is_some_and(|marked| marked.muted.contains(&old)) {
                    marks.muted.insert(tab.tab, true);
                }
            }
        }
        (units, marks)
    }

    /// Tabs of a space become one of their own; it is private. How many stay.
    fn move_to_new(
        &mut self,
        now: Millis,
        from: SpaceId,
        tabs: &BTreeSet<TabId>,
        name: Option<&str>,
        copy: bool,
    ) -> Result<(Undo, usize), Problem> {
        let source = self.here(from).ok_or(Problem::NoSuchSpace)?;
        let name = clean_name(name.unwrap_or(&source.name));
        let (tabs, left_out) = self.going(source, tabs, false)?;
        let units = arrange::units(source, &tabs, true);
        let going: Vec<Op> = arrange::remove(source, &tabs);
        let (units, marks) = self.for_elsewhere(from, units, |_| copy);
        let mut state = SpaceState::default();
        for op in arrange::add(&state, units, Spot::default()) {
            state.fold_local(&op);
        }
        let you = MemberId::from_bits((self.random)());
        let created = Created {
            name,
            colour: state
                .groups
                .values()
                .next()
                .map_or(crate::view::colour_of(you), |group| group.colour),
            ..state.as_created(|_, _| true)
        };
        // Whether they may leave where they are is known before anything is made.
        if !copy && !self.privates.contains_key(&from) {
            let refused = |code: Code| Problem::Refused(code.into());
            self.session.may_submit(from, &going).map_err(refused)?;
        }
        let mut writes = Vec::new();
        let space = SpaceId::from_bits((self.random)());
        self.make_private(now, space, created, &mut writes);
        let plan = Plan {
            ops: if copy { Vec::new() } else { vec![(from, going)] },
            marks: vec![(space, marks)],
            ..Plan::default()
        };
        let mut undo = self.perform(now, plan, writes)?;
        undo.made.push(space);
        // They go with the space.
        undo.marks.retain(|(other, _)| *other != space);
        Ok((undo, left_out))
    }

    /// All of a space comes to the end of another. A private space goes to the bin as it was; a shared one stays for the
    /// others, and so does one of which something may not enter the other. How many tabs stay for that.
    fn merge(&mut self, now: Millis, from: SpaceId, into: SpaceId) -> Result<(Undo, usize), Problem> {
        if from == into {
            return Ok((Undo::default(), 0));
        }
        let state = self.here(from).ok_or(Problem::NoSuchSpace)?;
        let all: BTreeSet<TabId> = state.tabs.keys().copied().collect();
        let (mut plan, left_out) = self.plan_move(from, &all, into, Spot::default(), false)?;
        let going = plan.ops.get(1).map_or(0, |(_, ops)| ops.len());
        let whole = self.privates.contains_key(&from) && going == all.len();
        if whole {
            plan.ops.truncate(1);
        }
        let mut undo = self.perform(now, plan, Vec::new())?;
        if whole {
            undo.binned.extend(self.forget(now, from));
        }
        Ok((undo, left_out))
    }

    /// Takes one tab of an entry out of the bin; the others stay. A removed tab goes back to where it was, one of a space that
    /// is in the bin whole becomes a space of its own. The last of an entry takes the entry with it.
    ///
    /// # Errors
    /// As those of [`Engine::take_out`]; also when the tab is not in the entry.
    pub(super) fn take_out_tab(&mut self, now: Millis, id: BinId, tab: TabId) -> Result<Undo, Problem> {
        let entry = self.bin.get(id).ok_or(Problem::NoSuchPoint)?.clone();
        let (_, tabs) = entry.content();
        if tabs.iter().all(|there| there.tab != tab) {
            return Err(Problem::NoSuchPoint);
        }
        if tabs.len() == 1 {
            return self.take_out(now, id);
        }
        if entry.apart().is_none() {
            return self.take_from_tabs(now, id, entry, tab);
        }
        let apart = Apart {
            entry: id,
            tab,
            space: SpaceId::from_bits((self.random)()),
            copy: TabId::from_bits((self.random)()),
            group: GroupId::from_bits((self.random)()),
            goes_back: true,
        };
        self.take_from_space(now, entry, &apart)?;
        Ok(Undo {
            apart: vec![apart],
            ..Undo::default()
        })
    }

    fn take_from_tabs(&mut self, now: Millis, id: BinId, entry: Binned, tab: TabId) -> Result<Undo, Problem> {
        let (mut one, mut rest) = (entry.clone(), entry);
        let (Held::Tabs { tabs: taken, .. }, Held::Tabs { tabs: left, .. }) = (&mut one.held, &mut rest.held)
        else {
            return Err(Problem::NoSuchPoint);
        };
        taken.retain(|there| there.tab == tab);
        left.retain(|there| there.tab != tab);
        one.unread = false;
        let mut writes = Vec::new();
        self.bin.put_as(id, rest, &mut writes);
        let alone = self.bin.put(now, one, &mut writes);
        self.session.commit(writes);
        self.tell_of(id);
        self.take_out(now, alone)
    }

    /// What is in the bin, the latest first.
    fn bin_view(&self) -> Vec<BinnedView> {
        let views = self.bin.entries().rev().map(|(id, entry)| BinnedView {
            id,
            removed: entry.removed,
            whole: matches!(entry.held, Held::Space { .. }),
            space: entry.space,
            name: entry.name.clone(),
            colour: entry.colour,
            tabs: entry.tabs_in_view(),
        });
        views.collect()
    }
}

impl Binned {
    fn tabs_in_view(&self) -> Vec<BinnedTab> {
        let (groups, tabs) = self.content();
        let view = |tab: NewTab| {
            let group = groups.iter().find(|group| Some(group.group) == tab.group);
            let marks = self.marks.tabs.get(&tab.tab).cloned().unwrap_or_default();
            BinnedTab {
                tab: tab.tab,
                title: tab.title,
                url: tab.url,
                group: group.map(|group| group.title.clone()).unwrap_or_default(),
                tags: marks.tags,
                note: marks.note,
            }
        };
        tabs.into_iter().map(view).collect()
    }
}

/// Tabs went somewhere else, but for so many.
fn moved((undo, left_out): (Undo, usize)) -> LibraryAnswer {
    let undo = Box::new(undo);
    if left_out == 0 {
        LibraryAnswer::Changed(undo)
    } else {
        LibraryAnswer::Lacking { left_out, undo }
    }
}
