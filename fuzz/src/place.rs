//! A relay in this process, with a database in memory, and Alice, who knows it.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protocol::op::Created;
use protocol::rest::{Credential, InviteMade, Joined, Me, NewGuest, NewInvite, NewSpace};
use protocol::{Colour, DeviceId, Role, SpaceId};
use relay::clock::Random;
use relay::store::Store;
use relay::{Backend, Config, Rates, Relay};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// Inputs after which a relay is replaced, so that what one run leaves behind stays small.
const INPUTS: u32 = 400;

thread_local! {
    /// The relay, and how many inputs it had.
    static PLACE: RefCell<(Place, u32)> = RefCell::new((Place::new(), 0));
}

/// Alice's device.
pub(crate) const DEVICE: DeviceId = DeviceId::from_bits(13);

/// A relay and what Alice has there.
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    spaces: u128,
    _runtime: Runtime,
}

/// An answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Place {
    /// Does something with a relay that had few inputs before this one.
    pub(crate) fn with(act: impl FnOnce(&mut Self)) {
        PLACE.with_borrow_mut(|(place, inputs)| {
            *inputs += 1;
            if *inputs > INPUTS {
                (*place, *inputs) = (Self::new(), 0);
            }
            act(place);
        });
    }

    pub(crate) fn new() -> Self {
        count_panics();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (relay, address) = runtime.block_on(async {
            let store = Store::in_memory(PATIENCE, &Random::default()).await;
            let mut config = Config::new(Backend::Open(store.expect("a database in memory")));
            config.rates = Rates {
                spaces_per_person: 0,
                ..Rates::off()
            };
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            (Relay::prepare(config, listener).await.expect("a relay"), address)
        });
        runtime.spawn(relay.serve(std::future::pending()));
        let mut place = Self {
            address,
            token: String::new(),
            spaces: 0,
            _runtime: runtime,
        };
        let alice = NewGuest {
            name: "Alice".to_owned(),
            credential: Credential::Token,
        };
        let me: Me = place.post("guests", &alice);
        place.token = me.token.expect("a token was asked for");
        place
    }

    /// A new space of Alice's.
    pub(crate) fn space(&mut self) -> SpaceId {
        self.spaces += 1;
        // Far from those that inputs begin by themselves.
        let space = SpaceId::from_bits(0xa11ce << 100 | self.spaces);
        let created = Created {
            name: "Trip".to_owned(),
            colour: Colour::Blue,
            groups: Vec::new(),
            tabs: Vec::new(),
        };
        let _: Joined = self.post("spaces", &NewSpace { space, created });
        space
    }

    /// The secret of a link to a space.
    pub(crate) fn secret(&self, space: SpaceId) -> String {
        let invite = NewInvite {
            role: Role::Editor,
            life_ms: 60_000,
        };
        let made: InviteMade = self.post(&format!("spaces/{space}/invites"), &invite);
        let (_, secret) = made.link.split_once('#').expect("a link has a fragment");
        secret.to_owned()
    }

    /// A call of Alice's that succeeds.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> T {
        let body = serde_json::to_vec(body).expect("a body is JSON");
        let mut head = format!("POST /api/v1/{path}\ncontent-type: application/json");
        if !self.token.is_empty() {
            head = format!("{head}\nauthorization: Bearer {}", self.token);
        }
        let answer = self.ask(&head, &body);
        serde_json::from_slice(&answer.body).unwrap_or_else(|error| {
            panic!("{path}: {error}: {}", String::from_utf8_lossy(&answer.body));
        })
    }

    /// Sends a request, whose first line lacks only the version, and reads the answer.
    pub(crate) fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut lines = head.lines();
        let mut request = format!("{} HTTP/1.1\r\n", lines.next().unwrap_or_default());
        for line in lines {
            request.push_str(line);
            request.push_str("\r\n");
        }
        let (host, length) = (self.address, body.len());
        let framing = format!("host: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        request.push_str(&framing);
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        let answer = self.exchange(&request).expect("a request is answered");
        no_panic();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.map_or(answer.len(), |end| end + 4));
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer {
            status: status.unwrap_or_else(|| panic!("this is no answer: {head:?}")),
            head,
            body: body.to_vec(),
        }
    }

    fn exchange(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut tcp = self.connect()?;
        // The relay may answer and close before it has read everything.
        let _refused = tcp.write_all(request);
        let mut answer = Vec::new();
        match tcp.read_to_end(&mut answer) {
            Err(_) if !answer.is_empty() => Ok(answer),
            read => read.map(|_| answer),
        }
    }

    pub(crate) fn connect(&self) -> std::io::Result<TcpStream> {
        let tcp = loop {
            match TcpStream::connect(self.address) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                connected => break connected?,
            }
        };
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        Ok(tcp)
    }
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A panic in one of the relay's tasks ends the task only; so they are counted.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            tell(panic);
        }));
    });
}

/// Nothing in this process panicked until now.
pub(crate) fn no_panic() {
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "the relay panicked");
}
