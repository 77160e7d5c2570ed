//! `chrome.tabs` and `chrome.tabGroups`.

use js_sys::{Array, Promise};
use protocol::Colour;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object, settled};
use crate::library::follow::{GroupSeen, TabSeen, WindowSeen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = query)]
    fn query_tabs(filter: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = get)]
    fn get_tab(id: i32) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = create)]
    fn create_tab(properties: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = update)]
    fn update_tab(id: i32, properties: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = group)]
    fn group_tabs(options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabGroups"], js_name = query)]
    fn query_groups(filter: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabGroups"], js_name = update)]
    fn update_group(id: i32, properties: &JsValue) -> Result<Promise, JsValue>;
}

/// Opens one of the extension's own pages in the window in front.
pub(crate) async fn open_own(page: &str) -> Result<(), Failure> {
    settled(create_tab(&object([("url", page.into())]))?)
        .await
        .map(drop)
}

/// What is read of a `chrome.tabs.Tab`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ChromeTab {
    id: Option<i32>,
    window_id: i32,
    url: Option<String>,
    pending_url: Option<String>,
    title: Option<String>,
    pinned: bool,
    active: bool,
    incognito: bool,
    group_id: Option<i32>,
    fav_icon_url: Option<String>,
    muted_info: Option<MutedInfo>,
}

#[derive(Debug, Deserialize)]
struct MutedInfo {
    muted: bool,
}

/// What is read of a `chrome.tabGroups.TabGroup`.
#[derive(Debug, Deserialize)]
struct ChromeGroup {
    id: i32,
    #[serde(default)]
    title: Option<String>,
    color: String,
    collapsed: bool,
}

/// What Chrome tells, as one of these types.
fn read<T: serde::de::DeserializeOwned>(value: JsValue) -> Result<T, Failure> {
    serde_wasm_bindgen::from_value(value).map_err(|error| Failure(error.to_string()))
}

/// A tab, for streaming it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TabNow {
    /// Chrome's id of its window.
    pub(crate) window: i32,
    /// Its address.
    pub(crate) url: String,
    /// Where it is about to go.
    pub(crate) going: Option<String>,
    /// Its title.
    pub(crate) title: String,
    /// Never to be touched.
    pub(crate) incognito: bool,
}

/// A window with its tabs and groups; `None` when it is gone, or incognito.
pub(crate) async fn look_at(window: i32) -> Result<Option<WindowSeen>, Failure> {
    let filter = object([("windowId", window.into())]);
    let tabs = settled(query_tabs(&filter)?).await?;
    let mut seen = WindowSeen::default();
    for tab in read::<Vec<ChromeTab>>(tabs)? {
        if tab.incognito {
            return Ok(None);
        }
        let Some(id) = tab.id else { continue };
        seen.tabs.push(TabSeen {
            id,
            pinned: tab.pinned,
            muted: tab.muted_info.as_ref().is_some_and(|info| info.muted),
            active: tab.active,
            group: tab.group_id.filter(|group| *group >= 0),
            has_favicon: tab.fav_icon_url.as_ref().is_some_and(|url| !url.is_empty()),
            title: tab.title.clone().unwrap_or_default(),
            url: tab.address(),
        });
    }
    if seen.tabs.is_empty() {
        return Ok(None);
    }
    let groups = settled(query_groups(&filter)?).await?;
    seen.groups = read::<Vec<ChromeGroup>>(groups)?
        .into_iter()
        .map(|group| GroupSeen {
            id: group.id,
            title: group.title.unwrap_or_default(),
            colour: Colour::from_name(&group.color),
            collapsed: group.collapsed,
        })
        .collect();
    Ok(Some(seen))
}

/// A tab; `None` when it is gone.
pub(crate) async fn find(id: i32) -> Option<TabNow> {
    let tab: ChromeTab = read(settled(get_tab(id).ok()?).await.ok()?).ok()?;
    Some(TabNow {
        window: tab.window_id,
        title: tab.title.clone().unwrap_or_default(),
        incognito: tab.incognito,
        going: tab.pending_url.clone(),
        url: tab.address(),
    })
}

/// Opens a tab in the background, at the end of a window. Chrome's id.
pub(crate) async fn open(window: i32, url: &str, pinned: bool) -> Result<i32, Failure> {
    let properties = object([
        ("windowId", window.into()),
        ("url", url.into()),
        ("active", false.into()),
        ("pinned", pinned.into()),
    ]);
    let tab = settled(create_tab(&properties)?).await?;
    id_of(tab)
}

/// Pins a tab.
pub(crate) async fn pin(tab: i32) -> Result<(), Failure> {
    settled(update_tab(tab, &object([("pinned", true.into())]))?)
        .await
        .map(drop)
}

/// Makes a group of tabs. Chrome's id.
pub(crate) async fn group(
    window: i32,
    tabs: &[i32],
    title: &str,
    colour: Colour,
    collapsed: bool,
) -> Result<i32, Failure> {
    let list: Array = tabs.iter().map(|tab| JsValue::from(*tab)).collect();
    let place = object([("windowId", window.into())]);
    let made = settled(group_tabs(&object([
        ("tabIds", list.into()),
        ("createProperties", place),
    ]))?)
    .await?;
    #[expect(clippy::cast_possible_truncation, reason = "Chrome's ids are 32-bit integers")]
    let id = made
        .as_f64()
        .map(|id| id as i32)
        .ok_or_else(|| Failure("no group".to_owned()))?;
    let looks = object([
        ("title", title.into()),
        ("color", colour.as_str().into()),
        ("collapsed", collapsed.into()),
    ]);
    settled(update_group(id, &looks)?).await?;
    Ok(id)
}

/// Chrome's id of a tab that it just made.
pub(crate) fn id_of(tab: JsValue) -> Result<i32, Failure> {
    read::<ChromeTab>(tab)?
        .id
        .ok_or_else(|| Failure("a tab without an id".to_owned()))
}

impl ChromeTab {
    /// Where it is, or where it is going while it is nowhere.
    fn address(self) -> String {
        self.url
            .filter(|url| !url.is_empty())
            .or(self.pending_url)
            .unwrap_or_default()
    }
}
