//! The buttons under the window's tabs: one of them is the primary action.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Banner, Icon, Tone};
use crate::ui::popup::state::{Busy, Deed};
use crate::ui::say::{count, say};

/// What they need.
#[derive(Debug, Clone, PartialEq, Properties)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct Props {
    /// A space follows the window.
    pub saved: bool,
    /// A tab of the window is being streamed from here.
    pub streaming: bool,
    /// How many watch.
    pub watchers: usize,
    /// Somebody wants to watch and finds no way to this browser.
    pub no_path: bool,
    /// The window and the spaces are known.
    pub ready: bool,
    /// What is under way.
    pub busy: Option<Busy>,
    /// One was clicked.
    pub on_deed: Callback<Deed>,
}

/// The buttons.
#[component]
pub fn Actions(props: &Props) -> Html {
    let button = |deed: Deed, kind: &'static str, testid: &'static str, label: Key| {
        let on_deed = props.on_deed.clone();
        let disabled = !props.ready || props.busy.is_some();
        html! {
            <button type="button" class={classes!("button", kind)} {disabled} data-testid={testid}
                onclick={move |_: MouseEvent| on_deed.emit(deed)}>
                <Icon name={deed.icon()} />{ say(label) }
            </button>
        }
    };
    let saving = props.busy == Some(Busy::Saving);
    let starting = props.busy == Some(Busy::Streaming);
    html! {
        <>
        <div class="actions">
            if props.saved {
                { button(Deed::Share, "primary grow", "share", Key::Share) }
            } else {
                { button(Deed::Save, "primary grow", "save-window", if saving { Key::Saving } else { Key::SaveWindow }) }
                { button(Deed::Share, "", "share", Key::Share) }
            }
            if props.streaming {
                { button(Deed::Stop, "live", "stop-stream", Key::Stop) }
                <span class="watchers muted small">{ count(Key::Watching, props.watchers, &[]) }</span>
            } else {
                { button(Deed::Stream, "", "stream-tab", if starting { Key::Starting } else { Key::StreamTab }) }
            }
        </div>
        if props.no_path {
            <Banner tone={Tone::Warning}>{ say(Key::NoPathHost) }</Banner>
        }
        </>
    }
}
