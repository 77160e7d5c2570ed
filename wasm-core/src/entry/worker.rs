//! The service worker: routes what pages ask to the writer, looks at windows, does errands for the offscreen
//! document, and runs the writer itself while nothing is live.
//!
//! It may die between any two events. Nothing here is remembered that cannot be seen again: which windows are
//! followed is in `chrome.storage.session`, everything else is on disk.

mod asks;
mod change;
mod erase;
mod errands;
mod fill;
mod folder;
mod journal;
mod menus;
mod omnibox;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use protocol::Millis;

use crate::ask::{Answer, Problem, VIEW_PORT};
use crate::browser::performer::Reach;
use crate::browser::timer::{Soon, pause};
use crate::browser::turn::Turns;
use crate::browser::{Failure, clock, settled};
use crate::chrome::badge::Sign;
use crate::chrome::errand::{Errand, Hands, Running};
use crate::chrome::runtime::{self, HeldPort, Port, To};
use crate::chrome::writer::{Sight, Writer};
use crate::chrome::{badge, offscreen, storage, tabs, windows};
use fill::Filling;

/// Chrome tells of one deed in several events: they are looked at together.
const LOOK_AFTER_MS: u32 = 100;
/// A document that is just being opened does not hear yet. One that does not for so many tries is broken.
const TRIES_TO_BE_HEARD: u32 = 20;
/// Long enough for a broken document to be replaced.
const TRIES: u32 = 2 * TRIES_TO_BE_HEARD;
const TRY_AGAIN_MS: u32 = 100;
/// A document that answers nothing so often, though it says that it is well, does not know the question.
const EMPTY_ANSWERS: u32 = 2;
/// A document that answered is taken to be well for this long.
const WELL_MS: i64 = 10_000;
/// One that does not answer for this long is broken. It may be waiting for storage.
const WELL_WITHIN_MS: u32 = 15_000;
/// After so many broken documents without a good one the writer stays here, and does what it can.
const MOST_BROKEN: u32 = 3;
/// The popup takes back a wish that it goes on with itself, within this.
const WISH_MS: u32 = 500;
/// How long the icon shows that a window was saved.
const SAVED_MS: u32 = 2_000;

/// Where the writer runs.
enum Place {
    /// In the offscreen document.
    Offscreen,
    /// Here, and not given up as long as this is held.
    Here(Rc<Writer>, Busy),
}

struct State {
    /// Deciding where the writer runs is done by one task at a time.
    deciding: Turns,
    writer: RefCell<Option<Rc<Writer>>>,
    /// Tasks that use the writer here.
    busy: Cell<usize>,
    idle: RefCell<Vec<Function>>,
    /// Asks that the offscreen document is answering.
    passed_on: Cell<usize>,
    /// How often the writer moved.
    moves: Cell<u32>,
    /// When the offscreen document last answered.
    well_at: Cell<Option<Millis>>,
    /// How often in a row nobody heard in it.
    unheard: Cell<u32>,
    /// How many documents in a row were broken.
    broken: Cell<u32>,
    /// Ports that the offscreen document serves. Their ends here are closed when it goes.
    passive: RefCell<Vec<Port>>,
    followed: RefCell<BTreeSet<i32>>,
    /// The tabs that are streamed, in whatever window.
    streamed: RefCell<BTreeSet<i32>>,
    /// The old and the new ids of tabs that the writer has not heard of yet.
    replaced: RefCell<Vec<(i32, i32)>>,
    to_look_at: RefCell<BTreeSet<i32>>,
    looking: Cell<bool>,
    filling: Filling,
    look: Soon,
    outbox_tried: Cell<bool>,
    journal: journal::Desk,
    /// The menu is made by one task at a time.
    menu: Turns,
    filing: folder::Filing,
    /// What the icon shows.
    sign: Cell<Sign>,
}

/// The writer here is being used.
struct Busy(Rc<State>);

impl Drop for Busy {
    fn drop(&mut self) {
        let left = self.0.busy.get() - 1;
        self.0.busy.set(left);
        if left == 0 {
            for resolve in self.0.idle.take() {
                // A promise's own resolver does not throw.
                let _ = resolve.call0(&JsValue::NULL);
            }
        }
    }
}

