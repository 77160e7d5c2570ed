//! The words of a button that shows only a picture (WAI-ARIA tooltip pattern).

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, Node};
use yew::prelude::*;

use crate::ui::parts::ShortcutHint;
use crate::ui::parts::place::{Align, beside};

/// A pointer that rests so long wants to know.
const AFTER_MS: u32 = 400;
/// The way from the button to its words, which may be read with the pointer on them.
const LINGER_MS: u32 = 120;

/// What a tooltip needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// The words: also the name of what it stands beside, so it is not said to describe that once more.
    pub text: AttrValue,
    /// Keys that do the same.
    #[prop_or_default]
    pub keys: Option<&'static str>,
    /// One element.
    pub children: Html,
}

/// Whether an event only went from one element within the tooltip's host to another.
fn stays(host: &NodeRef, related: Option<web_sys::EventTarget>) -> bool {
    let to = related.and_then(|related| related.dyn_into::<Node>().ok());
    host.cast::<Node>()
        .zip(to)
        .is_some_and(|(host, to)| host.contains(Some(&to)))
}

fn has_keyboard_focus(host: &NodeRef) -> bool {
    host.cast::<Element>()
        .is_some_and(|host| matches!(host.query_selector(":focus-visible"), Ok(Some(_))))
}

/// An element with words that come when the pointer rests on it, or at once when a key led the focus there. A
/// press or Escape takes them away; a finger never brings them.
#[component]
pub fn Tooltip(props: &Props) -> Html {
    let (host, tip) = (use_node_ref(), use_node_ref());
    let shown = use_state_eq(|| false);
    let timer = use_mut_ref(|| None::<Timeout>);
    use_effect_with((*shown, props.text.clone()), {
        let (host, tip, shown) = (host.clone(), tip.clone(), shown.clone());
        move |(is_shown, _)| {
            let anchor = host.cast::<Element>().and_then(|host| host.first_element_child());
            if let Some((tip, anchor)) = tip.cast::<HtmlElement>().zip(anchor)
                && let Ok(anchor) = anchor.dyn_into::<HtmlElement>()
            {
                beside(&tip, &anchor, Align::Centre);
            }
            // Escape is heard wherever the focus is; what else it does, as closing a dialog, it still does.
            let listener = is_shown.then(|| {
                EventListener::new(&gloo::utils::document(), "keydown", move |event: &Event| {
                    let event = event.dyn_ref::<KeyboardEvent>();
                    if event.is_some_and(|event| event.key() == "Escape") {
                        shown.set(false);
                    }
                })
            });
            move || drop(listener)
        }
    });
    let turn = {
        let (shown, timer) = (shown.clone(), timer.clone());
        move |on: bool, after_ms: u32| {
            let shown = shown.clone();
            *timer.borrow_mut() = Some(Timeout::new(after_ms, move || shown.set(on)));
        }
    };
    let onpointerover = {
        let (host, turn) = (host.clone(), turn.clone());
        move |event: PointerEvent| {
            if event.pointer_type() == "mouse" && !stays(&host, event.related_target()) {
                turn(true, AFTER_MS);
            }
        }
    };
    let onpointerout = {
        let (host, turn) = (host.clone(), turn.clone());
        move |event: PointerEvent| {
            if !stays(&host, event.related_target()) && !has_keyboard_focus(&host) {
                turn(false, LINGER_MS);
            }
        }
    };
    let onfocusin = {
        let host = host.clone();
        move |_: FocusEvent| {
            if has_keyboard_focus(&host) {
                turn(true, 0);
            }
        }
    };
    let hide = Callback::from({
        let shown = shown.clone();
        move |()| {
            drop(timer.borrow_mut().take());
            shown.set(false);
        }
    });
    let onfocusout = hide.reform(|_: FocusEvent| ());
    let onclick = hide.reform(|_: MouseEvent| ());
    html! {
        <span class="tooltip-host" ref={host} {onpointerover} {onpointerout} {onfocusin} {onfocusout} {onclick}>
            { props.children.clone() }
            if *shown { <span class="tooltip" role="tooltip" ref={tip}>{props.text.clone()}if let Some(keys) = props.keys { {" "}<ShortcutHint {keys} /> }</span> }
        </span>
    }
}
