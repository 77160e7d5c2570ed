//! A field for text, with its label, a hint and what is wrong with it.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::ui::parts::id::use_id;

/// What a field needs.
#[derive(Debug, Clone, PartialEq, Properties)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct Props {
    /// What it asks for.
    pub label: AttrValue,
    /// The label is only for screen readers: a heading says it already.
    #[prop_or_default]
    pub bare: bool,
    /// What stands in it.
    pub value: AttrValue,
    /// Something else stands in it.
    pub on_input: Callback<String>,
    /// More about it.
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// What is wrong with it.
    #[prop_or_default]
    pub error: Option<AttrValue>,
    /// Stands in it while it is empty.
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    /// Several lines, so many to begin with.
    #[prop_or_default]
    pub lines: Option<u8>,
    /// Addresses and patterns: equally wide letters, nothing corrected.
    #[prop_or_default]
    pub mono: bool,
    /// The keyboard that fits, as `url`.
    #[prop_or_default]
    pub inputmode: Option<&'static str>,
    /// What the browser may fill in, as `name`.
    #[prop_or_default]
    pub autocomplete: Option<&'static str>,
    /// At most so many characters.
    #[prop_or_default]
    pub maxlength: Option<u16>,
    /// It may not stay empty.
    #[prop_or_default]
    pub required: bool,
    /// It cannot be changed.
    #[prop_or_default]
    pub disabled: bool,
    /// The element, for who gives it the focus.
    #[prop_or_default]
    pub node: NodeRef,
    /// For tests.
    #[prop_or_default]
    pub testid: Option<&'static str>,
}

fn typed(event: &InputEvent) -> Option<String> {
    let target = event.target()?;
    if let Some(input) = target.dyn_ref::<HtmlInputElement>() {
        return Some(input.value());
    }
    target
        .dyn_ref::<HtmlTextAreaElement>()
        .map(HtmlTextAreaElement::value)
}

/// A field.
#[component]
pub fn Field(props: &Props) -> Html {
    let id = use_id();
    let part = |name: &str| AttrValue::from([id.as_str(), name].concat());
    let (hint_id, error_id) = (part("-hint"), part("-error"));
    let described: Vec<&str> = [(&props.hint, &hint_id), (&props.error, &error_id)]
        .into_iter()
        .filter(|(text, _)| text.is_some())
        .map(|(_, id)| id.as_str())
        .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let invalid = props.error.is_some().then_some("true");
    let oninput = {
        let on_input = props.on_input.clone();
        move |event: InputEvent| {
            if let Some(text) = typed(&event) {
                on_input.emit(text);
            }
        }
    };
    let class = classes!("input", props.mono.then_some("mono"));
    let maxlength = props.maxlength.map(|length| length.to_string());
    let spellcheck = props.mono.then_some("false");
    let input = if let Some(lines) = props.lines {
        html! {
            <textarea id={id.clone()} {class} rows={lines.to_string()} value={props.value.clone()} {oninput} placeholder={props.placeholder.clone()} {maxlength} {spellcheck}
                required={props.required} disabled={props.disabled} aria-describedby={described} aria-invalid={invalid}
                ref={props.node.clone()} data-testid={props.testid} />
        }
    } else {
        html! {
            <input id={id.clone()} {class} type="text" value={props.value.clone()} {oninput} placeholder={props.placeholder.clone()} {maxlength} {spellcheck}
                inputmode={props.inputmode} autocomplete={props.autocomplete} required={props.required} disabled={props.disabled}
                aria-describedby={described} aria-invalid={invalid} ref={props.node.clone()} data-testid={props.testid} />
        }
    };
    let label_class = if props.bare { "hidden" } else { "label" };
    html! {
        <div class="field">
            <label class={label_class} for={id.clone()}>{props.label.clone()}</label>
            {input}
            if let Some(hint) = props.hint.clone() { <span class="hint" id={hint_id}>{hint}</span> }
            if let Some(error) = props.error.clone() { <span class="small danger-text" id={error_id} role="alert">{error}</span> }
        </div>
    }
}
