//! Measurements beside a rival, taken in the same run, as JSON lines on standard output. What is being done
//! is told on standard error.
//!
//! `cargo xtask bench list`, `bench live`, `bench popup` and `bench stream`; without a part all of them.

mod library;
mod line;
mod list;
mod live;
mod popup;
mod stream;
mod trace;

use tabspace_tests::Result;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let wanted = std::env::args().nth(1);
    match run(wanted.as_deref()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            line::say(&format!("the measurement failed: {failure}"));
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(wanted: Option<&str>) -> Result<()> {
    match wanted {
        None => {
            popup::measure().await?;
            list::measure().await?;
            live::measure().await?;
            stream::measure().await
        }
        Some("list") => list::measure().await,
        Some("live") => live::measure().await,
        Some("popup") => popup::measure().await,
        Some("stream") => stream::measure().await,
        Some(other) => Err(format!("there is no part {other}; there are: list, live, popup, stream").into()),
    }
}
