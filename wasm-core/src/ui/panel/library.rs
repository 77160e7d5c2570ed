//! The way from the panel to the library.

use protocol::SpaceId;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use crate::ui::open_tabs;
use crate::ui::panel::state::Input;

/// Shows the library; on a space if one is given.
pub fn show_library(space: Option<SpaceId>, on_input: &Callback<Input>) {
    let on_input = on_input.clone();
    spawn_local(async move {
        if let Err(words) = open_tabs::show_library(space).await {
            on_input.emit(Input::WentWrong(Some(words)));
        }
    });
}
