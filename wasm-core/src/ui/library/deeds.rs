//! What the page does: asks the writer, opens tabs, takes back.

use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::{SpaceId, TabId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::library::{LibraryAnswer, LibraryAsk};
use crate::ask::{Answer, Ask};
use crate::command::Command;
use crate::language::Key;
use crate::library::catalogue::{Shelf, Spot};
use crate::library::marks::Marking;
use crate::library::undo::Undo;
use crate::ui::backend::{Trouble, ask};
use crate::ui::chrome_page;
use crate::ui::library::state::{Input, Library, Way};
use crate::ui::say::{count, say};

/// The page's state, and where inputs go.
pub type Handle = UseReducerHandle<Library>;

pub(super) async fn asked(wish: LibraryAsk) -> Result<LibraryAnswer, Trouble> {
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
pub(super) const fn left_out_of(answer: &LibraryAnswer) -> usize {
    match answer {
        LibraryAnswer::Lacking { left_out, .. } | LibraryAnswer::Made { left_out, .. } => *left_out,
        _ => 0,
    }
}

/// What is said of tabs that did not come along.
pub(super) fn stayed(left_out: usize) -> Option<String> {
    (left_out > 0).then(|| count(Key::LibraryStayed, left_out, &[]))
}

/// Sentences, one after the other; nothing when there are none.
pub(super) fn joined(sentences: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let said: Vec<String> = sentences.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(". "))
}

/// What is said of tabs that could not be opened.
fn skipped(tabs: usize) -> Option<String> {
    (tabs > 0).then(|| count(Key::TabsNotOpened, tabs, &[]))
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
            Err(why) => library.dispatch(Input::NotRead(Some(why.words()))),
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
            if is_news || library.unread.is_some() {
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
                    if let LibraryAnswer::Opened { skipped: more, .. } = answer {
                        all_skipped += more;
                    }
                    undo = join(undo, undo_of(answer));
                }
                Err(why) => {
                    trouble = Some(why.words());
                    break;
                }
            }
        }
        done(
            &library,
            joined([words, stayed(left_out), skipped(all_skipped)]),
            undo,
            trouble,
        );
    });
}

/// Says what was done, and why the rest was not.
pub(super) fn done(library: &Handle, words: Option<String>, undo: Option<Undo>, trouble: Option<String>) {
    let words = words.filter(|_| trouble.is_none());
    library.dispatch(Input::Done { words, undo });
    if trouble.is_some() {
        library.dispatch(Input::WentWrong(trouble));
    }
}

/// What takes two deeds back: the later first.
pub(super) fn join(first: Option<Undo>, second: Option<Undo>) -> Option<Undo> {
    let (mut first, mut second) = match (first, second) {
        (Some(first), Some(second)) => (first, second),
        (first, second) => return first.or(second),
    };
    second.ops.append(&mut first.ops);
    second.binned.append(&mut first.binned);
    second.made.append(&mut first.made);
    second.marks.append(&mut first.marks);
    second.apart.append(&mut first.apart);
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

/// How many tabs these are.
pub(super) fn size_of(spaces: &[(SpaceId, Vec<TabId>)]) -> usize {
    spaces.iter().map(|(_, tabs)| tabs.len()).sum()
}

/// Takes tabs out of their spaces.
pub fn remove(library: &Handle, spots: &[Spot]) {
    let spaces = by_space(spots);
    let size = size_of(&spaces);
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

/// Marks tabs; the words are of so many.
fn mark(library: &Handle, spots: &[Spot], marking: &Marking, words: impl FnOnce(usize) -> String) {
    let spaces = by_space(spots);
    let size = size_of(&spaces);
    if size == 0 {
        return;
    }
    let wishes = spaces.into_iter().map(|(space, tabs)| LibraryAsk::Mark {
        space,
        tabs: Some(tabs),
        marking: marking.clone(),
    });
    perform(library, wishes.collect(), Some(words(size)));
}

/// Stars tabs, or takes the stars away when all have one.
pub fn star(library: &Handle, spots: &[Spot]) {
    let Some(catalogue) = library.catalogue.clone() else {
        return;
    };
    let mut shown = spots.iter().filter_map(|spot| catalogue.tab(spot.saved()?));
    let starred = !shown.all(|shown| shown.is_starred());
    let marking = Marking {
        starred: Some(starred),
        ..Marking::default()
    };
    let key = if starred {
        Key::LibraryStarDone
    } else {
        Key::LibraryUnstarDone
    };
    mark(library, spots, &marking, |size| count(key, size, &[]));
}

/// Gives tabs a tag.
pub fn tag(library: &Handle, spots: &[Spot], tag: &str) {
    let marking = Marking {
        tag: Some(tag.to_owned()),
        ..Marking::default()
    };
    mark(library, spots, &marking, |size| {
        count(Key::LibraryTagDone, size, &[("tag", tag)])
    });
}

/// Pins tabs, or unpins them.
pub fn pin(library: &Handle, spots: &[Spot], pinned: bool) {
    let spaces = by_space(spots);
    let key = if pinned {
        Key::LibraryPinDone
    } else {
        Key::LibraryUnpinDone
    };
    let words = count(key, size_of(&spaces), &[]);
    let wishes = spaces
        .into_iter()
        .map(|(space, tabs)| LibraryAsk::Pin { space, tabs, pinned });
    perform(library, wishes.collect(), Some(words));
}

/// Opens a whole space in a window that follows it.
pub fn open_space(library: &Handle, space: SpaceId) {
    let library = library.clone();
    spawn_local(async move {
        match ask(Ask::Restore(space)).await {
            Ok(Answer::Skipped(tabs)) => library.dispatch(Input::Done {
                words: skipped(tabs),
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
