//! A client's end of a socket to the relay.

use futures_util::{SinkExt, StreamExt};
use hyper::StatusCode;
use protocol::{ClientFrame, Code, DeviceId, Event, Op, Seq, ServerFrame, Signal, SpaceId};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message, protocol::CloseFrame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::within;

/// A client's end of a WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// How the other side closed it.
    pub(crate) closed: Option<CloseFrame>,
    /// Everything that was read.
    pub(crate) heard: Vec<ServerFrame>,
    /// What WebSocket's own pings were answered with.
    pub(crate) pongs: Vec<Vec<u8>>,
}

impl Socket {
    /// The upgrade; `Err` is the status of a refusal.
    pub(crate) async fn open(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, StatusCode> {
        let mut request = format!("ws://{address}/api/v1/realtime")
            .into_client_request()
            .expect("an address");
        let protocol = protocol::SUBPROTOCOL.parse().expect("a header");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, value.parse().expect("a header"));
        }
        match within("the upgrade", tokio_tungstenite::connect_async(request)).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                closed: None,
                heard: Vec::new(),
                pongs: Vec::new(),
            }),
            Err(tungstenite::Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("no upgrade: {error}"),
        }
    }

    pub(crate) async fn hello(&mut self, ticket: &str) {
        self.send(&ClientFrame::Hello {
            versions: vec![protocol::VERSION],
            ticket: ticket.to_owned(),
        })
        .await;
    }

    pub(crate) async fn send(&mut self, frame: &ClientFrame) {
        self.send_text(serde_json::to_string(frame).expect("JSON")).await;
    }

    /// Sends a signal to the room, or to one device in it.
    pub(crate) async fn signal(&mut self, space: SpaceId, to: Option<DeviceId>, signal: Signal) {
        self.send(&ClientFrame::Signal { space, to, signal }).await;
    }

    pub(crate) async fn send_text(&mut self, text: impl Into<String>) {
        self.send_message(Message::text(text.into())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        // A socket that the relay closed is noticed when it is read.
        drop(within("a frame is taken", self.stream.send(message)).await);
    }

    /// The next frame; `None` when the relay closed the socket.
    pub(crate) async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            match within("a frame", self.stream.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let frame = ServerFrame::parse(&text).expect("a frame that the protocol knows");
                    self.heard.push(frame.clone());
                    return Some(frame);
                }
                Some(Ok(Message::Close(frame))) => self.closed = frame,
                Some(Ok(Message::Pong(said))) => self.pongs.push(said.to_vec()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The first frame from here on that is as wanted.
    pub(crate) async fn wait(&mut self, what: &str, wanted: impl Fn(&ServerFrame) -> bool) -> ServerFrame {
        loop {
            match self.next().await {
                Some(frame) if wanted(&frame) => return frame,
                Some(_) => {}
                None => panic!(
                    "the relay closed the socket before {what}; it said {:?}",
                    self.heard.last()
                ),
            }
        }
    }

    /// The code of the next error.
    pub(crate) async fn error(&mut self) -> Code {
        match self
            .wait("an error", |frame| matches!(frame, ServerFrame::Error { .. }))
            .await
        {
            ServerFrame::Error { reason, .. } => reason.code,
            _ => unreachable!("it was waited for"),
        }
    }

    /// Reads to the end.
    pub(crate) async fn until_closed(&mut self) {
        while self.next().await.is_some() {}
    }

    /// Submits an op and waits for its fate.
    pub(crate) async fn op(&mut self, space: SpaceId, n: u64, op: Op) -> Result<Seq, Code> {
        self.send(&ClientFrame::Submit { space, n, op }).await;
        let fate = |frame: &ServerFrame| match frame {
            ServerFrame::Accepted { n: of, .. } | ServerFrame::Refused { n: of, .. } => *of == n,
            _ => false,
        };
        match self.wait("an op's fate", fate).await {
            ServerFrame::Accepted { seq, .. } => Ok(seq),
            ServerFrame::Refused { reason, .. } => Err(reason.code),
            _ => unreachable!("it was waited for"),
        }
    }

    /// Reads until an event of this place came.
    pub(crate) async fn event(&mut self, seq: Seq) -> Event {
        let found = |frame: &ServerFrame| match frame {
            ServerFrame::Events { events, .. } => {
                events.iter().find(|event| event.envelope.seq == seq).cloned()
            }
            _ => None,
        };
        if let Some(event) = self.heard.iter().find_map(found) {
            return event;
        }
        let frame = self.wait("an event", |frame| found(frame).is_some()).await;
        found(&frame).expect("it was waited for")
    }

    /// The places of all events that came, in the order in which they came.
    pub(crate) fn seqs(&self) -> Vec<u64> {
        let events = self.heard.iter().filter_map(|frame| match frame {
            ServerFrame::Events { events, .. } | ServerFrame::Resumed { events, .. } => Some(events),
            _ => None,
        });
        events.flatten().map(|event| event.envelope.seq.0).collect()
    }
}
