//! The rows of the list: titles of spaces and groups, and tabs with what is known of them.

use std::rc::Rc;

use protocol::SpaceId;
use yew::prelude::*;

use crate::ask::library::LibraryAsk;
use crate::find::Query;
use crate::language::Key;
use crate::library::catalogue::{Catalogue, Line, Part, Shown, Spot};
use crate::selection::Click;
use crate::ui::chrome_page::favicon_of;
use crate::ui::colour_class;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::list::row_id;
use crate::ui::library::state::{Input, Over};
use crate::ui::marked::marked;
use crate::ui::parts::favicon::host;
use crate::ui::parts::{Chip, Favicon, Icon, LiveBadge, Menu, MenuItem, Name};
use crate::ui::say::{say, say_with};
use crate::view::GroupView;

/// The title of a space, of a group or of what stands behind the groups.
pub fn title(at: usize, inner: Html) -> Html {
    html! {
        <div key={format!("title-{at}")} class="row library-title" role="row" aria-rowindex={(at + 1).to_string()}>
            <span role="gridcell" class="flex grow">{ inner }</span>
        </div>
    }
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
) -> Html {
    let shown = spot.saved().and_then(|place| catalogue.tab(place));
    let bin = library.bin.clone();
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
        Spot::Binned(time, number, at) => {
            let entry = bin
                .iter()
                .find(|entry| (entry.id.0.0, entry.id.1) == (time, number));
            match entry.and_then(|entry| entry.tabs.get(at)) {
                Some((title, url)) => (title.as_str(), url.as_str()),
                None => return Html::default(),
            }
        }
    };
    let selected = library.selection.holds(spot);
    let is_cursor = library.selection.cursor() == Some(spot);
    let class = classes!(
        "row",
        "library-row",
        selected.then_some("on"),
        is_cursor.then_some("cursor"),
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
        move |_: MouseEvent| deeds::open(&library, vec![spot])
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
    let is_target = spot.saved().is_some() && !library.dragged.is_empty();
    let ondragover = move |event: DragEvent| {
        if is_target {
            event.prevent_default();
        }
    };
    let ondrop = {
        let library = library.clone();
        move |event: DragEvent| {
            event.prevent_default();
            if let Some(place) = spot.saved() {
                deeds::drop_on(&library, place, event.ctrl_key());
            }
        }
    };
    // By its place: what is found changes with each letter, and a row that is there is quicker filled than made.
    html! {
        <div key={at} {class} id={row_id(at)} role="row" aria-rowindex={(at + 1).to_string()} aria-selected={selected.to_string()}
            draggable={spot.saved().is_some().to_string()} {onclick} {ondblclick} {ondragstart} {ondragend} {ondragover} {ondrop} data-testid="library-row">
            <span role="gridcell" class="flex grow library-name" title={url.to_owned()}>
                <Favicon src={Some(AttrValue::from(favicon_of(url)))} url={url.to_owned()} />
                <span class="clip"><bdi>{ marked(title, query) }</bdi><span class="muted">{" · "}{ marked(host(url), query) }</span></span>
            </span>
            <span role="gridcell" class="end">{ end_of_row(library, catalogue, spot, shown) }</span>
        </div>
    }
}

fn end_of_row(library: &Handle, catalogue: &Catalogue, spot: Spot, shown: Option<Shown<'_>>) -> Html {
    let Some(shown) = shown else {
        let key = if matches!(spot, Spot::Open(_)) {
            Key::LibraryOpenNow
        } else {
            Key::LibraryInBin
        };
        return html! { <span>{ say(key) }</span> };
    };
    let marks = shown.marks().cloned().unwrap_or_default();
    let others: Vec<_> = catalogue.others(shown.place()).collect();
    let twice = others.iter().any(|other| other.space == shown.shelf.space);
    let elsewhere = others
        .iter()
        .find(|other| other.space != shown.shelf.space)
        .and_then(|other| catalogue.shelf(other.space));
    let onstar = {
        let library = library.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
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
