//! One connection: reads frames, does what they say, and writes what waits for it.
//!
//! One task does both, so an idle connection is small. It reads nothing new while too much waits to be sent
//! or too many of its ops are undecided: who asks faster than it listens is slowed down, nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use protocol::{
    ClientFrame, Code, DeviceId, Epoch, MemberId, Op, Refusal, Seq, ServerFrame, Signal, SpaceId, limits,
};
use tokio::time::Instant;

use super::hub::Subscribed;
use super::outbox::{End, Outbox, encode};
use super::room::Ask;
use crate::App;
use crate::account::PersonId;
use crate::account::tickets::Bearer;
use crate::error::Failure;
use crate::log::{Answer, Job, Proposal, Task, store};
use crate::space::store as members;

/// How long the last words of a connection may take.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A line that carries less is taken for dead: what waits for it takes memory.
const SLOWEST_BYTES_PER_S: usize = 16 * 1024;
/// How often a subscription is tried anew while the room moves on.
const TRIES: usize = 8;
/// Close code (RFC 6455, section 7.4.2: private use) of a connection whose device connected again.
const REPLACED: u16 = 4001;

/// Why the loop ends.
enum Over {
    /// The other side is gone.
    Gone,
    /// This side ends it.
    Ended(End),
    /// Silence.
    Dead,
    /// A frame was so large that the rest cannot be read.
    TooLarge,
}

pub(super) struct Connection {
    app: Arc<App>,
    number: u64,
    person: PersonId,
    device: DeviceId,
    outbox: Arc<Outbox>,
    /// Who the person is in the spaces it asked for; that never changes.
    members: BTreeMap<SpaceId, MemberId>,
    /// Rooms to leave at the end; perhaps some that it left already.
    rooms: BTreeSet<SpaceId>,
}

impl Connection {
    pub(super) fn attach(app: Arc<App>, bearer: Bearer, outbox: Arc<Outbox>) -> Self {
        let Bearer { person, device } = bearer;
        let number = app.hub.attach(device, &outbox);
        Self {
            app,
            number,
            person,
            device,
            outbox,
            members: BTreeMap::new(),
            rooms: BTreeSet::new(),
        }
    }

    pub(super) async fn serve(mut self, mut socket: WebSocket) {
        let over = self.run(&mut socket).await;
        for &space in &self.rooms {
            self.app.hub.leave(space, self.device, self.number);
        }
        // Best effort: a peer that does not listen is left alone.
        drop(tokio::time::timeout(LAST_WORDS, say_last_words(&mut socket, &over)).await);
        self.app.hub.detach(self.device, self.number);
    }

    async fn run(&mut self, socket: &mut WebSocket) -> Over {
        let (heartbeat, dead_after) = (self.app.timings.heartbeat, self.app.timings.dead_after);
        let mut heard = Instant::now();
        let mut pinged = false;
        loop {
            let deadline = heard + if pinged { dead_after } else { heartbeat };
            tokio::select! {
                () = self.outbox.woken() => {
                    let began = Instant::now();
                    if let Err(over) = self.write(socket).await {
                        return over;
                    }
                    // While it writes it does not listen: that is not the other side's silence.
                    heard += began.elapsed();
                }
                message = socket.recv(), if self.outbox.has_room() => {
                    (heard, pinged) = (Instant::now(), false);
                    match message {
                        Some(Ok(Message::Text(text))) => self.read(&text).await,
                        Some(Ok(Message::Binary(_))) => self.error(None, Code::Malformed.into()),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Err(error)) if is_too_large(&error) => return Over::TooLarge,
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Over::Gone,
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    if pinged {
                        return Over::Dead;
                    }
                    pinged = true;
                    self.outbox.send(&ServerFrame::Ping { t: self.app.clock.now().0 });
                }
            }
        }
    }

