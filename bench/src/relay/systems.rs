//! A system that fans out: the relay or a rival, with its room, its receivers, and one who publishes.

use std::io::Write;
use std::net::SocketAddr;

use futures_util::{StreamExt, TryStreamExt, stream};
use protocol::event::OpName;
use protocol::{
    Author, Class, DeviceId, Envelope, Event, MemberId, Millis, Payload, Seq, ServerFrame, SpaceId,
};

use super::Result;
use super::crowd::{Crowd, Dialect};
use super::guests::{self, Client, Has, enter, fresh_device, json, message};
use super::line::{Coming, Http, Line};
use super::rivals::Rival;
use super::server::Server;
use super::wire::{TEXT, client_frame};

/// Clients that come at the same time; a person has at most 16 tickets.
const COMING: usize = 16;

/// What a client of a rival waits for, if not this: `TabSpace`'s own frame, so that all carry the same bytes.
pub(super) fn event_text() -> String {
    let device = DeviceId::from_bits(u128::MAX / 3);
    let envelope = Envelope {
        seq: Seq(1_000),
        author: Author {
            member: MemberId::from_bits(u128::MAX / 5),
            op: Some(OpName { device, n: 1_000 }),
        },
        time: Millis(1_780_000_000_000),
        class: Class::Message,
    };
    json(&ServerFrame::Events {
        space: SpaceId::from_bits(u128::MAX / 7),
        events: vec![Event {
            envelope,
            payload: Payload::Op(message()),
        }],
        people: Vec::new(),
    })
}

/// Somebody who publishes.
#[derive(Debug)]
struct Publisher {
    stream: std::net::TcpStream,
    sent: u64,
}

#[derive(Debug)]
enum Kind {
    /// The rooms, each of a person of its own.
    Relay(Vec<(String, SpaceId)>),
    Rival(Rival),
}

/// A running system.
#[derive(Debug)]
pub(super) struct System {
    kind: Kind,
    // Before the server: receivers go before they see it end.
    crowd: Crowd,
    publisher: Option<Publisher>,
    receivers: u64,
    /// Deliveries that are due so far.
    due: u64,
    pub(super) server: Server,
}

impl System {
    /// The relay on its own, with so many rooms.
    pub(super) async fn relay(server: Server, rooms: usize) -> Result<Self> {
        let mut http = Http::connect(server.address, 0).await?;
        let mut spaces = Vec::with_capacity(rooms);
        for _ in 0..rooms {
            let token = guests::guest(&mut http).await?;
            let space = guests::space(&mut http, &token).await?;
            spaces.push((token, space));
        }
        Self::with(Kind::Relay(spaces), Dialect::Relay, server)
    }

    /// A rival, with one room.
    pub(super) async fn rival(rival: Rival) -> Result<Self> {
        Self::with(Kind::Rival(rival), rival.dialect(), rival.start().await?)
    }

    fn with(kind: Kind, dialect: Dialect, server: Server) -> Result<Self> {
        Ok(Self {
            kind,
            crowd: Crowd::start(dialect)?,
            publisher: None,
            receivers: 0,
            due: 0,
            server,
        })
    }

