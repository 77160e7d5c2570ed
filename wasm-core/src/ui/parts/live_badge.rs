//! "LIVE": one of the few things that move.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::say::say;

/// The badge.
#[component]
pub fn LiveBadge() -> Html {
    html! { <span class="badge-live">{ say(Key::Live) }</span> }
}
