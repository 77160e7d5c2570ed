//! The start page: what this is, and the spaces of this browser's guest.

use protocol::rest::{Me, MySpace};
use protocol::{Code, SpaceId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::backend::Trouble;
use crate::ui::parts::{Banner, Button, Kind, Logo, Tone};
use crate::ui::say::say;
use crate::ui::share::role_name;
use crate::ui::web::api;

/// What the page needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// A space was chosen.
    pub on_space: Callback<SpaceId>,
}

/// The start page.
#[component]
pub fn Home(props: &Props) -> Html {
    let me = use_state(|| None::<Result<Me, Trouble>>);
    let attempt = use_state(|| 0_u32);
    use_effect_with(*attempt, {
        let me = me.clone();
        move |_| {
            me.set(None);
            spawn_local(async move { me.set(Some(api::relay().me().await.map_err(api::trouble))) });
        }
    });
    let again = move |_: MouseEvent| attempt.set(*attempt + 1);
    let row = |space: &MySpace| {
        let (on_space, id) = (props.on_space.clone(), space.space);
        let onclick = move |event: MouseEvent| {
            event.prevent_default();
            on_space.emit(id);
        };
        html! {
            <li key={id.to_string()}>
                <a class="row tall row-button" href={format!("/s/{id}")} {onclick} data-testid="your-space">
                    <bdi class="grow clip strong">{space.name.clone()}</bdi><span class="end">{ say(role_name(space.role)) }</span>
                </a>
            </li>
        }
    };
    let spaces = match &*me {
        None => html! { <p class="hint" role="status">{ say(Key::Loading) }</p> },
        Some(Err(why)) if api::code_of(why) == Some(Code::Unauthenticated) => {
            html! { <p class="hint">{ say(Key::NoSpacesHere) }</p> }
        }
        Some(Err(why)) => html! {
            <Banner tone={Tone::Warning}>
                { why.words() }
                <Button kind={Kind::Link} onclick={again} testid="try-again">{ say(Key::TryAgain) }</Button>
            </Banner>
        },
        Some(Ok(me)) if me.spaces.is_empty() => html! { <p class="hint">{ say(Key::NoSpacesHere) }</p> },
        Some(Ok(me)) => html! { <ul data-testid="your-spaces">{ for me.spaces.iter().map(row) }</ul> },
    };
    html! {
        <main class="plain">
            <div class="card">
                <Logo />
                <h1>{"TabSpace"}</h1>
                <p>{ say(Key::WhatThisIs) }</p>
                <section aria-labelledby="yours">
                    <h2 class="section" id="yours">{ say(Key::YourSpaces) }</h2>
                    {spaces}
                </section>
            </div>
        </main>
    }
}
