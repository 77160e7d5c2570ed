//! Windows that were asked of Chrome for a space, and are not bound to it yet. Whoever asked may die before Chrome's answer
//! comes: what is known of the window stands in a record until then, so that the next one finds it and fills it, instead
//! of leaving a window with a copy of one tab.

use std::collections::BTreeSet;

use protocol::SpaceId;
use serde::{Deserialize, Serialize};

use super::{Engine, RestoreTab};
use crate::library::follow::{TabSeen, WindowSeen, is_same_page};
use crate::record::{Write, coming_key};
use crate::session::replica::put;

/// A window that was asked for. Stored under `coming/{space}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Coming {
    /// The only tab that it has at first.
    first: RestoreTab,
    /// The windows that there were before.
    there: BTreeSet<i32>,
}

impl Coming {
    /// The tab of a window, if the window is this one.
    fn tab<'a>(&self, window: i32, seen: &'a WindowSeen) -> Option<&'a TabSeen> {
        let [tab] = &seen.tabs[..] else { return None };
        (!self.there.contains(&window) && is_same_page(&tab.url, &self.first.url)).then_some(tab)
    }
}

impl Engine {
    /// A window with this tab is about to be asked of Chrome for a space; `there` are the windows that there are. It comes
    /// until [`Engine::bind`] or [`Engine::window_comes_not`].
    pub fn window_comes(&mut self, space: SpaceId, first: RestoreTab, there: &[i32]) {
        let there = there.iter().copied().collect();
        let coming = Coming { first, there };
        let written = put(coming_key(space), &coming);
        self.coming.insert(space, coming);
        self.session.commit(vec![written]);
    }

    /// The spaces with a window that may come.
    pub fn awaiting(&self) -> Vec<SpaceId> {
        self.coming.keys().copied().collect()
    }

    /// Among these windows, which are all that there are, the one that was asked for a space: Chrome's window and tab, and
    /// the space's. `None` when it did not come, or when several could be it.
    pub fn window_that_came(
        &self,
        space: SpaceId,
        looks: &[(i32, WindowSeen)],
    ) -> Option<(i32, i32, RestoreTab)> {
        let coming = self.coming.get(&space)?;
        let mut came = looks
            .iter()
            .filter(|(window, _)| !self.bindings.contains_key(window))
            .filter_map(|(window, seen)| Some((*window, coming.tab(*window, seen)?.id)));
        let (window, tab) = came.next()?;
        came.next().is_none().then(|| (window, tab, coming.first.clone()))
    }

    /// No window comes for a space any more.
    pub fn window_comes_not(&mut self, space: SpaceId) {
        let mut writes = Vec::new();
        self.await_nothing(space, &mut writes);
        self.session.commit(writes);
    }

    pub(super) fn await_nothing(&mut self, space: SpaceId, writes: &mut Vec<Write>) {
        if self.coming.remove(&space).is_some() {
            writes.push(Write::Delete(coming_key(space)));
        }
    }

    /// The browser was started: windows that were asked for come no more.
    pub(super) fn await_no_windows(&mut self, writes: &mut Vec<Write>) {
        for space in self.awaiting() {
            self.await_nothing(space, writes);
        }
    }

    pub(super) fn write_coming_anew(&self, writes: &mut Vec<Write>) {
        let coming = self.coming.iter();
        writes.extend(coming.map(|(space, coming)| put(coming_key(*space), coming)));
    }
}
