//! Which seeds are tried.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Runs a test with `count` seeds, or with the one that `SIMULATION_SEED` names, or with as many as
/// `SIMULATION_SEEDS` says. The seed of a run that fails is printed.
pub(crate) fn each(count: u64, run: impl Fn(u64)) {
    let seeds = match (number("SIMULATION_SEED"), number("SIMULATION_SEEDS")) {
        (Some(seed), _) => seed..=seed,
        (None, Some(count)) => 1..=count,
        (None, None) => 1..=count,
    };
    for seed in seeds {
        // What a run leaves behind is not looked at.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            eprintln!("it fails with SIMULATION_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
