//! `chrome.storage`: the projection that popups paint from, and what is good until the browser ends.

use js_sys::Promise;
use protocol::Millis;
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, clock, object, property, settled};

const PROJECTION: &str = "projection";
const FOLDER: &str = "folder";
const FOLLOWED: &str = "followed";
const STREAMED: &str = "streamed";
const AWAITED: &str = "awaited";
const NOTED: &str = "noted";
const ENDED: &str = "ended";
const MENU: &str = "menu";
const STREAM_WISH: &str = "stream_wish";
/// A wish is granted without another question for this long after the permission was given.
const WISH_MS: i64 = 120_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "local"], js_name = set)]
    fn set_local(items: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "local"], js_name = get)]
    fn get_local(key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "local"], js_name = remove)]
    fn remove_local(key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "local"], js_name = clear)]
    fn clear_local() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "session"], js_name = clear)]
    fn clear_session() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "session"], js_name = set)]
    fn set_session(items: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "storage", "session"], js_name = get)]
    fn get_session(key: &str) -> Result<Promise, JsValue>;
}

/// Keeps the projection, a JSON text.
pub(crate) async fn keep_projection(text: &str) -> Result<(), Failure> {
    settled(set_local(&object([(PROJECTION, text.into())]))?)
        .await
        .map(drop)
}

/// The projection, if there is one.
pub(crate) async fn projection() -> Result<Option<String>, Failure> {
    Ok(property(&settled(get_local(PROJECTION)?).await?, PROJECTION).as_string())
}

/// Remembers that backups go into a folder, by its name. The folder itself is in `IndexedDB`, which a cleaner may clear.
pub(crate) async fn keep_folder(name: &str) -> Result<(), Failure> {
    settled(set_local(&object([(FOLDER, name.into())]))?)
        .await
        .map(drop)
}

/// The name of the folder that backups go into; `None` when the person picked none.
pub(crate) async fn folder() -> Result<Option<String>, Failure> {
    Ok(property(&settled(get_local(FOLDER)?).await?, FOLDER).as_string())
}

/// Forgets that backups go into a folder.
pub(crate) async fn forget_folder() -> Result<(), Failure> {
    settled(remove_local(FOLDER)?).await.map(drop)
}

/// Forgets everything.
pub(crate) async fn clear() -> Result<(), Failure> {
    settled(clear_local()?).await?;
    settled(clear_session()?).await.map(drop)
}

/// Keeps the windows that are followed, until the browser ends.
pub(crate) async fn keep_followed(windows: &[i32]) -> Result<(), Failure> {
    keep_ids(FOLLOWED, windows).await
}

/// The windows that are followed; none after the browser was started.
pub(crate) async fn followed() -> Result<Vec<i32>, Failure> {
    ids(FOLLOWED).await
}

/// Keeps the tabs that are streamed, until the browser ends.
pub(crate) async fn keep_streamed(tabs: &[i32]) -> Result<(), Failure> {
    keep_ids(STREAMED, tabs).await
}

/// The tabs that are streamed; none after the browser was started.
pub(crate) async fn streamed() -> Result<Vec<i32>, Failure> {
    ids(STREAMED).await
}

/// Keeps until when windows are awaited, until the browser ends.
pub(crate) async fn keep_awaited(until: Option<Millis>) -> Result<(), Failure> {
    #[expect(clippy::cast_precision_loss, reason = "a time in milliseconds fits a double")]
    let until = until.map_or(0.0, |until| until.0 as f64);
    settled(set_session(&object([(AWAITED, until.into())]))?)
        .await
        .map(drop)
}

/// Until when windows are awaited; none are when the browser was just started.
pub(crate) async fn awaited() -> Result<Option<Millis>, Failure> {
    let until = property(&settled(get_session(AWAITED)?).await?, AWAITED).as_f64();
    #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds")]
    Ok(until.map(|until| Millis(until as i64)))
}

/// Remembers until the browser ends that the journal goes on.
pub(crate) async fn keep_noted() -> Result<(), Failure> {
    settled(set_session(&object([(NOTED, true.into())]))?)
        .await
        .map(drop)
}

/// Whether the journal goes on; not after the browser was started.
pub(crate) async fn is_noted() -> Result<bool, Failure> {
    let noted = settled(get_session(NOTED)?).await?;
    Ok(property(&noted, NOTED).is_truthy())
}

/// Remembers until the browser ends which point of the journal holds what was open before it was started; `None` when that is
/// no question any more.
pub(crate) async fn keep_ended(point: Option<&str>) -> Result<(), Failure> {
    let point = point.map_or(JsValue::NULL, JsValue::from);
    settled(set_session(&object([(ENDED, point)]))?).await.map(drop)
}

/// That point's key.
pub(crate) async fn ended() -> Result<Option<String>, Failure> {
    Ok(property(&settled(get_session(ENDED)?).await?, ENDED).as_string())
}

/// Remembers until the browser ends which menu is there.
pub(crate) async fn keep_menu(made_of: &str) -> Result<(), Failure> {
    settled(set_session(&object([(MENU, made_of.into())]))?)
        .await
        .map(drop)
}

/// Which menu is there; none when the browser was just started.
pub(crate) async fn menu() -> Result<Option<String>, Failure> {
    Ok(property(&settled(get_session(MENU)?).await?, MENU).as_string())
}

async fn keep_ids(key: &str, ids: &[i32]) -> Result<(), Failure> {
    let list: js_sys::Array = ids.iter().map(|id| JsValue::from(*id)).collect();
    settled(set_session(&object([(key, list.into())]))?)
        .await
        .map(drop)
}

async fn ids(key: &str) -> Result<Vec<i32>, Failure> {
    let list = property(&settled(get_session(key)?).await?, key);
    Ok(if list.is_array() {
        js_sys::Array::from(&list)
            .iter()
            .filter_map(|id| number(&id))
            .collect()
    } else {
        Vec::new()
    })
}

/// The tab that a person wanted to stream when Chrome asked for the permission. Its time begins anew: how long
/// Chrome's question was open does not count.
pub(crate) async fn renew_stream_wish() -> Result<Option<i32>, Failure> {
    let wish = property(&settled(get_session(STREAM_WISH)?).await?, STREAM_WISH);
    let Some(tab) = number(&property(&wish, "tab")) else {
        return Ok(None);
    };
    #[expect(clippy::cast_precision_loss, reason = "a time in milliseconds fits a double")]
    let until = clock::now().plus(WISH_MS).0 as f64;
    let renewed = object([("tab", tab.into()), ("until", until.into())]);
    settled(set_session(&object([(STREAM_WISH, renewed)]))?).await?;
    Ok(Some(tab))
}

fn number(value: &JsValue) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "Chrome's ids are 32-bit integers")]
    value.as_f64().map(|number| number as i32)
}
