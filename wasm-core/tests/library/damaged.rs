//! What cannot be read is set aside and told of, everything else works; and what earlier versions wrote is read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::{Millis, SpaceId};
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::backup::write;
use tabspace_wasm_core::library::engine::{BroughtIn, Engine, library_of};
use tabspace_wasm_core::library::marks::Marks;
use tabspace_wasm_core::record::{DEVICE_KEY, SETTINGS_KEY};

use super::backup::{MADE, ada, library};
use super::{Browser, WINDOW, records, window};

/// The records of a browser as each version wrote them that wrote them otherwise than the one before. What a later
/// version adds has to be absent here; a file that is there is never changed.
const EARLIER: [(&str, &str); 1] = [("2026-11-21", include_str!("earlier/2026-11-21.json"))];

impl Browser {
    /// The disk when everything was written.
    fn written(mut self) -> BTreeMap<String, String> {
        self.write();
        self.disk
    }
}

/// The engine of a disk, everything that it wrote at once, and what it could not read.
fn started(disk: &BTreeMap<String, String>) -> (Browser, Vec<String>) {
    let bits = Arc::new(AtomicU64::new(1_000));
    let next = move || u128::from(bits.fetch_add(1, Ordering::Relaxed));
    let (engine, damaged) = Engine::restore(&records(disk), next);
    let mut browser = Browser {
        engine,
        disk: disk.clone(),
        seed: Arc::default(),
        now: MADE,
    };
    browser.write();
    (browser, damaged)
}

#[test]
fn what_earlier_versions_wrote_is_read_whole_and_written_as_today() {
    for (version, text) in EARLIER {
        let disk: BTreeMap<String, String> = serde_json::from_str(text).expect("a file of records");
        let (mut browser, damaged) = started(&disk);
        assert_eq!(damaged, Vec::<String>::new(), "{version}");
        let settings = browser.engine.settings();
        assert_eq!(
            (settings.token(), settings.your_name.as_str()),
            (Some("a secret"), "Ada")
        );
        assert_eq!(settings.ignored, "*://bank.example/*");
        let mut names: Vec<String> = browser
            .engine
            .projection()
            .spaces
            .into_iter()
            .map(|space| space.name)
            .collect();
        names.sort();
        assert_eq!(names, ["Lisbon in May", "Team"], "{version}");
        assert!(browser.engine.session().has_unsent());
        assert_eq!(browser.engine.followed_windows(), [4]);
        browser.engine.browser_started(MADE);
        browser.write();
        let (now, damaged) = library_of(&records(&browser.disk));
        assert_eq!(
            (now.counts().tabs, damaged.len()),
            (5, 0),
            "of Team one is closed, which waits for the relay"
        );

        // Written today and read again, it is the same.
        let again = browser.killed();
        assert_eq!(library(&again), now, "{version}");
    }
}

#[test]
fn a_damaged_record_is_told_and_the_rest_works() {
    let (mut browser, space) = ada();
    let porto = browser
        .engine
        .save_window(Millis(5_000), WINDOW + 1, window(), "Porto");
    browser.write();
    let mut disk = browser.disk;
    let key = format!("space/{space}");
    disk.insert(key.clone(), "{\"private\":{\"you\":".to_owned());
    let (mut browser, damaged) = started(&disk);
    assert_eq!(damaged, std::slice::from_ref(&key));
    assert_eq!(browser.engine.damaged(), std::slice::from_ref(&key));
    let left: Vec<SpaceId> = browser
        .engine
        .projection()
        .spaces
        .iter()
        .map(|space| space.space)
        .collect();
    assert_eq!(left, [porto]);
    // Whatever goes on, what cannot be read stays as it is until the person says so.
    browser
        .engine
        .save_window(Millis(6_000), WINDOW + 2, window(), "Faro");
    let mut browser = started(&browser.written()).0;
    assert_eq!(browser.disk.get(&key), disk.get(&key));
    browser.engine.discard(&[format!("space/{porto}"), key.clone()]);
    browser.write();
    assert!(!browser.disk.contains_key(&key), "it is gone when that was said");
    assert!(
        browser.disk.contains_key(&format!("space/{porto}")),
        "what can be read is not touched"
    );
}

