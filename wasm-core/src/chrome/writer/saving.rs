//! Saving what is open in the browser, and finding what is saved.

use std::rc::Rc;

use protocol::{SpaceId, TabId};
use wasm_bindgen_futures::spawn_local;

use super::Writer;
use super::asks::{name_of_now, not_saved};
use crate::ask::library::{LibraryAnswer, OpenIn, SaveWhat, Target};
use crate::ask::{Answer, Problem};
use crate::browser::clock;
use crate::browser::timer::pause;
use crate::chrome::errand::{Errand, Found};
use crate::library::chosen::chosen;
use crate::library::follow::WindowSeen;

/// So many saved tabs are told at once.
const MOST_FOUND: usize = 24;
/// So many places of one page are told.
const MOST_SAME: usize = 4;
/// So many tabs are put into the index between two looks at the clock.
const AT_ONCE: usize = 200;
/// Whoever asks for something else waits no longer for the index, unless a space is very large.
const SLICE_MS: i64 = 12;
/// The same while somebody waits for what is found: each pause takes some milliseconds, too.
const AWAITED_SLICE_MS: i64 = 48;

impl Writer {
    /// Saves what is open.
    pub(super) async fn save(&self, what: SaveWhat, to: &Target) -> Result<LibraryAnswer, Problem> {
        let windows = match what {
            SaveWhat::Link { .. } => Vec::new(),
            SaveWhat::Window(window) => self.looks(vec![window]).await?,
            _ => match self.hands.run(Errand::ListWindows).await.map_err(not_saved)? {
                Found::Windows(all) => self.looks(all).await?,
                _ => Vec::new(),
            },
        };
        let chosen = chosen(&what, &windows);
        self.performer
            .with(|engine, now| engine.save(now, chosen, to, &name_of_now()))
    }

    /// Windows as they are; those that are gone or not to be seen are not among them.
    async fn looks(&self, windows: Vec<i32>) -> Result<Vec<(i32, WindowSeen)>, Problem> {
        let mut looks = Vec::with_capacity(windows.len());
        for window in windows {
            let found = self.hands.run(Errand::LookAt(window)).await.map_err(not_saved)?;
            if let Found::Window(Some(seen)) = found {
                looks.push((window, seen));
            }
        }
        Ok(looks)
    }

    /// The saved tabs that are found, and those that are a page. Who seeks nothing yet is about to.
    pub(super) async fn find(self: &Rc<Self>, text: &str, page: &str) -> Answer {
        self.searched.set(clock::now());
        self.forget_lookup.ask();
        let ready = |slice_ms| Rc::clone(self).ready_to_find(slice_ms);
        if text.is_empty() {
            spawn_local(ready(SLICE_MS));
        } else {
            ready(AWAITED_SLICE_MS).await;
        }
        let mut lookup = self.lookup.borrow_mut();
        self.performer.look(|engine| Answer::Found {
            tabs: engine.find(&mut lookup, clock::now(), text, MOST_FOUND),
            same: if page.is_empty() {
                Vec::new()
            } else {
                engine.saved_as(page, MOST_SAME)
            },
        })
    }

    /// Puts what is saved into the index, a little at a time: the writer has others to answer meanwhile.
    async fn ready_to_find(self: Rc<Self>, slice_ms: i64) {
        while !self.given_up.get() && !self.readies_the_index(slice_ms) {
            pause(0).await;
        }
    }

    /// Works for a moment; whether everything is in the index then.
    fn readies_the_index(&self, slice_ms: i64) -> bool {
        let mut lookup = self.lookup.borrow_mut();
        let begun = clock::now();
        self.performer.look(|engine| {
            while !lookup.prepare(engine, AT_ONCE) {
                // A clock that is put back ends it, too.
                if !(0..slice_ms).contains(&clock::now().since(begun)) {
                    return false;
                }
            }
            true
        })
    }

    /// Opens a saved tab.
    pub(super) async fn open_saved(
        self: &Rc<Self>,
        space: SpaceId,
        tab: TabId,
        window: i32,
    ) -> Result<Answer, Problem> {
        let opened = self.open(space, Some(vec![tab]), OpenIn::Window(window)).await;
        opened.map(|_| Answer::Done)
    }
}
