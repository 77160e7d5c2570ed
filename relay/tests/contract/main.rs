//! What a relay promises of its store, tried on `SQLite`, on a real Postgres, and on the database in memory that
//! simulations use.
//!
//! In memory there is one connection, nothing on a disk, and nothing that another process could open. So three
//! kinds of stories are not told of it: of backups, which a process beside the relay's makes and restores; of what
//! the disk has to do before a commit counts; and of what gathers behind a writer that is held up, for whoever
//! holds it up has the only connection. Nor can it be killed without its relay: simulations let the relay die
//! alone.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; the lint does not see it behind the macro"
)]

#[path = "../harness/mod.rs"]
mod harness;

use protocol::{Event, SpaceState};
use relay::store::{Held, Store, Tx};
use sqlx::Sqlite;

macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(Place::folder()).await; })*
        }
        mod on_postgres {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(Place::postgres()).await; })*
        }
    };
}

/// Also on a database in memory.
macro_rules! on_all {
    ($($name:ident)*) => {
        on_both! { $($name)* }
        mod in_memory {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(Place::memory().await).await; })*
        }
    };
}

mod away;
mod backup;
mod batches;
mod durability;
mod keeping;
mod membership;
mod ordering;
mod rebuild;
mod recovery;
mod unreadable;

fn fold(events: &[Event]) -> SpaceState {
    let mut state = SpaceState::default();
    assert!(events.iter().all(|event| state.apply(event)), "no gap");
    state
}

/// The one connection to a database in memory. As long as somebody has it, the relay waits.
async fn only_connection(store: &Store) -> Held<Sqlite> {
    match store.read().await.unwrap() {
        Tx::Sqlite(connection) => connection,
        Tx::Postgres(_) => unreachable!("in memory it is SQLite"),
    }
}
