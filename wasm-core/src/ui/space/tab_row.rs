//! A tab of a space: a link, who looks at it, and for editors rename, reorder, remove.

use std::cell::RefCell;
use std::rc::Rc;

use protocol::{Colour, TabId};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::language::Key;
use crate::reorder::Direction;
use crate::ui::colour_class;
use crate::ui::parts::{Favicon, Icon, Menu, MenuItem, Name, People, focus_menu};
use crate::ui::say::say;
use crate::view::TabView;

/// Where a row stands in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InGroup {
    /// The group's colour.
    pub colour: Colour,
    /// The first of the group.
    pub first: bool,
    /// The last of the group.
    pub last: bool,
}

/// What a person did to a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Opened it.
    Look(TabId),
    /// Gave it another title.
    Rename(TabId, String),
    /// Moved it by one place.
    Step(TabId, Direction),
    /// Began to drag it.
    Drag(TabId),
    /// Dropped what is dragged on it.
    Drop(TabId),
    /// Removed it.
    Remove(TabId),
}

/// What a row needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The tab.
    pub tab: TabView,
    /// Where its favicon is.
    pub favicon: Option<AttrValue>,
    /// Its group.
    pub group: Option<InGroup>,
    /// Who looks at it.
    pub viewers: Vec<(String, Colour)>,
    /// This person looks at it, or it is streamed.
    pub on: bool,
    /// This person may change it.
    pub may_edit: bool,
    /// Something is dragged over it.
    pub target: bool,
    /// What the person did.
    pub on_change: Callback<Change>,
}

/// A row.
#[component]
pub fn TabRow(props: &Props) -> Html {
    let renaming = use_state(|| false);
    let over = use_state(|| false);
    let by_key = use_mut_ref(|| false);
    let (field, row) = (use_node_ref(), use_node_ref());
    use_effect_with(*renaming, {
        let (field, row, by_key) = (field.clone(), row.clone(), by_key.clone());
        let title = props.tab.title.clone();
        move |renaming| {
            if *renaming && let Some(field) = field.cast::<HtmlInputElement>() {
                // Once, not as its value: that would be put back over what is typed whenever the row changes.
                field.set_value(&title);
                let _ = field.focus();
                field.select();
            } else if by_key.take() {
                focus_menu(&row);
            }
        }
    });
    let tab = &props.tab;
    let id = tab.tab;
    let class = classes!(
        "row",
        "tab",
        props.on.then_some("on"),
        (*over && props.target).then_some("over"),
        props.group.map(|group| classes!(
            "grouped",
            colour_class(group.colour),
            group.first.then_some("first"),
            group.last.then_some("last")
        ))
    );
    let onkeydown = {
        let (on_change, renaming, may_edit) = (
            props.on_change.clone(),
            renaming.clone(),
            props.may_edit && !*renaming,
        );
        move |event: KeyboardEvent| {
            let change = match event.key().as_str() {
                "ArrowUp" if event.alt_key() => Change::Step(id, Direction::Up),
                "ArrowDown" if event.alt_key() => Change::Step(id, Direction::Down),
                "F2" if may_edit => {
                    renaming.set(true);
                    return;
                }
                _ => return,
            };
            if may_edit {
                event.prevent_default();
                on_change.emit(change);
            }
        }
    };
    let ondragstart = {
        let on_change = props.on_change.clone();
        move |event: DragEvent| {
            if let Some(data) = event.data_transfer() {
                data.set_effect_allowed("move");
                let _ = data.set_data("text/plain", &id.to_string());
            }
            on_change.emit(Change::Drag(id));
        }
    };
    let ondragover = {
        let (over, target) = (over.clone(), props.target);
        move |event: DragEvent| {
            if target {
                event.prevent_default();
                over.set(true);
            }
        }
    };
    let ondragleave = {
        let over = over.clone();
        move |_: DragEvent| over.set(false)
    };
    let ondrop = {
        let (over, on_change) = (over.clone(), props.on_change.clone());
        move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            on_change.emit(Change::Drop(id));
        }
    };
    html! {
        <li {class} draggable={(props.may_edit && !*renaming).to_string()} {ondragstart} {ondragover} {ondragleave} {ondrop} {onkeydown}
            ref={row} data-testid="tab-row" data-tab={id.to_string()}>
            if *renaming {
                <Favicon src={props.favicon.clone()} url={tab.url.clone()} />
                { rename_field(props, &renaming, &field, &by_key) }
            } else {
                { title(props) }
                <span class="end">
                    if tab.pinned { <Icon name={Name::Pin} /> }
                    if tab.stream.is_some() { <span class="live-icon" title={say(Key::Streaming)}><Icon name={Name::Stream} /></span> }
                    if !props.viewers.is_empty() { <People people={props.viewers.clone()} /> }
                    if props.may_edit { <span class="row-menu"><Menu label={say(Key::TabMenu)} items={menu(props, &renaming)} testid="tab-menu" /></span> }
                </span>
            }
        </li>
    }
}

