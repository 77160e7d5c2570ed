//! Measurements beside a rival, taken in the same run, as JSON lines on standard output. What is being done
//! is told on standard error.
//!
//! `cargo xtask bench library`, `bench list`, `bench live`, `bench popup`, `bench stream` and `bench relay`; without a part all
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
#[cfg(any(feature = "browsers", feature = "library"))]
mod pages;
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
        ["find"] => {
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
            library::measure(&[]).await?;
            popup::measure().await?;
            list::measure().await?;
            live::measure().await?;
            stream::measure().await?;
        }
        ["library", parts @ ..] => library::measure(parts).await?,
        ["list"] => list::measure().await?,
        ["live"] => live::measure().await?,
        ["popup"] => popup::measure().await?,
        ["stream"] => stream::measure().await?,
        other => {
            let other = other.join(" ");
            return Err(format!(
                "there is no part {other}; there are: find, library, list, live, popup, stream, relay"
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
