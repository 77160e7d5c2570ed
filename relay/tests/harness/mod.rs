//! A relay in this process, and people who talk to it over real sockets.
#![expect(dead_code, reason = "each test binary uses a part")]

mod socket;

use std::sync::OnceLock;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use private_postgres::PrivatePostgres;
use protocol::op::{Created, NewTab};
use protocol::rest::{
    Credential, InviteMade, InviteSecret, Joined, Me, NewGuest, NewInvite, NewSpace, NewTicket, NumberedOp,
    OpAnswer, OpAnswers, SpaceNow, SubmitOps, Ticket,
};
use protocol::{
    ClientFrame, Code, DeviceId, Epoch, Event, MemberId, MessageId, Millis, Op, Position, Refusal, Role, Seq,
    ServerFrame, SpaceId, TabId,
};
use relay::clock::{Clock, Random};
use relay::store::Store;
use relay::{Backend, Config, Rates, Relay};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use socket::Socket;

/// How long a test waits for something before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const MINUTE_MS: i64 = 60_000;

/// Where a relay keeps its data; outlives the relay.
pub(crate) enum Place {
    Folder(tempfile::TempDir),
    Postgres(String),
    Memory(Store),
}

impl Place {
    pub(crate) fn folder() -> Self {
        Self::Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A new database in memory.
    pub(crate) async fn memory() -> Self {
        let store = Store::in_memory(PATIENCE, &Random::default()).await;
        Self::Memory(store.expect("a database in memory"))
    }

    /// A new database in the cluster that the tests of this binary share.
    pub(crate) fn postgres() -> Self {
        static CLUSTER: OnceLock<PrivatePostgres> = OnceLock::new();
        Self::Postgres(
            CLUSTER
                .get_or_init(|| PrivatePostgres::start().expect("a Postgres"))
                .fresh_database(),
        )
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Folder(folder) => Backend::Folder(folder.path().to_owned()),
            Self::Postgres(url) => Backend::Postgres(url.clone()),
            Self::Memory(store) => Backend::Open(store.clone()),
        }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.backend());
        config.timings.store_patience = Duration::from_millis(800);
        // Stories send bursts; those about rates switch them on.
        config.rates = Rates::off();
        config
    }
}

/// A relay that serves.
pub(crate) struct Running {
    pub(crate) address: String,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn on(place: &Place) -> Self {
        Self::with(place.config()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let relay = Relay::prepare(config, listener).await.expect("the store opens");
        let (shutdown, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            relay.serve(stopped).await.expect("it serves until it is stopped");
        });
        Self {
            address,
            shutdown: Some(shutdown),
            task,
        }
    }

    /// Stops it in order.
    pub(crate) async fn stop(mut self) {
        drop(self.shutdown.take());
        within("the relay stops", self.task)
            .await
            .expect("without a panic");
    }

    /// Somebody new, with a device.
    pub(crate) async fn guest(&self, name: &str) -> Person {
        guest_at(&self.address, name).await
    }

    /// Alice, who has a space with one tab.
    pub(crate) async fn alice(&self) -> (Person, SpaceId) {
        alice_at(&self.address).await
    }

    /// Somebody whom `host` invites to a space with this role.
    pub(crate) async fn invited(&self, host: &Person, space: SpaceId, name: &str, role: Role) -> Person {
        invited_at(&self.address, host, space, name, role).await
    }
}

/// Somebody new at a relay, with a device.
pub(crate) async fn guest_at(address: &str, name: &str) -> Person {
    let stranger = Person {
        address: address.to_owned(),
        token: String::new(),
        device: id(),
        member: MemberId::from_bits(0),
    };
    let guest = NewGuest {
        name: name.to_owned(),
        credential: Credential::Token,
    };
    let me: Me = stranger
        .post("guests", &guest)
        .await
        .expect("anybody may be a guest");
    Person {
        token: me.token.expect("a token was asked for"),
        ..stranger
    }
}

/// Alice, who has a space with one tab at a relay.
pub(crate) async fn alice_at(address: &str) -> (Person, SpaceId) {
    let mut alice = guest_at(address, "Alice").await;
    let space = id();
    let joined = alice.create(space).await.expect("a space");
    alice.member = joined.member;
    (alice, space)
}

