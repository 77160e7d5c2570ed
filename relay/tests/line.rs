//! What goes over a line: whole frames in order however little the line takes, and what WebSocket asks of both
//! sides.

mod harness;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use harness::{Person, Place, Running, Socket, message, request, until, within};
use hyper::Method;
use protocol::{ClientFrame, Role, Seq, ServerFrame, SpaceId, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{self, Message};

/// Gives one byte at a time, once it shall.
struct Sipped {
    stream: std::net::TcpStream,
    by_byte: bool,
}

impl Read for Sipped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = if self.by_byte { 1 } else { buffer.len() };
        self.stream.read(&mut buffer[..most])
    }
}

impl Write for Sipped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A live socket that reads nothing until it is told to, and then byte by byte up to an event. Gives back the
/// places of the events and how long their texts are.
async fn sip(
    person: &Person,
    space: SpaceId,
    last: Seq,
) -> (oneshot::Sender<()>, impl Future<Output = Vec<(u64, usize)>>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    // The smaller the buffer, the more often the relay can write but a part.
    socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    let stream = socket
        .connect(person.address.parse().expect("an address"))
        .await
        .expect("a connection");
    let stream = stream.into_std().expect("a connection");
    stream.set_nonblocking(false).expect("it may block");
    let stream = Sipped {
        stream,
        by_byte: false,
    };
    let mut request = format!("ws://{}/api/v1/realtime", person.address)
        .into_client_request()
        .expect("an address");
    let protocol = protocol::SUBPROTOCOL.parse().expect("a header");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let ticket = person.ticket().await.expect("a ticket");
    let (listening, listens) = oneshot::channel::<()>();
    let (go, told) = oneshot::channel::<()>();
    let sipped = tokio::task::spawn_blocking(move || {
        let (mut socket, _) = tungstenite::client(request, stream).expect("an upgrade");
        socket.get_mut().by_byte = true;
        let hello = ClientFrame::Hello {
            versions: vec![protocol::VERSION],
            ticket,
        };
        let subscribe = ClientFrame::Subscribe {
            space,
            epoch: None,
            since: Seq(0),
        };
        for frame in [hello, subscribe] {
            let text = serde_json::to_string(&frame).expect("JSON");
            socket.send(Message::text(text)).expect("the relay reads");
        }
        let mut next = move || {
            let text = socket
                .read()
                .expect("the relay writes")
                .into_text()
                .expect("a text");
            ServerFrame::parse(&text).expect("a frame that the protocol knows")
        };
        while !matches!(next(), ServerFrame::PresenceListed { .. }) {}
        listening.send(()).expect("somebody waits");
        told.blocking_recv().expect("somebody tells");
        let mut heard = Vec::new();
        while heard.last().is_none_or(|(seq, _)| *seq < last.0) {
            if let ServerFrame::Events { events, .. } = next() {
                let told = |event: &protocol::Event| {
                    let text = serde_json::to_string(&event.payload).expect("JSON");
                    (event.envelope.seq.0, text.matches('X').count())
                };
                heard.extend(events.iter().map(told));
            }
        }
        heard
    });
    within("the socket is live", listens)
        .await
        .expect("the socket is live");
    (go, async {
        within("all is sipped", sipped).await.expect("nothing goes wrong")
    })
}

#[tokio::test]
async fn who_reads_a_byte_at_a_time_gets_every_frame_whole_and_in_order() {
    const COUNT: u64 = 60;
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let (go, sipped) = sip(&bob, space, Seq(2 + COUNT)).await;
    let mut at_alice = alice.live(space).await;
    let length = |n: u64| limits::MESSAGE_BYTES - usize::try_from(n).unwrap() * 7;
    for n in 1..=COUNT {
        at_alice
            .op(space, n, message(&"X".repeat(length(n))))
            .await
            .unwrap();
    }
    go.send(()).unwrap();
    let expected: Vec<_> = (1..=COUNT).map(|n| (2 + n, length(n))).collect();
    assert_eq!(sipped.await, expected);
    relay.stop().await;
}

