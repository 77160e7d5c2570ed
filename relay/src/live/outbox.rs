//! The way out of one connection: a frame goes to the line at once when nothing waits before it; what the
//! line does not take waits here, bounded in bytes, until the connection's task writes it.
//!
//! Over the bound the connection ends and the client comes again for what it missed. Signals are dropped
//! from half the bound on; of those that replace each other only the last is kept. When who is present was
//! dropped, the whole list follows once there is room again. A snapshot does not count
//! (it may be larger than the bound), but there is only one at a time: the connection reads nothing more
//! until it is sent.
//!
//! One lock covers the queue and the line, so frames keep their order whoever brings them.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes};
use prometheus::IntCounter;
use protocol::{DeviceId, ServerFrame, SpaceId, limits};
use rustix::net::{SendFlags, send};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::wire::encode;

/// Frames that are handed to the line together.
const TOGETHER: usize = 64;
/// Bytes after which the task lets others at the queue before it writes on.
const AT_ONCE: usize = 256 * 1024;
/// Bytes that are read at once; they lie on the stack, so that an idle connection has no buffer.
const READ_BYTES: usize = 16 * 1024;

/// Signals under the same key, the sender's and a word, replace each other.
pub(crate) type SignalKey = (SpaceId, DeviceId, &'static str);

/// How a frame is treated when the queue is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Has to arrive.
    Event,
    /// Has to arrive, and may be larger than the bound.
    Snapshot,
    /// May be dropped; replaces one of the same key that still waits.
    Signal(Option<SignalKey>),
    /// How a device of a space is present, or that it is not. Replaces the same that still waits; may be
    /// dropped, but then the whole list has to follow.
    Presence(SpaceId, DeviceId),
}

impl Kind {
    fn key(self) -> Option<SignalKey> {
        match self {
            Self::Event | Self::Snapshot => None,
            Self::Signal(key) => key,
            Self::Presence(space, device) => Some((space, device, "presence")),
        }
    }

    fn may_be_dropped(self) -> bool {
        matches!(self, Self::Signal(_) | Self::Presence(..))
    }
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The other side is gone.
    Gone,
    /// Too much waited for it.
    Slow,
    /// The same device connected again.
    Replaced,
    /// The relay stops.
    GoingAway,
}

/// What a connection's task has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// This arrived.
    Heard(Bytes),
    /// There is room for what comes of what arrived before.
    Room,
    /// All is written; of these spaces the list of who is present has to be sent anew.
    Unlisted(BTreeSet<SpaceId>),
    /// The connection ends.
    Over(End),
}

/// Where frames go; never waits.
pub(crate) trait Line: Debug {
    /// Takes as much as it can, at least a byte.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// The same, of several.
    fn write_vectored(&mut self, bytes: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Pending until it takes more.
    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl Line for TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Mostly the line takes it. Asking tokio first whether it will would cost more than the question is worth: that is
        // memory of its own for each connection.
        match send(&*self, bytes, SendFlags::NOSIGNAL) {
            Ok(count) => Ok(count),
            Err(_) => self.try_write(bytes),
        }
    }

    fn write_vectored(&mut self, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_write_vectored(bytes)
    }

    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_ready(cx)
    }
}

#[derive(Debug)]
struct Item {
    /// What of the frame the line has not taken.
    rest: Bytes,
    kind: Kind,
}

impl Item {
    fn weight(&self) -> usize {
        if self.kind == Kind::Snapshot {
            0
        } else {
            self.rest.len()
        }
    }
}

/// What the line did not take yet.
#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    /// The number of the first item; items are numbered from when the first of them had to wait.
    first: u64,
    /// The line has a part of the first item.
    begun: bool,
    /// Numbers of waiting signals that a newer one replaces.
    keyed: HashMap<SignalKey, u64>,
    /// Spaces of which something about who is present was dropped.
    unlisted: BTreeSet<SpaceId>,
    /// What waits, by weight and as it is.
    weight: usize,
    size: usize,
    snapshots: usize,
    stuck: Option<Stuck>,
}

/// Something the line did not take at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stuck {
    /// Since when.
    pub(crate) since: Instant,
    /// How much it was then.
    pub(crate) size_bytes: usize,
    /// How much of it still waits.
    left: usize,
}

