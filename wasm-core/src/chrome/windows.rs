//! `chrome.windows`: which there are, and opening a space as one.

use std::collections::BTreeMap;

use js_sys::{Array, Promise};
use protocol::op::is_web_address;
use protocol::{GroupId, TabId};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::tabs;
use crate::browser::{Failure, object, property, settled};
use crate::library::engine::RestorePlan;
use crate::library::follow::WindowSeen;

/// So many tabs of a restored window are opened together with it; the others follow in the background.
const AT_ONCE: usize = 8;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = getAll)]
    fn get_all(filter: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = create)]
    fn create(data: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = update)]
    fn update(window: i32, data: &JsValue) -> Result<Promise, JsValue>;
}

/// A space that was opened as a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// Chrome's id.
    pub(crate) window: i32,
    /// What it looks like.
    pub(crate) seen: WindowSeen,
    /// Chrome's tabs and the space's.
    pub(crate) tabs: BTreeMap<i32, TabId>,
    /// Chrome's groups and the space's.
    pub(crate) groups: BTreeMap<i32, GroupId>,
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

/// Opens a space as a window. Addresses that Chrome does not open from an extension stay in the space only.
pub(crate) async fn open(plan: &RestorePlan) -> Result<Opened, Failure> {
    let wanted: Vec<_> = plan.tabs.iter().filter(|tab| opens(&tab.url)).collect();
    let first: Array = wanted
        .iter()
        .take(AT_ONCE)
        .map(|tab| JsValue::from_str(&tab.url))
        .collect();
    let data = if wanted.is_empty() {
        object([])
    } else {
        object([("url", first.into())])
    };
    let made = settled(create(&data)?).await?;
    let window = window_id(&made)?;
    let mut opened = Opened {
        window,
        seen: WindowSeen::default(),
        tabs: BTreeMap::new(),
        groups: BTreeMap::new(),
    };
    for (tab, plan) in Array::from(&property(&made, "tabs")).iter().zip(&wanted) {
        let id = tabs::id_of(tab)?;
        if plan.pinned {
            tabs::pin(id).await?;
        }
        opened.tabs.insert(id, plan.tab);
    }
    for tab in wanted.iter().skip(AT_ONCE) {
        // One address that Chrome refuses must not cost the others.
        if let Ok(id) = tabs::open(window, &tab.url, tab.pinned).await {
            opened.tabs.insert(id, tab.tab);
        }
    }
    for (group, title, colour, collapsed) in &plan.groups {
        let members = wanted.iter().filter(|tab| tab.group == Some(*group));
        let ids: Vec<i32> = members
            .filter_map(|tab| {
                opened
                    .tabs
                    .iter()
                    .find(|(_, other)| **other == tab.tab)
                    .map(|(id, _)| *id)
            })
            .collect();
        if !ids.is_empty() {
            opened.groups.insert(
                tabs::group(window, &ids, title, *colour, *collapsed).await?,
                *group,
            );
        }
    }
    opened.seen = tabs::look_at(window)
        .await?
        .ok_or_else(|| Failure("the window was closed".to_owned()))?;
    Ok(opened)
}

fn opens(url: &str) -> bool {
    is_web_address(url)
        || ["chrome://", "chrome-extension://", "about:"]
            .iter()
            .any(|start| url.starts_with(start))
}

fn window_id(window: &JsValue) -> Result<i32, Failure> {
    #[expect(clippy::cast_possible_truncation, reason = "Chrome's ids are 32-bit integers")]
    property(window, "id")
        .as_f64()
        .map(|id| id as i32)
        .ok_or_else(|| Failure("a window without an id".to_owned()))
}
