//! Starts the first page. Called by `welcome.js`.

use wasm_bindgen::prelude::*;
use yew::Renderer;

use crate::ui::appearance;
use crate::ui::welcome::Welcome;

/// Starts the first page.
#[wasm_bindgen]
pub fn start_welcome() {
    appearance::begin();
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.get_element_by_id("app")) {
        Renderer::<Welcome>::with_root(root).render();
    }
}
