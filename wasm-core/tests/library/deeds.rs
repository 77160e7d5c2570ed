//! Deeds of the library's page: each can be taken back, and what is removed is in the bin.

#[path = "deeds/apart.rs"]
mod apart;
#[path = "deeds/undone.rs"]
mod undone;

use std::collections::BTreeMap;

use protocol::op::NewTab;
use protocol::{GroupId, Millis, Op, Position, SpaceId, TabId, limits};
use tabspace_wasm_core::ask::Problem;
use tabspace_wasm_core::ask::library::{BinnedView, LibraryAnswer, LibraryAsk, Order, ShelfView, Target};
use tabspace_wasm_core::command::{Command, Neighbour};
use tabspace_wasm_core::library::bin::KEEP_MS;
use tabspace_wasm_core::library::engine::Saved;
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::library::marks::Marks;
use tabspace_wasm_core::library::undo::Undo;
use tabspace_wasm_core::record::Write;
use tabspace_wasm_core::session::Effect;
use tabspace_wasm_core::view::{ItemView, NoticeKind};

use crate::{Browser, WINDOW, window};

impl Browser {
    fn does(&mut self, ask: LibraryAsk) -> Undo {
        match self.engine.library(self.now, ask) {
            Ok(LibraryAnswer::Changed(undo) | LibraryAnswer::Made { undo, .. }) => {
                self.write();
                *undo
            }
            other => panic!("{other:?}"),
        }
    }

    fn undoes(&mut self, undo: &Undo) -> Undo {
        // It travels.
        let text = serde_json::to_string(undo).expect("plain data");
        let undo = serde_json::from_str(&text).expect("plain data");
        self.does(LibraryAsk::Undo(Box::new(undo)))
    }

    fn bin(&mut self) -> Vec<BinnedView> {
        match self.engine.library(self.now, LibraryAsk::Bin) {
            Ok(LibraryAnswer::Bin(bin)) => bin,
            other => panic!("{other:?}"),
        }
    }

