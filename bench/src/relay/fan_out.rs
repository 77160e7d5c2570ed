//! Fan-out: deliveries for each second of the processor that the server used.
//!
//! A *tick* is one message to a room of 1,000 once everyone has the one before; *queued* is 16 at once. The
//! relay's figure includes the commit: a message is on disk before it goes out. The rivals keep nothing.

use super::Result;
use super::rivals::Rival;
use super::systems::System;
use super::{ROUNDS, median};
use crate::line::{Line, print, say};

const RECEIVERS: usize = 1_000;
const QUEUED: usize = 16;
/// A round goes on until the server used so much: the kernel counts in hundredths of a second.
const ROUND_CPU_S: f64 = 1.0;
/// Publications between two looks at the processor's time.
const BETWEEN_LOOKS: usize = 8;
/// Publications before the first round.
const WARM_UP: usize = 50;

/// Measures all that are there, in turn.
pub(super) async fn measure(rivals: &[Rival]) -> Result<()> {
    say(&format!(
        "fan-out: a room of {RECEIVERS} at the relay (SQLite, each message durable before it goes out) and at \
         each rival (which keep nothing)"
    ));
    let data = super::scratch_folder()?;
    let mut systems = vec![System::relay(super::guests::start_relay(data.path(), None, None)?, 1).await?];
    for rival in rivals {
        systems.push(System::rival(*rival).await?);
    }
    for system in &mut systems {
        system.seat(RECEIVERS).await?;
        system.seat_publisher().await?;
    }
    for (what, count) in [("by tick", 1), ("queued by 16", QUEUED)] {
        let figures = tokio::task::block_in_place(|| rounds(&mut systems, what, count))?;
        let ours = figures.first().copied().unwrap_or(f64::NAN);
        for (system, rival) in systems.iter().zip(figures).skip(1) {
            print(&Line {
                bench: "relay fan-out",
                metric: &format!("deliveries to {RECEIVERS} receivers {what}"),
                unit: "1/CPU-s",
                ours: ours.round(),
                rival: rival.round(),
                rival_name: system.rival_name().unwrap_or("the relay"),
                lower_is_better: false,
            });
        }
    }
    Ok(())
}

/// The median of each system, the rounds in turn.
fn rounds(systems: &mut [System], what: &str, count: usize) -> Result<Vec<f64>> {
    for system in systems.iter_mut() {
        for _ in 0..WARM_UP {
            system.publish(count)?;
        }
    }
    let mut figures = vec![Vec::new(); systems.len()];
    for number in 1..=ROUNDS {
        for (system, figures) in systems.iter_mut().zip(&mut figures) {
            let figure = round(system, count)?;
            let name = system.rival_name().unwrap_or("the relay");
            say(&format!("  {what}, round {number}: {figure:.0} by {name}"));
            figures.push(figure);
        }
    }
    Ok(figures.iter().map(|figures| median(figures)).collect())
}

fn round(system: &mut System, count: usize) -> Result<f64> {
    let (cpu_before, before) = (system.server.cpu_s()?, system.deliveries());
    loop {
        for _ in 0..BETWEEN_LOOKS {
            system.publish(count)?;
        }
        let used = system.server.cpu_s()? - cpu_before;
        if used >= ROUND_CPU_S {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            return Ok((system.deliveries() - before) as f64 / used);
        }
    }
}
