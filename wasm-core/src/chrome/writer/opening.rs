//! Opening saved tabs: in a new window, among others, or in place of what a window has; and closing a window.

use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::{SpaceId, TabId};
use wasm_bindgen_futures::spawn_local;

use super::asks::not_saved;
use super::{Sight, Writer, unexpected};
use crate::ask::library::{LibraryAnswer, OpenIn};
use crate::ask::{Answer, Problem};
use crate::browser::{Failure, random};
use crate::chrome::errand::{Errand, Found};
use crate::library::engine::{Opening, RestorePlan, RestoreTab, making_room};
use crate::library::follow::WindowSeen;
use crate::library::undo::Undo;

impl Writer {
    /// Opens tabs of a space, or all of it.
    pub(super) async fn open(
        self: &Rc<Self>,
        space: SpaceId,
        tabs: Option<Vec<TabId>>,
        place: OpenIn,
    ) -> Result<LibraryAnswer, Problem> {
        let space = self.performer.look(|engine| engine.current(space));
        if tabs.is_none() {
            let open = self.performer.look(|engine| engine.window_of(space));
            if place == OpenIn::NewWindow || open.is_some() {
                return self.restore(space).await.map(|answer| match answer {
                    Answer::Skipped(skipped) => opened(skipped),
                    _ => opened(0),
                });
            }
        }
        if let Some([tab]) = tabs.as_deref()
            && let Some((_, chrome)) = self.performer.look(|engine| engine.chrome_tab(space, *tab))
            && self.hands.run(Errand::ShowTab(chrome)).await == Ok(Found::Done)
        {
            return Ok(opened(0));
        }
        let plan = self.performer.look(|engine| {
            let there = engine.plan_of(space, tabs.as_deref());
            let removed = || match tabs.as_deref() {
                Some([tab]) => engine.plan_of_removed(space, *tab),
                _ => None,
            };
            match there {
                Some(plan) if !plan.tabs.is_empty() => Some(plan),
                there => removed().or(there),
            }
        });
        let plan = plan.ok_or(Problem::NoSuchSpace)?;
        if plan.tabs.is_empty() {
            return Err(Problem::NothingToOpen);
        }
        let skipped = plan.skipped;
        let chosen: Vec<TabId> = plan.tabs.iter().map(|tab| tab.tab).collect();
        let undo = match place {
            OpenIn::NewWindow => self.open_apart(plan).await?,
            OpenIn::Window(window) => self.open_among(window, plan).await?,
            OpenIn::Replacing(window) => {
                let follows = tabs.is_none().then_some(space);
                self.replace(window, plan, follows, true).await?
            }
        };
        if tabs.is_some() {
            self.performer
                .with(|engine, now| engine.opened(now, space, &chosen));
        }
        let undo = Box::new(undo);
        Ok(LibraryAnswer::Opened { skipped, undo })
    }

    /// Opens a window with the first tab of a space, which follows it then.
    pub(super) async fn open_for(&self, space: SpaceId, first: Option<RestoreTab>) -> Result<(), Problem> {
        if let Some(first) = first.clone() {
            let found = self.hands.run(Errand::ListWindows).await.map_err(not_saved)?;
            let Found::Windows(there) = found else {
                return Err(not_saved(unexpected()));
            };
            self.performer
                .with(|engine, _| engine.window_comes(space, first, &there));
            // Where nothing can be written, which is told elsewhere, the window opens all the same.
            let _ = self.on_disk().await;
        }
        match self.hands.run(Errand::Open(first)).await {
            Ok(Found::Opened(opened)) => {
                self.performer
                    .with(|engine, now| engine.bind(now, opened.window, space, opened.tabs));
                Ok(())
            }
            Ok(_) => Err(not_saved(unexpected())),
            // A worker may have made it and died before it could say so.
            Err(_) if self.take_window_that_came(space).await => Ok(()),
            Err(failure) => Err(not_saved(failure)),
        }
    }

