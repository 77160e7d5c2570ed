//! What the page does: asks the writer, opens tabs, takes back.

use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::{SpaceId, TabId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::library::{LibraryAnswer, LibraryAsk, OpenIn, Target};
use crate::ask::{Answer, Ask};
use crate::command::Command;
use crate::language::Key;
use crate::library::catalogue::{Part, Shelf, Spot};
use crate::library::duplicates::{Place, normalise};
use crate::library::marks::Marking;
use crate::library::undo::Undo;
use crate::reorder::{self, Direction};
use crate::ui::backend::{Trouble, ask};
use crate::ui::chrome_page;
use crate::ui::library::state::{Input, Library, Way};
use crate::ui::say::{count, say};

/// The page's state, and where inputs go.
pub type Handle = UseReducerHandle<Library>;

async fn asked(wish: LibraryAsk) -> Result<LibraryAnswer, Trouble> {
    match ask(Ask::Library(wish)).await? {
        Answer::Library(answer) => Ok(answer),
        _ => Err(Trouble::NoAnswer),
    }
}

/// What takes back what was answered, if there is something to take back.
pub fn undo_of(answer: LibraryAnswer) -> Option<Undo> {
    let undo = match answer {
        LibraryAnswer::Changed(undo)
        | LibraryAnswer::Made { undo, .. }
        | LibraryAnswer::Opened { undo, .. }
        | LibraryAnswer::Lacking { undo, .. } => *undo,
        _ => return None,
    };
    (undo != Undo::default()).then_some(undo)
}

/// How many tabs stayed where they are, because they may not go where they were put.
const fn left_out_of(answer: &LibraryAnswer) -> usize {
    match answer {
        LibraryAnswer::Lacking { left_out, .. } => *left_out,
        _ => 0,
    }
}

/// What is said of a deed, and what did not come along.
fn with_left_out(words: Option<String>, left_out: usize) -> Option<String> {
    let stayed = (left_out > 0).then(|| count(Key::LibraryStayed, left_out, &[]));
    match (words, stayed) {
        (Some(words), Some(stayed)) => Some(format!("{words}. {stayed}")),
        (words, stayed) => words.or(stayed),
    }
}

/// What is said of tabs that were opened, and of those that were not.
fn with_skipped(words: Option<String>, skipped: usize) -> Option<String> {
    let skipped = (skipped > 0).then(|| count(Key::TabsNotOpened, skipped, &[]));
    match (words, skipped) {
        (Some(words), Some(skipped)) => Some(format!("{words}. {skipped}")),
        (words, skipped) => words.or(skipped),
    }
}

/// Asks something, and gives what is answered.
pub fn look(library: &Handle, wish: LibraryAsk, then: impl FnOnce(Result<LibraryAnswer, Trouble>) + 'static) {
    let _ = library;
    spawn_local(async move { then(asked(wish).await) });
}

/// Reads what is new of all that the page shows.
pub fn read(library: &Handle) {
    let library = library.clone();
    spawn_local(async move {
        match read_shelves(&library).await {
            Ok(bin) if library.bin_print != Some(bin) => {
                if let Ok(LibraryAnswer::Bin(entries)) = asked(LibraryAsk::Bin).await {
                    library.dispatch(Input::BinRead(entries, bin));
                }
            }
            Ok(_) => {}
            Err(why) => library.dispatch(Input::WentWrong(Some(why.words()))),
        }
    });
}

/// Reads which tabs are open.
pub fn read_tabs(library: &Handle) {
    let library = library.clone();
    spawn_local(async move {
        if let Ok(open) = chrome_page::all_tabs().await
            && open != *library.open
        {
            library.dispatch(Input::OpenRead(open));
        }
    });
}

/// Reads the spaces, some at a time: those that come first are shown at once. The print of the bin.
async fn read_shelves(library: &Handle) -> Result<u64, Trouble> {
    let mut known: BTreeMap<SpaceId, Rc<Shelf>> = BTreeMap::new();
    if let Some(catalogue) = &library.catalogue {
        let shelves = catalogue.shelves().iter();
        known.extend(shelves.map(|shelf| (shelf.space, Rc::clone(shelf))));
    }
    let mut is_first = library.catalogue.is_none();
    loop {
        let prints = known.values().map(|shelf| (shelf.space, shelf.print())).collect();
        let LibraryAnswer::News { order, shelves, bin } = asked(LibraryAsk::News(prints)).await? else {
            return Err(Trouble::NoAnswer);
        };
        let print: BTreeMap<SpaceId, u64> = order.iter().copied().collect();
        let is_over = shelves.is_empty();
        for shelf in shelves {
            let print = print.get(&shelf.space).copied().unwrap_or_default();
            known.insert(shelf.space, Rc::new(Shelf::new(shelf, print)));
        }
        let there = order.iter().filter_map(|(space, _)| known.get(space).cloned());
        let there: Vec<Rc<Shelf>> = there.collect();
        let is_whole = order
            .iter()
            .all(|(space, print)| known.get(space).is_some_and(|shelf| shelf.print() == *print));
        if is_whole || is_over || std::mem::take(&mut is_first) {
            let is_news = !library
                .catalogue
                .as_ref()
                .is_some_and(|shown| shown.is_of(&there));
            if is_news || library.trouble.is_some() {
                library.dispatch(Input::ShelvesRead(there));
            }
        }
        if is_whole || is_over {
            return Ok(bin);
        }
    }
}

/// Does something, one after the other, with a word about it that takes it all back.
pub fn perform(library: &Handle, wishes: Vec<LibraryAsk>, words: Option<String>) {
    let library = library.clone();
    spawn_local(async move {
        let mut undo: Option<Undo> = None;
        let (mut trouble, mut left_out, mut all_skipped) = (None, 0, 0);
        for wish in wishes {
            match asked(wish).await {
                Ok(answer) => {
                    left_out += left_out_of(&answer);
                    if let LibraryAnswer::Opened { skipped, .. } = answer {
                        all_skipped += skipped;
                    }
                    undo = join(undo, undo_of(answer));
                }
                Err(why) => {
                    trouble = Some(why.words());
                    break;
                }
            }
        }
        let words = with_skipped(with_left_out(words, left_out), all_skipped);
        let words = words.filter(|_| trouble.is_none());
        library.dispatch(Input::Done { words, undo });
        if trouble.is_some() {
            library.dispatch(Input::WentWrong(trouble));
        }
    });
}

/// What takes two deeds back: the later first.
fn join(first: Option<Undo>, second: Option<Undo>) -> Option<Undo> {
    let (mut first, mut second) = match (first, second) {
        (Some(first), Some(second)) => (first, second),
        (first, second) => return first.or(second),
    };
    second.ops.append(&mut first.ops);
    second.binned.append(&mut first.binned);
    second.made.append(&mut first.made);
    second.marks.append(&mut first.marks);
    second.window = second.window.or(first.window);
    Some(second)
}

/// Takes the last deed back, or does again what was last taken back.
pub fn take(library: &Handle, way: Way) {
    let (stack, words) = match way {
        Way::Back => (&library.undos, Key::LibraryTakenBack),
        Way::Again => (&library.redos, Key::LibraryRedone),
    };
    let Some(undo) = stack.last().cloned() else {
        return;
    };
    library.dispatch(Input::Takes(way));
    let library = library.clone();
    spawn_local(async move {
        match asked(LibraryAsk::Undo(Box::new((*undo).clone()))).await {
            Ok(answer) => {
                library.dispatch(Input::Took(way, undo_of(answer), say(words).to_owned()));
            }
            Err(why) => {
                if why == Trouble::NoAnswer {
                    library.dispatch(Input::NotTaken(way, undo));
                }
                library.dispatch(Input::WentWrong(Some(why.words())));
            }
        }
    });
}

/// Deletes a space, or leaves it. A shared one cannot be had back by an undo: a copy of its tabs is in the bin.
pub fn forget(library: &Handle, space: SpaceId, shared: bool, owner: bool) {
    let words = match (shared, owner) {
        (false, _) => Key::LibraryDeleted,
        (true, true) => Key::LibraryDeletedForAll,
        (true, false) => Key::LibraryLeft,
    };
    let library = library.clone();
    look(
        &library.clone(),
        LibraryAsk::Forget(space),
        move |answer| match answer {
            Ok(answer) => library.dispatch(Input::Done {
                words: Some(say(words).to_owned()),
                undo: undo_of(answer).filter(|_| !shared),
            }),
            Err(why) => library.dispatch(Input::WentWrong(Some(why.words()))),
        },
    );
}

/// The tabs of each space among spots, in their order.
pub fn by_space(spots: &[Spot]) -> Vec<(SpaceId, Vec<TabId>)> {
    let mut spaces: Vec<(SpaceId, Vec<TabId>)> = Vec::new();
    let mut at: BTreeMap<SpaceId, usize> = BTreeMap::new();
    for place in spots.iter().filter_map(|spot| spot.saved()) {
        let slot = *at.entry(place.space).or_insert_with(|| {
            spaces.push((place.space, Vec::new()));
            spaces.len() - 1
        });
        spaces[slot].1.push(place.tab);
    }
    spaces
}

/// Takes tabs out of their spaces.
pub fn remove(library: &Handle, spots: &[Spot]) {
    let spaces = by_space(spots);
    let size = spaces.iter().map(|(_, tabs)| tabs.len()).sum();
    if size == 0 {
        return;
    }
    let wishes = spaces
        .into_iter()
        .map(|(space, tabs)| LibraryAsk::Remove { space, tabs });
    perform(
        library,
        wishes.collect(),
        Some(count(Key::LibraryRemoved, size, &[])),
    );
}

/// Puts tabs somewhere else. Tabs of several spaces for a new one go to that of the first.
pub fn put(library: &Handle, spots: &[Spot], to: &Target, copy: bool) {
    let spaces = by_space(spots);
    let size: usize = spaces.iter().map(|(_, tabs)| tabs.len()).sum();
    if size == 0 {
        return;
    }
    let key = if copy {
        Key::LibraryCopied
    } else {
        Key::LibraryMoved
    };
    let (library, mut to) = (library.clone(), to.clone());
    spawn_local(async move {
        let (mut undo, mut trouble, mut left_out) = (None, None, 0);
        for (from, tabs) in spaces {
            let wish = LibraryAsk::Move {
                from,
                tabs,
                to: to.clone(),
                copy,
            };
            match asked(wish).await {
                Ok(answer) => {
                    if let LibraryAnswer::Made { spaces, .. } = &answer
                        && let Some(space) = spaces.first()
                    {
                        to = end_of(*space);
                    }
                    left_out += left_out_of(&answer);
                    undo = join(undo, undo_of(answer));
                }
                Err(why) => {
                    trouble = Some(why.words());
                    break;
                }
            }
        }
        let words = count(key, size.saturating_sub(left_out), &[]);
        let words = with_left_out(Some(words), left_out).filter(|_| trouble.is_none());
        library.dispatch(Input::Done { words, undo });
        if trouble.is_some() {
            library.dispatch(Input::WentWrong(trouble));
        }
    });
}

/// The end of a space.
pub const fn end_of(space: SpaceId) -> Target {
    Target::Space {
        space,
        group: None,
        before: None,
    }
}

/// Where a wish of one tab puts it.
fn target_of(space: SpaceId, wish: &Command) -> Option<Target> {
    match *wish {
        Command::MoveTab { group, before, .. } => Some(Target::Space { space, group, before }),
        _ => None,
    }
}

/// Moves the selected tabs of one space by one place.
pub fn step(library: &Handle, direction: Direction) {
    let spots = library.selected();
    let spaces = by_space(&spots);
    let [(space, tabs)] = spaces.as_slice() else {
        return;
    };
    let shelf = library
        .catalogue
        .as_ref()
        .and_then(|catalogue| catalogue.shelf(*space));
    let lead = match direction {
        Direction::Up => tabs.first(),
        Direction::Down => tabs.last(),
    };
    let wish = shelf
        .zip(lead)
        .and_then(|(shelf, lead)| reorder::step(&shelf.items, *lead, direction));
    if let Some(to) = wish.and_then(|wish| target_of(*space, &wish)) {
        let wish = LibraryAsk::Move {
            from: *space,
            tabs: tabs.clone(),
            to,
            copy: false,
        };
        perform(library, vec![wish], None);
    }
}

/// What is dragged was dropped on a tab.
pub fn drop_on(library: &Handle, target: Place, copy: bool) {
    let spots = (*library.dragged).clone();
    library.dispatch(Input::Dragged(Vec::new()));
    let shown = library
        .catalogue
        .as_ref()
        .and_then(|catalogue| catalogue.tab(target));
    let Some(shown) = shown else { return };
    let first = spots.iter().find_map(|spot| spot.saved());
    let inside = first
        .filter(|first| first.space == target.space && !copy)
        .and_then(|first| reorder::drop_on(&shown.shelf.items, first.tab, target.tab))
        .and_then(|wish| target_of(target.space, &wish));
    let to = inside.unwrap_or(Target::Space {
        space: target.space,
        group: shown.group.map(|group| group.group),
        before: Some(crate::command::Neighbour::Tab(target.tab)),
    });
    if !spots.contains(&Spot::Saved(target)) {
        put(library, &spots, &to, copy);
    }
}

/// Marks tabs.
fn mark(library: &Handle, spots: &[Spot], marking: &Marking) {
    let wishes = by_space(spots).into_iter().map(|(space, tabs)| LibraryAsk::Mark {
        space,
        tabs: Some(tabs),
        marking: marking.clone(),
    });
    perform(library, wishes.collect(), None);
}

/// Stars tabs, or takes the stars away when all have one.
pub fn star(library: &Handle, spots: &[Spot]) {
    let Some(catalogue) = library.catalogue.clone() else {
        return;
    };
    let mut shown = spots.iter().filter_map(|spot| catalogue.tab(spot.saved()?));
    let marking = Marking {
        starred: Some(!shown.all(|shown| shown.is_starred())),
        ..Marking::default()
    };
    mark(library, spots, &marking);
}

/// Gives tabs a tag.
pub fn tag(library: &Handle, spots: &[Spot], tag: String) {
    let marking = Marking {
        tag: Some(tag),
        ..Marking::default()
    };
    mark(library, spots, &marking);
}

/// Opens what is chosen: goes to a tab that is open, opens one that is not. Several are opened at the end of this
/// window, waiting until they are shown.
pub fn open(library: &Handle, spots: Vec<Spot>) {
    if let [Spot::Binned(..)] = spots.as_slice() {
        library.dispatch(Input::Chose(Part::Bin));
        return;
    }
    let Some(catalogue) = library.catalogue.clone() else {
        return;
    };
    let library = library.clone();
    spawn_local(async move {
        if let [spot] = spots.as_slice() {
            let url = match spot {
                Spot::Saved(place) => catalogue.tab(*place).map(|shown| shown.tab.url.clone()),
                Spot::Open(id) => library.open_tab(*id).map(|tab| tab.url.clone()),
                Spot::Binned(..) => None,
            };
            let Some(url) = url else { return };
            let open = chrome_page::all_tabs().await.unwrap_or_default();
            let page = normalise(&url);
            let by_id = |id: i32| *spot == Spot::Open(id);
            let there = open
                .iter()
                .find(|tab| by_id(tab.id))
                .or_else(|| open.iter().find(|tab| normalise(&tab.url) == page));
            if let Some(tab) = there {
                if let Err(words) = chrome_page::show_tab(tab.id, tab.window).await {
                    library.dispatch(Input::WentWrong(Some(words)));
                }
                return;
            }
        }
        let place = library.window.map_or(OpenIn::NewWindow, OpenIn::Window);
        let wishes = by_space(&spots)
            .into_iter()
            .map(|(space, tabs)| LibraryAsk::Open {
                space,
                tabs: Some(tabs),
                place,
            });
        perform(&library, wishes.collect(), None);
    });
}

/// Opens a whole space in a window that follows it.
pub fn open_space(library: &Handle, space: SpaceId) {
    let library = library.clone();
    spawn_local(async move {
        match ask(Ask::Restore(space)).await {
            Ok(Answer::Skipped(skipped)) => library.dispatch(Input::Done {
                words: with_skipped(None, skipped),
                undo: None,
            }),
            Ok(_) => library.dispatch(Input::Changed),
            Err(why) => library.dispatch(Input::WentWrong(Some(why.words()))),
        }
    });
}

/// Closes the window of a space, which stays.
pub fn close_window(library: &Handle, space: SpaceId) {
    say_and_read(library, Ask::Close(space));
}

/// Says a wish for a space.
pub fn command(library: &Handle, space: SpaceId, command: Command) {
    say_and_read(library, Ask::Do { space, command });
}

fn say_and_read(library: &Handle, wish: Ask) {
    let library = library.clone();
    spawn_local(async move {
        match ask(wish).await {
            Ok(_) => library.dispatch(Input::Changed),
            Err(why) => library.dispatch(Input::WentWrong(Some(why.words()))),
        }
    });
}
