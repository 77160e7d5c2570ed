//! A space's name on its colour.

use protocol::Colour;
use yew::prelude::*;

use crate::ui::colour_class;

/// What a chip needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// The name.
    pub name: AttrValue,
    /// The colour.
    pub colour: Colour,
    /// In a page's header.
    #[prop_or_default]
    pub big: bool,
}

/// A chip.
#[component]
pub fn Chip(props: &Props) -> Html {
    chip(&props.name, props.colour, props.big)
}

/// The same as a part of something else, for rows that are filled in a moment.
pub fn chip(name: &AttrValue, colour: Colour, big: bool) -> Html {
    let class = classes!("chip", colour_class(colour), big.then_some("big"));
    html! {
        <span {class} title={name.clone()}><span class="dot"></span><bdi class="clip">{name.clone()}</bdi></span>
    }
}
