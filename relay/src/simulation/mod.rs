//! The whole of a relay's heart in one process and one thread: the clients' own sessions, the writer with its
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

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use world::World;

/// Seeds that are tried when nothing else is said.
const SEEDS: u64 = 2_000;
/// Worlds that share a database; each has spaces and people of its own in it.
const SHARED_BY: u64 = 200;

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

/// Runs a world for each seed; the seed of one that fails is printed.
fn each_seed(run: &impl AsyncFn(&mut World)) {
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("SIMULATION_SEEDS").unwrap_or(SEEDS) + 1,
    };
    let runtime = runtime();
    let mut store = None;
    for seed in seeds {
        if seed % SHARED_BY == 0 {
            store = None;
        }
        let kept = runtime.block_on(async {
            match store.take() {
                Some(store) => store,
                None => relay::empty_store().await,
            }
        });
        let ran = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut world = World::new(seed, kept.clone()).await;
                run(&mut world).await;
            });
        }));
        if let Err(panic) = ran {
            eprintln!("this seed fails: SIMULATION_SEED={seed}");
            resume_unwind(panic);
        }
        store = Some(kept);
    }
}

#[test]
fn whatever_happens_the_promises_hold() {
    each_seed(&async |world: &mut World| world.live().await);
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
