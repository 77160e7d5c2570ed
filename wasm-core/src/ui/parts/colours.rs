//! A choice among the nine colours of spaces and groups: radio buttons that look like what they stand for.

use protocol::Colour;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::colour_class;
use crate::ui::parts::id::use_id;
use crate::ui::say::say;

/// What the choice needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// The chosen one.
    pub value: Colour,
    /// Another was chosen.
    pub on_change: Callback<Colour>,
}

const fn name_of(colour: Colour) -> Key {
    match colour {
        Colour::Grey => Key::ColourGrey,
        Colour::Blue => Key::ColourBlue,
        Colour::Red => Key::ColourRed,
        Colour::Yellow => Key::ColourYellow,
        Colour::Green => Key::ColourGreen,
        Colour::Pink => Key::ColourPink,
        Colour::Purple => Key::ColourPurple,
        Colour::Cyan => Key::ColourCyan,
        Colour::Orange => Key::ColourOrange,
    }
}

/// The choice.
#[component]
pub fn Colours(props: &Props) -> Html {
    let name = use_id();
    let one = |colour: Colour| {
        let on_change = props.on_change.clone();
        let onchange = move |_: Event| on_change.emit(colour);
        let words = say(name_of(colour));
        html! {
            <label class="colour" title={words}>
                <input type="radio" name={name.clone()} value={colour.as_str()} checked={colour == props.value} {onchange} data-testid={colour.as_str()} />
                <span class={classes!("dot", colour_class(colour))}></span><span class="hidden">{ words }</span>
            </label>
        }
    };
    html! {
        <fieldset class="colours">
            <legend class="label">{ say(Key::Colour) }</legend>
            { for Colour::ALL.into_iter().map(one) }
        </fieldset>
    }
}
