//! A sentence across a screen or panel: what happened, and what to do.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Icon, Name};
use crate::ui::say::say;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Info,
    /// It waits or may go wrong.
    Warning,
    /// It went wrong.
    Danger,
}

/// What a banner needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// How much it matters.
    pub tone: Tone,
    /// The sentence, and a button if there is something to do.
    pub children: Html,
    /// Called by the close button; without it there is none.
    #[prop_or_default]
    pub on_close: Option<Callback<()>>,
    /// For tests.
    #[prop_or("notice")]
    pub testid: &'static str,
}

/// A banner.
#[component]
pub fn Banner(props: &Props) -> Html {
    let (class, role) = match props.tone {
        Tone::Info => ("banner info", "status"),
        Tone::Warning => ("banner warning", "status"),
        Tone::Danger => ("banner danger", "alert"),
    };
    html! {
        <div {class} {role} data-testid={props.testid}>
            <div class="grow">{ props.children.clone() }</div>
            if let Some(on_close) = props.on_close.clone() {
                <button type="button" class="icon-button" aria-label={say(Key::Dismiss)} data-testid="dismiss" onclick={move |_| on_close.emit(())}>
                    <Icon name={Name::Close} />
                </button>
            }
        </div>
    }
}
