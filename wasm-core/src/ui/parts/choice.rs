//! A choice among few, with its label: the browser's own select.

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// What a choice needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What is chosen; seen above it unless `bare`.
    pub label: AttrValue,
    /// Values and what is said for them.
    pub options: Vec<(AttrValue, AttrValue)>,
    /// The chosen value.
    pub value: AttrValue,
    /// Another was chosen.
    pub on_change: Callback<String>,
    /// The label is only for screen readers.
    #[prop_or_default]
    pub bare: bool,
    /// It cannot be changed.
    #[prop_or_default]
    pub disabled: bool,
    /// For tests.
    #[prop_or_default]
    pub testid: Option<&'static str>,
}

/// A choice.
#[component]
pub fn Choice(props: &Props) -> Html {
    let on_change = props.on_change.clone();
    let onchange = move |event: Event| {
        if let Some(select) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok())
        {
            on_change.emit(select.value());
        }
    };
    let select = html! {
        <select class="select" {onchange} disabled={props.disabled} data-testid={props.testid}
            aria-label={props.bare.then(|| props.label.clone())}>
            { for props.options.iter().map(|(value, words)| html! {
                <option value={value.clone()} selected={*value == props.value}>{words.clone()}</option>
            }) }
        </select>
    };
    if props.bare {
        select
    } else {
        html! { <label class="field"><span class="label">{props.label.clone()}</span>{select}</label> }
    }
}
