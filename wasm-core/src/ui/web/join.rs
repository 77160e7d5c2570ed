//! Joining by a link: who invites to what, before anything is asked; then a name, then in.

use std::rc::Rc;

use protocol::op::person_name;
use protocol::rest::{Credential, InvitePreview};
use protocol::{Code, SpaceId};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ask::Problem;
use crate::language::Key;
use crate::ui::backend::Trouble;
use crate::ui::parts::{Banner, Button, Chip, Empty, Field, Kind, Loading, Logo, Name, Tone};
use crate::ui::say::{ahead, count, rich, say, say_with};
use crate::ui::share::{role_means, role_name};
use crate::ui::web::api;
use crate::ui::web::app::{forget_secret, remember_member};

/// What the screen needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// From the link.
    pub secret: Option<String>,
    /// The person is in.
    pub on_space: Callback<SpaceId>,
}

#[derive(Clone, PartialEq)]
enum Stage {
    Loading,
    Failed(Trouble),
    Preview(InvitePreview),
}

/// Who this browser is to the relay.
#[derive(Clone, PartialEq)]
enum Known {
    /// The relay is being asked: joining must wait, or an old guest would become a new one.
    Asking,
    /// Nobody yet.
    Nobody,
    /// The guest of this name.
    Guest(String),
}

#[derive(Clone, PartialEq)]
struct State {
    stage: Stage,
    known: Known,
    name: String,
    joining: bool,
    trouble: Option<Trouble>,
}

enum Input {
    Again,
    Previewed(Result<InvitePreview, Trouble>),
    Known(Result<Known, Trouble>),
    Named(String),
    Began,
    Failed(Trouble),
}

impl Reducible for State {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::Again => {
                next.stage = Stage::Loading;
                next.known = Known::Asking;
            }
            Input::Previewed(Ok(_)) if matches!(next.stage, Stage::Failed(_)) => {}
            Input::Previewed(Ok(preview)) => next.stage = Stage::Preview(preview),
            Input::Previewed(Err(why)) | Input::Known(Err(why)) => next.stage = Stage::Failed(why),
            Input::Known(Ok(known)) => {
                if let Known::Guest(name) = &known
                    && next.name.is_empty()
                {
                    next.name.clone_from(name);
                }
                next.known = known;
            }
            Input::Named(name) => {
                next.name = name;
                next.trouble = None;
            }
            Input::Began => {
                next.joining = true;
                next.trouble = None;
            }
            Input::Failed(why) => {
                next.joining = false;
                // The link itself is no good any more: there is nothing left to fill in.
                match api::code_of(&why) {
                    Some(
                        Code::InviteExpired
                        | Code::InviteRevoked
                        | Code::NoSuchInvite
                        | Code::Removed
                        | Code::SpaceDeleted
                        | Code::SpaceFull,
                    ) => {
                        next.stage = Stage::Failed(why);
                    }
                    _ => next.trouble = Some(why),
                }
            }
        }
        Rc::new(next)
    }
}

async fn join(state: &UseReducerHandle<State>, secret: &str) -> Result<SpaceId, Trouble> {
    let relay = api::relay();
    let name = state.name.trim();
    match &state.known {
        Known::Guest(before) if before == name => {}
        Known::Guest(_) => drop(relay.rename(name).await.map_err(api::trouble)?),
        Known::Asking | Known::Nobody => {
            let guest = relay.new_guest(name, Credential::Cookie).await;
            drop(guest.map_err(api::trouble)?);
            // Should the rest fail, the next try is this guest's.
            state.dispatch(Input::Known(Ok(Known::Guest(name.to_owned()))));
        }
    }
    let joined = relay.redeem(secret).await.map_err(api::trouble)?;
    remember_member(joined.space, Some(joined.member));
    forget_secret();
    Ok(joined.space)
}

fn load(state: &UseReducerHandle<State>, secret: String) {
    let known = state.clone();
    spawn_local(async move {
        let found = match api::relay().me().await.map_err(api::trouble) {
            Ok(me) => Ok(Known::Guest(me.name)),
            Err(why) if api::code_of(&why) == Some(Code::Unauthenticated) => Ok(Known::Nobody),
            Err(why) => Err(why),
        };
        known.dispatch(Input::Known(found));
    });
    let state = state.clone();
    spawn_local(async move {
        state.dispatch(Input::Previewed(
            api::relay().preview(&secret).await.map_err(api::trouble),
        ));
    });
}

/// What to do about a link that does not work.
fn advice(why: &Trouble) -> Option<Key> {
    match why {
        Trouble::Problem(Problem::RelayAway { .. } | Problem::NotARelay { .. }) => Some(Key::RelayAwayAdvice),
        _ => match api::code_of(why)? {
            Code::SpaceFull => Some(Key::SpaceFullAdvice),
            Code::Removed => Some(Key::RemovedAdvice),
            _ => None,
        },
    }
}

