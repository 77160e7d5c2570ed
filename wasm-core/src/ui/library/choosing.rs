//! A space is chosen by its name, to put tabs into it or to merge another one into it; or named anew.

use protocol::{Role, SpaceId};
use yew::prelude::*;

use crate::ask::library::Target;
use crate::language::Key;
use crate::library::catalogue::tabs_in;
use crate::ui::colour_class;
use crate::ui::library::deeds::Handle;
use crate::ui::library::placing::end_of;
use crate::ui::parts::combobox::{keep_focus, option_id};
use crate::ui::parts::{Combobox, Icon, Name};
use crate::ui::say::{count, say, say_with};

/// So many spaces are offered.
const OFFERED: usize = 50;
const SPACES: &str = "library-targets";

/// What the choice needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
    /// It is chosen.
    pub then: Callback<Target>,
    /// The choice is over.
    pub on_close: Callback<()>,
    /// Not into this one, and not into a new one.
    #[prop_or_default]
    pub not: Option<SpaceId>,
}

/// A space is chosen, or named anew.
#[component]
pub fn Choosing(props: &Props) -> Html {
    let typed = use_state(String::new);
    let active = use_state(|| Some(0_usize));
    let catalogue = props.library.catalogue.clone().unwrap_or_default();
    let sought = typed.trim().to_lowercase();
    let mut spaces: Vec<_> = catalogue
        .shelves()
        .iter()
        .filter(|shelf| Some(shelf.space) != props.not && shelf.role >= Role::Editor)
        .filter(|shelf| shelf.name.to_lowercase().contains(&sought))
        .collect();
    // What was put aside is offered last.
    spaces.sort_by_key(|shelf| shelf.marks.archived);
    spaces.truncate(OFFERED);
    let mut targets: Vec<Target> = spaces.iter().map(|shelf| end_of(shelf.space)).collect();
    if props.not.is_none() {
        targets.push(Target::New(
            (!typed.trim().is_empty()).then(|| typed.trim().to_owned()),
        ));
    }
    let options = targets.len();
    let on_choose = {
        let (then, on_close) = (props.then.clone(), props.on_close.clone());
        Callback::from(move |at: usize| {
            if let Some(target) = targets.get(at) {
                on_close.emit(());
                then.emit(target.clone());
            }
        })
    };
    let on_input = {
        let (typed, active) = (typed.clone(), active.clone());
        Callback::from(move |text| {
            typed.set(text);
            active.set(Some(0));
        })
    };
    let on_active = {
        let active = active.clone();
        Callback::from(move |at| active.set(at))
    };
    let option = |at: usize, inner: Html| {
        let on_choose = on_choose.clone();
        let on = *active == Some(at);
        html! {
            <div key={at} class={classes!("row", on.then_some("active"))} id={option_id(SPACES, at)} role="option" aria-selected={on.to_string()}
                onclick={move |_: MouseEvent| on_choose.emit(at)} onmousedown={|event: MouseEvent| keep_focus(&event)} data-testid="target">{ inner }</div>
        }
    };
    html! {
        <div class="library-choosing" data-first="">
            <Combobox id="target-search" list={SPACES} label={say(Key::LibraryWhichSpace)} placeholder={say(Key::LibraryWhichSpace)} value={(*typed).clone()}
                {options} active={*active} {on_input} {on_active} on_choose={on_choose.clone()} />
            if options > 0 {
                <div class="scroll" id={SPACES} role="listbox" aria-label={say(Key::Spaces)}>
                    { for spaces.iter().enumerate().map(|(at, shelf)| option(at, html! {
                        <><span class={classes!("dot", colour_class(shelf.colour))}></span><bdi class="grow clip">{ shelf.name.clone() }</bdi>
                        <span class="end">{ count(Key::TabCount, tabs_in(shelf), &[]) }</span></>
                    })) }
                    if props.not.is_none() { { option(spaces.len(), html! {
                        <><Icon name={Name::Plus} /><span class="grow clip">{ if typed.trim().is_empty() { say(Key::LibraryNewSpace).to_owned() } else { say_with(Key::LibraryNewNamed, &[("name", typed.trim())]) } }</span></>
                    }) } }
                </div>
            } else {
                <p class="muted">{ say(Key::NothingFound) }</p>
            }
        </div>
    }
}
