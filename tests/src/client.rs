//! A collaborator without a browser: the client's own session, driven by tokio instead of Chrome.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::rest::{
    Credential, InviteMade, InviteSecret, Joined, Me, NewGuest, NewInvite, NewSpace, NewTicket, Ticket,
};
use protocol::{DeviceId, Millis, Refusal, Role, SpaceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use wasm_core::command::Command;
use wasm_core::record::{Batch, Write};
use wasm_core::session::{Effect, Peer, PeerCommand, PeerEvent, Session};
use wasm_core::view::SpaceView;

use crate::wait::PATIENCE;
use crate::{Failure, Result};

/// What a peer connection is asked to do.
pub type PeerWish = (Peer, PeerCommand);

struct Inner {
    session: Session,
    disk: BTreeMap<String, String>,
    socket: Option<mpsc::Sender<String>>,
    peers: mpsc::Sender<PeerWish>,
}

/// Somebody in spaces of a relay.
#[derive(Clone)]
pub struct Client {
    name: String,
    url: String,
    token: String,
    http: reqwest::Client,
    inner: Arc<Mutex<Inner>>,
    changed: Arc<watch::Sender<u64>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

fn now() -> Millis {
    #[expect(clippy::disallowed_methods, reason = "the one clock of the native client")]
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Random bits, from the operating system's by way of std's hasher keys.
fn random() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = || u128::from(RandomState::new().hash_one(0_u8));
    half() << 64 | half()
}

impl Client {
    /// Becomes a guest of the relay at this address. The receiver gets what peer connections are asked to do;
    /// who does not want any may drop it.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn arrive(url: &str, name: &str) -> Result<(Self, mpsc::Receiver<PeerWish>)> {
        let http = reqwest::Client::new();
        let (peers, wishes) = mpsc::channel(256);
        let session = Session::new(DeviceId::from_bits(random()), Box::new(random), true);
        let inner = Inner {
            session,
            disk: BTreeMap::new(),
            socket: None,
            peers,
        };
        let mut client = Self {
            name: name.to_owned(),
            url: url.to_owned(),
            token: String::new(),
            http,
            inner: Arc::new(Mutex::new(inner)),
            changed: Arc::new(watch::Sender::new(0)),
        };
        let me: Me = client
            .post(
                "/guests",
                &NewGuest {
                    name: name.to_owned(),
                    credential: Credential::Token,
                },
            )
            .await?;
        client.token = me.token.ok_or("a guest who asked for a token gets one")?;
        tokio::spawn(keep_time(Arc::downgrade(&client.inner), client.clone_parts()));
        Ok((client, wishes))
    }

    fn clone_parts(&self) -> Parts {
        Parts {
            url: self.url.clone(),
            token: self.token.clone(),
            http: self.http.clone(),
            changed: self.changed.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("no test panics while it holds the session")
    }

    /// `POST` to the REST interface.
    ///
    /// # Errors
    /// When the relay refuses (its code is in the text) or is away.
    pub async fn post<B: Serialize, A: DeserializeOwned>(&self, path: &str, body: &B) -> Result<A> {
        self.clone_parts()
            .post(path, body)
            .await
            .map_err(|refusal| match refusal {
                Some(refusal) => Failure(refusal.to_string()),
                None => Failure(format!("{} is away", self.url)),
            })
    }

    /// Shares a space that begins like this.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn share(&self, created: protocol::op::Created) -> Result<SpaceId> {
        let space = SpaceId::from_bits(random());
        let joined: Joined = self.post("/spaces", &NewSpace { space, created }).await?;
        self.act(|session| session.open(now(), joined.space, joined.member));
        Ok(joined.space)
    }

    /// Makes a link; returns its secret.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn invite(&self, space: SpaceId, role: Role) -> Result<String> {
        let made: InviteMade = self
            .post(
                &format!("/spaces/{space}/invites"),
                &NewInvite {
                    role,
                    life_ms: 3_600_000,
                },
            )
            .await?;
        let secret = made.link.split_once('#').map(|(_, secret)| secret.to_owned());
        Ok(secret.ok_or("a link carries its secret in the fragment")?)
    }

    /// Joins with a link's secret.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn join(&self, secret: &str) -> Result<SpaceId> {
        let joined: Joined = self
            .post(
                "/invites/redeem",
                &InviteSecret {
                    secret: secret.to_owned(),
                },
            )
            .await?;
        self.act(|session| session.open(now(), joined.space, joined.member));
        Ok(joined.space)
    }

    /// Wishes something.
    pub fn command(&self, space: SpaceId, command: Command) {
        self.act(|session| session.command(now(), space, command));
    }

    /// A peer connection reports.
    pub fn peer_event(&self, peer: Peer, event: PeerEvent) {
        self.act(|session| session.peer_event(now(), peer, event));
    }

    /// What there is to see of a space.
    pub fn view(&self, space: SpaceId) -> Option<SpaceView> {
        self.lock().session.view(space)
    }

    /// Whether nothing waits for the relay.
    pub fn all_sent(&self) -> bool {
        !self.lock().session.has_unsent()
    }

    /// Waits until the space looks like this.
    ///
    /// # Errors
    /// When it does not in time; with what it looks like instead.
    pub async fn until(
        &self,
        space: SpaceId,
        what: &str,
        mut is_so: impl FnMut(&SpaceView) -> bool,
    ) -> Result<SpaceView> {
        let mut changes = self.changed.subscribe();
        let wait = async {
            loop {
                if let Some(view) = self.view(space).filter(|view| is_so(view)) {
                    return view;
                }
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.map_err(|_| {
            Failure(format!(
                "{} did not see {what}; instead: {:#?}",
                self.name,
                self.view(space)
            ))
        })
    }

    fn act(&self, change: impl FnOnce(&mut Session)) {
        let mut inner = self.lock();
        change(&mut inner.session);
        perform(&mut inner, &self.inner, &self.clone_parts());
    }
}

/// What a task needs to go on by itself.
#[derive(Clone)]
struct Parts {
    url: String,
    token: String,
    http: reqwest::Client,
    changed: Arc<watch::Sender<u64>>,
}

impl Parts {
    async fn post<B: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> std::result::Result<A, Option<Refusal>> {
        let body = serde_json::to_vec(body).map_err(|_| None)?;
        let mut request = self
            .http
            .post(format!("{}/api/v1{path}", self.url))
            .header("content-type", "application/json")
            .body(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer = request.send().await.map_err(|_| None)?;
        let good = answer.status().is_success();
        let text = answer.text().await.map_err(|_| None)?;
        if good {
            serde_json::from_str(&text).map_err(|_| None)
        } else {
            Err(serde_json::from_str(&text).ok())
        }
    }
}

fn perform(inner: &mut Inner, shared: &Arc<Mutex<Inner>>, parts: &Parts) {
    while let Some(effect) = inner.session.poll() {
        match effect {
            Effect::Connect => {
                tokio::spawn(connect(shared.clone(), parts.clone()));
            }
            Effect::Disconnect => inner.socket = None,
            Effect::Send(frame) => {
                let text = serde_json::to_string(&frame).expect("frames are JSON");
                // A full or closed queue is a broken connection; the session learns of it from its task.
                if inner
                    .socket
                    .as_ref()
                    .is_some_and(|socket| socket.try_send(text).is_err())
                {
                    inner.socket = None;
                }
            }
            Effect::Commit(Batch { number, writes }) => {
                for write in writes {
                    match write {
                        Write::Put(key, value) => drop(inner.disk.insert(key, value)),
                        Write::Delete(key) => drop(inner.disk.remove(&key)),
                    }
                }
                inner.session.committed(now(), number);
            }
            Effect::Peer(peer, command) => {
                // Whoever does not stream does not listen.
                let _unheard = inner.peers.try_send((peer, command));
            }
            Effect::EndCapture(_) | Effect::Hold(_) | Effect::Changed(_) => {}
        }
    }
    parts.changed.send_modify(|count| *count += 1);
}

async fn connect(shared: Arc<Mutex<Inner>>, parts: Parts) {
    let device = shared.lock().expect("whole").session.device();
    let lost = |refusal: Option<Refusal>| {
        let mut inner = shared.lock().expect("whole");
        inner.socket = None;
        inner.session.disconnected(now(), refusal);
        perform(&mut inner, &shared, &parts);
    };
    let ticket: Ticket = match parts.post("/realtime/tickets", &NewTicket { device }).await {
        Ok(ticket) => ticket,
        Err(refusal) => return lost(refusal),
    };
    let Ok(socket) = open(&parts.url).await else {
        return lost(None);
    };
    let (mut sink, mut stream) = socket.split();
    let (sender, mut queue) = mpsc::channel::<String>(1024);
    {
        let mut inner = shared.lock().expect("whole");
        inner.socket = Some(sender);
        inner.session.connected(now(), ticket.ticket);
        perform(&mut inner, &shared, &parts);
    }
    loop {
        tokio::select! {
            text = queue.recv() => match text {
                Some(text) => if sink.send(Message::text(text)).await.is_err() { break },
                None => break,
            },
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let mut inner = shared.lock().expect("whole");
                    inner.session.frame_arrived(now(), &text);
                    perform(&mut inner, &shared, &parts);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    lost(None);
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn open(url: &str) -> std::result::Result<Socket, Error> {
    let mut request = format!("{}/api/v1/realtime", url.replacen("http", "ws", 1)).into_client_request()?;
    request.headers_mut().insert(
        "sec-websocket-protocol",
        HeaderValue::from_static(protocol::SUBPROTOCOL),
    );
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

async fn keep_time(inner: std::sync::Weak<Mutex<Inner>>, parts: Parts) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    loop {
        ticks.tick().await;
        let Some(shared) = inner.upgrade() else { return };
        let mut locked = shared.lock().expect("whole");
        if locked.session.wake_at().is_some_and(|at| at <= now()) {
            locked.session.tick(now());
            perform(&mut locked, &shared, &parts);
        }
    }
}
