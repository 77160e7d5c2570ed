//! What the extension's own pages need of Chrome, typed. Every promise may fail: each function says so with
//! Chrome's own words.
//!
//! Only pages with a window use this; the worker and the offscreen document have `crate::chrome`.

use std::rc::Rc;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use protocol::{Colour, Millis};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::library::waiting::{self, Shown};
use crate::quiet;
use crate::ui::{clock, json};
use crate::view::Projection;

const STREAM_WISH: &str = "stream_wish";
/// How long a wish to stream waits for a click on the icon.
const CLICK_MS: i64 = 120_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = sendMessage)]
    fn runtime_send_message(message: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = connect)]
    fn runtime_connect(options: &Object) -> Result<Port, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = openOptionsPage)]
    fn runtime_open_options() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = query)]
    fn tabs_query(query: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = update)]
    fn tabs_update(tab: i32, change: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabGroups"], js_name = query)]
    fn groups_query(query: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = getCurrent)]
    fn windows_current() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = update)]
    fn windows_update(window: i32, change: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "local"], js_name = get)]
    fn local_get(key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setBadgeText)]
    fn set_badge(details: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setTitle)]
    fn set_title(details: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "session"], js_name = get)]
    fn session_get(key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "session"], js_name = set)]
    fn session_set(items: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "onChanged"], js_name = addListener)]
    fn storage_on_changed(listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "permissions"], js_name = contains)]
    fn permissions_contains(what: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "permissions"], js_name = request)]
    fn permissions_request(what: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabCapture"], js_name = getMediaStreamId)]
    fn capture_stream_id(options: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "sidePanel"], js_name = open)]
    fn side_panel_open(options: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "sidePanel"], js_name = setOptions)]
    fn side_panel_options(options: &Object) -> Result<Promise, JsValue>;

    /// The tabs of this window: the popup's script asks for them while this module is being loaded.
    #[wasm_bindgen(thread_local_v2, js_name = tabsAsked)]
    static TABS_ASKED: Option<Promise>;

    /// `chrome.runtime.Port`.
    pub type Port;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &Port, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn disconnect(this: &Port);
    #[wasm_bindgen(method, getter, js_name = onMessage)]
    fn on_message(this: &Port) -> PortEvent;
    #[wasm_bindgen(method, getter, js_name = onDisconnect)]
    fn on_disconnect(this: &Port) -> PortEvent;

    type PortEvent;
    #[wasm_bindgen(method, js_name = addListener)]
    fn add_listener(this: &PortEvent, listener: &Function);
    #[wasm_bindgen(method, js_name = removeListener)]
    fn remove_listener(this: &PortEvent, listener: &Function);

    type JsTab;
    #[wasm_bindgen(method, getter)]
    fn id(this: &JsTab) -> Option<i32>;
    #[wasm_bindgen(method, getter, js_name = windowId)]
    fn window_id(this: &JsTab) -> i32;
    #[wasm_bindgen(method, getter)]
    fn title(this: &JsTab) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn url(this: &JsTab) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = pendingUrl)]
    fn pending_url(this: &JsTab) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn active(this: &JsTab) -> bool;
    #[wasm_bindgen(method, getter)]
    fn highlighted(this: &JsTab) -> bool;
    #[wasm_bindgen(method, getter)]
    fn pinned(this: &JsTab) -> bool;
    #[wasm_bindgen(method, getter)]
    fn audible(this: &JsTab) -> Option<bool>;
    #[wasm_bindgen(method, getter, js_name = groupId)]
    fn group_id(this: &JsTab) -> Option<i32>;
    #[wasm_bindgen(method, getter, js_name = lastAccessed)]
    fn last_accessed(this: &JsTab) -> Option<f64>;

    type JsGroup;
    #[wasm_bindgen(method, getter, js_name = id)]
    fn group(this: &JsGroup) -> i32;
    #[wasm_bindgen(method, getter, js_name = title)]
    fn group_title(this: &JsGroup) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = color)]
    fn colour(this: &JsGroup) -> Option<String>;
}

/// A tab of this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct OpenTab {
    /// Chrome's id.
    pub id: i32,
    /// Chrome's id of its window.
    pub window: i32,
    /// Its title; the address when it has none.
    pub title: String,
    /// Its address; may be empty.
    pub url: String,
    /// It is the one that is seen in its window.
    pub active: bool,
    /// It is among the selected ones of its window.
    pub selected: bool,
    /// It is pinned.
    pub pinned: bool,
    /// It makes a sound.
    pub audible: bool,
    /// Chrome's id of its group.
    pub group: Option<i32>,
    /// When it was last looked at.
    pub seen: Millis,
}

