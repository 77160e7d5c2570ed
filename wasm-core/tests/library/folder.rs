//! Backups in a folder: the names, which files may go, and what is to be done when.

use proptest::prelude::*;
use protocol::{DeviceId, Millis};
use tabspace_wasm_core::library::backup::folder::standing::{
    AGAIN_MS, Due, EVERY_MS, PROVEN_EVERY_MS, Standing, Why,
};
use tabspace_wasm_core::library::backup::folder::{
    LAST, MOST_AT_ONCE, free_name, latest_of_others, made, name_of, not_needed,
};
use tabspace_wasm_core::library::backup::{FILE_BYTES, Library, Unreadable, Verdict, prove, read, write};

use super::backup::{MADE, ada, library};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const HERE: DeviceId = DeviceId::from_bits(0x1111_2222_3333_4444);
const THERE: DeviceId = DeviceId::from_bits(0x5555_6666_7777_8888);

/// What a folder holds after a device has written at these times and removed what it may after each.
fn kept(times: impl IntoIterator<Item = Millis>) -> Vec<String> {
    let mut names = Vec::new();
    for now in times {
        let name = name_of(now, HERE);
        names.push(name.clone());
        let gone = not_needed(&names, HERE, &name, now);
        names.retain(|name| !gone.contains(name));
    }
    names
}

#[test]
fn no_file_takes_the_name_of_another() {
    let mut names = Vec::new();
    for second in 0..3 {
        let name = free_name(MADE, HERE, &names);
        assert_eq!(
            made(&name).map(|made| made.at.0 / 1_000),
            Some(MADE.0 / 1_000 + second)
        );
        names.push(name);
    }
    assert_eq!(free_name(MADE, THERE, &names), name_of(MADE, THERE));
}

#[test]
fn a_name_tells_when_and_by_whom_and_any_other_file_is_not_ours() {
    let name = name_of(Millis(1_795_942_363_999), HERE);
    assert_eq!(name, "tabspace-2026-11-29T08-52-43Z-48sk6h24.json");
    let told = made(&name).expect("it is ours");
    assert_eq!(
        (told.at, told.by.as_str()),
        (Millis(1_795_942_363_000), "48sk6h24")
    );
    for other in [
        "",
        "tabspace-.json",
        "tabspace-2026-11-29.json",
        "tabspace-2026-11-29T08-52-43Z-48sk6h24.json.crswap",
        "tabspace-2026-13-29T08-52-43Z-48sk6h24.json",
        "tabspace-2026-11-29T08-52-43Z-../../..json",
        "tabspace-2026-11-29T08-52-4éZ-48sk6h24.json",
        "photo.json",
    ] {
        assert_eq!(made(other), None, "{other}");
    }
}

#[test]
fn a_year_of_hourly_backups_leaves_the_last_ten_one_a_day_and_one_a_month() {
    let end = MADE.0;
    let names = kept((0..400 * 24).rev().map(|hours| Millis(end - hours * HOUR_MS)));
    let ages: Vec<i64> = names
        .iter()
        .filter_map(|name| Some((end - made(name)?.at.0).div_euclid(DAY_MS)))
        .collect();
    // The last ten are of one or two days; besides them one of each day for a month, one of each month for a year.
    assert!(
        (LAST + 28 + 11..=LAST + 31 + 13).contains(&names.len()),
        "{}",
        names.len()
    );
    for day in 1..29 {
        assert!(ages.contains(&day), "one of {day} days ago");
    }
    assert!(ages.iter().any(|age| *age > 330) && ages.iter().all(|age| *age <= 366));
}

#[test]
fn files_of_others_and_what_is_not_older_than_a_good_backup_stay() {
    let old: Vec<String> = (1..40).map(|at| name_of(Millis(at * 1_000), HERE)).collect();
    let others = (1..40).map(|at| name_of(Millis(at * 1_000), THERE));
    let mut names: Vec<String> = old.iter().cloned().chain(others).collect();
    names.extend(["holiday.jpg".to_owned(), "tabspace-2026-11-29.json".to_owned()]);
    // The one that was proven is not there: nobody knows whether any is good.
    assert_eq!(
        not_needed(&names, HERE, &name_of(MADE, HERE), MADE),
        Vec::<String>::new()
    );
    // Those that were written after it are not proven.
    assert_eq!(not_needed(&names, HERE, &old[0], MADE), Vec::<String>::new());
    let gone = not_needed(&names, HERE, &old[38], MADE);
    assert_eq!(gone, old[..MOST_AT_ONCE], "the oldest, few at once");
}