    /// Writes what waits, all of it in one flush.
    async fn write(&mut self, socket: &mut WebSocket) -> Result<(), Over> {
        while let Some(frames) = self.outbox.take() {
            let size_bytes = frames.iter().map(|frame| frame.len()).sum();
            let patience = self.app.timings.dead_after + time_to_send(size_bytes);
            let sent = async {
                for frame in frames {
                    socket.feed(Message::Text(frame)).await?;
                }
                socket.flush().await
            };
            tokio::select! {
                sent = sent => sent.map_err(|_| Over::Gone)?,
                end = ended(&self.outbox) => return Err(Over::Ended(end)),
                () = tokio::time::sleep(patience) => return Err(Over::Dead),
            }
            self.outbox.written();
        }
        for space in self.outbox.take_unlisted() {
            self.app.hub.list(space, self.device, self.number);
        }
        self.outbox.ending().map_or(Ok(()), |end| Err(Over::Ended(end)))
    }

    fn error(&self, space: Option<SpaceId>, reason: Refusal) {
        self.app.metrics.count_refusal(reason.code);
        self.outbox.send(&ServerFrame::Error { space, reason });
    }

    async fn read(&mut self, text: &str) {
        match ClientFrame::parse(text) {
            Ok(ClientFrame::Hello { .. }) => self.error(None, Code::HelloFirst.into()),
            Ok(ClientFrame::Ping { t }) => self.outbox.send(&ServerFrame::Pong { t }),
            Ok(ClientFrame::Pong { .. }) => {}
            Ok(ClientFrame::Subscribe { space, epoch, since }) => self.subscribe(space, epoch, since).await,
            Ok(ClientFrame::Unsubscribe { space }) => {
                self.app.hub.leave(space, self.device, self.number);
                self.rooms.remove(&space);
            }
            Ok(ClientFrame::Submit { space, n, op }) => self.submit(space, n, Ok(op)).await,
            Ok(ClientFrame::Signal { space, to, signal }) => self.signal(space, to, signal, text.len()),
            Err(code) => match ClientFrame::submitted_name(text) {
                // Answered like every refused op, so that the device goes on with the next one.
                Some((space, n)) => self.submit(space, n, Err(code)).await,
                None => self.error(None, code.into()),
            },
        }
    }

    async fn subscribe(&mut self, space: SpaceId, epoch: Option<Epoch>, since: Seq) {
        match Box::pin(self.try_subscribe(space, epoch, since)).await {
            Ok(()) => {
                self.rooms.insert(space);
            }
            Err(failure) => {
                let reason = failure.into_refusal();
                if reason.code.is_transient() {
                    self.error(Some(space), reason);
                } else {
                    self.app.metrics.count_refusal(reason.code);
                    self.outbox.send(&ServerFrame::Closed { space, reason });
                }
            }
        }
    }

    async fn try_subscribe(
        &mut self,
        space: SpaceId,
        epoch: Option<Epoch>,
        since: Seq,
    ) -> Result<(), Failure> {
        let mut tx = self.app.store.read().await?;
        let row = members::find_member(&mut tx, space, self.person)
            .await?
            .ok_or(Code::NoSuchSpace)?;
        // In this order: what was decided by then lies before the head.
        let last_n = store::last_n(&mut tx, space, self.device).await?;
        let head = store::find_head(&mut tx, space).await?.ok_or(Code::NoSuchSpace)?;
        drop(tx);
        self.members.insert(space, row.member);
        let mut ask = Ask {
            connection: self.number,
            line: Arc::clone(&self.outbox),
            member: row.member,
            device: self.device,
            epoch,
            since,
            last_n,
            head,
            read: Vec::new(),
        };
        for _ in 0..TRIES {
            match self.app.hub.subscribe(space, ask.clone()) {
                // Replaced by a newer one of its device, this connection is about to end.
                Subscribed::In | Subscribed::Replaced => return Ok(()),
                Subscribed::Behind => {
                    // Answered after everything that was committed before is published.
                    self.app.writers.ask(space, Task::Open).await?;
                }
                Subscribed::Needs(after) => {
                    let mut tx = self.app.store.read().await?;
                    ask.read
                        .extend(store::list_events(&mut tx, space, after, limits::PAGE).await?);
                }
                Subscribed::Refused(Code::NotAMember) => return Err(row.status.refusal().into()),
                Subscribed::Refused(code) => return Err(code.into()),
            }
        }
        // The room moved on each time; a snapshot needs no reading.
        ask.epoch = None;
        match self.app.hub.subscribe(space, ask) {
            Subscribed::In | Subscribed::Replaced => Ok(()),
            _ => Err(Code::StoreAway.into()),
        }
    }

