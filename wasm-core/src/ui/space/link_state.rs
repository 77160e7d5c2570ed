//! How the space stands with the relay and what this person may do, in words.

use protocol::Role;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::say::{count, refusal, say};
use crate::view::{LinkView, SpaceView};

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space's link.
    pub link: LinkView,
    /// What this person may do.
    pub role: Role,
    /// Changes the relay has not acknowledged.
    pub unsent: usize,
}

/// The props of a view.
pub fn of(view: &SpaceView) -> Props {
    Props {
        link: view.link.clone(),
        role: view.role,
        unsent: view.unsent,
    }
}

/// A dot and a sentence.
#[component]
pub fn LinkState(props: &Props) -> Html {
    let (dot, words) = match &props.link {
        LinkView::Private => ("state", say(Key::PrivateHere).to_owned()),
        LinkView::Closed => ("state", say(Key::SharedNotOpen).to_owned()),
        LinkView::Connecting => ("state warn", say(Key::Connecting).to_owned()),
        LinkView::Live if props.unsent > 0 => ("state warn", count(Key::Sending, props.unsent, &[])),
        LinkView::Live => (
            "state",
            say(match props.role {
                Role::Viewer => Key::ConnectedViewer,
                Role::Commenter => Key::ConnectedCommenter,
                Role::Editor => Key::ConnectedEditor,
                Role::Owner => Key::ConnectedOwner,
            })
            .to_owned(),
        ),
        LinkView::Reconnecting if props.unsent > 0 => {
            ("state warn", count(Key::UnsentOffline, props.unsent, &[]))
        }
        LinkView::Reconnecting => ("state warn", say(Key::ReconnectingKept).to_owned()),
        LinkView::Ended { reason } => ("state off", refusal(reason)),
    };
    let state = match &props.link {
        LinkView::Private => "private",
        LinkView::Closed => "closed",
        LinkView::Connecting => "connecting",
        LinkView::Live => "live",
        LinkView::Reconnecting => "reconnecting",
        LinkView::Ended { .. } => "ended",
    };
    html! {
        <span class="link-state" role="status" data-testid="link-state" data-link={state} title={words.clone()}>
            <span class={dot}></span><span class="clip">{words}</span>
        </span>
    }
}
