//! The Chrome tabs that are streamed: which they are, and whether what is in them may be seen.

use protocol::{SpaceId, StreamId};

use super::Engine;
use crate::library::follow::NOWHERE;
use crate::record::binding_key;
use crate::session::replica::put;

/// What becomes of the picture and sound of a streamed tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// They go out.
    Show,
    /// As before: the tab is nowhere yet.
    Undecided,
    /// They are held back: the tab is about to go where it may not be seen, or to turn back.
    Hold,
    /// The stream ends.
    End,
}

impl Engine {
    /// Whether a tab that is streamed into a space may be seen with this address, in whatever window it is. `going`
    /// is where it is about to go.
    pub fn showing(&self, space: SpaceId, chrome_tab: i32, url: &str, going: Option<&str>) -> Showing {
        let left_out = self
            .bindings
            .values()
            .any(|binding| binding.space == space && binding.left_out.contains(&chrome_tab));
        let hidden = |url: &str| left_out || self.ignored.never(url).is_some();
        let nowhere = |url: &str| NOWHERE.contains(&url);
        if !nowhere(url) && hidden(url) {
            Showing::End
        } else if going.is_some_and(|going| !nowhere(going) && hidden(going)) {
            Showing::Hold
        } else if nowhere(url) {
            Showing::Undecided
        } else {
            Showing::Show
        }
    }

    /// The streams of this device that show a Chrome tab.
    pub fn streams_of(&self, chrome_tab: i32) -> Vec<(SpaceId, StreamId)> {
        self.streamed_tabs()
            .into_iter()
            .filter(|(_, _, tab)| *tab == chrome_tab)
            .map(|(space, stream, _)| (space, stream))
            .collect()
    }

    /// Chrome gave a tab another id: it stays what it was.
    pub fn tab_replaced(&mut self, old: i32, new: i32) {
        let mut writes = Vec::new();
        for (window, binding) in &mut self.bindings {
            if binding.tab_replaced(old, new) {
                writes.push(put(binding_key(*window), binding));
            }
        }
        self.session.commit(writes);
        for tab in self.streamed_tabs.values_mut().filter(|tab| **tab == old) {
            *tab = new;
        }
    }

    /// The windows with a tab whose new title or page was held back: they are to be looked at again.
    pub fn held_windows(&self) -> Vec<i32> {
        self.bindings
            .iter()
            .filter(|(_, binding)| !binding.held.is_empty())
            .map(|(window, _)| *window)
            .collect()
    }
}
