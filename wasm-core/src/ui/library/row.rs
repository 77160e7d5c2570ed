//! The rows of the list: titles of spaces and groups, and tabs with what is known of them.

use std::rc::Rc;

use protocol::{Role, SpaceId};
use yew::prelude::*;

use crate::ask::library::{LibraryAsk, ShelfView, Target};
use crate::find::Query;
use crate::language::Key;
use crate::library::catalogue::{Catalogue, Line, Part, Shown, Spot};
use crate::selection::Click;
use crate::ui::chrome_page::favicon_of;
use crate::ui::colour_class;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::list::row_id;
use crate::ui::library::state::{Input, Over};
use crate::ui::library::{opening, placing};
use crate::ui::marked::marked;
use crate::ui::parts::favicon::host;
use crate::ui::parts::{Chip, Favicon, Icon, LiveBadge, Menu, MenuItem, Name};
use crate::ui::say::{say, say_with};
use crate::view::GroupView;

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
    const fn class(self) -> &'static str {
        match self {
            Self::Before => "land-before",
            Self::Behind => "land-behind",
            Self::Into => "land-into",
        }
    }
}

/// Over which row something is dragged, and who is told of it.
#[derive(Clone)]
pub struct Dropping {
    /// The row's place, and where it would land.
    pub over: Option<(usize, Land)>,
    /// It is over another one, or over none.
    pub on_over: Callback<Option<(usize, Land)>>,
}

impl Dropping {
    /// The class of a row.
    fn class(&self, at: usize) -> Option<&'static str> {
        self.over
            .filter(|(over, _)| *over == at)
            .map(|(_, land)| land.class())
    }

    /// Something left a row.
    fn leave(&self) -> Callback<DragEvent> {
        self.on_over.reform(|_| None)
    }
}

/// The title of a space, of a group or of what stands behind the groups; what is dropped on it goes to the end of that.
pub fn title(library: &Handle, at: usize, inner: Html, to: Option<Target>, dropping: &Dropping) -> Html {
    let is_target = to.is_some() && !library.dragged.is_empty();
    let ondragover = {
        let on_over = dropping.on_over.clone();
        move |event: DragEvent| {
            if is_target {
                event.prevent_default();
                on_over.emit(Some((at, Land::Into)));
            }
        }
    };
    let ondrop = {
        let (library, on_over) = (library.clone(), dropping.on_over.clone());
        move |event: DragEvent| {
            event.prevent_default();
            on_over.emit(None);
            placing::drop_at(&library, to.clone(), event.ctrl_key());
        }
    };
    html! {
        <div key={format!("title-{at}")} class={classes!("row", "library-title", dropping.class(at))} role="row" aria-rowindex={(at + 1).to_string()}
            {ondragover} ondragleave={dropping.leave()} {ondrop} data-testid="library-title">
            <span role="gridcell" class="flex grow">{ inner }</span>
        </div>
    }
}

/// What stands in the title of a space: its chip, which leads to it.
pub fn space_title(library: &Handle, shelf: &ShelfView, focus: &Callback<()>) -> Html {
    let onclick = {
        let (library, focus, space) = (library.clone(), focus.clone(), shelf.space);
        move |_: MouseEvent| {
            library.dispatch(Input::Chose(Part::Space(space)));
            focus.emit(());
        }
    };
    let label = say_with(Key::LibraryGoToSpace, &[("space", &shelf.name)]);
    html! {
        <>
            <button type="button" class="library-to-space" aria-label={label} {onclick} data-testid="to-space"><Chip name={shelf.name.clone()} colour={shelf.colour} /></button>
            if shelf.marks.own.starred { { star_of_space() } }
        </>
    }
}

/// Says that a space has a star.
pub fn star_of_space() -> Html {
    html! { <span class="library-starred"><Icon name={Name::Star} class="small" /><span class="hidden">{ say(Key::LibraryHasStar) }</span></span> }
}

/// What stands in the title of a group: its chip, and what can be done with it.
pub fn group_title(library: &Handle, space: SpaceId, may: bool, group: &GroupView) -> Html {
    let name = if group.title.is_empty() {
        say(Key::LibraryGroup).to_owned()
    } else {
        group.title.clone()
    };
    let id = group.group;
    let edit = {
        let library = library.clone();
        move |()| library.dispatch(Input::Opened(Some(Over::EditGroup(space, id))))
    };
    let dissolve = {
        let library = library.clone();
        move |()| {
            let wish = LibraryAsk::Ungroup { space, group: id };
            let words = say(Key::LibraryUngroupDone).to_owned();
            deeds::perform(&library, vec![wish], Some(words));
        }
    };
    let items = vec![
        MenuItem::new(say(Key::LibraryEdit), Name::Pen, "edit-group", edit),
        MenuItem::new(say(Key::LibraryUngroup), Name::Stack, "ungroup", dissolve),
    ];
    html! {
        <>
            <Chip name={name.clone()} colour={group.colour} />
            if may { <Menu label={say_with(Key::LibraryGroupMenu, &[("group", &name)])} {items} testid="group-menu" /> }
        </>
    }
}

