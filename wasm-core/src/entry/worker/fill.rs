//! Filling the window of a space that was opened: tabs that wait, and groups.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::State;
use crate::browser::Failure;
use crate::browser::timer::pause;
use crate::browser::turn::Turns;
use crate::chrome::favicon::{Kept, data_address};
use crate::chrome::tabs::{self, Place};
use crate::library::engine::{Batch, Placed, RestoreGroup, RestoreTab, Step};
use crate::library::waiting::{self, Waiting};

/// Each page that is being loaded has a process of its own, until it is discarded.
const AT_ONCE: usize = 4;
/// A waiting page is there at once; this is for a busy computer.
const LOOKS: u32 = 100;
const LOOK_EVERY_MS: u32 = 30;
/// A favicon that has not come by then will not.
const LOOKS_FOR_ICON: u32 = 50;
/// Larger favicons would make the address of a waiting page heavy.
const ICON_BYTES: usize = 4 * 1024;

/// What the worker has to know of it meanwhile.
#[derive(Default)]
pub(super) struct Filling {
    /// One step is done at a time.
    turns: Turns,
    /// The window that is being filled: it is looked at when the step is done.
    window: Cell<Option<i32>>,
    /// Tabs that are being discarded: that they get another id is no news.
    discarded: RefCell<BTreeSet<i32>>,
    favicons: Kept,
}

impl Filling {
    /// Whether this window is being filled.
    pub(super) fn fills(&self, window: i32) -> bool {
        self.window.get() == Some(window)
    }

    /// Whether the tab that had this id was discarded here.
    pub(super) fn discarded(&self, id: i32) -> bool {
        self.discarded.borrow_mut().remove(&id)
    }
}

impl State {
    /// Does a step, one at a time. What was made of it before, by a worker that died, is taken over.
    pub(super) async fn fill(self: &Rc<Self>, window: i32, step: Step) -> Result<Placed, Failure> {
        let deed = async {
            match step {
                Step::Place(batch) => self.place_batch(window, batch).await,
                Step::Verify(groups) => make_groups(window, &groups, Placed::default()).await,
            }
        };
        self.undisturbed(window, deed).await
    }

    /// Does something in a window that is looked at only when it is done; one thing at a time.
    pub(super) async fn undisturbed<R>(self: &Rc<Self>, window: i32, deed: impl Future<Output = R>) -> R {
        let _turn = self.filling.turns.take().await;
        self.filling.window.set(Some(window));
        let result = deed.await;
        self.filling.window.set(None);
        self.filling.discarded.borrow_mut().clear();
        self.look_at(window);
        result
    }

    async fn place_batch(&self, window: i32, batch: Batch) -> Result<Placed, Failure> {
        let there = tabs::look_at(window)
            .await?
            .ok_or_else(|| Failure("the window was closed".to_owned()))?;
        let made = |tab: &RestoreTab| there.tabs.iter().find(|seen| seen.waits == Some(tab.tab));
        let mut placed = Placed::default();
        for some in batch.tabs.chunks(AT_ONCE) {
            let mut begun = Vec::new();
            for (index, tab) in some {
                let found = match made(tab) {
                    Some(seen) => Ok((seen.id, seen.has_favicon)),
                    None => self.begin_tab(window, *index, tab).await,
                };
                match found {
                    Ok((id, has_icon)) => begun.push((id, has_icon, tab)),
                    Err(failure) if is_for_now(&failure) => return Err(failure),
                    // One address that Chrome refuses must not cost the others.
                    Err(_) => {}
                }
            }
            for (id, has_icon, tab) in begun {
                let id = if tab.waits() {
                    self.put_to_sleep(id, has_icon).await
                } else {
                    id
                };
                if tab.muted {
                    // A tab that is closed meanwhile must not cost the others.
                    let _ = tabs::mute(id).await;
                }
                placed.tabs.insert(id, tab.tab);
            }
        }
        let mut groups = batch.groups;
        for group in &mut groups {
            let new = batch
                .tabs
                .iter()
                .filter(|(_, tab)| tab.group == Some(group.group));
            let new = new.filter_map(|(_, tab)| {
                let made = placed.tabs.iter().find(|(_, id)| **id == tab.tab);
                made.map(|(chrome, _)| *chrome)
            });
            group.members.extend(new);
        }
        make_groups(window, &groups, placed).await
    }

    /// Makes a tab. Chrome's id, and whether it is to have a favicon.
    pub(super) async fn begin_tab(
        &self,
        window: i32,
        index: u32,
        tab: &RestoreTab,
    ) -> Result<(i32, bool), Failure> {
        if !tab.waits() {
            return Ok((tabs::open(window, &tab.url, tab.pinned, index).await?, false));
        }
        let (page, has_icon) = self.waiting_page(tab).await;
        let id = tabs::open(window, &page, tab.pinned, index).await?;
        Ok((id, has_icon))
    }

    /// The address of the page that a tab waits in, and whether it is to have a favicon.
    pub(super) async fn waiting_page(&self, tab: &RestoreTab) -> (String, bool) {
        // Without a favicon the tab still waits.
        let icon = self.filling.favicons.find(&tab.url, ICON_BYTES).await;
        let icon = icon.ok().flatten().and_then(|png| data_address(&png).ok());
        let waiting = Waiting {
            tab: tab.tab,
            url: tab.url.clone(),
            title: tab.title.clone(),
        };
        (waiting::page(&waiting, icon.as_deref()), icon.is_some())
    }

    /// Discards a waiting tab once its title and favicon are known. Its id from then on. One that a person is looking
    /// at, or that Chrome does not discard, stays as it is.
    pub(super) async fn put_to_sleep(&self, id: i32, has_icon: bool) -> i32 {
        for look in 0..LOOKS {
            match tabs::place_of(id).await {
                Place::Waiting { icon } if icon || !has_icon || look >= LOOKS_FOR_ICON => break,
                Place::Waiting { .. } | Place::Coming => pause(LOOK_EVERY_MS).await,
                Place::Elsewhere => return id,
            }
        }
        self.filling.discarded.borrow_mut().insert(id);
        tabs::discard(id).await.unwrap_or(id)
    }
}

/// Makes groups what they are to be, as far as they are not. One that Chrome refuses must not cost the others.
async fn make_groups(window: i32, groups: &[RestoreGroup], mut placed: Placed) -> Result<Placed, Failure> {
    for group in groups {
        match tabs::make_group(window, group).await {
            Ok(Some(chrome)) => drop(placed.groups.insert(chrome, group.group)),
            Err(failure) if is_for_now(&failure) => return Err(failure),
            Ok(None) | Err(_) => {}
        }
    }
    Ok(placed)
}

/// Chrome's words while a person drags a tab: it is tried again.
pub(super) fn is_for_now(failure: &Failure) -> bool {
    failure.0.contains("cannot be edited right now")
}
