//! The combobox, with the list that it needs beside it.

use yew::prelude::*;

use crate::ui::parts::combobox::{keep_focus, option_id};
use crate::ui::parts::{Combobox, Empty, Favicon, Name, window};

/// What there is to be found: more than is seen at a time.
const PLACES: [&str; 24] = [
    "Accra",
    "Bergen",
    "Bogotá",
    "Cairo",
    "Dakar",
    "Edinburgh",
    "Fès",
    "Geneva",
    "Hanoi",
    "Istanbul",
    "Jaipur",
    "Kyoto",
    "La Paz",
    "Lisbon",
    "Marseille",
    "Nairobi",
    "Oslo",
    "Porto",
    "Quito",
    "Reykjavik",
    "Sarajevo",
    "Tbilisi",
    "Utrecht",
    "Zagreb",
];

/// What a sample needs.
#[derive(Debug, Clone, PartialEq, Properties)]
struct Props {
    /// The field's DOM id.
    id: &'static str,
    /// The list's DOM id.
    list: &'static str,
    /// What was typed.
    start: &'static str,
}

/// A combobox that finds places.
#[component]
fn Finder(props: &Props) -> Html {
    let typed = use_state(|| props.start.to_owned());
    let active = use_state(|| (!props.start.is_empty()).then_some(0));
    let chosen = use_state(|| "");
    let wanted = typed.to_lowercase();
    let found: Vec<&'static str> = PLACES
        .into_iter()
        .filter(|place| place.to_lowercase().contains(&wanted))
        .collect();
    let windowed = window::use_window(found.len(), *active, "div");
    let on_input = {
        let (typed, active) = (typed.clone(), active.clone());
        Callback::from(move |text: String| {
            active.set((!text.is_empty()).then_some(0));
            typed.set(text);
        })
    };
    let on_active = {
        let active = active.clone();
        Callback::from(move |at| active.set(at))
    };
    let on_choose = {
        let (chosen, found) = (chosen.clone(), found.clone());
        Callback::from(move |at: usize| chosen.set(found.get(at).copied().unwrap_or_default()))
    };
    let option = |at: usize| {
        let on_choose = on_choose.clone();
        let on = *active == Some(at);
        html! {
            <div key={at} class={classes!("row", on.then_some("active"))} id={option_id(props.list, at)} role="option" aria-selected={on.to_string()}
                onclick={move |_: MouseEvent| on_choose.emit(at)} onmousedown={|event: MouseEvent| keep_focus(&event)}>
                <Favicon url={["https://", found[at], ".example.org"].concat()} /><span class="clip">{found[at]}</span>
            </div>
        }
    };
    html! {
        <div class="column">
            <Combobox id={props.id} list={props.list} label="Find a place" placeholder="Find a place" value={(*typed).clone()} options={found.len()} active={*active}
                {on_input} {on_active} on_choose={on_choose.clone()} />
            <div class="framed finder">
                if found.is_empty() {
                    <Empty icon={Name::Search} text="Nothing found." />
                } else {
                    <div class="scroll" id={props.list} role="listbox" aria-label="Places" tabindex="0" ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()}>
                        { windowed.list(windowed.rows.clone().map(option)) }
                    </div>
                }
            </div>
            <p class="small muted" role="status" data-testid="chosen">{*chosen}</p>
        </div>
    }
}

/// With everything in its list, with what was found, and with nothing.
pub fn finders() -> Html {
    html! {
        <>
            <Finder id="find-all" list="all-places" start="" />
            <Finder id="find-some" list="some-places" start="ja" />
            <Finder id="find-none" list="no-places" start="Atlantis" />
        </>
    }
}
