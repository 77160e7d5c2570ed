//! The real relay under fire: killed, out of space, stared at, shouted at, left and stormed. No browser.

mod diary;
mod hostile;
mod kills;
mod order;
mod slow;
mod trouble;
mod writers;

use rustix::process::{Resource, getrlimit, setrlimit};
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::{Failure, Result};

/// Settings of a relay that says little of the trouble that is made for it.
const QUIET: [(&str, &str); 1] = [("RUST_LOG", "warn,sqlx=off")];

fn assert_no_panic(relay: &RelayProcess) {
    assert_eq!(relay.panics(), Vec::<String>::new(), "\n{}", relay.output());
}

/// Memory of a process that is resident, in KiB.
#[derive(Debug, Clone, Copy)]
struct Resident {
    now: u64,
    /// The most that it ever was.
    peak: u64,
}

fn resident_kib(relay: &RelayProcess) -> Result<Resident> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", relay.id()))?;
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| Failure(format!("no {name} in {status}")))
    };
    Ok(Resident {
        now: number("VmRSS:")?,
        peak: number("VmHWM:")?,
    })
}

/// As many open files as the system allows; the relay that is started afterwards may have as many.
fn raise_file_limit() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).map_err(|error| Failure(error.to_string()))
}
