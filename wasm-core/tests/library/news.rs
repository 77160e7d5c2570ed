//! A page that shows all spaces is told only what it does not know.

use std::collections::BTreeMap;

use protocol::SpaceId;
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk, ShelfView};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::library::marks::Marks;

use crate::{Browser, WINDOW, window};

/// What a page knows.
#[derive(Default)]
struct Page {
    known: BTreeMap<SpaceId, (u64, ShelfView)>,
    order: Vec<SpaceId>,
    bin: u64,
}

impl Page {
    /// Reads until nothing is new; the names that were told in each answer.
    fn reads(&mut self, browser: &mut Browser) -> Vec<Vec<String>> {
        let mut told = Vec::new();
        loop {
            let prints = self.known.iter().map(|(space, (print, _))| (*space, *print));
            let ask = LibraryAsk::News(prints.collect());
            let Ok(LibraryAnswer::News { order, shelves, bin }) = browser.engine.library(browser.now, ask)
            else {
                panic!("no news");
            };
            let prints: BTreeMap<SpaceId, u64> = order.iter().copied().collect();
            self.order = order.iter().map(|(space, _)| *space).collect();
            self.known.retain(|space, _| prints.contains_key(space));
            self.bin = bin;
            if shelves.is_empty() {
                return told;
            }
            told.push(shelves.iter().map(|shelf| shelf.name.clone()).collect());
            for shelf in shelves {
                self.known.insert(shelf.space, (prints[&shelf.space], shelf));
            }
        }
    }

    /// Whether it knows all that there is, as it is.
    fn knows_all(&self, browser: &mut Browser) -> bool {
        let Ok(LibraryAnswer::Shelves(shelves)) = browser.engine.library(browser.now, LibraryAsk::Shelves)
        else {
            panic!("no spaces");
        };
        let order: Vec<SpaceId> = shelves.iter().map(|shelf| shelf.space).collect();
        let known = |shelf: &ShelfView| self.known.get(&shelf.space).map(|(_, shelf)| shelf) == Some(shelf);
        order == self.order && shelves.iter().all(known)
    }
}

#[test]
fn only_what_changed_is_told_again() {
    let mut browser = Browser::new();
    let names = ["Trip", "Home", "Work"];
    let spaces = names.map(|name| browser.engine.keep_window(browser.now, window(), name));
    let mut page = Page::default();
    assert_eq!(page.reads(&mut browser).concat().len(), 3);
    assert!(page.reads(&mut browser).is_empty());
    assert!(page.knows_all(&mut browser));

    let (trip, home, work) = (spaces[0], spaces[1], spaces[2]);
    browser.now = browser.now.plus(10);
    let rename = Command::Rename("House".to_owned());
    browser.engine.command(browser.now, home, rename);
    assert_eq!(page.reads(&mut browser), [["House"]]);
    assert_eq!(page.order[0], home, "the last changed one is the first");

    let tab = *page.known[&trip]
        .1
        .items
        .iter()
        .find_map(|item| match item {
            tabspace_wasm_core::view::ItemView::Tab(tab) => Some(&tab.tab),
            tabspace_wasm_core::view::ItemView::Group(_) => None,
        })
        .expect("a tab outside of groups");
    let marks = Marks {
        starred: true,
        ..Marks::default()
    };
    let mark = LibraryAsk::Mark {
        space: trip,
        tabs: Some(vec![tab]),
        marking: marks.into(),
    };
    browser.engine.library(browser.now, mark).expect("a mark");
    assert_eq!(page.reads(&mut browser), [["Trip"]]);

    let bin = page.bin;
    let remove = LibraryAsk::Remove {
        space: trip,
        tabs: vec![tab],
    };
    browser.engine.library(browser.now, remove).expect("a deed");
    assert_eq!(page.reads(&mut browser), [["Trip"]]);
    assert_ne!(page.bin, bin, "the bin holds something else");

    browser.engine.bind(browser.now, WINDOW, work, BTreeMap::new());
    assert_eq!(page.reads(&mut browser), [["Work"]], "a window follows it");
    browser.engine.forget(browser.now, home);
    assert!(page.reads(&mut browser).is_empty());
    assert!(page.knows_all(&mut browser), "one less");
}

#[test]
fn a_large_library_is_told_in_pieces_with_the_last_changed_first() {
    let mut browser = Browser::new();
    let tab = |id: i32| TabSeen {
        id,
        url: format!("https://example.org/{id}"),
        title: format!("Page {id}"),
        ..TabSeen::default()
    };
    for number in 0..8 {
        browser.now = browser.now.plus(1);
        let seen = WindowSeen {
            tabs: (1..=1_000).map(tab).collect(),
            groups: Vec::new(),
        };
        browser
            .engine
            .keep_window(browser.now, seen, &format!("Space {number}"));
    }
    let mut page = Page::default();
    let told = page.reads(&mut browser);
    assert!(
        told.len() > 1 && told.iter().all(|piece| piece.len() < 5),
        "{told:?}"
    );
    assert_eq!(told[0][0], "Space 7");
    assert_eq!(told.concat().len(), 8);
    assert!(page.knows_all(&mut browser));
}
