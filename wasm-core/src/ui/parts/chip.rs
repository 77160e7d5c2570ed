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
    let class = classes!("chip", colour_class(props.colour), props.big.then_some("big"));
    html! {
        <span {class} title={props.name.clone()}><span class="dot"></span><bdi class="clip">{props.name.clone()}</bdi></span>
    }
}
