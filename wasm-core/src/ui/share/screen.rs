//! Sharing in the popup: the screen that takes the list's place. It is part of the pages' module, which the
//! popup loads when the screen is opened, so that the popup itself stays small.

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use protocol::{Role, SpaceId};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::backend::{LinkMaker, Source, WriterLinks};
use crate::ui::chrome_page;
use crate::ui::parts::{Chip, IconButton, Name};
use crate::ui::port_source::PortSource;
use crate::ui::say::say;
use crate::ui::share::ShareForm;
use crate::ui::space::live::use_space;
use crate::ui::space::members::Members;
use crate::view::{LinkView, Projection, SpaceSummary};

/// What the screen needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Which space is shared.
    pub space: SpaceId,
    /// Back to the list.
    pub on_back: Callback<()>,
}

fn summary(projection: &Projection, space: SpaceId) -> Option<&SpaceSummary> {
    projection.spaces.iter().find(|summary| summary.space == space)
}

/// Escape goes back, also when nothing has the focus; left to Chrome it would close the popup.
#[hook]
fn use_escape(on_back: Callback<()>) {
    use_effect_with(on_back, |on_back| {
        let on_back = on_back.clone();
        let listener = EventListener::new_with_options(
            &gloo::utils::document(),
            "keydown",
            EventListenerOptions::enable_prevent_default(),
            move |event| {
                let escape = event
                    .dyn_ref::<KeyboardEvent>()
                    .is_some_and(|event| event.key() == "Escape" && !event.is_composing());
                // A menu that Escape closed has said so.
                if escape && !event.default_prevented() {
                    event.prevent_default();
                    on_back.emit(());
                }
            },
        );
        move || drop(listener)
    });
}

/// The screen.
#[component]
pub fn ShareScreen(props: &Props) -> Html {
    let projection = use_state(|| None::<Projection>);
    use_effect_with((), {
        let projection = projection.clone();
        move |()| {
            spawn_local(
                async move { projection.set(Some(chrome_page::projection().await.unwrap_or_default())) },
            );
        }
    });
    let onclick = {
        let on_back = props.on_back.clone();
        move |_: MouseEvent| on_back.emit(())
    };
    let back = use_node_ref();
    use_effect_with((), {
        let back = back.clone();
        move |()| {
            if let Some(back) = back.cast::<HtmlElement>() {
                let _ = back.focus();
            }
        }
    });
    use_escape(props.on_back.clone());
    let known = projection
        .as_ref()
        .and_then(|projection| summary(projection, props.space));
    html! {
        <main class="popup share-screen">
            <header class="head">
                <IconButton icon={Name::Back} label={say(Key::Back)} node={back} {onclick} testid="back" />
                <h1 class="grow clip">{ say(Key::Share) }</h1>
                if let Some(known) = known { <Chip name={known.name.clone()} colour={known.colour} /> }
            </header>
            <div class="screen-body">
                if let Some(projection) = &*projection {
                    <Sharing space={props.space} shared={known.is_some_and(|known| known.link != LinkView::Private)}
                        role={known.map_or(Role::Owner, |known| known.role)} your_name={projection.your_name.clone()} />
                }
            </div>
        </main>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SharingProps {
    space: SpaceId,
    shared: bool,
    role: Role,
    your_name: String,
}

/// The form, and the members as soon as the space is shared.
#[component]
fn Sharing(props: &SharingProps) -> Html {
    // Sharing gives the space another id; the screen goes on with that one.
    let shared = use_state(|| props.shared.then_some(props.space));
    let links = {
        let (space, shared) = (props.space, props.shared);
        use_memo((), move |()| LinkMaker(Rc::new(WriterLinks::new(space, shared))))
    };
    let on_shared = {
        let shared = shared.clone();
        Callback::from(move |space| shared.set(Some(space)))
    };
    html! {
        <>
            <ShareForm links={(*links).clone()} your_name={props.your_name.clone()} ask_name={true} role={props.role} {on_shared} />
            if let Some(space) = *shared { <SharedWith {space} /> }
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SharedWithProps {
    space: SpaceId,
}

/// The members, as soon as the writer sent the space.
#[component]
fn SharedWith(props: &SharedWithProps) -> Html {
    let source = use_memo(props.space, |space| {
        Source(Rc::new(PortSource::open(Some(*space), Callback::noop())))
    });
    let Some(view) = use_space(&source) else {
        return Html::default();
    };
    html! { <Members {view} source={(*source).clone()} /> }
}
