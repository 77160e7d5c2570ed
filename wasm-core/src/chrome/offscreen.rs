//! `chrome.offscreen`: the one offscreen document of the extension.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object, settled};

const PAGE: &str = "offscreen.html";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "offscreen"], js_name = createDocument)]
    fn create_document(parameters: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "offscreen"], js_name = closeDocument)]
    fn close_document() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = getContexts)]
    fn contexts(filter: &JsValue) -> Result<Promise, JsValue>;
}

/// Whether the document is there, loaded or loading.
pub(crate) async fn exists() -> Result<bool, Failure> {
    let filter = object([("contextTypes", Array::of1(&"OFFSCREEN_DOCUMENT".into()).into())]);
    let found = settled(contexts(&filter)?).await?;
    Ok(Array::from(&found).length() > 0)
}

/// Opens the document and waits until its script runs. One that is there already is as good.
pub(crate) async fn open() -> Result<(), Failure> {
    let reasons: Array = ["USER_MEDIA", "DISPLAY_MEDIA", "WEB_RTC"]
        .into_iter()
        .map(JsValue::from_str)
        .collect();
    let parameters = object([
        ("url", PAGE.into()),
        ("reasons", reasons.into()),
        (
            "justification",
            "Keeps a shared space live and streams a tab to the people in it.".into(),
        ),
    ]);
    match settled(create_document(&parameters)?).await {
        Ok(_) => Ok(()),
        Err(_) if exists().await? => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Closes the document. One that is gone already is as good.
pub(crate) async fn close() -> Result<(), Failure> {
    match settled(close_document()?).await {
        Ok(_) => Ok(()),
        Err(_) if !exists().await? => Ok(()),
        Err(failure) => Err(failure),
    }
}
