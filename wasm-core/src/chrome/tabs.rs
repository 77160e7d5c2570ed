//! `chrome.tabs` and `chrome.tabGroups`.

use js_sys::{Array, Promise};
use protocol::Colour;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{runtime, windows};
use crate::browser::{Failure, object, settled};
use crate::library::closing;
use crate::library::engine::RestoreGroup;
use crate::library::follow::{GroupSeen, OWN_PAGE, TabSeen, WindowSeen};
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
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = remove)]
    fn remove_tabs(ids: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = discard)]
    fn discard_tab(id: i32) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = remove)]
    fn remove_tab(id: i32) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = move)]
    fn move_tab(id: i32, place: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = ungroup)]
    fn ungroup_tabs(ids: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabGroups"], js_name = move)]
    fn move_group(id: i32, place: &JsValue) -> Result<Promise, JsValue>;
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
    let own = runtime::own_address();
    let mut seen = WindowSeen::default();
    for tab in read::<Vec<ChromeTab>>(tabs)? {
        if tab.incognito {
            return Ok(None);
        }
        let Some(mut tab) = about(tab) else { continue };
        if tab.url.starts_with(&own) {
            OWN_PAGE.clone_into(&mut tab.url);
        }
        seen.tabs.push(tab);
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

/// A tab as it is looked at; `None` for one that has no id.
fn about(mut tab: ChromeTab) -> Option<TabSeen> {
    let shown = tab.shown();
    Some(TabSeen {
        id: tab.id?,
        pinned: tab.pinned,
        muted: tab.muted_info.as_ref().is_some_and(|info| info.muted),
        active: tab.active,
        group: tab.group_id.filter(|group| *group >= 0),
        has_favicon: tab.fav_icon_url.as_ref().is_some_and(|url| !url.is_empty()),
        url: shown.url,
        title: shown.title,
        waits: shown.waits,
    })
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

/// Brings a tab to the front, with its window.
pub(crate) async fn show(id: i32) -> Result<(), Failure> {
    let tab: ChromeTab = read(settled(update_tab(id, &object([("active", true.into())]))?).await?)?;
    windows::focus(tab.window_id).await;
    Ok(())
}

/// Closes tabs; those that are gone are passed over. Groups that end with them are dissolved before, so that Chrome does
/// not keep them among its saved ones.
pub(crate) async fn close(ids: &[i32]) -> Result<(), Failure> {
    let all = read::<Vec<ChromeTab>>(settled(query_tabs(&object([]))?).await?)?;
    let seen = WindowSeen {
        tabs: all.into_iter().filter_map(about).collect(),
        groups: Vec::new(),
    };
    let ending = closing::to_ungroup(&seen, ids);
    if !ending.is_empty() {
        ungroup(&ending).await?;
    }
    let there: Vec<i32> = seen
        .tabs
        .iter()
        .map(|tab| tab.id)
        .filter(|id| ids.contains(id))
        .collect();
    let there: Array = there.into_iter().map(JsValue::from).collect();
    settled(remove_tabs(&there)?).await.map(drop)
}

/// A tab that is open.
pub(crate) struct OpenNow {
    /// Chrome's id.
    pub(crate) id: i32,
    /// Its address.
    pub(crate) url: String,
    /// Its title.
    pub(crate) title: String,
    /// Its group.
    pub(crate) group: Option<i32>,
}

/// The tabs that are open; only those that are selected in this window, if one is named.
pub(crate) async fn list(selected_in: Option<i32>) -> Result<Vec<OpenNow>, Failure> {
    let filter = match selected_in {
        Some(window) => object([("windowId", window.into()), ("highlighted", true.into())]),
        None => object([]),
    };
    let tabs = read::<Vec<ChromeTab>>(settled(query_tabs(&filter)?).await?)?;
    let seen = tabs
        .into_iter()
        .filter(|tab| !tab.incognito)
        .filter_map(|mut tab| {
            let shown = tab.shown();
            Some(OpenNow {
                id: tab.id?,
                url: shown.url,
                title: shown.title,
                group: tab.group_id.filter(|group| *group >= 0),
            })
        });
    Ok(seen.collect())
}

/// The tab that is seen in the window in front.
pub(crate) async fn seen_now() -> Result<Option<(i32, i32)>, Failure> {
    let filter = object([("active", true.into()), ("lastFocusedWindow", true.into())]);
    let tabs = read::<Vec<ChromeTab>>(settled(query_tabs(&filter)?).await?)?;
    Ok(tabs.into_iter().find_map(|tab| Some((tab.id?, tab.window_id))))
}

/// Opens an address in a tab that is there.
pub(crate) async fn go_to(id: i32, url: &str) -> Result<(), Failure> {
    settled(update_tab(id, &object([("url", url.into())]))?)
        .await
        .map(drop)
}

/// Opens an address in a new tab of the window in front.
pub(crate) async fn open_beside(url: &str, shown: bool) -> Result<(), Failure> {
    settled(create_tab(&object([
        ("url", url.into()),
        ("active", shown.into()),
    ]))?)
    .await
    .map(drop)
}

/// Pins a tab.
pub(crate) async fn pin(tab: i32) -> Result<(), Failure> {
    settled(update_tab(tab, &object([("pinned", true.into())]))?)
        .await
        .map(drop)
}

/// Mutes a tab, also one that is out of memory.
pub(crate) async fn mute(tab: i32) -> Result<(), Failure> {
    settled(update_tab(tab, &object([("muted", true.into())]))?)
        .await
        .map(drop)
}

/// Pins a tab, or unpins it.
pub(crate) async fn set_pinned(tab: i32, pinned: bool) -> Result<(), Failure> {
    settled(update_tab(tab, &object([("pinned", pinned.into())]))?)
        .await
        .map(drop)
}

/// Sends a tab to another address.
pub(crate) async fn send(tab: i32, url: &str) -> Result<(), Failure> {
    settled(update_tab(tab, &object([("url", url.into())]))?)
        .await
        .map(drop)
}

/// Asks a tab to close. It may want to ask the person first: that is not waited for.
pub(crate) fn begin_to_close(tab: i32) -> Result<(), Failure> {
    let closing = remove_tab(tab)?;
    wasm_bindgen_futures::spawn_local(async move {
        // Whether it did is seen by looking.
        let _ = settled(closing).await;
    });
    Ok(())
}

/// Puts a tab at a place of its window.
pub(crate) async fn put_at(tab: i32, index: usize) -> Result<(), Failure> {
    settled(move_tab(tab, &at(index))?).await.map(drop)
}

/// Puts a group at a place of its window.
pub(crate) async fn put_group_at(group: i32, index: usize) -> Result<(), Failure> {
    settled(move_group(group, &at(index))?).await.map(drop)
}

fn at(index: usize) -> JsValue {
    object([("index", u32::try_from(index).unwrap_or(u32::MAX).into())])
}

/// Takes tabs out of their groups.
pub(crate) async fn ungroup(tabs: &[i32]) -> Result<(), Failure> {
    let list: Array = tabs.iter().map(|tab| JsValue::from(*tab)).collect();
    settled(ungroup_tabs(&list)?).await.map(drop)
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
