//! Reading over REST: a page of messages, beside a bare route that answers the same bytes.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::future::try_join_all;
use protocol::op::Op;
use protocol::rest::{NumberedOp, SubmitOps};
use tokio::time::Instant;

use super::guests::{self, fresh_device, json};
use super::line::Http;
use super::server::{Server, own_mode};
use super::{ROUNDS, Result, median};
use crate::line::{Line, percentile, print, say};

const CONNECTIONS: usize = 32;
const MESSAGES: u64 = 50;
const ROUND: Duration = Duration::from_secs(3);
/// Requests a second that are to be reached, and the p99 at half of what is.
const GOAL_PER_S: f64 = 10_000.0;
const GOAL_P99_MS: f64 = 5.0;

/// A hidden mode of this program: answers every request with what is in a file.
pub(super) async fn serve_bare(file: &str) -> Result<()> {
    let body: &'static [u8] = std::fs::read(file)?.leak();
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    {
        use std::io::Write;
        let mut out = std::io::stdout();
        writeln!(out, "listening on {}", listener.local_addr()?)?;
        out.flush()?;
    }
    // As the relay does: without it, answers wait.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = Router::new().route("/api/v1/spaces/{space}/messages", get(answer));
    Ok(axum::serve(listener, router).await?)
}

/// Who is asked, and what.
struct Asked {
    server: Server,
    name: &'static str,
    request: String,
    /// The length of each answer's body.
    length: usize,
}

/// Measures the relay and the bare route in turn.
pub(super) async fn measure() -> Result<()> {
    say("rest: 20 messages of a space, 32 connections that stay");
    let data = super::scratch_folder()?;
    let (relay, body) = relay(data.path()).await?;
    let bare = bare(data.path(), &relay.request, &body)?;
    let (mut rates, mut times) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for number in 1..=ROUNDS {
        // Both are timed under the same load, half of what the relay carries.
        let mut half = None;
        for (at, asked) in [&relay, &bare].into_iter().enumerate() {
            let rate = flat_out(asked).await?;
            let half = *half.get_or_insert(rate / 2.0);
            let latencies = at_rate(asked, half).await?;
            let (p50, p99) = (percentile(&latencies, 0.5), percentile(&latencies, 0.99));
            say(&format!(
                "  round {number}: {rate:.0}/s, at {half:.0}/s p50 {p50:.2} ms, p99 {p99:.2} ms by {}",
                asked.name
            ));
            rates[at].push(rate);
            times[at].push((p50, p99));
        }
    }
    let [rate, bare_rate] = rates.map(|rates| median(&rates));
    let [(p50, p99), (bare_p50, bare_p99)] = times.map(|times| {
        let (p50, p99): (Vec<f64>, Vec<f64>) = times.into_iter().unzip();
        (median(&p50), median(&p99))
    });
    let line = |metric: &str, unit, ours: f64, rival, rival_name, lower_is_better| {
        print(&Line {
            bench: "relay rest",
            metric,
            unit,
            ours,
            rival,
            rival_name,
            lower_is_better,
        });
    };
    let (rate_name, goal) = ("pages of 20 messages read", "the goal");
    line(
        rate_name,
        "1/s",
        rate.round(),
        bare_rate.round(),
        bare.name,
        false,
    );
    line(rate_name, "1/s", rate.round(), GOAL_PER_S, goal, false);
    line(
        "at half of the relay's rate, p50",
        "ms",
        p50,
        bare_p50,
        bare.name,
        true,
    );
    line(
        "at half of the relay's rate, p99",
        "ms",
        p99,
        bare_p99,
        bare.name,
        true,
    );
    line(
        "at half of the relay's rate, p99",
        "ms",
        p99,
        GOAL_P99_MS,
        goal,
        true,
    );
    Ok(())
}

/// A relay with a space of some messages; and what it answers.
async fn relay(data: &Path) -> Result<(Asked, Vec<u8>)> {
    let server = guests::start_relay(data, None, None)?;
    let mut http = Http::connect(server.address, 0).await?;
    let token = guests::guest(&mut http).await?;
    let space = guests::space(&mut http, &token).await?;
    let numbered = |n| -> NumberedOp {
        let op: Op = guests::message();
        NumberedOp { n, op }
    };
    let ops = SubmitOps {
        device: fresh_device(),
        epoch: None,
        ops: (1..=MESSAGES).map(numbered).collect(),
    };
    let path = format!("/api/v1/spaces/{space}/ops");
    let answer = http
        .call(&Http::request("POST", &path, Some(&token), &json(&ops)))
        .await?;
    if answer.status != 200 {
        return Err(format!("the messages are answered with {}", answer.status).into());
    }
    let path = format!("/api/v1/spaces/{space}/messages?limit=20");
    let request = Http::request("GET", &path, Some(&token), "");
    let answer = http.call(&request).await?;
    let asked = Asked {
        server,
        name: "the relay",
        request,
        length: answer.body.len(),
    };
    Ok((asked, answer.body))
}

fn bare(data: &Path, request: &str, body: &[u8]) -> Result<Asked> {
    let file = data.join("answer.json");
    std::fs::write(&file, body)?;
    let mut command = own_mode("bare-server")?;
    command.arg(file);
    Ok(Asked {
        server: Server::start("a bare route", command)?,
        name: "a bare axum route with the same bytes",
        request: request.to_owned(),
        length: body.len(),
    })
}

async fn ask(http: &mut Http, asked: &Asked) -> Result<()> {
    let answer = http.call(&asked.request).await?;
    if answer.status == 200 && answer.body.len() == asked.length {
        return Ok(());
    }
    Err(format!("{} answers with {}", asked.name, answer.status).into())
}

async fn connect_all(address: SocketAddr) -> Result<Vec<Http>> {
    try_join_all((0..CONNECTIONS).map(|client| Http::connect(address, client))).await
}

/// Requests a second when every connection asks again at once.
async fn flat_out(asked: &Asked) -> Result<f64> {
    let connections = connect_all(asked.server.address).await?;
    let began = Instant::now();
    let counts = try_join_all(connections.into_iter().map(|mut http| async move {
        let mut count = 0_u32;
        while began.elapsed() < ROUND {
            ask(&mut http, asked).await?;
            count += 1;
        }
        Result::Ok(count)
    }));
    let count: u32 = counts.await?.into_iter().sum();
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// The time of each answer when so many a second are asked for, from when its turn was: one that waits for
/// the one before it has waited.
async fn at_rate(asked: &Asked, rate: f64) -> Result<Vec<f64>> {
    let connections = connect_all(asked.server.address).await?;
    let began = Instant::now();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let own = Duration::from_secs_f64(CONNECTIONS as f64 / rate);
    let times = connections
        .into_iter()
        .zip(0_u32..)
        .map(|(mut http, first)| async move {
            let mut times = Vec::new();
            let mut turn = began + Duration::from_secs_f64(f64::from(first) / rate);
            while turn < began + ROUND {
                tokio::time::sleep_until(turn).await;
                ask(&mut http, asked).await?;
                times.push(turn.elapsed().as_secs_f64() * 1_000.0);
                turn += own;
            }
            Result::Ok(times)
        });
    Ok(try_join_all(times).await?.concat())
}