#[test]
fn the_past_of_a_damaged_space_stays_until_the_person_gives_it_up() {
    let (mut browser, space) = ada();
    for number in 0..60 {
        let name = Command::Rename(format!("Name {number}"));
        browser.engine.command(Millis(5_000), space, name);
    }
    let mut disk = browser.written();
    let of_the_past = |disk: &BTreeMap<String, String>| {
        let keys = [format!("history/{space}"), format!("past/{space}/")];
        let there = disk
            .iter()
            .filter(|(key, _)| keys.iter().any(|of| key.starts_with(of)));
        there
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect::<Vec<_>>()
    };
    let past = of_the_past(&disk);
    assert!(past.len() > 1, "{past:?}");
    let key = format!("space/{space}");
    disk.insert(key.clone(), "half a rec".to_owned());
    let mut browser = started(&started(&disk).0.written()).0;
    assert_eq!(of_the_past(&browser.disk), past);
    browser.engine.discard(&[key]);
    let browser = started(&browser.written()).0;
    assert_eq!(of_the_past(&browser.disk), []);
}

#[test]
fn damaged_marks_and_a_damaged_past_are_kept_though_others_take_their_place() {
    let mut browser = Browser::new();
    let space = browser
        .engine
        .save_window(Millis(1_000), WINDOW, window(), "Lisbon");
    let mut disk = browser.written();
    let half = "{\"half\":";
    for key in ["marks", "history"] {
        disk.insert(format!("{key}/{space}"), half.to_owned());
    }
    let (mut browser, damaged) = started(&disk);
    assert_eq!(damaged.len(), 2, "{damaged:?}");
    browser
        .engine
        .library(
            Millis(5_000),
            LibraryAsk::Archive {
                space,
                archived: true,
            },
        )
        .expect("it is put aside");
    for number in 0..60 {
        let name = Command::Rename(format!("Name {number}"));
        browser.engine.command(Millis(5_000), space, name);
    }
    let (browser, still) = started(&browser.written());
    assert_eq!(still, damaged);
    assert!(damaged.iter().all(|key| browser.disk[key] == half));
    assert!(browser.engine.marks(space).archived);
    assert!(browser.disk.contains_key(&format!("history/{space}")));
}

#[test]
fn a_backup_comes_back_beside_a_damaged_space_not_over_it() {
    let (browser, space) = ada();
    let backup = library(&browser);
    let mut disk = browser.disk;
    let key = format!("space/{space}");
    disk.insert(key.clone(), "null".to_owned());
    let (mut browser, _) = started(&disk);
    let brought = browser.engine.bring_in(MADE, &backup.spaces[0], "Copy");
    browser.write();
    assert!(
        matches!(brought, BroughtIn::Added(id, _) if id != space),
        "{brought:?}"
    );
    assert_eq!(browser.disk.get(&key).map(String::as_str), Some("null"));
    assert_eq!(library_of(&records(&browser.disk)).0.counts(), backup.counts());
    assert!(write(&backup, MADE).0.contains("Lisbon"));
}

#[test]
fn damaged_settings_and_a_damaged_device_are_kept_before_others_take_their_place() {
    let (browser, _) = ada();
    let mut disk = browser.disk;
    disk.insert(
        SETTINGS_KEY.to_owned(),
        "{\"relay\":7,\"tokens\":{\"https://a.example\":\"secret\"}}".to_owned(),
    );
    disk.insert(DEVICE_KEY.to_owned(), "\"\u{fffd}\"".to_owned());
    let (browser, damaged) = started(&disk);
    assert_eq!(damaged.len(), 2);
    let aside: Vec<&String> = damaged.iter().filter_map(|key| browser.disk.get(key)).collect();
    assert_eq!(aside, [&disk[DEVICE_KEY], &disk[SETTINGS_KEY]]);
    assert_eq!(
        library_of(&records(&browser.disk)).0.counts(),
        library_of(&records(&disk)).0.counts()
    );
    // The next start finds them set aside, once.
    let (again, still) = started(&browser.disk);
    assert_eq!((again.disk, still), (browser.disk, damaged));
}

