//! One tab out of a space that is in the bin whole; and no tab stands in two spaces.

use std::collections::BTreeSet;

use protocol::{Millis, SpaceId, TabId};
use tabspace_wasm_core::ask::Problem;
use tabspace_wasm_core::ask::library::{BinnedView, LibraryAnswer, LibraryAsk};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::backup::{Library, Verdict, prove, read, write};
use tabspace_wasm_core::library::bin::BinId;
use tabspace_wasm_core::library::engine::{BroughtToBin, Lookup, library_of};
use tabspace_wasm_core::library::undo::Undo;
use tabspace_wasm_core::view::ItemView;

use crate::deeds::{noted, saved};
use crate::{Browser, look_of, records, window};

/// A browser whose only space, with two of its tabs marked and a past, is in the bin; its id, its tabs, the entry.
fn deleted() -> (Browser, SpaceId, Vec<TabId>, BinId) {
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let ids = browser.ids(space);
    for tab in &ids[..2] {
        browser.does(LibraryAsk::Mark {
            space,
            tabs: Some(vec![*tab]),
            marking: noted("book it").into(),
        });
    }
    for number in 0..60 {
        let name = Command::Rename(format!("Trip {number}"));
        browser.engine.command(browser.now, space, name);
    }
    browser.does(LibraryAsk::Forget(space));
    let entry = browser.bin()[0].id;
    (browser, space, ids, entry)
}

fn tabs_of(entry: &BinnedView) -> Vec<TabId> {
    entry.tabs.iter().map(|tab| tab.tab).collect()
}

impl Browser {
    fn takes_out(&mut self, id: BinId, tab: TabId) -> Undo {
        self.does(LibraryAsk::TakeOutTab { id, tab })
    }

    fn cannot_take_out(&mut self, id: BinId, tab: TabId) -> bool {
        let asked = LibraryAsk::TakeOutTab { id, tab };
        self.engine.library(self.now, asked) == Err(Problem::NoSuchPoint)
    }

    fn keys_of(&self, space: SpaceId) -> Vec<&String> {
        let space = space.to_string();
        self.disk.keys().filter(|key| key.contains(&space)).collect()
    }

    /// What is in the bin for who looks for it, with an index that knew it before.
    fn finds(&self, lookup: &mut Lookup, text: &str) -> Vec<TabId> {
        let found = self.engine.find(lookup, Millis(90_000_000), text, 10);
        let removed = found.into_iter().filter(|tab| tab.removed);
        removed.map(|tab| tab.tab).collect()
    }

