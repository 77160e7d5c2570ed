//! Where tabs go: to another place or space, also out of the browser's windows; by a dialog, by keys, or dragged.

use protocol::{SpaceId, TabId};
use wasm_bindgen_futures::spawn_local;

use crate::ask::library::{LibraryAsk, SaveWhat, Target};
use crate::command::{Command, Neighbour};
use crate::language::Key;
use crate::library::catalogue::{Part, Spot};
use crate::library::duplicates::Place;
use crate::library::undo::Undo;
use crate::reorder::{self, Direction};
use crate::ui::library::deeds::{
    Handle, asked, by_space, done, join, joined, left_out_of, perform, size_of, stayed, undo_of,
};
use crate::ui::library::state::Input;
use crate::ui::say::{count, say};

/// From where tabs come.
enum Source {
    /// A space: these tabs of it.
    Space(SpaceId, Vec<TabId>),
    /// The browser's windows: what is kept of them, and how many tabs that is.
    Browser(SaveWhat, usize),
}

/// The end of a space.
pub const fn end_of(space: SpaceId) -> Target {
    Target::Space {
        space,
        group: None,
        before: None,
    }
}

/// The open tabs among spots, by Chrome's ids.
pub fn open_among(spots: &[Spot]) -> Vec<i32> {
    let id = |spot: &Spot| match spot {
        Spot::Open(id) => Some(*id),
        Spot::Saved(_) | Spot::Binned(..) => None,
    };
    spots.iter().filter_map(id).collect()
}

/// Whether there is something among spots that can be put into a space.
pub fn can_go(spots: &[Spot]) -> bool {
    spots.iter().any(|spot| !matches!(spot, Spot::Binned(..)))
}

/// Puts tabs somewhere else; open ones are saved there. All of them go to one space, also when that is a new one. What is
/// in the bin stays there, and that is said.
pub fn put(library: &Handle, spots: &[Spot], to: &Target, copy: bool) {
    let (spaces, open) = (by_space(spots), open_among(spots));
    let (saved, new) = (size_of(&spaces), open.len());
    let binned = spots.len() - saved - new;
    let mut sources: Vec<Source> = Vec::new();
    sources.extend(spaces.into_iter().map(|(space, tabs)| Source::Space(space, tabs)));
    if new > 0 {
        sources.push(Source::Browser(SaveWhat::Tabs(open), new));
    }
    let stays = (binned > 0).then(|| count(Key::LibraryBinStays, binned, &[]));
    if sources.is_empty() {
        if let Some(words) = stays {
            library.dispatch(Input::Says(words));
        }
        return;
    }
    let key = if copy {
        Key::LibraryCopied
    } else {
        Key::LibraryMoved
    };
    let (library, mut to) = (library.clone(), to.clone());
    spawn_local(async move {
        let (mut undo, mut trouble, mut left_out): (Option<Undo>, _, _) = (None, None, 0);
        let (mut went, mut kept) = (0, 0);
        for source in sources {
            let (size, is_new) = match &source {
                Source::Space(_, tabs) => (tabs.len(), false),
                Source::Browser(_, size) => (*size, true),
            };
            let wish = match source {
                Source::Space(from, tabs) => LibraryAsk::Move {
                    from,
                    tabs,
                    to: to.clone(),
                    copy,
                },
                Source::Browser(what, _) => LibraryAsk::Save { what, to: to.clone() },
            };
            match asked(wish).await {
                Ok(answer) => {
                    let lacking = left_out_of(&answer);
                    let back = undo_of(answer);
                    // A space that was made takes the others, too.
                    let made = back.as_ref().and_then(|back| back.made.first().copied());
                    if let Some(space) = made.filter(|_| matches!(to, Target::New(_))) {
                        to = end_of(space);
                    }
                    let there = if is_new { &mut kept } else { &mut went };
                    *there += size.saturating_sub(lacking);
                    left_out += lacking;
                    undo = join(undo, back);
                }
                Err(why) => {
                    trouble = Some(why.words());
                    break;
                }
            }
        }
        let moved = (saved > 0).then(|| count(key, went, &[]));
        let saved = (new > 0).then(|| count(Key::LibrarySavedTabs, kept, &[]));
        done(
            &library,
            joined([moved, saved, stayed(left_out), stays]),
            undo,
            trouble,
        );
    });
}

