//! The relay's settings: where they come from, and what the relay makes of them.
//!
//! `args` lists every setting, once, as a flag. `sources` takes each from the command line, the environment, a
//! file (`file`) or its default, in this order, without knowing any by name. [`Config`] is what a relay needs to
//! know, and what tests set.

mod args;
mod file;
mod sources;

use std::path::PathBuf;
use std::time::Duration;

use protocol::limits;
use url::Url;

use crate::clock::{Clock, Random};
use crate::rate::Rates;
use crate::store::Store;
pub use args::{Action, Args, LogFormat};
pub use sources::{Complaint, LoadError, Loaded, Setting, Source, load};

/// Where the data are.
#[derive(Clone)]
pub enum Backend {
    /// A folder with a `SQLite` database.
    Folder(PathBuf),
    /// The address of a Postgres database; it may hold a password.
    Postgres(String),
    /// A store that is open already, such as one in memory.
    Open(Store),
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
            Self::Open(_) => f.write_str("Open(…)"),
        }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// Silence after which a connection is pinged.
    pub heartbeat: Duration,
    /// How long a socket's first frame may take.
    pub introduction: Duration,
    /// Silence after which a connection is taken for dead.
    pub dead_after: Duration,
    /// Absence of a stream's host after which the stream ends.
    pub host_gone: Duration,
    /// How long to wait for a connection to the database.
    pub store_patience: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let millis = |ms: i64| Duration::from_millis(ms.unsigned_abs());
        Self {
            heartbeat: millis(limits::HEARTBEAT_MS),
            introduction: Duration::from_secs(10),
            dead_after: millis(limits::DEAD_AFTER_MS),
            host_gone: millis(limits::HOST_GONE_MS),
            store_patience: Duration::from_secs(3),
        }
    }
}

/// Everything a relay needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data are.
    pub backend: Backend,
    /// The address under which browsers reach the relay; `None` is the address it listens on.
    pub public_url: Option<Url>,
    /// STUN servers that peers are told of.
    pub stun: Vec<String>,
    /// How long things may take.
    pub timings: Timings,
    /// Bytes that may wait for one connection before it is closed as too slow.
    pub outbox_bytes: usize,
    /// Sockets that may be open without having introduced themselves.
    pub strangers: usize,
    /// What is allowed, and how often.
    pub rates: Rates,
    /// The clock that orders events and expires links.
    pub clock: Clock,
    /// Where ids and secrets come from.
    pub random: Random,
}

impl Config {
    /// A relay on this data with everything else as it usually is.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            public_url: None,
            stun: Vec::new(),
            timings: Timings::default(),
            outbox_bytes: 4 * 1024 * 1024,
            strangers: 256,
            rates: Rates::default(),
            clock: Clock::default(),
            random: Random::default(),
        }
    }
}

impl From<Args> for Config {
    fn from(args: Args) -> Self {
        let backend = args
            .database_url
            .map_or(Backend::Folder(args.data), Backend::Postgres);
        Self {
            public_url: args.public_url,
            stun: args.stun,
            rates: args.rates.into(),
            ..Self::new(backend)
        }
    }
}
