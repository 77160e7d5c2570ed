//! A backup is all of the database or no backup, and either database can be filled from it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hyper::{Method, StatusCode};
use protocol::{ClientFrame, Code, Role, ServerFrame};
use relay::backup::{self, BackupError, Kind};
use relay::clock::{Clock, Random};
use relay::store::StoreError;
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::harness::{MINUTE_MS, Person, Place, Running, message, secret_of};

on_both! {
    a_backup_of_a_busy_relay_brings_everybody_back_on_sqlite
    a_backup_of_a_busy_relay_brings_everybody_back_on_postgres
    only_an_empty_database_that_nobody_uses_is_filled
    what_is_not_a_whole_backup_restores_nothing
    the_backup_has_every_column_of_the_database
    a_backup_that_fails_leaves_the_last_one
}

pub(crate) async fn back_up(place: &Place, file: &Path) -> Result<backup::Rows, BackupError> {
    let config = place.config();
    backup::backup(
        &config.backend,
        config.timings.store_patience,
        &Clock::System,
        file,
    )
    .await
}

async fn restore(place: &Place, file: &Path) -> Result<backup::Rows, BackupError> {
    let config = place.config();
    let random = Random::default();
    let restored = backup::restore(&config.backend, config.timings.store_patience, &random, file).await;
    restored.map(|(rows, _)| rows)
}

/// The rows of a backup, in an order of their own.
pub(crate) fn rows(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('[')).collect();
    let set: BTreeSet<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    assert_eq!(set.len(), rows.len(), "every row has a key");
    set
}

/// A place for backups.
pub(crate) fn shelf() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tabspace.jsonl");
    (folder, file)
}

async fn a_backup_of_a_busy_relay_brings_everybody_back_on_sqlite(place: Place) {
    a_backup_brings_everybody_back(place, Place::folder()).await;
}

async fn a_backup_of_a_busy_relay_brings_everybody_back_on_postgres(place: Place) {
    a_backup_brings_everybody_back(place, Place::postgres()).await;
}

/// A client's first subscription: the answer.
async fn subscribe(person: &Person, frame: ClientFrame) -> ServerFrame {
    let mut socket = person.connect().await;
    socket.send(&frame).await;
    let answer = |frame: &ServerFrame| {
        matches!(
            frame,
            ServerFrame::Snapshot { .. } | ServerFrame::Resumed { .. } | ServerFrame::Closed { .. }
        )
    };
    socket.wait("an answer", answer).await
}

async fn a_backup_brings_everybody_back(from: Place, to: Place) {
    let relay = Running::on(&from).await;
    let (alice, space) = relay.alice().await;
    let bob = relay
        .invited(&alice, space, "Bob \u{1f980} \"quoted\" \\", Role::Editor)
        .await;
    let carol = relay.guest("Carol").await;
    let link = secret_of(
        &alice
            .make_invite(space, Role::Viewer, 600 * MINUTE_MS)
            .await
            .unwrap(),
    );
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 255, 7]].concat();
    let hash = format!("{:x}", Sha256::digest(&picture));
    let favicon = format!("spaces/{space}/favicons/{hash}");
    let put = alice.request(Method::PUT, &favicon, picture.clone()).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    bob.op(space, 1, message("before\n\"\\\t\u{2028}")).await.unwrap();
    let old = alice.see(space).await.unwrap();

    // Alice writes all the time.
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = alice.clone();
    let writing = tokio::spawn(async move {
        let mut n = 0;
        while stopped.try_recv().is_err() {
            n += 1;
            writer
                .op(space, n, message(&format!("number {n}")))
                .await
                .unwrap();
        }
        n
    });
    let (_shelf, file) = shelf();
    let told = back_up(&from, &file).await.unwrap();
    stop.send(()).unwrap();
    let n = writing.await.unwrap();
    let last = alice.op(space, n + 1, message("after the backup")).await.unwrap();
    relay.stop().await;

    assert_eq!(restore(&to, &file).await.unwrap(), told);
    let (_shelf, again) = shelf();
    back_up(&to, &again).await.unwrap();
    assert_eq!(rows(&again), rows(&file), "row for row");

    let relay = Running::on(&to).await;
    let at_home = |person: &Person| Person {
        address: relay.address.clone(),
        ..person.clone()
    };
    let (alice, bob, carol) = (at_home(&alice), at_home(&bob), at_home(&carol));
    let ahead = ClientFrame::Subscribe {
        space,
        epoch: Some(old.epoch),
        since: last,
    };
    let ServerFrame::Snapshot {
        epoch,
        state,
        you,
        last_n,
        ..
    } = subscribe(&alice, ahead).await
    else {
        panic!("a client that is ahead gets a snapshot");
    };
    assert_ne!(epoch, old.epoch);
    assert_eq!(you, alice.member);
    assert!(
        state.head < last && state.head >= old.state.head,
        "{} of {last}",
        state.head
    );
    assert!(last_n <= n, "what came after the backup is not decided here");
    assert_eq!(alice.last_n(space).await.unwrap(), Some(last_n));
    // A request that was on its way all the time. Its number is free here, by chance.
    let delayed = vec![
        (last_n + 1, message("delayed")),
        (last_n + 2, message("delayed too")),
    ];
    let answers = alice.submit_in(Some(old.epoch), space, delayed).await.unwrap();
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| (answer.n, answer.refused.as_ref().map(|why| why.code)))
        .collect();
    assert_eq!(codes, [(last_n + 1, Some(Code::OpGap))]);
    assert_eq!(
        alice.see(space).await.unwrap().state,
        *state,
        "nothing was decided"
    );
    let goes_on = vec![(last_n + 1, message("goes on"))];
    let answers = alice.submit_in(Some(epoch), space, goes_on).await.unwrap();
    assert!(answers[0].seq.is_some());
    bob.op(space, 2, message("I am still Bob")).await.unwrap();
    let joined = carol.redeem(&link).await.unwrap();
    assert_eq!(joined.role, Role::Viewer);
    let got = carol.request(Method::GET, &favicon, Vec::new()).await;
    assert_eq!(got.body.as_ref(), picture.as_slice());
    relay.stop().await;
}

