//! A space of this page's own session.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use protocol::{SpaceId, StreamId};
use web_sys::MediaStream;
use yew::Callback;

use crate::browser::live::Live;
use crate::command::Command;
use crate::statistics::Reading;
use crate::ui::backend::{Later, SpaceSource, Subscription};
use crate::view::{SpaceView, TabView};

/// Changes closer together than this are painted together.
const PAINT_MS: u32 = 16;

type Listeners = Rc<RefCell<Vec<(u32, Callback<()>)>>>;

/// Notes changes of the session and tells the page, at most once a frame.
#[derive(Clone, Default)]
pub struct Changes {
    listeners: Listeners,
    next: Rc<Cell<u32>>,
    pending: Rc<RefCell<Option<Timeout>>>,
}

impl Changes {
    /// Something changed.
    pub fn note(&self) {
        if self.pending.borrow().is_some() {
            return;
        }
        let changes = self.clone();
        let timeout = Timeout::new(PAINT_MS, move || {
            drop(changes.pending.borrow_mut().take());
            let listeners: Vec<_> = changes
                .listeners
                .borrow()
                .iter()
                .map(|(_, listener)| listener.clone())
                .collect();
            for listener in listeners {
                listener.emit(());
            }
        });
        *self.pending.borrow_mut() = Some(timeout);
    }

    fn subscribe(&self, on_change: Callback<()>) -> Subscription {
        let id = self.next.get();
        self.next.set(id + 1);
        self.listeners.borrow_mut().push((id, on_change));
        let listeners = self.listeners.clone();
        Subscription::new(move || listeners.borrow_mut().retain(|(listener, _)| *listener != id))
    }
}

/// One space of the session.
pub struct LiveSource {
    live: Rc<Live>,
    space: SpaceId,
    changes: Changes,
}

impl LiveSource {
    /// A space that is open in the session.
    pub fn new(live: Rc<Live>, space: SpaceId, changes: Changes) -> Self {
        Self { live, space, changes }
    }
}

impl SpaceSource for LiveSource {
    fn view(&self) -> Option<Rc<SpaceView>> {
        self.live.view(self.space).map(Rc::new)
    }

    fn is_gone(&self) -> bool {
        false
    }

    fn command(&self, command: Command) {
        self.live.command(self.space, command);
    }

    fn media(&self, stream: StreamId) -> Option<MediaStream> {
        self.live.media(stream)
    }

    fn readings(&self, stream: StreamId) -> Later<Vec<Reading>> {
        Box::pin(self.live.readings(stream))
    }

    fn thumbnail(&self, _stream: StreamId) -> Option<Rc<str>> {
        None
    }

    fn plays(&self) -> bool {
        true
    }

    fn favicon(&self, tab: &TabView) -> Option<String> {
        tab.favicon
            .as_ref()
            .map(|hash| format!("/api/v1/spaces/{}/favicons/{hash}", self.space))
    }

    fn subscribe(&self, on_change: Callback<()>) -> Subscription {
        self.changes.subscribe(on_change)
    }
}
