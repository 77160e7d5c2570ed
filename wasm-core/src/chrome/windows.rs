//! `chrome.windows`: which there are, and opening a space as one.

use std::collections::BTreeMap;

use js_sys::{Array, Promise};
use protocol::TabId;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::tabs;
use crate::browser::{Failure, object, property, settled};
use crate::library::engine::RestoreTab;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = getAll)]
    fn get_all(filter: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = create)]
    fn create(data: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = update)]
    fn update(window: i32, data: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = remove)]
    fn remove(window: i32) -> Result<Promise, JsValue>;
}

/// A space that was opened as a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// Chrome's id.
    pub(crate) window: i32,
    /// Chrome's tabs and the space's.
    pub(crate) tabs: BTreeMap<i32, TabId>,
}

/// The windows that there are.
pub(crate) async fn list() -> Result<Vec<i32>, Failure> {
    let windows = settled(get_all(&JsValue::UNDEFINED)?).await?;
    Array::from(&windows)
        .iter()
        .map(|window| window_id(&window))
        .collect()
}

/// Brings a window to the front; whether there was one.
pub(crate) async fn focus(window: i32) -> bool {
    match update(window, &object([("focused", true.into())])) {
        Ok(promise) => settled(promise).await.is_ok(),
        Err(_) => false,
    }
}

/// Closes a window.
pub(crate) async fn close(window: i32) -> Result<(), Failure> {
    settled(remove(window)?).await.map(drop)
}

/// Opens a space as a window that has the first tab of it, which is loaded; or none.
pub(crate) async fn open(first: Option<&RestoreTab>) -> Result<Opened, Failure> {
    let data = first.map_or_else(|| object([]), |tab| object([("url", tab.url.as_str().into())]));
    let made = settled(create(&data)?).await?;
    let window = window_id(&made)?;
    let mut opened = Opened {
        window,
        tabs: BTreeMap::new(),
    };
    if let (Some(first), Some(tab)) = (first, Array::from(&property(&made, "tabs")).iter().next()) {
        let id = tabs::id_of(tab)?;
        dress(id, first).await?;
        opened.tabs.insert(id, first.tab);
    }
    Ok(opened)
}

/// Pins and mutes a tab as the space's is.
pub(crate) async fn dress(tab: i32, wanted: &RestoreTab) -> Result<(), Failure> {
    if wanted.pinned {
        tabs::pin(tab).await?;
    }
    if wanted.muted {
        tabs::mute(tab).await?;
    }
    Ok(())
}

fn window_id(window: &JsValue) -> Result<i32, Failure> {
    #[expect(clippy::cast_possible_truncation, reason = "Chrome's ids are 32-bit integers")]
    property(window, "id")
        .as_f64()
        .map(|id| id as i32)
        .ok_or_else(|| Failure("a window without an id".to_owned()))
}
