//! A form for a name: of a space, of a group, of a tag; with a colour where there is one. The dialog that it stands in
//! gives its field the focus.

use protocol::Colour;
use protocol::op::name as check_name;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Button, Colours, Field, Kind};
use crate::ui::say::say;

/// What the form needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Whose name it is.
    pub label: AttrValue,
    /// The name at first.
    #[prop_or_default]
    pub value: AttrValue,
    /// It may stay empty.
    #[prop_or_default]
    pub may_be_empty: bool,
    /// The colour at first, if a colour is asked for.
    #[prop_or_default]
    pub colour: Option<Colour>,
    /// The name was given, without blanks around it, and the colour.
    pub on_done: Callback<(String, Option<Colour>)>,
}

/// The form.
#[component]
pub fn Naming(props: &Props) -> Html {
    let name = use_state(|| props.value.to_string());
    let colour = use_state(|| props.colour);
    let on_input = {
        let name = name.clone();
        Callback::from(move |typed| name.set(typed))
    };
    let on_change = {
        let colour = colour.clone();
        Callback::from(move |chosen| colour.set(Some(chosen)))
    };
    let good = check_name(&name).is_ok() || (props.may_be_empty && name.trim().is_empty());
    let onsubmit = {
        let (name, colour, on_done) = (name.clone(), *colour, props.on_done.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if good {
                on_done.emit((name.trim().to_owned(), colour));
            }
        }
    };
    html! {
        <form class="naming" data-first="" {onsubmit}>
            <Field label={props.label.clone()} value={(*name).clone()} {on_input} maxlength={100} testid="name" />
            if let Some(value) = *colour { <Colours {value} {on_change} /> }
            <div class="buttons"><Button submit=true kind={Kind::Primary} disabled={!good} testid="save-name">{ say(Key::Save) }</Button></div>
        </form>
    }
}
