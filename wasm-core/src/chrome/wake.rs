//! `chrome.alarms`: what wakes a service worker that was put to sleep.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object, settled};

const ALARM: &str = "look";
/// What was missed while the worker was dead is seen at the latest after this.
const EVERY_MINUTES: f64 = 1.0;

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
    let promise = if on {
        if settled(find(ALARM)?).await?.is_object() {
            // Setting it again would put it off.
            return Ok(());
        }
        create(ALARM, &object([("periodInMinutes", EVERY_MINUTES.into())]))?
    } else {
        clear(ALARM)?
    };
    settled(promise).await.map(drop)
}
