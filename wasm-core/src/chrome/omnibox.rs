//! `chrome.omnibox`: what is suggested behind the keyword in the address bar.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "omnibox"], js_name = setDefaultSuggestion)]
    fn set_default(suggestion: &JsValue) -> Result<JsValue, JsValue>;
}

/// A line under the address bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suggestion {
    /// What stands in the bar when it is chosen.
    pub(crate) content: String,
    /// What is shown, with Chrome's markup.
    pub(crate) description: String,
}

/// What Enter does while no line is chosen.
pub(crate) fn say_first(description: &str) -> Result<(), Failure> {
    set_default(&object([("description", description.into())]))?;
    Ok(())
}

/// The lines as Chrome wants them.
pub(crate) fn lines(suggestions: &[Suggestion]) -> JsValue {
    let lines: Array = suggestions
        .iter()
        .map(|line| {
            object([
                ("content", line.content.as_str().into()),
                ("description", line.description.as_str().into()),
            ])
        })
        .collect();
    lines.into()
}
