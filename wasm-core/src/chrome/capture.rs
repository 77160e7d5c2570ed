//! `chrome.tabCapture`: the right to capture a tab.

use js_sys::{Array, Promise};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::ask::Problem;
use crate::browser::{Failure, object, settled};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "permissions"], js_name = contains)]
    fn contains(permissions: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabCapture"], js_name = getMediaStreamId)]
    fn media_stream_id(options: &JsValue) -> Result<Promise, JsValue>;
}

/// What came of asking to capture a tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Permit {
    /// To be opened with `getUserMedia`, once, within seconds.
    MediaId(String),
    /// The permission `tabCapture` was not given: the browser's own picker is left.
    NotPermitted,
    /// Chrome wants a click on the extension over this tab first.
    NeedsClick,
    /// Chrome's words.
    Failed(String),
}

/// Asks for the right to capture a tab.
pub(crate) async fn permit(tab: i32) -> Permit {
    let wanted = object([("permissions", Array::of1(&"tabCapture".into()).into())]);
    let granted = match contains(&wanted) {
        Ok(promise) => settled(promise).await.is_ok_and(|granted| granted.is_truthy()),
        Err(_) => false,
    };
    if !granted {
        return Permit::NotPermitted;
    }
    match media_id(tab).await {
        Ok(id) => Permit::MediaId(id),
        Err(Failure(words)) => match Problem::of_capture(words.clone()) {
            Problem::NeedsClick => Permit::NeedsClick,
            _ => Permit::Failed(words),
        },
    }
}

async fn media_id(tab: i32) -> Result<String, Failure> {
    let id = settled(media_stream_id(&object([("targetTabId", tab.into())]))?).await?;
    id.as_string()
        .ok_or_else(|| Failure("no id for the capture".to_owned()))
}
