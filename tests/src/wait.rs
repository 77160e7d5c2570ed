//! Waiting for a condition, never for a guessed time.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::{Failure, Result};

/// How long a condition may take when nobody says otherwise: generous, since a slow machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// How often a condition is asked for.
const PERIOD: Duration = Duration::from_millis(20);

/// Asks until `condition` answers `Ok(Some(_))`; an `Err` counts as "not yet".
///
/// # Errors
/// When the time is up: `what` was waited for, and the last `Err` that was seen.
pub async fn wait_for<T>(
    what: impl Display,
    within: Duration,
    mut condition: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut last_problem = None;
    let asking = async {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match condition().await {
                Ok(Some(value)) => return value,
                Ok(None) => last_problem = None,
                Err(problem) => last_problem = Some(problem),
            }
        }
    };
    let outcome = timeout(within, asking).await;
    outcome.map_err(|_| {
        let reason = last_problem
            .map(|problem| format!(" (last: {problem})"))
            .unwrap_or_default();
        Failure(format!(
            "waited {} ms in vain for {what}{reason}",
            within.as_millis()
        ))
    })
}
