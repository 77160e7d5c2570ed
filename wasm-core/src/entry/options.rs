//! Starts the options. Called by `options.js`.

use wasm_bindgen::prelude::*;
use yew::Renderer;

use crate::ui::appearance;
use crate::ui::options::app::OptionsApp;

/// Starts the options.
#[wasm_bindgen]
pub fn start_options() {
    appearance::begin();
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.get_element_by_id("app")) {
        Renderer::<OptionsApp>::with_root(root).render();
    }
}
