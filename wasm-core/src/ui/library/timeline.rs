//! A space's past as a slider: from the oldest moment that was read to the present one. Arrows and the page's keys move
//! it; what happened at the moment, and when, stands below.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ask::library::Moment;
use crate::language::Key;
use crate::ui::library::history::told;
use crate::ui::parts::Button;
use crate::ui::say::{say, time_of};

/// What the slider needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The latest first.
    pub moments: Vec<Moment>,
    /// The space as it was at a moment is wanted.
    pub on_look: Callback<Moment>,
}

/// The slider.
#[component]
pub fn Timeline(props: &Props) -> Html {
    // Counted from the latest, so that older ones may be read meanwhile.
    let back = use_state_eq(|| 0_usize);
    let last = props.moments.len().saturating_sub(1);
    let at = (*back).min(last);
    let Some(moment) = props.moments.get(at) else {
        return Html::default();
    };
    let oninput = {
        let back = back.clone();
        move |event: InputEvent| {
            let field: HtmlInputElement = event.target_unchecked_into();
            let place: usize = field.value().parse().unwrap_or(last);
            back.set(last.saturating_sub(place));
        }
    };
    let onclick = {
        let (on_look, moment) = (props.on_look.clone(), moment.clone());
        move |_: MouseEvent| on_look.emit(moment.clone())
    };
    let (deed, when) = (told(moment), time_of(moment.time));
    let oldest = props.moments.last().map(|moment| time_of(moment.time));
    let latest = props.moments.first().map(|moment| time_of(moment.time));
    html! {
        <div class="library-timeline">
            <input type="range" min="0" max={last.to_string()} value={(last - at).to_string()} {oninput} aria-label={say(Key::LibraryMoment)}
                aria-valuetext={format!("{when}: {deed}")} data-testid="timeline" />
            <p class="library-ends small faint" aria-hidden="true"><span>{ oldest }</span><span>{ latest }</span></p>
            <p data-testid="timeline-moment"><span class="strong">{ when }</span>{" · "}<bdi>{ deed }</bdi></p>
            <Button {onclick} testid="see-then">{ say(Key::LibrarySeeThen) }</Button>
        </div>
    }
}