/// The screen.
#[component]
pub fn Join(props: &Props) -> Html {
    let state = use_reducer(|| State {
        stage: Stage::Loading,
        known: Known::Asking,
        name: String::new(),
        joining: false,
        trouble: None,
    });
    use_effect_with(props.secret.clone(), {
        let state = state.clone();
        move |secret| match secret {
            Some(secret) => load(&state, secret.clone()),
            None => state.dispatch(Input::Previewed(Err(Trouble::Problem(Problem::Refused(
                Code::NoSuchInvite.into(),
            ))))),
        }
    });
    let again = {
        let (state, secret) = (state.clone(), props.secret.clone());
        move |_: MouseEvent| {
            if let Some(secret) = secret.clone() {
                state.dispatch(Input::Again);
                load(&state, secret);
            }
        }
    };
    let inner = match &state.stage {
        Stage::Loading => html! { <Loading /> },
        Stage::Failed(why) => {
            let may_retry = props.secret.is_some() && api::code_of(why).is_none_or(Code::is_transient);
            html! {
                <div class="card" data-testid="join-trouble" data-code={api::code_of(why).map(Code::as_str)}>
                    <Logo />
                    <Empty icon={Name::Warning} text={why.words()} whole=true>
                        if let Some(advice) = advice(why) { <p class="hint">{ say(advice) }</p> }
                        if may_retry { <Button kind={Kind::Primary} onclick={again} testid="try-again">{ say(Key::TryAgain) }</Button> }
                    </Empty>
                </div>
            }
        }
        Stage::Preview(preview) => {
            html! { <Invitation preview={preview.clone()} secret={props.secret.clone().unwrap_or_default()} state={state.clone()} on_space={props.on_space.clone()} /> }
        }
    };
    html! { <main class="plain">{inner}</main> }
}

#[derive(Clone, PartialEq, Properties)]
struct InvitationProps {
    preview: InvitePreview,
    secret: String,
    state: UseReducerHandle<State>,
    on_space: Callback<SpaceId>,
}

/// The invitation and the name.
#[component]
fn Invitation(props: &InvitationProps) -> Html {
    let InvitationProps {
        preview,
        state,
        on_space,
        secret,
    } = props;
    let field = use_node_ref();
    use_effect_with((), {
        let field = field.clone();
        move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let _ = field.focus();
            }
        }
    });
    let on_input = {
        let state = state.clone();
        Callback::from(move |name| state.dispatch(Input::Named(name)))
    };
    let good = person_name(&state.name).is_ok() && state.known != Known::Asking;
    let onsubmit = {
        let (state, secret, on_space) = (state.clone(), secret.clone(), on_space.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if state.joining || !good {
                return;
            }
            state.dispatch(Input::Began);
            let (state, secret, on_space) = (state.clone(), secret.clone(), on_space.clone());
            spawn_local(async move {
                match join(&state, &secret).await {
                    Ok(space) => on_space.emit(space),
                    Err(why) => state.dispatch(Input::Failed(why)),
                }
            });
        }
    };
    let open = {
        let (on_space, space) = (on_space.clone(), preview.space);
        move |_: MouseEvent| {
            forget_secret();
            on_space.emit(space);
        }
    };
    let who = [(
        "name",
        html! { <bdi class="strong">{preview.inviter.clone()}</bdi> },
    )];
    html! {
        <form class="card" {onsubmit} data-testid="preview">
            <Logo />
            <p class="lead">{ rich(Key::InvitesYou, &who) }</p>
            <h1><Chip name={preview.space_name.clone()} colour={preview.colour} big=true /></h1>
            <p class="muted">{ count(Key::TabCount, preview.tabs as usize, &[]) }{" · "}{ count(Key::MemberCount, preview.members as usize, &[]) }</p>
            <dl class="facts">
                <dt>{ say(Key::YouWillBe) }</dt>
                <dd><span class="strong">{ say(role_name(preview.role)) }</span><span class="muted block-line">{ say(role_means(preview.role)) }</span></dd>
                <dt>{ say(Key::LinkEndsLabel) }</dt>
                <dd>{ ahead(preview.expires) }</dd>
            </dl>
            if preview.already_in {
                <p class="hint">{ say(Key::AlreadyIn) }</p>
                <Button kind={Kind::Primary} class="wide" onclick={open} testid="open-space">{ say(Key::OpenSpace) }</Button>
            } else {
                <Field label={say(Key::YourName)} value={state.name.clone()} {on_input} hint={say(Key::JoinNameHint)} maxlength={50} autocomplete="name" required=true
                    node={field} testid="join-name" />
                if let Some(why) = &state.trouble { <Banner tone={Tone::Danger}>{ why.words() }</Banner> }
                <Button submit=true kind={Kind::Primary} class="wide" busy={state.joining} disabled={!good} testid="join">
                    { if state.joining { say(Key::Joining).to_owned() } else { say_with(Key::JoinSpace, &[("space", &preview.space_name)]) } }
                </Button>
            }
        </form>
    }
}