async fn only_an_empty_database_that_nobody_uses_is_filled(place: Place) {
    let relay = Running::on(&place).await;
    relay.alice().await;
    let (_shelf, file) = shelf();
    back_up(&place, &file).await.unwrap();
    let used = restore(&place, &file).await.unwrap_err();
    assert!(
        matches!(
            used,
            BackupError::Store(StoreError::Locked(_) | StoreError::Taken)
        ),
        "{used}"
    );
    relay.stop().await;
    let full = restore(&place, &file).await.unwrap_err();
    assert!(matches!(full, BackupError::NotEmpty("people")), "{full}");
    let (_shelf, again) = shelf();
    back_up(&place, &again).await.unwrap();
    assert_eq!(rows(&again), rows(&file), "and nothing was changed");
}

async fn what_is_not_a_whole_backup_restores_nothing(place: Place) {
    let source = Place::folder();
    let relay = Running::on(&source).await;
    let (alice, space) = relay.alice().await;
    relay.invited(&alice, space, "Bob", Role::Editor).await;
    alice.op(space, 1, message("a message to damage")).await.unwrap();
    relay.stop().await;
    let (_shelf, file) = shelf();
    let told = back_up(&source, &file).await.unwrap();
    let good = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let (header, end) = (lines[0], lines[lines.len() - 1]);
    let without = |index: usize| {
        let rest: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, line)| *line)
            .collect();
        rest.join("\n") + "\n"
    };
    let resealed = |text: &str| {
        // Somebody who knows the checksum, too.
        let body = text.strip_suffix(&format!("{end}\n")).unwrap();
        let (rows, _) = end.split_once("\"sha256\"").unwrap();
        format!("{body}{rows}\"sha256\":\"{:x}\"}}\n", Sha256::digest(body))
    };
    let wrong: Vec<(&str, String, &str)> = vec![
        ("empty", String::new(), "not a backup"),
        ("a picture", "\u{89}PNG\n\n".to_owned(), "not a backup"),
        ("other JSON", "{\"people\":[]}\n".to_owned(), "not a backup"),
        ("only the end of one", without(0), "not a backup"),
        ("the header alone", format!("{header}\n"), "cut off after line 1"),
        ("cut in a line", good[..good.len() / 2].to_owned(), "cut off"),
        ("cut between lines", without(lines.len() - 1), "cut off"),
        (
            "cut in the last line",
            good[..good.len() - 1].to_owned(),
            "cut off",
        ),
        ("a row lost", without(lines.len() - 2), "checksum"),
        (
            "a row lost with care",
            resealed(&without(lines.len() - 2)),
            "there should be",
        ),
        (
            "a changed letter",
            good.replace("to damage", "to dAmage"),
            "checksum",
        ),
        ("more at the end", format!("{good}\n"), "more behind"),
        ("two in one", format!("{good}{good}"), "more behind"),
        (
            "an unknown table",
            resealed(&good.replacen("[\"people\"", "[\"peuple\"", 1)),
            "do not belong here",
        ),
        (
            "too few columns",
            resealed(&good.replacen("\"Alice\",", "", 1)),
            "no row of \"people\"",
        ),
        (
            "another kind of value",
            resealed(&good.replacen("\"Alice\"", "true", 1)),
            "no row of \"people\"",
        ),
        (
            "a newer format",
            good.replacen("\"format\":1", "\"format\":2", 1),
            "format 2",
        ),
        (
            "other tables",
            good.replacen("\"schema\":", "\"schema\":9", 1),
            "restore it with a relay of the version",
        ),
    ];
    for (what, text, sentence) in wrong {
        let (_shelf, file) = shelf();
        std::fs::write(&file, text).unwrap();
        let refused = restore(&place, &file).await.expect_err(what).to_string();
        assert!(refused.contains(sentence), "{what}: {refused}");
    }
    // Nothing of all that was written, so the good one finds an empty database.
    assert_eq!(restore(&place, &file).await.unwrap(), told);
}

