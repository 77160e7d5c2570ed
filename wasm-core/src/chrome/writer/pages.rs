//! The pages that show a space: each has a port, and gets what it shows whenever that changed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use protocol::SpaceId;
use wasm_bindgen::prelude::*;

use super::Writer;
use crate::ask::{FromPage, ToPage};
use crate::chrome::runtime::{self, HeldPort, Port};

#[derive(Default)]
pub(super) struct Pages {
    open: RefCell<BTreeMap<u32, Page>>,
    last: Cell<u32>,
}

struct Page {
    port: Port,
    shown: Option<SpaceId>,
    listed: Option<SpaceId>,
    /// What it was sent last, so that it is not sent again.
    view: String,
    projection: String,
    _heard: Closure<dyn Fn(JsValue)>,
    _gone: Closure<dyn Fn()>,
}

impl Pages {
    /// The spaces that pages show.
    pub(super) fn shown(&self) -> BTreeSet<SpaceId> {
        self.open
            .borrow()
            .values()
            .filter_map(|page| page.shown)
            .collect()
    }

    /// The spaces whose tabs pages show among others.
    pub(super) fn listed(&self) -> BTreeSet<SpaceId> {
        self.open
            .borrow()
            .values()
            .filter_map(|page| page.listed)
            .collect()
    }

    /// Tells the pages that show a space.
    pub(super) fn tell(&self, space: SpaceId, message: &str) {
        for page in self.open.borrow().values() {
            if page.shown == Some(space) {
                page.port.post(message);
            }
        }
    }

    /// Closes all ports; the pages connect again.
    pub(super) fn close_all(&self) {
        for page in std::mem::take(&mut *self.open.borrow_mut()).into_values() {
            page.port.close();
        }
    }
}

impl Writer {
    /// A page connected.
    pub(crate) fn page_connected(self: &Rc<Self>, held: &HeldPort) {
        let port = held.port();
        let id = self.pages.last.get() + 1;
        self.pages.last.set(id);
        let weak = Rc::downgrade(self);
        let heard = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
            if let (Some(writer), Ok(message)) = (weak.upgrade(), runtime::read(&message)) {
                writer.heard(id, message);
            }
        });
        let weak = Rc::downgrade(self);
        let gone = Closure::<dyn Fn()>::new(move || {
            if let Some(writer) = weak.upgrade() {
                writer.page_gone(id);
            }
        });
        port.listen(&heard, &gone);
        let page = Page {
            port,
            shown: None,
            listed: None,
            view: String::new(),
            projection: String::new(),
            _heard: heard,
            _gone: gone,
        };
        self.pages.open.borrow_mut().insert(id, page);
        for message in held.take().iter() {
            if let Ok(message) = runtime::read(&message) {
                self.heard(id, message);
            }
        }
        self.show.ask();
    }

    fn heard(self: &Rc<Self>, id: u32, message: FromPage) {
        match message {
            FromPage::Show(space) => {
                if let Some(page) = self.pages.open.borrow_mut().get_mut(&id) {
                    page.shown = space;
                    page.view.clear();
                }
                self.say_what_is_shown();
                self.show_pages();
            }
            FromPage::List(space) => {
                if let Some(page) = self.pages.open.borrow_mut().get_mut(&id) {
                    page.listed = space;
                }
                self.say_what_is_shown();
            }
            FromPage::Do(command) => {
                let shown = self.pages.open.borrow().get(&id).and_then(|page| page.shown);
                if let Some(space) = shown {
                    self.performer
                        .with(|engine, now| engine.command(now, space, command));
                }
            }
        }
        self.changed();
    }

    fn page_gone(self: &Rc<Self>, id: u32) {
        // Not dropped here: this is called from one of its own closures.
        let page = self.pages.open.borrow_mut().remove(&id);
        wasm_bindgen_futures::spawn_local(async move { drop(page) });
        self.say_what_is_shown();
        self.changed();
    }

    fn say_what_is_shown(&self) {
        let (shown, listed) = (self.pages.shown(), self.pages.listed());
        self.performer
            .with(|engine, now| engine.set_viewed(now, shown, listed));
    }

    /// Sends every page what it shows.
    pub(super) fn show_pages(&self) {
        if self.pages.open.borrow().is_empty() {
            return;
        }
        let mut views: BTreeMap<SpaceId, String> = BTreeMap::new();
        let projection = self.performer.with(|engine, _| {
            for space in self.pages.shown() {
                let view = ToPage::View(engine.view(space).map(Box::new));
                views.insert(space, serde_json::to_string(&view).unwrap_or_default());
            }
            serde_json::to_string(&ToPage::Projection(engine.projection())).unwrap_or_default()
        });
        for page in self.pages.open.borrow_mut().values_mut() {
            if let Some(view) = page
                .shown
                .and_then(|space| views.get(&space))
                .filter(|view| **view != page.view)
            {
                page.view.clone_from(view);
                page.port.post(view);
            }
            if page.projection != projection {
                page.projection.clone_from(&projection);
                page.port.post(&projection);
            }
        }
    }
}
