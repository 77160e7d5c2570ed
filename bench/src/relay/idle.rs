//! Memory: bytes that a server holds for each connection that does nothing, at 10,000.

use std::time::Duration;

use super::Result;
use super::rivals::Rival;
use super::systems::System;
use super::{ROUNDS, median};
use crate::line::{Line, print, say};

const CONNECTIONS: usize = 10_000;
/// Rooms at the relay: a room shows its members who is there, so one of 10,000 is not what anybody has.
const ROOMS: usize = 100;
/// The memory is looked at until it stays, at most so often.
const LOOKS: usize = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// It stays when it moves by less than this share.
const STILL: f64 = 0.002;

/// Measures all that are there, in turn, each in a process of its own every time.
pub(super) async fn measure(rivals: &[Rival]) -> Result<()> {
    say(&format!(
        "idle: {CONNECTIONS} connections, subscribed, in {ROOMS} rooms"
    ));
    // A raw loop holds nothing for a connection but a number.
    let rivals = rivals.iter().copied().filter(|rival| *rival != Rival::Raw);
    let systems: Vec<Option<Rival>> = std::iter::once(None).chain(rivals.map(Some)).collect();
    let mut figures = vec![Vec::new(); systems.len()];
    for number in 1..=ROUNDS {
        for (rival, figures) in systems.iter().zip(&mut figures) {
            let bytes = round(*rival).await?;
            let name = rival.map_or("the relay", Rival::name);
            say(&format!("  round {number}: {bytes:.0} bytes by {name}"));
            figures.push(bytes);
        }
    }
    let ours = figures.first().map_or(f64::NAN, |figures| median(figures));
    for (rival, figures) in systems.iter().zip(&figures).skip(1) {
        print(&Line {
            bench: "relay idle",
            metric: &format!("memory for each of {CONNECTIONS} idle connections"),
            unit: "B",
            ours: ours.round(),
            rival: median(figures).round(),
            rival_name: rival.map_or("the relay", Rival::name),
            lower_is_better: true,
        });
    }
    Ok(())
}

async fn round(rival: Option<Rival>) -> Result<f64> {
    let data = super::scratch_folder()?;
    let mut system = match rival {
        None => System::relay(super::guests::start_relay(data.path(), None, None)?, ROOMS).await?,
        Some(rival) => System::rival(rival).await?,
    };
    let before = still(&system).await?;
    system.seat(CONNECTIONS).await?;
    let after = still(&system).await?;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    Ok((after - before) / CONNECTIONS as f64)
}

/// The memory once it stays.
async fn still(system: &System) -> Result<f64> {
    let mut last = system.server.rss_bytes()?;
    for _ in 0..LOOKS {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let now = system.server.rss_bytes()?;
        let moved = (now - last).abs() / now;
        last = now;
        if moved < STILL {
            break;
        }
    }
    Ok(last)
}