#[derive(Debug)]
struct Queue<L> {
    /// `None` once it is closed.
    line: Option<L>,
    /// `None` when nothing waits, which is nearly always: small and quickly seen.
    waiting: Option<Box<Waiting>>,
    /// The connection's task, when it waits for a turn.
    task: Option<Waker>,
    /// Ops that the connection submitted and that are not answered.
    in_flight: usize,
    end: Option<End>,
    /// Signals that were dropped.
    dropped: IntCounter,
}

/// The queue of one connection.
#[derive(Debug)]
pub(crate) struct Outbox<L = TcpStream> {
    queue: Mutex<Queue<L>>,
    limit: usize,
}

impl<L: Line> Outbox<L> {
    /// A queue before this line, empty, that holds `limit` bytes. Signals that it drops are counted.
    pub(crate) fn new(line: L, limit: usize, dropped: IntCounter) -> Self {
        let queue = Queue {
            line: Some(line),
            waiting: None,
            task: None,
            in_flight: 0,
            end: None,
            dropped,
        };
        Self {
            queue: Mutex::new(queue),
            limit,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<L>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the queue, then wakes the task if it has to do something.
    fn with(&self, act: impl FnOnce(&mut Queue<L>) -> bool) {
        let mut queue = self.queue();
        let task = act(&mut queue).then(|| queue.task.take()).flatten();
        drop(queue);
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Adds a frame that only this connection gets.
    pub(crate) fn send(&self, frame: &ServerFrame) {
        self.push(&encode(frame), Kind::Event);
    }

    /// Adds a frame, as it goes over the wire.
    pub(crate) fn push(&self, frame: &Bytes, kind: Kind) {
        self.with(|queue| {
            if queue.end.is_some() {
                return false;
            }
            match queue.write_now(frame) {
                Ok(count) if count == frame.len() => false,
                Ok(count) => queue.add(frame, count, kind, self.limit),
                Err(_) => queue.end(End::Gone),
            }
        });
    }

    /// Adds frames that follow each other in `joined`, given by length and kind; all of them are one write if the
    /// line takes it.
    pub(crate) fn push_together(&self, joined: &Bytes, parts: &[(usize, Kind)]) {
        self.with(|queue| {
            if queue.end.is_some() {
                return false;
            }
            let Ok(taken) = queue.write_now(joined) else {
                return queue.end(End::Gone);
            };
            let (mut begin, mut wake) = (0, false);
            for &(length, kind) in parts {
                let end = begin + length;
                if taken < end && queue.end.is_none() {
                    let frame = joined.slice(begin..end);
                    wake |= queue.add(&frame, taken.saturating_sub(begin), kind, self.limit);
                }
                begin = end;
            }
            wake
        });
    }

    /// Adds a frame that the connection's task writes, together with what is added before it comes to that.
    pub(crate) fn push_for_later(&self, frame: &Bytes) {
        self.with(|queue| queue.end.is_none() && queue.add(frame, 0, Kind::Event, self.limit));
    }

    /// Ends the connection; what waits is forgotten.
    pub(crate) fn end(&self, why: End) {
        self.with(|queue| queue.end(why));
    }

    /// Adds what is said although the connection ends.
    pub(crate) fn push_last_words(&self, words: Bytes) {
        self.with(|queue| {
            if queue.line.is_some() && !words.is_empty() {
                queue.wait().push(words, Kind::Event);
            }
            true
        });
    }

    /// Closes the line.
    pub(crate) fn close(&self) {
        let mut queue = self.queue();
        let line = (queue.line.take(), queue.waiting.take());
        queue.end.get_or_insert(End::Gone);
        drop(queue);
        drop(line);
    }

    /// Whether the connection may ask for more.
    pub(crate) fn has_room(&self) -> bool {
        self.queue().has_room(self.limit)
    }

    /// Bytes that wait.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.queue().waiting.as_ref().map_or(0, |waiting| waiting.size)
    }

    /// Since when something waits that the line does not take.
    pub(crate) fn stuck(&self) -> Option<Stuck> {
        self.queue().waiting.as_ref().and_then(|waiting| waiting.stuck)
    }

    /// An op goes to the writer.
    pub(crate) fn op_sent(&self) {
        self.queue().in_flight += 1;
    }

    /// Ops were answered, or will not be.
    pub(crate) fn ops_dropped(&self, count: usize) {
        self.with(|queue| {
            let before = queue.in_flight;
            queue.in_flight = before.saturating_sub(count);
            before >= limits::OPS_IN_FLIGHT
        });
    }

    /// Returns when what waits is written, or cannot be.
    pub(crate) async fn flushed(&self) {
        std::future::poll_fn(|cx| {
            let mut queue = self.queue();
            let flushed = queue.poll_flush(cx);
            queue.task = Some(cx.waker().clone());
            flushed
        })
        .await
        // Who is gone need not be told.
        .unwrap_or_default();
    }
}

impl Outbox {
    /// Writes what waits and reads, if there is room for what comes of it. When the task has not done yet what
    /// it `holds`, nothing more is read.
    pub(crate) fn poll(&self, cx: &mut Context<'_>, holds: bool) -> Poll<Turn> {
        let queue = &mut *self.queue();
        if let Some(end) = queue.end {
            return Poll::Ready(Turn::Over(end));
        }
        if let Poll::Ready(Err(_)) = queue.poll_flush(cx) {
            return Poll::Ready(Turn::Over(End::Gone));
        }
        if let Some(spaces) = queue.take_unlisted() {
            return Poll::Ready(Turn::Unlisted(spaces));
        }
        if queue.has_room(self.limit) {
            if holds {
                return Poll::Ready(Turn::Room);
            }
            if let Poll::Ready(turn) = queue.poll_read(cx) {
                return Poll::Ready(turn);
            }
        }
        if queue.task.as_ref().is_none_or(|task| !task.will_wake(cx.waker())) {
            queue.task = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// The next thing to do.
    pub(crate) async fn turn(&self, holds: bool) -> Turn {
        std::future::poll_fn(|cx| self.poll(cx, holds)).await
    }

    /// Returns when what waits is written and the other side has closed the line, or it is broken. What still arrives
    /// is forgotten: to close a line with something unread takes the last words from the other side (RFC 9112,
    /// section 9.6).
    pub(crate) async fn parted(&self) {
        self.flushed().await;
        std::future::poll_fn(|cx| self.queue().poll_part(cx)).await;
    }
}

impl Queue<TcpStream> {
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        let Some(line) = &mut self.line else {
            return Poll::Ready(Turn::Over(End::Gone));
        };
        let mut bytes = [MaybeUninit::uninit(); READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut bytes);
        let read = ready!(Pin::new(line).poll_read(cx, &mut buffer));
        Poll::Ready(match buffer.filled() {
            bytes if read.is_ok() && !bytes.is_empty() => Turn::Heard(Bytes::copy_from_slice(bytes)),
            _ => Turn::Over(End::Gone),
        })
    }

    /// Says that nothing more comes, and reads until the other side says so too.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(line) = &mut self.line
            && ready!(Pin::new(line).poll_shutdown(cx)).is_ok()
        {
            while let Turn::Heard(_) = ready!(self.poll_read(cx)) {}
        }
        Poll::Ready(())
    }
}

impl<L: Line> Queue<L> {
    /// Writes at once if nothing waits; how much the line took.
    fn write_now(&mut self, frame: &[u8]) -> io::Result<usize> {
        if self.waiting.is_some() {
            return Ok(0);
        }
        let line = self.line.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        line.write(frame)
            .or_else(|error| if is_full(&error) { Ok(0) } else { Err(error) })
    }

    fn wait(&mut self) -> &mut Waiting {
        self.waiting.get_or_insert_default()
    }

    /// Keeps what the line did not take of a frame. Whether the task has to know.
    fn add(&mut self, frame: &Bytes, taken: usize, kind: Kind, limit: usize) -> bool {
        let waiting = self.wait();
        // Of a frame that is begun the rest has to follow, whatever it is.
        if taken == 0 {
            let key = kind.key();
            if let Some(at) = key.and_then(|key| waiting.find(key)) {
                waiting.replace(at, frame.clone());
                return false;
            }
            if kind.may_be_dropped() && waiting.weight > limit / 2 {
                if let Kind::Presence(space, _) = kind {
                    waiting.unlisted.insert(space);
                }
                self.dropped.inc();
                return false;
            }
            if !kind.may_be_dropped() && waiting.weight > limit {
                return self.end(End::Slow);
            }
            if let Some(key) = key {
                let number = waiting.first + waiting.items.len() as u64;
                waiting.keyed.insert(key, number);
            }
            if kind == Kind::Snapshot {
                // What comes later must not take a place before it.
                waiting.keyed.clear();
            }
        }
        waiting.begun |= taken > 0;
        waiting.push(frame.slice(taken..), kind);
        true
    }

    /// Writes what waits. Ready when all is written.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(waiting) = &mut self.waiting else {
            return Poll::Ready(Ok(()));
        };
        let line = self.line.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut written = 0;
        while !waiting.items.is_empty() {
            if written > AT_ONCE {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let mut slices = [IoSlice::new(&[]); TOGETHER];
            for (slice, item) in slices.iter_mut().zip(&waiting.items) {
                *slice = IoSlice::new(&item.rest);
            }
            let count = waiting.items.len().min(TOGETHER);
            match line.write_vectored(&slices[..count]) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    waiting.take(count);
                    written += count;
                }
                Err(error) if is_full(&error) => {
                    waiting.note_stuck();
                    ready!(line.poll_writable(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if waiting.unlisted.is_empty() {
            self.waiting = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Spaces whose list of who is present has to be sent anew, once all is written.
    fn take_unlisted(&mut self) -> Option<BTreeSet<SpaceId>> {
        let waiting = self.waiting.take_if(|waiting| waiting.items.is_empty())?;
        Some(waiting.unlisted)
    }

    fn has_room(&self, limit: usize) -> bool {
        let few = |waiting: &Waiting| waiting.weight <= limit / 2 && waiting.snapshots == 0;
        self.end.is_none()
            && self.in_flight < limits::OPS_IN_FLIGHT
            && self.waiting.as_deref().is_none_or(few)
    }

    /// Forgets what waits, but for the rest of a frame that is begun: who ends hears the last words.
    fn end(&mut self, why: End) -> bool {
        if self.end.is_none() {
            self.end = Some(why);
            let begun = self.waiting.take().filter(|waiting| waiting.begun);
            if let Some(rest) = begun.and_then(|mut waiting| waiting.items.pop_front()) {
                self.wait().push(rest.rest, rest.kind);
            }
        }
        true
    }
}

impl Waiting {
    /// Where a signal of this key waits.
    fn find(&self, key: SignalKey) -> Option<usize> {
        let number = self.keyed.get(&key)?.checked_sub(self.first)?;
        let at = usize::try_from(number).ok()?;
        (at < self.items.len() && !(at == 0 && self.begun)).then_some(at)
    }

    fn replace(&mut self, at: usize, frame: Bytes) {
        let item = &mut self.items[at];
        let (before, after) = (item.rest.len(), frame.len());
        item.rest = frame;
        self.weight = self.weight - before + after;
        self.size = self.size - before + after;
    }

    fn push(&mut self, rest: Bytes, kind: Kind) {
        let item = Item { rest, kind };
        self.weight += item.weight();
        self.size += item.rest.len();
        self.snapshots += usize::from(kind == Kind::Snapshot);
        self.items.push_back(item);
    }

    /// The line took so much from the front.
    fn take(&mut self, mut count: usize) {
        self.size -= count;
        if let Some(stuck) = &mut self.stuck {
            stuck.left = stuck.left.saturating_sub(count);
            if stuck.left == 0 {
                self.stuck = None;
            }
        }
        while let Some(item) = self.items.front_mut() {
            let taken = count.min(item.rest.len());
            if item.kind != Kind::Snapshot {
                self.weight -= taken;
            }
            if taken < item.rest.len() {
                item.rest.advance(taken);
                self.begun |= taken > 0;
                return;
            }
            self.snapshots -= usize::from(item.kind == Kind::Snapshot);
            self.items.pop_front();
            self.first += 1;
            self.begun = false;
            count -= taken;
            if count == 0 {
                return;
            }
        }
    }

    fn note_stuck(&mut self) {
        let size = self.size;
        self.stuck.get_or_insert_with(|| Stuck {
            since: Instant::now(),
            size_bytes: size,
            left: size,
        });
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
