//! The whole of a relay's heart in one process, and each world of it in one thread: the clients' own sessions, the writer with its
//! statements, an in-memory database, the rooms, and between them a network and a clock that are simulated.
//! Connections break, clients and the relay crash and lose what was not written, commits succeed whose answer
//! nobody hears. When all is calm again, the promises have to hold.
//!
//! A seed tells all of what happens. `SIMULATION_SEED=7` repeats one, `SIMULATION_SEEDS=100000` tries more
//! than usual: `cargo test -p tabspace-relay --lib simulation`.
#![expect(
    clippy::cast_possible_truncation,
    reason = "the numbers of a simulation are small"
)]

mod client;
mod faults;
mod hearing;
mod relay;
mod world;

use std::num::NonZero;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// Seeds that are tried when nothing else is said.
const SEEDS: u64 = 2_000;
/// The same of worlds whose database is restored.
const RESTORED: u64 = 100;
/// Worlds that share a database; each has spaces and people of its own in it.
const SHARED_BY: u64 = 100;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
}

/// The seed that is asked for, or as many as are usual.
fn seeds(usual: u64) -> Range<u64> {
    match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("SIMULATION_SEEDS").unwrap_or(usual) + 1,
    }
}

/// If this fails, its seed is printed.
fn with_seed<T>(seed: u64, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        eprintln!("this seed fails: SIMULATION_SEED={seed}");
        resume_unwind(panic)
    })
}

#[test]
fn whatever_happens_the_promises_hold() {
    let all = seeds(SEEDS);
    let next = AtomicU64::new(all.start);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(SHARED_BY, Ordering::Relaxed);
                    if first >= all.end {
                        break;
                    }
                    live_in_one_database(first..all.end.min(first + SHARED_BY));
                }
            });
        }
    });
}

fn live_in_one_database(seeds: Range<u64>) {
    let runtime = runtime();
    let store = runtime.block_on(relay::empty_store());
    for seed in seeds {
        with_seed(seed, || {
            runtime.block_on(async { World::new(seed, store.clone()).await.live().await });
        });
    }
}

/// The backup is made in the middle of trouble and restored in the middle of more of it: what was written and is not in
/// it, acknowledged or not, is offered again, and is there once.
#[test]
fn what_a_restored_backup_lacks_comes_back() {
    let runtime = runtime();
    let lacked = seeds(RESTORED).map(|seed| {
        with_seed(seed, || {
            runtime.block_on(async {
                let mut world = World::new(seed, relay::empty_store().await).await;
                for _ in 0..world.dice.below(80) {
                    world.step().await;
                }
                let backup = world.back_up().await;
                for _ in 0..world.dice.below(80) {
                    world.step().await;
                }
                let before = world.events().await;
                world.restore(&backup).await;
                let lacked = before - world.events().await;
                world.live().await;
                lacked
            })
        })
    });
    let lacked: usize = lacked.sum();
    assert!(lacked > 0, "no backup lacked anything");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let runtime = runtime();
    let story = || {
        runtime.block_on(async {
            let mut world = World::new(11, relay::empty_store().await).await;
            for _ in 0..150 {
                world.step().await;
            }
            world.calm().await;
            world.logs().await
        })
    };
    let (first, again) = (story(), story());
    assert!(first.iter().all(|log| log.len() > 20), "something happened");
    assert_eq!(first, again);
}