#[test]
fn an_event_that_cannot_be_read_makes_way_and_neither_it_nor_what_came_after_it_is_lost() {
    let (browser, space) = ada();
    let mut disk = browser.disk;
    let key = |seq: u64| format!("log/{space}/{seq:020}");
    let later = disk[&key(3)].clone();
    disk.insert(key(2), "{\"seq\":2,".to_owned());
    let (mut browser, damaged) = started(&disk);
    assert_eq!(damaged.len(), 3, "{damaged:?}");
    browser
        .engine
        .command(Millis(9_000), space, Command::Rename("Lagos".into()));
    let (browser, still) = started(&browser.written());
    assert_eq!(library_of(&records(&browser.disk)).0.spaces[0].name, "Lagos");
    assert_eq!(still, damaged);
    let kept: Vec<&str> = still.iter().map(|key| browser.disk[key].as_str()).collect();
    assert!(
        kept.contains(&"{\"seq\":2,") && kept.contains(&later.as_str()),
        "{kept:?}"
    );
}

#[test]
fn a_storage_that_a_cleaner_emptied_is_written_again_while_the_engine_runs() {
    let mut browser = Browser::new();
    let space = browser
        .engine
        .save_window(Millis(1_000), WINDOW, window(), "Lisbon");
    browser.write();
    let before = library(&browser).spaces.remove(0);
    browser.disk.clear();
    browser.engine.write_everything();
    browser
        .engine
        .command(Millis(9_000), space, Command::Rename("Lagos".into()));
    let again = browser.killed();
    let after = library(&again).spaces.remove(0);
    assert_eq!((after.name.as_str(), &after.items), ("Lagos", &before.items));
    assert_eq!(again.engine.followed_windows(), [WINDOW]);
}

#[test]
fn the_bin_and_what_is_marked_are_written_again_too() {
    let mut browser = Browser::new();
    let mut keep = |name: &str| {
        let space = browser.engine.save_window(Millis(1_000), WINDOW, window(), name);
        browser.engine.window_gone(Millis(1_500), WINDOW);
        space
    };
    let (gone, marked) = (keep("Gone"), keep("Marked"));
    let star = Marks {
        starred: true,
        ..Marks::default()
    };
    let mut ask = |ask: LibraryAsk| browser.engine.library(Millis(2_000), ask).expect("it is done");
    ask(LibraryAsk::Forget(gone));
    ask(LibraryAsk::Mark {
        space: marked,
        tabs: None,
        marking: star.clone().into(),
    });
    browser.write();
    // Another engine put nothing there itself.
    let mut browser = browser.killed();
    browser.disk.clear();
    browser.engine.write_everything();
    let mut again = browser.killed();
    assert_eq!(again.engine.marks(marked).own, star);
    let bin = again.engine.library(Millis(3_000), LibraryAsk::Bin);
    let Ok(LibraryAnswer::Bin(bin)) = bin else {
        panic!("no bin but {bin:?}");
    };
    assert_eq!(bin.iter().map(|entry| entry.space).collect::<Vec<_>>(), [gone]);
}

#[test]
fn that_the_storage_was_cleared_is_told_until_it_was_read() {
    let mut browser = Browser::new();
    browser
        .engine
        .save_window(Millis(1_000), WINDOW, window(), "Lisbon");
    let listed = serde_json::to_string(&browser.engine.projection()).expect("it is JSON");
    let mut after = Browser::new();
    after.engine.found_emptied(&listed);
    let mut after = after.killed();
    assert_eq!(after.engine.settings().lost, 1);
    after.engine.loss_is_read();
    assert_eq!(after.killed().engine.settings().lost, 0);

    // Nothing was there, or nobody can tell what was.
    for listed in ["{}", "", "[]", r#"{"spaces":[]}"#] {
        let mut fresh = Browser::new();
        fresh.engine.found_emptied(listed);
        assert_eq!(fresh.engine.settings().lost, 0, "{listed}");
    }
}
