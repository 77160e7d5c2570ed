//! `tabspace-relay`: reads its settings and does what it is asked: mostly listen, and run until it is told to stop.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use relay::config::{Action, LoadError, LogFormat};
use relay::rebuild::Outcome;
use relay::{Args, Config, Relay};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// What one thread reads another one writes to the database and a third sends: each message's memory is given back by
/// another thread than took it, which the C library's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why the program ends without having done what it was asked.
type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let loaded = match relay::config::load(
        std::env::args_os(),
        |name| std::env::var_os(name),
        |path| std::fs::read_to_string(path),
    ) {
        Ok(loaded) => loaded,
        Err(LoadError::Usage(error)) => error.exit(),
        Err(error) => {
            // Before anything is known of how to log.
            let _ = writeln!(std::io::stderr(), "{error}");
            return ExitCode::from(2);
        }
    };
    start_logging(&loaded.args);
    let done = match &loaded.action {
        Action::Config => say(loaded.table()).map_err(Failure::from),
        Action::Serve => serve(loaded.args).await,
        Action::Backup { file } => back_up(loaded.args, file).await,
        Action::Restore { file } => restore(loaded.args, file).await,
        Action::Rebuild => rebuild(loaded.args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the relay cannot {}", loaded.action);
            ExitCode::FAILURE
        }
    }
}

fn start_logging(args: &Args) {
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match args.log_format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    registry()
        .with(EnvFilter::new(&args.log))
        .with(filter_fn(may_be_told))
        .with(lines)
        .init();
}

/// At the level `trace` libraries write what goes through them, such as every frame of a socket: tickets and
/// messages. That is never told, whatever level is asked for.
fn may_be_told(of: &Metadata<'_>) -> bool {
    *of.level() < Level::TRACE || of.target().starts_with("relay")
}

/// Writes to standard output, which programs read.
fn say(text: impl std::fmt::Display) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    write!(stdout, "{text}")?;
    stdout.flush()
}

async fn serve(args: Args) -> Result<(), Failure> {
    // Before anything can go wrong: a signal during the start ends the relay in order too.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let listener = TcpListener::bind(args.listen).await?;
    let address = listener.local_addr()?;
    let relay = Relay::prepare(Config::from(args), listener).await?;
    // Programs that start a relay wait for this line.
    say(format_args!("listening on http://{address}\n"))?;
    Ok(relay.serve(shutdown).await?)
}

async fn back_up(args: Args, file: &Path) -> Result<(), Failure> {
    let config = Config::from(args);
    let patience = config.timings.store_patience;
    let rows = relay::backup::backup(&config.backend, patience, &config.clock, file).await?;
    // Not on standard output, where the backup itself may go.
    tracing::info!(file = %file.display(), "the backup is whole: {rows}");
    Ok(())
}

async fn restore(args: Args, file: &Path) -> Result<(), Failure> {
    let config = Config::from(args);
    let patience = config.timings.store_patience;
    let (rows, epoch) = relay::backup::restore(&config.backend, patience, &config.random, file).await?;
    tracing::info!(%epoch, "the backup is restored: {rows}");
    Ok(())
}

async fn rebuild(args: Args) -> Result<(), Failure> {
    let config = Config::from(args);
    let patience = config.timings.store_patience;
    let (mut same, mut mended, mut damaged) = (0, 0, 0);
    let tell = |space, outcome| match outcome {
        Outcome::Same => same += 1,
        Outcome::Mended(differences) => {
            mended += 1;
            let rows: Vec<String> = differences
                .iter()
                .map(|(table, rows)| format!("{table} {rows}"))
                .collect();
            tracing::warn!(%space, "rows that differed: {}", rows.join(", "));
        }
        Outcome::Damaged(problem) => {
            damaged += 1;
            tracing::error!(%space, "left as it is: {problem}");
        }
    };
    relay::rebuild::rebuild(&config.backend, patience, &config.random, tell).await?;
    tracing::info!("spaces that were right: {same}; mended: {mended}; damaged: {damaged}");
    if damaged > 0 {
        return Err(format!("{damaged} spaces are damaged in their log").into());
    }
    Ok(())
}
