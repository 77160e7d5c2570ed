//! What a person marked, and what is in the bin: it is in the backup, proven with it, and comes back.

use proptest::prelude::*;
use protocol::{Millis, SpaceId, TabId};
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk};
use tabspace_wasm_core::library::backup::{Item, Library, Removed, Tab, Verdict, prove, read, write};
use tabspace_wasm_core::library::bin::{ENTRIES, KEEP_MS};
use tabspace_wasm_core::library::engine::{BroughtIn, BroughtToBin};
use tabspace_wasm_core::library::marks::Marks;

use super::{MADE, found, library};
use crate::{Browser, window};

impl Browser {
    fn performs(&mut self, ask: LibraryAsk) {
        self.now = self.now.plus(1);
        self.engine.library(self.now, ask).expect("it may be done");
        self.write();
    }

    fn keeps(&mut self, name: &str) -> SpaceId {
        let space = self.engine.keep_window(self.now, window(), name);
        self.write();
        space
    }

    fn tabs_of(&self, space: SpaceId) -> Vec<TabId> {
        let marks = self.engine.plan_of(space, None).expect("it is there");
        marks.tabs.iter().map(|tab| tab.tab).collect()
    }

    fn marks(&mut self, space: SpaceId, tab: Option<TabId>, marks: Marks) {
        let (tabs, marking) = (tab.map(|tab| vec![tab]), marks.into());
        self.performs(LibraryAsk::Mark { space, tabs, marking });
    }

    /// Everything of a file comes in.
    fn imports(&mut self, library: &Library) -> (Vec<BroughtIn>, Vec<BroughtToBin>) {
        let spaces = library.spaces.iter();
        let spaces = spaces.map(|space| self.engine.bring_in(self.now, space, "a copy"));
        let spaces = spaces.collect();
        let bin = library.bin.iter();
        let bin = bin.map(|entry| self.engine.bring_removed(self.now, entry));
        let bin = bin.collect();
        self.write();
        (spaces, bin)
    }
}

fn noted(note: &str) -> Marks {
    Marks {
        tags: vec!["to read".into(), "Été".into()],
        note: note.into(),
        starred: true,
    }
}

/// A browser with marks on a space and on tabs, in groups and outside of them; a removed space, and removed tabs.
fn marked() -> (Browser, SpaceId) {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs[0].muted = true;
    seen.tabs[1].active = true;
    let trip = browser.engine.keep_window(browser.now, seen, "Trip");
    let gone = browser.keeps("Gone");
    let tabs = browser.tabs_of(trip);
    browser.marks(trip, None, noted("pack\nthe bags"));
    browser.marks(trip, Some(tabs[0]), noted("first"));
    browser.marks(trip, Some(tabs[1]), noted("in the group"));
    browser.marks(trip, Some(tabs[3]), noted("removed"));
    let last = browser.tabs_of(gone)[2];
    browser.marks(gone, Some(last), noted("of a space that goes"));
    browser.performs(LibraryAsk::Archive {
        space: trip,
        archived: true,
    });
    browser.performs(LibraryAsk::Remove {
        space: trip,
        tabs: vec![tabs[3]],
    });
    browser.performs(LibraryAsk::Forget(gone));
    (browser, trip)
}

/// A new browser, at the time of another.
fn new_at(now: Millis) -> Browser {
    let mut browser = Browser::new();
    browser.now = now;
    browser
}

#[test]
fn what_is_marked_and_what_is_in_the_bin_come_back_as_they_were() {
    let (browser, _) = marked();
    let before = library(&browser);
    let (text, written) = write(&before, MADE);
    for line in [
        r#"      "tags": ["to read","Été"],"#,
        r#"      "note": "pack\nthe bags","#,
        r#"      "starred": true,"#,
        r#"      "archived": true,"#,
        r#"        {"title":"Title 1","url":"https://mail.example/","pinned":true,"muted":true,"tags":["to read","Été"],"note":"first","starred":true},"#,
    ] {
        assert!(text.lines().any(|has| has == line), "{line}\n{text}");
    }
    let found = found(&text);
    assert!(found.whole && found.removed_aside == 0);
    assert_eq!(
        (&found.library, written.counts.removed),
        (&before, 2),
        "a space and a tab were removed"
    );
    assert_eq!(prove(text.as_bytes(), &written, &before).verdict, Verdict::Proven);

    let mut new = new_at(browser.now);
    new.imports(&found.library);
    let mut new = new.killed();
    new.now = browser.now;
    assert_eq!(library(&new), before);
    let disk = new.disk.clone();
    let (spaces, bin) = new.imports(&found.library);
    assert!(matches!(spaces[..], [BroughtIn::Same(_)]), "{spaces:?}");
    assert_eq!(bin, [BroughtToBin::Same; 2]);
    assert_eq!(new.disk, disk, "nothing is written a second time");

    let Ok(LibraryAnswer::Bin(bin)) = new.engine.library(new.now, LibraryAsk::Bin) else {
        panic!("the bin is there")
    };
    for entry in bin {
        new.performs(LibraryAsk::TakeOut(entry.id));
    }
    let all = library(&new);
    assert!(all.bin.is_empty());
    let notes: Vec<&str> = all
        .spaces
        .iter()
        .flat_map(|space| space.tabs().map(|tab| tab.marks.note.as_str()))
        .filter(|note| !note.is_empty())
        .collect();
    assert_eq!(notes.len(), 4, "{notes:?}");
}

