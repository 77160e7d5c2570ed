//! What `TABSPACE_FAULTS` asks of the walks.

use tabspace_tests::Result;

use super::{LIFE, Part, STARTING};

/// Walks when nothing else is said.
const WALKS: u64 = 1;

/// Where the worker stops in each part of a walk.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// Nowhere: the steps are counted.
    Never,
    /// At this step.
    At(u64),
    /// At a step that the dice choose.
    Anywhere,
}

/// What `TABSPACE_FAULTS` asks for.
pub(super) enum Asked {
    /// So many walks, each stopped anywhere.
    Walks(u64),
    /// These parts at every step.
    Parts(Vec<Part>),
}

pub(super) fn asked() -> Result<Asked> {
    let Ok(text) = std::env::var("TABSPACE_FAULTS") else {
        return Ok(Asked::Walks(WALKS));
    };
    if let Ok(many) = text.parse() {
        return Ok(Asked::Walks(many));
    }
    let of_name = |name: &str| {
        let part = LIFE.iter().find(|(part, _)| format!("{part:?}") == name);
        part.map(|(part, _)| *part).ok_or(format!(
            "TABSPACE_FAULTS is a number, `all`, or names of parts, not {name}"
        ))
    };
    let parts: Vec<Part> = match text.as_str() {
        "all" => LIFE.iter().map(|(part, _)| *part).collect(),
        names => names
            .split(',')
            .map(of_name)
            .collect::<std::result::Result<_, _>>()?,
    };
    Ok(Asked::Parts(parts))
}

/// The walks to take when each of these parts is stopped at every step, with so many in the longest.
pub(super) fn every_step(longest: u64) -> Vec<(bool, Stop)> {
    let awake = (1..=longest).map(|at| (false, Stop::At(at)));
    let woken = (1..=longest + STARTING).map(|at| (true, Stop::At(at)));
    awake.chain(woken).rev().collect()
}
