//! The extension's one writer: the engine with everything that performs its effects.
//!
//! It runs where the Web Lock `session` is held: in the offscreen document while something is live, else in
//! the service worker, which only writes to storage and makes calls to the relay. Both run this same code;
//! they differ in their [`Hands`] and in how far they reach.
//!
//! [`asks`] answers pages, [`pages`] keeps the ports of pages that show a space, [`streaming`] captures tabs,
//! [`glimpses`] shows the host what goes out, [`favicons`] finds the icons of shared tabs, [`filling`] fills the
//! windows of spaces that were opened, [`inflow`] changes them by what others did.

mod asks;
mod favicons;
mod filling;
mod glimpses;
mod inflow;
mod library;
mod offering;
mod opening;
mod pages;
mod recovery;
mod saving;
mod streaming;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use protocol::op::StreamEnd;
use protocol::{Millis, StreamId};
use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::spawn_local;

use super::badge::Sign;
use super::errand::{Errand, Found, Hands};
use crate::browser::capture::Capture;
use crate::browser::lock::Lock;
use crate::browser::performer::{Core, Performer, Reach, Told};
use crate::browser::rest::{Rest, Trouble};
use crate::browser::spelling::spelled;
use crate::browser::store::Store;
use crate::browser::timer::{Soon, pause};
use crate::browser::turn::Turns;
use crate::browser::{Failure, clock, outbox, property, random};
use crate::language::Language;
use crate::library::engine::{Engine, Lookup};
use crate::library::follow::{TITLE_EVERY_MS, WindowSeen};
use crate::record::DATABASE;
use crate::session::Session;
use crate::view::Projection;
use favicons::Favicons;
use pages::Pages;
use streaming::Starting;

/// Who holds this lock writes to [`DATABASE`].
pub(crate) const LOCK: &str = "session";
/// Views go to pages at most this often.
const SHOW_AFTER_MS: u32 = 30;
/// What others keep of the writer's state is written at most this often.
const KEEP_AFTER_MS: u32 = 100;
/// A title or page that was held back is looked for again after this.
#[expect(clippy::cast_possible_truncation, reason = "two seconds")]
const LOOK_AGAIN_MS: u32 = TITLE_EVERY_MS as u32;
/// A streamed tab that is held back is looked at again this often.
const CHECK_AGAIN_MS: u32 = 500;
/// A worker with nothing to do dies after 30 s; while a tab is streamed it has to hear at once where that goes.
const STAY_AWAKE_MS: u32 = 20_000;
/// The index of saved tabs is dropped when nothing was sought for this long.
const FORGET_AFTER_MS: u32 = 120_000;
/// So often an errand is tried that the worker did not do, pausing longer each time.
const TRIES: u32 = 4;
const TRY_AGAIN_MS: u32 = 100;

impl Core for Engine {
    fn session(&mut self) -> &mut Session {
        Engine::session(self)
    }

    fn rest(&self) -> Rest {
        Rest::with_token(&self.settings().relay, self.settings().token())
    }

    fn committed(&mut self, now: Millis, number: u64) {
        Engine::committed(self, now, number);
    }

    fn commit_failed(&mut self, now: Millis, number: u64) {
        Engine::commit_failed(self, now, number);
    }

    fn storage_emptied(&mut self) {
        self.write_everything();
    }
}

/// What the worker saw and the writer is to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sight {
    /// A followed window as it is now.
    Window(i32, WindowSeen),
    /// A window that nobody follows as it is now, while a space waits for one.
    Unfollowed(i32, WindowSeen),
    /// A window closed, or is about to.
    WindowGone(i32),
    /// Chrome gave a tab another id.
    TabReplaced {
        /// The id it had.
        old: i32,
        /// The id it has.
        new: i32,
    },
    /// A streamed tab as it is now.
    Streamed {
        /// Chrome's id.
        tab: i32,
        /// Its address.
        url: String,
        /// Where it is about to go.
        going: Option<String>,
    },
    /// The browser was started: Chrome's ids mean nothing any more.
    BrowserStarted,
}