#[tokio::test]
async fn a_websocket_ping_is_answered_while_events_flow() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let (mut at_alice, mut at_bob) = (alice.live(space).await, bob.live(space).await);
    for n in 1..=20_u8 {
        let ping = Message::Ping(vec![n].into());
        let ((), accepted) = tokio::join!(
            at_bob.send_message(ping),
            at_alice.op(space, n.into(), message("meanwhile"))
        );
        at_bob.event(accepted.unwrap()).await;
    }
    at_bob.send(&ClientFrame::Ping { t: 1 }).await;
    at_bob
        .wait("what was asked last", |frame| {
            matches!(frame, ServerFrame::Pong { .. })
        })
        .await;
    assert_eq!(at_bob.seqs(), (3..=22).collect::<Vec<_>>());
    assert_eq!(at_bob.pongs, (1..=20).map(|n| vec![n]).collect::<Vec<_>>());
    relay.stop().await;
}

#[tokio::test]
async fn a_frame_may_come_in_parts_and_slowly() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let mut socket = alice.live(space).await;
    let submit = ClientFrame::Submit {
        space,
        n: 1,
        op: message("in parts"),
    };
    let text = serde_json::to_string(&submit).unwrap();
    let parts: Vec<_> = text.as_bytes().chunks(10).map(<[u8]>::to_vec).collect();
    for (at, part) in parts.iter().enumerate() {
        let opcode = if at == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(part.clone(), OpCode::Data(opcode), at + 1 == parts.len());
        socket.send_message(Message::Frame(frame)).await;
        socket.send_message(Message::Ping("between".into())).await;
    }
    let event = socket.event(Seq(2)).await;
    assert_eq!(event.envelope.author.op.map(|name| name.n), Some(1));
    relay.stop().await;
}

#[tokio::test]
async fn who_is_still_talking_when_a_connection_ends_is_told_why() {
    let relay = Running::on(&Place::folder()).await;
    let mut line = TcpStream::connect(&relay.address).await.unwrap();
    let upgrade = format!(
        "GET /api/v1/realtime HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: {}\r\n\r\n",
        relay.address,
        protocol::SUBPROTOCOL
    );
    line.write_all(upgrade.as_bytes()).await.unwrap();
    // An introduction of a mebibyte, of which a part is on its way when the relay has read enough.
    line.write_all(b"\x81\xff\0\0\0\0\0\x10\0\0\0\0\0\0")
        .await
        .unwrap();
    line.write_all(&vec![b'x'; 128 * 1024]).await.unwrap();
    until("the relay has had its last words", async || {
        let metrics = request(&relay.address, Method::GET, "/metrics", &[], Vec::new()).await;
        String::from_utf8_lossy(&metrics.body).contains("tabspace_refusals_total{code=\"too_large\"} 1")
    })
    .await;
    line.write_all(&vec![b'x'; 128 * 1024]).await.unwrap();
    let mut heard = Vec::new();
    within("the end", line.read_to_end(&mut heard)).await.unwrap();
    assert!(String::from_utf8_lossy(&heard).contains("too_large"));
    relay.stop().await;
}

#[tokio::test]
async fn ops_that_come_together_are_decided_together_and_answered_one_by_one() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let mut socket = alice.live(space).await;
    let elsewhere = harness::id();
    // A number is left out, a space is foreign, one cannot be read, and one speaks in between.
    let submit = |space, n, text: &str| ClientFrame::Submit {
        space,
        n,
        op: message(text),
    };
    let frames = [
        submit(space, 1, "one"),
        submit(space, 2, ""),
        submit(space, 3, "three"),
        submit(space, 5, "five"),
        submit(space, 6, "six"),
        ClientFrame::Ping { t: 9 },
        submit(elsewhere, 1, "not mine"),
        submit(space, 4, "four"),
    ];
    for frame in &frames {
        socket.send(frame).await;
    }
    let mut fates = Vec::new();
    while fates.len() < 7 {
        match socket.next().await.expect("the socket stays open") {
            ServerFrame::Accepted { n, seq, .. } => fates.push((n, Ok(seq.0))),
            ServerFrame::Refused { n, reason, .. } => fates.push((n, Err(reason.code))),
            _ => {}
        }
    }
    // Who may not be in a space is answered without the writer, thus perhaps earlier.
    fates.retain(|fate| *fate != (1, Err(protocol::Code::NoSuchSpace)));
    assert_eq!(
        fates,
        [
            (1, Ok(2)),
            (2, Err(protocol::Code::BadText)),
            (3, Ok(3)),
            (5, Err(protocol::Code::OpGap)),
            (6, Err(protocol::Code::OpGap)),
            (4, Ok(4)),
        ]
    );
    relay.stop().await;
}