/// Saves windows, each as a space of its own, and goes to it.
pub fn save(library: &Handle, what: SaveWhat) {
    use crate::ask::library::LibraryAnswer::Made;
    let library = library.clone();
    spawn_local(async move {
        let wish = LibraryAsk::Save {
            what,
            to: Target::New(None),
        };
        match asked(wish).await {
            Ok(answer) => {
                let ignored = left_out_of(&answer);
                let ignored = (ignored > 0).then(|| count(Key::TabsIgnored, ignored, &[]));
                let saved = match &answer {
                    Made { spaces, tabs, .. } => Some((spaces.clone(), *tabs)),
                    _ => None,
                };
                let words = saved
                    .as_ref()
                    .map(|(_, tabs)| count(Key::LibrarySavedTabs, *tabs, &[]));
                done(&library, joined([words, ignored]), undo_of(answer), None);
                if let Some([space]) = saved.as_ref().map(|(spaces, _)| spaces.as_slice()) {
                    library.dispatch(Input::Chose(Part::Space(*space)));
                }
            }
            Err(why) => library.dispatch(Input::WentWrong(Some(why.words()))),
        }
    });
}

/// Where a wish of one tab puts it.
fn target_of(space: SpaceId, wish: &Command) -> Option<Target> {
    match *wish {
        Command::MoveTab { group, before, .. } => Some(Target::Space { space, group, before }),
        _ => None,
    }
}

/// Moves tabs of one space by one place.
pub fn step(library: &Handle, spots: &[Spot], direction: Direction) {
    let spaces = by_space(spots);
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
        let words = count(Key::LibraryMoved, tabs.len(), &[]);
        let wish = LibraryAsk::Move {
            from: *space,
            tabs: tabs.clone(),
            to,
            copy: false,
        };
        perform(library, vec![wish], Some(words));
    }
}

/// Groups tabs, or says why they cannot be one group.
pub fn group(library: &Handle, spots: &[Spot]) -> bool {
    let may = by_space(spots).len() == 1;
    if !may {
        library.dispatch(Input::Says(say(Key::LibraryGroupOneSpace).to_owned()));
    }
    may
}

/// Where what is dragged lands when it is dropped on a tab: inside of its space behind it when it comes from above, else
/// before it.
fn landing(library: &Handle, target: Place, copy: bool) -> Option<Target> {
    let shown = library.catalogue.as_ref()?.tab(target)?;
    let first = library.dragged.iter().find_map(|spot| spot.saved());
    let inside = first
        .filter(|first| first.space == target.space && !copy)
        .and_then(|first| reorder::drop_on(&shown.shelf.items, first.tab, target.tab))
        .and_then(|wish| target_of(target.space, &wish));
    Some(inside.unwrap_or(Target::Space {
        space: target.space,
        group: shown.group.map(|group| group.group),
        before: Some(Neighbour::Tab(target.tab)),
    }))
}

/// Whether what is dragged lands behind a tab when it is dropped on it.
pub fn lands_behind(library: &Handle, target: Place, copy: bool) -> bool {
    let before = Some(Neighbour::Tab(target.tab));
    matches!(landing(library, target, copy), Some(Target::Space { before: at, .. }) if at != before)
}

/// What is dragged was dropped on a tab.
pub fn drop_on(library: &Handle, target: Place, copy: bool) {
    let to = landing(library, target, copy);
    let to = to.filter(|_| !library.dragged.contains(&Spot::Saved(target)));
    drop_at(library, to, copy);
}

/// What is dragged was dropped somewhere; nowhere in particular, it stays where it is.
pub fn drop_at(library: &Handle, to: Option<Target>, copy: bool) {
    let spots = library.dragged.clone();
    library.dispatch(Input::Dragged(Vec::new()));
    if let Some(to) = to {
        put(library, &spots, &to, copy);
    }
}
