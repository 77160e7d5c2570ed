//! A long list of cards: the first ones, and a button that shows more of them.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Button, Kind};
use crate::ui::say::count;

/// So many cards are shown at first, and with each press so many more.
const STEP: usize = 200;

/// How many of `len` cards are shown, and the button that shows more; it says how many there are still.
#[hook]
pub fn use_more(len: usize) -> (usize, Html) {
    let shown = use_state_eq(|| STEP);
    let left = len.saturating_sub(*shown);
    let onclick = {
        let shown = shown.clone();
        move |_: MouseEvent| shown.set(*shown + STEP)
    };
    let button = if left == 0 {
        Html::default()
    } else {
        html! { <p><Button kind={Kind::Quiet} {onclick} testid="show-more">{ count(Key::LibraryShowMore, left.min(STEP), &[]) }</Button><span class="muted">{ rest(left) }</span></p> }
    };
    (len.min(*shown), button)
}

fn rest(left: usize) -> String {
    if left <= STEP {
        return String::new();
    }
    count(Key::LibraryStillThere, left, &[])
}
