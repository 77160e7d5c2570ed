//! The popup's last line: how it stands with saving and sending, in plain words; side panel and options.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Icon, Name};
use crate::ui::popup::state::Deed;
use crate::ui::say::{count, say};
use crate::view::{LinkView, Projection};

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Everything in short; `None` while it is read.
    pub projection: Option<Projection>,
    /// A button was clicked.
    pub on_deed: Callback<Deed>,
}

/// How it stands, in words, and the class of the dot.
fn standing(projection: &Projection) -> (String, &'static str) {
    let spaces = &projection.spaces;
    let unsent: usize = spaces.iter().map(|space| space.unsent).sum();
    let lost = spaces.iter().any(|space| space.link == LinkView::Reconnecting);
    let connecting = spaces.iter().any(|space| space.link == LinkView::Connecting);
    let shared = spaces.iter().any(|space| space.link == LinkView::Live);
    match (unsent, lost || connecting) {
        (0, false) if shared => (say(Key::AllSent).to_owned(), "state"),
        (0, false) => (say(Key::AllSaved).to_owned(), "state"),
        (0, true) if lost => (say(Key::ReconnectingKept).to_owned(), "state warn"),
        (0, true) => (say(Key::Connecting).to_owned(), "state warn"),
        (unsent, true) => (count(Key::UnsentOffline, unsent, &[]), "state warn"),
        (unsent, false) => (count(Key::Sending, unsent, &[]), "state warn"),
    }
}

/// The footer.
#[component]
pub fn Footer(props: &Props) -> Html {
    let (words, dot) = props
        .projection
        .as_ref()
        .map_or((String::new(), "state off"), standing);
    let deed = |deed: Deed, icon: Name, testid: &'static str| {
        let on_deed = props.on_deed.clone();
        html! {
            <button type="button" class="icon-button" aria-label={say(deed.label())} title={say(deed.label())} data-testid={testid}
                onclick={move |_: MouseEvent| on_deed.emit(deed)}><Icon name={icon} /></button>
        }
    };
    html! {
        <footer class="bar">
            <span class={dot}></span>
            <span class="grow" role="status" data-testid="link-state">{words}</span>
            { deed(Deed::OpenPanel, Name::Panel, "open-panel") }
            { deed(Deed::OpenOptions, Name::Gear, "open-options") }
        </footer>
    }
}
