//! Durable messages: how many a second the relay acknowledges, each after its commit, and how long one takes
//! at half of that. Beside what the same database does on its own.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::try_join_all;
use private_postgres::PrivatePostgres;
use protocol::{SpaceId, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::crowd::Dialect;
use super::databases::Database;
use super::guests::{self, Client, Has, enter, fresh_device};
use super::line::Http;
use super::server::Server;
use super::wire::{Frames, TEXT};
use super::{ROUNDS, Result, median};
use crate::line::{Line, percentile, print, say};

/// Connections, each in a space of its own.
const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_secs(1);
const ROUND: Duration = Duration::from_secs(3);
const GOAL_PER_S: f64 = 20_000.0;
const GOAL_P99_MS: f64 = 10.0;

/// Measures both databases.
pub(super) async fn measure() -> Result<()> {
    say(&format!(
        "durable: {CONNECTIONS} connections in as many spaces, each with up to {} ops on their way",
        limits::OPS_IN_FLIGHT
    ));
    let data = super::scratch_folder()?;
    let alone = Database::sqlite(&data.path().join("alone.sqlite")).await?;
    say(&format!(
        "  SQLite alone, set as the relay sets it: {}",
        alone.durability().await?
    ));
    let folder = data.path().join("relay");
    let server = guests::start_relay(&folder, None, None)?;
    beside("SQLite", &server, &alone).await?;
    drop(server);
    alone.close().await;

    let postgres = PrivatePostgres::start_durable()?;
    let alone = Database::postgres(&postgres.fresh_database()).await?;
    let url = postgres.fresh_database();
    say(&format!(
        "  Postgres, this very cluster: {}",
        alone.durability().await?
    ));
    let server = guests::start_relay(&data.path().join("none"), Some(&url), None)?;
    beside("Postgres", &server, &alone).await?;
    drop(server);
    alone.close().await;
    Ok(())
}

#[derive(Debug, Default)]
struct Figures {
    rate: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    single: Vec<f64>,
    single_on_many: Vec<f64>,
    bulk: Vec<f64>,
}

/// The relay and its database alone, in turn.
async fn beside(name: &str, server: &Server, alone: &Database) -> Result<()> {
    let mut senders = senders(server).await?;
    let mut figures = Figures::default();
    for number in 1..=ROUNDS {
        let rate = flat_out(&mut senders).await?;
        let times = at_rate(&mut senders, rate / 2.0).await?;
        let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
        let single = alone.single_rows(1, ROUND).await?;
        let many = alone.connections();
        let single_on_many = if many > 1 {
            alone.single_rows(many, ROUND).await?
        } else {
            single
        };
        let bulk = alone.bulk(ROUND).await?;
        say(&format!(
            "  {name}, round {number}: {rate:.0}/s, at half of it p50 {p50:.2} ms, p99 {p99:.2} ms; alone: one row \
             a commit {single:.0}/s, on {many} connections {single_on_many:.0}/s, 1,000 messages a commit {bulk:.0}/s"
        ));
        figures.rate.push(rate);
        figures.p50_ms.push(p50);
        figures.p99_ms.push(p99);
        figures.single.push(single);
        figures.single_on_many.push(single_on_many);
        figures.bulk.push(bulk);
    }
    let rate = median(&figures.rate).round();
    let line = |metric: &str, unit, ours: f64, rival, rival_name: &str, lower_is_better| {
        print(&Line {
            bench: "relay durable",
            metric: &format!("{metric}, {name}"),
            unit,
            ours,
            rival,
            rival_name,
            lower_is_better,
        });
    };
    let acknowledged = "durable messages acknowledged";
    let (single, bulk) = (median(&figures.single), median(&figures.bulk));
    line(
        acknowledged,
        "1/s",
        rate,
        single.round(),
        "one row a commit, one connection",
        false,
    );
    if alone.connections() > 1 {
        let many = median(&figures.single_on_many).round();
        let rival = format!("one row a commit, {} connections", alone.connections());
        line(acknowledged, "1/s", rate, many, &rival, false);
    }
    line(
        acknowledged,
        "1/s",
        rate,
        bulk.round(),
        "the same rows in bulk, 1,000 messages a commit, one connection",
        false,
    );
    line(acknowledged, "1/s", rate, GOAL_PER_S, "the goal", false);
    let (p50, p99) = (median(&figures.p50_ms), median(&figures.p99_ms));
    line(
        "at half of it, p50",
        "ms",
        p50,
        GOAL_P99_MS,
        "the goal for p99",
        true,
    );
    line("at half of it, p99", "ms", p99, GOAL_P99_MS, "the goal", true);
    let bytes = disk_of_a_message(server).await?;
    say(&format!("  {name}: a message takes {bytes:.0} bytes of the disk"));
    Ok(())
}

/// What the relay's database takes for each message, as the relay's own numbers tell.
async fn disk_of_a_message(server: &Server) -> Result<f64> {
    let mut http = Http::connect(server.address, 0).await?;
    let answer = http.call(&Http::request("GET", "/metrics", None, "")).await?;
    let text = String::from_utf8(answer.body)?;
    let number = |name: &str| -> Result<f64> {
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.ok_or("a number is missing")?.trim().parse()?)
    };
    Ok(number("tabspace_database_bytes ")? / number("tabspace_events_total{class=\"message\"} ")?)
}