type Column = (String, String, String);

async fn columns_of(place: &Place) -> Vec<Column> {
    match place {
        Place::Memory(_) => unreachable!("not in memory"),
        Place::Folder(folder) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options
                .filename(folder.path().join("tabspace.sqlite"))
                .read_only(true);
            let mut reader = options.connect().await.unwrap();
            sqlx::query_as(
                "SELECT t.name, c.name, lower(c.type) FROM sqlite_master t, pragma_table_info(t.name) c
                 WHERE t.type = 'table' ORDER BY t.name, c.cid",
            )
            .fetch_all(&mut reader)
            .await
            .unwrap()
        }
        Place::Postgres(url) => {
            let mut reader = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::query_as(
                "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
                 WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
            )
            .fetch_all(&mut reader)
            .await
            .unwrap()
        }
    }
}

async fn the_backup_has_every_column_of_the_database(place: Place) {
    Running::on(&place).await.stop().await;
    let kind = |name: &str| match name {
        "text" => Kind::Text,
        "bigint" => Kind::Integer,
        "boolean" => Kind::Boolean,
        "blob" | "bytea" => Kind::Bytes,
        other => panic!("a backup has no word for {other}"),
    };
    let real: BTreeSet<_> = columns_of(&place)
        .await
        .into_iter()
        // The header has the epoch and the number of the last migration.
        .filter(|(table, ..)| table != "relay" && table != "_sqlx_migrations")
        .map(|(table, column, name)| {
            let kind = format!("{:?}", kind(&name));
            (table, column, kind)
        })
        .collect();
    let told: BTreeSet<_> = backup::columns()
        .map(|(table, column, kind)| (table.to_owned(), column.to_owned(), format!("{kind:?}")))
        .collect();
    assert_eq!(
        told, real,
        "relay/src/backup/tables.rs has to follow the migrations"
    );
}

async fn a_backup_that_fails_leaves_the_last_one(place: Place) {
    use std::os::unix::fs::PermissionsExt;
    Running::on(&place).await.stop().await;
    let (folder, file) = shelf();
    back_up(&place, &file).await.unwrap();
    let first = std::fs::read(&file).unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else reads it");
    // A row that cannot be said, in the last table.
    break_favicons(&place).await;
    back_up(&place, &file).await.unwrap_err();
    assert_eq!(std::fs::read(&file).unwrap(), first);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let nowhere = folder.path().join("no such folder/tabspace.jsonl");
    let refused = back_up(&place, &nowhere).await.unwrap_err().to_string();
    assert!(refused.contains("no such folder"), "{refused}");
}

async fn break_favicons(place: &Place) {
    crate::rebuild::execute(place, "ALTER TABLE favicons RENAME COLUMN png TO picture").await;
}

#[tokio::test]
async fn where_there_is_no_database_there_is_no_backup_and_none_is_made() {
    let place = Place::folder();
    let (_shelf, file) = shelf();
    let refused = back_up(&place, &file).await.unwrap_err().to_string();
    assert!(refused.contains("cannot be used"), "{refused}");
    assert!(!file.exists());
    let Place::Folder(folder) = &place else {
        unreachable!()
    };
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
