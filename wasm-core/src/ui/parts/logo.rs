//! The sign of TabSpace.

use yew::prelude::*;

/// Two overlapping squares: the sign of TabSpace.
#[component]
pub fn Logo() -> Html {
    html! {
        <svg class="logo" viewBox="0 0 24 24" role="img" aria-label="TabSpace">
            <rect x="3" y="8" width="13" height="12" rx="3.500" class="logo-fill" />
            <path d="M8 8V6.500A3.500 3.500 0 0 1 11.500 3h6A3.500 3.500 0 0 1 21 6.500v6a3.500 3.500 0 0 1-3.500 3.500H16" class="logo-line" />
        </svg>
    }
}
