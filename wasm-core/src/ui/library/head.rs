//! The head of the middle: what is shown, and what can be done with it or with what is selected.

use protocol::Role;
use yew::prelude::*;

use crate::ask::library::{LibraryAsk, OpenIn, Order, ShelfView};
use crate::language::Key;
use crate::library::catalogue::{Part, groups_in, tabs_in};
use crate::library::marks::Marking;
use crate::ui::colour_class;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::list::found_words;
use crate::ui::library::row::star_of_space;
use crate::ui::library::state::{Input, Over};
use crate::ui::library::{opening, placing};
use crate::ui::parts::{Button, IconButton, Kind, Menu, MenuItem, Name};
use crate::ui::say::{ago, count, number, say, say_with};
use crate::view::LinkView;

/// The DOM id of the words about filters, which belong to the search field.
pub const FILTERS: &str = "library-filters";

/// So many people are named.
const NAMED: usize = 4;

/// What the head needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
}

/// The head.
#[component]
pub fn Head(props: &Props) -> Html {
    let library = &props.library;
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let shelf = match library.part {
        Part::Space(space) if !library.is_searching() => catalogue.shelf(space),
        _ => None,
    };
    let plain = |key: Key| html! { <h1>{ say(key) }</h1> };
    html! {
        <header class="library-head">
            {
                match (shelf, library.is_searching(), library.part) {
                    (Some(shelf), ..) => space_head(library, shelf),
                    (None, true, _) => html! { <h1><span role="status">{ found_words(library.order().len(), library.finder.total()) }</span></h1> },
                    (None, false, Part::Starred) => plain(Key::LibraryStarred),
                    (None, false, Part::Shared) => plain(Key::LibraryShared),
                    (None, false, Part::Archive) => plain(Key::LibraryArchive),
                    (None, false, _) => plain(Key::LibraryRecent),
                }
            }
            if library.is_searching() { <p class="hint" id={FILTERS}>{ say(Key::LibraryFilters) }</p> }
            { selected(library) }
        </header>
    }
}

/// How a space stands, in words.
fn standing(shelf: &ShelfView, here: Option<i32>) -> String {
    let mut words = vec![count(Key::TabCount, tabs_in(shelf), &[])];
    let groups = groups_in(shelf);
    if groups > 0 {
        words.push(count(Key::LibraryGroups, groups, &[]));
    }
    match shelf.window {
        Some(window) if Some(window) == here => words.push(say(Key::LibraryFollowsThis).to_owned()),
        Some(_) => words.push(say(Key::LibraryFollows).to_owned()),
        None => {}
    }
    let names: Vec<&str> = shelf.people.iter().map(|(name, _)| name.as_str()).collect();
    words.push(match (&shelf.link, names.as_slice()) {
        (LinkView::Private, _) => say(Key::LibraryPrivate).to_owned(),
        (_, []) => say(Key::LibraryIsShared).to_owned(),
        (_, names) => say_with(Key::LibrarySharedWith, &[("names", &listed(names))]),
    });
    if shelf.link == LinkView::Reconnecting {
        words.push(say(Key::ReconnectingKept).to_owned());
    }
    words.push(ago(shelf.changed));
    words.join(" · ")
}

/// The first names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let mut words = names[..names.len().min(NAMED)].join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 {
        words.push(' ');
        words.push_str(&say_with(Key::AndMore, &[("count", &number(more))]));
    }
    words
}

fn space_head(library: &Handle, shelf: &ShelfView) -> Html {
    let space = shelf.space;
    let over = |over: Over| {
        let library = library.clone();
        move |_: MouseEvent| library.dispatch(Input::Opened(Some(over.clone())))
    };
    let open_all = {
        let library = library.clone();
        move |_: MouseEvent| deeds::open_space(&library, space)
    };
    html! {
        <>
            <div class="library-title-row">
                <span class={classes!("dot", "large", colour_class(shelf.colour))}></span>
                <h1 class="clip"><bdi>{ shelf.name.clone() }</bdi></h1>
                if shelf.marks.own.starred { { star_of_space() } }
                <span class="grow"></span>
                if shelf.role != Role::Viewer { <Button icon={Name::Share} onclick={over(Over::Share(space))} testid="share">{ say(Key::Share) }</Button> }
                <Button kind={Kind::Primary} icon={Name::Open} onclick={open_all} testid="open-all">{ say(if shelf.window.is_some() { Key::LibraryGoTo } else { Key::LibraryOpenAll }) }</Button>
                <Menu label={say(Key::SpaceMenu)} items={menu(library, shelf)} testid="library-menu" />
            </div>
            <p class="muted">{ standing(shelf, library.window) }</p>
        </>
    }
}

