//! A menu behind a button (WAI-ARIA menu button pattern).

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

use crate::ui::parts::place::{Align, beside};
use crate::ui::parts::shortcut_hint::spoken;
use crate::ui::parts::{Icon, IconButton, Name, ShortcutHint};

/// A line of a menu.
#[derive(Debug, Clone, PartialEq)]
pub struct MenuItem {
    label: AttrValue,
    icon: Name,
    danger: bool,
    keys: Option<&'static str>,
    on_choose: Callback<()>,
    testid: &'static str,
}

impl MenuItem {
    /// A line: what it does, its picture, its name for tests, and what happens when it is chosen.
    pub fn new(
        label: impl Into<AttrValue>,
        icon: Name,
        testid: &'static str,
        on_choose: impl Into<Callback<()>>,
    ) -> Self {
        Self {
            label: label.into(),
            icon,
            danger: false,
            keys: None,
            on_choose: on_choose.into(),
            testid,
        }
    }

    /// It takes something away.
    pub fn danger(mut self, danger: bool) -> Self {
        self.danger = danger;
        self
    }

    /// Keys that do the same without the menu, as [`ShortcutHint`] takes them.
    pub fn keys(mut self, keys: &'static str) -> Self {
        self.keys = Some(keys);
        self
    }
}

/// What a menu needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What the button is for.
    pub label: AttrValue,
    /// The picture of the button.
    #[prop_or(Name::More)]
    pub icon: Name,
    /// The lines.
    pub items: Vec<MenuItem>,
    /// For tests.
    #[prop_or("menu")]
    pub testid: &'static str,
}

fn focus_item(list: &NodeRef, step: i32) {
    let Some(list) = list.cast::<HtmlElement>() else {
        return;
    };
    let items: Vec<HtmlElement> = {
        let children = list.children();
        (0..children.length())
            .filter_map(|at| children.item(at)?.dyn_into().ok())
            .collect()
    };
    let focused = web_sys::window().and_then(|window| window.document()?.active_element());
    let at = items
        .iter()
        .position(|item| focused.as_ref() == Some(item.unchecked_ref()));
    let last = items.len().saturating_sub(1);
    let next = match (at, step) {
        (None, _) | (_, i32::MIN) => 0,
        (_, i32::MAX) => last,
        (Some(at), step) if step > 0 => {
            if at == last {
                0
            } else {
                at + 1
            }
        }
        (Some(at), _) => {
            if at == 0 {
                last
            } else {
                at - 1
            }
        }
    };
    if let Some(item) = items.get(next) {
        let _ = item.focus();
    }
}

/// Gives the focus to the button of the menu within an element, as when the field that stood in for it closes.
pub fn focus_menu(around: &NodeRef) {
    let button = around
        .cast::<Element>()
        .and_then(|around| around.query_selector("[aria-haspopup=menu]").ok().flatten())
        .and_then(|button| button.dyn_into::<HtmlElement>().ok());
    if let Some(button) = button {
        let _ = button.focus();
    }
}

/// A button that opens a menu: arrows, Home, End, Enter and Escape work, leaving it closes it.
#[component]
pub fn Menu(props: &Props) -> Html {
    let open = use_state(|| false);
    let (list, button) = (use_node_ref(), use_node_ref());
    {
        let (list, button) = (list.clone(), button.clone());
        use_effect_with(*open, move |open| {
            if *open {
                if let (Some(list), Some(button)) = (list.cast::<HtmlElement>(), button.cast::<HtmlElement>())
                {
                    beside(&list, &button, Align::Right);
                }
                focus_item(&list, i32::MIN);
            }
        });
    }
    let toggle = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let close = {
        let (open, button) = (open.clone(), button.clone());
        Callback::from(move |()| {
            open.set(false);
            if let Some(button) = button.cast::<HtmlElement>() {
                let _ = button.focus();
            }
        })
    };
    let onkeydown = {
        let (list, close) = (list.clone(), close.clone());
        move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Home" => i32::MIN,
                "End" => i32::MAX,
                "Escape" => {
                    event.prevent_default();
                    event.stop_propagation();
                    close.emit(());
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            focus_item(&list, step);
        }
    };
    let onfocusout = {
        let open = open.clone();
        move |event: FocusEvent| {
            let inside = event
                .current_target()
                .and_then(|target| target.dyn_into::<Node>().ok())
                .zip(
                    event
                        .related_target()
                        .and_then(|target| target.dyn_into::<Node>().ok()),
                )
                .is_some_and(|(menu, to)| menu.contains(Some(&to)));
            if !inside {
                open.set(false);
            }
        }
    };
    html! {
        <div class="menu" {onfocusout}>
            <IconButton icon={props.icon} label={props.label.clone()} node={button} opens_menu=true expanded={*open} onclick={toggle} testid={props.testid} />
            if *open {
                <div class="menu-list" role="menu" aria-label={props.label.clone()} ref={list} {onkeydown}>
                    { for props.items.iter().map(|item| {
                        let (close, on_choose) = (close.clone(), item.on_choose.clone());
                        let onclick = move |_: MouseEvent| { close.emit(()); on_choose.emit(()); };
                        html! {
                            <button type="button" role="menuitem" tabindex="-1" {onclick} data-testid={item.testid}
                                class={classes!("menu-item", item.danger.then_some("danger"))} aria-keyshortcuts={item.keys.map(spoken)}>
                                <Icon name={item.icon} /><span class="grow">{item.label.clone()}</span>
                                if let Some(keys) = item.keys { <ShortcutHint {keys} /> }
                            </button>
                        }
                    }) }
                </div>
            }
        </div>
    }
}
