//! The space page on a fixed sample.
//!
//! The loading page sets `globalThis.sample` (the JSON text of a `SpaceView`; without it the page waits) and may
//! set `globalThis.sampleMedia` (a `MediaStream` for its streams).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Reflect, global};
use protocol::rest::Invite;
use protocol::{GroupId, InviteId, MemberId, Millis, Role, SpaceId, StreamId, TabId};
use wasm_bindgen::prelude::*;
use web_sys::MediaStream;
use yew::prelude::*;

use crate::ask::Visible;
use crate::command::{Command, Neighbour};
use crate::statistics::{Reading, Route};
use crate::ui::backend::{Later, LinkMaker, LinkWish, Links, Source, SpaceSource, Subscription, Trouble};
use crate::ui::clock;
use crate::ui::web::space::SpacePage;
use crate::view::{ItemView, MediaView, SpaceView, TabView};

fn given(name: &str) -> JsValue {
    Reflect::get(&global(), &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A space that is nowhere else.
pub(super) fn source(view: SpaceView) -> Source {
    Source(Rc::new(Sample {
        view: RefCell::new(Some(Rc::new(view))),
        ..Sample::default()
    }))
}

/// Tabs can be added, renamed, moved and removed; the rest only shows.
#[derive(Default)]
struct Sample {
    /// How often the counters were read.
    read: Cell<u32>,
    view: RefCell<Option<Rc<SpaceView>>>,
    listeners: Rc<RefCell<Vec<Callback<()>>>>,
}

/// Takes a tab out of the list.
fn take(items: &mut Vec<ItemView>, tab: TabId) -> Option<TabView> {
    for at in 0..items.len() {
        match &mut items[at] {
            ItemView::Tab(found) if found.tab == tab => {
                let found = found.clone();
                items.remove(at);
                return Some(found);
            }
            ItemView::Tab(_) => {}
            ItemView::Group(group) => {
                if let Some(at) = group.tabs.iter().position(|found| found.tab == tab) {
                    return Some(group.tabs.remove(at));
                }
            }
        }
    }
    None
}

fn put(items: &mut Vec<ItemView>, tab: TabView, group: Option<GroupId>, before: Option<Neighbour>) {
    let wanted = items.iter_mut().find_map(|item| match item {
        ItemView::Group(found) if Some(found.group) == group => Some(&mut found.tabs),
        _ => None,
    });
    if let Some(tabs) = wanted {
        let at = tabs
            .iter()
            .position(|other| before == Some(Neighbour::Tab(other.tab)));
        tabs.insert(at.unwrap_or(tabs.len()), tab);
    } else {
        let at = items.iter().position(|item| {
            before
                == Some(match item {
                    ItemView::Tab(other) => Neighbour::Tab(other.tab),
                    ItemView::Group(group) => Neighbour::Group(group.group),
                })
        });
        items.insert(at.unwrap_or(items.len()), ItemView::Tab(tab));
    }
}

/// Tabs, of groups too.
fn tabs_of(items: &mut [ItemView]) -> impl Iterator<Item = &mut TabView> {
    items.iter_mut().flat_map(|item| match item {
        ItemView::Tab(tab) => std::slice::from_mut(tab),
        ItemView::Group(group) => &mut group.tabs,
    })
}

/// A tab of an id that none of these has.
fn added(items: &mut [ItemView], url: String, title: String) -> TabView {
    let taken: Vec<TabId> = tabs_of(items).map(|tab| tab.tab).collect();
    let mut free = (0xadded..).map(TabId::from_bits);
    TabView {
        tab: free.find(|id| !taken.contains(id)).unwrap_or(TabId::from_bits(0)),
        opens: true,
        title: if title.is_empty() { url.clone() } else { title },
        url,
        favicon: None,
        pinned: false,
        viewers: Vec::new(),
        stream: None,
    }
}

fn follow(items: &mut Vec<ItemView>, command: Command) {
    match command {
        Command::RemoveTab(tab) => drop(take(items, tab)),
        Command::MoveTab { tab, group, before } => {
            if let Some(tab) = take(items, tab) {
                put(items, tab, group, before);
            }
        }
        Command::AddTab { url, title } => {
            let tab = added(items, url, title);
            put(items, tab, None, None);
        }
        Command::PutBack {
            url,
            title,
            favicon,
            pinned,
            group,
            before,
        } => {
            let tab = TabView {
                favicon,
                pinned,
                ..added(items, url, title)
            };
            put(items, tab, group, before);
        }
        Command::RenameTab { tab, title } => {
            for found in tabs_of(items).filter(|found| found.tab == tab) {
                found.title.clone_from(&title);
            }
        }
        _ => {}
    }
}

impl SpaceSource for Sample {
    fn view(&self) -> Option<Rc<SpaceView>> {
        self.view.borrow().clone()
    }

    fn is_gone(&self) -> bool {
        self.view.borrow().is_none()
    }

    fn command(&self, command: Command) {
        if let Some(view) = self.view.borrow_mut().as_mut() {
            follow(&mut Rc::make_mut(view).items, command);
        }
        for listener in self.listeners.borrow().iter() {
            listener.emit(());
        }
    }

    fn media(&self, stream: StreamId) -> Option<MediaStream> {
        let view = self.view.borrow();
        let mut streams = view.iter().flat_map(|view| &view.streams);
        let found = streams.find(|found| found.stream == stream)?;
        // What never came has no picture.
        if !matches!(found.media, MediaView::Playing | MediaView::Interrupted) {
            return None;
        }
        given("sampleMedia").dyn_into().ok()
    }

    fn readings(&self, _stream: StreamId) -> Later<Vec<Reading>> {
        // One more each time, so that there are rates.
        let read = self.read.get() + 1;
        self.read.set(read);
        let so_far = f64::from(read);
        Box::pin(std::future::ready(vec![Reading {
            peer: "sample".to_owned(),
            at_ms: 1_000.0 * so_far,
            bytes: 262_000.0 * so_far,
            frames: 30.0 * so_far,
            packets: 240.0 * so_far,
            lost: 0.25 * so_far,
            size: Some((1280, 800)),
            codec: Some("VP8".to_owned()),
            round_trip_ms: Some(24.0),
            route: Some(Route::Direct),
        }]))
    }

    fn thumbnail(&self, _stream: StreamId) -> Option<Rc<str>> {
        None
    }

    fn plays(&self) -> bool {
        true
    }

    fn favicon(&self, _tab: &TabView) -> Option<String> {
        None
    }

    fn subscribe(&self, on_change: Callback<()>) -> Subscription {
        self.listeners.borrow_mut().push(on_change.clone());
        let listeners = self.listeners.clone();
        Subscription::new(move || listeners.borrow_mut().retain(|listener| *listener != on_change))
    }
}

/// One link, that works for six days and was used three times.
struct SampleLinks;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Links for SampleLinks {
    fn visible(&self) -> Later<Result<Vec<Visible>, Trouble>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn make(&self, _wish: LinkWish) -> Later<Result<(SpaceId, String), Trouble>> {
        Box::pin(async {
            Ok((
                SpaceId::from_bits(1),
                "https://tabspace.example.org/join#k3x9k3x9".to_owned(),
            ))
        })
    }

    fn list(&self) -> Later<Result<Vec<Invite>, Trouble>> {
        Box::pin(async {
            Ok(vec![Invite {
                id: InviteId::from_bits(1),
                role: Role::Editor,
                by: MemberId::from_bits(1),
                expires: Millis(clock::now().0 + 6 * DAY_MS),
                uses: 3,
                revoked: false,
            }])
        })
    }

    fn revoke(&self, _invite: InviteId) -> Later<Result<Vec<Invite>, Trouble>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// The sample on the space page.
#[component]
pub fn SampleSpace() -> Html {
    let source = use_memo((), |()| {
        let view = given("sample")
            .as_string()
            .and_then(|text| serde_json::from_str(&text).ok());
        Source(Rc::new(Sample {
            view: RefCell::new(view.map(Rc::new)),
            ..Sample::default()
        }))
    });
    let links = use_memo((), |()| LinkMaker(Rc::new(SampleLinks)));
    html! { <SpacePage source={(*source).clone()} links={(*links).clone()} on_home={Callback::noop()} /> }
}
