//! Starts the library. Called by `library.js`.

use wasm_bindgen::prelude::*;
use yew::Renderer;

use crate::ui::appearance;
use crate::ui::library::app::{LibraryApp, Props};

/// Starts the library on the space of the address (`?space=`), or on all.
#[wasm_bindgen]
pub fn start_library() {
    appearance::begin();
    let Some(window) = web_sys::window() else { return };
    let query = window.location().search().unwrap_or_default();
    let space = query
        .trim_start_matches('?')
        .split('&')
        .find_map(|pair| pair.strip_prefix("space=")?.parse().ok());
    if let Some(root) = window
        .document()
        .and_then(|document| document.get_element_by_id("app"))
    {
        Renderer::<LibraryApp>::with_root_and_props(root, Props { space }).render();
    }
}
