//! The relay's settings: command line, environment, and what tests set instead.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use protocol::limits;
use url::Url;

use crate::clock::{Clock, Random};

/// The command line. Every setting can stand in the environment too.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "tabspace-relay",
    version,
    about = "TabSpace's relay: orders, stores and introduces."
)]
pub struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "TABSPACE_LISTEN", default_value = "127.0.0.1:8320")]
    pub listen: SocketAddr,
    /// The folder of the `SQLite` database; one relay at a time may use it.
    #[arg(long, env = "TABSPACE_DATA", default_value = "data")]
    pub data: PathBuf,
    /// A Postgres database, instead of the folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The address under which browsers reach this relay; has to be `https://…` unless it is this computer only.
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// A STUN server (`stun:host:port`) that helps peers find their addresses; may be repeated.
    #[arg(long, env = "TABSPACE_STUN", value_delimiter = ',')]
    pub stun: Vec<String>,
    /// How logs are written to stderr. `RUST_LOG` says how much.
    #[arg(long, env = "TABSPACE_LOG_FORMAT", value_enum, default_value = "pretty")]
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line, for programs.
    Json,
}

/// Where the data are.
#[derive(Clone)]
pub enum Backend {
    /// A folder with a `SQLite` database.
    Folder(PathBuf),
    /// The address of a Postgres database; it may hold a password.
    Postgres(String),
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
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
            ..Self::new(backend)
        }
    }
}