    /// Lets a space follow the window that was asked for it, if that came; whether it does.
    pub(super) async fn take_window_that_came(&self, space: SpaceId) -> bool {
        let mut looks = Vec::new();
        if let Ok(Found::Windows(there)) = self.insist(Errand::ListWindows).await {
            for window in there {
                if let Ok(Found::Window(Some(seen))) = self.insist(Errand::LookAt(window)).await {
                    looks.push((window, seen));
                }
            }
        }
        let came = self
            .performer
            .look(|engine| engine.window_that_came(space, &looks));
        if let Some((window, tab, first)) = came {
            let tabs = BTreeMap::from([(tab, first.tab)]);
            if self.insist(Errand::Dress(tab, first)).await.is_ok() {
                self.performer
                    .with(|engine, now| engine.bind(now, window, space, tabs));
                return true;
            }
        }
        self.performer.with(|engine, _| engine.window_comes_not(space));
        false
    }

    /// Opens a plan as a window that no space follows.
    async fn open_apart(&self, plan: RestorePlan) -> Result<Undo, Problem> {
        let first = plan.shown().cloned();
        let found = self.hands.run(Errand::Open(first)).await.map_err(not_saved)?;
        let Found::Opened(opened) = found else {
            return Err(not_saved(unexpected()));
        };
        let opening = Opening::new(plan, &opened.tabs, &WindowSeen::default(), 0);
        self.go_on(opened.window, opening).await?;
        Ok(Undo::default())
    }

    /// Opens a plan at the end of a window, and shows the first of its tabs.
    async fn open_among(&self, window: i32, plan: RestorePlan) -> Result<Undo, Problem> {
        let there = self.look_at(window).await?;
        self.open_behind(window, &there, plan).await?;
        Ok(Undo::default())
    }

    /// Opens a plan in place of a window's tabs: these are closed when it is there, but for those that could not be
    /// opened again. The space that followed the window
    /// stays as it was; if it `waits`, it follows the window again when its tabs come back.
    async fn replace(
        self: &Rc<Self>,
        window: i32,
        plan: RestorePlan,
        follows: Option<SpaceId>,
        waits: bool,
    ) -> Result<Undo, Problem> {
        let before = self.look_at(window).await?;
        // In the journal, too, before anything of it goes.
        self.hands.run(Errand::Note(window)).await.map_err(not_saved)?;
        // What a person did last is in the space before the window is given up.
        self.saw(Sight::Window(window, before.clone()));
        let given_up = self.performer.with(|engine, now| engine.give_up(now, window));
        let made = match follows {
            // Without tabs there was nothing but the extension's own pages.
            None => {
                // Its groups go with its tabs: none of them takes new ones.
                let there = WindowSeen {
                    tabs: before.tabs.clone(),
                    groups: Vec::new(),
                };
                let opened = if plan.tabs.is_empty() {
                    Ok(())
                } else {
                    self.open_behind(window, &there, plan).await
                };
                match opened {
                    Ok(()) => self.close_tabs(making_room(&before)).await,
                    Err(problem) => Err(problem),
                }
            }
            Some(space) => {
                self.performer
                    .with(|engine, now| engine.bind_in_place(now, window, space, &before));
                self.fill_windows().await;
                if self
                    .performer
                    .look(|engine| engine.windows_to_fill().contains(&window))
                {
                    Err(not_saved(Failure("not all tabs could be opened".to_owned())))
                } else {
                    self.make_room(window).await
                }
            }
        };
        match made {
            Ok(()) => {
                if let Some(binding) = given_up {
                    self.performer.with(|engine, now| {
                        if waits {
                            engine.put_to_rest(now, binding);
                        } else {
                            engine.let_go(&binding);
                        }
                    });
                }
                Ok(Undo {
                    window: Some((window, before)),
                    ..Undo::default()
                })
            }
            Err(problem) => {
                self.performer.with(|engine, _| engine.attach(window, given_up));
                Err(problem)
            }
        }
    }

    /// Puts a window back as it was; a new one, when it is gone.
    pub(super) async fn put_back(self: &Rc<Self>, window: i32, seen: &WindowSeen) -> Result<Undo, Problem> {
        let plan = RestorePlan::of_window(seen, random::bits);
        let was_empty = plan.tabs.is_empty();
        if was_empty && making_room(seen).len() == seen.tabs.len() {
            return Ok(Undo::default());
        }
        if self.look_at(window).await.is_err() {
            return if was_empty {
                Ok(Undo::default())
            } else {
                self.open_apart(plan).await
            };
        }
        // The space that goes does not wait for this window: what comes back is not its own.
        self.replace(window, plan, None, false).await
    }

