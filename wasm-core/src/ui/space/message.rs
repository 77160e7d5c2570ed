//! A message: who, when, what; its author edits and deletes it in place.

use protocol::MessageId;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Avatar, Button, Icon, Kind, Menu, MenuItem, Name, focus_menu};
use crate::ui::say::{say, time_of};
use crate::view::MessageView;

/// What a person did to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Wrote it anew.
    Edit(MessageId, String),
    /// Deleted it.
    Delete(MessageId),
}

/// What a message needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The message.
    pub message: MessageView,
    /// It follows another of the same author closely: name and avatar are left out.
    pub follows: bool,
    /// This person may write here.
    pub may_write: bool,
    /// This person is an owner: may delete any.
    pub owner: bool,
    /// It was changed.
    pub on_change: Callback<Change>,
}

/// A message.
#[component]
pub fn Message(props: &Props) -> Html {
    let editing = use_state(|| false);
    let was_editing = use_mut_ref(|| false);
    let (field, row) = (use_node_ref(), use_node_ref());
    let message = &props.message;
    use_effect_with(*editing, {
        let (field, row, text) = (field.clone(), row.clone(), message.text.clone());
        move |editing| {
            let was_editing = was_editing.replace(*editing);
            if *editing && let Some(field) = field.cast::<HtmlTextAreaElement>() {
                // Once, not as its value: that would be put back over what is typed whenever the message changes.
                field.set_value(&text);
                let _ = field.focus();
                field.scroll_into_view_with_bool(false);
            } else if was_editing {
                focus_menu(&row);
            }
        }
    });
    let menu = menu_items(props, &editing);
    let save = {
        let (editing, field, on_change, id) = (
            editing.clone(),
            field.clone(),
            props.on_change.clone(),
            message.message,
        );
        Callback::from(move |()| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                let text = field.value();
                if !text.trim().is_empty() {
                    on_change.emit(Change::Edit(id, text.trim_end().to_owned()));
                }
            }
            editing.set(false);
        })
    };
    let onkeydown = {
        let (save, editing) = (save.clone(), editing.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" if !event.shift_key() && !event.is_composing() => {
                event.prevent_default();
                save.emit(());
            }
            "Escape" => {
                event.prevent_default();
                event.stop_propagation();
                editing.set(false);
            }
            _ => {}
        }
    };
    html! {
        <article class={classes!("message", props.follows.then_some("follows"), message.waiting.then_some("waiting"))}
            ref={row} data-testid="message" data-waiting={message.waiting.to_string()}>
            if props.follows {
                <span class="hidden">{message.name.clone()}</span>
            } else {
                <Avatar name={message.name.clone()} colour={message.colour} big=true />
                <header><bdi class="who">{message.name.clone()}</bdi><time>{time_of(message.time)}</time></header>
            }
            <div class="body">
                if *editing {
                    <textarea class="input" rows="2" ref={field} aria-label={say(Key::EditMessage)} {onkeydown} data-testid="edit-field" />
                    <div class="two small-buttons">
                        <Button kind={Kind::Primary} onclick={move |_: MouseEvent| save.emit(())} testid="save-edit">{ say(Key::Save) }</Button>
                        <Button kind={Kind::Quiet} onclick={let editing = editing.clone(); move |_: MouseEvent| editing.set(false)}>{ say(Key::Cancel) }</Button>
                    </div>
                } else if message.deleted {
                    <em class="faint">{ say(Key::MessageDeleted) }</em>
                } else {
                    <bdi class="text">{message.text.clone()}</bdi>
                    if message.edited { <span class="mark">{ say(Key::Edited) }</span> }
                    if message.waiting { <span class="mark" data-testid="waiting"><Icon name={Name::Up} class="small" />{ say(Key::Waiting) }</span> }
                }
            </div>
            if !menu.is_empty() && !*editing {
                <div class="message-menu"><Menu label={say(Key::MessageMenu)} items={menu} testid="message-menu" /></div>
            }
        </article>
    }
}

fn menu_items(props: &Props, editing: &UseStateHandle<bool>) -> Vec<MenuItem> {
    let message = &props.message;
    if message.deleted || !props.may_write {
        return Vec::new();
    }
    let edit = message.yours.then(|| {
        let editing = editing.clone();
        MenuItem::new(say(Key::Edit), Name::Pen, "edit-message", move |()| {
            editing.set(true);
        })
    });
    let delete = (message.yours || props.owner).then(|| {
        let (on_change, id) = (props.on_change.clone(), message.message);
        let on_choose = move |()| on_change.emit(Change::Delete(id));
        MenuItem::new(say(Key::Delete), Name::Bin, "delete-message", on_choose).danger(true)
    });
    edit.into_iter().chain(delete).collect()
}
