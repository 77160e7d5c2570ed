//! A field that finds and chooses: text in it narrows a list beside it (WAI-ARIA editable combobox pattern with
//! a listbox).
//!
//! The focus stays in the field. The list is its owner's, who may window it: a `listbox` with the DOM id `list`,
//! whose options have the ids that [`option_id`] gives and [`keep_focus`].

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ui::parts::{Icon, Name};

/// As far as a page's key goes.
const PAGE: usize = 10;

/// What a combobox needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// The field's DOM id.
    pub id: &'static str,
    /// The list's DOM id.
    pub list: &'static str,
    /// What can be found.
    pub label: AttrValue,
    /// Stands in it while it is empty.
    pub placeholder: AttrValue,
    /// What was typed.
    pub value: AttrValue,
    /// How many options there are; with none there is no list.
    pub options: usize,
    /// The option that Enter chooses.
    pub active: Option<usize>,
    /// Something else was typed.
    pub on_input: Callback<String>,
    /// Keys went to another option.
    pub on_active: Callback<Option<usize>>,
    /// The active option was chosen.
    pub on_choose: Callback<usize>,
    /// The field, for who gives it the focus.
    #[prop_or_default]
    pub node: NodeRef,
}

/// The DOM id of an option.
pub fn option_id(list: &str, at: usize) -> String {
    [list, "-", &at.to_string()].concat()
}

/// For an option's `onmousedown`: a press would take the focus out of the field.
pub fn keep_focus(event: &MouseEvent) {
    event.prevent_default();
}

/// Where a key goes: arrows by one and round the ends, a page's key not beyond them.
fn moved(key: &str, active: Option<usize>, options: usize) -> Option<usize> {
    let last = options.checked_sub(1)?;
    Some(match (key, active) {
        ("ArrowDown", Some(at)) if at < last => at + 1,
        ("ArrowUp", None | Some(0)) | ("End", _) => last,
        ("ArrowUp", Some(at)) => at - 1,
        ("PageDown", at) => last.min(at.map_or(0, |at| at + PAGE)),
        ("PageUp", at) => at.unwrap_or(0).saturating_sub(PAGE),
        _ => 0,
    })
}

/// A combobox. Arrows and the page's keys move through the options, Home and End too while nothing is typed (else
/// they are the caret's); Enter chooses; Escape clears the field.
#[component]
pub fn Combobox(props: &Props) -> Html {
    let oninput = {
        let on_input = props.on_input.clone();
        move |event: InputEvent| on_input.emit(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    let active = props.active.filter(|at| *at < props.options);
    let onkeydown = {
        let props = props.clone();
        move |event: KeyboardEvent| {
            // A word that is still being composed has these keys for itself; with others they mean more.
            if event.is_composing() || event.alt_key() || event.ctrl_key() || event.meta_key() {
                return;
            }
            let key = event.key();
            match key.as_str() {
                "Home" | "End" if !props.value.is_empty() => return,
                "ArrowDown" | "ArrowUp" | "PageDown" | "PageUp" | "Home" | "End" => {
                    props.on_active.emit(moved(&key, active, props.options));
                }
                "Enter" => match active {
                    Some(at) => props.on_choose.emit(at),
                    None => return,
                },
                "Escape" if !props.value.is_empty() => props.on_input.emit(String::new()),
                _ => return,
            }
            event.prevent_default();
        }
    };
    let is_open = props.options > 0;
    html! {
        <label class="search" for={props.id}>
            <Icon name={Name::Search} />
            <input id={props.id} type="text" role="combobox" aria-expanded={is_open.to_string()} aria-controls={is_open.then_some(props.list)} aria-autocomplete="list"
                aria-activedescendant={active.map(|at| option_id(props.list, at))} aria-label={props.label.clone()} autocomplete="off" spellcheck="false"
                placeholder={props.placeholder.clone()} value={props.value.clone()} ref={props.node.clone()} {oninput} {onkeydown} data-testid={props.id} />
        </label>
    }
}
