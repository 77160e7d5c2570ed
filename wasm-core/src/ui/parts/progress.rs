//! How far something is, or that it goes on.

use web_sys::HtmlElement;
use yew::prelude::*;

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What is going on.
    pub label: AttrValue,
    /// How much of a hundred is done; `None` where nobody knows.
    #[prop_or_default]
    pub done_percent: Option<u8>,
}

/// A bar that fills, or moves.
#[component]
pub fn Progress(props: &Props) -> Html {
    let fill = use_node_ref();
    let done = props.done_percent.map(|done| done.min(100));
    use_effect_with(done, {
        let fill = fill.clone();
        move |done| {
            if let (Some(fill), Some(done)) = (fill.cast::<HtmlElement>(), done) {
                let _ = fill.style().set_property("width", &format!("{done}%"));
            }
        }
    });
    html! {
        <div class="progress" role="progressbar" aria-label={props.label.clone()} aria-valuemin="0" aria-valuemax="100"
            aria-valuenow={done.map(|done| done.to_string())}>
            if done.is_some() { <div class="progress-fill" ref={fill}></div> } else { <div class="progress-fill moving"></div> }
        </div>
    }
}
