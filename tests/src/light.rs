//! A client that keeps nothing and decides nothing: REST calls and the frames of a socket as they are.
//!
//! For tests that need many of them, or that do what the client's own session ([`crate::client`]) never would.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::op::Created;
use protocol::rest::{
    Credential, EventPage, InviteMade, InviteSecret, Joined, Me, MessagePage, NewGuest, NewInvite, NewSpace,
    NewTicket, NumberedMessage, SpaceNow, Ticket,
};
use protocol::{
    ClientFrame, Code, DeviceId, Epoch, Event, MemberId, Refusal, Role, Seq, ServerFrame, SpaceId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};

use crate::wait::PATIENCE;
use crate::{Failure, Result};

/// Somebody with a bearer token and one device.
#[derive(Debug, Clone)]
pub struct Person {
    url: String,
    token: String,
    http: reqwest::Client,
    device: DeviceId,
}

/// What came of a call.
type Called<T> = std::result::Result<T, Refused>;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The relay said no.
    #[error("{0}")]
    Because(Refusal),
    /// Nobody answered, or not what the contract names.
    #[error("the relay is away: {0}")]
    Away(String),
}

impl Refused {
    /// The relay's code, if it gave one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Because(refusal) => Some(refusal.code),
            Self::Away(_) => None,
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self(refused.to_string())
    }
}

impl Person {
    /// Becomes a guest of the relay at this address.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn arrive(url: &str, name: &str, device: DeviceId) -> Called<Self> {
        let mut person = Self {
            url: url.to_owned(),
            token: String::new(),
            http: reqwest::Client::new(),
            device,
        };
        let guest = NewGuest {
            name: name.to_owned(),
            credential: Credential::Token,
        };
        let me: Me = person.post("/guests", &guest).await?;
        person.token = me.token.unwrap_or_default();
        Ok(person)
    }

    /// The same person with another device.
    #[must_use]
    pub fn with_device(&self, device: DeviceId) -> Self {
        Self {
            device,
            ..self.clone()
        }
    }

    /// The same person, by way of another address.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// The device with which the person connects.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    async fn call<A: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Called<A> {
        let away = |error: &dyn std::fmt::Display| Refused::Away(error.to_string());
        let request = if self.token.is_empty() {
            request
        } else {
            request.bearer_auth(&self.token)
        };
        let answer = request
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|error| away(&error))?;
        let good = answer.status().is_success();
        let body = answer.bytes().await.map_err(|error| away(&error))?;
        if good {
            return serde_json::from_slice(&body).map_err(|error| away(&error));
        }
        Err(serde_json::from_slice(&body).map_or_else(|error| away(&error), Refused::Because))
    }

    /// `GET` of the REST interface.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn get<A: DeserializeOwned>(&self, path: &str) -> Called<A> {
        self.call(self.http.get(format!("{}/api/v1{path}", self.url)))
            .await
    }

    /// `POST` of the REST interface.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn post<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Called<A> {
        let body = serde_json::to_vec(body).map_err(|error| Refused::Away(error.to_string()))?;
        let request = self.http.post(format!("{}/api/v1{path}", self.url));
        self.call(request.header("content-type", "application/json").body(body))
            .await
    }

    /// Shares a space that begins like this.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn share(&self, space: SpaceId, created: Created) -> Called<MemberId> {
        let joined: Joined = self.post("/spaces", &NewSpace { space, created }).await?;
        Ok(joined.member)
    }

    /// Makes a link; returns its secret.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn invite(&self, space: SpaceId, role: Role) -> Called<String> {
        let life_ms = 3_600_000;
        let made: InviteMade = self
            .post(&format!("/spaces/{space}/invites"), &NewInvite { role, life_ms })
            .await?;
        let secret = made.link.split_once('#').map(|(_, secret)| secret.to_owned());
        secret.ok_or_else(|| Refused::Away("a link without a secret".into()))
    }

    /// Joins with a link's secret.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn join(&self, secret: &str) -> Called<MemberId> {
        let secret = secret.to_owned();
        let joined: Joined = self.post("/invites/redeem", &InviteSecret { secret }).await?;
        Ok(joined.member)
    }

    /// A space's state and epoch, as the relay tells them.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn see(&self, space: SpaceId) -> Called<SpaceNow> {
        self.get(&format!("/spaces/{space}")).await
    }

    /// All events after `since`.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn events(&self, space: SpaceId, since: Seq) -> Called<Vec<Event>> {
        let mut events: Vec<Event> = Vec::new();
        loop {
            let after = events.last().map_or(since, |event| event.envelope.seq);
            let page: EventPage = self.get(&format!("/spaces/{space}/events?since={after}")).await?;
            if page.events.is_empty() {
                return Ok(events);
            }
            events.extend(page.events);
        }
    }

    /// All messages, the oldest first.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn messages(&self, space: SpaceId) -> Called<Vec<NumberedMessage>> {
        let mut messages: Vec<NumberedMessage> = Vec::new();
        loop {
            let before = messages
                .last()
                .map_or(String::new(), |last| format!("?before={}", last.seq));
            let page: MessagePage = self.get(&format!("/spaces/{space}/messages{before}")).await?;
            messages.extend(page.messages);
            if !page.more {
                messages.reverse();
                return Ok(messages);
            }
        }
    }

    /// A ticket for one socket.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn ticket(&self) -> Called<String> {
        let device = self.device;
        let ticket: Ticket = self.post("/realtime/tickets", &NewTicket { device }).await?;
        Ok(ticket.ticket)
    }

    /// A socket that was welcomed.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn connect(&self) -> Result<Line> {
        self.connect_with(None).await
    }

    /// As [`Person::connect`], on a socket whose receive buffer holds about so many bytes.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn connect_with(&self, receive_bytes: Option<u32>) -> Result<Line> {
        let ticket = self.ticket().await?;
        let mut line = Line::open_with(&self.url, receive_bytes).await?;
        line.hello(&ticket).await?;
        match line.next().await {
            Some(ServerFrame::Welcome { .. }) => Ok(line),
            other => Err(Failure(format!("no welcome but {other:?}"))),
        }
    }

    /// A socket in a space, and its first answer: the snapshot, or what it missed.
    ///
    /// # Errors
    /// When the relay refuses or is away.
    pub async fn live(&self, space: SpaceId) -> Result<Line> {
        let mut line = self.connect().await?;
        line.subscribe(space, None, Seq(0)).await?;
        line.until("a snapshot", |frame| {
            matches!(frame, ServerFrame::Snapshot { .. })
        })
        .await?;
        Ok(line)
    }
}

