//! A modal dialog: the browser's own, which keeps the focus inside, closes on Escape and gives it back.

use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{IconButton, Name};
use crate::ui::say::say;

/// What a dialog needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Its title.
    pub title: AttrValue,
    /// It is closed, by button or Escape.
    pub on_close: Callback<()>,
    /// What it holds.
    pub children: Html,
    /// For tests.
    #[prop_or("dialog")]
    pub testid: &'static str,
}

/// What asks for something has the focus then, not the button that closes the dialog: the first field of what is marked
/// `data-first`.
fn focus_first(dialog: &HtmlDialogElement) {
    let field = dialog.query_selector("[data-first] input").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        let _ = field.focus();
        field.select();
    }
}

/// A dialog, open as long as it is rendered.
#[component]
pub fn Dialog(props: &Props) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog
                && !dialog.open()
            {
                let _ = dialog.show_modal();
                focus_first(dialog);
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let oncancel = {
        let on_close = props.on_close.clone();
        move |event: Event| {
            event.prevent_default();
            on_close.emit(());
        }
    };
    let onclick = {
        let on_close = props.on_close.clone();
        move |_: MouseEvent| on_close.emit(())
    };
    html! {
        <dialog class="dialog" ref={node} {oncancel} aria-label={props.title.clone()} data-testid={props.testid}>
            <header class="dialog-head">
                <h2 class="grow">{props.title.clone()}</h2>
                <IconButton icon={Name::Close} label={say(Key::Close)} {onclick} testid="close-dialog" />
            </header>
            <div class="dialog-body">{ props.children.clone() }</div>
        </dialog>
    }
}
