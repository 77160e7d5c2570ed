//! Starts the popup's share screen. Called by `popup.js` when it is opened for the first time.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::{AppHandle, Callback, Renderer};

use crate::ui::appearance;
use crate::ui::share::screen::{Props, ShareScreen};

/// Shows the share screen of a space in an element of the popup; `on_back` is called when it was left.
#[wasm_bindgen]
pub fn start_share(root: Element, space: &str, on_back: Function) {
    appearance::begin();
    let Ok(space) = space.parse() else { return };
    let handle: Rc<RefCell<Option<AppHandle<ShareScreen>>>> = Rc::default();
    let leave = {
        let handle = handle.clone();
        Callback::from(move |()| {
            let handle = handle.borrow_mut().take();
            let on_back = on_back.clone();
            // Not while the event that asked for it is still on its way through the screen's listeners.
            wasm_bindgen_futures::spawn_local(async move {
                gloo::timers::future::TimeoutFuture::new(0).await;
                if let Some(handle) = handle {
                    handle.destroy();
                }
                let _ = on_back.call0(&JsValue::UNDEFINED);
            });
        })
    };
    let app = Renderer::<ShareScreen>::with_root_and_props(
        root,
        Props {
            space,
            on_back: leave,
        },
    )
    .render();
    *handle.borrow_mut() = Some(app);
}
