//! The rows of the list: titles of spaces and groups, and tabs with what is known of them.

use protocol::SpaceId;
use yew::prelude::*;

use crate::ask::library::{LibraryAsk, ShelfView};
use crate::find::Query;
use crate::language::Key;
use crate::library::catalogue::{Catalogue, Line, Part, Shown, Spot};
use crate::ui::chrome_page::favicon_of;
use crate::ui::colour_class;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::list::row_id;
use crate::ui::library::mouse::{Land, STAR};
use crate::ui::library::placing;
use crate::ui::library::state::{Input, Over};
use crate::ui::marked::marked;
use crate::ui::parts::chip::chip;
use crate::ui::parts::favicon::{host, sure_favicon};
use crate::ui::parts::{Chip, Icon, LiveBadge, Menu, MenuItem, Name};
use crate::ui::say::{say, say_with};
use crate::view::GroupView;

/// The title of a space, of a group or of what stands behind the groups.
pub fn title(at: usize, inner: Html, over: Option<Land>) -> Html {
    html! {
        <div key={format!("title-{at}")} class={classes!("row", "library-title", over.map(Land::class))} role="row" aria-rowindex={(at + 1).to_string()} data-testid="library-title">
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

/// Title and address of a tab of the list, if it is still there.
pub fn title_and_url<'a>(
    library: &'a Handle,
    catalogue: &'a Catalogue,
    spot: Spot,
) -> Option<(&'a str, &'a str)> {
    match spot {
        Spot::Saved(place) => {
            let shown = catalogue.tab(place)?;
            Some((&shown.tab.title, &shown.tab.url))
        }
        Spot::Open(id) => {
            let tab = library.open.iter().find(|tab| tab.id == id)?;
            Some((&tab.title, &tab.url))
        }
        Spot::Binned(..) => {
            let (_, tab) = library.binned(spot)?;
            Some((&tab.title, &tab.url))
        }
    }
}

/// A tab's row. What is done with the mouse in it the list hears ([`Mouse`](super::mouse::Mouse)).
pub fn tab_row(
    library: &Handle,
    catalogue: &Catalogue,
    spot: Spot,
    at: usize,
    group: Option<Classes>,
    query: &Query,
    over: Option<Land>,
) -> Option<Html> {
    let shown = spot.saved().and_then(|place| catalogue.tab(place));
    let (title, url) = title_and_url(library, catalogue, spot)?;
    let selected = library.selection.holds(spot);
    let is_cursor = library.selection.cursor() == Some(spot);
    let class = classes!(
        "row",
        "library-row",
        selected.then_some("on"),
        is_cursor.then_some("cursor"),
        over.map(Land::class),
        group
    );
    // By its place: what is found changes with each letter, and a row that is there is quicker filled than made.
    Some(html! {
        <div key={at} {class} id={row_id(at)} role="row" aria-rowindex={(at + 1).to_string()} aria-selected={selected.to_string()}
            draggable={placing::can_go(&[spot]).to_string()} data-testid="library-row">
            <span role="gridcell" class="flex grow library-name" title={url.to_owned()}>
                { sure_favicon(favicon_of(url)) }
                <span class="clip"><bdi>{ marked(title, query) }</bdi><span class="muted">{" · "}{ marked(host(url), query) }</span></span>
                { told(library, shown) }
            </span>
            <span role="gridcell" class="end">{ end_of_row(library, catalogue, spot, shown) }</span>
        </div>
    })
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
            <>{ chip(&entry.name.clone().into(), entry.colour, false) }<span>{ say(Key::LibraryInBin) }</span></>
        },
        None => html! { <span>{ say(Key::LibraryOpenNow) }</span> },
    };
    html! { <>{ what }<span class="library-no-star"></span></> }
}

fn end_of_row(library: &Handle, catalogue: &Catalogue, spot: Spot, shown: Option<Shown<'_>>) -> Html {
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
            if library.is_searching() { { chip(&shown.shelf.name.clone().into(), shown.shelf.colour, false) } }
            if !marks.note.is_empty() { <span title={marks.note.clone()}><Icon name={Name::Chat} class="small" /><span class="hidden">{ say(Key::LibraryNote) }</span></span> }
            if library.is_open(&shown.tab.url) {
                <span class="library-open" title={say(Key::LibraryOpenNow)}><span class="hidden">{ say(Key::LibraryOpenNow) }</span></span>
            }
            if shown.tab.pinned { <Icon name={Name::Pin} class="small" /> }
            if shown.tab.stream.is_some() { <LiveBadge /> }
            <button type="button" tabindex="-1" class={classes!(STAR, marks.starred.then_some("starred"))} aria-pressed={marks.starred.to_string()}
                aria-label={label} title={label}><Icon name={Name::Star} /></button>
        </>
    }
}