/// Somebody at a relay whom `host` invites to a space with this role.
pub(crate) async fn invited_at(
    address: &str,
    host: &Person,
    space: SpaceId,
    name: &str,
    role: Role,
) -> Person {
    let mut guest = guest_at(address, name).await;
    let secret = host.invite(space, role).await.expect("a link");
    guest.member = guest.redeem(&secret).await.expect("a good link").member;
    guest
}

/// Waits for something, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(PATIENCE, future).await else {
        panic!("in vain: {what}")
    };
    value
}

/// Asks again until the answer is yes.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let mut again = tokio::time::interval(Duration::from_millis(10));
    within(what, async {
        while !condition().await {
            again.tick().await;
        }
    })
    .await;
}

/// A new id of any kind.
pub(crate) fn id<T: std::str::FromStr<Err = protocol::id::BadId>>() -> T {
    static RANDOM: OnceLock<Random> = OnceLock::new();
    let bits = RANDOM.get_or_init(Random::default).id_bits();
    MemberId::from_bits(bits)
        .to_string()
        .parse()
        .expect("all ids are written alike")
}

pub(crate) fn manual_clock(config: &mut Config) -> Clock {
    config.clock = Clock::manual(Millis(1_000_000_000_000));
    config.clock.clone()
}

/// What an HTTP request came to.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn code(&self) -> Code {
        serde_json::from_slice::<Refusal>(&self.body).map_or(Code::Unknown, |refusal| refusal.code)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// One request on a connection of its own.
pub(crate) async fn request(
    address: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    within(path, async {
        let stream = TcpStream::connect(address).await.expect("the relay listens");
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .expect("HTTP");
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let response = sender.send_request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    })
    .await
}

/// Somebody with a bearer token and a device.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) device: DeviceId,
    /// Who the person is in the space that the test is about.
    pub(crate) member: MemberId,
}