fn title(props: &Props) -> Html {
    let tab = &props.tab;
    let inner = html! { <><Favicon src={props.favicon.clone()} url={tab.url.clone()} /><bdi class="clip">{tab.title.clone()}</bdi></> };
    // An address that may not be opened is only text: nothing makes a link of `javascript:` or `data:`.
    if !tab.opens {
        return html! { <span class="tab-link grow" title={say(Key::NotOpened)}>{inner}</span> };
    }
    let onclick = {
        let (on_change, id) = (props.on_change.clone(), tab.tab);
        move |_: MouseEvent| on_change.emit(Change::Look(id))
    };
    html! {
        <a class="tab-link grow" href={tab.url.clone()} target="_blank" rel="noopener noreferrer" title={tab.url.clone()} draggable="false" {onclick}>{inner}</a>
    }
}

/// The field for another title; `by_key` notes that a key closes it: then losing the focus, as it does when it
/// goes, says nothing more.
fn rename_field(
    props: &Props,
    renaming: &UseStateHandle<bool>,
    field: &NodeRef,
    by_key: &Rc<RefCell<bool>>,
) -> Html {
    let id = props.tab.tab;
    let done = {
        let (renaming, field, on_change, before) = (
            renaming.clone(),
            field.clone(),
            props.on_change.clone(),
            props.tab.title.clone(),
        );
        Callback::from(move |keep: bool| {
            if keep && let Some(field) = field.cast::<HtmlInputElement>() {
                let title = field.value().trim().to_owned();
                if !title.is_empty() && title != before {
                    on_change.emit(Change::Rename(id, title));
                }
            }
            renaming.set(false);
        })
    };
    let onkeydown = {
        let (done, by_key) = (done.clone(), by_key.clone());
        move |event: KeyboardEvent| {
            let keep = match event.key().as_str() {
                "Enter" if !event.is_composing() => true,
                "Escape" => false,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            by_key.replace(true);
            done.emit(keep);
        }
    };
    let onblur = {
        let by_key = by_key.clone();
        move |_: FocusEvent| {
            if !*by_key.borrow() {
                done.emit(true);
            }
        }
    };
    html! {
        <input class="input grow" ref={field.clone()} maxlength="512" aria-label={say(Key::NewTitle)} {onkeydown} {onblur} data-testid="rename-field" />
    }
}

fn menu(props: &Props, renaming: &UseStateHandle<bool>) -> Vec<MenuItem> {
    let id = props.tab.tab;
    let change = |label: Key, icon: Name, testid: &'static str, change: Change| {
        let on_change = props.on_change.clone();
        MenuItem::new(say(label), icon, testid, move |()| on_change.emit(change.clone()))
    };
    let renaming = renaming.clone();
    let step = |direction| Change::Step(id, direction);
    vec![
        MenuItem::new(say(Key::Rename), Name::Pen, "rename-tab", move |()| {
            renaming.set(true);
        })
        .keys("F2"),
        change(Key::MoveUp, Name::Up, "move-up", step(Direction::Up)).keys("Alt+ArrowUp"),
        change(Key::MoveDown, Name::Down, "move-down", step(Direction::Down)).keys("Alt+ArrowDown"),
        change(Key::RemoveTab, Name::Bin, "remove-tab", Change::Remove(id)).danger(true),
    ]
}