/// The worker does the errands of a writer that runs here.
struct Direct(Rc<State>);

impl Hands for Direct {
    fn run(&self, errand: Errand) -> Running {
        let state = Rc::clone(&self.0);
        Box::pin(async move { state.run(errand).await })
    }
}

/// The service worker, for its script.
#[wasm_bindgen]
pub struct Worker(Rc<State>);

/// Starts, as often as Chrome wakes the worker.
#[wasm_bindgen]
pub async fn start_worker() -> Worker {
    let state = Rc::new_cyclic(|this: &std::rc::Weak<State>| {
        let this = this.clone();
        let noting = this.clone();
        State {
            deciding: Turns::default(),
            writer: RefCell::default(),
            busy: Cell::default(),
            idle: RefCell::default(),
            passed_on: Cell::default(),
            moves: Cell::default(),
            well_at: Cell::default(),
            unheard: Cell::default(),
            broken: Cell::default(),
            passive: RefCell::default(),
            followed: RefCell::default(),
            streamed: RefCell::default(),
            replaced: RefCell::default(),
            to_look_at: RefCell::default(),
            looking: Cell::default(),
            filling: Filling::default(),
            look: Soon::new(LOOK_AFTER_MS, move || {
                if let Some(state) = this.upgrade() {
                    spawn_local(async move { state.look().await });
                }
            }),
            outbox_tried: Cell::default(),
            journal: journal::Desk::new(move || {
                if let Some(state) = noting.upgrade() {
                    spawn_local(state.note());
                }
            }),
            menu: Turns::default(),
            filing: folder::Filing::default(),
            sign: Cell::new(Sign::Quiet),
        }
    });
    // Without it nothing is followed until the writer says so.
    let followed = storage::followed().await.unwrap_or_default();
    state.followed.borrow_mut().extend(followed);
    let streamed = storage::streamed().await.unwrap_or_default();
    state.streamed.borrow_mut().extend(streamed);
    state.look_at_all();
    spawn_local(Rc::clone(&state).note_all());
    spawn_local(Rc::clone(&state).keep_backup());
    Worker(state)
}

#[wasm_bindgen]
impl Worker {
    /// A message for the worker: `ask` of a page or `errand` of the offscreen document, JSON texts. The answer
    /// is one too.
    pub async fn message(&self, message: JsValue) -> Option<String> {
        let state = Rc::clone(&self.0);
        if let Some(ask) = runtime::body(&message, "ask") {
            return state.asked(ask).await;
        }
        if runtime::body(&message, "erase").is_some() {
            return state.erase().await;
        }
        let errand = runtime::body(&message, "errand")?;
        let found = state.run(serde_json::from_str(&errand).ok()?).await.ok()?;
        runtime::write(&found).ok()
    }

    /// A page connected.
    pub fn connected(&self, held: HeldPort) {
        let state = Rc::clone(&self.0);
        spawn_local(async move { state.connected(held).await });
    }

    /// Something happened in a window.
    pub fn window_changed(&self, window: i32) {
        self.0.look_at(window);
        self.0.journal.changed(window);
    }

    /// Something happened in a tab: its address, and the one that it is about to go to.
    pub fn tab_updated(&self, tab: i32, window: i32, url: &str, going: Option<String>) {
        let state = &self.0;
        if state.streamed.borrow().contains(&tab) {
            let url = url.to_owned();
            spawn_local(Rc::clone(state).tell_streamed(Sight::Streamed { tab, url, going }));
        }
        state.look_at(window);
        state.journal.changed(window);
    }

    /// Chrome gave a tab another id.
    pub fn tab_replaced(&self, new: i32, old: i32) {
        let state = &self.0;
        let unknown = state.followed.borrow().is_empty() && state.streamed.borrow().is_empty();
        if state.filling.discarded(old) || unknown {
            return;
        }
        state.replaced.borrow_mut().push((old, new));
        if state.streamed.borrow_mut().remove(&old) {
            state.streamed.borrow_mut().insert(new);
        }
        let state = Rc::clone(state);
        spawn_local(async move {
            state.tell_replaced().await;
            state.look_at_all();
        });
    }

