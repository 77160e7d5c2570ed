//! Every part in all its states, and the space page on a sample: for looking at, and for the tests that
//! photograph screens. In no build that people get, so its words are plain English samples, not messages.
//!
//! - `#parts/NAME` shows one part ([`parts`]), an empty fragment all of them.
//! - `#space` shows the space page ([`sample`]) on what the loading page gives.

pub mod finder;
pub mod parts;
pub mod sample;
pub mod space_parts;

use yew::prelude::*;

use sample::SampleSpace;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// The address's fragment.
    pub shown: AttrValue,
}

/// The gallery.
#[component]
pub fn Gallery(props: &Props) -> Html {
    if props.shown == "space" {
        return html! { <SampleSpace /> };
    }
    let one = props.shown.strip_prefix("parts/");
    let wanted = parts::ALL
        .iter()
        .filter(|(name, _)| one.is_none_or(|one| one == *name));
    html! {
        <main class="gallery">
            <h1 class={one.map(|_| "hidden")}>{"TabSpace’s parts"}</h1>
            if one.is_none() {
                <p class="muted">{ for parts::ALL.iter().map(|(name, _)| html! { <><a href={["#parts/", name].concat()}>{*name}</a>{" "}</> }) }<a href="#space">{"a space"}</a></p>
            }
            { for wanted.map(|(name, show)| html! {
                <section class="specimen" aria-labelledby={*name}><h2 id={*name}>{*name}</h2><div class="states">{ show() }</div></section>
            }) }
        </main>
    }
}