/// One connection that sends messages into its space.
#[derive(Debug)]
struct Sender {
    stream: TcpStream,
    frames: Frames,
    space: SpaceId,
    n: u64,
    scratch: Vec<u8>,
}

async fn senders(server: &Server) -> Result<Vec<Sender>> {
    let coming = (0..CONNECTIONS).map(|number| async move {
        let mut http = Http::connect(server.address, number).await?;
        let token = guests::guest(&mut http).await?;
        let space = guests::space(&mut http, &token).await?;
        let client = Client {
            number,
            token: &token,
            device: fresh_device(),
            space,
            has: Has::default(),
            receive_bytes: None,
        };
        let live = enter(server.address, &mut http, client).await?;
        let (stream, rest) = live.line.into_parts()?;
        Result::Ok(Sender {
            stream: TcpStream::from_std(stream)?,
            frames: Frames::with(rest),
            space,
            n: 0,
            scratch: vec![0; 64 * 1_024],
        })
    });
    try_join_all(coming).await
}

impl Sender {
    /// Sends so many messages in one write.
    async fn send(&mut self, count: usize) -> Result<()> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            self.n += 1;
            bytes.extend(guests::submit(self.space, self.n));
        }
        Ok(self.stream.write_all(&bytes).await?)
    }

    /// Waits for something; how many messages were acknowledged in it.
    async fn acknowledged(&mut self) -> Result<usize> {
        let read = self.stream.read(&mut self.scratch).await?;
        if read == 0 {
            return Err("the relay closed a sender's connection".into());
        }
        let (mut count, mut answer, mut wrong) = (0, Vec::new(), None);
        self.frames.read(&self.scratch[..read], |opcode, text| {
            if opcode == TEXT && text.starts_with(br#"{"type":"op:accepted""#) {
                count += 1;
            } else if Dialect::Relay.is_refusal(text) {
                wrong = Some(String::from_utf8_lossy(text).into_owned());
            } else {
                answer.extend(Dialect::Relay.answer(text).unwrap_or_default());
            }
        });
        if let Some(wrong) = wrong {
            return Err(wrong.into());
        }
        self.stream.write_all(&answer).await?;
        Ok(count)
    }
}

/// Acknowledged messages a second when every connection keeps as many on their way as it may.
async fn flat_out(senders: &mut [Sender]) -> Result<f64> {
    let began = Instant::now();
    let counts = senders.iter_mut().map(|sender| async move {
        let mut counted = 0_u32;
        sender.send(limits::OPS_IN_FLIGHT).await?;
        let mut waiting = limits::OPS_IN_FLIGHT;
        while waiting > 0 {
            let count = sender.acknowledged().await?;
            waiting -= count;
            let elapsed = began.elapsed();
            if elapsed < WARM_UP + ROUND {
                if elapsed >= WARM_UP {
                    counted += u32::try_from(count)?;
                }
                if count > 0 {
                    sender.send(count).await?;
                    waiting += count;
                }
            }
        }
        Result::Ok(counted)
    });
    let counted: u32 = try_join_all(counts).await?.into_iter().sum();
    Ok(f64::from(counted) / ROUND.as_secs_f64())
}

/// The time of each acknowledgement when so many messages a second are sent, from when a message's turn was.
async fn at_rate(senders: &mut [Sender], rate: f64) -> Result<Vec<f64>> {
    let began = Instant::now();
    let end = began + WARM_UP + ROUND;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let own = Duration::from_secs_f64(senders.len() as f64 / rate);
    let times = senders.iter_mut().zip(0_u32..).map(|(sender, first)| async move {
        let (mut times, mut waiting) = (Vec::new(), VecDeque::new());
        let mut turn = began + Duration::from_secs_f64(f64::from(first) / rate);
        loop {
            let due = std::iter::successors(Some(turn), |turn| Some(*turn + own));
            let now = Instant::now();
            let due: Vec<Instant> = due.take_while(|turn| *turn <= now && *turn < end).collect();
            if let Some(last) = due.last() {
                turn = *last + own;
                sender.send(due.len()).await?;
                waiting.extend(due);
            }
            if turn >= end && waiting.is_empty() {
                return Result::Ok(times);
            }
            tokio::select! {
                () = tokio::time::sleep_until(turn), if turn < end => {}
                count = sender.acknowledged() => {
                    let now = Instant::now();
                    for turn in waiting.drain(..count?) {
                        if turn >= began + WARM_UP {
                            times.push(now.duration_since(turn).as_secs_f64() * 1_000.0);
                        }
                    }
                }
            }
        }
    });
    Ok(try_join_all(times).await?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn acknowledgements_are_counted_and_a_refusal_is_a_failure() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut relay, _) = listener.accept().await.unwrap();
        let mut sender = Sender {
            stream,
            frames: Frames::default(),
            space: SpaceId::from_bits(1),
            n: 0,
            scratch: vec![0; 1_024],
        };
        let frame = |text: &str| super::super::wire::server_frame(text.as_bytes());
        let accepted = frame(r#"{"type":"op:accepted","data":{"n":1}}"#);
        let event = frame(r#"{"type":"space:events","data":{}}"#);
        relay
            .write_all(&[accepted.clone(), event, accepted].concat())
            .await
            .unwrap();
        assert_eq!(sender.acknowledged().await.unwrap(), 2);
        relay
            .write_all(&frame(r#"{"type":"op:refused","data":{"n":2}}"#))
            .await
            .unwrap();
        assert!(sender.acknowledged().await.is_err());
    }
}
