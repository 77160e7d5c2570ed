//! What leaves the browser: which tabs go into a shared space, and how a private space becomes one.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::{Created, NewTab};
use protocol::rest::{Joined, NewSpace};
use protocol::state::Tab;
use protocol::{GroupId, MemberId, Millis, Op, SpaceId, SpaceState, TabId, limits};
use serde::{Deserialize, Serialize};

use super::deeds::may_stand;
use super::difference::difference;
use super::windows::clean_name;
use super::{Engine, FAVICON_TRIES};
use crate::ask::{Agreed, Never, Problem, Visible};
use crate::library::marks::SpaceMarks;
use crate::library::private::Private;
use crate::record::{Write, binding_key, sharing_key};
use crate::session::replica::put;
use crate::view::LinkView;

/// A share that the relay was asked for. Stored under `sharing/{id}` until its answer is known: asked again, the
/// relay knows it by exactly this content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sharing {
    new: NewSpace,
    /// The tabs that stay here, wherever they go.
    left_out: BTreeSet<TabId>,
}

impl Engine {
    /// What would become visible, and what never.
    pub fn what_is_shared(&self, space: SpaceId) -> Option<Vec<Visible>> {
        let state = self.state(space)?;
        let fitting = fitting(state, |_, tab| self.ignored.never(&tab.url).is_none());
        let visible = state.tab_order().into_iter().map(|id| {
            let tab = &state.tabs[&id];
            let no_room = (!fitting.contains(&id)).then_some(Never::NoRoom);
            Visible {
                tab: id,
                title: tab.title.clone(),
                url: tab.url.clone(),
                never: self.ignored.never(&tab.url).or(no_room),
            }
        });
        Some(visible.collect())
    }

    /// The beginning of a private space's shared log: with the tabs that the person agreed to, that are still what they
    /// were then, and that a shared space has room for. It is to be on disk before the relay hears of it. A share that was interrupted goes on
    /// with the same content under the same id, unless some of that may not go any more.
    pub fn prepare_share(&mut self, space: SpaceId, agreed: &[Agreed]) -> Option<NewSpace> {
        let private = self.privates.get(&space)?;
        let ignored = &self.ignored;
        let agreed: BTreeMap<TabId, &str> = agreed.iter().map(|tab| (tab.tab, tab.url.as_str())).collect();
        let may = |id: TabId, url: &str| agreed.get(&id) == Some(&url) && ignored.never(url).is_none();
        let going = fitting(&private.state, |id, tab| may(id, &tab.url));
        // A tab that is not a web page now may become one: only what was shown and stays is kept out.
        let left_out = private
            .state
            .tabs
            .iter()
            .filter(|(id, tab)| !going.contains(id) && ignored.never(&tab.url) != Some(Never::NotWeb));
        let left_out = left_out.map(|(id, _)| *id).collect();
        let begun = self.sharing.get(&space).map(|sharing| &sharing.new);
        let begun = begun.filter(|new| new.created.tabs.iter().all(|tab| may(tab.tab, &tab.url)));
        let begun = begun.filter(|new| new.created.tabs.len() <= limits::SAVE_TABS);
        let new = begun.cloned().unwrap_or_else(|| {
            let mut created = private.state.as_created(|id, _| going.contains(&id));
            // The rest follows as what was added since.
            created.tabs.truncate(limits::SAVE_TABS);
            NewSpace {
                space: SpaceId::from_bits((self.random)()),
                created,
            }
        });
        let sharing = Sharing {
            new: new.clone(),
            left_out,
        };
        self.session.commit(vec![put(sharing_key(space), &sharing)]);
        self.sharing.insert(space, sharing);
        Some(new)
    }

    /// A share that was begun leads nowhere: the relay has something else under its id, or there is nothing to
    /// share any more. The next one takes another id.
    pub fn drop_share(&mut self, space: SpaceId) {
        if self.sharing.remove(&space).is_some() {
            self.session.commit(vec![Write::Delete(sharing_key(space))]);
        }
    }