#[test]
fn a_backup_of_before_takes_no_marks_away_and_a_later_one_adds_those_that_are_missing() {
    let (mut browser, trip) = marked();
    let with = library(&browser);
    let mut without = with.clone();
    without.spaces[0].marks = Marks::default();
    without.spaces[0].archived = false;
    for item in &mut without.spaces[0].items {
        let tabs: &mut [Tab] = match item {
            Item::Tab(tab) => std::slice::from_mut(tab),
            Item::Group(group) => &mut group.tabs,
        };
        for tab in tabs {
            tab.marks = Marks::default();
        }
    }
    without.bin.clear();
    // What an older version wrote says nothing of either.
    let old = write(&without, MADE).0;
    assert!(!old.contains("tags") && !old.contains("\"bin\""));
    let (spaces, _) = browser.imports(&found(&old).library);
    assert_eq!(spaces, [BroughtIn::Same(trip)]);
    assert_eq!(library(&browser), with, "nothing was taken away");

    let mut new = new_at(browser.now);
    new.imports(&found(&old).library);
    let first = new.tabs_of(trip)[0];
    new.marks(trip, Some(first), noted("my own"));
    let (spaces, _) = new.imports(&with);
    assert_eq!(spaces, [BroughtIn::Same(trip)]);
    let now = library(&new);
    let notes: Vec<&str> = now.spaces[0].tabs().map(|tab| tab.marks.note.as_str()).collect();
    assert_eq!(notes, ["my own", "in the group", "", ""]);
    assert_eq!((now.spaces[0].archived, &now.bin), (true, &with.bin));
}

#[test]
fn a_damaged_entry_of_the_bin_is_left_out_and_all_else_is_read() {
    let (browser, _) = marked();
    let before = library(&browser);
    let text = write(&before, MADE).0;
    for damaged in [
        text.replacen("\"held\":{\"tabs\"", "\"held\":{\"tobs\"", 1),
        // It is no JSON any more: its lines are read.
        text.replacen("\"held\":{\"tabs\"", "\"held\":{\"tabs", 1),
    ] {
        let found = found(&damaged);
        assert_eq!((found.library.bin.len(), found.removed_aside), (1, 1));
        assert_eq!(found.library.spaces, before.spaces);
        assert!(!found.whole);
    }
    let bin = text.find("\"bin\"").expect("it has one");
    for end in bin..text.trim_end().len() {
        let found = read(&text.as_bytes()[..end]).expect("it is a backup");
        let read = found.library.bin.len();
        assert_eq!(found.library.spaces, before.spaces);
        assert_eq!(found.library.bin[..], before.bin[..read]);
        assert_eq!(found.set_aside, []);
    }
}

#[test]
fn a_drill_finds_a_bin_that_rebuilds_something_else_and_marks_that_changed_since() {
    let (mut browser, trip) = marked();
    let present = library(&browser);
    let mut wrong = present.clone();
    wrong.bin[0].items.clear();
    let (text, written) = write(&wrong, MADE);
    let proof = prove(text.as_bytes(), &written, &present);
    let name = present.bin[0].name.clone();
    assert_eq!(proof.verdict, Verdict::RebuiltOtherwise(vec![name]));

    let (text, written) = write(&present, MADE);
    browser.marks(trip, None, noted("another"));
    let proof = prove(text.as_bytes(), &written, &library(&browser));
    assert_eq!(
        (proof.verdict, proof.changed_since),
        (Verdict::Proven, vec![trip])
    );
}

