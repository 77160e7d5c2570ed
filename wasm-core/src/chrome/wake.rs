//! `chrome.alarms`: what wakes a service worker that was put to sleep.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object, settled};

const ALARM: &str = "look";
/// What was missed while the worker was dead is seen at the latest after this.
const EVERY_MINUTES: f64 = 1.0;
const BACKUP_ALARM: &str = "backup";
/// A changed library is in the folder of the backups at the latest after twice this.
const BACKUP_EVERY_MINUTES: f64 = 15.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "alarms"], js_name = create)]
    fn create(name: &str, info: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "alarms"], js_name = clear)]
    fn clear(name: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "alarms"], js_name = get)]
    fn find(name: &str) -> Result<Promise, JsValue>;
}

/// Wakes the worker every minute, or not any more.
pub(crate) async fn regularly(on: bool) -> Result<(), Failure> {
    set(ALARM, on.then_some(EVERY_MINUTES)).await
}

/// Wakes the worker for backups, or not any more.
pub(crate) async fn for_backups(on: bool) -> Result<(), Failure> {
    set(BACKUP_ALARM, on.then_some(BACKUP_EVERY_MINUTES)).await
}

async fn set(alarm: &str, every_minutes: Option<f64>) -> Result<(), Failure> {
    let promise = if let Some(minutes) = every_minutes {
        if settled(find(alarm)?).await?.is_object() {
            // Setting it again would put it off.
            return Ok(());
        }
        create(alarm, &object([("periodInMinutes", minutes.into())]))?
    } else {
        clear(alarm)?
    };
    settled(promise).await.map(drop)
}
