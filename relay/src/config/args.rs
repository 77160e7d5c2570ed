//! The command line: every setting as a flag, and what the program can do.
//!
//! A setting is a flag with a long name. Its environment variable, its default, whether it is a secret
//! (`hide_env_values`) and how its value is checked stand here and nowhere else.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::rate::RateArgs;

/// The whole command line.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "tabspace-relay",
    version,
    about = "TabSpace's relay: orders, stores and introduces.",
    subcommand_help_heading = "Commands (without one: serve)"
)]
pub(super) struct Cli {
    /// A file with settings (TOML); flags and the environment come before it.
    #[arg(long, env = "TABSPACE_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) args: Args,
    #[command(subcommand)]
    pub(super) action: Option<Action>,
}

/// Every setting.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "TABSPACE_LISTEN", default_value = "127.0.0.1:8320")]
    pub listen: SocketAddr,
    /// The address under which browsers reach this relay; has to be `https://…` unless it is this computer only.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<Url>,
    /// The folder of the `SQLite` database; one relay at a time may use it.
    #[arg(long, env = "TABSPACE_DATA", default_value = "data")]
    pub data: PathBuf,
    /// A Postgres database, instead of the folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", value_parser = database_url)]
    pub database_url: Option<String>,
    /// A STUN server (`stun:host:port`) that helps peers find their addresses; may be repeated.
    #[arg(long, env = "TABSPACE_STUN", value_delimiter = ',')]
    pub stun: Vec<String>,
    /// How much is written to stderr, by target: `error`, `warn`, `info`, `debug`, `trace`.
    #[arg(long, env = "RUST_LOG", default_value = "info,sqlx=warn", value_parser = log_filter)]
    pub log: String,
    /// How it is written.
    #[arg(long, env = "TABSPACE_LOG_FORMAT", value_enum, default_value = "pretty")]
    pub log_format: LogFormat,
    /// What is allowed, and how often.
    #[command(flatten)]
    pub rates: RateArgs,
}

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Action {
    /// Run the relay.
    Serve,
    /// Print every setting in force and where it comes from.
    Config,
    /// Write everything that the database holds into a file, also while the relay runs.
    Backup {
        /// The file; `-` for standard output.
        file: PathBuf,
    },
    /// Fill an empty database from a backup. The relay must be stopped.
    Restore {
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Write the tables that pages read anew from the log. The relay must be stopped.
    Rebuild,
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Serve => "run",
            Self::Config => "print its settings",
            Self::Backup { .. } => "make the backup",
            Self::Restore { .. } => "restore the backup",
            Self::Rebuild => "rebuild its tables",
        })
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line, for programs.
    Json,
}

fn database_url(text: &str) -> Result<String, String> {
    const RIGHT: &str = "an address such as postgres://user:password@host/database is right";
    if !["postgres://", "postgresql://"]
        .iter()
        .any(|start| text.starts_with(start))
    {
        return Err(RIGHT.to_owned());
    }
    match text.parse::<PgConnectOptions>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; {RIGHT}")),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
