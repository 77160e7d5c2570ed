//! What others do in a shared space flows into the window that follows it, as far as the person wants that.

use protocol::op::{NewGroup, NewTab};
use protocol::{Millis, Op, Role, SpaceId, SpaceState};

use super::Engine;
use super::difference::difference;
use crate::library::follow::Binding;
use crate::library::inflow::{Basis, Inflow, Outcome, Turn, Waiting, in_order, is_mass, misplaced};
use crate::library::waiting::can_wait;
use crate::record::binding_key;
use crate::session::replica::put;
use crate::view::InflowView;

impl Engine {
    /// What the person wants of what others do in a space.
    pub fn inflow(&self, space: SpaceId) -> Inflow {
        let set = self.settings.inflow.iter().find(|(other, _)| *other == space);
        set.map_or(Inflow::Off, |(_, inflow)| *inflow)
    }

    /// Sets what the person wants of what others do in a space.
    pub(super) fn set_inflow(&mut self, space: SpaceId, inflow: Inflow) {
        self.change_settings(|settings| {
            settings.inflow.retain(|(other, _)| *other != space);
            if inflow != Inflow::Off {
                settings.inflow.push((space, inflow));
            }
        });
        if inflow == Inflow::Off {
            self.change_binding(space, |binding, _| binding.basis = None);
        }
    }

    /// The person says what becomes of what others did: it goes into the window, or it does not.
    pub(super) fn take_over(&mut self, space: SpaceId, all: bool) {
        let epoch = self.session.epoch(space);
        self.change_binding(space, |binding, state| {
            let Some(basis) = binding.basis.as_deref_mut() else {
                return;
            };
            if all {
                basis.agreed = true;
            } else if basis.turn.is_none() {
                basis.base = tabs_of(state);
                basis.epoch = epoch;
            }
        });
        self.session.forget_changes(space);
    }

    fn change_binding(&mut self, space: SpaceId, change: impl FnOnce(&mut Binding, &SpaceState)) {
        let Some(window) = self.window_of(space) else {
            return;
        };
        let (Some(state), Some(binding)) = (self.session.state(space), self.bindings.get_mut(&window)) else {
            return;
        };
        let before = binding.basis.clone();
        change(binding, state);
        if binding.basis != before {
            let write = put(binding_key(window), binding);
            self.session.commit(vec![write]);
        }
    }

    /// What of a space is to be done in its window: the ops that make the basis what the space is.
    fn ops_for(&self, binding: &Binding, basis: &Basis) -> Vec<Op> {
        let Some(state) = self.session.state(binding.space) else {
            return Vec::new();
        };
        let may =
            |_, tab: &protocol::state::Tab| can_wait(&tab.url) && self.ignored.never(&tab.url).is_none();
        let mut ops = difference(&basis.base, state, &may);
        ops.retain(|op| !matches!(op, Op::SpaceRenamed { .. } | Op::SpaceRecoloured { .. }));
        let misplaced = self.misplaced(binding);
        if misplaced != basis.tried {
            let others: Vec<Op> = misplaced.into_iter().filter(|op| !ops.contains(op)).collect();
            ops.extend(others);
        }
        in_order(&mut ops, state);
        ops
    }

    /// What stands in a window where it does not stand in the space. Whose edits are not taken there has a window of his
    /// own making.
    fn misplaced(&self, binding: &Binding) -> Vec<Op> {
        let role = |state: &SpaceState| state.role_of(self.session.you(binding.space)?);
        let state = self.session.state(binding.space);
        let state = state.filter(|state| role(state).is_some_and(|role| role >= Role::Editor));
        state.map_or_else(Vec::new, |state| misplaced(binding, state))
    }

    /// The windows in which something is to be done now: what others did and the person wants.
    pub fn windows_to_change(&mut self) -> Vec<i32> {
        self.begin_bases();
        self.keep_refused();
        let changes = |(window, binding): (&i32, &Binding)| {
            let basis = binding.basis.as_deref()?;
            let waits = || {
                let (_, is_asked) = self.waits(binding)?;
                (!is_asked).then_some(())
            };
            (binding.filling.is_none() && (basis.turn.is_some() || waits().is_some())).then_some(*window)
        };
        self.bindings.iter().filter_map(changes).collect()
    }

    /// What a person did in a window and the relay refused stays in the window: the space never had it, so nobody took it
    /// away there.
    fn keep_refused(&mut self) {
        let spaces: Vec<SpaceId> = self.session.spaces().collect();
        for space in spaces {
            let refused = self.session.take_refused(space);
            if !refused.is_empty() {
                self.change_binding(space, |binding, state| {
                    for op in &refused {
                        keep_in_window(binding, state, op);
                    }
                });
            }
        }
    }

    /// Windows whose space is to flow into them from now on.
    fn begin_bases(&mut self) {
        let mut writes = Vec::new();
        for (window, binding) in &mut self.bindings {
            let wanted = self
                .settings
                .inflow
                .iter()
                .any(|(space, _)| *space == binding.space);
            if !wanted || binding.basis.is_some() || binding.filling.is_some() {
                continue;
            }
            if let Some(state) = self.session.state(binding.space) {
                binding.basis = Some(Box::new(Basis {
                    epoch: self.session.epoch(binding.space),
                    ..Basis::begin(binding, state)
                }));
                writes.push(put(binding_key(*window), binding));
            }
        }
        self.session.commit(writes);
    }

