//! The tabs of a space with their groups; editors add, rename, reorder and remove.

use std::rc::Rc;

use protocol::{Role, TabId};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::reorder;
use crate::ui::backend::Source;
use crate::ui::colour_class;
use crate::ui::parts::{Button, Empty, IconButton, Name, Toast, window};
use crate::ui::say::{count, say};
use crate::ui::space::removal::use_removal;
use crate::ui::space::tab_row::{Change, InGroup, TabRow};
use crate::ui::space::{faces, may};
use crate::view::{GroupView, ItemView, SpaceView, TabView};

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// Where wishes go.
    pub source: Source,
}

/// A line of the list.
enum Line<'a> {
    Title(&'a GroupView),
    Tab(&'a TabView, Option<InGroup>),
}

fn lines(items: &[ItemView]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for item in items {
        match item {
            ItemView::Tab(tab) => lines.push(Line::Tab(tab, None)),
            ItemView::Group(group) => {
                let titled = !group.title.is_empty();
                if titled {
                    lines.push(Line::Title(group));
                }
                let last = group.tabs.len().saturating_sub(1);
                lines.extend(group.tabs.iter().enumerate().map(|(at, tab)| {
                    let place = InGroup {
                        colour: group.colour,
                        first: at == 0 && !titled,
                        last: at == last,
                    };
                    Line::Tab(tab, Some(place))
                }));
            }
        }
    }
    lines
}

/// The list.
#[component]
pub fn Tabs(props: &Props) -> Html {
    let Props { view, source } = props;
    let adding = use_state(|| false);
    let dragged = use_state(|| None::<TabId>);
    let removal = use_removal(view, source);
    let may_edit = may(view, Role::Editor);
    let lines = lines(&view.items);
    let tabs = lines.iter().filter(|line| matches!(line, Line::Tab(..))).count();
    let windowed = window::use_window(lines.len(), None, "li");
    let looking = view
        .people
        .iter()
        .find(|person| person.you)
        .and_then(|person| person.tab);
    let on_change = {
        let (view, source, dragged) = (view.clone(), source.clone(), dragged.clone());
        let (remove, list) = (removal.remove.clone(), windowed.scroller.clone());
        Callback::from(move |change| {
            let wish = match change {
                Change::Look(tab) => Some(Command::Look(Some(tab))),
                Change::Rename(tab, title) => Some(Command::RenameTab { tab, title }),
                Change::Step(tab, direction) => reorder::step(&view.items, tab, direction),
                Change::Remove(tab) => {
                    focus_beside(&list, tab);
                    remove.emit(tab);
                    None
                }
                Change::Drag(tab) => {
                    dragged.set(Some(tab));
                    None
                }
                Change::Drop(target) => {
                    let tab = *dragged;
                    dragged.set(None);
                    tab.and_then(|tab| reorder::drop_on(&view.items, tab, target))
                }
            };
            if let Some(wish) = wish {
                source.wish(wish);
            }
        })
    };
    let line = |line: &Line<'_>| match line {
        Line::Title(group) => html! {
            <li class={classes!("row", "group-title", "grouped", "first", colour_class(group.colour))} key={["group-", &group.group.to_string()].concat()}>
                <span class={classes!("chip", colour_class(group.colour))}><bdi class="clip">{group.title.clone()}</bdi></span>
            </li>
        },
        Line::Tab(tab, group) => html! {
            <TabRow key={tab.tab.to_string()} tab={(*tab).clone()} group={*group} favicon={source.0.favicon(tab).map(AttrValue::from)}
                viewers={faces(view, &tab.viewers)} on={if view.streams.is_empty() { looking == Some(tab.tab) } else { tab.stream.is_some() }} {may_edit}
                target={dragged.is_some_and(|dragged| dragged != tab.tab)} on_change={on_change.clone()} />
        },
    };
    let onclick = {
        let adding = adding.clone();
        move |_: MouseEvent| adding.set(!*adding)
    };
    let on_add = {
        let (source, adding) = (source.clone(), adding.clone());
        Callback::from(move |url: Option<String>| {
            adding.set(false);
            if let Some(url) = url {
                source.wish(Command::AddTab {
                    url,
                    title: String::new(),
                });
            }
        })
    };
    html! {
        <section class="tabs" aria-labelledby="tabs-title">
            <div class="section">
                <h2 class="grow" id="tabs-title">{ count(Key::TabCount, tabs, &[]) }</h2>
                if may_edit {
                    <IconButton icon={Name::Plus} label={say(Key::AddTab)} expanded={*adding} {onclick} testid="add-tab" />
                }
            </div>
            if *adding { <AddTab {on_add} /> }
            if lines.is_empty() && !*adding {
                <Empty icon={Name::Stack} text={say(Key::NoTabs)} />
            }
            <ul class="scroll tab-list" ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()} data-testid="tabs">
                { windowed.list(lines[windowed.rows.clone()].iter().map(line)) }
            </ul>
            <Toast said={removal.said} on_close={removal.on_close} />
            if may_edit && tabs > 1 { <p class="hidden">{ say(Key::ReorderHint) }</p> }
        </section>
    }
}

/// A row is about to go, and the focus with it: it goes to the next, or the one before.
fn focus_beside(list: &NodeRef, tab: TabId) {
    let row = list.cast::<Element>().and_then(|list| {
        let selector = ["[data-tab=\"", &tab.to_string(), "\"]"].concat();
        list.query_selector(&selector).ok().flatten()
    });
    let Some(row) = row else { return };
    let link = |row: Option<Element>| row?.query_selector("a, button").ok().flatten();
    let beside = link(row.next_element_sibling()).or_else(|| link(row.previous_element_sibling()));
    if let Some(beside) = beside.and_then(|beside| beside.dyn_into::<HtmlElement>().ok()) {
        let _ = beside.focus();
    }
}

/// What the field for a new tab needs.
#[derive(Clone, PartialEq, Properties)]
struct AddTabProps {
    /// The address, or nothing when it was given up.
    on_add: Callback<Option<String>>,
}

/// The field for a new tab's address.
#[component]
fn AddTab(props: &AddTabProps) -> Html {
    let field = use_node_ref();
    use_effect_with((), {
        let field = field.clone();
        move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let _ = field.focus();
            }
        }
    });
    let onsubmit = {
        let (field, on_add) = (field.clone(), props.on_add.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let url = field
                .cast::<HtmlInputElement>()
                .map(|field| field.value().trim().to_owned());
            on_add.emit(url.filter(|url| !url.is_empty()));
        }
    };
    let onkeydown = {
        let on_add = props.on_add.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                on_add.emit(None);
            }
        }
    };
    html! {
        <form class="add-tab" {onsubmit}>
            <input class="input grow" type="text" inputmode="url" ref={field} placeholder={say(Key::AddressHint)} aria-label={say(Key::Address)} {onkeydown} data-testid="add-tab-field" />
            <Button submit=true testid="add-tab-submit">{ say(Key::Add) }</Button>
        </form>
    }
}
