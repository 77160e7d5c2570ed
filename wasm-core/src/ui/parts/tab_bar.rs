//! One of several views at a time (WAI-ARIA tabs pattern; not the browser's tabs, which are the space's).

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::ui::parts::{Icon, Name};

/// One of the views.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What it shows.
    pub label: AttrValue,
    /// Its picture.
    pub icon: Name,
    /// The `id`s of the elements that it shows.
    pub shows: AttrValue,
    /// For tests.
    pub testid: &'static str,
}

/// What a bar of tabs needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What they choose among.
    pub label: AttrValue,
    /// The views.
    pub views: Vec<View>,
    /// The one that is shown.
    pub chosen: usize,
    /// Another was chosen.
    pub on_choose: Callback<usize>,
}

/// A bar of tabs: one stop for the key Tab; arrows, Home and End choose.
#[component]
pub fn TabBar(props: &Props) -> Html {
    let bar = use_node_ref();
    let onkeydown = {
        let (bar, on_choose) = (bar.clone(), props.on_choose.clone());
        let (chosen, count) = (props.chosen, props.views.len());
        move |event: KeyboardEvent| {
            let next = match event.key().as_str() {
                "ArrowRight" => (chosen + 1) % count,
                "ArrowLeft" => (chosen + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            on_choose.emit(next);
            let tab = bar
                .cast::<HtmlElement>()
                .and_then(|bar| bar.children().item(u32::try_from(next).unwrap_or_default()));
            if let Some(tab) = tab {
                let _ = HtmlElement::from(wasm_bindgen::JsValue::from(tab)).focus();
            }
        }
    };
    html! {
        <div class="tab-bar" role="tablist" aria-label={props.label.clone()} ref={bar} {onkeydown}>
            { for props.views.iter().enumerate().map(|(at, view)| {
                let (on_choose, on) = (props.on_choose.clone(), at == props.chosen);
                html! {
                    <button type="button" role="tab" aria-selected={on.to_string()} aria-controls={view.shows.clone()} tabindex={if on { "0" } else { "-1" }}
                        onclick={move |_: MouseEvent| on_choose.emit(at)} data-testid={view.testid}>
                        <Icon name={view.icon} />{view.label.clone()}
                    </button>
                }
            }) }
        </div>
    }
}