    /// All that a person sees, but for when it changed.
    fn shelves(&mut self) -> BTreeMap<SpaceId, ShelfView> {
        match self.engine.library(self.now, LibraryAsk::Shelves) {
            Ok(LibraryAnswer::Shelves(shelves)) => shelves
                .into_iter()
                .map(|shelf| {
                    let changed = Millis(0);
                    (shelf.space, ShelfView { changed, ..shelf })
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    /// The worker dies and comes back.
    fn comes_back(self) -> Self {
        let now = self.now;
        let mut browser = Self::start(self.disk, self.seed);
        browser.now = now;
        browser
    }

    fn titles_of(&mut self, space: SpaceId) -> Vec<String> {
        crate::titles(&self.view(space))
    }

    fn ids(&mut self, space: SpaceId) -> Vec<TabId> {
        let mut ids = Vec::new();
        for item in self.view(space).items {
            match item {
                ItemView::Tab(tab) => ids.push(tab.tab),
                ItemView::Group(group) => ids.extend(group.tabs.iter().map(|tab| tab.tab)),
            }
        }
        ids
    }
}

pub(crate) fn saved(names: &[&str]) -> (Browser, Vec<SpaceId>) {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs[0].muted = true;
    let spaces = names
        .iter()
        .map(|name| browser.engine.keep_window(browser.now, seen.clone(), name));
    let spaces = spaces.collect();
    browser.write();
    (browser, spaces)
}

fn noted(note: &str) -> Marks {
    Marks {
        tags: vec!["read".to_owned()],
        note: note.to_owned(),
        starred: true,
    }
}

#[test]
fn removed_tabs_are_in_the_bin_with_their_marks_and_come_back_as_they_were() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let ids = browser.ids(space);
    browser.does(LibraryAsk::Mark {
        space,
        tabs: Some(vec![ids[1]]),
        marking: noted("book it").into(),
    });
    let before = browser.shelves();
    let undo = browser.does(LibraryAsk::Remove {
        space,
        tabs: vec![ids[1], ids[3], TabId::from_bits(77)],
    });
    assert_eq!(browser.ids(space).len(), 3);
    assert!(browser.shelves()[&space].marks.tabs.is_empty());
    let mut browser = browser.comes_back();
    let bin = browser.bin();
    assert_eq!(bin.len(), 1);
    assert_eq!(
        (bin[0].tabs.len(), bin[0].whole, bin[0].name.as_str()),
        (2, false, "Trip")
    );
    let redo = browser.undoes(&undo);
    assert_eq!(browser.shelves(), before);
    assert_eq!(browser.bin(), vec![]);
    let again = browser.undoes(&redo);
    assert_eq!(browser.ids(space).len(), 3);
    browser.does(LibraryAsk::TakeOut(again.binned[0]));
    assert_eq!(browser.shelves(), before);
}

#[test]
fn a_deleted_space_comes_back_under_its_id_with_its_marks_and_its_past() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let space = spaces[0];
    browser.does(LibraryAsk::Mark {
        space,
        tabs: None,
        marking: noted("summer").into(),
    });
    for number in 0..120 {
        browser
            .engine
            .command(browser.now, space, Command::Rename(format!("Trip {number}")));
    }
    browser.write();
    let before = browser.shelves();
    let kept_before = browser.disk.keys().filter(|key| key.starts_with("past/")).count();
    let undo = browser.does(LibraryAsk::Forget(space));
    assert!(!browser.shelves().contains_key(&space));
    let mut browser = browser.comes_back();
    assert!(browser.bin()[0].whole);
    browser.undoes(&undo);
    assert_eq!(browser.shelves(), before);
    let mut browser = browser.comes_back();
    assert_eq!(browser.shelves(), before);
    let kept = browser.disk.keys().filter(|key| key.starts_with("past/")).count();
    assert!(kept >= kept_before && kept_before > 0);
    // For good: nothing of it is left.
    browser.does(LibraryAsk::Forget(space));
    browser.engine.empty_bin(None);
    browser.write();
    let left = browser.disk.keys().filter(|key| key.contains(&space.to_string()));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn tabs_whose_space_is_gone_come_back_as_a_space_of_their_own() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let ids = browser.ids(space);
    let undo = browser.does(LibraryAsk::Remove {
        space,
        tabs: vec![ids[0]],
    });
    browser.does(LibraryAsk::Forget(space));
    let whole = browser.bin()[0].id;
    browser.engine.empty_bin(Some(whole));
    browser.undoes(&undo);
    let shelves = browser.shelves();
    assert_eq!(shelves.len(), 1);
    let (id, shelf) = shelves.into_iter().next().expect("one");
    assert_ne!(id, space);
    assert_eq!((shelf.name.as_str(), shelf.items.len()), ("Trip", 1));
}

#[test]
fn an_undo_comes_late() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let ids = browser.ids(space);
    let undo = browser.does(LibraryAsk::Remove {
        space,
        tabs: ids.clone(),
    });
    browser.engine.empty_bin(None);
    let late = browser
        .engine
        .library(browser.now, LibraryAsk::Undo(Box::new(undo)));
    assert_eq!(late, Err(Problem::NoSuchPoint));
    let missing = browser.engine.library(
        browser.now,
        LibraryAsk::Sort {
            space: SpaceId::from_bits(9),
            by: Order::Title,
        },
    );
    assert_eq!(missing, Err(Problem::NoSuchSpace));
}

#[test]
fn a_group_goes_along_when_all_of_its_tabs_move_and_marks_do_too() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let (trip, home) = (spaces[0], spaces[1]);
    let (group, tabs) = group_of(&mut browser, trip);
    browser.does(LibraryAsk::Mark {
        space: trip,
        tabs: Some(vec![tabs[0]]),
        marking: noted("here").into(),
    });
    let before = browser.shelves();
    let undo = browser.does(LibraryAsk::Move {
        from: trip,
        tabs: tabs.clone(),
        to: Target::Space {
            space: home,
            group: None,
            before: None,
        },
        copy: false,
    });
    let after = browser.shelves();
    let Some(ItemView::Group(last)) = after[&home].items.last() else {
        panic!("{:?}", after[&home].items);
    };
    assert_eq!(last.tabs.iter().map(|tab| tab.tab).collect::<Vec<_>>(), tabs);
    assert!(after[&home].marks.tabs.contains_key(&tabs[0]));
    assert!(after[&trip].marks.tabs.is_empty());
    assert!(
        !after[&trip]
            .items
            .iter()
            .any(|item| matches!(item, ItemView::Group(view) if view.group == group))
    );
    assert_eq!(browser.bin(), vec![]);
    let redo = browser.undoes(&undo);
    assert_eq!(browser.shelves(), before);
    assert_eq!(browser.bin(), vec![]);
    browser.undoes(&redo);
    assert_eq!(browser.shelves(), after);
}

