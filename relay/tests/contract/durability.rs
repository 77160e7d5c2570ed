//! A commit is on disk before anybody is told of it; where the database does not see to that, the relay says so.

use relay::clock::Random;
use relay::store::Store;

use crate::harness::Place;

on_both! {
    the_relay_knows_how_its_database_writes
}

async fn durability(place: &Place) -> (String, Vec<String>) {
    let patience = place.config().timings.store_patience;
    let store = Store::open(&place.backend(), patience, &Random::default())
        .await
        .unwrap();
    let durability = store.durability().await.unwrap();
    store.close().await;
    (durability.to_string(), durability.weaknesses().collect())
}

async fn the_relay_knows_how_its_database_writes(place: Place) {
    let (told, weak) = durability(&place).await;
    match &place {
        Place::Memory(_) => unreachable!("not in memory"),
        Place::Folder(_) => {
            assert_eq!(told, "SQLite, journal_mode = wal, synchronous = full");
            assert!(weak.is_empty());
        }
        // The tests' own cluster does not wait for the disk.
        Place::Postgres(_) => {
            assert_eq!(
                told,
                "Postgres, fsync = off, synchronous_commit = on, full_page_writes = off"
            );
            assert_eq!(weak, ["fsync = off", "full_page_writes = off"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_postgres_that_does_not_wait_for_commits_the_relay_does() {
    use sqlx::{Connection, Executor};
    let place = Place::postgres();
    let Place::Postgres(url) = &place else {
        unreachable!()
    };
    let mut server = sqlx::PgConnection::connect(url).await.unwrap();
    let off = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
    server.execute(off).await.unwrap();
    let mut other = sqlx::PgConnection::connect(url).await.unwrap();
    let usual: String = sqlx::query_scalar("SHOW synchronous_commit")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(usual, "off");
    let (told, weak) = durability(&place).await;
    assert!(told.contains("synchronous_commit = on"), "{told}");
    assert!(!weak.iter().any(|weak| weak.contains("synchronous_commit")));
}
