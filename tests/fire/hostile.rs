//! Connections that mean harm: whatever they send, they get a code or are closed, the others are served, and the
//! relay neither panics nor grows.

use std::time::Duration;

use protocol::rest::{Joined, NewTicket, OpAnswers, SubmitOps, Ticket};
use protocol::{ClientFrame, Code, DeviceId, MessageId, Op, Role, Seq, ServerFrame, SpaceId, limits};
use tabspace_tests::light::{Line, Person};
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Failure, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::diary::beginning;
use crate::{QUIET, assert_no_panic, resident_kib};

/// What all of it together may add to the relay's memory: a few frames of the largest size and what the allocator
/// keeps of them.
const BOUND_KIB: u64 = 96 * 1024;

/// Frames of one letter that a guest sends.
const TINY: usize = 10_000;

/// Alice and Bob, who want to go on talking, and Mallory, who has a space of his own and may not be in theirs.
struct Scene {
    relay: RelayProcess,
    alice: Person,
    space: SpaceId,
    at_alice: Line,
    at_bob: Line,
    mallory: Person,
    said: u64,
}

impl Scene {
    async fn open() -> Result<Self> {
        let relay = RelayProcess::start_with(&QUIET)?;
        let space = SpaceId::from_bits(1);
        let alice = Person::arrive(relay.url(), "Alice", DeviceId::from_bits(1)).await?;
        alice.share(space, beginning()).await?;
        let bob = Person::arrive(relay.url(), "Bob", DeviceId::from_bits(2)).await?;
        bob.join(&alice.invite(space, Role::Editor).await?).await?;
        let mallory = Person::arrive(relay.url(), "Mallory", DeviceId::from_bits(3)).await?;
        mallory.share(SpaceId::from_bits(2), beginning()).await?;
        Ok(Self {
            at_alice: alice.live(space).await?,
            at_bob: bob.live(space).await?,
            relay,
            alice,
            space,
            mallory,
            said: 0,
        })
    }

    /// A message of Alice's reaches Bob.
    async fn goes_on(&mut self, after: &str) -> Result<()> {
        self.said += 1;
        let text = format!("{} after {after}", self.said);
        let op = Op::MessageSent {
            message: MessageId::from_bits(self.said.into()),
            text,
        };
        let submit = ClientFrame::Submit {
            space: self.space,
            n: self.said,
            op: op.clone(),
        };
        self.at_alice.send(&submit).await?;
        let payload = protocol::Payload::Op(op);
        self.at_bob
            .until("the message", |frame| {
                matches!(frame, ServerFrame::Events { events, .. } if events.iter().any(|event| event.payload == payload))
            })
            .await
            .map_err(|failure| failure.during(format_args!("after {after}")))?;
        assert_no_panic(&self.relay);
        Ok(())
    }

    async fn tcp(&self) -> Result<TcpStream> {
        let address = self.relay.url().trim_start_matches("http://").to_owned();
        Ok(TcpStream::connect(address).await?)
    }
}

