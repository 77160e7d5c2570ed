//! Names for elements that refer to each other on one page.

use std::cell::Cell;

use yew::prelude::*;

thread_local! {
    static GIVEN: Cell<u32> = const { Cell::new(0) };
}

/// An element's `id`, the same as long as the component is on the page, and no other's.
#[hook]
pub fn use_id() -> AttrValue {
    let id = use_memo((), |()| {
        let number = GIVEN.get() + 1;
        GIVEN.set(number);
        AttrValue::from(["part-", &number.to_string()].concat())
    });
    (*id).clone()
}