#[test]
fn what_is_too_old_cannot_come_out_or_has_no_room_stays_outside_of_the_bin() {
    let (browser, _) = marked();
    let bin = library(&browser).bin;
    let mut late = new_at(browser.now.plus(KEEP_MS));
    assert_eq!(
        late.engine.bring_removed(late.now, &bin[0]),
        BroughtToBin::LeftOut
    );

    let mut new = new_at(browser.now);
    let unsafe_address = bin[0].record.replace("\"url\":\"", "\"url\":\"\\u0007");
    for record in ["{}", "null", &unsafe_address] {
        let wrong = Removed {
            record: record.to_owned(),
            ..bin[0].clone()
        };
        assert_eq!(
            new.engine.bring_removed(new.now, &wrong),
            BroughtToBin::LeftOut,
            "{record}"
        );
    }
    // From a clock that was ahead: it goes 30 days after it came.
    let ahead = Removed {
        record: bin[0].record.replacen("\"removed\":", "\"removed\":9", 1),
        ..bin[0].clone()
    };
    assert!(matches!(
        new.engine.bring_removed(new.now, &ahead),
        BroughtToBin::Added(_)
    ));
    new.write();
    assert!(library(&new).bin[0].removed <= new.now);

    // A full bin keeps what it has.
    let mut full = new_at(browser.now);
    for number in 0..ENTRIES {
        let space = full.keeps(&number.to_string());
        full.engine.forget(full.now, space);
    }
    full.write();
    assert_eq!(
        full.engine.bring_removed(full.now, &bin[0]),
        BroughtToBin::LeftOut
    );
    assert_eq!(library(&full).bin.len(), ENTRIES);
}

#[derive(Debug, Clone)]
enum Deed {
    MarkTab(usize, Marks),
    MarkSpace(usize, Marks),
    Archive(usize, bool),
    Remove(usize, usize),
    Forget(usize),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let tags = prop::collection::vec(".{0,60}", 0..4);
    let marks = (tags, "(?s).{0,80}", any::<bool>());
    let marks = marks.prop_map(|(tags, note, starred)| Marks { tags, note, starred });
    prop_oneof![
        (0..10_usize, marks.clone()).prop_map(|(at, marks)| Deed::MarkTab(at, marks)),
        (0..3_usize, marks).prop_map(|(at, marks)| Deed::MarkSpace(at, marks)),
        (0..3_usize, any::<bool>()).prop_map(|(at, archived)| Deed::Archive(at, archived)),
        (0..3_usize, 0..5_usize).prop_map(|(at, tab)| Deed::Remove(at, tab)),
        (0..3_usize).prop_map(Deed::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_done_a_backup_brings_all_of_it_into_a_new_browser(deeds in prop::collection::vec(any_deed(), 0..12)) {
        let mut browser = Browser::new();
        let mut spaces: Vec<SpaceId> = ["One", "Two", "Three"].map(|name| browser.keeps(name)).into();
        for deed in deeds {
            let at = |at: usize| spaces.get(at % spaces.len().max(1)).copied();
            match deed {
                Deed::MarkTab(number, marks) => {
                    let Some(space) = at(number) else { continue };
                    let tabs = browser.tabs_of(space);
                    if let Some(tab) = tabs.get(number % tabs.len().max(1)) {
                        browser.marks(space, Some(*tab), marks);
                    }
                }
                Deed::MarkSpace(number, marks) => {
                    let Some(space) = at(number) else { continue };
                    browser.marks(space, None, marks);
                }
                Deed::Archive(number, archived) => {
                    let Some(space) = at(number) else { continue };
                    browser.performs(LibraryAsk::Archive { space, archived });
                }
                Deed::Remove(number, tab) => {
                    let Some(space) = at(number) else { continue };
                    let tabs: Vec<TabId> = browser.tabs_of(space).get(tab).copied().into_iter().collect();
                    browser.performs(LibraryAsk::Remove { space, tabs });
                }
                Deed::Forget(number) => {
                    let Some(space) = at(number) else { continue };
                    spaces.retain(|other| *other != space);
                    browser.performs(LibraryAsk::Forget(space));
                }
            }
        }
        let before = library(&browser);
        let (text, written) = write(&before, MADE);
        prop_assert_eq!(prove(text.as_bytes(), &written, &before).verdict, Verdict::Proven);
        let mut new = new_at(browser.now);
        new.imports(&found(&text).library);
        prop_assert_eq!(library(&new.killed()), before);
    }
}
