//! What stands where something is being fetched: nothing for a moment, then a word and a bar that moves.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::Progress;
use crate::ui::say::say;

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What is being done.
    #[prop_or(Key::Loading)]
    pub text: Key,
}

/// All there is on a page that waits: its heading, too.
#[component]
pub fn Loading(props: &Props) -> Html {
    html! { <div class="loading" role="status"><h1>{ say(props.text) }</h1><Progress label={say(props.text)} /></div> }
}