    /// A window closed, or is about to: its tabs are not removed, they go with it.
    pub fn window_closing(&self, window: i32) {
        let known = self.0.followed.borrow_mut().remove(&window);
        self.0.to_look_at.borrow_mut().remove(&window);
        self.0.note_closed(window);
        if known {
            let state = Rc::clone(&self.0);
            spawn_local(async move { state.tell(&Sight::WindowGone(window)).await });
        }
    }

    /// The browser was started.
    pub fn browser_started(&self) {
        let state = Rc::clone(&self.0);
        spawn_local(async move {
            state.tell(&Sight::BrowserStarted).await;
            state.tend().await;
        });
    }

    /// The extension was installed or updated: `chrome.storage.session` is empty, windows are still there.
    /// `first` is true once: the first page is shown.
    pub fn installed(&self, first: bool) {
        let state = Rc::clone(&self.0);
        spawn_local(async move {
            if first {
                // Everything works without having seen it.
                let _ = tabs::open_own("welcome.html").await;
            }
            state.tend().await;
        });
    }

    /// The alarm rang.
    pub fn alarm_rang(&self) {
        self.0.outbox_tried.set(false);
        self.0.look_at_all();
        self.installed(false);
        spawn_local(Rc::clone(&self.0).keep_backup());
    }

    /// Something was chosen in the context menu over a tab; `link` is empty where there is none.
    pub fn menu_chosen(&self, item: String, link: String, tab: i32, window: i32) {
        spawn_local(Rc::clone(&self.0).menu_chosen(item, link, tab, window));
    }

    /// A person begins to type behind the keyword in the address bar.
    pub fn suggestions_wanted(&self) {
        spawn_local(Rc::clone(&self.0).get_ready_to_suggest());
    }

    /// What is suggested for what was typed behind the keyword in the address bar.
    pub async fn suggest(&self, typed: String) -> JsValue {
        Rc::clone(&self.0).suggest(typed).await
    }

    /// Something was chosen there.
    pub fn suggestion_chosen(&self, typed: String, disposition: String) {
        spawn_local(Rc::clone(&self.0).open_suggested(typed, disposition));
    }

    /// A permission was given, perhaps to a popup that Chrome's question has closed. The click that opened it
    /// came too early to lend the tab: the next one starts the stream, and the icon says so.
    pub fn permission_added(&self) {
        spawn_local(async {
            pause(WISH_MS).await;
            if let Ok(Some(tab)) = storage::renew_stream_wish().await {
                // The tab may be gone by now; then there is nothing to invite to.
                let _ = badge::invite_click(tab).await;
            }
        });
    }
}

impl State {
    // --- where the writer runs ---

    async fn place(self: &Rc<Self>) -> Result<Place, Failure> {
        let _turn = self.deciding.take().await;
        if offscreen::exists().await? {
            if self.is_well().await {
                return Ok(Place::Offscreen);
            }
            self.broken.set(self.broken.get() + 1);
            self.end_offscreen().await?;
        }
        let here = self.writer.borrow().clone();
        let writer = match here {
            Some(writer) => writer,
            None => self.start_here().await?,
        };
        if writer.wants_offscreen() && self.broken.get() < MOST_BROKEN {
            drop(writer);
            self.move_to_offscreen().await?;
            return Ok(Place::Offscreen);
        }
        self.busy.set(self.busy.get() + 1);
        Ok(Place::Here(writer, Busy(Rc::clone(self))))
    }

    /// Whether the offscreen document answers; it is asked now and then.
    async fn is_well(&self) -> bool {
        let now = clock::now();
        if let Some(at) = self.well_at.get()
            && (0..WELL_MS).contains(&now.since(at))
        {
            return true;
        }
        match runtime::ask_within(To::Offscreen, "ping", "", WELL_WITHIN_MS).await {
            Ok(Some(answer)) if answer.is_string() => {
                self.well_at.set(Some(now));
                self.unheard.set(0);
                self.broken.set(0);
                true
            }
            Err(failure) if nobody_heard(&failure) => {
                self.unheard.set(self.unheard.get() + 1);
                self.unheard.get() < TRIES_TO_BE_HEARD
            }
            _ => false,
        }
    }