/// A tab group of this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGroup {
    /// Chrome's id.
    pub id: i32,
    /// Its title; may be empty.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
}

/// The window the page stands in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WindowNow {
    /// Chrome's id.
    pub window: i32,
    /// Its tabs in order.
    pub tabs: Vec<Rc<OpenTab>>,
    /// Its groups.
    pub groups: Vec<OpenGroup>,
}

/// Chrome's words for what failed.
pub fn words(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()))
        .or_else(|| error.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}

pub(super) async fn settle(promise: Result<Promise, JsValue>) -> Result<JsValue, String> {
    let promise = promise.map_err(|error| words(&error))?;
    JsFuture::from(promise).await.map_err(|error| words(&error))
}

pub(super) fn object(pairs: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

fn open_tab(value: &JsValue) -> Option<OpenTab> {
    let tab: &JsTab = value.unchecked_ref();
    let Shown { url, title, .. } = waiting::shown(tab.url(), tab.pending_url(), tab.title());
    let title = if title.is_empty() { url.clone() } else { title };
    Some(OpenTab {
        id: tab.id()?,
        window: tab.window_id(),
        title,
        url,
        active: tab.active(),
        selected: tab.highlighted(),
        pinned: tab.pinned(),
        audible: tab.audible().unwrap_or(false),
        group: tab.group_id().filter(|group| *group >= 0),
        seen: time(tab.last_accessed()),
    })
}

/// A time that Chrome told; long ago when it told none.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit 64 bits"
)]
fn time(told: Option<f64>) -> Millis {
    Millis(told.unwrap_or_default() as i64)
}

async fn open_tabs(answer: Result<Promise, JsValue>) -> Result<Vec<Rc<OpenTab>>, String> {
    let list: Array = settle(answer).await?.unchecked_into();
    Ok(list
        .iter()
        .filter_map(|tab| open_tab(&tab).map(Rc::new))
        .collect())
}

/// Chrome's id of the window the page stands in.
pub async fn current_window() -> Result<i32, String> {
    let window = settle(windows_current()).await?;
    let id = Reflect::get(&window, &JsValue::from_str("id")).map_err(|error| words(&error))?;
    #[expect(clippy::cast_possible_truncation, reason = "Chrome's ids are 32-bit integers")]
    id.as_f64()
        .map(|id| id as i32)
        .ok_or_else(|| "no window".to_owned())
}

/// The window the page stands in, its tabs and groups. A window is never without a tab, which names it: one
/// question less than to ask for the window first. To be asked once, when the page begins.
pub async fn window_now() -> Result<WindowNow, String> {
    let asked = TABS_ASKED.with(Clone::clone);
    let here = || tabs_query(&object(&[("currentWindow", true.into())]));
    let tabs = open_tabs(asked.map_or_else(here, Ok)).await?;
    let window = tabs.first().map(|tab| tab.window).ok_or("no window")?;
    let here = object(&[("windowId", window.into())]);
    let groups = if tabs.iter().any(|tab| tab.group.is_some()) {
        let list: Array = settle(groups_query(&here)).await?.unchecked_into();
        list.iter()
            .map(|value| {
                let group: &JsGroup = value.unchecked_ref();
                OpenGroup {
                    id: group.group(),
                    title: group.group_title().unwrap_or_default(),
                    colour: Colour::from_name(&group.colour().unwrap_or_default()),
                }
            })
            .collect()
    } else {
        Vec::new()
    };
    Ok(WindowNow { window, tabs, groups })
}

/// The tab that is seen in a window.
pub async fn seen_tab(window: i32) -> Result<Option<Rc<OpenTab>>, String> {
    let seen = object(&[("windowId", window.into()), ("active", true.into())]);
    Ok(open_tabs(tabs_query(&seen)).await?.pop())
}

/// The next frame is about to be painted; what Chrome is asked then is answered after it.
pub async fn next_frame() {
    let frame = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Refused in no page that has a window.
            let _ = window.request_animation_frame(&resolve);
        }
    });
    // Its resolver does not throw.
    let _ = JsFuture::from(frame).await;
}

/// The tabs of all windows.
pub async fn all_tabs() -> Result<Vec<Rc<OpenTab>>, String> {
    open_tabs(tabs_query(&Object::new())).await
}

/// The stored projection; empty when there is none yet.
pub async fn projection() -> Result<Projection, String> {
    let items = settle(local_get("projection")).await?;
    let text = Reflect::get(&items, &JsValue::from_str("projection"))
        .ok()
        .filter(JsValue::is_string);
    Ok(text.and_then(|text| from_message(&text)).unwrap_or_default())
}

