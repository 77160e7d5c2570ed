//! The place of the share screen, which is loaded when it is opened.

use protocol::SpaceId;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Element;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::chrome_page;
use crate::ui::parts::{Banner, Tone};
use crate::ui::say::{say, say_with};

#[wasm_bindgen]
extern "C" {
    /// Defined by `popup.js`: loads the pages' module and calls its `start_share`.
    #[wasm_bindgen(catch, js_namespace = globalThis, js_name = openShare)]
    fn open_share(root: &Element, space: &str, on_back: &JsValue) -> Result<js_sys::Promise, JsValue>;
}

/// What the place needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Which space is shared.
    pub space: SpaceId,
    /// Back to the list.
    pub on_back: Callback<()>,
}

/// The place: "Loading…", then the screen.
#[component]
pub fn ShareSlot(props: &Props) -> Html {
    let slot = use_node_ref();
    let failed = use_state(|| None::<String>);
    use_effect_with(props.space, {
        let (slot, failed, on_back) = (slot.clone(), failed.clone(), props.on_back.clone());
        move |space| {
            let (space, back) = (
                space.to_string(),
                Closure::<dyn Fn()>::new(move || on_back.emit(())),
            );
            spawn_local(async move {
                let Some(root) = slot.cast::<Element>() else {
                    return;
                };
                let opened = match open_share(&root, &space, &back.into_js_value()) {
                    Ok(promise) => JsFuture::from(promise).await.map(drop),
                    Err(error) => Err(error),
                };
                if let Err(error) = opened {
                    failed.set(Some(chrome_page::words(&error)));
                }
            });
        }
    });
    html! {
        <>
            if let Some(words) = &*failed {
                <Banner tone={Tone::Danger}>{ say_with(Key::CaptureFailed, &[("words", words)]) }</Banner>
            }
            <div class="share-slot" ref={slot}><p class="loading" role="status">{ say(Key::Loading) }</p></div>
        </>
    }
}