    /// Closes the offscreen document, whatever it does.
    async fn end_offscreen(&self) -> Result<(), Failure> {
        offscreen::close().await?;
        self.moves.set(self.moves.get() + 1);
        self.well_at.set(None);
        self.unheard.set(0);
        for port in self.passive.take() {
            port.close();
        }
        Ok(())
    }

    async fn start_here(self: &Rc<Self>) -> Result<Rc<Writer>, Failure> {
        let weak = Rc::downgrade(self);
        let on_settled = Box::new(move || {
            if let Some(state) = weak.upgrade() {
                spawn_local(async move { state.tend().await });
            }
        });
        let writer = Writer::start(Rc::new(Direct(Rc::clone(self))), Reach::Storage, on_settled).await?;
        self.writer.replace(Some(Rc::clone(&writer)));
        Ok(writer)
    }

    async fn move_to_offscreen(self: &Rc<Self>) -> Result<(), Failure> {
        self.put_down_writer().await?;
        self.well_at.set(None);
        self.unheard.set(0);
        offscreen::open().await?;
        self.moves.set(self.moves.get() + 1);
        Ok(())
    }

    /// Ends the writer that runs here, when nobody uses it any more.
    async fn put_down_writer(&self) -> Result<(), Failure> {
        while self.busy.get() > 0 {
            settled(Promise::new(&mut |resolve, _| {
                self.idle.borrow_mut().push(resolve);
            }))
            .await?;
        }
        let writer = self.writer.take();
        match writer {
            Some(writer) => writer.give_up().await,
            None => Ok(()),
        }
    }

    /// The offscreen document says that it is not needed. What still waits for the relay is sent from here.
    async fn close_offscreen(self: &Rc<Self>) {
        let turn = self.deciding.take().await;
        if self.passed_on.get() == 0 && self.end_offscreen().await.is_ok() {
            drop(turn);
            self.outbox_tried.set(false);
            spawn_local(Rc::clone(self).tend());
        }
    }

    /// Moves the writer where it is wanted, and sends a waiting outbox when nothing is live.
    async fn tend(self: Rc<Self>) {
        let Ok(Place::Here(writer, _busy)) = self.place().await else {
            return;
        };
        if !writer.has_unsent() || self.outbox_tried.replace(true) {
            return;
        }
        // What is not sent now waits for the alarm, which is set as long as something waits.
        let _ = writer.send_outbox().await;
        writer.settle().await;
    }

    // --- messages ---

    async fn answer(self: &Rc<Self>, ask: String) -> Option<String> {
        let mut empty = 0;
        for _ in 0..TRIES {
            match self.place().await {
                Ok(Place::Here(writer, busy)) => {
                    let answer = writer.answer(serde_json::from_str(&ask).ok()?).await;
                    drop(busy);
                    self.outbox_tried.set(false);
                    spawn_local(Rc::clone(self).tend());
                    return runtime::write(&answer).ok();
                }
                Ok(Place::Offscreen) => match self.pass_on("ask", &ask).await {
                    Ok(answer) if answer.is_string() => return answer.as_string(),
                    Ok(_) if empty + 1 < EMPTY_ANSWERS => {
                        empty += 1;
                        self.well_at.set(None);
                    }
                    Ok(_) => break,
                    Err(failure) if !nobody_heard(&failure) => return problem(failure),
                    Err(_) => pause(TRY_AGAIN_MS).await,
                },
                Err(failure) => return problem(failure),
            }
        }
        problem(Failure("the offscreen document does not answer".to_owned()))
    }

