//! The list of tabs: a grid that keeps the focus while keys move through its rows; rows are selected, opened, moved
//! and dragged. Long lists are windowed.

use protocol::Role;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::find::Query;
use crate::language::Key;
use crate::library::catalogue::{Line, Spot};
use crate::reorder::Direction;
use crate::selection::Step;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::row::{group_bar, group_title, tab_row, title};
use crate::ui::library::state::{Input, Over};
use crate::ui::parts::{Chip, window};
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
        match key.as_str() {
            "ArrowUp" => deeds::step(library, Direction::Up),
            "ArrowDown" => deeds::step(library, Direction::Down),
            _ => return false,
        }
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
            deeds::open(library, acted_on);
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
        ("m" | "c" | "g" | "t", false) if !deeds::by_space(&acted_on).is_empty() => {
            if selection.is_empty() {
                selection.toggle(order);
                library.dispatch(Input::Selected(selection));
            }
            library.dispatch(Input::Opened(Some(match key.as_str() {
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
            if !event.is_composing() && pressed(&library, &order, &event) {
                event.prevent_default();
                event.stop_propagation();
            }
        }
    };
    let focus = {
        let scroller = windowed.scroller.clone();
        Callback::from(move |()| {
            if let Some(list) = scroller.cast::<HtmlElement>() {
                let _ = list.focus();
            }
        })
    };
    let Some(catalogue) = library.catalogue.clone() else {
        return Html::default();
    };
    let row = |at: usize| {
        let line = lines.get(at)?;
        Some(match line {
            Line::Tab(spot) => {
                let group = group_bar(&catalogue, library.part, &lines, at);
                tab_row(library, &catalogue, *spot, at, group, &query, &order, &focus)
            }
            Line::Space(space) => {
                let shelf = catalogue.shelf(*space)?;
                title(
                    at,
                    html! { <Chip name={shelf.name.clone()} colour={shelf.colour} /> },
                )
            }
            Line::Group(space, item) => {
                let shelf = catalogue.shelf(*space)?;
                let ItemView::Group(group) = shelf.items.get(*item)? else {
                    return None;
                };
                title(
                    at,
                    group_title(library, *space, shelf.role >= Role::Editor, group),
                )
            }
            Line::Rest(_) => title(
                at,
                html! { <span class="chip c-grey">{ say(Key::LibraryUngrouped) }</span> },
            ),
        })
    };
    html! {
        <div class="scroll library-list" id={LIST} role="grid" aria-label={say(Key::Tabs)} aria-multiselectable="true"
            aria-rowcount={lines.len().to_string()} aria-describedby="library-keys" tabindex="0"
            aria-activedescendant={at.map(row_id)} ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()} {onkeydown} data-testid="library-list">
            { windowed.before.clone() }
            { for windowed.rows.clone().filter_map(row) }
            { windowed.after.clone() }
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