    fn print_of_bin(&mut self) -> u64 {
        match self.engine.library(self.now, LibraryAsk::News(Vec::new())) {
            Ok(LibraryAnswer::News { bin, .. }) => bin,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn one_tab_of_a_deleted_space_becomes_a_space_and_the_rest_stays_in_the_bin_with_its_past() {
    let (mut browser, space, ids, entry) = deleted();
    let past = browser.keys_of(space).len();
    browser.takes_out(entry, ids[1]);
    let mut browser = browser.comes_back();
    let shelves = browser.shelves();
    let [(alone, shelf)] = Vec::from_iter(&shelves)[..] else {
        panic!("{shelves:?}");
    };
    assert_ne!(*alone, space);
    let [ItemView::Group(group)] = &shelf.items[..] else {
        panic!("{:?}", shelf.items);
    };
    assert_eq!(
        (shelf.name.as_str(), group.title.as_str(), group.tabs.len()),
        ("Trip 59", "Lisbon", 1)
    );
    assert_eq!(group.tabs[0].url, "https://lisbon.example/flat");
    assert_eq!(shelf.marks.tabs[&group.tabs[0].tab], noted("book it"));
    assert_ne!(group.tabs[0].tab, ids[1], "what is in the bin may come back, too");

    let bin = browser.bin();
    assert_eq!((bin.len(), bin[0].id, bin[0].whole), (1, entry, true));
    assert_eq!(tabs_of(&bin[0]), [ids[0], ids[2], ids[3], ids[4]]);
    assert_eq!(browser.keys_of(space).len(), past);

    browser.does(LibraryAsk::TakeOut(entry));
    let mut browser = browser.comes_back();
    assert_eq!(browser.bin(), Vec::new());
    assert_eq!(browser.ids(space), [ids[0], ids[2], ids[3], ids[4]]);
    assert_eq!(browser.titles_of(*alone), ["[Lisbon]", "Title 2"]);
    let back = browser.shelves().remove(&space).expect("it is back");
    assert!(back.marks.muted.contains(&ids[0]));
    assert_eq!(back.marks.tabs.into_keys().collect::<Vec<_>>(), [ids[0]]);
    let marks = &browser.disk[&format!("marks/{space}")];
    assert!(
        !marks.contains(&ids[1].to_string()),
        "what is marked went with the tab"
    );
    let of_past = browser.disk.keys().filter(|key| key.starts_with("past/"));
    assert!(of_past.count() > 0, "its past is there");
}

#[test]
fn an_undo_puts_the_tab_into_the_deleted_space_again_and_a_redo_takes_it_out_as_before() {
    let (mut browser, space, ids, entry) = deleted();
    let (bin, nothing) = (browser.bin(), browser.disk.clone());
    let undo = browser.takes_out(entry, ids[0]);
    let after = (browser.shelves(), browser.bin());
    assert_eq!(
        after.0.values().next().map(|shelf| shelf.marks.muted.len()),
        Some(1)
    );
    let mut browser = browser.comes_back();
    let redo = browser.undoes(&undo);
    assert_eq!((browser.shelves().len(), browser.bin()), (0, bin.clone()));
    let mut browser = browser.comes_back();
    assert!(browser.disk == nothing, "it was never done");
    let undo = browser.undoes(&redo);
    assert_eq!((browser.shelves(), browser.bin()), after);
    let mut browser = browser.comes_back();
    browser.undoes(&undo);
    assert_eq!((browser.shelves().len(), browser.bin()), (0, bin));
    browser.does(LibraryAsk::TakeOut(entry));
    assert_eq!(browser.ids(space), ids);
    assert_eq!(browser.shelves()[&space].marks.tabs.len(), 2);
}

#[test]
fn the_last_tab_of_a_deleted_space_takes_the_space_with_it() {
    let (mut browser, space, ids, entry) = deleted();
    for tab in &ids {
        browser.takes_out(entry, *tab);
    }
    let mut browser = browser.comes_back();
    assert_eq!((browser.bin(), browser.shelves().len()), (Vec::new(), ids.len()));
    assert_eq!(browser.ids(space), ids[4..]);

    // So it is with the only one, and an undo.
    let mut seen = window();
    seen.tabs.truncate(1);
    let one = browser.engine.keep_window(browser.now, seen, "One");
    let [tab] = browser.ids(one)[..] else {
        panic!("one tab");
    };
    browser.does(LibraryAsk::Forget(one));
    let entry = browser.bin()[0].id;
    let undo = browser.takes_out(entry, tab);
    assert_eq!((browser.ids(one), browser.bin()), (vec![tab], Vec::new()));
    browser.undoes(&undo);
    assert_eq!(tabs_of(&browser.bin()[0]), [tab]);
}

#[test]
fn a_tab_that_is_not_in_a_deleted_space_or_not_any_more_is_not_taken_out() {
    let (mut browser, _, ids, entry) = deleted();
    browser.takes_out(entry, ids[1]);
    let mut browser = browser.comes_back();
    let before = (browser.shelves(), browser.bin());
    assert!(browser.cannot_take_out(entry, ids[1]), "it is out");
    assert!(browser.cannot_take_out(entry, TabId::from_bits(77)));
    assert!(browser.cannot_take_out(BinId(Millis(9), 9), ids[2]));
    assert_eq!((browser.shelves(), browser.bin()), before);

    // Also where it would be the only one.
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let ids = browser.ids(space);
    browser.does(LibraryAsk::Remove {
        space,
        tabs: ids[..1].to_vec(),
    });
    let entry = browser.bin()[0].id;
    assert!(browser.cannot_take_out(entry, ids[1]));
    assert_eq!(tabs_of(&browser.bin()[0]), ids[..1]);
}

#[test]
fn a_space_with_which_something_was_done_goes_to_the_bin_by_an_undo_as_it_is() {
    let (mut browser, space, ids, entry) = deleted();
    let undo = browser.takes_out(entry, ids[1]);
    let alone = *browser.shelves().keys().next().expect("it was made");
    browser.does(LibraryAsk::EditSpace {
        space: alone,
        name: Some("Mine".into()),
        colour: None,
    });
    let redo = browser.undoes(&undo);
    let mut browser = browser.comes_back();
    let bin = browser.bin();
    assert_eq!(
        bin.iter().map(|entry| entry.space).collect::<Vec<_>>(),
        [alone, space]
    );
    assert_eq!(tabs_of(&bin[1]), [ids[0], ids[2], ids[3], ids[4]]);
    browser.undoes(&redo);
    assert_eq!(browser.shelves()[&alone].name, "Mine");
    browser.does(LibraryAsk::TakeOut(entry));
    assert_eq!((browser.ids(alone).len(), browser.ids(space).len()), (1, 4));

    // And so does one that was marked.
    let (mut browser, _, ids, entry) = deleted();
    let undo = browser.takes_out(entry, ids[2]);
    let alone = *browser.shelves().keys().next().expect("it was made");
    browser.does(LibraryAsk::Mark {
        space: alone,
        tabs: None,
        marking: noted("keep").into(),
    });
    browser.undoes(&undo);
    assert_eq!(browser.bin().len(), 2);
}

#[test]
fn what_the_bin_has_let_go_of_is_neither_put_in_again_nor_taken_out_again() {
    let (mut browser, _, ids, entry) = deleted();
    let undo = browser.takes_out(entry, ids[1]);
    browser.engine.empty_bin(Some(entry));
    browser.undoes(&undo);
    assert_eq!((browser.shelves().len(), browser.bin().len()), (0, 1));
    assert_eq!(browser.bin()[0].tabs[0].title, "Title 2");

    let (mut browser, _, ids, entry) = deleted();
    let undo = browser.takes_out(entry, ids[1]);
    let redo = browser.undoes(&undo);
    browser.engine.empty_bin(None);
    let late = LibraryAsk::Undo(Box::new(redo));
    assert_eq!(
        browser.engine.library(browser.now, late),
        Err(Problem::NoSuchPoint)
    );
    assert_eq!(browser.shelves().len(), 0);
}

#[test]
fn a_page_cannot_make_a_space_in_place_of_another() {
    let (mut browser, space, ids, entry) = deleted();
    let undo = browser.takes_out(entry, ids[1]);
    let redo = browser.undoes(&undo);
    let other = browser.engine.keep_window(browser.now, window(), "Other");
    let before = (browser.shelves(), browser.bin());
    for taken in [other, space] {
        let mut wrong = redo.clone();
        wrong.apart[0].space = taken;
        let asked = LibraryAsk::Undo(Box::new(wrong));
        let answer = browser.engine.library(browser.now, asked);
        assert_eq!(answer, Err(Problem::NoSuchPoint));
    }
    assert_eq!((browser.shelves(), browser.bin()), before);
}

#[test]
fn a_tab_that_is_out_is_not_found_in_the_bin_any_more() {
    let (mut browser, _, ids, entry) = deleted();
    let mut lookup = Lookup::default();
    let mut prints = vec![browser.print_of_bin()];
    assert_eq!(browser.finds(&mut lookup, "title 2"), [ids[1]]);
    let undo = browser.takes_out(entry, ids[1]);
    prints.push(browser.print_of_bin());
    assert_eq!(browser.finds(&mut lookup, "title 2"), []);
    assert_eq!(browser.finds(&mut lookup, "title 3"), [ids[2]]);
    // Another one in its place makes the record no longer.
    browser.undoes(&undo);
    browser.takes_out(entry, ids[2]);
    prints.push(browser.print_of_bin());
    assert_eq!(browser.finds(&mut lookup, "title 2"), [ids[1]]);
    assert_eq!(browser.finds(&mut lookup, "title 3"), []);
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 3);
}

fn backed_up(browser: &Browser) -> Library {
    let present = library_of(&records(&browser.disk)).0;
    let (text, written) = write(&present, Millis(5_000));
    let proof = prove(text.as_bytes(), &written, &present);
    assert_eq!(proof.verdict, Verdict::Proven);
    read(text.as_bytes()).expect("it is a backup").library
}

#[test]
fn a_backup_brings_a_deleted_space_back_without_the_tab_that_is_out() {
    let (mut browser, space, ids, entry) = deleted();
    let whole = backed_up(&browser);
    browser.takes_out(entry, ids[1]);
    let without = backed_up(&browser);
    let listed = |library: &Library| -> usize {
        let items = library.bin[0].items.iter();
        items.map(|item| item.tabs().len()).sum()
    };
    assert_eq!((listed(&whole), listed(&without)), (5, 4));
    // What the earlier one has of it is no other one.
    for library in [&whole, &without] {
        let brought = browser.engine.bring_removed(browser.now, &library.bin[0]);
        assert_eq!(brought, BroughtToBin::Same);
    }
    let mut other = Browser::new();
    let brought = other.engine.bring_removed(other.now, &without.bin[0]);
    assert_eq!(brought, BroughtToBin::Added(entry));
    other.does(LibraryAsk::TakeOut(entry));
    assert_eq!(other.ids(space), [ids[0], ids[2], ids[3], ids[4]]);
}

/// All tabs of all spaces; none of them stands in two.
fn all_tabs(browser: &mut Browser) -> BTreeSet<TabId> {
    let spaces: Vec<SpaceId> = browser.shelves().into_keys().collect();
    let tabs: Vec<TabId> = spaces.into_iter().flat_map(|space| browser.ids(space)).collect();
    let all: BTreeSet<TabId> = tabs.iter().copied().collect();
    assert_eq!(all.len(), tabs.len(), "a tab stands in two spaces");
    all
}

#[test]
fn a_merged_space_that_comes_out_of_the_bin_has_tabs_of_its_own() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let (trip, home) = (spaces[0], spaces[1]);
    let (before, ids) = (browser.shelves(), browser.ids(trip));
    browser.does(LibraryAsk::Mark {
        space: trip,
        tabs: Some(vec![ids[1]]),
        marking: noted("book it").into(),
    });
    browser.does(LibraryAsk::Merge {
        from: trip,
        into: home,
    });
    let entry = browser.bin()[0].id;
    browser.does(LibraryAsk::TakeOut(entry));
    let mut browser = browser.comes_back();
    assert_eq!(all_tabs(&mut browser).len(), 15);
    let shelf = browser.shelves().remove(&trip).expect("it is back");
    assert_eq!(look_of(&shelf.items), look_of(&before[&trip].items));
    let new = browser.ids(trip);
    assert_eq!(
        shelf.marks.tabs.into_keys().collect::<Vec<_>>(),
        [new[1]],
        "what is marked is marked of the tab that came back"
    );
    assert_eq!(shelf.marks.muted.into_iter().collect::<Vec<_>>(), [new[0]]);
    // What is removed of one is in the bin, whatever the other one has.
    browser.does(LibraryAsk::Remove {
        space: home,
        tabs: vec![ids[1]],
    });
    assert_eq!(tabs_of(&browser.bin()[0]), [ids[1]]);
}

#[test]
fn a_space_that_a_backup_brought_meanwhile_and_the_deleted_one_have_tabs_of_their_own() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let backup = backed_up(&browser);
    browser.does(LibraryAsk::Forget(spaces[0]));
    browser.engine.bring_in(browser.now, &backup.spaces[0], "a copy");
    let entry = browser.bin()[0].id;
    browser.does(LibraryAsk::TakeOut(entry));
    let mut browser = browser.comes_back();
    let shelves = browser.shelves();
    assert_eq!((shelves.len(), all_tabs(&mut browser).len()), (2, 10));
    assert!(shelves.values().all(|shelf| shelf.marks.muted.len() == 1));
}

