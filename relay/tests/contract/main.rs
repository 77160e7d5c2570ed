//! What a relay promises of its store, tried on `SQLite` and on a real Postgres.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; the lint does not see it behind the macro"
)]

#[path = "../harness/mod.rs"]
mod harness;

use protocol::{Event, SpaceState};

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

/// For tests that do not look into the database behind the relay's back: also on a database in memory, which
/// simulations use.
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

mod backup;
mod batches;
mod durability;
mod keeping;
mod membership;
mod ordering;
mod rebuild;
mod unreadable;

fn fold(events: &[Event]) -> SpaceState {
    let mut state = SpaceState::default();
    assert!(events.iter().all(|event| state.apply(event)), "no gap");
    state
}