/// The relay as it is shipped, as a process of its own.
struct Process(Child);

impl Process {
    /// Starts it; where it listens.
    fn start(place: &tempfile::TempDir) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tabspace-relay"))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(place.path())
            // What is sent here would be too fast for one person.
            .env("TABSPACE_RATES", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the relay starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("its first line");
        let address = line.trim().rsplit('/').next().expect("an address").to_owned();
        (Self(child), address)
    }

    fn resident_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("it runs");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .expect("a line with it");
        line.split_whitespace()
            .nth(1)
            .expect("a number")
            .parse::<usize>()
            .expect("a number")
            * 1024
    }
}

impl std::ops::Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn those_who_stop_reading_are_closed_cost_little_and_harm_nobody() {
    const DEAF: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let (process, address) = Process::start(&folder);
    let (alice, space) = harness::alice_at(&address).await;
    let carol = harness::invited_at(&address, &alice, space, "Carol", Role::Viewer).await;
    let (mut at_alice, mut at_carol) = (alice.live(space).await, carol.live(space).await);
    let mut deaf: Vec<(Person, Socket)> = Vec::new();
    for _ in 0..DEAF {
        let bob = harness::invited_at(&address, &alice, space, "Bob", Role::Viewer).await;
        let socket = bob.live(space).await;
        deaf.push((bob, socket));
    }
    let first = at_alice.op(space, 1, message("first")).await.unwrap();
    let before = process.resident_bytes();
    let text = "x".repeat(limits::MESSAGE_BYTES);
    let (mut n, mut peak, mut gone) = (1, 0, 0);
    while gone < DEAF {
        assert!(n < 4_000, "somebody who does not listen is still served");
        for _ in 0..16 {
            n += 1;
            let op = message(&text);
            at_alice.send(&ClientFrame::Submit { space, n, op }).await;
        }
        at_carol.event(Seq(first.0 + n - 1)).await;
        at_alice.event(Seq(first.0 + n - 1)).await;
        let went = |frame: &&ServerFrame| matches!(frame, ServerFrame::PresenceGone { .. });
        gone += at_alice.heard.drain(..).filter(|frame| went(&frame)).count();
        peak = process.resident_bytes().max(peak);
        let seqs = at_carol.seqs();
        assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]));
        let all_but_last = at_carol.heard.len() - 1;
        at_carol.heard.drain(..all_but_last);
    }
    // What waits for them is the same few frames; beside it the relay keeps the last events and messages, and SQLite
    // up to 16 MiB of its pages. The allocator gives back late what was freed.
    let grown = peak.saturating_sub(before);
    assert!(grown < 96 * 1024 * 1024, "{grown} bytes more");
    for (_, socket) in &mut deaf {
        socket.until_closed().await;
        let code = socket.closed.as_ref().map(|frame| u16::from(frame.code));
        assert_eq!(code, Some(1008));
        let raised = socket.heard.last();
        assert!(
            matches!(raised, Some(ServerFrame::Error { reason, .. }) if reason.code == protocol::Code::SlowConsumer)
        );
    }
    // Nothing of them stays.
    until("all have left", async || {
        let metrics = harness::request(&address, hyper::Method::GET, "/metrics", &[], Vec::new()).await;
        String::from_utf8_lossy(&metrics.body).contains("tabspace_connections 2\n")
    })
    .await;
}