proptest! {
    #[test]
    fn whatever_is_in_a_folder_a_good_backup_and_the_last_ten_stay(
        times in prop::collection::vec(-10_000_000_000_000_i64..10_000_000_000_000, 1..60),
        now in any::<i64>(),
        proven in 0_usize..60,
        noise in prop::collection::vec(".{0,40}", 0..5),
    ) {
        let mut names: Vec<String> = times.iter().map(|at| name_of(Millis(*at), HERE)).collect();
        let proven = names[proven % names.len()].clone();
        names.extend(noise.iter().cloned());
        let gone = not_needed(&names, HERE, &proven, Millis(now));
        prop_assert!(gone.len() <= MOST_AT_ONCE);
        let good = made(&proven).expect("it is ours").at;
        for name in &gone {
            prop_assert!(made(name).is_some_and(|made| made.at < good));
        }
        let mut left: Vec<_> = names.iter().filter_map(|name| made(name)).collect();
        left.sort();
        left.dedup();
        let last: Vec<_> = left.iter().rev().take(LAST.min(left.len())).collect();
        prop_assert!(gone.iter().filter_map(|name| made(name)).all(|made| !last.contains(&&made)));
    }
}

#[test]
fn a_new_browser_is_offered_the_latest_of_another_never_its_own() {
    let names = vec![
        name_of(Millis(1_000), THERE),
        name_of(Millis(5_000), THERE),
        name_of(Millis(9_000), HERE),
        "notes.txt".to_owned(),
    ];
    assert_eq!(
        latest_of_others(&names, HERE),
        Some((name_of(Millis(5_000), THERE), Millis(5_000)))
    );
    assert_eq!(latest_of_others(&names[2..], HERE), None);
}

#[test]
fn a_backup_is_due_when_something_changed_and_a_drill_once_a_week() {
    let (_, written) = write(&Library::default(), MADE);
    let after = |ms: i64| MADE.plus(ms);
    let mut standing = Standing::default();
    assert_eq!(standing.due(MADE), Due::Backup);
    standing.wrote(name_of(MADE, HERE), MADE, &written);
    standing.proven(MADE);
    assert_eq!(standing.due(after(EVERY_MS - 1)), Due::Nothing);
    assert_eq!(standing.due(after(EVERY_MS)), Due::Look { drill: false });
    assert_eq!(standing.due(after(PROVEN_EVERY_MS)), Due::Look { drill: true });
    assert_eq!(
        standing.due(after(-1)),
        Due::Look { drill: true },
        "the clock was set back"
    );

    // What failed is told until it works again, and tried again a little later; the proof stays what it was.
    standing.failed(after(EVERY_MS), Why::DiskFull);
    assert_eq!(standing.trouble(), Some(&Why::DiskFull));
    assert_eq!(standing.proof.as_ref().map(|proof| proof.at), Some(MADE));
    assert_eq!(standing.due(after(EVERY_MS + AGAIN_MS - 1)), Due::Nothing);
    assert_eq!(standing.due(after(EVERY_MS + AGAIN_MS)), Due::Backup);
    standing.proven(after(EVERY_MS + AGAIN_MS));
    assert_eq!(standing.trouble(), None);
    assert_eq!(
        standing.failure.map(|failure| failure.why),
        Some(Why::DiskFull),
        "the last one stays in the record"
    );
}

#[test]
fn what_the_browser_says_of_a_folder_has_a_meaning() {
    let why = |name: &str| Why::of_browser(name, "words".to_owned());
    assert_eq!(why("NotAllowedError"), Why::NotAllowed);
    assert_eq!(why("NotFoundError"), Why::FolderGone);
    assert_eq!(why("QuotaExceededError"), Why::DiskFull);
    assert_eq!(why("NoModificationAllowedError"), Why::Busy);
    assert_eq!(why("UnknownError"), Why::Browser("words".to_owned()));
}

#[test]
fn a_drill_tells_a_file_that_rotted_was_cut_off_or_replaced() {
    let (browser, _) = ada();
    let library = library(&browser);
    let (text, written) = write(&library, MADE);
    let drill = |bytes: &[u8]| Why::of_drill(&prove(bytes, &written, &library).verdict);
    assert_eq!(drill(text.as_bytes()), None);
    assert_eq!(drill(b""), Some(Why::Unreadable));
    assert_eq!(drill(&vec![b'['; 1_000_000]), Some(Why::Unreadable));
    assert!(matches!(drill(&text.as_bytes()[..text.len() / 2]), Some(why) if why.is_of_drill()));
    let rotten = text.replacen("Lisbon", "Lisboa", 1);
    assert!(matches!(drill(rotten.as_bytes()), Some(Why::Damaged(_))));
    let (other, _) = write(&Library::default(), MADE);
    assert_eq!(drill(other.as_bytes()), Some(Why::Another));
    let mut invalid = text.into_bytes();
    invalid[200] = 0xff;
    assert!(drill(&invalid).is_some(), "invalid Unicode");
}

#[test]
fn fifty_megabytes_of_anything_are_read_or_refused_and_nothing_panics() {
    let half = FILE_BYTES / 2;
    assert_eq!(read(&vec![0_u8; half]).err(), Some(Unreadable::NotABackup));
    let (text, written) = write(&Library::default(), MADE);
    let mut padded = text.trim_end().to_owned();
    padded.push_str(&" ".repeat(1_000_000));
    let verdict = prove(padded.as_bytes(), &written, &Library::default()).verdict;
    assert_ne!(verdict, Verdict::Proven, "it is not what was written");
    assert!(matches!(
        read(&vec![b'{'; FILE_BYTES + 1]),
        Err(Unreadable::TooLarge { .. })
    ));
}
