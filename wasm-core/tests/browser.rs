//! The browser adapters in a real browser: `cargo xtask test wasm` runs this in Chromium.
#![cfg(target_arch = "wasm32")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::{Rc, Weak};

use js_sys::Function;
use protocol::{DeviceId, Seq, SpaceId, StreamId};
use tabspace_wasm_core::browser::lock::Lock;
use tabspace_wasm_core::browser::peers::{Peers, Reports};
use tabspace_wasm_core::browser::spelling::spelled;
use tabspace_wasm_core::browser::store::{Store, exists};
use tabspace_wasm_core::browser::timer::{Soon, pause};
use tabspace_wasm_core::browser::turn::Turns;
use tabspace_wasm_core::browser::{Failure, random};
use tabspace_wasm_core::record::{Batch, Write, log_key, past_key, space_key};
use tabspace_wasm_core::session::{Peer, PeerCommand, PeerEvent};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlVideoElement, MediaStream};

wasm_bindgen_test_configure!(run_in_browser);

/// How long a test waits for something before it fails, in steps of 10 ms.
const PATIENCE: u32 = 1_500;

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..PATIENCE {
        if condition() {
            return;
        }
        pause(10).await;
    }
    panic!("waited in vain: {what}");
}

// --- storage ---

fn put(key: &str, text: &str) -> Write {
    Write::Put(key.to_owned(), text.to_owned())
}

fn delete(key: &str) -> Write {
    Write::Delete(key.to_owned())
}

fn batch(writes: impl Into<Vec<Write>>) -> Batch {
    Batch {
        number: 1,
        writes: writes.into(),
    }
}

fn records(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect()
}

#[wasm_bindgen_test]
async fn what_was_committed_is_read_by_prefix_in_the_order_of_the_keys() -> Result<(), Failure> {
    let store = Store::open("order").await?;
    let writes = [
        put("log/b/1", "other space"),
        put("log/a/10", "ten"),
        put("log/a/02", "two"),
        put("log/a", "not below it"),
        put("log/a/🚆", "last"),
        put("device", "me"),
    ];
    store.commit(&batch(writes)).await?;
    let below = records(&[("log/a/02", "two"), ("log/a/10", "ten"), ("log/a/🚆", "last")]);
    assert_eq!(store.load_prefix("log/a/").await?, below);
    assert_eq!(store.load_prefix("nothing/").await?, []);
    let all = store.load_all().await?;
    let keys: Vec<&str> = all.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        ["device", "log/a", "log/a/02", "log/a/10", "log/a/🚆", "log/b/1"]
    );
    Ok(())
}

#[wasm_bindgen_test]
async fn what_is_past_is_read_when_it_is_asked_for_and_else_not() -> Result<(), Failure> {
    let store = Store::open("past").await?;
    let space = SpaceId::from_bits(1);
    let [past, log, own] = [past_key(space, Seq(1)), log_key(space, Seq(51)), space_key(space)];
    let writes = [
        put("device", "me"),
        put(&past, "past"),
        put(&log, "log"),
        put(&own, "space"),
        put("window/1", "last"),
    ];
    store.commit(&batch(writes)).await?;
    let present = records(&[
        ("device", "me"),
        (&log, "log"),
        (&own, "space"),
        ("window/1", "last"),
    ]);
    assert_eq!(store.load_present().await?, present);
    let told = records(&[(&past, "past"), (&log, "log"), (&own, "space")]);
    assert_eq!(store.load_log(space).await?, told);
    Ok(())
}

#[wasm_bindgen_test]
async fn what_was_committed_is_there_after_opening_again() -> Result<(), Failure> {
    assert!(!exists("again").await);
    let store = Store::open("again").await?;
    store.commit(&batch([put("device", "me")])).await?;
    drop(store);
    assert!(exists("again").await);
    let store = Store::open("again").await?;
    assert_eq!(store.load_all().await?, records(&[("device", "me")]));
    Ok(())
}