    /// What waits to be done in a window, and whether the person is to be asked about it.
    fn waits(&self, binding: &Binding) -> Option<(Waiting, bool)> {
        let basis = binding.basis.as_deref()?;
        let state = self.session.state(binding.space).filter(|state| !state.deleted)?;
        let is_restored = |epoch| Some(epoch) != basis.epoch;
        if state.head < basis.base.head && !self.session.epoch(binding.space).is_some_and(is_restored) {
            // What was on disk of the space is older than what the window has.
            return None;
        }
        let ops = self.ops_for(binding, basis);
        if ops.is_empty() {
            return None;
        }
        let waiting = basis.waiting(binding, state, &ops);
        let is_asked =
            !basis.agreed && (self.inflow(binding.space) == Inflow::Ask || is_mass(binding, &waiting));
        (waiting.count() > 0).then_some((waiting, is_asked))
    }

    /// What a person sees of it.
    pub(super) fn inflow_view(&self, space: SpaceId) -> Option<InflowView> {
        let binding = self.bindings.get(&self.window_of(space)?)?;
        let waiting = self.waits(binding).filter(|(_, is_asked)| *is_asked);
        let waiting = waiting.map(|(waiting, _)| Waiting {
            by: self.session.changed_by(space),
            ..waiting
        });
        Some(InflowView {
            set: self.inflow(space),
            waiting,
        })
    }

    /// What is to be done in a window now; it is written down with that. One that was begun is gone on with. The window
    /// was looked at just before; what was held back of that comes first.
    pub fn begin_turn(&mut self, now: Millis, window: i32) -> Option<Turn> {
        self.tell_held(now, window);
        let binding = self.bindings.get(&window)?;
        let basis = binding.basis.as_deref()?;
        if binding.filling.is_some() {
            return None;
        }
        if let Some(turn) = &basis.turn {
            return Some(turn.clone());
        }
        self.waits(binding).filter(|(_, is_asked)| !is_asked)?;
        let state = self.session.state(binding.space)?;
        let ops = self.ops_for(binding, basis);
        let (turn, base) = basis.turn(binding, state, &ops);
        let (space, tried) = (binding.space, self.misplaced(binding));
        let epoch = self.session.epoch(space);
        let binding = self.bindings.get_mut(&window)?;
        binding.basis = Some(Box::new(Basis {
            base,
            turn: Some(turn.clone()),
            tried,
            epoch,
            agreed: binding.basis.as_ref().is_some_and(|basis| basis.agreed),
        }));
        let write = put(binding_key(window), binding);
        self.session.commit(vec![write]);
        self.session.forget_changes(space);
        Some(turn)
    }

    /// A turn was done: the window says again what is done in it.
    pub fn turn_done(&mut self, window: i32, outcome: &Outcome) {
        let Some(mut binding) = self.bindings.get(&window).cloned() else {
            return;
        };
        let Some(turn) = binding.basis.as_deref_mut().and_then(|basis| basis.turn.take()) else {
            return;
        };
        turn.settle(&mut binding, outcome);
        let left = self.waits(&binding).is_some();
        if let Some(basis) = binding.basis.as_deref_mut() {
            // What the person agreed to is done.
            basis.agreed &= left;
        }
        self.session.commit(vec![put(binding_key(window), &binding)]);
        self.bindings.insert(window, binding);
    }

    /// Whether a look at a window says nothing now, since something is being done in it.
    pub(super) fn is_changing(binding: &Binding) -> bool {
        binding.basis.as_ref().is_some_and(|basis| basis.turn.is_some())
    }
}

/// What the person did in a window, as it was told: the window has it.
pub(super) fn told(binding: &mut Binding, ops: &[Op]) {
    if let Some(basis) = binding.basis.as_deref_mut() {
        for op in ops {
            basis.base.fold_local(op);
        }
    }
}

/// The space did not take this from the window: the two differ there, and that is no news.
fn keep_in_window(binding: &mut Binding, state: &SpaceState, op: &Op) {
    let Some(basis) = binding.basis.as_deref_mut() else {
        return;
    };
    match op {
        Op::TabAdded(NewTab { tab, .. })
        | Op::TabUpdated { tab, .. }
        | Op::TabMoved { tab, .. }
        | Op::TabRemoved { tab } => {
            if let Some(there) = state.tabs.get(tab) {
                basis.base.tabs.insert(*tab, there.clone());
            } else if basis.base.tabs.remove(tab).is_some() {
                let chrome = binding.tabs.iter().find(|(_, known)| *known == tab);
                if let Some(chrome) = chrome.map(|(chrome, _)| *chrome) {
                    binding.tabs.remove(&chrome);
                    binding.left_out.insert(chrome);
                }
            }
        }
        Op::GroupAdded(NewGroup { group, .. })
        | Op::GroupUpdated { group, .. }
        | Op::GroupMoved { group, .. }
        | Op::GroupRemoved { group } => {
            if let Some(there) = state.groups.get(group) {
                basis.base.groups.insert(*group, there.clone());
            } else {
                basis.base.groups.remove(group);
            }
        }
        _ => {}
    }
}

/// Only tabs and groups of a space.
fn tabs_of(state: &SpaceState) -> SpaceState {
    SpaceState {
        head: state.head,
        tabs: state.tabs.clone(),
        groups: state.groups.clone(),
        ..SpaceState::default()
    }
}
