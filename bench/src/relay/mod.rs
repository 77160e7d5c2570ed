//! The relay beside others: fan-out, memory, durable messages, reads, a storm of clients, slow readers.
//!
//! The relay is the released binary in a process of its own, reached over real sockets on loopback by the way
//! that every client goes; no setting or route is there for the measurement. Figures are medians of
//! [`ROUNDS`] rounds in which ours and the others take turns.

mod crowd;
mod databases;
mod durable;
mod fan_out;
mod guests;
mod idle;
mod line;
mod raw;
mod rest;
mod rivals;
mod server;
mod slow;
mod storm;
mod systems;
mod wire;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::line::{percentile, say};

/// The outcome of a step of a measurement; what went wrong is a sentence.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PARTS: [&str; 6] = ["fan-out", "idle", "durable", "rest", "storm", "slow"];

/// How often everything is measured.
const ROUNDS: usize = 5;

/// How long what was sent may take to arrive, before the measurement is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Files that a process may have open: 10,000 connections, and some more.
const FILES: u64 = 16_384;

/// Measures the named parts, or all.
pub(crate) async fn measure(parts: &[&str]) -> Result<()> {
    match parts {
        ["raw-server"] => return raw::serve(),
        ["bare-server", file] => return rest::serve_bare(file).await,
        _ => {}
    }
    let wanted = if parts.is_empty() { &PARTS[..] } else { parts };
    if let Some(unknown) = wanted.iter().find(|part| !PARTS.contains(part)) {
        let all = PARTS.join(", ");
        return Err(format!("there is no part {unknown} of the relay's; there are: {all}").into());
    }
    raise_limits()?;
    let beside_rivals = wanted.iter().any(|part| ["fan-out", "idle"].contains(part));
    let rivals = if beside_rivals {
        rivals::install()?
    } else {
        Vec::new()
    };
    for part in wanted {
        match *part {
            "fan-out" => fan_out::measure(&rivals).await?,
            "idle" => idle::measure(&rivals).await?,
            "durable" => durable::measure().await?,
            "rest" => rest::measure().await?,
            "storm" => storm::measure().await?,
            _ => slow::measure().await?,
        }
    }
    Ok(())
}

/// Children inherit it.
fn raise_limits() -> Result<()> {
    let now = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= FILES);
    if enough(now.current) {
        return Ok(());
    }
    let maximum = if enough(now.maximum) {
        now.maximum
    } else {
        Some(FILES)
    };
    let raised = Rlimit {
        current: Some(FILES),
        maximum,
    };
    setrlimit(Resource::Nofile, raised)
        .map_err(|error| format!("{FILES} open files are needed and not allowed: {error}").into())
}

/// A folder for a database, gone with its value.
fn scratch_folder() -> Result<tempfile::TempDir> {
    // On the disk, as the users' are; the temporary folder may be memory.
    let folder = server::target_folder().join("bench-data");
    std::fs::create_dir_all(&folder)?;
    let folder = tempfile::tempdir_in(folder)?;
    say(&format!("  data in {}", folder.path().display()));
    Ok(folder)
}

fn median(figures: &[f64]) -> f64 {
    percentile(figures, 0.5)
}
