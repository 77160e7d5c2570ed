//! WebSocket (RFC 6455) as far as a load generator needs it: it must cost less than what it measures.

use std::ops::Range;

use memchr::memmem::Finder;

/// What stands once in every delivery and in nothing else.
pub(super) const MARKER: &[u8] = b"\"message:sent\"";

/// A text frame's opcode.
pub(super) const TEXT: u8 = 1;
/// A ping's opcode.
pub(super) const PING: u8 = 9;
/// A pong's opcode.
pub(super) const PONG: u8 = 10;
/// A close frame's opcode.
pub(super) const CLOSE: u8 = 8;

/// A whole frame at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) opcode: u8,
    /// Where the payload is.
    pub(super) payload: Range<usize>,
}

/// The first frame of what a server sent; `None` when it is not whole yet. Servers do not mask.
pub(super) fn first_frame(bytes: &[u8]) -> Option<Frame> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (start, length) = match second & 0x7f {
        126 => (
            4,
            u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        ),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let end = usize::try_from(length).ok()?.checked_add(start)?;
    (end <= bytes.len()).then_some(Frame {
        opcode: first & 0x0f,
        payload: start..end,
    })
}

/// A client's frame. The mask is zero: allowed, and nothing is lost on loopback.
pub(super) fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(opcode, payload, true)
}

/// A server's frame.
pub(super) fn server_frame(payload: &[u8]) -> Vec<u8> {
    frame(TEXT, payload, false)
}

fn frame(opcode: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mask_bit = if masked { 0x80 } else { 0 };
    let mut frame = vec![0x80 | opcode];
    if let Ok(short) = u8::try_from(payload.len())
        && short < 126
    {
        frame.push(mask_bit | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        frame.push(mask_bit | 0x7e);
        frame.extend(medium.to_be_bytes());
    } else {
        frame.push(mask_bit | 0x7f);
        frame.extend((payload.len() as u64).to_be_bytes());
    }
    if masked {
        frame.extend([0; 4]);
    }
    frame.extend_from_slice(payload);
    frame
}

/// Cuts what one connection receives into frames, across the borders of reads.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
}

impl Frames {
    /// With what was read already.
    pub(super) fn with(rest: Vec<u8>) -> Self {
        Self { rest }
    }

    /// What was read but not taken.
    pub(super) fn into_rest(self) -> Vec<u8> {
        self.rest
    }

    /// Shows every frame that is whole now.
    pub(super) fn read(&mut self, bytes: &[u8], mut each: impl FnMut(u8, &[u8])) {
        let own = if self.rest.is_empty() {
            None
        } else {
            self.rest.extend_from_slice(bytes);
            Some(std::mem::take(&mut self.rest))
        };
        let mut left = own.as_deref().unwrap_or(bytes);
        while let Some(frame) = first_frame(left) {
            each(frame.opcode, &left[frame.payload.clone()]);
            left = &left[frame.payload.end..];
        }
        self.rest = left.to_vec();
    }
}

/// How many deliveries a payload holds: the relay may put many events into one frame.
pub(super) fn deliveries(finder: &Finder<'_>, payload: &[u8]) -> usize {
    finder.find_iter(payload).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_cut_wherever_the_reads_end() {
        let payloads = [0, 1, 125, 126, 70_000].map(|length| vec![b'x'; length]);
        let sent: Vec<u8> = payloads
            .iter()
            .flat_map(|payload| server_frame(payload))
            .collect();
        for step in [1, 7, 4_096, sent.len()] {
            let (mut frames, mut seen) = (Frames::default(), Vec::new());
            for part in sent.chunks(step) {
                frames.read(part, |opcode, payload| {
                    assert_eq!(opcode, TEXT);
                    seen.push(payload.to_vec());
                });
            }
            assert_eq!(seen, payloads, "in steps of {step}");
            assert!(frames.into_rest().is_empty());
        }
    }

    #[test]
    fn events_are_counted_and_not_frames() {
        let finder = Finder::new(MARKER);
        let event =
            r#"{"seq":1,"payload":{"type":"message:sent","data":{"text":"a message:sent, he said"}}}"#;
        let frame = |events: &[&str]| format!(r#"{{"type":"space:events","events":[{}]}}"#, events.join(","));
        assert_eq!(deliveries(&finder, frame(&[event]).as_bytes()), 1);
        assert_eq!(deliveries(&finder, frame(&[event; 16]).as_bytes()), 16);
        assert_eq!(deliveries(&finder, br#"{"type":"op:accepted","data":{}}"#), 0);
    }

    #[test]
    fn a_client_masks_with_nothing() {
        let frame = client_frame(TEXT, b"hello");
        assert_eq!(frame, [&[0x81, 0x85, 0, 0, 0, 0], b"hello".as_slice()].concat());
    }
}
