//! Where a message is written: Enter sends, Shift+Enter begins a new line.

use gloo::timers::callback::Timeout;
use protocol::limits::MESSAGE_BYTES;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{IconButton, Name};
use crate::ui::say::say;
use crate::ui::space::draft::{Draft, below};

/// After this silence the person is not typing any more.
const TYPING_MS: u32 = 4_000;

/// What the composer needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Said in the empty field.
    pub placeholder: AttrValue,
    /// A text that is put into the field, below what stands there.
    pub draft: Option<Draft>,
    /// The draft of this number is in the field.
    pub on_taken: Callback<u32>,
    /// The message was written.
    pub on_send: Callback<String>,
    /// The person began or stopped typing.
    pub on_typing: Callback<bool>,
}

/// Lets the field be as high as its text, up to what the style allows.
fn grow(field: &HtmlTextAreaElement) {
    let style = field.style();
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &[&field.scroll_height().to_string(), "px"].concat());
}

/// The composer.
#[component]
pub fn Composer(props: &Props) -> Html {
    let field = use_node_ref();
    let text = use_state(String::new);
    let typing = use_mut_ref(|| None::<Timeout>);
    {
        let (text, field, on_taken) = (text.clone(), field.clone(), props.on_taken.clone());
        use_effect_with(props.draft.clone(), move |draft| {
            if let Some(draft) = draft {
                text.set(below(&text, &draft.text));
                on_taken.emit(draft.number);
                if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                    let _ = field.focus();
                }
            }
        });
    }
    {
        let field = field.clone();
        use_effect_with((*text).clone(), move |_| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                grow(&field);
            }
        });
    }
    let too_long = text.len() > MESSAGE_BYTES;
    let can_send = !text.trim().is_empty() && !too_long;
    let send = {
        let (text, typing, props) = (text.clone(), typing.clone(), props.clone());
        Callback::from(move |()| {
            if can_send {
                props.on_send.emit(text.trim_end().to_owned());
                text.set(String::new());
                if typing.borrow_mut().take().is_some() {
                    props.on_typing.emit(false);
                }
            }
        })
    };
    let oninput = {
        let (text, typing, on_typing) = (text.clone(), typing.clone(), props.on_typing.clone());
        move |event: InputEvent| {
            let Some(field) = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok())
            else {
                return;
            };
            text.set(field.value());
            let stop = {
                let (typing, on_typing) = (typing.clone(), on_typing.clone());
                move || {
                    drop(typing.borrow_mut().take());
                    on_typing.emit(false);
                }
            };
            let before = typing.borrow_mut().replace(Timeout::new(TYPING_MS, stop));
            if before.is_none() {
                on_typing.emit(true);
            }
        }
    };
    let onkeydown = {
        let send = send.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
                event.prevent_default();
                send.emit(());
            }
        }
    };
    let onsubmit = move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
    };
    html! {
        <form class="composer" {onsubmit}>
            <textarea rows="1" ref={field} value={(*text).clone()} placeholder={props.placeholder.clone()} aria-label={props.placeholder.clone()}
                aria-invalid={too_long.to_string()} {oninput} {onkeydown} data-testid="composer" />
            if too_long { <span class="small danger-text" role="alert">{ say(Key::MessageTooLong) }</span> }
            <IconButton submit=true icon={Name::Send} label={say(Key::Send)} disabled={!can_send} testid="send" />
        </form>
    }
}
