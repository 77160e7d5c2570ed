//! The left column: what is sought, the parts of the library, the spaces. Tabs can be dropped on a space.

use std::cell::RefCell;
use std::rc::Rc;

use protocol::SpaceId;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ask::library::SaveWhat;
use crate::language::Key;
use crate::library::catalogue::{Part, Shelf};
use crate::selection::Step;
use crate::ui::colour_class;
use crate::ui::library::deeds::Handle;
use crate::ui::library::head::FILTERS;
use crate::ui::library::list::{LIST, focus_list, row_id};
use crate::ui::library::row::star_of_space;
use crate::ui::library::state::{Input, Over};
use crate::ui::library::{opening, placing};
use crate::ui::parts::{Icon, LiveBadge, Menu, MenuItem, Name, window};
use crate::ui::say::{number, say};
use crate::view::LinkView;

/// What the column needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
    /// The search field, for who gives it the focus.
    pub field: NodeRef,
}

/// The column.
#[component]
pub fn Sidebar(props: &Props) -> Html {
    let library = &props.library;
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let size = |part: Part| match part {
        Part::Recent => 0,
        Part::Bin => library.bin.iter().map(|entry| entry.tabs.len().max(1)).sum(),
        part => catalogue.size_of(part),
    };
    let part = |part: Part, icon: Name, label: Key, testid: &'static str| {
        let onclick = {
            let library = library.clone();
            move |_: MouseEvent| library.dispatch(Input::Chose(part))
        };
        let here = library.part == part && !library.is_searching();
        let size = size(part);
        html! {
            <button type="button" class={classes!("row", "row-button", here.then_some("here"))} aria-current={here.then_some("page")} {onclick} data-testid={testid}>
                <Icon name={icon} /><span class="grow clip">{ say(label) }</span>
                if size > 0 { <span class="end">{ number(size) }</span> }
            </button>
        }
    };
    let spaces: Vec<_> = catalogue.spaces_of(Part::Recent).collect();
    let chosen = spaces
        .iter()
        .position(|shelf| library.part == Part::Space(shelf.space));
    let windowed = window::use_window(spaces.len(), chosen, "li");
    let latest = Latest(use_mut_ref(|| library.clone()));
    latest.0.replace(library.clone());
    let (searching, dragging) = (library.is_searching(), !library.dragged.is_empty());
    html! {
        <nav class="library-side" aria-label={say(Key::Library)}>
            <Search library={library.clone()} field={props.field.clone()} />
            <div class="library-parts">
                { part(Part::Recent, Name::Clock, Key::LibraryRecent, "part-recent") }
                { part(Part::Starred, Name::Star, Key::LibraryStarred, "part-starred") }
                { part(Part::Shared, Name::Users, Key::LibraryShared, "part-shared") }
                { part(Part::Duplicates, Name::Copy, Key::LibraryDuplicates, "part-duplicates") }
                { part(Part::Archive, Name::Archive, Key::LibraryArchive, "part-archive") }
                { part(Part::Bin, Name::Bin, Key::LibraryBin, "part-bin") }
            </div>
            <div class="section"><h2 class="grow">{ say(Key::Spaces) }</h2>
                <Menu label={say(Key::LibraryNewMenu)} icon={Name::Plus} items={new_items(library)} testid="new-menu" />
            </div>
            <ul class="scroll library-spaces" tabindex="-1" ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()}>
                { windowed.list(windowed.rows.clone().filter_map(|at| spaces.get(at)).map(|shelf| html! {
                    <SpaceRow key={shelf.space.to_string()} latest={latest.clone()} space={shelf.space} name={shelf.name.clone()} size={shelf.size()}
                        colour={colour_class(shelf.colour)} standing={Standing::of(shelf)} starred={shelf.marks.own.starred}
                        here={library.part == Part::Space(shelf.space) && !searching} {dragging} />
                })) }
            </ul>
        </nav>
    }
}

/// How a space begins: empty, or of what is open.
fn new_items(library: &Handle) -> Vec<MenuItem> {
    let empty = {
        let library = library.clone();
        move |()| library.dispatch(Input::Opened(Some(Over::NewSpace)))
    };
    let saves = |what: SaveWhat| {
        let library = library.clone();
        move |()| placing::save(&library, what.clone())
    };
    let mut items = vec![MenuItem::new(
        say(Key::LibraryNewEmpty),
        Name::Plus,
        "new-space",
        empty,
    )];
    if let Some(window) = library.window {
        let save = saves(SaveWhat::Window(window));
        items.push(MenuItem::new(
            say(Key::SaveThisWindow),
            Name::Save,
            "save-this-window",
            save,
        ));
    }
    items.push(MenuItem::new(
        say(Key::LibrarySaveAll),
        Name::Stack,
        "save-all-windows",
        saves(SaveWhat::AllWindows),
    ));
    items
}