    /// What it is called beside ours; `None` for ours.
    pub(super) fn rival_name(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Relay(_) => None,
            Kind::Rival(rival) => Some(rival.name()),
        }
    }

    /// So many receivers come, spread over the rooms.
    pub(super) async fn seat(&mut self, receivers: usize) -> Result<()> {
        let this = &*self;
        let mut coming = Box::pin(
            stream::iter(0..receivers)
                .map(|client| this.receiver(client, None))
                .buffer_unordered(COMING),
        );
        while let Some(line) = coming.try_next().await? {
            this.crowd.add(line.into_parts()?)?;
        }
        drop(coming);
        self.receivers += receivers as u64;
        Ok(())
    }

    /// A receiver who is in, and not yet counted.
    pub(super) async fn receiver(&self, client: usize, receive_bytes: Option<u32>) -> Result<Line> {
        match &self.kind {
            Kind::Relay(spaces) => {
                let (token, space) = &spaces[client % spaces.len()];
                let mut http = Http::connect(self.server.address, client).await?;
                let client = Client {
                    number: client,
                    token,
                    device: fresh_device(),
                    space: *space,
                    has: Has::default(),
                    receive_bytes,
                };
                Ok(enter(self.server.address, &mut http, client).await?.line)
            }
            Kind::Rival(rival) => join(*rival, self.server.address, client, false).await,
        }
    }

    /// Somebody comes who publishes and receives nothing.
    pub(super) async fn seat_publisher(&mut self) -> Result<()> {
        let line = match &self.kind {
            Kind::Relay(spaces) => {
                let (token, _) = &spaces[0];
                let mut http = Http::connect(self.server.address, 0).await?;
                let space = guests::space(&mut http, token).await?;
                // In a room of his own, so that nothing comes to him but the answers.
                let client = Client {
                    number: 0,
                    token,
                    device: fresh_device(),
                    space,
                    has: Has::default(),
                    receive_bytes: None,
                };
                enter(self.server.address, &mut http, client).await?.line
            }
            Kind::Rival(rival) => join(*rival, self.server.address, 0, true).await?,
        };
        let (stream, rest) = line.into_parts()?;
        let reading = stream.try_clone()?;
        // The crowd reads his answers, and makes the socket nonblocking: what he says is short.
        self.crowd.add((reading, rest))?;
        self.publisher = Some(Publisher { stream, sent: 0 });
        Ok(())
    }

    /// Publishes so many messages in one write, and waits until everyone has them. It blocks the thread.
    pub(super) fn publish(&mut self, count: usize) -> Result<()> {
        let publisher = self.publisher.as_mut().ok_or("nobody is there to publish")?;
        let mut bytes = Vec::new();
        for _ in 0..count {
            publisher.sent += 1;
            bytes.extend(match &self.kind {
                Kind::Relay(spaces) => guests::submit(spaces[0].1, publisher.sent),
                Kind::Rival(rival) => publication(*rival, publisher.sent),
            });
        }
        if matches!(self.kind, Kind::Rival(Rival::Raw)) {
            // How many is all that the loop has to be told.
            bytes = vec![u8::try_from(count)?];
        }
        publisher.stream.write_all(&bytes)?;
        self.due += self.receivers * count as u64;
        self.crowd.wait(self.due, super::PATIENCE)
    }

    /// The same, one message, with the time of each delivery from the write on, in milliseconds.
    pub(super) fn publish_timed(&mut self) -> Result<Vec<f64>> {
        self.crowd.time_from(tokio::time::Instant::now());
        self.publish(1)?;
        Ok(self.crowd.take_latencies())
    }

    /// Deliveries so far.
    pub(super) fn deliveries(&self) -> u64 {
        self.crowd.deliveries()
    }
}

/// Goes into a rival's room.
async fn join(rival: Rival, address: SocketAddr, client: usize, publishes: bool) -> Result<Line> {
    let path = match (rival, publishes) {
        (Rival::Centrifugo, _) => "/connection/websocket",
        (Rival::SocketIo, false) => "/socket.io/?EIO=4&transport=websocket",
        (Rival::SocketIo, true) => "/socket.io/?EIO=4&transport=websocket&publisher=1",
        (_, false) => "/receive",
        (_, true) => "/publish",
    };
    let coming = Coming {
        client,
        path,
        ..Coming::default()
    };
    let mut line = Line::open(address, coming)
        .await?
        .ok_or_else(|| format!("{} takes no more", rival.name()))?;
    match rival {
        Rival::Raw | Rival::Bun | Rival::Ws => drop(line.until("in").await?),
        Rival::SocketIo => {
            line.until("0{").await?;
            line.send("40").await?;
            line.until(r#"42["in""#).await?;
        }
        Rival::Centrifugo => {
            line.send(r#"{"id":1,"connect":{}}"#).await?;
            line.until(r#"{"id":1,"connect""#).await?;
            if !publishes {
                line.send(r#"{"id":2,"subscribe":{"channel":"room"}}"#).await?;
                line.until(r#"{"id":2,"subscribe""#).await?;
            }
        }
    }
    Ok(line)
}

/// A message as a rival's client publishes it.
fn publication(rival: Rival, number: u64) -> Vec<u8> {
    let event = event_text();
    let text = match rival {
        Rival::Raw | Rival::Bun | Rival::Ws => event,
        Rival::SocketIo => format!(r#"42["event",{event}]"#),
        Rival::Centrifugo => {
            format!(
                r#"{{"id":{},"publish":{{"channel":"room","data":{event}}}}}"#,
                number + 2
            )
        }
    };
    client_frame(TEXT, text.as_bytes())
}