#[wasm_bindgen_test]
async fn the_writes_of_a_batch_are_done_in_their_order() -> Result<(), Failure> {
    let store = Store::open("deletes").await?;
    let first = [put("a", "old"), put("b", "old"), put("c", "old")];
    store.commit(&batch(first)).await?;
    let second = [
        delete("a"),
        put("b", "new"),
        delete("c"),
        put("c", "newer"),
        put("d", "short"),
        delete("d"),
        delete("never there"),
    ];
    store.commit(&batch(second)).await?;
    assert_eq!(store.load_all().await?, records(&[("b", "new"), ("c", "newer")]));
    Ok(())
}

#[wasm_bindgen_test]
async fn batches_are_written_in_the_order_of_the_calls_whoever_is_awaited_first() -> Result<(), Failure> {
    let store = Store::open("turns").await?;
    let first = store.commit(&batch([put("name", "first"), put("a", "")]));
    let second = store.commit(&batch([put("name", "second")]));
    second.await?;
    let read = store.load_all().await?;
    first.await?;
    assert_eq!(read, records(&[("a", ""), ("name", "second")]));
    Ok(())
}

/// From now on this page's IndexedDB throws at the key `thrown`, and lets a put under the key `taken` fail
/// later, inside the transaction, when there is a record already.
fn spoil_storage() {
    let spoil = Function::new_no_args(
        "const put = IDBObjectStore.prototype.put;
         IDBObjectStore.prototype.put = function (text, key) {
             if (key === 'thrown') throw new DOMException('no room', 'QuotaExceededError');
             return key === 'taken' ? this.add(text, key) : put.call(this, text, key);
         };",
    );
    spoil.call0(&JsValue::NULL).expect("IndexedDB has a put");
}

#[wasm_bindgen_test]
async fn a_batch_is_written_whole_or_not_at_all() -> Result<(), Failure> {
    spoil_storage();
    let store = Store::open("whole").await?;
    store
        .commit(&batch([put("taken", "mine"), put("a", "old")]))
        .await?;
    let before = store.load_all().await?;

    let thrown = [put("a", "new"), put("thrown", ""), put("b", "new")];
    assert_eq!(
        store.commit(&batch(thrown)).await,
        Err(Failure("no room".to_owned()))
    );
    assert_eq!(store.load_all().await?, before);

    let refused_later = [put("a", "new"), put("taken", "other"), put("b", "new")];
    assert!(store.commit(&batch(refused_later)).await.is_err());
    assert_eq!(store.load_all().await?, before);

    store.commit(&batch([put("a", "new")])).await?;
    assert_eq!(
        store.load_prefix("a").await?,
        records(&[("a", "new")]),
        "it goes on after a failure"
    );
    Ok(())
}

#[wasm_bindgen_test]
async fn texts_come_back_as_they_were() -> Result<(), Failure> {
    let store = Store::open("texts").await?;
    let texts = [
        String::new(),
        "👩‍👩‍👧 🏳️‍🌈 שלום \u{0} \u{feff}\u{2028} \"quoted\"".to_owned(),
        "🚆".repeat(25_000),
        "x".repeat(1_000_000),
    ];
    let writes: Vec<Write> = (0..)
        .zip(&texts)
        .map(|(n, text)| put(&format!("{n}"), text))
        .collect();
    store.commit(&batch(writes)).await?;
    let read = store.load_all().await?;
    assert_eq!(read.len(), texts.len());
    // Not `assert_eq`: nobody reads a megabyte.
    assert!(read.iter().map(|(_, text)| text).eq(&texts));
    Ok(())
}

#[wasm_bindgen_test]
async fn who_deletes_the_database_is_not_kept_waiting_and_the_store_says_that_it_is_closed()
-> Result<(), Failure> {
    let store = Store::open("deleted").await?;
    store.commit(&batch([put("a", "old")])).await?;
    let delete = Function::new_no_args("indexedDB.deleteDatabase('deleted')");
    delete.call0(&JsValue::NULL)?;
    // Opened only after the deletion, which waits for the first store to close.
    let new = Store::open("deleted").await?;
    assert_eq!(new.load_all().await?, []);
    assert!(store.commit(&batch([put("a", "new")])).await.is_err());
    assert!(store.load_all().await.is_err());
    Ok(())
}

