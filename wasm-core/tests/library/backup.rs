//! The backup: what is written comes back, whatever happened to the file, and what is there stays.

#[path = "backup/marked.rs"]
mod marked;

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::op::Colour;
use protocol::{Millis, SpaceId, limits};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::backup::{
    Damage, Exact, FILE_BYTES, Found, Group, Item, Kind, Library, Space, TIMES, Tab, Unreadable, Verdict,
    prove, read, write,
};
use tabspace_wasm_core::library::engine::{BroughtIn, LeftOut, library_of};
use tabspace_wasm_core::library::marks::Marks;

use super::{Browser, WINDOW, records, window};

pub(super) const MADE: Millis = Millis(1_795_629_600_000);

pub(super) fn library(browser: &Browser) -> Library {
    let (library, damaged) = library_of(&records(&browser.disk));
    assert_eq!(damaged, Vec::<String>::new());
    library
}

/// Ada's browser: a space with a group, changes since its snapshot, and something that only a newer TabSpace knows.
pub(super) fn ada() -> (Browser, SpaceId) {
    let mut browser = Browser::new();
    let space = browser
        .engine
        .save_window(Millis(1_000), WINDOW, window(), "Lisbon");
    browser.write();
    for name in ["Porto", "Lisbon \"again\""] {
        browser
            .engine
            .command(Millis(2_000), space, Command::Rename(name.into()));
    }
    browser.write();
    let event = r#"{"seq":4,"author":{"member":"00000000000000000000000001"},"time":3000,"class":"tab","payload":{"type":"tab:painted","data":{"b":0.30000000000000004,"a":[1e300]}}}"#;
    browser
        .disk
        .insert(format!("log/{space}/{:020}", 4), event.into());
    (browser.killed(), space)
}

pub(super) fn tab(title: &str, url: &str) -> Tab {
    Tab {
        title: title.into(),
        url: url.into(),
        ..Tab::default()
    }
}

fn space(name: &str, items: Vec<Item>) -> Space {
    Space {
        name: name.into(),
        colour: Colour::Blue,
        id: None,
        kind: Kind::Private,
        changed: MADE,
        marks: Marks::default(),
        archived: false,
        items,
        exact: None,
    }
}

fn found(text: &str) -> Found {
    read(text.as_bytes()).expect("it is a backup")
}

/// A file of two spaces, and them.
fn two() -> (String, Library) {
    let library = Library {
        spaces: vec![
            space("First", vec![Item::Tab(tab("One", "https://one.example/"))]),
            space("Second", vec![Item::Tab(tab("Two", "https://two.example/"))]),
        ],
        ..Library::default()
    };
    (write(&library, MADE).0, library)
}

#[test]
fn a_backup_is_read_as_the_library_that_was_written_and_lists_it_for_people() {
    let library = library(&ada().0);
    let (text, written) = write(&library, MADE);
    let found = found(&text);
    assert!(found.whole && found.set_aside.is_empty());
    assert_eq!((found.made, found.announced), (Some(MADE), Some(written.counts)));
    assert_eq!(found.library, library);
    for line in [
        r#"      "name": "Lisbon \"again\"","#,
        r#"        {"title":"Title 1","url":"https://mail.example/","pinned":true},"#,
        r#"        {"group":"Lisbon","colour":"orange","collapsed":true,"tabs":["#,
        r#"          {"title":"Title 2","url":"https://lisbon.example/flat"},"#,
    ] {
        assert!(text.lines().any(|has| has == line), "{line}\n{text}");
    }
    // White space is nobody's content.
    let (dense, windows) = (text.replace("\n  ", ""), text.replace('\n', "\r\n"));
    for text in [dense, format!("\u{feff}{windows}")] {
        assert_eq!(read(text.as_bytes()).as_ref(), Ok(&found));
    }
}

#[test]
fn a_lost_library_comes_back_record_by_record_also_what_only_a_newer_version_knows() {
    let (ada, space) = ada();
    let text = write(&library(&ada), MADE).0;
    let mut new = Browser::new();
    for space in &found(&text).library.spaces {
        let id = space.id.expect("TabSpace wrote it");
        let brought = new.engine.bring_in(Millis(9_000), space, "a copy");
        assert_eq!(brought, BroughtIn::Added(id, LeftOut(0)));
    }
    let mut new = new.killed();
    let of_spaces = |disk: &BTreeMap<String, String>| -> Vec<(String, String)> {
        let is = |key: &str| key.starts_with("space/") || key.starts_with("log/");
        records(disk).into_iter().filter(|(key, _)| is(key)).collect()
    };
    assert_eq!(of_spaces(&new.disk), of_spaces(&ada.disk));
    assert!(new.view(space).read_only);
}

