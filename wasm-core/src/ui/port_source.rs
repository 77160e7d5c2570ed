//! A space of this browser on an extension page: the writer sends its view over a port.
//!
//! Chrome closes a port when the worker or the offscreen document behind it goes; it is opened again after a
//! moment, and what was on the screen stays there meanwhile. Wishes made in that moment are kept, in order.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};

use gloo::timers::callback::Timeout;
use protocol::{SpaceId, StreamId};
use wasm_bindgen::{JsValue, closure::Closure};
use web_sys::MediaStream;
use yew::Callback;

use crate::ask::{FromPage, ToPage, VIEW_PORT};
use crate::command::Command;
use crate::statistics::Reading;
use crate::ui::backend::{Later, SpaceSource, Subscription};
use crate::ui::chrome_page::{self, Port};
use crate::view::{Projection, SpaceView, TabView};

/// How long after a lost port the next one is opened.
const AGAIN_MS: u32 = 300;
/// Wishes kept while there is no port; the oldest goes when there are more.
const KEPT: usize = 64;

struct Line {
    port: Port,
    on_message: Closure<dyn Fn(JsValue)>,
    on_gone: Closure<dyn Fn()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.port.close(&self.on_message, &self.on_gone);
    }
}

struct Seen {
    picture: Option<Rc<str>>,
    readings: Vec<Reading>,
}

struct Inner {
    space: Option<SpaceId>,
    listed: Option<SpaceId>,
    view: Option<Rc<SpaceView>>,
    gone: bool,
    line: Option<Line>,
    again: Option<Timeout>,
    waiting: VecDeque<Command>,
    /// What the own streams looked like last.
    glimpses: BTreeMap<StreamId, Seen>,
    listeners: Vec<(u32, Callback<()>)>,
    next_listener: u32,
    on_projection: Callback<Projection>,
}

/// The port's end on a page.
#[derive(Clone)]
pub struct PortSource(Rc<RefCell<Inner>>);

impl PortSource {
    /// Opens the port and shows a space, or none; `on_projection` hears of everything in short.
    pub fn open(space: Option<SpaceId>, on_projection: Callback<Projection>) -> Self {
        let source = Self(Rc::new(RefCell::new(Inner {
            space,
            listed: None,
            view: None,
            gone: false,
            line: None,
            again: None,
            waiting: VecDeque::new(),
            glimpses: BTreeMap::new(),
            listeners: Vec::new(),
            next_listener: 0,
            on_projection,
        })));
        source.connect();
        source
    }

    /// Shows another space, or none.
    pub fn show(&self, space: Option<SpaceId>) {
        {
            let mut inner = self.0.borrow_mut();
            if inner.space == space {
                return;
            }
            inner.space = space;
            inner.view = None;
            inner.gone = false;
            inner.waiting.clear();
            inner.post(&FromPage::Show(space));
        }
        self.tell();
    }

    /// Shows the tabs of a space, or of none, among others: it is live meanwhile.
    pub fn list(&self, space: Option<SpaceId>) {
        let mut inner = self.0.borrow_mut();
        if std::mem::replace(&mut inner.listed, space) != space {
            inner.post(&FromPage::List(space));
        }
    }