/// Sends bytes on a fresh connection and reads what comes until the end, or until nothing does.
async fn answer_to(scene: &Scene, bytes: &[u8]) -> Result<String> {
    let mut tcp = scene.tcp().await?;
    // The relay may close before it has read everything.
    let _broken = tcp.write_all(bytes).await;
    let _closed = tcp.shutdown().await;
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, tcp.read_to_end(&mut answer));
    let ended = reading
        .await
        .map_err(|_| Failure("the connection stays open".into()))?;
    drop(ended);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_strangers_send_the_others_are_served() -> Result<()> {
    let mut scene = Scene::open().await?;
    let before = resident_kib(&scene.relay)?;

    // Garbage instead of HTTP.
    let noise: Vec<u8> = (0_u32..100_000)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for bytes in [
        noise.as_slice(),
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET",
        b"\r\n\r\n\r\n",
    ] {
        let answer = answer_to(&scene, bytes).await?;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
            "{answer}"
        );
    }
    let header = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(1024 * 1024)
    );
    let answer = answer_to(&scene, header.as_bytes()).await?;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{}",
        &answer[..answer.len().min(80)]
    );
    scene.goes_on("garbage").await?;

    // Handshakes that stop in the middle, held open while the others go on.
    let mut halves = Vec::new();
    for _ in 0..200 {
        let mut tcp = scene.tcp().await?;
        tcp.write_all(b"GET /api/v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webso")
            .await?;
        halves.push(tcp);
    }
    scene.goes_on("half a handshake").await?;
    drop(halves);

    // Sockets that never say who they are are closed, and ask nobody to wait.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(Line::open(scene.relay.url()).await?);
    }
    scene.goes_on("silence").await?;

    // First frames that are no introduction.
    let deep = "[".repeat(limits::FRAME_BYTES);
    for (first, code) in [
        (Message::text("hello"), Code::Malformed),
        (Message::text(deep), Code::TooLarge),
        (Message::binary(vec![0; 100]), Code::HelloFirst),
        (
            Message::text(r#"{"type":"session:ping","data":{"t":1}}"#),
            Code::HelloFirst,
        ),
    ] {
        let mut line = Line::open(scene.relay.url()).await?;
        line.send_message(first).await?;
        assert_eq!(line.error().await?, code);
        line.until_closed().await?;
    }
    scene.goes_on("wrong introductions").await?;

    // A ticket is good once.
    let ticket = scene.mallory.ticket().await?;
    let mut line = Line::open(scene.relay.url()).await?;
    line.hello(&ticket).await?;
    line.until("a welcome", |frame| matches!(frame, ServerFrame::Welcome { .. }))
        .await?;
    for stolen in [ticket.as_str(), "", "x"] {
        let mut again = Line::open(scene.relay.url()).await?;
        again.hello(stolen).await?;
        assert_eq!(again.error().await?, Code::BadTicket);
        again.until_closed().await?;
    }
    scene.goes_on("replayed tickets").await?;

    for mut line in silent {
        line.until_closed().await?;
    }
    let after = resident_kib(&scene.relay)?;
    assert!(after.peak < before.now + BOUND_KIB, "{before:?} {after:?}");
    assert_no_panic(&scene.relay);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_guest_sends_the_others_are_served() -> Result<()> {
    let mut scene = Scene::open().await?;
    let before = resident_kib(&scene.relay)?;
    let mut line = scene.mallory.connect().await?;

    // Ten thousand tiny frames, each answered.
    let (mut sent, mut answered) = (0, 0);
    while answered < TINY {
        while sent < TINY && sent - answered < 500 {
            line.send_message(Message::text("x")).await?;
            sent += 1;
        }
        assert_eq!(line.error().await?, Code::Malformed);
        answered += 1;
    }
    scene.goes_on("tiny frames").await?;

    // Frames of the largest size, and a little more: of nothing, of brackets, of an op.
    let own = SpaceId::from_bits(2);
    let largest = limits::FRAME_BYTES;
    let op = |n: u64, size: usize| {
        let (space, message) = (own, MessageId::from_bits(n.into()));
        let text = "x".repeat(size);
        format!(
            r#"{{"type":"op:submit","data":{{"space":"{space}","n":{n},"op":{{"type":"message:sent","data":{{"message":"{message}","text":"{text}"}}}}}}}}"#
        )
    };
    for _ in 0..3 {
        for (text, code) in [
            ("x".repeat(largest), Code::Malformed),
            ("[".repeat(largest), Code::Malformed),
            (r#"{"type":"#.repeat(largest / 8), Code::Malformed),
            (
                format!(r#"{{"type":"op:submit","data":{}"#, r#"{"op":"#.repeat(200_000)),
                Code::Malformed,
            ),
            ("[".repeat(largest + 1), Code::TooLarge),
        ] {
            line.send_message(Message::text(text)).await?;
            assert_eq!(line.error().await?, code);
        }
        line.send_message(Message::binary(vec![0xff; largest])).await?;
        assert_eq!(line.error().await?, Code::Malformed);
        scene.goes_on("the largest frames").await?;
    }
    for (n, size) in (1..).zip([largest - 300, largest + 300]) {
        line.send_message(Message::text(op(n, size))).await?;
        let refused = line
            .until("a refusal", |frame| matches!(frame, ServerFrame::Refused { .. }))
            .await?;
        assert!(matches!(refused, ServerFrame::Refused { reason, .. } if reason.code == Code::TooLarge));
    }
    scene.goes_on("too large ops").await?;

    // What is somebody else's.
    let space = scene.space;
    line.subscribe(space, None, Seq(0)).await?;
    let closed = line
        .until("the end of it", |frame| {
            matches!(frame, ServerFrame::Closed { .. } | ServerFrame::Snapshot { .. })
        })
        .await?;
    assert!(matches!(closed, ServerFrame::Closed { reason, .. } if reason.code == Code::NoSuchSpace));
    let stolen = Op::SpaceDeleted {};
    line.send(&ClientFrame::Submit {
        space,
        n: 1,
        op: stolen.clone(),
    })
    .await?;
    let refused = line
        .until("a refusal", |frame| {
            matches!(frame, ServerFrame::Refused { .. } | ServerFrame::Accepted { .. })
        })
        .await?;
    assert!(matches!(refused, ServerFrame::Refused { reason, .. } if reason.code == Code::NoSuchSpace));
    let mallory = scene.mallory.clone();
    let device = scene.alice.device();
    let ticket = mallory
        .post::<Ticket>("/realtime/tickets", &NewTicket { device })
        .await;
    assert_eq!(
        ticket.err().and_then(|refused| refused.code()),
        Some(Code::DeviceTaken)
    );
    let ops = vec![protocol::rest::NumberedOp { n: 1, op: stolen }];
    let stolen = SubmitOps {
        device,
        epoch: None,
        ops,
    };
    let submitted = mallory
        .post::<OpAnswers>(&format!("/spaces/{own}/ops"), &stolen)
        .await;
    assert_eq!(
        submitted.err().and_then(|refused| refused.code()),
        Some(Code::DeviceTaken)
    );
    for path in [
        format!("/spaces/{space}"),
        format!("/spaces/{space}/events"),
        format!("/spaces/{space}/messages"),
    ] {
        let seen = mallory.get::<serde_json::Value>(&path).await;
        assert_eq!(
            seen.err().and_then(|refused| refused.code()),
            Some(Code::NoSuchSpace),
            "{path}"
        );
    }
    let redeemed = mallory
        .post::<Joined>(
            "/invites/redeem",
            &protocol::rest::InviteSecret {
                secret: "guessed".into(),
            },
        )
        .await;
    assert_eq!(
        redeemed.err().and_then(|refused| refused.code()),
        Some(Code::NoSuchInvite)
    );
    scene.goes_on("other people's ids").await?;

    // Bytes that are no frame end the connection, and only that: text that is not UTF-8, reserved bits, an unmasked
    // frame, a length without end.
    let broken: [&[u8]; 4] = [
        b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc",
        b"\xf1\x81\0\0\0\0x",
        b"\x81\x01x",
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
    ];
    for bytes in broken {
        let mut line = mallory.with_device(DeviceId::from_bits(4)).connect().await?;
        line.tcp().write_all(bytes).await?;
        line.until_closed().await?;
    }
    scene.goes_on("what is no frame").await?;

    // A frame that begins and never ends holds nobody up.
    let mut unfinished = mallory.with_device(DeviceId::from_bits(5)).connect().await?;
    unfinished
        .tcp()
        .write_all(b"\x81\xff\0\0\0\0\0\x20\0\0\0\0\0\0")
        .await?;
    unfinished.tcp().write_all(&vec![b'['; 1024 * 1024]).await?;
    scene.goes_on("half a frame").await?;

    let after = resident_kib(&scene.relay)?;
    assert!(after.peak < before.now + BOUND_KIB, "{before:?} {after:?}");
    eprintln!("hostile guest: {before:?} -> {after:?} KiB");
    let whole = scene.alice.see(space).await?.state;
    assert_eq!(whole.messages.len() as u64, scene.said);
    assert_no_panic(&scene.relay);
    // The relay still ends in order.
    tokio::time::timeout(Duration::from_secs(30), scene.relay.shut_down())
        .await
        .map_err(|_| Failure("the relay does not end".into()))?
}