/// The writer.
pub(crate) struct Writer {
    performer: Rc<Performer<Engine>>,
    hands: Rc<dyn Hands>,
    reach: Reach,
    pages: Pages,
    favicons: Favicons,
    captures: RefCell<BTreeMap<StreamId, Capture>>,
    /// One stream is started at a time.
    starting: Turns,
    /// The tab whose stream is being started.
    started: RefCell<Option<Starting>>,
    /// Windows are filled by one task at a time.
    fills: Turns,
    /// Who asks twice for a space's window gets one.
    restores: Turns,
    /// Finds saved tabs; empty while nobody seeks.
    lookup: RefCell<Lookup>,
    /// When something was last sought.
    searched: Cell<Millis>,
    forget_lookup: Soon,
    /// Windows are being changed.
    changing: Cell<bool>,
    /// Glimpses are being sent.
    glimpsing: Cell<bool>,
    look_again: Soon,
    check_again: Soon,
    stay_awake: Soon,
    show: Soon,
    keep: Soon,
    /// What others keep, as it was last given to them.
    kept: RefCell<Kept>,
    /// Called after changes, at most every [`KEEP_AFTER_MS`].
    on_settled: Box<dyn Fn()>,
    given_up: Cell<bool>,
    lock: RefCell<Option<Lock>>,
}

#[derive(Default)]
struct Kept {
    projection: String,
    followed: Option<(Vec<i32>, bool)>,
    awaited: Option<Millis>,
    streamed: Option<Vec<i32>>,
    sign: Option<Sign>,
    /// The ignore list that the running streams were last checked against.
    ignored: Option<String>,
}