    fn connect(&self) {
        let weak = Rc::downgrade(&self.0);
        let on_message = {
            let weak = weak.clone();
            Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
                if let (Some(inner), Some(message)) = (weak.upgrade(), chrome_page::from_message(&message)) {
                    Self(inner).hear(message);
                }
            })
        };
        let on_gone = {
            let weak = weak.clone();
            Closure::<dyn Fn()>::new(move || Self::later(&weak))
        };
        match chrome_page::connect(VIEW_PORT, &on_message, &on_gone) {
            Ok(port) => {
                let mut inner = self.0.borrow_mut();
                inner.line = Some(Line {
                    port,
                    on_message,
                    on_gone,
                });
                let space = inner.space;
                inner.post(&FromPage::Show(space));
                if inner.listed.is_some() {
                    let listed = inner.listed;
                    inner.post(&FromPage::List(listed));
                }
                while let Some(command) = inner.waiting.pop_front() {
                    inner.post(&FromPage::Do(command));
                }
            }
            Err(_) => Self::later(&weak),
        }
    }

    fn later(weak: &Weak<RefCell<Inner>>) {
        let Some(inner) = weak.upgrade() else { return };
        let weak = weak.clone();
        // The old line holds the closure that is running: it is dropped with the next connection.
        inner.borrow_mut().again = Some(Timeout::new(AGAIN_MS, move || {
            if let Some(inner) = weak.upgrade() {
                inner.borrow_mut().line = None;
                Self(inner).connect();
            }
        }));
    }

    fn hear(&self, message: ToPage) {
        match message {
            ToPage::View(view) => {
                {
                    let mut inner = self.0.borrow_mut();
                    // A view of the space shown before may still be under way.
                    if view.as_ref().is_some_and(|view| Some(view.space) != inner.space) {
                        return;
                    }
                    inner.gone = view.is_none() && inner.space.is_some();
                    inner.view = view.map(|view| Rc::new(*view));
                }
                self.tell();
            }
            ToPage::Glimpse(glimpse) => {
                {
                    let mut inner = self.0.borrow_mut();
                    let runs = |stream: StreamId| {
                        let view = inner.view.as_ref();
                        view.is_some_and(|view| view.streams.iter().any(|shown| shown.stream == stream))
                    };
                    let over: Vec<StreamId> =
                        inner.glimpses.keys().copied().filter(|id| !runs(*id)).collect();
                    for stream in over {
                        inner.glimpses.remove(&stream);
                    }
                    let seen = Seen {
                        picture: glimpse.picture.map(Rc::from),
                        readings: glimpse.readings,
                    };
                    inner.glimpses.insert(glimpse.stream, seen);
                }
                self.tell();
            }
            ToPage::Projection(projection) => {
                let on_projection = self.0.borrow().on_projection.clone();
                on_projection.emit(projection);
            }
        }
    }

    fn tell(&self) {
        let listeners: Vec<_> = self
            .0
            .borrow()
            .listeners
            .iter()
            .map(|(_, listener)| listener.clone())
            .collect();
        for listener in listeners {
            listener.emit(());
        }
    }
}

impl Inner {
    fn post(&self, message: &FromPage) -> bool {
        let Ok(text) = serde_json::to_string(message) else {
            return false;
        };
        self.line.as_ref().is_some_and(|line| line.port.post(&text))
    }
}

impl SpaceSource for PortSource {
    fn view(&self) -> Option<Rc<SpaceView>> {
        self.0.borrow().view.clone()
    }

    fn is_gone(&self) -> bool {
        self.0.borrow().gone
    }

    fn command(&self, command: Command) {
        let mut inner = self.0.borrow_mut();
        if inner.post(&FromPage::Do(command.clone())) {
            return;
        }
        if inner.waiting.len() >= KEPT {
            inner.waiting.pop_front();
        }
        inner.waiting.push_back(command);
    }

    fn media(&self, _stream: StreamId) -> Option<MediaStream> {
        None
    }

    fn readings(&self, stream: StreamId) -> Later<Vec<Reading>> {
        let inner = self.0.borrow();
        let seen = inner.glimpses.get(&stream);
        Box::pin(std::future::ready(
            seen.map(|seen| seen.readings.clone()).unwrap_or_default(),
        ))
    }

    fn thumbnail(&self, stream: StreamId) -> Option<Rc<str>> {
        self.0.borrow().glimpses.get(&stream)?.picture.clone()
    }

    fn plays(&self) -> bool {
        false
    }

    fn favicon(&self, tab: &TabView) -> Option<String> {
        Some(chrome_page::favicon_of(&tab.url))
    }

    fn subscribe(&self, on_change: Callback<()>) -> Subscription {
        let id = {
            let mut inner = self.0.borrow_mut();
            inner.next_listener += 1;
            let id = inner.next_listener;
            inner.listeners.push((id, on_change));
            id
        };
        let weak = Rc::downgrade(&self.0);
        Subscription::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner
                    .borrow_mut()
                    .listeners
                    .retain(|(listener, _)| *listener != id);
            }
        })
    }
}