#[test]
fn what_is_the_same_is_not_doubled_and_what_differs_comes_beside_what_is_there() {
    let (mut ada, id) = ada();
    let before = library(&ada);
    let bring = |ada: &mut Browser| {
        let brought = ada
            .engine
            .bring_in(Millis(9_000), &before.spaces[0], "Lisbon of then");
        ada.write();
        brought
    };
    assert_eq!(bring(&mut ada), BroughtIn::Same(id));

    let mut seen = window();
    seen.tabs.truncate(2);
    seen.tabs[1].group = None;
    let mut bob = Browser::new();
    let space = bob.engine.save_window(Millis(1_000), WINDOW, window(), "Work");
    bob.write();
    let before = library(&bob);
    bob.look(seen);
    let now = library(&bob);
    let BroughtIn::Copied(copy, LeftOut(0)) =
        bob.engine
            .bring_in(Millis(9_000), &before.spaces[0], "Work of then")
    else {
        panic!("it stands beside the other");
    };
    bob.write();
    let after = library(&bob);
    assert!(
        after.spaces.contains(&now.spaces[0]),
        "what was there is as it was"
    );
    let copied = after
        .spaces
        .iter()
        .find(|space| space.id == Some(copy))
        .expect("the copy");
    assert_eq!(
        (copied.name.as_str(), &copied.items),
        ("Work of then", &before.spaces[0].items)
    );
    assert_ne!(copy, space);
    let again = bob
        .engine
        .bring_in(Millis(9_000), &before.spaces[0], "Work of then");
    assert_eq!(again, BroughtIn::Same(copy));
    bob.write();
    assert_eq!(library(&bob), after);
}

#[test]
fn a_shared_space_comes_back_as_a_private_one_and_what_cannot_be_kept_is_counted() {
    let mut browser = Browser::new();
    let long = format!("https://long.example/{}", "x".repeat(9_000));
    let shared = Space {
        id: Some(SpaceId::from_bits(77)),
        kind: Kind::Shared {
            relay: "https://relay.example".into(),
        },
        ..space(
            " Plans\u{7} ",
            vec![
                Item::Tab(tab(&"t".repeat(100_000), "https://a.example/")),
                Item::Tab(tab("Too long", &long)),
                Item::Group(Group {
                    title: "G".repeat(300),
                    colour: Colour::Red,
                    collapsed: true,
                    tabs: vec![tab("Inside", "chrome://settings/")],
                }),
            ],
        )
    };
    let brought = browser.engine.bring_in(Millis(9_000), &shared, "unused");
    let BroughtIn::Added(id, LeftOut(1)) = brought else {
        panic!("{brought:?}")
    };
    assert_ne!(id, SpaceId::from_bits(77), "that one is the relay's");
    let mut browser = browser.killed();
    let view = browser.view(id);
    assert_eq!((view.name.as_str(), view.items.len()), ("Plans", 2));
    let only = space("None", vec![Item::Tab(tab("Too long", &long))]);
    assert_eq!(
        browser.engine.bring_in(Millis(9_000), &only, "x"),
        BroughtIn::Nothing
    );
}

#[test]
fn records_of_a_file_that_make_no_space_are_not_trusted() {
    let (ada, _) = ada();
    let whole = library(&ada).spaces.remove(0);
    let exact = whole.exact.clone().expect("it is private");
    let mut wrong: Vec<Exact> = [
        ("\"private\"", "\"shared\""),
        ("\"position\":\"", "\"position\":\"0 "),
        ("https://mail.example/", ""),
    ]
    .into_iter()
    .map(|(from, to)| Exact {
        snapshot: exact.snapshot.replacen(from, to, 1),
        log: exact.log.clone(),
    })
    .collect();
    // The log begins behind a gap.
    wrong.push(Exact {
        snapshot: exact.snapshot.clone(),
        log: exact.log[1..].to_vec(),
    });
    for wrong in wrong {
        assert_ne!(wrong, exact);
        let space = Space {
            exact: Some(wrong),
            ..whole.clone()
        };
        let mut browser = Browser::new();
        let brought = browser.engine.bring_in(Millis(9_000), &space, "a copy");
        let BroughtIn::Added(id, LeftOut(0)) = brought else {
            panic!("{brought:?}")
        };
        assert_ne!(Some(id), whole.id, "only what is listed is brought in");
        let browser = browser.killed();
        assert!(library(&browser).spaces[0].looks_like(&whole));
    }
}

