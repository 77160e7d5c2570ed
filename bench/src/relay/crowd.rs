//! Many receivers in one thread that do nothing but count what arrives.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use memchr::memmem::Finder;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};
use tokio::time::Instant;

use super::Result;
use super::wire::{CLOSE, Frames, MARKER, PING, PONG, TEXT, client_frame, deliveries};

/// Longer texts are no signs of life.
const SIGN_OF_LIFE_BYTES: usize = 80;
const WAKE: Token = Token(usize::MAX);

/// What a client answers to the server's signs of life, in each protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `TabSpace`'s.
    Relay,
    /// No protocol of its own on top of WebSocket.
    Plain,
    /// Engine.IO, version 4.
    SocketIo,
    /// Centrifugo's JSON protocol.
    Centrifugo,
}

impl Dialect {
    /// What is answered to a text, if anything.
    pub(super) fn answer(self, text: &[u8]) -> Option<Vec<u8>> {
        let answer = match self {
            Self::Relay if text.starts_with(br#"{"type":"session:ping""#) => String::from_utf8_lossy(text)
                .replace(":ping", ":pong")
                .into_bytes(),
            Self::SocketIo if text == b"2" => b"3".to_vec(),
            // It may share a frame with other messages, one a line.
            Self::Centrifugo if text.split(|byte| *byte == b'\n').any(|line| line == b"{}") => b"{}".to_vec(),
            _ => return None,
        };
        Some(client_frame(TEXT, &answer))
    }

    /// Whether a text says that something was not done.
    pub(super) fn is_refusal(self, text: &[u8]) -> bool {
        let starts = |beginning: &[u8]| text.starts_with(beginning);
        match self {
            Self::Relay => starts(br#"{"type":"op:refused""#) || starts(br#"{"type":"error:raised""#),
            Self::Centrifugo => starts(br#"{"id""#) && memchr::memmem::find(text, b"\"error\"").is_some(),
            Self::Plain | Self::SocketIo => false,
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    deliveries: u64,
    /// The last thing that went wrong, if any did.
    wrong: Option<String>,
    /// When what is on its way was sent, if each delivery's time is wanted.
    sent: Option<Instant>,
    latencies_ms: Vec<f64>,
}

#[derive(Debug, Default)]
struct Shared {
    tally: Mutex<Tally>,
    changed: Condvar,
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type HandedOver = (std::net::TcpStream, Vec<u8>);

/// The receivers. They go away with this value.
#[derive(Debug)]
pub(super) struct Crowd {
    shared: Arc<Shared>,
    waker: Arc<Waker>,
    /// `None` only while it is dropped.
    newcomers: Option<SyncSender<HandedOver>>,
    thread: Option<JoinHandle<()>>,
}

impl Crowd {
    pub(super) fn start(dialect: Dialect) -> Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let shared = Arc::new(Shared::default());
        let (newcomers, queue) = sync_channel(1_024);
        let receiving = Receiving {
            poll,
            dialect,
            shared: Arc::clone(&shared),
            queue,
            seats: HashMap::new(),
            scratch: vec![0; 256 * 1_024],
        };
        let thread = std::thread::spawn(move || receiving.run());
        Ok(Self {
            shared,
            waker,
            newcomers: Some(newcomers),
            thread: Some(thread),
        })
    }

    /// Takes a socket and what was read of it already.
    pub(super) fn add(&self, (stream, rest): HandedOver) -> Result<()> {
        stream.set_nonblocking(true)?;
        let newcomers = self.newcomers.as_ref().ok_or("the crowd is gone")?;
        newcomers.send((stream, rest)).map_err(|_| "the crowd is gone")?;
        Ok(self.waker.wake()?)
    }

    /// Deliveries so far.
    pub(super) fn deliveries(&self) -> u64 {
        self.shared.tally().deliveries
    }

    /// From now on the time of every delivery is noted, from this moment.
    pub(super) fn time_from(&self, sent: Instant) {
        self.shared.tally().sent = Some(sent);
    }

    /// The times of the deliveries, in milliseconds; they are forgotten here.
    pub(super) fn take_latencies(&self) -> Vec<f64> {
        let mut tally = self.shared.tally();
        tally.sent = None;
        std::mem::take(&mut tally.latencies_ms)
    }

    /// Waits for exactly so many deliveries in all. It blocks the thread.
    pub(super) fn wait(&self, target: u64, within: Duration) -> Result<()> {
        let (tally, _) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.tally(), within, |tally| {
                tally.deliveries < target && tally.wrong.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(wrong) = &tally.wrong {
            return Err(wrong.clone().into());
        }
        if tally.deliveries == target {
            return Ok(());
        }
        Err(format!("{target} deliveries were due, {} came", tally.deliveries).into())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.newcomers = None;
        // A crowd that cannot be woken is gone already.
        let _ = self.waker.wake();
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// A close frame's code and reason.
fn closed(payload: &[u8]) -> String {
    let (code, reason) = payload.split_at(payload.len().min(2));
    let code = code
        .iter()
        .fold(0_u16, |code, byte| code.wrapping_shl(8) | u16::from(*byte));
    format!(
        "the server closed a receiver's WebSocket: {code} {}",
        String::from_utf8_lossy(reason)
    )
}

#[derive(Debug)]
struct Seat {
    stream: TcpStream,
    frames: Frames,
}

#[derive(Debug)]
struct Receiving {
    poll: Poll,
    dialect: Dialect,
    shared: Arc<Shared>,
    queue: Receiver<HandedOver>,
    seats: HashMap<Token, Seat>,
    scratch: Vec<u8>,
}

/// What one pass found.
#[derive(Debug, Default)]
struct Pass {
    deliveries: usize,
    wrong: Option<String>,
    latencies_ms: Vec<f64>,
}

impl Receiving {
    fn run(mut self) {
        let finder = Finder::new(MARKER);
        let mut events = Events::with_capacity(1_024);
        let mut next = 0;
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
                Ok(()) => {}
            }
            let sent = self.shared.tally().sent;
            let mut pass = Pass::default();
            for event in &events {
                if event.token() != WAKE {
                    self.receive(event.token(), &finder, sent, &mut pass);
                    continue;
                }
                loop {
                    match self.queue.try_recv() {
                        Ok((stream, rest)) => {
                            self.seat(Token(next), stream, rest, &mut pass);
                            next += 1;
                        }
                        Err(std::sync::mpsc::TryRecvError::Empty) => break,
                        Err(std::sync::mpsc::TryRecvError::Disconnected) => return,
                    }
                }
            }
            if pass.deliveries > 0 || pass.wrong.is_some() {
                let mut tally = self.shared.tally();
                tally.deliveries += pass.deliveries as u64;
                tally.wrong = pass.wrong.or(tally.wrong.take());
                tally.latencies_ms.append(&mut pass.latencies_ms);
                drop(tally);
                self.shared.changed.notify_all();
            }
        }
    }

    fn seat(&mut self, token: Token, stream: std::net::TcpStream, rest: Vec<u8>, pass: &mut Pass) {
        let mut stream = TcpStream::from_std(stream);
        let registered = self
            .poll
            .registry()
            .register(&mut stream, token, Interest::READABLE);
        if let Err(error) = registered {
            pass.wrong = Some(format!("a receiver cannot be waited for: {error}"));
            return;
        }
        let frames = Frames::with(rest);
        self.seats.insert(token, Seat { stream, frames });
    }

    /// Reads all there is: the next event comes only with the next bytes.
    fn receive(&mut self, token: Token, finder: &Finder<'_>, sent: Option<Instant>, pass: &mut Pass) {
        let Some(Seat { stream, frames }) = self.seats.get_mut(&token) else {
            return;
        };
        let lost = loop {
            let read = match stream.read(&mut self.scratch) {
                Ok(0) => break Some("the server closed a receiver's connection".to_owned()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break None,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => break Some(format!("a receiver's connection broke: {error}")),
            };
            let now = sent.map(|sent| sent.elapsed().as_secs_f64() * 1_000.0);
            let (dialect, mut answer) = (self.dialect, Vec::new());
            frames.read(&self.scratch[..read], |opcode, payload| match opcode {
                PING => answer.extend(client_frame(PONG, payload)),
                CLOSE => pass.wrong = Some(closed(payload)),
                _ => {
                    let count = deliveries(finder, payload);
                    pass.deliveries += count;
                    pass.latencies_ms
                        .extend(now.into_iter().flat_map(|now| std::iter::repeat_n(now, count)));
                    if dialect == Dialect::Centrifugo || payload.len() <= SIGN_OF_LIFE_BYTES {
                        answer.extend(dialect.answer(payload).unwrap_or_default());
                    }
                    if count == 0 && dialect.is_refusal(payload) {
                        pass.wrong = Some(String::from_utf8_lossy(payload).into_owned());
                    }
                }
            });
            if !answer.is_empty() && stream.write(&answer).is_err() {
                break Some("a receiver cannot answer".to_owned());
            }
            if read < self.scratch.len() {
                // A short read of a socket means that there is no more.
                break None;
            }
        };
        if let Some(lost) = lost {
            pass.wrong = Some(lost);
            self.seats.remove(&token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_s_sign_of_life_is_answered_in_it() {
        let answer = |dialect: Dialect, text: &str| {
            let answer = dialect.answer(text.as_bytes())?;
            // A short frame of a client has six bytes in front.
            Some(String::from_utf8_lossy(&answer[6..]).into_owned())
        };
        let ping = r#"{"type":"session:ping","data":{"t":7}}"#;
        let pong = r#"{"type":"session:pong","data":{"t":7}}"#;
        assert_eq!(answer(Dialect::Relay, ping).as_deref(), Some(pong));
        assert_eq!(answer(Dialect::SocketIo, "2").as_deref(), Some("3"));
        assert_eq!(answer(Dialect::Centrifugo, "{}").as_deref(), Some("{}"));
        assert_eq!(
            answer(Dialect::Centrifugo, "{\"push\":{}}\n{}").as_deref(),
            Some("{}")
        );
        assert_eq!(answer(Dialect::Plain, "{}"), None);
        assert_eq!(answer(Dialect::Relay, "{}"), None);
    }

    #[test]
    fn a_crowd_counts_what_arrives_and_says_when_it_is_too_much() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let crowd = Crowd::start(Dialect::Plain).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        crowd.add((client, Vec::new())).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let frame = super::super::wire::server_frame(br#"{"type":"message:sent"}"#);
        server.write_all(&frame.repeat(3)).unwrap();
        crowd.wait(3, Duration::from_secs(10)).unwrap();
        server.write_all(&frame.repeat(2)).unwrap();
        crowd.wait(5, Duration::from_secs(10)).unwrap();
        assert!(crowd.wait(4, Duration::from_secs(10)).is_err());
        assert_eq!(crowd.deliveries(), 5);
    }
}
