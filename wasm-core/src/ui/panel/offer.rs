//! What is asked over the panel's window: whether it is a space's, and whether what was open is wanted back.

use protocol::SpaceId;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::{Answer, Ask};
use crate::language::Key;
use crate::ui::backend::ask;
use crate::ui::chrome_page::open_own;
use crate::ui::panel::state::Input;
use crate::ui::parts::{Banner, Button, Tone};
use crate::ui::say::{count, say, say_with};
use crate::view::Projection;

/// What the question needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Everything in short: with another one there may be another question.
    pub projection: Projection,
    /// The window the panel stands in.
    pub window: Option<i32>,
    /// What went wrong.
    pub on_input: Callback<Input>,
}

/// The question, if there is one.
#[component]
pub fn Offered(props: &Props) -> Html {
    let offer = use_state(|| (None::<SpaceId>, 0));
    let spaces = props.projection.spaces.iter();
    let followed: Vec<_> = spaces.map(|space| (space.space, space.window)).collect();
    use_effect_with((props.window, followed), {
        let offer = offer.clone();
        move |(window, _)| {
            if let Some(window) = *window {
                let gone = Vec::new();
                spawn_local(async move {
                    offer.set(match ask(Ask::Offer { window, gone }).await {
                        Ok(Answer::Space(space)) => (Some(space), 0),
                        Ok(Answer::Lacking { left_out, .. }) => (None, left_out),
                        _ => (None, 0),
                    });
                });
            }
        }
    });
    let Some(window) = props.window else {
        return Html::default();
    };
    let (space, tabs) = *offer;
    let named = |id: SpaceId| {
        let mut spaces = props.projection.spaces.iter();
        spaces.find(|space| space.space == id)
    };
    let (words, label) = match (space.map(named), tabs) {
        (Some(Some(space)), _) => (say_with(Key::IsThisSpace, &[("space", &space.name)]), Key::Follow),
        (Some(None), _) | (None, 0) => return Html::default(),
        (None, tabs) => (count(Key::ReopenAsk, tabs, &[]), Key::Show),
    };
    let word = |yes: bool| {
        let (offer, on_input) = (offer.clone(), props.on_input.clone());
        move |_: MouseEvent| {
            offer.set((None, 0));
            let on_input = on_input.clone();
            spawn_local(async move {
                let outcome = match ask(Ask::Word { window, space, yes }).await {
                    Ok(_) if yes && space.is_none() => open_own("options.html#earlier"),
                    Ok(_) => Ok(()),
                    Err(why) => Err(why.words()),
                };
                if let Err(words) = outcome {
                    on_input.emit(Input::WentWrong(Some(words)));
                }
            });
        }
    };
    html! {
        <Banner tone={Tone::Info} testid="offer">
            {words}
            <div class="buttons">
                <Button onclick={word(false)} testid="offer-no">{ say(Key::No) }</Button>
                <Button onclick={word(true)} testid="offer-yes">{ say(label) }</Button>
            </div>
        </Banner>
    }
}