    /// The relay has the space: it goes on there, with what was done here while the relay was asked. What was
    /// before stays private. Tabs that did not go become a private space of their own, called by `name_of_rest` after
    /// the one that was shared.
    pub fn shared(
        &mut self,
        now: Millis,
        space: SpaceId,
        joined: &Joined,
        name_of_rest: impl FnOnce(&str) -> String,
    ) {
        let begun = self.sharing.get(&space).cloned();
        // An answer to an older ask is to another content.
        let Some(Sharing { new, left_out }) = begun.filter(|begun| begun.new.space == joined.space) else {
            return;
        };
        let Some(private) = self.privates.remove(&space) else {
            return;
        };
        self.sharing.remove(&space);
        let mut state = SpaceState::default();
        state.fold_local(&Op::SpaceCreated(new.created.clone()));
        let since = difference(&state, &private.state, &|id, tab| {
            !left_out.contains(&id) && self.ignored.never(&tab.url).is_none()
        });
        let mut ops = Vec::new();
        for op in since {
            // A group for which there is no room keeps its tabs here.
            let group = match &op {
                Op::TabAdded(NewTab { group, .. }) | Op::TabMoved { group, .. } => *group,
                _ => None,
            };
            let is_torn = group.is_some_and(|group| !state.groups.contains_key(&group));
            if !is_torn && may_stand(&state, &op, true).is_ok() {
                state.fold_local(&op);
                ops.push(op);
            }
        }
        let mut writes = private.removal();
        writes.extend(private.past.removal(space));
        writes.push(Write::Delete(sharing_key(space)));
        let (marks, marks_of_rest) = apart(self.take_marks(space, &mut writes), &state);
        self.give_marks(joined.space, marks, &mut writes);
        let uses = self.take_uses(space, &mut writes);
        let (uses, uses_of_rest) = uses.apart(|tab| state.tabs.contains_key(&tab));
        self.give_uses(joined.space, uses, &mut writes);
        let rest = Created {
            name: clean_name(&name_of_rest(&private.state.name)),
            ..private.state.as_created(|id, _| !state.tabs.contains_key(&id))
        };
        if !rest.tabs.is_empty() {
            let kept = self.keep_rest(now, rest, &mut writes);
            self.give_marks(kept, marks_of_rest, &mut writes);
            self.give_uses(kept, uses_of_rest, &mut writes);
        }
        // A window that came back to it could bring what was not shown.
        self.wake(space, &mut writes);
        if let Some((&window, binding)) = self
            .bindings
            .iter_mut()
            .find(|(_, binding)| binding.space == space)
        {
            binding.space = joined.space;
            // What tabs were before is not what the others are shown.
            binding.went.clear();
            let out: Vec<(i32, TabId)> = binding
                .tabs
                .iter()
                .filter(|(_, tab)| !state.tabs.contains_key(tab))
                .map(|(id, tab)| (*id, *tab))
                .collect();
            for (id, tab) in out {
                binding.tabs.remove(&id);
                if left_out.contains(&tab) {
                    binding.left_out.insert(id);
                }
            }
            // What is on an ignored page now was not in the list, and is none of the others' business later either.
            let never_in = binding
                .seen
                .tabs
                .iter()
                .filter(|tab| !binding.tabs.contains_key(&tab.id) && self.ignored.covers(&tab.url));
            binding.left_out.extend(never_in.map(|tab| tab.id));
            binding.groups.retain(|_, group| state.groups.contains_key(group));
            writes.push(put(binding_key(window), binding));
        }
        self.session
            .adopt(now, joined.space, joined.member, &new.created, ops, writes);
        let here: BTreeSet<SpaceId> = self.session.spaces().collect();
        self.change_settings(|settings| {
            settings.sharing.retain(|(_, new)| here.contains(new));
            settings.sharing.push((space, joined.space));
        });
        self.settle(now);
    }

    /// What does not go along stays in a private space of its own.
    fn keep_rest(&mut self, now: Millis, mut rest: Created, writes: &mut Vec<Write>) -> SpaceId {
        // A group that was torn is in both spaces, and each has its own.
        let mut groups: BTreeMap<GroupId, GroupId> = BTreeMap::new();
        for group in &mut rest.groups {
            let own = GroupId::from_bits((self.random)());
            groups.insert(std::mem::replace(&mut group.group, own), own);
        }
        for tab in &mut rest.tabs {
            tab.group = tab.group.and_then(|group| groups.get(&group).copied());
        }
        let space = SpaceId::from_bits((self.random)());
        let you = MemberId::from_bits((self.random)());
        let private = Private::new(space, you, self.session.device(), now, rest, writes);
        self.privates.insert(space, private);
        space
    }

