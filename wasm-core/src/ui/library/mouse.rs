//! What a mouse does in the list: rows are clicked and dragged, and take in what is dropped on them. The list hears it for all
//! of them: a row that is filled anew with each letter of a search has no listeners of its own.

use std::rc::Rc;

use protocol::Role;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::ask::library::Target;
use crate::library::catalogue::{Line, Spot};
use crate::library::duplicates::Place;
use crate::selection::Click;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::row::title_and_url;
use crate::ui::library::state::Input;
use crate::ui::library::{opening, placing};
use crate::view::ItemView;

/// Where what is dragged would land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Land {
    /// Before a row.
    Before,
    /// Behind it.
    Behind,
    /// At the end of what a title is of.
    Into,
}

impl Land {
    /// The class of the row.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Before => "land-before",
            Self::Behind => "land-behind",
            Self::Into => "land-into",
        }
    }
}

/// The class of a row's star.
pub const STAR: &str = "library-star";

/// What is there when something is done with the mouse.
#[derive(Clone)]
pub struct Mouse {
    /// The page's state.
    pub library: Handle,
    /// The lines of the list.
    pub lines: Rc<Vec<Line>>,
    /// The tabs among them.
    pub order: Rc<Vec<Spot>>,
    /// What is dragged is over a row, or over none any more.
    pub on_over: Callback<Option<(usize, Land)>>,
    /// Gives the keys to the list.
    pub focus: Callback<()>,
}

impl Mouse {
    /// Makes a listener of the list.
    pub fn hears<E: 'static>(&self, act: fn(&Self, &E)) -> Callback<E> {
        let mouse = self.clone();
        Callback::from(move |event| act(&mouse, &event))
    }

    /// The row that an event is in: its place and what it is.
    fn line(&self, event: &Event) -> Option<(usize, Line)> {
        let row = closest(event, "[role=row]")?;
        let at = row.get_attribute("aria-rowindex")?.parse::<usize>().ok()?;
        let at = at.checked_sub(1)?;
        Some((at, *self.lines.get(at)?))
    }

    fn tab(&self, event: &Event) -> Option<Spot> {
        match self.line(event)?.1 {
            Line::Tab(spot) => Some(spot),
            _ => None,
        }
    }

    /// A tab is selected, or gets or loses its star.
    pub fn clicked(&self, event: &MouseEvent) {
        let Some(spot) = self.tab(event) else { return };
        if closest(event, &format!(".{STAR}")).is_some() {
            self.focus.emit(());
            deeds::star(&self.library, &[spot]);
            return;
        }
        let how = match (event.shift_key(), event.ctrl_key() || event.meta_key()) {
            (true, _) => Click::Through,
            (false, true) => Click::Toggle,
            (false, false) => Click::Only,
        };
        let mut selection = self.library.selection.clone();
        selection.click(&self.order, spot, how);
        self.library.dispatch(Input::Selected(selection));
        self.focus.emit(());
    }

    /// A tab is opened.
    pub fn clicked_twice(&self, event: &MouseEvent) {
        if let Some(spot) = self.tab(event).filter(|_| closest(event, "button").is_none()) {
            opening::open(&self.library, vec![spot]);
        }
    }

    /// A tab is dragged, and what is selected with it.
    pub fn drags(&self, event: &DragEvent) {
        let Some(spot) = self.tab(event) else { return };
        let library = &self.library;
        let dragged = if library.selection.holds(spot) {
            library.selection.of(&self.order)
        } else {
            vec![spot]
        };
        if let Some(data) = event.data_transfer() {
            data.set_effect_allowed("copyMove");
            let catalogue = library.catalogue.as_deref();
            let url = catalogue.and_then(|catalogue| title_and_url(library, catalogue, spot));
            if let Some((_, url)) = url {
                let _ = data.set_data("text/uri-list", url);
            }
        }
        library.dispatch(Input::Dragged(dragged));
    }

    /// Nothing is dragged any more.
    pub fn drags_no_more(&self, _: &DragEvent) {
        self.library.dispatch(Input::Dragged(Vec::new()));
    }

    /// What is dragged is over a row.
    pub fn over(&self, event: &DragEvent) {
        let library = &self.library;
        let Some((at, line)) = self.line(event).filter(|_| !library.dragged.is_empty()) else {
            return;
        };
        let land = match line {
            Line::Tab(spot) => self.place(spot).map(|place| {
                let behind = placing::lands_behind(library, place, event.ctrl_key());
                let land = if behind { Land::Behind } else { Land::Before };
                (!library.dragged.contains(&spot)).then_some(land)
            }),
            line => self.end_of(line).map(|_| Some(Land::Into)),
        };
        if let Some(land) = land {
            event.prevent_default();
            self.on_over.emit(land.map(|land| (at, land)));
        }
    }

    /// It left a row.
    pub fn leaves(&self, _: &DragEvent) {
        self.on_over.emit(None);
    }

    /// It is dropped on a row.
    pub fn drops(&self, event: &DragEvent) {
        event.prevent_default();
        self.on_over.emit(None);
        match self.line(event) {
            Some((_, Line::Tab(spot))) => {
                if let Some(place) = self.place(spot) {
                    placing::drop_on(&self.library, place, event.ctrl_key());
                }
            }
            Some((_, line)) => placing::drop_at(&self.library, self.end_of(line), event.ctrl_key()),
            None => {}
        }
    }

    /// Where a tab stands, if something dragged can be dropped on it.
    fn place(&self, spot: Spot) -> Option<Place> {
        let shown = self.library.catalogue.as_ref()?.tab(spot.saved()?)?;
        (!self.library.dragged.is_empty() && shown.shelf.role >= Role::Editor).then(|| shown.place())
    }

    /// The end of what a title is of, for who may change it.
    fn end_of(&self, line: Line) -> Option<Target> {
        let catalogue = self.library.catalogue.as_ref()?;
        let (space, item) = match line {
            Line::Space(space) | Line::Rest(space) => (space, None),
            Line::Group(space, item) => (space, Some(item)),
            Line::Tab(_) => return None,
        };
        let shelf = catalogue.shelf(space)?;
        let group = match item.map(|item| shelf.items.get(item)) {
            None => None,
            Some(Some(ItemView::Group(group))) => Some(group.group),
            Some(_) => return None,
        };
        (shelf.role >= Role::Editor).then_some(Target::Space {
            space,
            group,
            before: None,
        })
    }
}

/// The element around what an event is of that a selector is of.
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selector).ok()?
}