/// Calls back with every projection that is stored from now on, as long as the page lives.
pub fn watch_projection(on: impl Fn(Projection) + 'static) {
    let listener = Closure::<dyn Fn(JsValue)>::new(move |changes: JsValue| {
        let new = Reflect::get(&changes, &JsValue::from_str("projection"))
            .and_then(|change| Reflect::get(&change, &JsValue::from_str("newValue")))
            .ok()
            .filter(JsValue::is_string);
        if let Some(projection) = new.and_then(|text| from_message(&text)) {
            on(projection);
        }
    });
    // Without the event the page shows what it read at first.
    let _ = storage_on_changed(listener.as_ref().unchecked_ref());
    listener.forget();
}

/// The JSON of a message, which may have come as text or as a plain value.
pub fn from_message<T: DeserializeOwned>(message: &JsValue) -> Option<T> {
    quiet::read(value_of(message)?)
}

/// Types are read from a parsed value, not from the text: the parser is then compiled once, not once a type.
fn value_of(message: &JsValue) -> Option<Value> {
    json::parse(&text_of(message)?)
}

fn text_of(message: &JsValue) -> Option<String> {
    match message.as_string() {
        Some(text) => Some(text),
        None => JSON::stringify(message).ok()?.as_string(),
    }
}

/// Sends `{to: "writer", ask: <JSON text>}` to the worker; its answer, parsed.
pub async fn answer_of_writer(ask: &str) -> Option<Value> {
    json::parse(&text_of_writer(ask).await?)
}

/// The same, and its answer as it came. A worker that was just being restarted is asked a second time.
pub async fn text_of_writer(ask: &str) -> Option<String> {
    let message = object(&[("to", "writer".into()), ("ask", ask.into())]);
    for wait_ms in [150, 0] {
        if let Ok(answer) = settle(runtime_send_message(&message)).await
            && let Some(answer) = text_of(&answer)
        {
            return Some(answer);
        }
        if wait_ms > 0 {
            gloo::timers::future::TimeoutFuture::new(wait_ms).await;
        }
    }
    None
}

/// Has the worker forget everything in this browser: spaces, settings, who this person is to relays. What was
/// shared stays with the others. Its answer is one of the writer's.
pub async fn erase_everything() -> Option<Value> {
    let message = object(&[("to", "worker".into()), ("erase", "everything".into())]);
    let answer = settle(runtime_send_message(&message)).await.ok()?;
    value_of(&answer)
}

/// Opens a port to the writer. The listeners must live as long as the port.
///
/// # Errors
/// Chrome's words, when the extension was updated or is going away.
pub fn connect(
    name: &str,
    on_message: &Closure<dyn Fn(JsValue)>,
    on_gone: &Closure<dyn Fn()>,
) -> Result<Port, String> {
    let port = runtime_connect(&object(&[("name", name.into())])).map_err(|error| words(&error))?;
    port.on_message()
        .add_listener(on_message.as_ref().unchecked_ref());
    port.on_disconnect()
        .add_listener(on_gone.as_ref().unchecked_ref());
    Ok(port)
}

impl Port {
    /// Posts a text; whether the port took it.
    pub fn post(&self, text: &str) -> bool {
        self.post_message(&JsValue::from_str(text)).is_ok()
    }

    /// Closes the port; its listeners are not called any more.
    pub fn close(&self, on_message: &Closure<dyn Fn(JsValue)>, on_gone: &Closure<dyn Fn()>) {
        self.on_message()
            .remove_listener(on_message.as_ref().unchecked_ref());
        self.on_disconnect()
            .remove_listener(on_gone.as_ref().unchecked_ref());
        self.disconnect();
    }
}

/// Shows a tab, and its window.
pub async fn show_tab(tab: i32, window: i32) -> Result<(), String> {
    settle(tabs_update(tab, &object(&[("active", true.into())]))).await?;
    show_window(window).await
}

/// Brings a window to the front.
pub async fn show_window(window: i32) -> Result<(), String> {
    settle(windows_update(window, &object(&[("focused", true.into())])))
        .await
        .map(drop)
}

/// Opens the options page.
pub async fn open_options() -> Result<(), String> {
    settle(runtime_open_options()).await.map(drop)
}

/// Opens a page of the extension, as a tab of its own.
pub fn open_own(page: &str) -> Result<(), String> {
    let opened = gloo::utils::window().open_with_url(page);
    opened.map(drop).map_err(|error| words(&error))
}

