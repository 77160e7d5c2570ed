//! Starts the popup. Called by `popup.js` as soon as the module is there.

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlInputElement};
use yew::Renderer;

use crate::ui::appearance;
use crate::ui::popup::app::{PopupApp, Props};

/// Takes the place of the static shell, with what was typed into it meanwhile.
#[wasm_bindgen]
pub fn start_popup() {
    appearance::begin();
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    let typed = document
        .get_element_by_id("search")
        .and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    let typed = typed.map(|field| field.value()).unwrap_or_default().into();
    let root: Option<Element> = document.get_element_by_id("app");
    if let Some(root) = root {
        Renderer::<PopupApp>::with_root_and_props(root, Props { typed }).render();
    }
}
