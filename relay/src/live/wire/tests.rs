//! Both directions on their own, beside the library's own client.

use super::*;

/// The library's client: what it writes, and what it makes of what it is given.
fn client() -> WebSocketContext {
    WebSocketContext::new(Role::Client, Some(bounded(usize::MAX)))
}

fn written(context: &mut WebSocketContext, message: Message) -> Bytes {
    let mut pipe = Pipe::default();
    context.write(&mut pipe, message).unwrap();
    context.flush(&mut pipe).unwrap();
    pipe.output.into()
}

/// A message in parts, with something in between.
fn in_parts(parts: &[&'static str], between: &Message) -> Bytes {
    let mut context = client();
    let mut wire = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let opcode = if at == 0 { Data::Text } else { Data::Continue };
        let last = at + 1 == parts.len();
        let frame = Frame::message(*part, OpCode::Data(opcode), last);
        wire.extend(written(&mut context, Message::Frame(frame)));
        if !last {
            wire.extend(written(&mut context, between.clone()));
        }
    }
    wire.into()
}

fn text(reader: &mut Reader) -> Option<String> {
    match reader.read().unwrap()? {
        Said::Text(text) => Some(text.as_str().to_owned()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_frame_of_any_length_is_read_by_the_library() {
    for length in [0, 50, 80, 100, 1_000, 65_500, 65_600, 300_000] {
        let frame = ServerFrame::Closed {
            space: protocol::SpaceId::from_bits(1),
            reason: protocol::Refusal {
                message: "x".repeat(length),
                ..protocol::Code::Removed.into()
            },
        };
        let wire = encode_all([&frame, &frame]);
        assert_eq!(wire, [encode(&frame), encode(&frame)].concat());
        let mut pipe = Pipe {
            input: wire,
            ..Pipe::default()
        };
        let mut context = client();
        for _ in 0..2 {
            let message = context.read(&mut pipe).unwrap();
            assert_eq!(ServerFrame::parse(message.to_text().unwrap()), Ok(frame.clone()));
        }
    }
}

#[test]
fn however_the_bytes_arrive_the_same_is_said_and_nothing_is_held_in_between() {
    let mut wire = Vec::from(written(&mut client(), Message::text("one")));
    wire.extend(in_parts(&["two ", "in ", "parts"], &Message::Ping("p".into())));
    wire.extend(written(&mut client(), Message::text("x".repeat(70_000))));
    for step in [1, 2, 7, 100, 4_096, wire.len()] {
        let mut reader = Reader::new(Bytes::new(), 100_000);
        let mut said = Vec::new();
        let mut answers = Vec::new();
        for bytes in wire.chunks(step) {
            reader.feed(Bytes::copy_from_slice(bytes));
            while let Some(text) = text(&mut reader) {
                said.push(text);
            }
            answers.extend(reader.take_answers().unwrap_or_default());
        }
        assert_eq!(said[..2], ["one", "two in parts"], "{step} bytes at a time");
        assert_eq!(said[2].len(), 70_000);
        assert_eq!(answers, b"\x8a\x01p\x8a\x01p", "two pongs");
        assert!(reader.is_idle() && reader.context.is_none());
    }
}

#[test]
fn what_is_too_large_or_no_websocket_is_told_apart() {
    let mut reader = Reader::new(written(&mut client(), Message::text("x".repeat(101))), 100);
    assert_eq!(reader.read(), Err(Unreadable::TooLarge));
    let mut reader = Reader::new(in_parts(&["12345", "67890"], &Message::Pong("".into())), 9);
    assert_eq!(reader.read(), Err(Unreadable::TooLarge));
    for broken in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x81\x01x",
        b"\x83\x80\0\0\0\0",
        b"\x81\x81\0\0\0\0\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut reader = Reader::new(Bytes::copy_from_slice(broken), 1 << 40);
        assert!(
            matches!(reader.read(), Err(Unreadable::Broken)),
            "{}",
            broken.escape_ascii()
        );
    }
}

#[test]
fn a_good_bye_is_answered() {
    let mut reader = Reader::new(written(&mut client(), Message::Close(None)), 100);
    assert_eq!(reader.read(), Ok(Some(Said::Close)));
    assert_eq!(reader.take_answers(), Some(close(None)));
}
