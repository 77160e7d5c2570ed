//! All spaces, when none follows this window.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::{Answer, Ask};
use crate::language::Key;
use crate::ui::backend::ask;
use crate::ui::colour_class;
use crate::ui::panel::library::show_library;
use crate::ui::panel::offer::Offered;
use crate::ui::panel::state::{Chosen, Input};
use crate::ui::parts::{Banner, Button, Empty, IconButton, Kind, LiveBadge, Name, People, Tone};
use crate::ui::say::{ago, count, say};
use crate::view::{Projection, SpaceSummary};

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Everything in short.
    pub projection: Projection,
    /// The window the panel stands in.
    pub window: Option<i32>,
    /// What went wrong, in words.
    pub trouble: Option<String>,
    /// What the person did.
    pub on_input: Callback<Input>,
}

/// The list.
#[component]
pub fn SpaceList(props: &Props) -> Html {
    let spaces = &props.projection.spaces;
    let followed = spaces
        .iter()
        .any(|space| space.window.is_some() && space.window == props.window);
    let save = {
        let (window, on_input) = (props.window, props.on_input.clone());
        move |_: MouseEvent| {
            let (Some(window), on_input) = (window, on_input.clone()) else {
                return;
            };
            spawn_local(async move {
                match ask(Ask::SaveWindow { window, name: None }).await {
                    Ok(
                        Answer::Space(space)
                        | Answer::Lacking {
                            space: Some(space), ..
                        },
                    ) => on_input.emit(Input::Chose(Chosen::Space(space))),
                    Ok(_) => {}
                    Err(why) => on_input.emit(Input::WentWrong(Some(why.words()))),
                }
            });
        }
    };
    // Without its window the panel has nothing else to say: the words stay.
    let on_close = props.window.map(|_| {
        let on_input = props.on_input.clone();
        Callback::from(move |()| on_input.emit(Input::WentWrong(None)))
    });
    let library = {
        let on_input = props.on_input.clone();
        move |_: MouseEvent| show_library(None, &on_input)
    };
    let row = |space: &SpaceSummary| {
        let (on_input, id) = (props.on_input.clone(), space.space);
        html! {
            <li key={id.to_string()}>
                <button type="button" class="row row-button" onclick={move |_: MouseEvent| on_input.emit(Input::Chose(Chosen::Space(id)))} data-testid="space-row">
                    <span class={classes!("dot", colour_class(space.colour))}></span>
                    <span class="grow clip"><bdi class="strong">{space.name.clone()}</bdi><span class="faint">{" · "}{ count(Key::TabCount, space.tabs, &[]) }</span></span>
                    <span class="end">
                        if !space.streams.is_empty() { <LiveBadge /> }
                        if space.here.is_empty() { <span>{ ago(space.changed) }</span> } else { <People people={space.here.clone()} /> }
                    </span>
                </button>
            </li>
        }
    };
    html! {
        <main class="panel">
            <header class="head"><div class="head-row"><h1 class="grow">{ say(Key::Spaces) }</h1>
                <IconButton icon={Name::Open} label={say(Key::LibraryOpenPage)} onclick={library} testid="open-library" />
            </div></header>
            if let Some(words) = props.trouble.clone() {
                <Banner tone={Tone::Danger} {on_close}>{words}</Banner>
            }
            <Offered projection={props.projection.clone()} window={props.window} on_input={props.on_input.clone()} />
            if spaces.is_empty() {
                <Empty icon={Name::Stack} text={say(Key::NoSpaces)} />
            }
            <ul class="scroll grow" data-testid="spaces">{ for spaces.iter().map(row) }</ul>
            if !followed {
                <div class="actions">
                    <Button kind={Kind::Primary} icon={Name::Save} class="grow" disabled={props.window.is_none()} onclick={save} testid="save-window">{ say(Key::SaveWindow) }</Button>
                </div>
            }
        </main>
    }
}