    /// The id that a space has now: a page may still know it by the one that it had before it was shared.
    pub fn current(&self, space: SpaceId) -> SpaceId {
        let new = self.settings.sharing.iter().find(|(old, _)| *old == space);
        new.map(|(_, new)| *new)
            .filter(|new| !self.privates.contains_key(&space) && self.is_shared(*new))
            .unwrap_or(space)
    }

    /// Whether a space is shared.
    pub fn is_shared(&self, space: SpaceId) -> bool {
        self.session.state(space).is_some()
    }

    /// Whether this relay can be set: another one would not know the spaces that are shared.
    ///
    /// # Errors
    /// [`Problem::RelayInUse`].
    pub fn may_set_relay(&self, relay: &str) -> Result<(), Problem> {
        let shared = |space| {
            let view = self.session.view(space);
            view.is_some_and(|view| !matches!(view.link, LinkView::Ended { .. }))
        };
        let present = &self.settings.relay;
        if relay == present || !self.session.spaces().any(shared) {
            return Ok(());
        }
        Err(Problem::RelayInUse {
            relay: present.clone(),
        })
    }

    /// Sets the relay.
    ///
    /// # Errors
    /// Those of [`Engine::may_set_relay`].
    pub fn set_relay(&mut self, relay: String) -> Result<(), Problem> {
        self.may_set_relay(&relay)?;
        self.change_settings(|settings| settings.relay = relay);
        Ok(())
    }

    /// Tabs of shared spaces whose favicon is to be found: the space, the tab, its address.
    pub fn favicons_wanted(&mut self) -> Vec<(SpaceId, TabId, String)> {
        let mut wanted = Vec::new();
        for binding in self.bindings.values() {
            let Some(state) = self.session.state(binding.space) else {
                continue;
            };
            for seen in binding.seen.tabs.iter().filter(|seen| seen.has_favicon) {
                let Some((&id, tab)) = binding
                    .tabs
                    .get(&seen.id)
                    .and_then(|id| state.tabs.get_key_value(id))
                else {
                    continue;
                };
                if tab.favicon.is_some() || tab.url != seen.url {
                    continue;
                }
                let tries = self.favicon_tries.entry((id, tab.url.clone())).or_insert(0);
                if *tries < FAVICON_TRIES {
                    *tries += 1;
                    wanted.push((binding.space, id, tab.url.clone()));
                }
            }
        }
        wanted
    }

    /// The relay has a tab's favicon.
    pub fn favicon_found(&mut self, now: Millis, space: SpaceId, tab: TabId, url: &str, hash: String) {
        let same = self
            .session
            .state(space)
            .and_then(|state| state.tabs.get(&tab))
            .is_some_and(|tab| tab.url == url);
        if same {
            let op = Op::TabUpdated {
                tab,
                url: None,
                title: None,
                favicon: Some(hash),
                pinned: None,
            };
            // Without the right to change tabs any more there is no favicon either.
            let _refused = self.session.submit(now, space, op);
        }
    }
}

/// The tabs that go into a shared space, of those that may: the first ones in order, as many as there is room for. A
/// group for which there is no room keeps its tabs.
fn fitting(state: &SpaceState, may: impl Fn(TabId, &Tab) -> bool) -> BTreeSet<TabId> {
    let (mut tabs, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for id in state.tab_order() {
        let tab = &state.tabs[&id];
        let has_room = tabs.len() < limits::TABS
            && tab
                .group
                .is_none_or(|group| groups.contains(&group) || groups.len() < limits::GROUPS);
        if has_room && may(id, tab) {
            tabs.insert(id);
            groups.extend(tab.group);
        }
    }
    tabs
}

/// What is marked of a space that is shared and of its tabs that go, and what of those that stay here. The space's own
/// marks are for both.
fn apart(marks: SpaceMarks, shared: &SpaceState) -> (SpaceMarks, SpaceMarks) {
    let goes = |tab: &TabId| shared.tabs.contains_key(tab);
    let (tabs, tabs_of_rest) = marks.tabs.into_iter().partition(|(tab, _)| goes(tab));
    let (muted, muted_of_rest) = marks.muted.into_iter().partition(goes);
    let of_rest = SpaceMarks {
        own: marks.own.clone(),
        archived: marks.archived,
        tabs: tabs_of_rest,
        shown: marks.shown.filter(|tab| !goes(tab)),
        muted: muted_of_rest,
    };
    let of_shared = SpaceMarks {
        own: marks.own,
        archived: marks.archived,
        tabs,
        shown: marks.shown.filter(goes),
        muted,
    };
    (of_shared, of_rest)
}