    /// Tells the writer what was seen.
    async fn tell(self: &Rc<Self>, sight: &Sight) {
        let Ok(text) = runtime::write(sight) else { return };
        let mut empty = 0;
        for _ in 0..TRIES {
            match self.place().await {
                Ok(Place::Here(writer, _busy)) => {
                    writer.saw(sight.clone());
                    // Not before it is on disk may this worker be put to sleep. A failure is told in the spaces.
                    let _ = writer.on_disk().await;
                    return;
                }
                Ok(Place::Offscreen) => match self.pass_on("sight", &text).await {
                    Err(failure) if nobody_heard(&failure) => pause(TRY_AGAIN_MS).await,
                    Ok(answer) if !answer.is_string() && empty + 1 < EMPTY_ANSWERS => {
                        empty += 1;
                        self.well_at.set(None);
                    }
                    // What was missed is seen again at the next look.
                    _ => return,
                },
                Err(_) => return,
            }
        }
    }

    /// Tells at once where a streamed tab goes. Without a document there is no stream.
    async fn tell_streamed(self: Rc<Self>, sight: Sight) {
        if let Ok(text) = runtime::write(&sight) {
            // A document that does not answer streams nothing.
            let _ = self.pass_on("sight", &text).await;
        }
    }

    /// Tells the writer which tabs have other ids, before it is told what they do.
    async fn tell_replaced(self: &Rc<Self>) {
        loop {
            let next = self.replaced.borrow().first().copied();
            let Some((old, new)) = next else { return };
            self.tell(&Sight::TabReplaced { old, new }).await;
            self.replaced.borrow_mut().retain(|other| *other != (old, new));
        }
    }

    async fn pass_on(&self, kind: &str, text: &str) -> Result<JsValue, Failure> {
        self.passed_on.set(self.passed_on.get() + 1);
        let answer = runtime::ask_raw(To::Offscreen, kind, text).await;
        self.passed_on.set(self.passed_on.get() - 1);
        answer
    }

    async fn connected(self: &Rc<Self>, held: HeldPort) {
        if !held.port().is_named(VIEW_PORT) {
            return;
        }
        let moves = self.moves.get();
        match self.place().await {
            Ok(Place::Here(writer, _busy)) => writer.page_connected(&held),
            Ok(Place::Offscreen) if self.moves.get() == moves => {
                held.take();
                self.passive.borrow_mut().push(held.port());
            }
            // The document was opened after the page called: it has not heard it.
            _ => held.port().close(),
        }
    }

    // --- windows ---

    fn look_at(&self, window: i32) {
        if self.followed.borrow().contains(&window) && !self.filling.fills(window) {
            self.to_look_at.borrow_mut().insert(window);
            self.look.ask();
        }
    }

    fn look_at_all(self: &Rc<Self>) {
        let followed = self.followed.borrow().clone();
        if !followed.is_empty() {
            self.to_look_at.borrow_mut().extend(followed);
            self.look.ask();
        }
        for tab in self.streamed.borrow().iter().copied() {
            let state = Rc::clone(self);
            spawn_local(async move {
                if let Some(now) = tabs::find(tab).await {
                    let (url, going) = (now.url, now.going);
                    state.tell_streamed(Sight::Streamed { tab, url, going }).await;
                }
            });
        }
    }

    /// Looks at windows one after another, so that the writer hears of the older state first.
    async fn look(self: Rc<Self>) {
        if self.looking.replace(true) {
            return;
        }
        // A writer that is only starting looks for itself: what it sees must not be newer than what it is told.
        drop(self.place().await);
        loop {
            let next = self.to_look_at.borrow_mut().pop_first();
            let Some(window) = next else { break };
            let seen = tabs::look_at(window).await;
            self.tell_replaced().await;
            if !self.followed.borrow().contains(&window) {
                // It closed meanwhile.
                continue;
            }
            match seen {
                Ok(Some(seen)) => self.tell(&Sight::Window(window, seen)).await,
                _ => {
                    if windows::list().await.is_ok_and(|there| !there.contains(&window)) {
                        self.tell(&Sight::WindowGone(window)).await;
                    }
                }
            }
        }
        self.looking.set(false);
    }
}

fn problem(failure: Failure) -> Option<String> {
    runtime::write(&Answer::Problem(Problem::NotSaved(failure.0))).ok()
}

/// Chrome's words for a message that reached no context.
fn nobody_heard(failure: &Failure) -> bool {
    failure.0.contains("Receiving end does not exist") || failure.0.contains("Could not establish connection")
}