    /// Closes the tabs that a space was opened in place of; before that one of the space is shown.
    async fn make_room(&self, window: i32) -> Result<(), Problem> {
        let room = self.performer.look(|engine| engine.room_in(window));
        let Some((old, Some(shown))) = room else {
            return Err(not_saved(Failure("the tabs could not be opened".to_owned())));
        };
        self.hands.run(Errand::ShowTab(shown)).await.map_err(not_saved)?;
        self.close_tabs(old).await?;
        self.performer.with(|engine, _| engine.room_made(window));
        Ok(())
    }

    async fn close_tabs(&self, tabs: Vec<i32>) -> Result<(), Problem> {
        let closed = self.hands.run(Errand::CloseTabs(tabs)).await;
        closed.map(drop).map_err(not_saved)
    }

    /// Closes the window of a space, which stays as it is.
    pub(super) async fn close(self: &Rc<Self>, space: SpaceId) -> Result<Answer, Problem> {
        let space = self.performer.look(|engine| engine.current(space));
        if let Some(window) = self.performer.look(|engine| engine.window_of(space)) {
            // What a person did last is in the space before the window is given up.
            self.look_again(space).await;
            self.performer.with(|engine, now| engine.window_goes(now, window));
            // Closing the last window ends the browser.
            self.on_disk().await.map_err(not_saved)?;
        }
        self.end_window(space).await
    }

    async fn end_window(&self, space: SpaceId) -> Result<Answer, Problem> {
        let window = self.performer.look(|engine| engine.window_to_close(space));
        let window = window.ok_or(Problem::NoSuchSpace)?;
        let closed = match self.insist(Errand::CloseWindow(window)).await {
            // A worker may have closed it and died before it could say so.
            Err(failure) => match self.insist(Errand::ListWindows).await {
                Ok(Found::Windows(there)) if !there.contains(&window) => Ok(Answer::Done),
                _ => Err(not_saved(failure)),
            },
            Ok(_) => Ok(Answer::Done),
        };
        self.performer.with(|engine, _| engine.window_went(space));
        closed
    }

    /// Ends what a writer before this one began and could not: windows that were to be closed, and tabs that were to make
    /// room, as soon as their window is full.
    pub(super) fn finish_soon(self: &Rc<Self>) {
        let writer = Rc::clone(self);
        spawn_local(async move {
            for space in writer.performer.look(|engine| engine.closing()) {
                // One that stays open is followed again when it is looked at.
                let _ = writer.end_window(space).await;
            }
            let windows = writer.performer.look(|engine| engine.windows_making_room());
            writer.fill_all().await;
            for window in windows {
                // It can be asked for again.
                let _ = writer.make_room(window).await;
            }
        });
    }

    async fn open_behind(&self, window: i32, there: &WindowSeen, plan: RestorePlan) -> Result<(), Problem> {
        let first = plan.shown().map(|tab| tab.tab);
        let from = u32::try_from(there.tabs.len()).unwrap_or(u32::MAX / 2);
        let opening = Opening::new(plan, &BTreeMap::new(), there, from);
        let opened = self.go_on(window, opening).await?;
        let chrome = first.and_then(|tab| opened.chrome(tab));
        match chrome {
            Some(chrome) => self
                .hands
                .run(Errand::ShowTab(chrome))
                .await
                .map(drop)
                .map_err(not_saved),
            None if opened.has_any() => Ok(()),
            None => Err(not_saved(Failure("the tabs could not be opened".to_owned()))),
        }
    }

    async fn go_on(&self, window: i32, mut opening: Opening) -> Result<Opening, Problem> {
        let _turn = self.fills.take().await;
        while let Some(step) = opening.next_step() {
            let found = self
                .insist(Errand::Fill(window, step.clone()))
                .await
                .map_err(not_saved)?;
            let Found::Filled(placed) = found else {
                return Err(not_saved(unexpected()));
            };
            opening.done(&step, &placed);
        }
        Ok(opening)
    }

    async fn look_at(&self, window: i32) -> Result<WindowSeen, Problem> {
        match self.hands.run(Errand::LookAt(window)).await.map_err(not_saved)? {
            Found::Window(Some(seen)) => Ok(seen),
            _ => Err(Problem::Incognito),
        }
    }
}

/// It is done, and there is nothing to take back.
fn opened(skipped: usize) -> LibraryAnswer {
    LibraryAnswer::Opened {
        skipped,
        undo: Box::default(),
    }
}
