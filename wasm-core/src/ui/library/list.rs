//! The list of tabs: a grid that keeps the focus while keys move through its rows; rows are selected, opened, moved
//! and dragged. Long lists are windowed.

use protocol::Role;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::find::Query;
use crate::language::Key;
use crate::library::catalogue::{Line, Spot};
use crate::reorder::Direction;
use crate::selection::Step;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::mouse::{Land, Mouse, closest};
use crate::ui::library::row::{group_bar, group_title, space_title, tab_row, title};
use crate::ui::library::state::{Input, Over};
use crate::ui::library::{opening, placing};
use crate::ui::parts::window;
use crate::ui::say::{count, number, say, say_with};
use crate::view::ItemView;

/// The list's DOM id.
pub const LIST: &str = "library-list";

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
}

/// The DOM id of a row.
pub fn row_id(at: usize) -> String {
    format!("{LIST}-{at}")
}

/// Gives the keys to the list, if there is one.
pub fn focus_list() {
    let list = gloo::utils::document().get_element_by_id(LIST);
    if let Some(list) = list.and_then(|list| list.dyn_into::<HtmlElement>().ok()) {
        let _ = list.focus();
    }
}

/// Whether a key is for a button or a menu in the list, which have keys of their own.
fn is_for_other(event: &KeyboardEvent) -> bool {
    closest(event, "button, [role=menu]").is_some()
}

fn step_of(key: &str) -> Option<Step> {
    Some(match key {
        "ArrowUp" => Step::Up,
        "ArrowDown" => Step::Down,
        "PageUp" => Step::PageUp,
        "PageDown" => Step::PageDown,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return None,
    })
}

/// What a key does in the list; whether it did something.
fn pressed(library: &Handle, order: &[Spot], event: &KeyboardEvent) -> bool {
    let key = event.key();
    let control = event.ctrl_key() || event.meta_key();
    let mut selection = library.selection.clone();
    if event.alt_key() {
        let direction = match key.as_str() {
            "ArrowUp" => Direction::Up,
            "ArrowDown" => Direction::Down,
            _ => return false,
        };
        placing::step(library, &selection.acted_on(order), direction);
        return true;
    }
    if let Some(step) = step_of(&key) {
        selection.step(order, step, event.shift_key());
        library.dispatch(Input::Selected(selection));
        return true;
    }
    let acted_on = selection.acted_on(order);
    match (key.as_str(), control) {
        (" ", _) => selection.toggle(order),
        ("a", true) => selection.all(order),
        ("Escape", false) if !selection.is_empty() => selection.clear(),
        ("Enter", _) => {
            opening::open(library, acted_on);
            return true;
        }
        ("Delete" | "Backspace", false) => {
            deeds::remove(library, &acted_on);
            return true;
        }
        ("s", false) => {
            deeds::star(library, &acted_on);
            return true;
        }
        ("g", false) if !placing::group(library, &acted_on) => return true,
        (key @ ("m" | "c" | "g" | "t"), false) if may_go(key, &acted_on) => {
            if selection.is_empty() {
                selection.toggle(order);
                library.dispatch(Input::Selected(selection));
            }
            library.dispatch(Input::Opened(Some(match key {
                "g" => Over::Group,
                "t" => Over::Tag,
                other => Over::To { copy: other == "c" },
            })));
            return true;
        }
        _ => return false,
    }
    library.dispatch(Input::Selected(selection));
    true
}

/// Whether a key has something to act on: what is open can go to a space, the rest is for tabs of spaces.
fn may_go(key: &str, spots: &[Spot]) -> bool {
    match key {
        "m" | "c" => placing::can_go(spots),
        _ => !deeds::by_space(spots).is_empty(),
    }
}

/// The list.
#[component]
pub fn List(props: &Props) -> Html {
    let library = &props.library;
    let (lines, order) = (library.lines(), library.order());
    let cursor = library.selection.cursor();
    let at = cursor.and_then(|cursor| lines.iter().position(|line| *line == Line::Tab(cursor)));
    let windowed = window::use_window(lines.len(), at, "div");
    let query = Query::parse(&library.query);
    let onkeydown = {
        let (library, order) = (library.clone(), order.clone());
        move |event: KeyboardEvent| {
            if !event.is_composing() && !is_for_other(&event) && pressed(&library, &order, &event) {
                event.prevent_default();
                event.stop_propagation();
            }
        }
    };
    let focus = Callback::from(|()| focus_list());
    let over = use_state_eq(|| None::<(usize, Land)>);
    let over_now = (*over).filter(|_| !library.dragged.is_empty());
    let mouse = Mouse {
        library: library.clone(),
        lines: lines.clone(),
        order: order.clone(),
        on_over: Callback::from(move |at| over.set(at)),
        focus: focus.clone(),
    };
    let Some(catalogue) = library.catalogue.clone() else {
        return Html::default();
    };
    let row = |at: usize| {
        let line = lines.get(at)?;
        let over = over_now.filter(|(over, _)| *over == at).map(|(_, land)| land);
        let inner = match line {
            Line::Tab(spot) => {
                let group = group_bar(&catalogue, library.part, &lines, at);
                return tab_row(library, &catalogue, *spot, at, group, &query, over);
            }
            Line::Space(space) => space_title(library, catalogue.shelf(*space)?, &focus),
            Line::Group(space, item) => {
                let shelf = catalogue.shelf(*space)?;
                let ItemView::Group(group) = shelf.items.get(*item)? else {
                    return None;
                };
                group_title(library, *space, shelf.role >= Role::Editor, group)
            }
            Line::Rest(_) => html! { <span class="chip c-grey">{ say(Key::LibraryUngrouped) }</span> },
        };
        Some(title(at, inner, over))
    };
    html! {
        <div class="scroll library-list" id={LIST} role="grid" aria-label={say(Key::Tabs)} aria-multiselectable="true"
            aria-rowcount={lines.len().to_string()} aria-describedby="library-keys" tabindex="0"
            aria-activedescendant={at.map(row_id)} ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()} {onkeydown}
            onclick={mouse.hears(Mouse::clicked)} ondblclick={mouse.hears(Mouse::clicked_twice)}
            ondragstart={mouse.hears(Mouse::drags)} ondragend={mouse.hears(Mouse::drags_no_more)} ondragover={mouse.hears(Mouse::over)}
            ondragleave={mouse.hears(Mouse::leaves)} ondrop={mouse.hears(Mouse::drops)} data-testid="library-list">
            { windowed.list(windowed.rows.clone().filter_map(row)) }
        </div>
    }
}

/// What is said of how many were found, of which so many are shown.
pub fn found_words(shown: usize, all: usize) -> String {
    if shown < all {
        return say_with(
            Key::LibraryFoundBest,
            &[("count", &number(shown)), ("all", &number(all))],
        );
    }
    count(Key::LibraryFound, shown, &[])
}
