//! What a list says when there is nothing in it.

use yew::prelude::*;

use crate::ui::parts::{Icon, Name};

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Its picture.
    pub icon: Name,
    /// What there is not, and what to do.
    pub text: AttrValue,
    /// It is all there is on the page: its text is the heading.
    #[prop_or_default]
    pub whole: bool,
    /// A button, if there is something to do.
    #[prop_or_default]
    pub children: Html,
}

/// An empty place.
#[component]
pub fn Empty(props: &Props) -> Html {
    html! {
        <div class="empty">
            <Icon name={props.icon} class="large" />
            if props.whole { <h1 class="plain-heading">{props.text.clone()}</h1> } else { <p>{props.text.clone()}</p> }
            { props.children.clone() }
        </div>
    }
}