#[test]
fn a_damaged_space_is_set_aside_and_the_others_are_read() {
    let (text, library) = two();
    for (from, to, why) in [
        ("https://one", "https://ono", Damage::Changed),
        ("\"One\"", "\"One", Damage::Changed),
        ("      \"sha256\": \"", "      \"sha256\": \"f", Damage::Changed),
        ("{\"title\":\"One\"", "\u{0}", Damage::Changed),
    ] {
        let found = found(&text.replacen(from, to, 1));
        assert!(!found.whole);
        assert_eq!(found.library.spaces, library.spaces[1..], "{from}");
        let aside: Vec<_> = found
            .set_aside
            .iter()
            .map(|aside| (aside.name.as_deref(), aside.why))
            .collect();
        assert_eq!(aside, [(Some("First"), why)], "{from}");
    }
    let mut bytes = text.clone().into_bytes();
    let at = text.find("One").expect("the title");
    bytes[at] = 0xff;
    let found = read(&bytes).expect("it is a backup");
    assert_eq!((found.library.spaces.len(), found.set_aside.len()), (1, 1));
}

#[test]
fn of_a_file_that_was_cut_off_anywhere_the_whole_spaces_are_read() {
    let (text, library) = two();
    let second = text.find("\"Second\"").expect("its name");
    for end in 0..text.trim_end().len() {
        match read(&text.as_bytes()[..end]) {
            Ok(found) => {
                assert!(!found.whole);
                let spaces = &found.library.spaces;
                assert_eq!(spaces[..], library.spaces[..spaces.len()]);
                assert!(
                    end < second || !spaces.is_empty(),
                    "{end}: the first one is whole"
                );
                let read = spaces.len() + found.set_aside.len();
                assert!(found.announced.is_none_or(|holds| read <= holds.spaces));
            }
            Err(why) => assert!(end < 40, "{end}: {why}"),
        }
    }
}

#[test]
fn other_files_are_refused_with_a_reason() {
    let deep = format!(
        "{{\"format\":\"tabspace-library\",\"version\":1,\"spaces\":{}",
        "[".repeat(1_000_000)
    );
    let deep_space = format!(
        r#"{{"format":"tabspace-library","version":1,"spaces":[{{"name":"Deep","tabs":{}1{}}}]}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (text, why) in [
        ("", Unreadable::Empty),
        (" \n", Unreadable::Empty),
        (
            "<!DOCTYPE html><html><body>Not found</body></html>",
            Unreadable::NotABackup,
        ),
        ("{\"windows\":[{\"tabs\":[]}]}", Unreadable::NotABackup),
        ("[1,2,3]", Unreadable::NotABackup),
        (
            "{\"format\":\"tabspace-backup\",\"version\":1,\"spaces\":[]}",
            Unreadable::NotABackup,
        ),
        ("\u{0}\u{1}PK\u{3}\u{4}", Unreadable::NotABackup),
        (&deep, Unreadable::NotABackup),
        (
            "{\"version\":2,\"spaces\":{},\"format\":\"tabspace-library\"}",
            Unreadable::Newer { version: 2 },
        ),
    ] {
        assert_eq!(
            read(text.as_bytes()),
            Err(why),
            "{}",
            text.get(..40).unwrap_or(text)
        );
    }
    let aside = found(&deep_space).set_aside;
    assert_eq!(
        aside.iter().map(|aside| aside.why).collect::<Vec<_>>(),
        [Damage::Unreadable]
    );
    let newer = two().0.replace("\"version\": 1", "\"version\": 7");
    let cut = &newer[..newer.len() / 2];
    assert_eq!(read(cut.as_bytes()), Err(Unreadable::Newer { version: 7 }));
    let large = vec![b' '; FILE_BYTES + 1];
    let size_bytes = large.len();
    assert_eq!(read(&large), Err(Unreadable::TooLarge { size_bytes }));
}

#[test]
fn fifty_megabytes_are_read() {
    let address = format!("https://long.example/{}", "x".repeat(8_000));
    let tabs = vec![Item::Tab(tab("Long", &address)); 2_000];
    let spaces = ["One", "Two", "Three", "Four"].map(|name| space(name, tabs.clone()));
    let library = Library {
        spaces: spaces.into(),
        ..Library::default()
    };
    let text = write(&library, MADE).0;
    assert!(text.len() > 50_000_000);
    let found = found(&text);
    assert!(found.whole && found.library == library);
}

#[test]
fn a_drill_proves_that_what_is_on_disk_brings_everything_back() {
    let (ada, id) = ada();
    let present = library(&ada);
    let (text, written) = write(&present, MADE);
    let proof = prove(text.as_bytes(), &written, &present);
    assert_eq!((proof.verdict, proof.changed_since), (Verdict::Proven, vec![]));

    let mut later = present.clone();
    later.spaces[0].name = "Renamed since".into();
    let proof = prove(text.as_bytes(), &written, &later);
    assert_eq!((proof.verdict, proof.changed_since), (Verdict::Proven, vec![id]));

    let another = write(&present, MADE.plus(1)).1;
    assert_eq!(
        prove(text.as_bytes(), &another, &present).verdict,
        Verdict::Another
    );

    let cut = prove(&text.as_bytes()[..text.len() / 2], &written, &present);
    assert!(matches!(cut.verdict, Verdict::Damaged(aside) if aside.len() == 1));
    assert_eq!(cut.changed_since, [id]);
    let nothing = prove(b"", &written, &present);
    assert_eq!(nothing.verdict, Verdict::Unreadable(Unreadable::Empty));

    // The checksums hold, but the records are those of something else than what is listed.
    later.spaces[0].name = "Listed".into();
    let (text, written) = write(&later, MADE);
    let proof = prove(text.as_bytes(), &written, &later);
    assert_eq!(proof.verdict, Verdict::RebuiltOtherwise(vec!["Listed".into()]));
}

