//! A short word about what was just done, with a way to take it back. It goes away by itself.

use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Button, IconButton, Kind, Name};
use crate::ui::say::say;

/// It stays so long, from when nothing holds it any more.
const STAYS_MS: u32 = 8_000;

/// What is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Tells it from one before with the same words.
    pub number: u32,
    /// The words.
    pub text: AttrValue,
    /// Takes back what was done.
    pub on_undo: Option<Callback<()>>,
}

/// What a toast needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What is said now; the next takes its place.
    pub said: Option<Said>,
    /// It is over: dismissed, taken back, or its time is up.
    pub on_close: Callback<()>,
}

/// The place of toasts, always on the page, so that screen readers hear what comes into it. A pointer or the
/// focus on it holds it; the focus goes back to where it came from.
#[component]
pub fn Toast(props: &Props) -> Html {
    let place = use_node_ref();
    let (hovered, focused) = (use_state_eq(|| false), use_state_eq(|| false));
    let came_from = use_mut_ref(|| None::<HtmlElement>);
    let number = props.said.as_ref().map(|said| said.number);
    use_effect_with((number, *hovered || *focused), {
        let on_close = props.on_close.clone();
        move |(number, held)| {
            let timer =
                (number.is_some() && !held).then(|| Timeout::new(STAYS_MS, move || on_close.emit(())));
            move || drop(timer)
        }
    });
    let inside = {
        let place = place.clone();
        move |target: Option<web_sys::EventTarget>| {
            let node = target.and_then(|target| target.dyn_into::<Node>().ok());
            place
                .cast::<Node>()
                .zip(node)
                .is_some_and(|(place, node)| place.contains(Some(&node)))
        }
    };
    let onfocusin = {
        let (focused, came_from, inside) = (focused.clone(), came_from.clone(), inside.clone());
        move |event: FocusEvent| {
            if !inside(event.related_target()) {
                *came_from.borrow_mut() = event
                    .related_target()
                    .and_then(|from| from.dyn_into::<HtmlElement>().ok());
            }
            focused.set(true);
        }
    };
    let onfocusout = {
        let focused = focused.clone();
        move |event: FocusEvent| focused.set(inside(event.related_target()))
    };
    let over = |on: bool| {
        let hovered = hovered.clone();
        move |_: PointerEvent| hovered.set(on)
    };
    let close = {
        let (hovered, focused, on_close) = (hovered.clone(), focused.clone(), props.on_close.clone());
        Callback::from(move |()| {
            if *focused && let Some(from) = came_from.borrow_mut().take() {
                let _ = from.focus();
            }
            // What is taken off the page does not say that pointer and focus are gone.
            hovered.set(false);
            focused.set(false);
            on_close.emit(());
        })
    };
    let onkeydown = {
        let close = close.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                event.stop_propagation();
                close.emit(());
            }
        }
    };
    let undo = |on_undo: Callback<()>| {
        let close = close.clone();
        move |_: MouseEvent| {
            on_undo.emit(());
            close.emit(());
        }
    };
    html! {
        <div class={classes!("toast", props.said.is_none().then_some("empty-toast"))} ref={place} {onfocusin} {onfocusout} {onkeydown}
            onpointerenter={over(true)} onpointerleave={over(false)} data-testid="toast">
            <p class="grow" role="status">{ props.said.as_ref().map(|said| said.text.clone()).unwrap_or_default() }</p>
            if let Some(said) = &props.said {
                if let Some(on_undo) = said.on_undo.clone() {
                    <Button kind={Kind::Quiet} onclick={undo(on_undo)} testid="undo">{ say(Key::Undo) }</Button>
                }
                <IconButton icon={Name::Close} label={say(Key::Dismiss)} onclick={close.reform(|_: MouseEvent| ())} testid="dismiss-toast" />
            }
        </div>
    }
}