/// The page's state as it was last rendered, for what happens later: a row is not made anew when something changed
/// that it does not show, as with each letter that is typed.
#[derive(Clone)]
struct Latest(Rc<RefCell<Handle>>);

impl PartialEq for Latest {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Latest {
    fn library(&self) -> Handle {
        self.0.borrow().clone()
    }
}

/// Who else sees a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Private,
    Shared,
    /// It is shared, and a tab of it is streamed.
    Live,
}

impl Standing {
    fn of(shelf: &Shelf) -> Self {
        match shelf.link {
            LinkView::Private => Self::Private,
            _ if shelf.is_live() => Self::Live,
            _ => Self::Shared,
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProps {
    latest: Latest,
    space: SpaceId,
    name: String,
    size: usize,
    colour: &'static str,
    standing: Standing,
    /// The space has a star.
    starred: bool,
    /// It is the part that is shown.
    here: bool,
    /// Tabs are dragged.
    dragging: bool,
}

/// A space; tabs can be dropped on it, with Ctrl to be copied.
#[component]
fn SpaceRow(props: &RowProps) -> Html {
    let &RowProps {
        space,
        here,
        dragging,
        ..
    } = props;
    let over = use_state_eq(|| false);
    let onclick = {
        let latest = props.latest.clone();
        move |_: MouseEvent| latest.library().dispatch(Input::Chose(Part::Space(space)))
    };
    let ondragover = {
        let over = over.clone();
        move |event: DragEvent| {
            if dragging {
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
        let (over, latest) = (over.clone(), props.latest.clone());
        move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            let library = latest.library();
            let spots = (*library.dragged).clone();
            library.dispatch(Input::Dragged(Vec::new()));
            placing::put(&library, &spots, &placing::end_of(space), event.ctrl_key());
        }
    };
    html! {
        <li>
            <button type="button" class={classes!("row", "row-button", here.then_some("here"), (*over && dragging).then_some("over"))}
                aria-current={here.then_some("page")} {onclick} {ondragover} {ondragleave} {ondrop} data-testid="library-space">
                <span class={classes!("dot", props.colour)}></span><bdi class="grow clip">{ props.name.clone() }</bdi>
                <span class="end">
                    if props.starred { { star_of_space() } }
                    if props.standing == Standing::Live { <LiveBadge /> }
                    if props.standing != Standing::Private { <Icon name={Name::Users} class="small" /> }
                    { number(props.size) }
                </span>
            </button>
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SearchProps {
    library: Handle,
    field: NodeRef,
}

/// The field: the focus stays in it while keys move through what is found.
#[component]
fn Search(props: &SearchProps) -> Html {
    let library = &props.library;
    let oninput = {
        let library = library.clone();
        move |event: InputEvent| {
            let field: HtmlInputElement = event.target_unchecked_into();
            library.dispatch(Input::Typed(field.value()));
        }
    };
    let found = if library.is_searching() {
        library.order()
    } else {
        Rc::default()
    };
    let cursor = library.selection.cursor();
    let active = found.iter().position(|spot| Some(*spot) == cursor);
    let onkeydown = {
        let library = library.clone();
        move |event: KeyboardEvent| {
            if event.is_composing() {
                return;
            }
            if !library.is_searching() {
                if event.key() == "ArrowDown" {
                    event.prevent_default();
                    focus_list();
                }
                return;
            }
            let order = library.order();
            let mut selection = library.selection.clone();
            match event.key().as_str() {
                "ArrowDown" => selection.step(&order, Step::Down, event.shift_key()),
                "ArrowUp" => selection.step(&order, Step::Up, event.shift_key()),
                "Enter" => {
                    let mut chosen = selection.acted_on(&order);
                    if chosen.is_empty() {
                        chosen.extend(order.first());
                    }
                    opening::open(&library, chosen);
                    event.prevent_default();
                    return;
                }
                "Escape" => {
                    library.dispatch(Input::Typed(String::new()));
                    event.prevent_default();
                    return;
                }
                _ => return,
            }
            event.prevent_default();
            library.dispatch(Input::Selected(selection));
        }
    };
    html! {
        <label class="search" for="library-search">
            <Icon name={Name::Search} />
            <input id="library-search" type="text" role="combobox" aria-haspopup="grid" aria-expanded={(!found.is_empty()).to_string()} aria-controls={(!found.is_empty()).then_some(LIST)}
                aria-activedescendant={active.map(row_id)} aria-label={say(Key::LibrarySearch)} aria-describedby={library.is_searching().then_some(FILTERS)} placeholder={say(Key::LibrarySearch)}
                autocomplete="off" spellcheck="false" value={library.query.clone()} ref={props.field.clone()} {oninput} {onkeydown} data-testid="library-search" />
            <kbd class="shortcut" aria-hidden="true">{"/"}</kbd>
        </label>
    }
}