/// A client's end of a socket.
#[derive(Debug)]
pub struct Line {
    stream: WebSocketStream<TcpStream>,
    /// How the other side closed it, if it said so.
    pub closed: Option<CloseFrame>,
}

impl Line {
    /// A socket that has not introduced itself.
    ///
    /// # Errors
    /// When the relay refuses the upgrade or is away.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, None).await
    }

    async fn open_with(url: &str, receive_bytes: Option<u32>) -> Result<Self> {
        let cannot = |error: &dyn std::fmt::Display| Failure(format!("no socket: {error}"));
        let address = url.trim_start_matches("http://");
        let tcp = TcpSocket::new_v4()?;
        if let Some(bytes) = receive_bytes {
            tcp.set_recv_buffer_size(bytes)?;
        }
        let address = address.parse().map_err(|error| cannot(&error))?;
        let tcp = tcp.connect(address).await?;
        tcp.set_nodelay(true)?;
        let request = format!("ws://{address}/api/v1/realtime").into_client_request();
        let mut request = request.map_err(|error| cannot(&error))?;
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(protocol::SUBPROTOCOL),
        );
        // Thousands of these are open in one test.
        let config = WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .write_buffer_size(0);
        let upgrade = tokio_tungstenite::client_async_with_config(request, tcp, Some(config));
        let (stream, _) = tokio::time::timeout(PATIENCE, upgrade)
            .await
            .map_err(|error| cannot(&error))?
            .map_err(|error| cannot(&error))?;
        Ok(Self { stream, closed: None })
    }

    /// Introduces itself.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn hello(&mut self, ticket: &str) -> Result<()> {
        self.send(&ClientFrame::Hello {
            versions: vec![protocol::VERSION],
            ticket: ticket.to_owned(),
        })
        .await
    }

    /// Wants a space from after `since` on.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn subscribe(&mut self, space: SpaceId, epoch: Option<Epoch>, since: Seq) -> Result<()> {
        self.send(&ClientFrame::Subscribe { space, epoch, since }).await
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn send(&mut self, frame: &ClientFrame) -> Result<()> {
        let text = serde_json::to_string(frame).map_err(|error| Failure(error.to_string()))?;
        self.send_message(Message::text(text)).await
    }

    /// Sends anything.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn send_message(&mut self, message: Message) -> Result<()> {
        let sent = self.stream.send(message).await;
        sent.map_err(|error| Failure(format!("the socket broke: {error}")))
    }

    /// The connection under the socket, to send what is no frame.
    pub fn tcp(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
    }

    /// The next text as it came; `None` when the socket is closed or broken.
    pub async fn next_text(&mut self) -> Option<String> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(frame)) => self.closed = frame,
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// The next frame; `None` when the socket is closed or broken. A ping is answered.
    ///
    /// # Panics
    /// When the relay sends what is no frame.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            let text = self.next_text().await?;
            let frame = ServerFrame::parse(&text)
                .unwrap_or_else(|code| panic!("the relay sent what is {code}: {text}"));
            let ServerFrame::Ping { t } = frame else {
                return Some(frame);
            };
            self.send(&ClientFrame::Pong { t }).await.ok()?;
        }
    }

    /// Reads until a frame is like this, passing over others.
    ///
    /// # Errors
    /// When the socket ends before, or the time.
    pub async fn until(
        &mut self,
        what: &str,
        mut is_it: impl FnMut(&ServerFrame) -> bool,
    ) -> Result<ServerFrame> {
        let reading = async {
            while let Some(frame) = self.next().await {
                if is_it(&frame) {
                    return Ok(frame);
                }
            }
            Err(Failure(format!("the socket ended before {what}")))
        };
        tokio::time::timeout(Duration::from_secs(30), reading)
            .await
            .map_err(|_| Failure(format!("waited in vain for {what}")))?
    }

    /// The code of the next `error:raised`.
    ///
    /// # Errors
    /// As [`Line::until`].
    pub async fn error(&mut self) -> Result<Code> {
        let frame = self
            .until("an error", |frame| matches!(frame, ServerFrame::Error { .. }))
            .await?;
        match frame {
            ServerFrame::Error { reason, .. } => Ok(reason.code),
            _ => Err("not an error".into()),
        }
    }

    /// Reads until the socket is closed, at the latest when time is up.
    ///
    /// # Errors
    /// When it stays open.
    pub async fn until_closed(&mut self) -> Result<()> {
        let reading = async { while self.next_text().await.is_some() {} };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .map_err(|_| Failure("the socket stays open".into()))
    }
}