// --- randomness, locks, turns, timers ---

#[wasm_bindgen_test]
fn patterns_are_spelled_as_the_browser_spells_addresses() {
    for (pattern, expected) in [
        ("bücher.example", Some("xn--bcher-kva.example")),
        ("*.bücher.example", Some("*.xn--bcher-kva.example")),
        ("*://bücher.example/*", Some("*://xn--bcher-kva.example/*")),
        (
            "bücher.example/Füße",
            Some("xn--bcher-kva.example/F%C3%BC%C3%9Fe"),
        ),
        (
            "https://a.example/Füße*",
            Some("https://a.example/F%C3%BC%C3%9Fe*"),
        ),
        ("ü.example:port", None),
    ] {
        assert_eq!(spelled(pattern).as_deref(), expected, "{pattern}");
    }
}

#[wasm_bindgen_test]
fn random_numbers_differ_in_both_halves() {
    let drawn: Vec<u128> = (0..1_000).map(|_| random::bits()).collect();
    let halves = |shift: u32| -> BTreeSet<u128> {
        drawn
            .iter()
            .map(|bits| (bits >> shift) & u128::from(u64::MAX))
            .collect()
    };
    assert_eq!((halves(0).len(), halves(64).len()), (1_000, 1_000));
}

#[wasm_bindgen_test]
async fn a_lock_has_one_holder_at_a_time() -> Result<(), Failure> {
    let alice = Lock::take("one holder").await?;
    assert!(Lock::try_take("one holder").await?.is_none());
    assert!(
        Lock::try_take("another").await?.is_some(),
        "other names are other locks"
    );

    let bob = Rc::new(RefCell::new(None));
    let waiting = Rc::clone(&bob);
    spawn_local(async move {
        waiting.replace(Lock::take("one holder").await.ok());
    });
    // Asked after Bob: when this is answered, Bob's request has been seen.
    assert!(Lock::try_take("one holder").await?.is_none());
    assert!(bob.borrow().is_none(), "Bob waits for Alice");
    drop(alice);
    until("Bob has the lock", || bob.borrow().is_some()).await;
    assert!(Lock::try_take("one holder").await?.is_none());
    bob.replace(None);
    drop(Lock::take("one holder").await?);
    Ok(())
}

#[wasm_bindgen_test]
async fn turns_are_given_in_the_order_of_asking() {
    let turns = Turns::default();
    let done = Rc::new(RefCell::new(Vec::new()));
    let first = turns.take().await;
    for name in ["alice", "bob", "carol"] {
        let (turns, done) = (turns.clone(), Rc::clone(&done));
        spawn_local(async move {
            let _turn = turns.take().await;
            // Whoever does not wait for the turn to end would come in between.
            pause(1).await;
            done.borrow_mut().push(name);
        });
    }
    pause(5).await;
    assert!(done.borrow().is_empty());
    drop(first);
    until("all had their turn", || done.borrow().len() == 3).await;
    assert_eq!(*done.borrow(), ["alice", "bob", "carol"]);
    drop(turns.take().await);
}

#[wasm_bindgen_test]
async fn what_is_asked_for_often_is_done_once_and_again_when_asked_again() {
    let times = Rc::new(Cell::new(0));
    let counted = Rc::clone(&times);
    let soon = Soon::new(5, move || counted.set(counted.get() + 1));
    for _ in 0..3 {
        soon.ask();
    }
    assert_eq!(times.get(), 0, "not at once");
    until("it was done", || times.get() > 0).await;
    pause(20).await;
    assert_eq!(times.get(), 1);
    soon.ask();
    until("it was done again", || times.get() == 2).await;
}

// --- peer connections ---

