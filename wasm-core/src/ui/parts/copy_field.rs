//! A text to be given away, with "Copy".

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Button, Kind, Name};
use crate::ui::say::say;

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What the text is.
    pub label: AttrValue,
    /// The text.
    pub text: AttrValue,
}

/// A read-only field and a button that copies it. Where the browser forbids copying, the text is selected.
#[component]
pub fn CopyField(props: &Props) -> Html {
    let field = use_node_ref();
    let copied = use_state(|| false);
    let onclick = {
        let (field, copied, text) = (field.clone(), copied.clone(), props.text.clone());
        move |_: MouseEvent| {
            let (field, copied, text) = (field.clone(), copied.clone(), text.clone());
            spawn_local(async move {
                let Some(window) = web_sys::window() else { return };
                let done = JsFuture::from(window.navigator().clipboard().write_text(&text))
                    .await
                    .is_ok();
                if !done && let Some(input) = field.cast::<HtmlInputElement>() {
                    let _ = input.focus();
                    input.select();
                }
                copied.set(done);
            });
        }
    };
    let select = |event: FocusEvent| {
        if let Some(input) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        {
            input.select();
        }
    };
    html! {
        <div class="copy-field">
            <input class="input mono" readonly=true ref={field} value={props.text.clone()} aria-label={props.label.clone()} data-testid="link" onfocus={select} />
            <Button kind={Kind::Primary} icon={if *copied { Name::Check } else { Name::Copy }} {onclick} testid="copy-link">
                <span aria-live="polite">{ say(if *copied { Key::Copied } else { Key::Copy }) }</span>
            </Button>
        </div>
    }
}
