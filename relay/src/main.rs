//! `tabspace-relay`: reads its settings, listens, and runs until it is told to stop.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use relay::config::LogFormat;
use relay::{Args, Config, Relay, RunError};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    start_logging(args.log_format);
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the relay cannot run");
            ExitCode::FAILURE
        }
    }
}

fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
}

async fn run(args: Args) -> Result<(), RunError> {
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
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()?;
    relay.serve(shutdown).await
}