/// Opens the side panel of a window; on a space if one is given. To be called straight from a click.
pub async fn open_panel(window: i32, space: Option<&str>) -> Result<(), String> {
    let path = space.map_or_else(
        || "panel.html".to_owned(),
        |space| format!("panel.html?space={space}"),
    );
    // Both are called before anything is awaited: opening needs the click.
    let chosen = side_panel_options(&object(&[("path", path.into()), ("enabled", true.into())]));
    let opened = side_panel_open(&object(&[("windowId", window.into())]));
    let _ = settle(chosen).await;
    settle(opened).await.map(drop)
}

fn tab_capture() -> Object {
    object(&[("permissions", Array::of1(&"tabCapture".into()).into())])
}

/// Whether tabs may be captured already.
pub async fn may_capture() -> bool {
    settle(permissions_contains(&tab_capture()))
        .await
        .is_ok_and(|granted| granted.is_truthy())
}

/// Asks for the permission to capture tabs; whether it was given. To be called straight from a click.
/// Chrome's question may close the popup: what was wanted is kept in `chrome.storage.session`, for the popup
/// that opens next.
pub async fn ask_to_capture(tab: i32) -> bool {
    // Said first: once Chrome asks, this popup may be gone before it says another word. Both are called before
    // anything is awaited, since asking needs the click.
    let kept = session_set(&object(&[(
        STREAM_WISH,
        object(&[("tab", tab.into()), ("until", 0.into())]).into(),
    )]));
    let asked = permissions_request(&tab_capture());
    // Without it the person has to click once more.
    let _ = settle(kept).await;
    settle(asked).await.is_ok_and(|granted| granted.is_truthy())
}

/// What became of Chrome's question, which closes the popup that asked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// There was none.
    None,
    /// The stream of this tab waited for the permission, which is there now.
    Stream(i32),
    /// It was refused, in this session of the browser.
    Refused,
}

/// What a popup that opens finds of an earlier one's wish. One that waited for too long is not met any more: a
/// stream must not begin when nobody thinks of it.
pub async fn stream_wish(granted: bool) -> Wish {
    let Ok(items) = settle(session_get(STREAM_WISH)).await else {
        return Wish::None;
    };
    let wish = Reflect::get(&items, &STREAM_WISH.into()).unwrap_or(JsValue::NULL);
    let number = |name: &str| Reflect::get(&wish, &name.into()).ok()?.as_f64();
    let (Some(tab), Some(until)) = (number("tab"), number("until")) else {
        return Wish::None;
    };
    if !granted {
        return Wish::Refused;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Chrome's ids are 32-bit integers, milliseconds since 1970 fit 64 bits"
    )]
    let (tab, until) = (tab as i32, until as i64);
    if until < clock::now().0 {
        forget_stream_wish(tab).await;
        return Wish::None;
    }
    Wish::Stream(tab)
}

/// Keeps the wish to stream a tab for the click on the extension's icon that Chrome wants, and says so over it.
pub async fn wish_for_click(tab: i32) -> Result<(), String> {
    #[expect(clippy::cast_precision_loss, reason = "a time in milliseconds fits a double")]
    let until = clock::now().plus(CLICK_MS).0 as f64;
    let wish = object(&[("tab", tab.into()), ("until", until.into())]);
    settle(session_set(&object(&[(STREAM_WISH, wish.into())]))).await?;
    // The page that asked says it too.
    let _ = settle(set_badge(&object(&[("tabId", tab.into()), ("text", "▶".into())]))).await;
    Ok(())
}

/// Forgets a wish that was met, and takes its sign off the icon.
pub async fn forget_stream_wish(tab: i32) {
    // The wish would be too old in two minutes, and the sign goes with the page.
    let _ = settle(session_set(&object(&[(STREAM_WISH, JsValue::NULL)]))).await;
    let _ = settle(set_badge(&object(&[
        ("tabId", tab.into()),
        ("text", JsValue::NULL),
    ])))
    .await;
    let _ = settle(set_title(&object(&[
        ("tabId", tab.into()),
        ("title", "TabSpace".into()),
    ])))
    .await;
}

/// A media stream id for a tab, good for the extension's own contexts.
pub async fn media_id(tab: i32) -> Result<String, String> {
    let id = settle(capture_stream_id(&object(&[("targetTabId", tab.into())]))).await?;
    id.as_string().ok_or_else(|| "no stream id".to_owned())
}

/// Where Chrome keeps the favicon of an address, for the extension's own pages.
pub fn favicon_of(url: &str) -> String {
    format!(
        "/_favicon/?pageUrl={}&size=32",
        String::from(js_sys::encode_uri_component(url))
    )
}