/// The colour of the group a row stands in, and whether it is the last of it.
pub fn group_bar(catalogue: &Catalogue, part: Part, lines: &[Line], at: usize) -> Option<Classes> {
    if !matches!(part, Part::Space(_)) {
        return None;
    }
    let group_at = |at: usize| match lines.get(at) {
        Some(Line::Tab(spot)) => catalogue.tab(spot.saved()?)?.group,
        _ => None,
    };
    let group = group_at(at)?;
    let last = group_at(at + 1).is_none_or(|next| next.group != group.group);
    Some(classes!(
        "grouped",
        colour_class(group.colour),
        last.then_some("last")
    ))
}

/// A tab's row.
#[expect(
    clippy::too_many_arguments,
    reason = "a row of the list, which has all of them at hand"
)]
pub fn tab_row(
    library: &Handle,
    catalogue: &Catalogue,
    spot: Spot,
    at: usize,
    group: Option<Classes>,
    query: &Query,
    order: &Rc<Vec<Spot>>,
    focus: &Callback<()>,
    dropping: &Dropping,
) -> Html {
    let shown = spot.saved().and_then(|place| catalogue.tab(place));
    let open = library.open.clone();
    let (title, url) = match spot {
        Spot::Saved(_) => match shown {
            Some(shown) => (shown.tab.title.as_str(), shown.tab.url.as_str()),
            None => return Html::default(),
        },
        Spot::Open(id) => match open.iter().find(|tab| tab.id == id) {
            Some(tab) => (tab.title.as_str(), tab.url.as_str()),
            None => return Html::default(),
        },
        Spot::Binned(..) => match library.binned(spot) {
            Some((_, tab)) => (tab.title.as_str(), tab.url.as_str()),
            None => return Html::default(),
        },
    };
    let selected = library.selection.holds(spot);
    let is_cursor = library.selection.cursor() == Some(spot);
    let class = classes!(
        "row",
        "library-row",
        selected.then_some("on"),
        is_cursor.then_some("cursor"),
        dropping.class(at),
        group
    );
    let onclick = {
        let (library, order, focus) = (library.clone(), order.clone(), focus.clone());
        move |event: MouseEvent| {
            let how = match (event.shift_key(), event.ctrl_key() || event.meta_key()) {
                (true, _) => Click::Through,
                (false, true) => Click::Toggle,
                (false, false) => Click::Only,
            };
            let mut selection = library.selection.clone();
            selection.click(&order, spot, how);
            library.dispatch(Input::Selected(selection));
            focus.emit(());
        }
    };
    let ondblclick = {
        let library = library.clone();
        move |_: MouseEvent| opening::open(&library, vec![spot])
    };
    let ondragstart = {
        let (library, url, order) = (library.clone(), url.to_owned(), order.clone());
        move |event: DragEvent| {
            let dragged = if library.selection.holds(spot) {
                library.selection.of(&order)
            } else {
                vec![spot]
            };
            if let Some(data) = event.data_transfer() {
                data.set_effect_allowed("copyMove");
                let _ = data.set_data("text/uri-list", &url);
            }
            library.dispatch(Input::Dragged(dragged));
        }
    };
    let ondragend = {
        let library = library.clone();
        move |_: DragEvent| library.dispatch(Input::Dragged(Vec::new()))
    };
    let target = shown.filter(|shown| !library.dragged.is_empty() && shown.shelf.role >= Role::Editor);
    let target = target.map(|shown| shown.place());
    let ondragover = {
        let (library, on_over) = (library.clone(), dropping.on_over.clone());
        move |event: DragEvent| {
            if let Some(place) = target {
                event.prevent_default();
                let behind = placing::lands_behind(&library, place, event.ctrl_key());
                let land = if behind { Land::Behind } else { Land::Before };
                let own = library.dragged.contains(&spot);
                on_over.emit((!own).then_some((at, land)));
            }
        }
    };
    let ondrop = {
        let (library, on_over) = (library.clone(), dropping.on_over.clone());
        move |event: DragEvent| {
            event.prevent_default();
            on_over.emit(None);
            if let Some(place) = target {
                placing::drop_on(&library, place, event.ctrl_key());
            }
        }
    };
    // By its place: what is found changes with each letter, and a row that is there is quicker filled than made.
    html! {
        <div key={at} {class} id={row_id(at)} role="row" aria-rowindex={(at + 1).to_string()} aria-selected={selected.to_string()}
            draggable={placing::can_go(&[spot]).to_string()} {onclick} {ondblclick} {ondragstart} {ondragend} {ondragover} ondragleave={dropping.leave()} {ondrop} data-testid="library-row">
            <span role="gridcell" class="flex grow library-name" title={url.to_owned()}>
                <Favicon src={Some(AttrValue::from(favicon_of(url)))} url={url.to_owned()} />
                <span class="clip"><bdi>{ marked(title, query) }</bdi><span class="muted">{" · "}{ marked(host(url), query) }</span></span>
                { told(library, shown) }
            </span>
            <span role="gridcell" class="end">{ end_of_row(library, catalogue, spot, shown, focus) }</span>
        </div>
    }
}

