//! The way of a client into a room of the relay, as the protocol has it: a guest, a space, a ticket, the
//! introduction, the subscription.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::op::Created;
use protocol::rest::{
    Credential, InviteMade, InviteSecret, Joined, Me, NewGuest, NewInvite, NewSpace, NewTicket, Ticket,
};
use protocol::{
    ClientFrame, Colour, DeviceId, Epoch, MessageId, Millis, Op, Role, SUBPROTOCOL, Seq, ServerFrame,
    SpaceId, VERSION, limits,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Result;
use super::line::{Coming, Http, Line};
use super::server::{Server, relay_binary};
use super::wire::{TEXT, client_frame};

/// Bytes of a message's text.
pub(super) const TEXT_BYTES: usize = 200;

/// The setting of an operator who trusts his users: how much one may do a minute is not bounded.
const UNBOUNDED: (&str, &str) = ("TABSPACE_RATES", "off");

/// Behind these words the relay logs what its database does before a commit is acknowledged.
const DURABILITY: &str = "durability: ";

/// Starts the released relay on a folder, or with its data in a Postgres; how durable it is is said.
pub(super) fn start_relay(data: &Path, database: Option<&str>, listen: Option<SocketAddr>) -> Result<Server> {
    let listen = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut command = Command::new(relay_binary());
    command
        .args(["--listen", &listen.to_string(), "--data"])
        .arg(data)
        .env_remove("DATABASE_URL")
        .env("RUST_LOG", "warn,relay::store=info")
        .env(UNBOUNDED.0, UNBOUNDED.1);
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    Server::start_heard("the relay", command, Some(DURABILITY))
}

/// Bits that nobody else has, as spread as random ones.
fn fresh_bits() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mix = |seed: u64| {
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let number = NEXT
        .fetch_add(1, Ordering::Relaxed)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u128::from(mix(number)) << 64 | u128::from(mix(!number))
}

/// A device of one's own.
pub(super) fn fresh_device() -> DeviceId {
    DeviceId::from_bits(fresh_bits())
}

/// An id of a message, made as clients do.
pub(super) fn fresh_message() -> MessageId {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let now = Millis(i64::try_from(since.as_millis()).unwrap_or(0));
    MessageId::made_at(now, fresh_bits())
}

/// The op that is measured.
pub(super) fn message() -> Op {
    Op::MessageSent {
        message: fresh_message(),
        text: "m".repeat(TEXT_BYTES),
    }
}

/// `op:submit` of a message, as a whole frame.
pub(super) fn submit(space: SpaceId, n: u64) -> Vec<u8> {
    let op = message();
    client_frame(TEXT, json(&ClientFrame::Submit { space, n, op }).as_bytes())
}

/// As JSON.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("what is sent is JSON")
}

async fn post<B: Serialize, A: DeserializeOwned>(
    http: &mut Http,
    path: &str,
    token: Option<&str>,
    body: &B,
) -> Result<A> {
    let request = Http::request("POST", &format!("/api/v1{path}"), token, &json(body));
    let answer = http.call(&request).await?;
    if answer.status < 300 {
        return Ok(serde_json::from_slice(&answer.body)?);
    }
    let body = String::from_utf8_lossy(&answer.body);
    Err(format!("{path} is answered with {}: {body}", answer.status).into())
}

/// Becomes somebody; the token.
pub(super) async fn guest(http: &mut Http) -> Result<String> {
    let guest = NewGuest {
        name: "Ada".to_owned(),
        credential: Credential::Token,
    };
    let me: Me = post(http, "/guests", None, &guest).await?;
    me.token
        .ok_or_else(|| "a guest who asked for a token gets one".into())
}

/// Begins a space.
pub(super) async fn space(http: &mut Http, token: &str) -> Result<SpaceId> {
    let space = SpaceId::from_bits(fresh_bits());
    let created = Created {
        name: "Measured".to_owned(),
        colour: Colour::default(),
        groups: Vec::new(),
        tabs: Vec::new(),
    };
    let _: serde_json::Value = post(http, "/spaces", Some(token), &NewSpace { space, created }).await?;
    Ok(space)
}

/// A link to a space, by which others come as editors; its secret.
pub(super) async fn link(http: &mut Http, token: &str, space: SpaceId) -> Result<String> {
    let invite = NewInvite {
        role: Role::Editor,
        life_ms: limits::INVITE_LIFE_MS,
    };
    let made: InviteMade = post(http, &format!("/spaces/{space}/invites"), Some(token), &invite).await?;
    let (_, secret) = made.link.split_once('#').ok_or("a link without a secret")?;
    Ok(secret.to_owned())
}

/// Joins by a link.
pub(super) async fn join(http: &mut Http, token: &str, secret: &str) -> Result<()> {
    let secret = InviteSecret {
        secret: secret.to_owned(),
    };
    let _: Joined = post(http, "/invites/redeem", Some(token), &secret).await?;
    Ok(())
}

/// A ticket for a device.
pub(super) async fn ticket(http: &mut Http, token: &str, device: DeviceId) -> Result<String> {
    let ticket: Ticket = post(http, "/realtime/tickets", Some(token), &NewTicket { device }).await?;
    Ok(ticket.ticket)
}

/// What a client has of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Has {
    pub(super) epoch: Option<Epoch>,
    pub(super) since: Seq,
}

/// A client who wants in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client<'a> {
    /// Which of the clients this is.
    pub(super) number: usize,
    pub(super) token: &'a str,
    pub(super) device: DeviceId,
    pub(super) space: SpaceId,
    pub(super) has: Has,
    /// As [`Coming::receive_bytes`].
    pub(super) receive_bytes: Option<u32>,
}

/// A client who is in.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) line: Line,
    pub(super) has: Has,
    /// How often the relay said "not now".
    pub(super) retries: u64,
}

/// Goes in: a ticket, the socket, the introduction, the subscription, until it is live.
pub(super) async fn enter(address: SocketAddr, http: &mut Http, client: Client<'_>) -> Result<Live> {
    let mut retries = 0;
    loop {
        let ticket = ticket(http, client.token, client.device).await?;
        let coming = Coming {
            client: client.number,
            path: "/api/v1/realtime",
            subprotocol: Some(SUBPROTOCOL),
            receive_bytes: client.receive_bytes,
        };
        let Some(mut line) = Line::open(address, coming).await? else {
            retries += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let hello = ClientFrame::Hello {
            versions: vec![VERSION],
            ticket,
        };
        line.send(&json(&hello)).await?;
        line.until(r#"{"type":"session:welcome""#).await?;
        let Has { epoch, since } = client.has;
        let subscribe = ClientFrame::Subscribe {
            space: client.space,
            epoch,
            since,
        };
        line.send(&json(&subscribe)).await?;
        let has = subscribed(&mut line, client.has).await?;
        line.until(r#"{"type":"presence:listed""#).await?;
        return Ok(Live { line, has, retries });
    }
}

async fn subscribed(line: &mut Line, before: Has) -> Result<Has> {
    loop {
        let text = line.until("{").await?;
        match serde_json::from_str::<ServerFrame>(&text)? {
            ServerFrame::Snapshot { epoch, state, .. } => {
                let has = Has {
                    epoch: Some(epoch),
                    since: state.head,
                };
                return Ok(has);
            }
            ServerFrame::Resumed { epoch, events, .. } => {
                let since = events.last().map_or(before.since, |event| event.envelope.seq);
                let has = Has {
                    epoch: Some(epoch),
                    since,
                };
                return Ok(has);
            }
            _ => {}
        }
    }
}