fn group_of(browser: &mut Browser, space: SpaceId) -> (GroupId, Vec<TabId>) {
    let groups = browser.view(space).items.into_iter().find_map(|item| match item {
        ItemView::Group(group) => Some((group.group, group.tabs.iter().map(|tab| tab.tab).collect())),
        ItemView::Tab(_) => None,
    });
    groups.expect("the window has a group")
}

#[test]
fn tabs_move_within_a_space_before_another_in_their_order() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let space = spaces[0];
    let first = browser.ids(space);
    let all = browser.titles_of(space);
    let loose: Vec<TabId> = browser
        .view(space)
        .items
        .iter()
        .filter_map(|item| match item {
            ItemView::Tab(tab) if !tab.pinned => Some(tab.tab),
            _ => None,
        })
        .collect();
    assert!(loose.len() >= 2, "{all:?}");
    let (last, target) = (*loose.last().expect("two"), loose[0]);
    let undo = browser.does(LibraryAsk::Move {
        from: space,
        tabs: vec![last],
        to: Target::Space {
            space,
            group: None,
            before: Some(Neighbour::Tab(target)),
        },
        copy: false,
    });
    let ids = browser.ids(space);
    let at = |tab: TabId| ids.iter().position(|id| *id == tab).expect("it is there");
    assert_eq!(at(last) + 1, at(target));
    browser.undoes(&undo);
    assert_eq!(browser.ids(space), first);
}

#[test]
fn a_merge_puts_the_emptied_space_into_the_bin() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let before = browser.shelves();
    let undo = browser.does(LibraryAsk::Merge {
        from: spaces[0],
        into: spaces[1],
    });
    let after = browser.shelves();
    assert_eq!(after.len(), 1);
    assert_eq!(browser.ids(spaces[1]).len(), 10);
    assert_eq!(browser.bin().len(), 1);
    let redo = browser.undoes(&undo);
    assert_eq!(browser.shelves(), before);
    assert_eq!(browser.bin(), vec![]);
    browser.undoes(&redo);
    assert_eq!(browser.shelves(), after);
}

#[test]
fn duplicates_are_merged_into_one_that_has_the_marks_of_all() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    let before = browser.shelves();
    let Ok(LibraryAnswer::Duplicates(same)) = browser.engine.library(browser.now, LibraryAsk::Duplicates)
    else {
        panic!("no duplicates");
    };
    let places = same[0].places.clone();
    browser.does(LibraryAsk::Mark {
        space: places[1].space,
        tabs: Some(vec![places[1].tab]),
        marking: noted("second").into(),
    });
    let undo = browser.does(LibraryAsk::MergeDuplicates {
        places: places.clone(),
        keep: Some(places[0]),
    });
    assert_eq!(browser.ids(spaces[0]).len() + browser.ids(spaces[1]).len(), 9);
    let kept = &browser.shelves()[&places[0].space].marks;
    assert_eq!(kept.tabs[&places[0].tab], noted("second"));
    browser.undoes(&undo);
    let back = browser.shelves();
    for (space, shelf) in before {
        assert_eq!(back[&space].items, shelf.items);
    }
}

