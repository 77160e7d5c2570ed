//! Starts the page that collaborators open. Called by `app.js`, which the relay serves.

use wasm_bindgen::prelude::*;
use yew::Renderer;

use crate::ui::appearance;
use crate::ui::web::app::WebApp;

/// Starts the web page on the screen that the address means.
#[wasm_bindgen]
pub fn start_web() {
    appearance::begin();
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.get_element_by_id("app")) {
        Renderer::<WebApp>::with_root(root).render();
    }
}