#[test]
fn the_example_in_the_documentation_is_a_backup() {
    let doc = include_str!("../../../docs/formats.md");
    let example = doc
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let example = example.expect("an example");
    let found = found(example);
    assert!(found.whole);
    assert_eq!(write(&found.library, MADE).0, example);
    let written = write(&found.library, MADE).1;
    assert_eq!(
        prove(example.as_bytes(), &written, &found.library).verdict,
        Verdict::Proven
    );
}

#[test]
fn tabs_for_which_a_space_has_no_room_are_counted() {
    let mut browser = Browser::new();
    let tabs = (0..limits::PRIVATE_TABS + 3).map(|n| Item::Tab(tab("", &format!("https://n.example/{n}"))));
    let brought = browser.engine.bring_in(MADE, &space("Many", tabs.collect()), "x");
    assert!(matches!(brought, BroughtIn::Added(_, LeftOut(3))), "{brought:?}");
}

#[test]
fn a_record_that_cannot_be_read_is_told_and_the_rest_is_in_the_backup() {
    let (mut ada, space) = ada();
    let other = SpaceId::from_bits(5);
    ada.disk.insert(format!("space/{other}"), "{\"private\":".into());
    let (library, damaged) = library_of(&records(&ada.disk));
    assert_eq!(damaged, [format!("space/{other}")]);
    assert_eq!(
        library.spaces.iter().map(|space| space.id).collect::<Vec<_>>(),
        [Some(space)]
    );
}

fn any_marks() -> impl Strategy<Value = Marks> {
    let tags = prop::collection::vec(".{0,8}", 0..3);
    (tags, ".{0,8}", any::<bool>()).prop_map(|(tags, note, starred)| Marks { tags, note, starred })
}

fn any_tab() -> impl Strategy<Value = Tab> {
    let is = any::<[bool; 3]>();
    (".{0,20}", ".{1,20}", is, any_marks()).prop_map(|(title, url, [pinned, muted, shown], marks)| Tab {
        title,
        url,
        pinned,
        muted,
        shown,
        marks,
    })
}

fn any_item() -> impl Strategy<Value = Item> {
    let colour = (0..9_usize).prop_map(|at| Colour::ALL[at]);
    let tabs = prop::collection::vec(any_tab(), 0..4);
    let group = (".{0,12}", colour, any::<bool>(), tabs).prop_map(|(title, colour, collapsed, tabs)| {
        Item::Group(Group {
            title,
            colour,
            collapsed,
            tabs,
        })
    });
    prop_oneof![any_tab().prop_map(Item::Tab), group]
}

fn any_space() -> impl Strategy<Value = Space> {
    let items = prop::collection::vec(any_item(), 0..5);
    let relay = prop::option::of(".{0,20}");
    let changed = TIMES.start().0..=TIMES.end().0;
    let marks = (any_marks(), any::<bool>());
    (".{0,20}", any::<Option<u128>>(), relay, changed, marks, items).prop_map(
        |(name, id, relay, changed, (marks, archived), items)| Space {
            marks,
            archived,
            id: id.map(SpaceId::from_bits),
            kind: relay.map_or(Kind::Private, |relay| Kind::Shared { relay }),
            changed: Millis(changed),
            ..space(&name, items)
        },
    )
}

proptest! {
    #[test]
    fn any_library_is_read_as_it_was_written(spaces in prop::collection::vec(any_space(), 0..4)) {
        let library = Library { spaces, ..Library::default() };
        let (text, written) = write(&library, MADE);
        let found = found(&text);
        prop_assert!(found.whole && found.set_aside.is_empty());
        prop_assert_eq!(found.announced, Some(written.counts));
        prop_assert_eq!(found.library, library);
    }

    #[test]
    fn whatever_is_changed_in_a_file_no_other_content_is_read(at in 0_usize..2_000, byte: u8) {
        let (text, library) = two();
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(found) = read(&bytes) {
            let is = |space: &Space| library.spaces.contains(space);
            // A space whose checksum lost its name counts as one of another program.
            prop_assert!(found.whole || found.library.spaces.iter().filter(|space| !is(space)).count() <= 1);
        }
    }
}