#[test]
fn a_mass_close_in_the_window_is_one_entry_and_the_person_is_told() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.write();
    let before = browser.shelves()[&space].items.clone();
    let mut seen = window();
    // One alone is in the history only.
    let all = seen.tabs.split_off(1);
    let mut first = window();
    first.tabs.pop();
    browser.look(first);
    assert_eq!(browser.bin(), vec![]);
    // All but one, and then that one, too: there is a new tab in its place.
    seen.groups.clear();
    browser.look(seen.clone());
    seen.tabs[0] = TabSeen {
        id: 900,
        url: "chrome://newtab/".into(),
        ..TabSeen::default()
    };
    browser.look(seen);
    let bin = browser.bin();
    assert_eq!(bin.len(), 1, "{bin:?}");
    assert_eq!(bin[0].tabs.len(), all.len());
    // It is told, also by a worker that starts later.
    let mut browser = browser.comes_back();
    assert_eq!(browser.view(space).items, vec![]);
    let notices = browser.view(space).notices;
    let told: Vec<&NoticeKind> = notices.iter().map(|notice| &notice.kind).collect();
    assert_eq!(told, [&NoticeKind::ManyClosed(bin[0].id)]);
    // The notice has a button.
    let id = bin[0].id;
    browser.engine.command(browser.now, space, Command::TakeOut(id));
    browser
        .engine
        .command(browser.now, space, Command::Dismiss(notices[0].id));
    assert_eq!(browser.view(space).items.len() + 1, before.len());
    assert_eq!((browser.bin(), browser.view(space).notices), (vec![], vec![]));
    browser.engine.command(browser.now, space, Command::TakeOut(id));
    let notices = browser.view(space).notices;
    assert!(
        matches!(notices[0].kind, NoticeKind::Refused { .. }),
        "{notices:?}"
    );
}

#[test]
fn the_bin_keeps_for_thirty_days_also_when_the_clock_goes_back() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    browser.now = Millis(KEEP_MS * 10);
    browser.does(LibraryAsk::Forget(spaces[0]));
    browser.now = Millis(5_000);
    browser.does(LibraryAsk::Forget(spaces[1]));
    let names: Vec<String> = browser.bin().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["Home", "Trip"]);
    browser.now = Millis(KEEP_MS + 5_000);
    assert_eq!(browser.bin().len(), 1);
    browser.now = Millis(KEEP_MS * 11);
    assert_eq!(browser.bin(), vec![]);
    browser.write();
    assert!(
        !browser
            .disk
            .keys()
            .any(|key| key.starts_with("bin/") || key.starts_with("past/"))
    );
}

#[test]
fn damaged_records_of_bin_and_marks_are_set_aside_and_the_rest_works() {
    let (mut browser, spaces) = saved(&["Trip", "Home"]);
    for space in &spaces {
        browser.does(LibraryAsk::Archive {
            space: *space,
            archived: true,
        });
    }
    let tabs = browser.ids(spaces[0]);
    for tab in &tabs[..2] {
        browser.does(LibraryAsk::Remove {
            space: spaces[0],
            tabs: vec![*tab],
        });
    }
    let mut keys = vec![format!("marks/{}", spaces[1])];
    keys.extend(browser.disk.keys().find(|key| key.starts_with("bin/")).cloned());
    keys.push("bin/nonsense".to_owned());
    for key in &keys {
        browser.disk.insert(key.clone(), "{\"held\":[".to_owned());
    }
    let (mut engine, mut damaged) =
        tabspace_wasm_core::library::engine::Engine::restore(&crate::records(&browser.disk), || 1 << 90);
    damaged.sort();
    // Marks go on under their key.
    keys[0] = format!("aside/{}/1", keys[0]);
    keys.sort();
    assert_eq!(damaged, keys);
    let Ok(LibraryAnswer::Bin(bin)) = engine.library(browser.now, LibraryAsk::Bin) else {
        panic!("no bin");
    };
    assert_eq!(bin.len(), 1);
    assert!(engine.marks(spaces[0]).archived);
    assert!(!engine.marks(spaces[1]).archived);
}