fn menu(library: &Handle, shelf: &ShelfView) -> Vec<MenuItem> {
    let space = shelf.space;
    let opens = |label: Key, icon: Name, testid: &'static str, over: Over| {
        let library = library.clone();
        MenuItem::new(say(label), icon, testid, move |()| {
            library.dispatch(Input::Opened(Some(over.clone())));
        })
    };
    let does = |label: Key, icon: Name, testid: &'static str, wish: LibraryAsk, words: Option<Key>| {
        let library = library.clone();
        MenuItem::new(say(label), icon, testid, move |()| {
            deeds::perform(&library, vec![wish.clone()], words.map(|key| say(key).to_owned()));
        })
    };
    let archived = !shelf.marks.archived;
    let starred = !shelf.marks.own.starred;
    let star = LibraryAsk::Mark {
        space,
        tabs: None,
        marking: Marking {
            starred: Some(starred),
            ..Marking::default()
        },
    };
    let mut items = Vec::new();
    if let Some(window) = library.window {
        let here = LibraryAsk::Open {
            space,
            tabs: Some(all_tabs(shelf)),
            place: OpenIn::Window(window),
        };
        items.push(does(Key::LibraryOpenHere, Name::Open, "open-here", here, None));
        items.push(opens(
            Key::LibraryReplace,
            Name::Open,
            "open-replacing",
            Over::Replace(space),
        ));
    }
    if shelf.window.is_some() {
        let library = library.clone();
        items.push(MenuItem::new(
            say(Key::CloseKeep),
            Name::Close,
            "close-window",
            move |()| deeds::close_window(&library, space),
        ));
    }
    let sort = |by| LibraryAsk::Sort { space, by };
    if shelf.role == Role::Owner {
        items.push(opens(
            Key::LibraryEdit,
            Name::Pen,
            "edit-space",
            Over::Edit(space),
        ));
    }
    items.extend([
        does(
            Key::LibrarySortTitle,
            Name::Down,
            "sort-title",
            sort(Order::Title),
            Some(Key::LibrarySorted),
        ),
        does(
            Key::LibrarySortSite,
            Name::Down,
            "sort-site",
            sort(Order::Site),
            Some(Key::LibrarySorted),
        ),
        opens(Key::LibraryMerge, Name::Move, "merge", Over::Merge(space)),
        does(
            if starred {
                Key::LibraryStar
            } else {
                Key::LibraryUnstar
            },
            Name::Star,
            "star-space",
            star,
            Some(if starred {
                Key::LibrarySpaceStarDone
            } else {
                Key::LibrarySpaceUnstarDone
            }),
        ),
        does(
            if archived {
                Key::LibraryPutAside
            } else {
                Key::LibraryTakeUp
            },
            Name::Archive,
            "archive",
            LibraryAsk::Archive { space, archived },
            Some(if archived {
                Key::LibraryIsAside
            } else {
                Key::LibraryIsBack
            }),
        ),
        opens(
            if shelf.role == Role::Owner {
                Key::DeleteSpace
            } else {
                Key::LeaveSpace
            },
            Name::Bin,
            "delete-space",
            Over::Delete(space),
        )
        .danger(true),
    ]);
    items
}

/// All tabs of a space, in order.
pub fn all_tabs(shelf: &ShelfView) -> Vec<protocol::TabId> {
    use crate::view::ItemView;
    let tabs = shelf.items.iter().flat_map(|item| match item {
        ItemView::Tab(tab) => std::slice::from_ref(tab),
        ItemView::Group(group) => group.tabs.as_slice(),
    });
    tabs.map(|tab| tab.tab).collect()
}

/// What can be done with what is selected.
fn selected(library: &Handle) -> Html {
    let chosen = library.selected();
    if chosen.is_empty() {
        return Html::default();
    }
    let saved = deeds::by_space(&chosen);
    let may_go = placing::can_go(&chosen);
    let moves = if saved.is_empty() {
        Key::LibrarySaveInto
    } else {
        Key::LibraryMoveTo
    };
    let does = |deed: fn(&Handle)| {
        let library = library.clone();
        move |_: MouseEvent| deed(&library)
    };
    let over = |over: Over| {
        let library = library.clone();
        move |_: MouseEvent| library.dispatch(Input::Opened(Some(over.clone())))
    };
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let all_pinned = chosen
        .iter()
        .filter_map(|spot| catalogue.tab(spot.saved()?))
        .all(|shown| shown.tab.pinned);
    let pin = {
        let library = library.clone();
        move |_: MouseEvent| deeds::pin(&library, &library.selected(), !all_pinned)
    };
    html! {
        <div class="library-bar" role="toolbar" aria-label={say(Key::LibrarySelection)} data-testid="selection-bar">
            <span class="strong grow" role="status">{ count(Key::LibrarySelected, chosen.len(), &[]) }</span>
            <IconButton icon={Name::Open} label={say(Key::LibraryOpen)} keys="Enter" onclick={does(|library| opening::open(library, library.selected()))} testid="open-selected" />
            if may_go {
                <IconButton icon={Name::Move} label={say(moves)} keys="M" onclick={over(Over::To { copy: false })} testid="move-selected" />
            }
            if !saved.is_empty() {
                <IconButton icon={Name::Copy} label={say(Key::LibraryCopyTo)} keys="C" onclick={over(Over::To { copy: true })} testid="copy-selected" />
                if saved.len() == 1 { <IconButton icon={Name::Stack} label={say(Key::LibraryMakeGroup)} keys="G" onclick={over(Over::Group)} testid="group-selected" /> }
                <IconButton icon={Name::Tag} label={say(Key::LibraryAddTag)} keys="T" onclick={over(Over::Tag)} testid="tag-selected" />
                <IconButton icon={Name::Pin} label={say(if all_pinned { Key::LibraryUnpin } else { Key::LibraryPin })} onclick={pin} testid="pin-selected" />
                <IconButton icon={Name::Star} label={say(Key::LibraryStar)} keys="S" onclick={does(|library| deeds::star(library, &library.selected()))} testid="star-selected" />
                <IconButton icon={Name::Bin} label={say(Key::RemoveTab)} keys="Delete" onclick={does(|library| deeds::remove(library, &library.selected()))} testid="remove-selected" />
            }
        </div>
    }
}
