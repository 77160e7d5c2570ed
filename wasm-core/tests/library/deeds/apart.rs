//! One tab out of an entry of the bin, and spaces that were put aside.

#[path = "apart/whole.rs"]
mod whole;

use protocol::SpaceId;
use tabspace_wasm_core::ask::Problem;
use tabspace_wasm_core::ask::library::LibraryAsk;

use super::{noted, saved};
use crate::Browser;

#[test]
fn one_tab_of_several_is_taken_out_of_the_bin_and_goes_back_by_an_undo() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let ids = browser.ids(space);
    browser.does(LibraryAsk::Mark {
        space,
        tabs: Some(vec![ids[1]]),
        marking: noted("book it").into(),
    });
    let before = browser.shelves();
    browser.does(LibraryAsk::Remove {
        space,
        tabs: vec![ids[1], ids[2]],
    });
    let entry = browser.bin().remove(0);
    assert_eq!(
        entry.tabs.iter().map(|tab| tab.tab).collect::<Vec<_>>(),
        [ids[1], ids[2]]
    );
    assert_eq!(entry.tabs[0].note, "book it");
    let (id, tab) = (entry.id, ids[1]);
    let undo = browser.does(LibraryAsk::TakeOutTab { id, tab });
    let mut browser = browser.comes_back();
    assert!(browser.shelves()[&space].marks.tabs.contains_key(&tab));
    assert!(!browser.ids(space).contains(&ids[2]));
    let left = browser.bin();
    assert_eq!(
        left.iter()
            .map(|entry| (entry.id, entry.tabs.len()))
            .collect::<Vec<_>>(),
        [(id, 1)]
    );
    // Taken back, both are in the bin; the last of an entry takes the entry with it.
    browser.undoes(&undo);
    assert_eq!(browser.bin().len(), 2);
    for entry in browser.bin() {
        let tab = entry.tabs[0].tab;
        browser.does(LibraryAsk::TakeOutTab { id: entry.id, tab });
    }
    assert_eq!((browser.bin(), browser.shelves()), (Vec::new(), before));
    let unknown = browser
        .engine
        .library(browser.now, LibraryAsk::TakeOutTab { id, tab });
    assert_eq!(unknown, Err(Problem::NoSuchPoint));
}

#[test]
fn what_was_put_aside_is_offered_behind_the_others() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let offered = |browser: &Browser| -> Vec<SpaceId> {
        let spaces = browser.engine.projection().spaces;
        spaces.into_iter().map(|space| space.space).collect()
    };
    let last_changed = offered(&browser)[0];
    browser.does(LibraryAsk::Archive {
        space: last_changed,
        archived: true,
    });
    let other = spaces.into_iter().find(|space| *space != last_changed);
    assert_eq!(
        offered(&browser),
        other.into_iter().chain([last_changed]).collect::<Vec<_>>()
    );
}