impl Writer {
    /// Waits for the lock, and loads what is on disk.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub(crate) async fn start(
        hands: Rc<dyn Hands>,
        reach: Reach,
        on_settled: Box<dyn Fn()>,
    ) -> Result<Rc<Self>, Failure> {
        let lock = Lock::take(LOCK).await?;
        let store = Store::open(DATABASE).await?;
        // Of those that cannot be read the engine knows: the icon and the options tell of them.
        let records = store.load_present().await?;
        let (mut engine, _) = Engine::restore(&records, random::bits);
        engine.spell_with(spelled);
        if records.is_empty()
            && let Ok(Found::Projection(Some(listed))) = hands.run(Errand::FindProjection).await
        {
            engine.found_emptied(&listed);
        }
        // The performer calls back into the writer that owns it; it starts to before that is whole.
        let whole: Rc<RefCell<Weak<Self>>> = Rc::default();
        let later = Rc::clone(&whole);
        let told = Box::new(move |told| {
            if let Some(writer) = later.borrow().upgrade() {
                writer.told(told);
            }
        });
        let performer = Performer::new(engine, store, reach, told);
        let writer = Rc::new_cyclic(|this: &Weak<Self>| {
            let (show, keep) = (this.clone(), this.clone());
            let later = |after_ms: u32, act: fn(Rc<Self>)| {
                let this = this.clone();
                Soon::new(after_ms, move || {
                    if let Some(writer) = this.upgrade() {
                        act(writer);
                    }
                })
            };
            Self {
                performer,
                hands,
                reach,
                pages: Pages::default(),
                favicons: Favicons::new(this.clone()),
                captures: RefCell::default(),
                starting: Turns::default(),
                started: RefCell::default(),
                fills: Turns::default(),
                restores: Turns::default(),
                lookup: RefCell::default(),
                searched: Cell::new(Millis(0)),
                forget_lookup: later(FORGET_AFTER_MS, |writer| writer.forget_what_was_sought()),
                changing: Cell::default(),
                glimpsing: Cell::default(),
                look_again: later(LOOK_AGAIN_MS, |writer| {
                    spawn_local(async move { writer.look_at_held_titles().await });
                }),
                check_again: later(CHECK_AGAIN_MS, |writer| {
                    spawn_local(async move { writer.check_streams().await });
                }),
                stay_awake: later(STAY_AWAKE_MS, |writer| {
                    spawn_local(async move { writer.keep_worker_awake().await });
                }),
                show: Soon::new(SHOW_AFTER_MS, move || {
                    if let Some(writer) = show.upgrade() {
                        writer.show_pages();
                        spawn_local(writer.send_glimpses());
                    }
                }),
                keep: Soon::new(KEEP_AFTER_MS, move || {
                    if let Some(writer) = keep.upgrade() {
                        spawn_local(async move { writer.settle().await });
                    }
                }),
                kept: RefCell::default(),
                on_settled,
                given_up: Cell::new(false),
                lock: RefCell::new(Some(lock)),
            }
        });
        whole.replace(Rc::downgrade(&writer));
        writer.begin().await;
        Ok(writer)
    }

    /// Drops windows that went while nobody looked, and looks at the others. What the worker does not tell now is
    /// seen at its next look.
    async fn begin(self: &Rc<Self>) {
        let followed = self.performer.look(|engine| engine.followed_windows());
        if !followed.is_empty() {
            if let Ok(Found::Replaced(tabs)) = self.insist(Errand::ListReplaced).await {
                for (old, new) in tabs {
                    self.saw(Sight::TabReplaced { old, new });
                }
            }
            if let Ok(Found::Windows(there)) = self.insist(Errand::ListWindows).await {
                for window in followed {
                    if !there.contains(&window) {
                        self.saw(Sight::WindowGone(window));
                    } else if let Ok(Found::Window(Some(seen))) = self.insist(Errand::LookAt(window)).await {
                        self.saw(Sight::Window(window, seen));
                    }
                }
            }
        }
        if self.reach == Reach::Live {
            self.performer.with(Engine::go_live);
        }
        // What could not be written is told in the spaces that it belongs to.
        let _ = self.performer.on_disk().await;
        self.settle().await;
        // Before anybody can ask for the same window again.
        for space in self.performer.look(|engine| engine.awaiting()) {
            self.take_window_that_came(space).await;
        }
        self.finish_soon();
    }

    /// Does an errand, several times if need be: the worker may be killed over it.
    async fn insist(&self, errand: Errand) -> Result<Found, Failure> {
        let mut wait_ms = TRY_AGAIN_MS;
        for _ in 1..TRIES {
            if let Ok(found) = self.hands.run(errand.clone()).await {
                return Ok(found);
            }
            pause(wait_ms).await;
            wait_ms *= 2;
        }
        self.hands.run(errand).await
    }

    /// Takes what the worker saw.
    pub(crate) fn saw(self: &Rc<Self>, sight: Sight) {
        match sight {
            Sight::Window(window, seen) => {
                self.end_what_may_not_be_seen(&seen);
                let held = self.performer.with(|engine, now| {
                    engine.observe(now, window, seen);
                    !engine.held_windows().is_empty()
                });
                if held {
                    self.look_again.ask();
                }
            }
            Sight::Unfollowed(window, seen) => {
                let known = self
                    .performer
                    .with(|engine, now| engine.recognise(now, window, &seen));
                if known {
                    self.fill_soon();
                }
            }
            Sight::TabReplaced { old, new } => {
                if let Some(starting) = self.started.borrow_mut().as_mut() {
                    starting.replaced(old, new);
                }
                self.performer.with(|engine, _| engine.tab_replaced(old, new));
            }
            Sight::Streamed { tab, url, going } => self.streamed_tab_is_at(tab, &url, going.as_deref()),
            Sight::WindowGone(window) => self.performer.with(|engine, now| engine.window_gone(now, window)),
            Sight::BrowserStarted => self.performer.with(Engine::browser_started),
        }
        self.changed();
    }

    fn told(self: &Rc<Self>, told: Told) {
        match told {
            Told::Space(_) | Told::NotSaved => self.changed(),
            Told::Media(_) => {}
            Told::Hold(held) => {
                if let Some(capture) = self.captures.borrow().get(&held.stream) {
                    capture.pause(held.paused, held.muted);
                }
            }
            Told::EndCapture(stream) => {
                let ended = self.captures.borrow_mut().remove(&stream);
                drop(ended);
                self.changed();
            }
        }
    }

    /// Something changed: pages and popups are to see it soon.
    fn changed(&self) {
        self.show.ask();
        self.keep.ask();
    }

    /// Brings what others keep up to date, and looks for favicons.
    pub(crate) async fn settle(self: &Rc<Self>) {
        if self.given_up.get() {
            return;
        }
        if self.reach == Reach::Live {
            // Also closes what nobody wants any more.
            self.performer.with(Engine::go_live);
        }
        let (projection, followed, awaited, ignored) = self.performer.look(|engine| {
            let followed = (engine.followed_windows(), engine.session().has_unsent());
            let (awaited, ignored) = (engine.waits_until(), engine.settings().ignored.clone());
            (engine.projection(), followed, awaited, ignored)
        });
        if self.kept.borrow().ignored.as_ref() != Some(&ignored) {
            self.kept.borrow_mut().ignored = Some(ignored);
            self.check_streams().await;
        }
        let (streamed, sign) = (self.streamed_tabs(), self.sign(&projection));
        if sign == Sign::Live {
            self.stay_awake.ask();
        }
        let Ok(projection) = serde_json::to_string(&projection) else {
            return;
        };
        let mut errands = Vec::new();
        {
            let mut kept = self.kept.borrow_mut();
            if kept.projection != projection {
                kept.projection.clone_from(&projection);
                errands.push(Errand::KeepProjection(projection));
            }
            if kept.followed.as_ref() != Some(&followed) {
                kept.followed = Some(followed.clone());
                let (windows, unsent) = followed;
                errands.push(Errand::KeepFollowed { windows, unsent });
            }
            if kept.awaited != awaited {
                kept.awaited = awaited;
                errands.push(Errand::KeepAwaited(awaited));
            }
            if kept.streamed.as_ref() != Some(&streamed) {
                kept.streamed = Some(streamed.clone());
                errands.push(Errand::KeepStreamed(streamed));
            }
            if kept.sign.replace(sign) != Some(sign) {
                errands.push(Errand::ShowSign(sign));
            }
        }
        for errand in errands {
            if self.hands.run(errand).await.is_err() {
                // The worker was killed on the way: everything is given to it again.
                self.kept.take();
                self.keep.ask();
                return;
            }
        }
        self.change_soon();
        self.favicons.look();
        (self.on_settled)();
    }

    /// What the icon is to tell.
    fn sign(&self, projection: &Projection) -> Sign {
        let unread = projection.spaces.iter().map(|space| space.unread).sum();
        if !self.captures.borrow().is_empty() {
            Sign::Live
        } else if self.performer.look(Engine::could_not_save) {
            Sign::NotSaved
        } else if unread > 0 {
            Sign::News(unread)
        } else if self.performer.look(|engine| engine.settings().lost > 0) {
            Sign::Cleared
        } else if self.performer.look(|engine| !engine.damaged().is_empty()) {
            Sign::Damaged
        } else {
            Sign::Quiet
        }
    }

    fn forget_what_was_sought(&self) {
        if clock::now().since(self.searched.get()).abs() < i64::from(FORGET_AFTER_MS) {
            self.forget_lookup.ask();
        } else {
            self.lookup.take();
        }
    }

    async fn look_at_held_titles(&self) {
        for window in self.performer.look(|engine| engine.held_windows()) {
            // Without it the next look tells the title.
            let _ = self.hands.run(Errand::LookSoon(window)).await;
        }
    }

    async fn keep_worker_awake(&self) {
        if !self.captures.borrow().is_empty() {
            // Asking is what keeps it awake.
            let _ = self.hands.run(Errand::StayAwake).await;
            self.stay_awake.ask();
        }
    }

    /// Whether the offscreen document is to run the engine: for a space that is followed, shown, listed or streamed. A
    /// waiting outbox alone is not enough: that goes by REST.
    pub(crate) fn wants_offscreen(&self) -> bool {
        let shown = self.pages.shown().into_iter().chain(self.pages.listed());
        self.performer.look(|engine| {
            let followed = engine
                .followed_windows()
                .into_iter()
                .filter_map(|window| engine.follows(window));
            let open = followed.chain(shown).any(|space| engine.is_shared(space));
            engine.wants_offscreen() && (open || engine.session().is_hosting())
        })
    }

    /// Whether something waits for the relay.
    pub(crate) fn has_unsent(&self) -> bool {
        self.performer.look(|engine| engine.session().has_unsent())
    }

    /// Sends what waits, by REST.
    pub(crate) async fn send_outbox(self: &Rc<Self>) -> Result<(), Trouble> {
        let sent = outbox::send(&self.performer).await;
        self.changed();
        sent
    }

    /// Waits until everything is on disk.
    pub(crate) async fn on_disk(&self) -> Result<(), Failure> {
        self.performer.on_disk().await
    }

    /// The browser is online again.
    pub(crate) fn network_changed(&self) {
        self.performer
            .with(|engine, now| engine.session().network_changed(now));
    }

    /// Puts everything on disk and gives the lock back, for another context to go on.
    pub(crate) async fn give_up(&self) -> Result<(), Failure> {
        self.given_up.set(true);
        self.performer.with(|engine, _| engine.session().save());
        self.pages.close_all();
        let kept = self.performer.on_disk().await;
        self.performer.end();
        drop(self.lock.take());
        kept
    }

    fn end_stream(self: &Rc<Self>, stream: StreamId, reason: StreamEnd) {
        self.performer
            .with(|engine, now| engine.session().end_stream(now, stream, reason));
        // Also one that the session does not know any more.
        self.told(Told::EndCapture(stream));
    }
}

fn unexpected() -> Failure {
    Failure("an unexpected answer".to_owned())
}

/// The browser's language, for the words that the writer itself says.
fn language() -> Language {
    let language = property(&property(&js_sys::global(), "navigator"), "language");
    Language::from_tag(&language.as_string().unwrap_or_default())
}
