//! What the pages that stay open need of Chrome's tabs: to hear when some change, and the tab that has the library. The
//! popup is gone before it would ask.

use std::cell::Cell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use js_sys::{Function, Object, Promise};
use protocol::SpaceId;
use wasm_bindgen::prelude::*;

use crate::ui::chrome_page::{all_tabs, object, settle, show_window, words};

/// Tabs that change at the same time are told of together.
const SETTLE_MS: u32 = 300;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = getURL)]
    fn address_of(path: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = create)]
    fn create(properties: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = update)]
    fn update(tab: i32, change: &Object) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs", "onCreated"], js_name = addListener)]
    fn on_created(listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs", "onRemoved"], js_name = addListener)]
    fn on_removed(listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs", "onUpdated"], js_name = addListener)]
    fn on_updated(listener: &Function) -> Result<(), JsValue>;
}

/// Calls back once tabs were opened, closed or sent elsewhere, at most a few times a second, as long as the page lives.
pub fn watch(on: impl Fn() + 'static) {
    let (on, waits) = (Rc::new(on), Rc::new(Cell::new(false)));
    let listener = Closure::<dyn Fn()>::new(move || {
        if waits.replace(true) {
            return;
        }
        let (on, waits) = (on.clone(), waits.clone());
        let then = move || {
            waits.set(false);
            on();
        };
        Timeout::new(SETTLE_MS, then).forget();
    });
    let function: &Function = listener.as_ref().unchecked_ref();
    // Without the events the page shows what it read when something else changed.
    let _ = on_created(function);
    let _ = on_removed(function);
    let _ = on_updated(function);
    listener.forget();
}

/// Shows the library: the tab that has it already, else a new one; on a space if one is given.
///
/// # Errors
/// Chrome's words, when the extension was updated or is going away.
pub async fn show_library(space: Option<SpaceId>) -> Result<(), String> {
    let library = address_of("library.html").map_err(|error| words(&error))?;
    let tabs = all_tabs().await?;
    let there = tabs.iter().find(|tab| tab.url.starts_with(&library));
    let address = space.map(|space| format!("{library}?space={space}"));
    let Some(tab) = there else {
        let address = address.unwrap_or(library);
        let made = create(&object(&[("url", address.into())]));
        return settle(made).await.map(drop);
    };
    let mut change = vec![("active", true.into())];
    change.extend(address.map(|address| ("url", JsValue::from(address))));
    settle(update(tab.id, &object(&change))).await?;
    show_window(tab.window).await
}
