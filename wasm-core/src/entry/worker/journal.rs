//! Keeping the journal: every window is looked at when something happened in it, whoever follows it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use protocol::Millis;
use wasm_bindgen_futures::spawn_local;

use super::State;
use crate::ask::{Answer, Ask, Earlier, Problem};
use crate::browser::timer::Soon;
use crate::browser::turn::Turns;
use crate::browser::{Failure, clock};
use crate::chrome::journal::Keeper;
use crate::chrome::writer::Sight;
use crate::chrome::{runtime, storage, tabs, windows};
use crate::library::follow::WindowSeen;
use crate::library::journal::{BUDGET_BYTES, Point, not_back};

/// What happens in a window is kept this long after it began to happen.
const NOTE_AFTER_MS: u32 = 1_000;

/// The worker's part in the journal.
pub(super) struct Desk {
    /// Opening it is done by one task at a time.
    opening: Turns,
    keeper: RefCell<Option<Rc<Keeper>>>,
    to_note: RefCell<BTreeSet<i32>>,
    note: Soon,
    /// Until when a space waits for a window that nobody follows.
    awaited: Cell<Option<Millis>>,
    /// Why the last look could not be kept.
    failure: RefCell<Option<String>>,
}

impl Desk {
    /// A journal that is not open yet; `note` looks at the windows that are to be noted.
    pub(super) fn new(note: impl Fn() + 'static) -> Self {
        Self {
            opening: Turns::default(),
            keeper: RefCell::default(),
            to_note: RefCell::default(),
            note: Soon::new(NOTE_AFTER_MS, note),
            awaited: Cell::default(),
            failure: RefCell::default(),
        }
    }

    /// Something happened in a window.
    pub(super) fn changed(&self, window: i32) {
        self.to_note.borrow_mut().insert(window);
        self.note.ask();
    }

    /// Forgets what is open here, as its database was emptied.
    pub(super) fn forget(&self) {
        self.keeper.take();
    }

    fn report(&self, outcome: Result<(), Failure>) {
        let failure = outcome.err().map(|Failure(words)| words);
        if failure.is_some() {
            // What is remembered is not what is on disk: the next look begins with that.
            self.keeper.take();
        }
        self.failure.replace(failure);
    }
}

impl State {
    async fn journal(&self) -> Result<Rc<Keeper>, Failure> {
        let _turn = self.journal.opening.take().await;
        if let Some(keeper) = self.journal.keeper.borrow().clone() {
            return Ok(keeper);
        }
        let keeper = Rc::new(Keeper::open().await?);
        if !storage::is_noted().await? {
            // The first worker of this browser's life, or of this extension's.
            let mut there = BTreeMap::new();
            for window in windows::list().await? {
                if let Some(seen) = tabs::look_at(window).await? {
                    there.insert(window, seen);
                }
            }
            keeper.begin(clock::now(), &there).await?;
            storage::keep_noted().await?;
        }
        self.journal.keeper.replace(Some(Rc::clone(&keeper)));
        Ok(keeper)
    }

    /// Looks at every window: something may have happened while no worker was there.
    pub(super) async fn note_all(self: Rc<Self>) {
        if self.journal.awaited.get().is_none() {
            // Without it a window is recognised after the next change of what is awaited.
            self.journal
                .awaited
                .set(storage::awaited().await.unwrap_or_default());
        }
        if let Ok(there) = windows::list().await {
            self.journal.to_note.borrow_mut().extend(there);
        }
        self.journal.note.ask();
    }

    /// Keeps what is in the windows in which something happened.
    pub(super) async fn note(self: Rc<Self>) {
        let outcome = self.try_note().await;
        self.journal.report(outcome);
    }

    /// From now on, and until this moment, a space waits for a window that nobody follows.
    pub(super) async fn await_windows(self: &Rc<Self>, until: Option<Millis>) -> Result<(), Failure> {
        self.journal.awaited.set(until);
        storage::keep_awaited(until).await?;
        if until.is_some_and(|until| clock::now() < until) {
            spawn_local(Rc::clone(self).note_all());
        }
        Ok(())
    }

    /// Keeps at once what is in a window.
    pub(super) async fn note_now(&self, window: i32) -> Result<(), Failure> {
        let keeper = self.journal().await?;
        match tabs::look_at(window).await? {
            Some(seen) => keeper.seen(clock::now(), window, &seen).await,
            None => Ok(()),
        }
    }