const STREAM: StreamId = StreamId::from_bits(1);
const HOST: DeviceId = DeviceId::from_bits(2);
const VIEWER: DeviceId = DeviceId::from_bits(3);

fn towards(device: DeviceId) -> Peer {
    Peer {
        stream: STREAM,
        device,
        attempt: 1,
    }
}

/// Carries what one end reports to the other end, as the session and the relay would.
struct Wire {
    /// Who reports here.
    from: DeviceId,
    to: RefCell<Weak<Peers>>,
    /// The ICE user name of each description.
    credentials: RefCell<Vec<String>>,
    /// Everything but descriptions and candidates.
    heard: RefCell<Vec<PeerEvent>>,
    media_changes: Cell<u32>,
}

impl Wire {
    fn from(from: DeviceId) -> Rc<Self> {
        Rc::new(Self {
            from,
            to: RefCell::default(),
            credentials: RefCell::default(),
            heard: RefCell::default(),
            media_changes: Cell::new(0),
        })
    }

    fn heard(&self, event: &PeerEvent) -> bool {
        self.heard.borrow().contains(event)
    }
}

impl Reports for Wire {
    fn reported(&self, _: Peer, event: PeerEvent) {
        if let PeerEvent::Described { sdp } = &event {
            let name = sdp.lines().find(|line| line.starts_with("a=ice-ufrag:"));
            self.credentials
                .borrow_mut()
                .push(name.unwrap_or_default().to_owned());
        }
        let command = match event {
            PeerEvent::Described { sdp } if self.from == HOST => PeerCommand::Accept { sdp },
            PeerEvent::Described { sdp } => PeerCommand::Answered { sdp },
            PeerEvent::Found(candidate) => PeerCommand::Candidate(candidate),
            other => {
                self.heard.borrow_mut().push(other);
                return;
            }
        };
        if let Some(other_end) = self.to.borrow().upgrade() {
            other_end.perform(towards(self.from), command, &[]);
        }
    }

    fn media_changed(&self, stream: StreamId) {
        assert_eq!(stream, STREAM);
        self.media_changes.set(self.media_changes.get() + 1);
    }
}

/// A host and a viewer in this page, and what each heard.
struct Pair {
    host: Rc<Peers>,
    viewer: Rc<Peers>,
    to_viewer: Rc<Wire>,
    to_host: Rc<Wire>,
}

impl Pair {
    fn new() -> Self {
        let (to_viewer, to_host) = (Wire::from(HOST), Wire::from(VIEWER));
        let host = Rc::new(Peers::new(Rc::<Wire>::clone(&to_viewer)));
        let viewer = Rc::new(Peers::new(Rc::<Wire>::clone(&to_host)));
        to_viewer.to.replace(Rc::downgrade(&viewer));
        to_host.to.replace(Rc::downgrade(&host));
        Self {
            host,
            viewer,
            to_viewer,
            to_host,
        }
    }

    async fn connect(&self) {
        self.host
            .perform(towards(VIEWER), PeerCommand::Offer { restart: false }, &[]);
        until("both are connected", || {
            self.to_viewer.heard(&PeerEvent::Connected) && self.to_host.heard(&PeerEvent::Connected)
        })
        .await;
    }

    /// Plays what the viewer has until there is a picture, and returns its size.
    async fn picture(&self) -> Result<(u32, u32), Failure> {
        let media = self
            .viewer
            .media(STREAM)
            .ok_or_else(|| Failure("nothing came".to_owned()))?;
        assert_eq!(media.get_video_tracks().length(), 1);
        assert_eq!(media.get_audio_tracks().length(), 1);
        let video: HtmlVideoElement = element("video").unchecked_into();
        video.set_muted(true);
        video.set_autoplay(true);
        video.set_src_object(Some(&media));
        until("a picture comes", || video.video_width() > 0).await;
        let size = (video.video_width(), video.video_height());
        video.set_src_object(None);
        Ok(size)
    }
}