/// What is seen of a tab by where its row stands, for who does not see it.
fn told(library: &Handle, shown: Option<Shown<'_>>) -> Html {
    let Some(shown) = shown else {
        return Html::default();
    };
    let mut words = String::new();
    let mut tell = |said: &str| {
        words.push_str(", ");
        words.push_str(said);
    };
    if let Some(group) = shown.group.filter(|group| !group.title.is_empty()) {
        tell(&say_with(Key::LibraryRowGroup, &[("group", &group.title)]));
    }
    // What is sought names its space in sight.
    if library.part != Part::Space(shown.shelf.space) && !library.is_searching() {
        tell(&say_with(Key::LibraryRowSpace, &[("space", &shown.shelf.name)]));
    }
    if shown.tab.pinned {
        tell(say(Key::LibraryRowPinned));
    }
    if words.is_empty() {
        return Html::default();
    }
    html! { <span class="hidden">{ words }</span> }
}

/// The end of the row of a tab that is in no space: where it is, and no star.
fn end_elsewhere(library: &Handle, spot: Spot) -> Html {
    let what = match library.binned(spot) {
        Some((entry, _)) => html! {
            <><Chip name={entry.name.clone()} colour={entry.colour} /><span>{ say(Key::LibraryInBin) }</span></>
        },
        None => html! { <span>{ say(Key::LibraryOpenNow) }</span> },
    };
    html! { <>{ what }<span class="library-no-star"></span></> }
}

fn end_of_row(
    library: &Handle,
    catalogue: &Catalogue,
    spot: Spot,
    shown: Option<Shown<'_>>,
    focus: &Callback<()>,
) -> Html {
    let Some(shown) = shown else {
        return end_elsewhere(library, spot);
    };
    let marks = shown.marks().cloned().unwrap_or_default();
    let others: Vec<_> = catalogue.others(shown.place()).collect();
    let twice = others.iter().any(|other| other.space == shown.shelf.space);
    let elsewhere = others
        .iter()
        .find(|other| other.space != shown.shelf.space)
        .and_then(|other| catalogue.shelf(other.space));
    let onstar = {
        let (library, focus) = (library.clone(), focus.clone());
        move |event: MouseEvent| {
            event.stop_propagation();
            focus.emit(());
            deeds::star(&library, &[spot]);
        }
    };
    let label = say(if marks.starred {
        Key::LibraryUnstar
    } else {
        Key::LibraryStar
    });
    html! {
        <>
            { for marks.tags.iter().map(|tag| html! { <span class="library-tag">{ tag.clone() }</span> }) }
            if twice {
                <span>{ say(Key::LibraryTwice) }</span>
            } else if let Some(other) = elsewhere {
                <span class="clip">{ say_with(Key::LibraryAlsoIn, &[("space", &other.name)]) }</span>
            }
            if library.is_searching() { <Chip name={shown.shelf.name.clone()} colour={shown.shelf.colour} /> }
            if !marks.note.is_empty() { <span title={marks.note.clone()}><Icon name={Name::Chat} class="small" /><span class="hidden">{ say(Key::LibraryNote) }</span></span> }
            if library.is_open(&shown.tab.url) {
                <span class="library-open" title={say(Key::LibraryOpenNow)}><span class="hidden">{ say(Key::LibraryOpenNow) }</span></span>
            }
            if shown.tab.pinned { <Icon name={Name::Pin} class="small" /> }
            if shown.tab.stream.is_some() { <LiveBadge /> }
            <button type="button" tabindex="-1" class={classes!("library-star", marks.starred.then_some("starred"))} aria-pressed={marks.starred.to_string()}
                aria-label={label} title={label} onclick={onstar}><Icon name={Name::Star} /></button>
        </>
    }
}
