//! What goes over a line: a frame is written once, as JSON behind WebSocket's header, whoever gets it; and
//! what arrives is read by the WebSocket library, which never touches the line.
//!
//! Between two frames a [`Reader`] holds nothing: the library's state lives only while a frame is incomplete.

use std::io::{self, Cursor, Read, Write};

use bytes::{Buf, Bytes};
use protocol::{ServerFrame, limits};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};
use tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, error::CapacityError};

/// The longest header of a frame that nobody masks.
const HEADER_BYTES: usize = 10;
/// Bytes of the library's buffer, which is there while something is read.
const READ_BUFFER: usize = 1024;

/// A frame as it goes over the wire.
pub(super) fn encode(frame: &ServerFrame) -> Bytes {
    encode_all([frame])
}

/// Frames as they go over the wire, one behind the other.
pub(super) fn encode_all<'a>(frames: impl IntoIterator<Item = &'a ServerFrame>) -> Bytes {
    let mut wire = Vec::new();
    for frame in frames {
        append(&mut wire, frame);
    }
    wire.into()
}

fn append(wire: &mut Vec<u8>, frame: &ServerFrame) {
    let start = wire.len();
    // The header's length depends on the text's: room for the longest, then the text moves up to it.
    wire.extend_from_slice(&[0; HEADER_BYTES]);
    let text = wire.len();
    serde_json::to_writer(&mut *wire, frame).expect("a frame holds only what JSON can say");
    let length = (wire.len() - text) as u64;
    let header = FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    };
    let behind = start + header.len(length);
    header
        .format(length, &mut &mut wire[start..behind])
        .expect("the header is as long as it says");
    wire.copy_within(text.., behind);
    wire.truncate(wire.len() - (text - behind));
}

/// The last frame of a connection.
pub(super) fn close(reason: Option<(u16, &'static str)>) -> Bytes {
    let frame = Frame::close(reason.map(|(code, reason)| CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }));
    let mut wire = Vec::with_capacity(frame.len());
    frame.format(&mut wire).expect("memory takes it all");
    wire.into()
}

/// Why nothing more can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// A frame or message is so large that the rest cannot be read.
    TooLarge,
    /// It is no WebSocket.
    Broken,
}

/// What somebody said.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// A frame of the protocol.
    Text(tungstenite::Utf8Bytes),
    /// Something else.
    Binary,
    /// Good-bye.
    Close,
}

/// Makes messages of what arrives.
#[derive(Debug)]
pub struct Reader {
    /// Only while a message is incomplete.
    context: Option<Box<WebSocketContext>>,
    pipe: Pipe,
    /// Bytes of the largest message.
    limit: usize,
    /// Nothing that has arrived is left but the beginning of a frame.
    idle: bool,
}

impl Reader {
    /// A reader of messages of `limit` bytes, behind whose upgrade this has arrived already.
    pub fn new(arrived: Bytes, limit: usize) -> Self {
        let pipe = Pipe {
            input: arrived,
            ..Pipe::default()
        };
        Self {
            context: None,
            pipe,
            limit,
            idle: false,
        }
    }

    /// How large messages may be from here on. What is a little too large is answered with a code; only what is
    /// far too large ends the connection.
    pub fn trust(&mut self) {
        self.limit = 2 * limits::FRAME_BYTES;
        if let Some(context) = &mut self.context {
            let limit = self.limit;
            context.set_config(|config| *config = bounded(limit));
        }
    }

    /// Something arrived.
    pub fn feed(&mut self, arrived: Bytes) {
        self.idle = false;
        if self.pipe.input.is_empty() {
            self.pipe.input = arrived;
        } else {
            self.pipe.input = [&self.pipe.input[..], &arrived].concat().into();
        }
    }

    /// Whether more has to arrive before something is said.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// The next message of what has arrived. `None` when there is none yet.
    pub fn read(&mut self) -> Result<Option<Said>, Unreadable> {
        loop {
            let limit = self.limit;
            let context = self
                .context
                .get_or_insert_with(|| Box::new(WebSocketContext::new(Role::Server, Some(bounded(limit)))));
            let said = match context.read(&mut self.pipe) {
                Ok(Message::Text(text)) => Said::Text(text),
                Ok(Message::Binary(_)) => Said::Binary,
                Ok(Message::Close(_)) => {
                    // The library writes its answer and says that this was all.
                    drop(context.flush(&mut self.pipe));
                    Said::Close
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.pipe.is_between_messages() {
                        self.context = None;
                    }
                    self.idle = true;
                    return Ok(None);
                }
                Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
                    return Err(Unreadable::TooLarge);
                }
                Err(_) => return Err(Unreadable::Broken),
            };
            return Ok(Some(said));
        }
    }

    /// What the library answers by itself.
    pub fn take_answers(&mut self) -> Option<Bytes> {
        (!self.pipe.output.is_empty()).then(|| std::mem::take(&mut self.pipe.output).into())
    }
}

fn bounded(limit: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit))
}

/// What the library takes for the line. It gets no byte beyond the frame that it reads, so that it holds
/// nothing when a frame is complete.
#[derive(Debug, Default)]
struct Pipe {
    input: Bytes,
    output: Vec<u8>,
    /// Bytes of the frame that were not given yet.
    frame: usize,
    /// A message has begun and its last frame did not.
    in_parts: bool,
}

impl Pipe {
    fn is_between_messages(&self) -> bool {
        self.frame == 0 && !self.in_parts
    }

    /// Begins the next frame. `false` when its header is incomplete.
    fn begin(&mut self) -> bool {
        let mut cursor = Cursor::new(&self.input);
        match FrameHeader::parse(&mut cursor) {
            Ok(Some((header, length))) => {
                let header_bytes = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                self.frame = header_bytes.saturating_add(length);
                if !matches!(header.opcode, OpCode::Control(_)) {
                    self.in_parts = !header.is_final;
                }
                true
            }
            Ok(None) => false,
            // The library will say so too.
            Err(_) => {
                self.frame = self.input.len();
                true
            }
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() || self.frame == 0 && !self.begin() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = buffer.len().min(self.input.len()).min(self.frame);
        self.input.copy_to_slice(&mut buffer[..count]);
        self.frame -= count;
        if self.input.is_empty() {
            self.input = Bytes::new();
        }
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