fn element(name: &str) -> web_sys::Element {
    gloo::utils::document()
        .create_element(name)
        .expect("a page makes elements")
}

/// A moving picture.
fn film() -> MediaStream {
    let make = Function::new_no_args(
        "const canvas = document.createElement('canvas');
         [canvas.width, canvas.height] = [320, 180];
         const brush = canvas.getContext('2d');
         const film = canvas.captureStream(30);
         let frame = 0;
         const painting = setInterval(() => {
             brush.fillStyle = `hsl(${frame++ * 7 % 360} 80% 50%)`;
             brush.fillRect(0, 0, 320, 180);
             if (film.getTracks().every((track) => track.readyState === 'ended')) clearInterval(painting);
         }, 30);
         return film;",
    );
    make.call0(&JsValue::NULL)
        .expect("a canvas can be captured")
        .unchecked_into()
}

fn stop(film: &MediaStream) {
    for track in film.get_tracks().iter() {
        track.unchecked_into::<web_sys::MediaStreamTrack>().stop();
    }
}

#[wasm_bindgen_test]
async fn what_the_host_captured_arrives_at_the_viewer() -> Result<(), Failure> {
    let (pair, film) = (Pair::new(), film());
    pair.host.attach(STREAM, &film);
    pair.connect().await;
    assert!(pair.to_host.media_changes.get() > 0);
    assert!(pair.host.media(STREAM).is_none(), "the host receives nothing");
    assert_eq!(pair.picture().await?, (320, 180));
    stop(&film);
    Ok(())
}

#[wasm_bindgen_test]
async fn a_viewer_who_was_there_before_the_capture_sees_it_too() -> Result<(), Failure> {
    let (pair, film) = (Pair::new(), film());
    pair.connect().await;
    pair.host.attach(STREAM, &film);
    assert_eq!(pair.picture().await?, (320, 180));
    stop(&film);
    Ok(())
}

#[wasm_bindgen_test]
async fn an_ice_restart_keeps_the_picture() -> Result<(), Failure> {
    let (pair, film) = (Pair::new(), film());
    pair.host.attach(STREAM, &film);
    pair.connect().await;
    pair.host
        .perform(towards(VIEWER), PeerCommand::Offer { restart: true }, &[]);
    until("the viewer answers anew", || {
        pair.to_host.credentials.borrow().len() == 2
    })
    .await;
    for wire in [&pair.to_viewer, &pair.to_host] {
        let credentials = wire.credentials.borrow();
        assert_ne!(credentials[0], credentials[1]);
    }
    assert_eq!(pair.picture().await?, (320, 180));
    for wire in [&pair.to_viewer, &pair.to_host] {
        assert!(!wire.heard(&PeerEvent::Failed));
    }
    stop(&film);
    Ok(())
}

#[wasm_bindgen_test]
async fn a_closed_connection_has_no_media_and_says_nothing_more() {
    let (pair, film) = (Pair::new(), film());
    pair.host.attach(STREAM, &film);
    pair.connect().await;
    let changes = pair.to_host.media_changes.get();
    pair.viewer.perform(towards(HOST), PeerCommand::Close, &[]);
    assert!(pair.viewer.media(STREAM).is_none());
    assert_eq!(pair.to_host.media_changes.get(), changes + 1);
    let heard = pair.to_host.heard.borrow().len();
    pair.host.perform(towards(VIEWER), PeerCommand::Close, &[]);
    pause(100).await;
    assert_eq!(pair.to_host.heard.borrow().len(), heard);
    stop(&film);
}

#[wasm_bindgen_test]
async fn a_description_that_makes_no_sense_fails_the_connection() {
    let pair = Pair::new();
    let nonsense = PeerCommand::Accept {
        sdp: "v=nonsense".to_owned(),
    };
    pair.viewer.perform(towards(HOST), nonsense, &[]);
    until("the viewer gives up", || pair.to_host.heard(&PeerEvent::Failed)).await;
    assert!(pair.viewer.media(STREAM).is_none());
}
