//! Slow readers: ten of a thousand stop reading. What the others feel of it, and what the relay holds for them.

use super::line::Line as Socket;
use super::systems::System;
use super::{ROUNDS, Result, median};
use crate::line::{Line, percentile, print, say};

const RECEIVERS: usize = 1_000;
const SLOW: usize = 10;
/// What may wait for one connection, as the protocol has it.
const BOUND_BYTES: f64 = 4.0 * 1_024.0 * 1_024.0;
/// Receive buffer of those who do not read: the relay has to hold what the kernel does not.
const SLOW_RECEIVE_BYTES: u32 = 4_096;
/// Messages at once, and how often before the times are taken: by then much waits for the slow ones.
const QUEUED: usize = 16;
const FILLING: usize = 150;
/// Messages whose times are taken in a round: enough that a few which the machine held up do not make the p99.
const TIMED: usize = 1_000;
/// How often 16 more are sent, by which the slow ones must have been closed.
const MOST: usize = 1_000;
/// Publications between two looks at the memory.
const BETWEEN_LOOKS: usize = 50;

/// Measures rooms with and without slow readers in turn.
pub(super) async fn measure() -> Result<()> {
    say(&format!("slow: {SLOW} of {RECEIVERS} receivers stop reading"));
    let data = super::scratch_folder()?;
    let (mut with, mut without, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=ROUNDS {
        // They take turns at being first.
        let (quiet, slow) = if number % 2 == 1 {
            let quiet = room(data.path(), 0).await?;
            (quiet, room(data.path(), SLOW).await?)
        } else {
            let slow = room(data.path(), SLOW).await?;
            (room(data.path(), 0).await?, slow)
        };
        say(&format!(
            "  round {number}: p99 {:.1} ms without, {:.1} ms with; {:.1} MB held for the slow ones at most",
            quiet.p99_ms,
            slow.p99_ms,
            slow.held_bytes / 1e6
        ));
        without.push(quiet.p99_ms);
        with.push(slow.p99_ms);
        held.push(slow.held_bytes);
    }
    print(&Line {
        bench: "relay slow",
        metric: "p99 of a delivery to those who read, beside slow readers",
        unit: "ms",
        ours: median(&with),
        rival: median(&without),
        rival_name: "the same without slow readers",
        lower_is_better: true,
    });
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    print(&Line {
        bench: "relay slow",
        metric: "most memory held for slow readers, until they were closed",
        unit: "B",
        ours: median(&held).round(),
        rival: SLOW as f64 * BOUND_BYTES,
        rival_name: "the bound of 4 MiB for each",
        lower_is_better: true,
    });
    Ok(())
}

struct Room {
    p99_ms: f64,
    held_bytes: f64,
}

async fn room(data: &std::path::Path, slow: usize) -> Result<Room> {
    let folder = tempfile::tempdir_in(data)?;
    let mut system = System::relay(super::guests::start_relay(folder.path(), None, None)?, 1).await?;
    system.seat(RECEIVERS - slow).await?;
    system.seat_publisher().await?;
    let mut sockets = Vec::new();
    for client in 0..slow {
        sockets.push(system.receiver(client, Some(SLOW_RECEIVE_BYTES)).await?);
    }
    let (system, room) = tokio::task::block_in_place(|| timed(system, slow > 0))?;
    for socket in sockets {
        reads_to_the_end(socket).await?;
    }
    drop(system);
    Ok(room)
}

fn timed(mut system: System, fills: bool) -> Result<(System, Room)> {
    // Once before it counts, so that buffers that everyone needs are there.
    system.publish(QUEUED)?;
    let before = system.server.rss_bytes()?;
    for _ in 0..FILLING {
        system.publish(QUEUED)?;
    }
    let mut latencies = Vec::new();
    for _ in 0..TIMED {
        latencies.extend(system.publish_timed()?);
    }
    let mut held_bytes = 0_f64;
    if fills {
        for number in 0..MOST {
            system.publish(QUEUED)?;
            if number % BETWEEN_LOOKS == 0 {
                held_bytes = held_bytes.max(system.server.rss_bytes()? - before);
            }
        }
    }
    let room = Room {
        p99_ms: percentile(&latencies, 0.99),
        held_bytes,
    };
    Ok((system, room))
}

/// A slow one reads at last: what was on its way, and then the end. Why it ended does not fit any more.
async fn reads_to_the_end(mut socket: Socket) -> Result<()> {
    let reading = async { while socket.next().await.is_ok() {} };
    tokio::time::timeout(super::PATIENCE, reading)
        .await
        .map_err(|_| "a slow reader was never closed".into())
}
