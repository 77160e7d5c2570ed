//! Starts the gallery, on what the address's fragment names. Called by `gallery.js`.

use wasm_bindgen::prelude::*;

use crate::ui::appearance;
use crate::ui::gallery::Gallery;

/// Starts the gallery.
#[wasm_bindgen]
pub fn start_gallery() {
    appearance::begin();
    let window = web_sys::window();
    let fragment = window
        .as_ref()
        .and_then(|window| window.location().hash().ok())
        .unwrap_or_default();
    let document = window.and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.get_element_by_id("app")) {
        let props = crate::ui::gallery::Props {
            shown: fragment.trim_start_matches('#').to_owned().into(),
        };
        yew::Renderer::<Gallery>::with_root_and_props(root, props).render();
    }
}
