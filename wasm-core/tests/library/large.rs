//! More tabs than a shared space holds, in one window: a private space has them all, whatever is done with it.

use protocol::{Colour, Millis, SpaceId, TabId, limits};
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk};
use tabspace_wasm_core::library::backup::{Library, Verdict, prove, read, write};
use tabspace_wasm_core::library::engine::{BroughtIn, BroughtToBin, LeftOut, library_of};
use tabspace_wasm_core::library::follow::{GroupSeen, TabSeen, WindowSeen};
use tabspace_wasm_core::view::ItemView;

use crate::{Browser, WINDOW, records, titles};

const TABS: i32 = 20_000;
/// More than a shared space holds, too; each of ten tabs.
const GROUPS: i32 = 300;

fn tab(id: i32) -> TabSeen {
    TabSeen {
        id,
        url: format!("https://many.example/{id}"),
        title: format!("Tab {id}"),
        group: (id < GROUPS * 10).then_some(id / 10),
        ..TabSeen::default()
    }
}

fn many() -> WindowSeen {
    let group = |id| GroupSeen {
        id,
        title: format!("Group {id}"),
        colour: Colour::Blue,
        collapsed: false,
    };
    WindowSeen {
        tabs: (0..TABS).map(tab).collect(),
        groups: (0..GROUPS).map(group).collect(),
    }
}

/// A browser with a window of that many tabs, which a space follows.
fn full() -> (Browser, SpaceId) {
    let mut browser = Browser::new();
    let space = browser
        .engine
        .save_window(browser.now, WINDOW, many(), "Everything");
    browser.write();
    (browser, space)
}

fn backed_up(browser: &Browser) -> Library {
    let present = library_of(&records(&browser.disk)).0;
    let (text, written) = write(&present, Millis(5_000));
    assert_eq!(
        prove(text.as_bytes(), &written, &present).verdict,
        Verdict::Proven
    );
    read(text.as_bytes()).expect("it is a backup").library
}

#[test]
fn a_tab_that_comes_to_twenty_thousand_in_a_window_is_in_the_space() {
    let (mut browser, space) = full();
    let mut more = many();
    more.tabs.push(tab(TABS));
    browser.look(more);
    let mut browser = browser.killed();
    let titles = titles(&browser.view(space));
    assert_eq!(
        titles.len(),
        usize::try_from(TABS + 1 + GROUPS).expect("a number")
    );
    assert_eq!(titles.last().map(String::as_str), Some("Tab 20000"));
}

#[test]
fn what_is_removed_of_twenty_thousand_tabs_comes_back_also_in_another_browser() {
    let (mut browser, space) = full();
    let before = browser.view(space).items;
    let some: Vec<TabId> = before
        .iter()
        .filter_map(|item| match item {
            ItemView::Group(_) => None,
            ItemView::Tab(tab) => Some(tab.tab),
        })
        .take(3_000)
        .collect();
    let asked = LibraryAsk::Remove { space, tabs: some };
    let Ok(LibraryAnswer::Changed(undo)) = browser.engine.library(browser.now, asked) else {
        panic!("not removed");
    };
    let mut browser = browser.killed();
    let backup = backed_up(&browser);
    let mut other = Browser::new();
    for removed in &backup.bin {
        let brought = other.engine.bring_removed(other.now, removed);
        assert!(matches!(brought, BroughtToBin::Added(_)), "{brought:?}");
    }
    for listed in &backup.spaces {
        let brought = other.engine.bring_in(other.now, listed, "a copy");
        assert_eq!(brought, BroughtIn::Added(space, LeftOut(0)));
    }
    let mut other = other.killed();
    assert!(other.view(space) == browser.view(space), "both are the same");

    let undo = LibraryAsk::Undo(undo);
    for browser in [&mut browser, &mut other] {
        let undone = browser.engine.library(browser.now, undo.clone());
        assert!(undone.is_ok(), "not taken back");
        browser.write();
        assert!(browser.view(space).items == before, "it is as it was");
    }

    // Without its records it comes with other ids, and whole.
    let mut listed = backed_up(&browser).spaces.remove(0);
    (listed.id, listed.exact) = (None, None);
    let mut third = Browser::new();
    let brought = third.engine.bring_in(third.now, &listed, "a copy");
    let BroughtIn::Added(copy, LeftOut(0)) = brought else {
        panic!("{brought:?}");
    };
    assert!(
        titles(&third.view(copy)) == titles(&other.view(space)),
        "all is in it"
    );
}

#[test]
fn of_twenty_thousand_tabs_those_are_shared_for_which_there_is_room_and_the_rest_stays() {
    let (mut browser, space) = full();
    let mut all = titles(&browser.view(space));
    let visible = browser.engine.what_is_shared(space).expect("it is there");
    let offered = visible.iter().filter(|tab| tab.never.is_none()).count();
    assert_eq!(offered, limits::TABS);
    let new = browser.prepare_share(space, &browser.all_agreed(space));
    browser.shared(space, &new);
    let mut browser = browser.killed();
    let shared = titles(&browser.view(new.space));
    assert_eq!(shared.len(), limits::TABS + limits::GROUPS);
    assert!(shared == all[..shared.len()], "the first ones go");
    let spaces = browser.engine.projection().spaces;
    let rest = spaces
        .iter()
        .find(|space| space.name == "Everything (not shared)");
    let rest = rest.expect("the rest is there").space;
    let stays = titles(&browser.view(rest));
    assert!(stays == all.split_off(shared.len()), "the others stay");
}
