//! `chrome.tabs` and `chrome.tabGroups`.

use js_sys::{Array, Promise};
use protocol::Colour;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object, settled};
use crate::library::engine::RestoreGroup;
use crate::library::follow::{GroupSeen, TabSeen, WindowSeen};
use crate::library::waiting::{self, Shown};

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
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = discard)]
    fn discard_tab(id: i32) -> Result<Promise, JsValue>;
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
    status: Option<String>,
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
    for mut tab in read::<Vec<ChromeTab>>(tabs)? {
        if tab.incognito {
            return Ok(None);
        }
        let Some(id) = tab.id else { continue };
        let shown = tab.shown();
        seen.tabs.push(TabSeen {
            id,
            pinned: tab.pinned,
            muted: tab.muted_info.as_ref().is_some_and(|info| info.muted),
            active: tab.active,
            group: tab.group_id.filter(|group| *group >= 0),
            has_favicon: tab.fav_icon_url.as_ref().is_some_and(|url| !url.is_empty()),
            url: shown.url,
            title: shown.title,
            waits: shown.waits,
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
    let mut tab: ChromeTab = read(settled(get_tab(id).ok()?).await.ok()?).ok()?;
    let shown = tab.shown();
    Some(TabNow {
        window: tab.window_id,
        url: shown.url,
        title: shown.title,
        incognito: tab.incognito,
        going: tab.pending_url,
    })
}

/// How far a tab is that is to wait.
pub(crate) enum Place {
    /// Its page is still to come.
    Coming,
    /// It waits, with its title.
    Waiting {
        /// And with its favicon.
        icon: bool,
    },
    /// It is shown, it went on, it is gone, or it is out of memory already.
    Elsewhere,
}

/// How far a tab is that is to wait.
pub(crate) async fn place_of(id: i32) -> Place {
    let tab = match get_tab(id) {
        Ok(promise) => settled(promise).await.and_then(read::<ChromeTab>),
        Err(error) => Err(error.into()),
    };
    match tab {
        // What is unloaded was discarded before.
        Ok(tab) if tab.active || tab.status.as_deref() == Some("unloaded") => Place::Elsewhere,
        Ok(tab) if tab.status.as_deref() != Some("complete") => Place::Coming,
        Ok(tab) if tab.url.as_deref().and_then(waiting::read).is_some() => Place::Waiting {
            icon: tab.fav_icon_url.as_ref().is_some_and(|url| !url.is_empty()),
        },
        _ => Place::Elsewhere,
    }
}

/// Takes a tab's page out of memory. Its id from then on.
pub(crate) async fn discard(id: i32) -> Result<i32, Failure> {
    id_of(settled(discard_tab(id)?).await?)
}

/// Opens a tab in the background, at a place in a window. Chrome's id.
pub(crate) async fn open(window: i32, url: &str, pinned: bool, index: u32) -> Result<i32, Failure> {
    let properties = object([
        ("windowId", window.into()),
        ("index", index.into()),
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

/// Makes a group what it is to be: there, with its tabs, title, colour, and folded or not. Chrome's id; `None` when it
/// has no tabs.
pub(crate) async fn make_group(window: i32, wanted: &RestoreGroup) -> Result<Option<i32>, Failure> {
    let filter = object([("windowId", window.into())]);
    let there = read::<Vec<ChromeTab>>(settled(query_tabs(&filter)?).await?)?;
    let groups = read::<Vec<ChromeGroup>>(settled(query_groups(&filter)?).await?)?;
    let known = groups.into_iter().find(|group| wanted.chrome == Some(group.id));
    let outside: Vec<i32> = there
        .iter()
        .filter(|tab| known.as_ref().is_none_or(|group| tab.group_id != Some(group.id)))
        .filter_map(|tab| tab.id.filter(|id| wanted.members.contains(id)))
        .collect();
    let id = match (&known, outside.is_empty()) {
        (Some(group), true) => group.id,
        (None, true) => return Ok(None),
        (_, false) => group(window, &outside, known.as_ref().map(|group| group.id)).await?,
    };
    let as_wanted = known.is_some_and(|group| {
        group.title.as_ref().is_some_and(|title| *title == wanted.title)
            && group.color == wanted.colour.as_str()
            && wanted
                .collapsed
                .is_none_or(|collapsed| collapsed == group.collapsed)
    });
    if !as_wanted {
        let (title, colour) = (wanted.title.as_str(), wanted.colour.as_str());
        let looks = match wanted.collapsed {
            None => object([("title", title.into()), ("color", colour.into())]),
            Some(folded) => object([
                ("title", title.into()),
                ("color", colour.into()),
                ("collapsed", folded.into()),
            ]),
        };
        settled(update_group(id, &looks)?).await?;
    }
    Ok(Some(id))
}

/// Puts tabs into a group, or into a new one. Chrome's id.
async fn group(window: i32, tabs: &[i32], into: Option<i32>) -> Result<i32, Failure> {
    let list: Array = tabs.iter().map(|tab| JsValue::from(*tab)).collect();
    let place = match into {
        Some(id) => ("groupId", id.into()),
        None => ("createProperties", object([("windowId", window.into())])),
    };
    let made = settled(group_tabs(&object([("tabIds", list.into()), place]))?).await?;
    #[expect(clippy::cast_possible_truncation, reason = "Chrome's ids are 32-bit integers")]
    made.as_f64()
        .map(|id| id as i32)
        .ok_or_else(|| Failure("no group".to_owned()))
}

/// Chrome's id of a tab that it just made.
pub(crate) fn id_of(tab: JsValue) -> Result<i32, Failure> {
    read::<ChromeTab>(tab)?
        .id
        .ok_or_else(|| Failure("a tab without an id".to_owned()))
}

impl ChromeTab {
    /// As it is to be shown and kept.
    fn shown(&mut self) -> Shown {
        waiting::shown(self.url.take(), self.pending_url.clone(), self.title.take())
    }
}