    async fn try_note(self: &Rc<Self>) -> Result<(), Failure> {
        let keeper = self.journal().await?;
        loop {
            let next = self.journal.to_note.borrow_mut().pop_first();
            let Some(window) = next else { return Ok(()) };
            // One that is gone meanwhile is told of as closed.
            if let Ok(Some(seen)) = tabs::look_at(window).await {
                let now = clock::now();
                keeper.seen(now, window, &seen).await?;
                let awaited = self.journal.awaited.get().is_some_and(|until| now < until);
                if awaited && !self.followed.borrow().contains(&window) {
                    self.tell(&Sight::Unfollowed(window, seen)).await;
                }
            }
        }
    }

    /// A window was closed, or is about to.
    pub(super) fn note_closed(self: &Rc<Self>, window: i32) {
        self.journal.to_note.borrow_mut().remove(&window);
        let (state, now) = (Rc::clone(self), clock::now());
        spawn_local(async move {
            let outcome = async { state.journal().await?.closed(now, window).await };
            let outcome = outcome.await;
            state.journal.report(outcome);
        });
    }

    /// What the journal has.
    pub(super) async fn earlier(&self) -> Answer {
        match self.journal().await {
            Ok(keeper) => Answer::Earlier(keeper.look(|journal| Earlier {
                points: journal.points(),
                size_bytes: journal.size_bytes(),
                budget_bytes: BUDGET_BYTES,
                aside: journal.aside(),
                failure: self.journal.failure.borrow().clone(),
            })),
            Err(Failure(words)) => Answer::Problem(Problem::NotSaved(words)),
        }
    }

    /// The windows that were open when the browser ended before this start and are not open again. None when that cannot be
    /// said, or the person has said a word on it.
    pub(super) async fn not_back(&self) -> Vec<WindowSeen> {
        self.try_not_back().await.unwrap_or_default()
    }

    async fn try_not_back(&self) -> Result<Vec<WindowSeen>, Failure> {
        // Before the journal is open nobody knows whether the browser was started.
        let keeper = self.journal().await?;
        let Some(point) = storage::ended().await?.and_then(|key| Point::from_key(&key)) else {
            return Ok(Vec::new());
        };
        let before = keeper.windows(&point).await?.unwrap_or_default();
        let mut there = Vec::new();
        for window in windows::list().await? {
            there.extend(tabs::look_at(window).await?);
        }
        let gone = not_back(before, &there);
        if gone.is_empty() {
            storage::keep_ended(None).await?;
        }
        Ok(gone)
    }

    /// The person has said a word on what was open: nobody asks again.
    pub(super) async fn let_go(&self) -> Answer {
        match storage::keep_ended(None).await {
            Ok(()) => Answer::Done,
            Err(Failure(words)) => Answer::Problem(Problem::NotSaved(words)),
        }
    }

    /// Makes spaces of the windows of a point. What is on the ignore list enters none; the journal still has it.
    pub(super) async fn bring_back(self: &Rc<Self>, point: &Point, name: &str) -> Answer {
        let found = async { self.journal().await?.windows(point).await };
        let windows = match found.await {
            Ok(Some(windows)) => windows,
            Ok(None) => return Answer::Problem(Problem::NoSuchPoint),
            Err(Failure(words)) => return Answer::Problem(Problem::NotSaved(words)),
        };
        let several = windows.len() > 1;
        let (mut is_made, mut all_left_out) = (false, 0);
        for (number, seen) in (1..).zip(windows) {
            let name = if several {
                format!("{name} ({number})")
            } else {
                name.to_owned()
            };
            let wish = Ask::KeepWindow { seen, name };
            let Ok(wish) = runtime::write(&wish) else { continue };
            let answer = self.answer(wish).await;
            let answer = answer.and_then(|answer| serde_json::from_str(&answer).ok());
            match answer {
                Some(Answer::Space(_)) => is_made = true,
                Some(Answer::Lacking { space, left_out }) => {
                    is_made |= space.is_some();
                    all_left_out += left_out;
                }
                Some(other) => return other,
                None => return Answer::Problem(Problem::NotSaved(String::new())),
            }
        }
        match all_left_out {
            0 => Answer::Done,
            _ if !is_made => Answer::Problem(Problem::Ignored),
            left_out => Answer::Lacking {
                space: None,
                left_out,
            },
        }
    }
}