#[test]
fn what_is_in_the_bin_and_what_is_marked_is_found() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let ids = browser.ids(spaces[0]);
    browser.does(LibraryAsk::Mark {
        space: spaces[0],
        tabs: Some(vec![ids[0]]),
        marking: noted("mine").into(),
    });
    browser.does(LibraryAsk::Remove {
        space: spaces[0],
        tabs: vec![ids[0]],
    });
    let mut found = Vec::new();
    browser.engine.documents(&mut |saved, document| {
        if let Saved::Binned(..) = saved {
            found.push((document.note.to_owned(), document.tags.len()));
        }
    });
    assert_eq!(found, [("mine".to_owned(), 1)]);
}

/// Spaces of that many tabs; with five they are ten thousand.
const SPACES: usize = 1;

/// A window of many tabs.
fn many(count: usize) -> WindowSeen {
    WindowSeen {
        tabs: (0..count)
            .map(|number| TabSeen {
                id: i32::try_from(number).expect("few"),
                url: format!("https://site{}.example/{number}", number % 97),
                title: format!("Page {}", (number * 7919) % count),
                ..TabSeen::default()
            })
            .collect(),
        groups: Vec::new(),
    }
}

#[test]
fn as_many_tabs_as_a_space_holds_are_sorted_moved_and_removed_in_few_writes() {
    let mut browser = Browser::new();
    let spaces: Vec<SpaceId> = (0..SPACES)
        .map(|_| {
            browser
                .engine
                .keep_window(browser.now, many(limits::TABS), "Many")
        })
        .collect();
    browser.write();
    let before = browser.shelves();
    let mut undos = Vec::new();
    for &space in &spaces {
        let sort = LibraryAsk::Sort {
            space,
            by: Order::Title,
        };
        let Ok(LibraryAnswer::Changed(undo)) = browser.engine.library(browser.now, sort) else {
            panic!("not sorted");
        };
        undos.push(*undo);
        let mut batches = 0;
        let mut puts = 0;
        while let Some(effect) = browser.engine.poll() {
            let Effect::Commit(batch) = effect else { continue };
            batches += 1;
            puts += batch
                .writes
                .iter()
                .filter(|write| matches!(write, Write::Put(..)))
                .count();
            for write in batch.writes {
                match write {
                    Write::Put(key, value) => drop(browser.disk.insert(key, value)),
                    Write::Delete(key) => drop(browser.disk.remove(&key)),
                }
            }
            browser.engine.committed(browser.now, batch.number);
        }
        assert_eq!(batches, 1);
        assert!(puts < 20, "{puts}");
        let tabs = browser.ids(space);
        undos.push(browser.does(LibraryAsk::Move {
            from: space,
            tabs,
            to: Target::New(Some("Elsewhere".into())),
            copy: false,
        }));
        let elsewhere = undos.last().expect("just done").made[0];
        let tabs = browser.ids(elsewhere);
        undos.push(browser.does(LibraryAsk::Remove {
            space: elsewhere,
            tabs,
        }));
    }
    let mut browser = browser.comes_back();
    for undo in undos.iter().rev() {
        browser.undoes(undo);
    }
    assert_eq!(browser.shelves(), before);
}

#[test]
fn a_page_can_take_back_only_what_a_deed_does() {
    let (mut browser, spaces) = saved(&["Trip"]);
    let before = browser.shelves();
    let undo = Undo {
        ops: vec![(spaces[0], vec![Op::SpaceDeleted {}])],
        ..Undo::default()
    };
    browser.undoes(&undo);
    assert_eq!(browser.shelves(), before);
    let bad = Undo {
        ops: vec![(
            spaces[0],
            vec![Op::TabAdded(NewTab {
                tab: TabId::from_bits(1 << 100),
                url: String::new(),
                title: String::new(),
                favicon: None,
                pinned: false,
                group: None,
                position: Position::first(),
            })],
        )],
        ..Undo::default()
    };
    let refused = browser
        .engine
        .library(browser.now, LibraryAsk::Undo(Box::new(bad)));
    assert!(matches!(refused, Err(Problem::Refused(_))), "{refused:?}");
    assert_eq!(browser.shelves(), before);
}
