//! One connection of a client, while it is being set up: HTTP calls, and a WebSocket until it is handed over.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::Result;
use super::wire::{CLOSE, Frames, PING, PONG, TEXT, client_frame};

/// Source addresses over which clients are spread: the ports of one are too few for all.
const SOURCES: usize = 8;

/// Connects from one of several addresses of this machine.
async fn connect(address: SocketAddr, client: usize, receive_bytes: Option<u32>) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    let last = u8::try_from(2 + client % SOURCES).unwrap_or(2);
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// An answer over HTTP.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A connection for HTTP/1.1 calls, one after the other.
#[derive(Debug)]
pub(super) struct Http {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Http {
    pub(super) async fn connect(address: SocketAddr, client: usize) -> Result<Self> {
        let stream = connect(address, client, None).await?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1_024),
        })
    }

    /// A request as it goes over the wire.
    pub(super) fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
        let bearer = token.map_or(String::new(), |token| {
            format!("authorization: Bearer {token}\r\n")
        });
        format!(
            "{method} {path} HTTP/1.1\r\nhost: relay\r\n{bearer}content-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn call(&mut self, request: &str) -> Result<Answer> {
        self.stream.write_all(request.as_bytes()).await?;
        let head = loop {
            if let Some(end) = end_of_head(&self.buffer) {
                break end;
            }
            self.more().await?;
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let status = status(&text).ok_or("an answer without a status")?;
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse::<usize>().ok())
            .ok_or_else(|| format!("an answer without a length: {text}"))?;
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        let body = self.buffer[head..head + length].to_vec();
        self.buffer.drain(..head + length);
        Ok(Answer { status, body })
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

/// Where the head of an answer ends, the empty line included.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

fn status(head: &str) -> Option<u16> {
    head.split(' ').nth(1)?.parse().ok()
}

/// How a client comes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Coming<'a> {
    /// Which of the clients this is.
    pub(super) client: usize,
    pub(super) path: &'a str,
    pub(super) subprotocol: Option<&'a str>,
    /// Bytes of the socket's receive buffer, for one that will not read.
    pub(super) receive_bytes: Option<u32>,
}

/// A WebSocket.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    frames: Frames,
    waiting: VecDeque<(u8, Vec<u8>)>,
}

impl Line {
    /// Opens a WebSocket; `None` when the server wants no more at this moment (429 or 503).
    pub(super) async fn open(address: SocketAddr, coming: Coming<'_>) -> Result<Option<Self>> {
        let mut stream = connect(address, coming.client, coming.receive_bytes).await?;
        let subprotocol = coming.subprotocol.map_or(String::new(), |name| {
            format!("sec-websocket-protocol: {name}\r\n")
        });
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{subprotocol}\r\n",
            coming.path
        );
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::with_capacity(1_024);
        let head = loop {
            if let Some(end) = end_of_head(&buffer) {
                break end;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed the connection instead of opening a WebSocket".into());
            }
        };
        match status(&String::from_utf8_lossy(&buffer[..head])) {
            Some(101) => {}
            Some(429 | 503) => return Ok(None),
            _ => {
                return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&buffer)).into());
            }
        }
        let mut line = Self {
            stream,
            frames: Frames::default(),
            waiting: VecDeque::new(),
        };
        line.cut(&buffer[head..]);
        Ok(Some(line))
    }

    fn cut(&mut self, bytes: &[u8]) {
        let waiting = &mut self.waiting;
        self.frames.read(bytes, |opcode, payload| {
            waiting.push_back((opcode, payload.to_vec()));
        });
    }

    /// Sends a text.
    pub(super) async fn send(&mut self, text: &str) -> Result<()> {
        self.send_bytes(&client_frame(TEXT, text.as_bytes())).await
    }

    /// Sends whole frames.
    pub(super) async fn send_bytes(&mut self, frames: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(frames).await?)
    }

    /// The next text.
    pub(super) async fn next(&mut self) -> Result<String> {
        loop {
            while let Some((opcode, payload)) = self.waiting.pop_front() {
                match opcode {
                    TEXT => return Ok(String::from_utf8(payload)?),
                    PING => self.send_bytes(&client_frame(PONG, &payload)).await?,
                    CLOSE => return Err("the server closed the WebSocket".into()),
                    _ => {}
                }
            }
            self.fill().await?;
        }
    }

    /// Waits for a text that begins like this, and passes over others.
    pub(super) async fn until(&mut self, beginning: &str) -> Result<String> {
        loop {
            let text = self.next().await?;
            if text.starts_with(beginning) {
                return Ok(text);
            }
            if text.starts_with(r#"{"type":"error:raised""#) || text.starts_with(r#"{"type":"space:closed""#)
            {
                return Err(format!("waited for {beginning}, got {text}").into());
            }
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let mut buffer = Vec::with_capacity(64 * 1_024);
        if self.stream.read_buf(&mut buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        self.cut(&buffer);
        Ok(())
    }

    /// Hands the socket over, with the beginning of a frame that was read already. Frames that wait are
    /// forgotten: they are from before the measurement.
    pub(super) fn into_parts(self) -> Result<(std::net::TcpStream, Vec<u8>)> {
        Ok((self.stream.into_std()?, self.frames.into_rest()))
    }
}