    async fn submit(&mut self, space: SpaceId, n: u64, op: Result<Op, Code>) {
        let refused = move |code: Code| ServerFrame::Refused {
            space,
            n,
            reason: code.into(),
        };
        let member = match self.member_in(space).await {
            Ok(member) => member,
            Err(failure) => {
                let reason = failure.into_refusal();
                self.app.metrics.count_refusal(reason.code);
                return self.outbox.send(&ServerFrame::Refused { space, n, reason });
            }
        };
        let task = Task::Submit {
            member,
            device: self.device,
            ops: vec![Proposal::new(n, op)],
        };
        let (app, reply) = (Arc::clone(&self.app), Undecided(Arc::clone(&self.outbox)));
        self.outbox.op_sent();
        let answered = move |answer: Result<Answer, Code>| {
            let frame = match answer {
                Ok(Answer::Ops(answers)) => {
                    answers
                        .into_iter()
                        .next()
                        .map(|answer| match (answer.seq, answer.refused) {
                            (Some(seq), _) => ServerFrame::Accepted { space, n, seq },
                            (None, Some(reason)) => ServerFrame::Refused { space, n, reason },
                            (None, None) => refused(Code::Internal),
                        })
                }
                Ok(_) => None,
                Err(code) => {
                    app.metrics.count_refusal(code);
                    Some(refused(code))
                }
            };
            reply.0.send(&frame.unwrap_or_else(|| refused(Code::Internal)));
            drop(reply);
        };
        self.app.writers.send(Job::new(space, task, answered)).await;
    }

    async fn member_in(&mut self, space: SpaceId) -> Result<MemberId, Failure> {
        if let Some(member) = self.members.get(&space) {
            return Ok(*member);
        }
        let mut tx = self.app.store.read().await?;
        let row = members::find_member(&mut tx, space, self.person)
            .await?
            .ok_or(Code::NoSuchSpace)?;
        self.members.insert(space, row.member);
        Ok(row.member)
    }

    fn signal(&self, space: SpaceId, to: Option<DeviceId>, signal: Signal, size_bytes: usize) {
        let said = if size_bytes > 2 * limits::SIGNAL_BYTES {
            Err(Code::TooLarge)
        } else {
            self.app.hub.signal(space, self.device, to, signal)
        };
        if let Err(code) = said {
            self.error(Some(space), code.into());
        }
    }
}

/// An op that a writer has; however the writer lets go of it, the connection may send another.
struct Undecided(Arc<Outbox>);

impl Drop for Undecided {
    fn drop(&mut self) {
        self.0.op_dropped();
    }
}

/// How long so much may take on the slowest line that is served.
fn time_to_send(size_bytes: usize) -> Duration {
    Duration::from_secs((size_bytes / SLOWEST_BYTES_PER_S) as u64)
}

/// Returns when the connection has to end at once, although it is being written to.
async fn ended(outbox: &Outbox) -> End {
    loop {
        if let Some(end) = outbox.ending() {
            return end;
        }
        outbox.woken().await;
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    // axum hides the type; its text is the only way to tell.
    let text = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    text.contains("too long") || text.contains("too large") || text.contains("too big")
}

async fn say_last_words(socket: &mut WebSocket, over: &Over) -> Result<(), axum::Error> {
    let (code, close) = match over {
        Over::Gone => return Ok(()),
        Over::Dead => (None, None),
        Over::TooLarge => (Some(Code::TooLarge), Some((1009, "too_large"))),
        Over::Ended(End::Slow) => (Some(Code::SlowConsumer), Some((1008, "slow_consumer"))),
        Over::Ended(End::GoingAway) => (Some(Code::GoingAway), Some((1001, "going_away"))),
        Over::Ended(End::Replaced) => (None, Some((REPLACED, "replaced"))),
    };
    if let Some(code) = code {
        socket.send(Message::Text(encode(&code.into()))).await?;
    }
    let frame = close.map(|(code, reason)| CloseFrame {
        code,
        reason: reason.into(),
    });
    socket.send(Message::Close(frame)).await
}
