//! Opening a space on the web page: the session starts, then the space is shown.

use std::rc::Rc;

use protocol::{Code, SpaceId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser::live::Live;
use crate::language::Key;
use crate::ui::backend::{LinkMaker, Source, Trouble};
use crate::ui::parts::{Button, Empty, Kind, Loading, Logo, Name};
use crate::ui::say::{say, say_with};
use crate::ui::web::api::{self, RelayLinks};
use crate::ui::web::app::{remember_member, remembered_member};
use crate::ui::web::live_source::{Changes, LiveSource};
use crate::ui::web::space::SpacePage;

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Which space.
    pub space: SpaceId,
    /// Back to the start page.
    pub on_home: Callback<()>,
}

#[derive(Clone, PartialEq)]
enum Stage {
    Opening,
    Open(Source),
    Refused(Trouble),
    Failed(String),
}

async fn open(space: SpaceId) -> Stage {
    let you = match remembered_member(space) {
        Some(you) => you,
        None => match api::member_of(space).await {
            Ok(you) => {
                remember_member(space, Some(you));
                you
            }
            Err(why) => return Stage::Refused(why),
        },
    };
    let changes = Changes::default();
    let on_change = {
        let changes = changes.clone();
        Rc::new(move || changes.note())
    };
    match Live::start(api::origin(), on_change).await {
        Ok(live) => {
            live.open(space, you);
            Stage::Open(Source(Rc::new(LiveSource::new(live, space, changes))))
        }
        Err(failure) => Stage::Failed(failure.0),
    }
}

/// The space, or why it is not there.
#[component]
pub fn Opening(props: &Props) -> Html {
    let stage = use_state(|| Stage::Opening);
    let attempt = use_state(|| 0_u32);
    use_effect_with((props.space, *attempt), {
        let stage = stage.clone();
        move |(space, _)| {
            let space = *space;
            stage.set(Stage::Opening);
            spawn_local(async move { stage.set(open(space).await) });
        }
    });
    let again = {
        let attempt = attempt.clone();
        move |_: MouseEvent| attempt.set(*attempt + 1)
    };
    let links = {
        let space = props.space;
        use_memo(space, |space| LinkMaker(Rc::new(RelayLinks::new(*space))))
    };
    let trouble = |words: String, advice: Option<Key>, retry: bool| {
        html! {
            <main class="plain">
                <div class="card" data-testid="space-trouble">
                    <Logo />
                    <Empty icon={Name::Warning} text={words} whole=true>
                        if let Some(advice) = advice { <p class="hint">{ say(advice) }</p> }
                        if retry { <Button kind={Kind::Primary} onclick={again.clone()} testid="try-again">{ say(Key::TryAgain) }</Button> }
                        <a class="button quiet" href="/">{ say(Key::ToStart) }</a>
                    </Empty>
                </div>
            </main>
        }
    };
    match &*stage {
        Stage::Opening => {
            html! { <main class="plain"><Loading text={Key::Connecting} /></main> }
        }
        Stage::Open(source) => {
            html! { <SpacePage source={source.clone()} links={(*links).clone()} on_home={props.on_home.clone()} /> }
        }
        Stage::Refused(why) => {
            let advice = match api::code_of(why) {
                Some(Code::Unauthenticated | Code::NotAMember | Code::NoSuchSpace) => Some(Key::AskForLink),
                Some(Code::Removed) => Some(Key::RemovedAdvice),
                Some(_) => None,
                None => Some(Key::RelayAwayAdvice),
            };
            trouble(
                why.words(),
                advice,
                api::code_of(why).is_none_or(Code::is_transient),
            )
        }
        Stage::Failed(words) => trouble(say_with(Key::BrowserRefused, &[("words", words)]), None, true),
    }
}