impl Person {
    pub(crate) async fn request(&self, method: Method, path: &str, body: Vec<u8>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("content-type", "application/json")];
        if !self.token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        request(&self.address, method, &format!("/api/v1/{path}"), &headers, body).await
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Vec<u8>) -> Result<T, Code> {
        let answer = self.request(method, path, body).await;
        if answer.status.is_success() {
            let body = if answer.body.is_empty() {
                b"null".as_slice()
            } else {
                &answer.body
            };
            return Ok(serde_json::from_slice(body).expect("the body that the contract names"));
        }
        assert_eq!(answer.code().status(), answer.status.as_u16(), "{path}");
        Err(answer.code())
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Code> {
        self.call(Method::GET, path, Vec::new()).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Code> {
        self.call(Method::POST, path, serde_json::to_vec(body).expect("JSON"))
            .await
    }

    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Code> {
        self.call(Method::PATCH, path, serde_json::to_vec(body).expect("JSON"))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Code> {
        self.call(Method::DELETE, path, Vec::new()).await
    }

    pub(crate) async fn create(&self, space: SpaceId) -> Result<Joined, Code> {
        let tab =
            serde_json::json!({"tab": TabId::from_bits(1), "url": "https://one.example/", "position": "V"});
        let created: Created =
            serde_json::from_value(serde_json::json!({"name": "Lisbon", "tabs": [tab]})).expect("a space");
        self.post("spaces", &NewSpace { space, created }).await
    }

    /// The secret of a new link.
    pub(crate) async fn invite(&self, space: SpaceId, role: Role) -> Result<String, Code> {
        Ok(secret_of(&self.make_invite(space, role, 60 * MINUTE_MS).await?))
    }

    pub(crate) async fn make_invite(
        &self,
        space: SpaceId,
        role: Role,
        life_ms: i64,
    ) -> Result<InviteMade, Code> {
        self.post(&format!("spaces/{space}/invites"), &NewInvite { role, life_ms })
            .await
    }

    pub(crate) async fn redeem(&self, secret: &str) -> Result<Joined, Code> {
        self.post(
            "invites/redeem",
            &InviteSecret {
                secret: secret.to_owned(),
            },
        )
        .await
    }

    pub(crate) async fn see(&self, space: SpaceId) -> Result<SpaceNow, Code> {
        self.get(&format!("spaces/{space}")).await
    }

    /// The number of the last op of this device that the relay decided.
    pub(crate) async fn last_n(&self, space: SpaceId) -> Result<Option<u64>, Code> {
        let path = format!("spaces/{space}?device={}", self.device);
        let now: SpaceNow = self.get(&path).await?;
        Ok(now.last_n)
    }

    pub(crate) async fn events(&self, space: SpaceId, since: u64) -> Result<Vec<Event>, Code> {
        let page: protocol::rest::EventPage =
            self.get(&format!("spaces/{space}/events?since={since}")).await?;
        Ok(page.events)
    }

    pub(crate) async fn submit(&self, space: SpaceId, ops: Vec<(u64, Op)>) -> Result<Vec<OpAnswer>, Code> {
        self.submit_in(None, space, ops).await
    }

    /// Ops that got their numbers in an epoch.
    pub(crate) async fn submit_in(
        &self,
        epoch: Option<Epoch>,
        space: SpaceId,
        ops: Vec<(u64, Op)>,
    ) -> Result<Vec<OpAnswer>, Code> {
        let ops = ops.into_iter().map(|(n, op)| NumberedOp { n, op }).collect();
        let body = SubmitOps {
            device: self.device,
            epoch,
            ops,
        };
        Ok(self
            .post::<OpAnswers>(&format!("spaces/{space}/ops"), &body)
            .await?
            .answers)
    }

    /// One op: its place or its refusal.
    pub(crate) async fn op(&self, space: SpaceId, n: u64, op: Op) -> Result<Seq, Code> {
        let answers = self.submit(space, vec![(n, op)]).await?;
        let answer = answers.first().expect("one answer");
        assert_eq!(answer.n, n);
        answer
            .seq
            .ok_or_else(|| answer.refused.as_ref().expect("a refusal").code)
    }

    pub(crate) async fn ticket(&self) -> Result<String, Code> {
        Ok(self
            .post::<Ticket>("realtime/tickets", &NewTicket { device: self.device })
            .await?
            .ticket)
    }

    /// A socket that was welcomed.
    pub(crate) async fn connect(&self) -> Socket {
        let mut socket = Socket::open(&self.address, &[]).await.expect("an upgrade");
        socket.hello(&self.ticket().await.expect("a ticket")).await;
        match socket.next().await {
            Some(ServerFrame::Welcome { device, .. }) => assert_eq!(device, self.device),
            other => panic!("no welcome but {other:?}"),
        }
        socket
    }

    /// A socket in a space, with its snapshot.
    pub(crate) async fn live(&self, space: SpaceId) -> Socket {
        let mut socket = self.connect().await;
        socket
            .send(&ClientFrame::Subscribe {
                space,
                epoch: None,
                since: Seq(0),
            })
            .await;
        socket
            .wait("a snapshot", |frame| {
                matches!(frame, ServerFrame::Snapshot { .. })
            })
            .await;
        socket
            .wait("who is here", |frame| {
                matches!(frame, ServerFrame::PresenceListed { .. })
            })
            .await;
        socket
    }
}

pub(crate) fn secret_of(made: &InviteMade) -> String {
    made.link
        .split_once("/join#")
        .expect("a link to the page")
        .1
        .to_owned()
}

pub(crate) fn message(text: &str) -> Op {
    Op::MessageSent {
        message: id::<MessageId>(),
        text: text.to_owned(),
    }
}

pub(crate) fn renamed_tab(title: &str) -> Op {
    Op::TabUpdated {
        tab: TabId::from_bits(1),
        url: None,
        title: Some(title.to_owned()),
        favicon: None,
        pinned: None,
    }
}

/// The op of this number adds a tab whose address takes 8 KB.
pub(crate) fn long_tab(n: u64) -> (u64, Op) {
    let tab = NewTab {
        tab: id(),
        url: format!("https://long.example/{}", "x".repeat(8_000)),
        title: String::new(),
        favicon: None,
        pinned: false,
        group: None,
        position: Position::first(),
    };
    (n, Op::TabAdded(tab))
}
