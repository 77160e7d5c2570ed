//! A storm: 10,000 people are connected, the relay is killed and started again, and all come back.

use std::net::SocketAddr;

use futures_util::{StreamExt, TryStreamExt, stream};
use protocol::{DeviceId, SpaceId};
use tokio::time::Instant;

use super::crowd::{Crowd, Dialect};
use super::guests::{self, Client, Has, enter, fresh_device};
use super::line::Http;
use super::{ROUNDS, Result, median};
use crate::line::{Line, percentile, print, say};

const CLIENTS: usize = 10_000;
const SPACES: usize = 100;
/// Clients that come at the same time. The relay lets in 256 that have not said who they are.
const COMING: usize = 200;
/// In how many seconds all should be back.
const GOAL_S: f64 = 10.0;

/// A person's client and what it has.
#[derive(Debug, Clone)]
struct Member {
    number: usize,
    token: String,
    space: SpaceId,
    device: DeviceId,
    has: Has,
}

impl Member {
    fn new(number: usize, token: String, space: SpaceId) -> Self {
        Self {
            number,
            token,
            space,
            device: fresh_device(),
            has: Has::default(),
        }
    }
}

/// How everyone came.
#[derive(Debug)]
struct Came {
    members: Vec<Member>,
    crowd: Crowd,
    retries: u64,
    errors: Vec<String>,
}

/// Kills the relay again and again.
pub(super) async fn measure() -> Result<()> {
    say(&format!("storm: {CLIENTS} people in {SPACES} spaces come"));
    let data = super::scratch_folder()?;
    let mut server = guests::start_relay(data.path(), None, None)?;
    let address = server.address;
    let mut came = come(address, join(address).await?).await?;
    let mut figures = Vec::new();
    for number in 1..=ROUNDS {
        if let Some(error) = came.errors.first() {
            return Err(format!("{} clients failed: {error}", came.errors.len()).into());
        }
        let began = Instant::now();
        server.kill();
        drop(came.crowd);
        server = guests::start_relay(data.path(), None, Some(address))?;
        let started_s = began.elapsed().as_secs_f64();
        came = come(address, came.members).await?;
        let all_s = began.elapsed().as_secs_f64();
        say(&format!(
            "  round {number}: the relay listens after {started_s:.2} s, all are live after {all_s:.2} s; {} \
             retries, {} errors",
            came.retries,
            came.errors.len()
        ));
        figures.push(all_s);
    }
    if let Some(error) = came.errors.first() {
        return Err(format!("{} clients failed: {error}", came.errors.len()).into());
    }
    for (what, figure) in [
        ("median", median(&figures)),
        ("longest", percentile(&figures, 1.0)),
    ] {
        print(&Line {
            bench: "relay storm",
            metric: &format!("kill -9 until {CLIENTS} clients are live again, {what}"),
            unit: "s",
            ours: figure,
            rival: GOAL_S,
            rival_name: "the goal of 10 s",
            lower_is_better: true,
        });
    }
    Ok(())
}

/// Everyone becomes somebody and a member of a space; each space is begun by the first of its members.
async fn join(address: SocketAddr) -> Result<Vec<Member>> {
    let mut http = Http::connect(address, 0).await?;
    let (mut members, mut links) = (Vec::with_capacity(CLIENTS), Vec::with_capacity(SPACES));
    for number in 0..SPACES {
        let token = guests::guest(&mut http).await?;
        let space = guests::space(&mut http, &token).await?;
        links.push((space, guests::link(&mut http, &token, space).await?));
        members.push(Member::new(number, token, space));
    }
    let links = &links;
    let others = stream::iter(SPACES..CLIENTS).map(|number| async move {
        let (space, link) = &links[number % SPACES];
        let mut http = Http::connect(address, number).await?;
        let token = guests::guest(&mut http).await?;
        guests::join(&mut http, &token, link).await?;
        Result::Ok(Member::new(number, token, *space))
    });
    let others: Vec<Member> = others.buffer_unordered(COMING).try_collect().await?;
    members.extend(others);
    Ok(members)
}

/// All go in; returns once all are live or have failed.
async fn come(address: SocketAddr, members: Vec<Member>) -> Result<Came> {
    let crowd = Crowd::start(Dialect::Relay)?;
    let mut came = Came {
        members: Vec::with_capacity(members.len()),
        crowd,
        retries: 0,
        errors: Vec::new(),
    };
    let coming = stream::iter(members).map(|member| async move {
        let client = Client {
            number: member.number,
            token: &member.token,
            device: member.device,
            space: member.space,
            has: member.has,
            receive_bytes: None,
        };
        let going_in = async {
            let mut http = Http::connect(address, member.number).await?;
            enter(address, &mut http, client).await
        };
        let live = going_in.await;
        (member, live)
    });
    let mut coming = Box::pin(coming.buffer_unordered(COMING));
    while let Some((member, live)) = coming.next().await {
        match live {
            Ok(live) => {
                came.retries += live.retries;
                came.crowd.add(live.line.into_parts()?)?;
                came.members.push(Member {
                    has: live.has,
                    ..member
                });
            }
            Err(error) => came.errors.push(error.to_string()),
        }
    }
    Ok(came)
}
