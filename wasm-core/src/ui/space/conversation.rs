//! The conversation: messages, who is writing, the composer.

use std::rc::Rc;

use protocol::Role;
use web_sys::Element;
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::parts::{Empty, Name};
use crate::ui::say::{count, say, say_with};
use crate::ui::space::composer::Composer;
use crate::ui::space::draft::Draft;
use crate::ui::space::may;
use crate::ui::space::message::{Change, Message};
use crate::view::{LinkView, MessageView, SpaceView};

/// Messages of one author within this time stand under one name.
const TOGETHER_MS: i64 = 3 * 60 * 1000;
/// Closer to the end than this, in pixels, the list follows new messages.
const NEAR_END_PX: i32 = 80;

/// What the conversation needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// Where wishes go.
    pub source: Source,
    /// A text that is put into the composer, as one that was refused.
    pub draft: Option<Draft>,
    /// The draft of this number is in the composer.
    pub on_taken: Callback<u32>,
}

/// The conversation.
#[component]
pub fn Conversation(props: &Props) -> Html {
    let Props {
        view,
        source,
        draft,
        on_taken,
    } = props;
    let list = use_node_ref();
    let at_end = use_mut_ref(|| true);
    use_effect_with(
        (
            view.messages.len(),
            view.messages.last().map(|message| message.message),
        ),
        {
            let (list, at_end) = (list.clone(), at_end.clone());
            move |_| {
                if let Some(list) = list.cast::<Element>()
                    && *at_end.borrow()
                {
                    list.set_scroll_top(list.scroll_height());
                }
            }
        },
    );
    let onscroll = {
        let list = list.clone();
        move |_: Event| {
            if let Some(list) = list.cast::<Element>() {
                *at_end.borrow_mut() =
                    list.scroll_height() - list.scroll_top() - list.client_height() < NEAR_END_PX;
            }
        }
    };
    let on_change = {
        let source = source.clone();
        Callback::from(move |change| {
            source.wish(match change {
                Change::Edit(message, text) => Command::Edit { message, text },
                Change::Delete(message) => Command::DeleteMessage(message),
            });
        })
    };
    let on_send = {
        let source = source.clone();
        Callback::from(move |text| source.wish(Command::Send(text)))
    };
    let on_typing = {
        let source = source.clone();
        Callback::from(move |on| source.wish(Command::Typing(on)))
    };
    let may_write = may(view, Role::Commenter) && view.link != LinkView::Private;
    let owner = may(view, Role::Owner);
    html! {
        <section class="conversation" aria-label={say(Key::Conversation)}>
            <div class="log" role="log" aria-live="polite" aria-label={say(Key::Messages)} ref={list} {onscroll} tabindex="0" data-testid="messages">
                if view.messages.is_empty() {
                    <Empty icon={Name::Chat} text={say(if view.link == LinkView::Private { Key::ConversationPrivate } else { Key::NoMessages })} />
                }
                { for view.messages.iter().enumerate().map(|(at, message)| html! {
                    <Message key={message.message.to_string()} message={message.clone()} follows={follows(&view.messages, at)} {may_write} {owner} on_change={on_change.clone()} />
                }) }
            </div>
            <p class="typing" aria-live="polite" data-testid="typing">{ typing(view) }</p>
            if may_write {
                <Composer placeholder={say_with(Key::MessageTo, &[("space", &view.name)])} draft={draft.clone()} on_taken={on_taken.clone()} {on_send} {on_typing} />
            } else if view.link != LinkView::Private {
                <p class="hint read-only" data-testid="read-only">{ say(Key::OnlyReading) }</p>
            }
        </section>
    }
}

fn follows(messages: &[MessageView], at: usize) -> bool {
    let (Some(before), Some(message)) = (at.checked_sub(1).map(|at| &messages[at]), messages.get(at)) else {
        return false;
    };
    before.by == message.by && message.time.since(before.time) < TOGETHER_MS
}

fn typing(view: &SpaceView) -> String {
    let writing: Vec<&str> = view
        .people
        .iter()
        .filter(|person| person.typing && !person.you)
        .map(|person| person.name.as_str())
        .collect();
    match writing.as_slice() {
        [] => String::new(),
        [one] => say_with(Key::OneTyping, &[("name", one)]),
        [one, two] => say_with(Key::TwoTyping, &[("one", one), ("two", two)]),
        many => count(Key::ManyTyping, many.len(), &[]),
    }
}