#[test]
fn a_deleted_space_leaves_the_past_of_one_that_a_backup_brought_under_its_id() {
    let goes: [fn(&mut Browser, BinId); 2] = [
        |browser, entry| {
            browser.engine.empty_bin(Some(entry));
        },
        |browser, entry| {
            browser.does(LibraryAsk::TakeOut(entry));
        },
    ];
    for goes in goes {
        let (mut browser, spaces) = saved(&["Trip"]);
        let backup = backed_up(&browser);
        browser.does(LibraryAsk::Forget(spaces[0]));
        browser.engine.bring_in(browser.now, &backup.spaces[0], "a copy");
        for number in 0..60 {
            let name = Command::Rename(format!("Name {number}"));
            browser.engine.command(browser.now, spaces[0], name);
        }
        let key = format!("history/{}", spaces[0]);
        browser.write();
        assert!(browser.disk.contains_key(&key), "it has a past");
        let entry = browser.bin()[0].id;
        goes(&mut browser, entry);
        browser.write();
        assert!(browser.disk.contains_key(&key), "it still has it");
    }
}

#[test]
fn tabs_whose_space_is_gone_come_back_under_other_ids_when_theirs_are_taken() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let ids = browser.ids(spaces[0]);
    let backup = backed_up(&browser);
    browser.does(LibraryAsk::Remove {
        space: spaces[0],
        tabs: ids[..2].to_vec(),
    });
    let entry = browser.bin()[0].id;
    let copy = SpaceId::from_bits(77);
    browser.does(LibraryAsk::Forget(spaces[0]));
    let whole = browser.bin()[0].id;
    browser.engine.empty_bin(Some(whole));
    let mut brought = backup.spaces[0].clone();
    brought.id = Some(copy);
    browser.engine.bring_in(browser.now, &brought, "a copy");
    assert_eq!(browser.ids(copy), ids);
    browser.does(LibraryAsk::TakeOut(entry));
    assert_eq!(all_tabs(&mut browser.comes_back()).len(), 7);
}
