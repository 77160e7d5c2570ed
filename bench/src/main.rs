//! Measurements beside a rival, taken in the same run, as JSON lines on standard output. What is being done
//! is told on standard error.
//!
//! `cargo xtask bench list`, `bench live`, `bench library`, `bench popup`, `bench stream` and `bench relay`; without a part all
//! of them.

#[cfg(feature = "library")]
mod find;
#[cfg(feature = "browsers")]
mod library;
mod line;
#[cfg(feature = "browsers")]
mod list;
#[cfg(feature = "browsers")]
mod live;
#[cfg(feature = "browsers")]
mod popup;
#[cfg(feature = "relay")]
mod relay;
#[cfg(feature = "browsers")]
mod stream;
#[cfg(feature = "browsers")]
mod trace;

/// The outcome of a measurement; what went wrong is a sentence.
type Outcome = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            line::say(&format!("the measurement failed: {failure}"));
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(words: &[&str]) -> Outcome {
    match words {
        #[cfg(feature = "library")]
        ["library"] => {
            find::measure();
            Ok(())
        }
        #[cfg(feature = "relay")]
        ["relay", parts @ ..] => relay::measure(parts).await,
        other => in_browsers(other).await,
    }
}

#[cfg(feature = "browsers")]
async fn in_browsers(words: &[&str]) -> Outcome {
    match words {
        [] => {
            popup::measure().await?;
            list::measure().await?;
            live::measure().await?;
            stream::measure().await?;
        }
        ["list"] => list::measure().await?,
        ["live"] => live::measure().await?,
        ["popup"] => popup::measure().await?,
        ["stream"] => stream::measure().await?,
        other => {
            let other = other.join(" ");
            return Err(format!(
                "there is no part {other}; there are: library, list, live, popup, stream, relay"
            )
            .into());
        }
    }
    Ok(())
}

#[cfg(not(feature = "browsers"))]
async fn in_browsers(words: &[&str]) -> Outcome {
    std::future::ready(Err(format!(
        "built without browsers, there is no part {}",
        words.join(" ")
    )
    .into()))
    .await
}
