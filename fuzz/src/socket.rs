//! Frames of a client to a relay, over a real socket: a frame a line, `$space` stands for a space of Alice's. Whatever
//! is sent, the socket stays open, every op that is named is answered once, and all that comes can be read.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use protocol::rest::{NewTicket, Ticket};
use protocol::{ClientFrame, SUBPROTOCOL, ServerFrame, VERSION};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::place::{DEVICE, Place, no_panic};
use crate::text::text;

/// Frames of one input: fewer than may be on their way.
const MOST: usize = 40;
/// What the last frame asks to have back.
const LAST: i64 = 4_711;

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    Place::with(|place| {
        let space = place.space().to_string();
        let text = text.replace("$space", &space);
        let lines: Vec<&str> = text.lines().take(MOST).collect();
        let mut line = Line::open(place);
        for frame in &lines {
            line.send(frame);
        }
        line.send(&format!(r#"{{"type":"session:ping","data":{{"t":{LAST}}}}}"#));
        let mut owed = lines
            .iter()
            .filter(|line| ClientFrame::submitted_name(line).is_some())
            .count();
        let mut heard_last = false;
        while owed > 0 || !heard_last {
            match line.next() {
                ServerFrame::Accepted { .. } | ServerFrame::Refused { .. } => {
                    owed = owed.checked_sub(1).expect("an op is answered once");
                }
                ServerFrame::Pong { t: LAST } => heard_last = true,
                _ => {}
            }
        }
        no_panic();
    });
}

/// A connection whose calls go on when a signal interrupts them: the fuzzer's clock is one.
struct Steady(TcpStream);

fn steadily<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl Read for Steady {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        steadily(|| self.0.read(buffer))
    }
}

impl Write for Steady {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        steadily(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        steadily(|| self.0.flush())
    }
}

struct Line(WebSocket<Steady>);

impl Line {
    /// A socket that was welcomed.
    fn open(place: &Place) -> Self {
        let ticket: Ticket = place.post("realtime/tickets", &NewTicket { device: DEVICE });
        let address = format!("ws://{}/api/v1/realtime", place.address);
        let mut request = address.into_client_request().expect("an address");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
        let tcp = place.connect().expect("the relay listens");
        let (socket, _) = tungstenite::client(request, Steady(tcp)).expect("the relay opens sockets");
        let mut line = Self(socket);
        let hello = ClientFrame::Hello {
            versions: vec![VERSION],
            ticket: ticket.ticket,
        };
        line.send(&serde_json::to_string(&hello).expect("a frame is JSON"));
        let welcome = line.next();
        assert!(matches!(welcome, ServerFrame::Welcome { .. }), "{welcome:?}");
        line
    }

    fn send(&mut self, text: &str) {
        let sent = self.0.send(Message::text(text));
        sent.expect("the socket is open");
    }

    fn next(&mut self) -> ServerFrame {
        loop {
            match self.0.read().expect("the socket stays open and says something") {
                Message::Text(text) => {
                    return ServerFrame::parse(&text).unwrap_or_else(|code| panic!("{code}: {text}"));
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
