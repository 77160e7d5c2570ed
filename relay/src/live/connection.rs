//! One connection: reads frames, does what they say, and writes what could not be written at once.
//!
//! One task does all of it and holds little, so an idle connection is small: what it needs to do something is
//! boxed while it does it. It reads nothing new while too much waits to be sent or too many of its ops are
//! undecided: who asks faster than it listens is slowed down, nobody else.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use protocol::{
    ClientFrame, Code, DeviceId, Epoch, MemberId, Op, Refusal, Seq, ServerFrame, Signal, SpaceId, limits,
};
use tokio::time::{Instant, Sleep};

use super::hub::Subscribed;
use super::outbox::{End, Kind, Outbox, Turn};
use super::pace::Pace;
use super::room::Ask;
use super::room::catch_up::Read;
use super::wire::{self, Reader, Said, Unreadable};
use crate::App;
use crate::account::PersonId;
use crate::account::tickets::Bearer;
use crate::address::Address;
use crate::error::Failure;
use crate::log::{Answer, Job, Proposal, Task, store, trail};
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
    /// This side ends it, or the other is gone.
    Ended(End),
    /// Silence, or a line that carries nothing.
    Dead,
    /// A frame was so large that the rest cannot be read.
    TooLarge,
}

/// The words for why a connection ended in the metrics.
pub(crate) const CLOSED: [&str; 6] = [
    "dead",
    "too_large",
    "gone",
    "slow_consumer",
    "replaced",
    "going_away",
];

impl Over {
    /// Its word in the metrics.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Dead => CLOSED[0],
            Self::TooLarge => CLOSED[1],
            Self::Ended(End::Gone) => CLOSED[2],
            Self::Ended(End::Slow) => CLOSED[3],
            Self::Ended(End::Replaced) => CLOSED[4],
            Self::Ended(End::GoingAway) => CLOSED[5],
        }
    }
}

/// A space that the connection asked for.
struct Known {
    space: SpaceId,
    /// Who the person is there; that never changes.
    member: MemberId,
    /// It is in the room, perhaps; it has to leave it at the end.
    seated: bool,
}

pub(super) struct Connection {
    app: Arc<App>,
    number: u64,
    person: PersonId,
    device: DeviceId,
    outbox: Arc<Outbox>,
    reader: Reader,
    known: Vec<Known>,
    pace: Pace,
    /// When the other side was last heard.
    heard: Instant,
    pinged: bool,
    /// Since when the line takes nothing.
    stuck: Option<Instant>,
}

impl Connection {
    pub(super) fn attach(
        app: Arc<App>,
        bearer: &Bearer,
        address: Address,
        outbox: Arc<Outbox>,
        reader: Reader,
    ) -> Box<Self> {
        let Bearer { person, device, .. } = *bearer;
        let number = app.hub.attach(device, &outbox);
        tracing::debug!(connection = number, %device, "a connection is introduced");
        // A task's memory would hold it again for each function that it is moved through.
        Box::new(Self {
            app,
            number,
            person,
            device,
            outbox,
            reader,
            known: Vec::new(),
            pace: Pace::new(bearer, address),
            heard: Instant::now(),
            pinged: false,
            stuck: None,
        })
    }

    pub(super) async fn serve(mut self: Box<Self>) {
        let over = self.run().await;
        self.app.metrics.count_closed(over.as_str());
        tracing::debug!(connection = self.number, why = over.as_str(), "a connection ends");
        for known in self.known.iter().filter(|known| known.seated) {
            self.app.hub.leave(known.space, self.device, self.number);
        }
        // Best effort: a peer that does not listen is left alone.
        if say_last_words(&self.outbox, &over) {
            drop(tokio::time::timeout(LAST_WORDS, self.outbox.parted()).await);
        }
        self.outbox.close();
        self.app.hub.detach(self.device, self.number);
    }

    async fn run(&mut self) -> Over {
        let timer = tokio::time::sleep_until(self.deadline());
        tokio::pin!(timer);
        loop {
            if !self.reader.is_idle()
                && self.outbox.has_room()
                && let Err(over) = Box::pin(self.listen()).await
            {
                return over;
            }
            match std::future::poll_fn(|cx| self.poll(cx, timer.as_mut())).await {
                Some(Turn::Heard(arrived)) => {
                    (self.heard, self.pinged) = (Instant::now(), false);
                    self.reader.feed(arrived);
                }
                Some(Turn::Room) => {}
                Some(Turn::Unlisted(spaces)) => {
                    for space in spaces {
                        self.app.hub.list(space, self.device, self.number);
                    }
                }
                Some(Turn::Over(end)) => return Over::Ended(end),
                None if self.pinged || self.stuck.is_some() => return Over::Dead,
                None => {
                    self.pinged = true;
                    self.outbox.send(&ServerFrame::Ping {
                        t: self.app.clock.now().0,
                    });
                }
            }
        }
    }

    /// Waits for something to do. `None` when it was quiet for too long.
    fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<Option<Turn>> {
        if let Poll::Ready(turn) = self.outbox.poll(cx, !self.reader.is_idle()) {
            return Poll::Ready(Some(turn));
        }
        let deadline = self.deadline();
        if deadline < timer.deadline() {
            timer.as_mut().reset(deadline);
        }
        // Mostly the deadline has moved on when the timer fires.
        while timer.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(None);
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    /// Until when something has to happen.
    fn deadline(&mut self) -> Instant {
        let timings = &self.app.timings;
        if let Some(stuck) = self.outbox.stuck() {
            self.stuck.get_or_insert(stuck.since);
            return stuck.since + timings.dead_after + time_to_send(stuck.size_bytes);
        }
        if let Some(since) = self.stuck.take() {
            // While nothing got through the other side could not be asked: that is not its silence.
            self.heard = Instant::now().min(self.heard + since.elapsed());
        }
        self.heard
            + if self.pinged {
                timings.dead_after
            } else {
                timings.heartbeat
            }
    }

    /// Does what the frames say that have arrived, as long as there is room for what comes of it. Ops that
    /// came together go to the writer together.
    async fn listen(&mut self) -> Result<(), Over> {
        let mut batch = None;
        let listened = loop {
            if !self.outbox.has_room() {
                break Ok(());
            }
            let said = self.reader.read();
            if let Some(answers) = self.reader.take_answers() {
                self.outbox.push(&answers, Kind::Event);
            }
            match said {
                Ok(Some(Said::Text(text))) => self.read(&text, &mut batch).await,
                Ok(Some(Said::Binary)) => self.error(None, Code::Malformed.into()),
                Ok(None) => break Ok(()),
                Err(Unreadable::TooLarge) => break Err(Over::TooLarge),
                Ok(Some(Said::Close)) | Err(Unreadable::Broken) => break Err(Over::Ended(End::Gone)),
            }
        };
        self.hand_over(&mut batch).await;
        listened
    }

    fn error(&self, space: Option<SpaceId>, reason: Refusal) {
        self.app.metrics.count_refusal(reason.code);
        self.outbox.send(&ServerFrame::Error { space, reason });
    }

    /// What the other side is told of a failure. One of the store is logged here, once.
    fn why_not(&self, failure: Failure) -> Refusal {
        match failure {
            Failure::Refused(refusal) => refusal,
            Failure::Store(error) => {
                let span = tracing::error_span!("connection", number = self.number);
                span.in_scope(|| error.handle(&self.app.metrics)).into()
            }
        }
    }

    async fn read(&mut self, text: &str, batch: &mut Option<Batch>) {
        let (space, n, op) = match ClientFrame::parse(text) {
            Ok(ClientFrame::Submit { space, n, op }) => (space, n, Ok(op)),
            Err(code) if let Some((space, n)) = ClientFrame::submitted_name(text) => {
                // Answered like every refused op, so that the device goes on with the next one.
                (space, n, Err(code))
            }
            other => {
                self.hand_over(batch).await;
                return self.do_other(other, text.len()).await;
            }
        };
        if let Err(reason) = self.pace.op(&self.app, space, n, &op) {
            self.app.metrics.count_refusal(reason.code);
            trail::refused(Some(self.number), space, self.device, n, reason.code);
            return self.outbox.send(&ServerFrame::Refused { space, n, reason });
        }
        trail::received(Some(self.number), space, self.device, n);
        if batch.as_ref().is_some_and(|batch| !batch.goes_on_with(space, n)) {
            self.hand_over(batch).await;
        }
        batch
            .get_or_insert_with(|| Batch::new(space, n, &self.outbox))
            .add(n, op);
    }

    async fn do_other(&mut self, frame: Result<ClientFrame, Code>, size_bytes: usize) {
        match frame {
            Ok(ClientFrame::Hello { .. }) => self.error(None, Code::HelloFirst.into()),
            Ok(ClientFrame::Ping { t }) => self.outbox.send(&ServerFrame::Pong { t }),
            // Ops are batched before.
            Ok(ClientFrame::Pong { .. } | ClientFrame::Submit { .. }) => {}
            Ok(ClientFrame::Subscribe { space, epoch, since }) => self.subscribe(space, epoch, since).await,
            Ok(ClientFrame::Unsubscribe { space }) => {
                self.app.hub.leave(space, self.device, self.number);
                self.know(space, |known| known.seated = false);
            }
            Ok(ClientFrame::Signal { space, to, signal }) => self.signal(space, to, signal, size_bytes),
            Err(code) => self.error(None, code.into()),
        }
    }

    fn know<R>(&mut self, space: SpaceId, act: impl FnOnce(&mut Known) -> R) -> Option<R> {
        self.known.iter_mut().find(|known| known.space == space).map(act)
    }

    fn learn(&mut self, space: SpaceId, member: MemberId) {
        if self.know(space, |_| ()).is_none() {
            // Nearly always the only one.
            self.known.reserve_exact(1);
            self.known.push(Known {
                space,
                member,
                seated: false,
            });
        }
    }

    async fn subscribe(&mut self, space: SpaceId, epoch: Option<Epoch>, since: Seq) {
        match Box::pin(self.try_subscribe(space, epoch, since)).await {
            Ok(()) => {
                self.know(space, |known| known.seated = true);
            }
            Err(failure) => {
                let reason = self.why_not(failure);
                if reason.code.is_transient() {
                    self.error(Some(space), reason);
                } else {
                    self.app.metrics.count_refusal(reason.code);
                    let closed = ServerFrame::Closed { space, reason };
                    self.app.metrics.count_subscription(&closed);
                    self.outbox.send(&closed);
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
        self.pace.subscription(&self.app)?;
        let mut tx = self.app.read().await?;
        let (row, last_n, head) = members::find_place(&mut tx, space, self.person, self.device)
            .await?
            .ok_or(Code::NoSuchSpace)?;
        drop(tx);
        self.learn(space, row.member);
        self.pace.subscribed(space, last_n);
        let mut ask = Ask {
            connection: self.number,
            line: Arc::clone(&self.outbox),
            member: row.member,
            device: self.device,
            epoch,
            since,
            last_n,
            head,
            read: Read::default(),
        };
        for _ in 0..TRIES {
            match self.app.hub.subscribe(space, ask.clone()) {
                // Replaced by a newer one of its device, this connection is about to end.
                Subscribed::In | Subscribed::Replaced => return Ok(()),
                Subscribed::Behind => {
                    // Answered after everything that was committed before is published.
                    self.app.writers.ask(space, Task::Open).await?;
                }
                Subscribed::Needs(unread) => {
                    let mut tx = self.app.read().await?;
                    match store::list_unread(&mut tx, space, unread).await? {
                        Some(read) => ask.read.extend(read),
                        // A snapshot is less.
                        None => ask.epoch = None,
                    }
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

    /// Gives the ops that came together to the writer of their space.
    async fn hand_over(&mut self, batch: &mut Option<Batch>) {
        let Some(Batch {
            space,
            first,
            ops,
            undecided,
        }) = batch.take()
        else {
            return;
        };
        let member = match self.member_in(space).await {
            Ok(member) => member,
            Err(failure) => {
                let reason = self.why_not(failure);
                for n in (first..).take(undecided.1) {
                    trail::refused(Some(self.number), space, self.device, n, reason.code);
                }
                return undecided.answer(&self.app, space, first, Err(reason));
            }
        };
        let task = Task::Submit {
            member,
            device: self.device,
            ops,
        };
        let app = Arc::clone(&self.app);
        let (connection, device) = (self.number, self.device);
        let answered = move |answer: Result<Answer, Code>| {
            undecided.answer(&app, space, first, answer.map_err(Refusal::from));
            trail::answered(connection, space, device, first, undecided.1);
        };
        self.app.writers.send(Job::new(space, task, answered)).await;
    }

    async fn member_in(&mut self, space: SpaceId) -> Result<MemberId, Failure> {
        if let Some(member) = self.know(space, |known| known.member) {
            return Ok(member);
        }
        let mut tx = self.app.read().await?;
        let row = members::find_member(&mut tx, space, self.person)
            .await?
            .ok_or(Code::NoSuchSpace)?;
        self.learn(space, row.member);
        Ok(row.member)
    }

    fn signal(&mut self, space: SpaceId, to: Option<DeviceId>, signal: Signal, size_bytes: usize) {
        self.app.metrics.signals.inc();
        if !self.pace.signal(&self.app) {
            return self.app.metrics.count_signal_over_rate();
        }
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

/// Ops of one space under numbers that follow each other.
struct Batch {
    space: SpaceId,
    first: u64,
    ops: Vec<Proposal>,
    undecided: Undecided,
}

impl Batch {
    fn new(space: SpaceId, first: u64, outbox: &Arc<Outbox>) -> Self {
        Self {
            space,
            first,
            ops: Vec::new(),
            undecided: Undecided(Arc::clone(outbox), 0),
        }
    }

    /// Whether together it comes to the same as one by one. The writer answers nothing behind a gap; behind
    /// one among these there is nothing but gaps.
    fn goes_on_with(&self, space: SpaceId, n: u64) -> bool {
        self.space == space && self.first > 0 && n.checked_sub(self.first) == Some(self.ops.len() as u64)
    }

    fn add(&mut self, n: u64, op: Result<Op, Code>) {
        self.undecided.0.op_sent();
        self.undecided.1 += 1;
        self.ops.push(Proposal::new(n, op));
    }
}

/// Ops that a writer has; however the writer lets go of them, the connection may send others.
struct Undecided(Arc<Outbox>, usize);

impl Undecided {
    /// Tells the connection what became of its ops, the first of which has this number.
    fn answer(&self, app: &App, space: SpaceId, first: u64, answer: Result<Answer, Refusal>) {
        let (mut answers, rest) = match answer {
            Ok(Answer::Ops(answers)) => (answers.into_iter(), Code::OpGap.into()),
            Ok(_) => (Vec::new().into_iter(), Code::Internal.into()),
            Err(refusal) => (Vec::new().into_iter(), refusal),
        };
        let fate = |n| match answers.next().map(|answer| (answer.seq, answer.refused)) {
            Some((Some(seq), _)) => ServerFrame::Accepted { space, n, seq },
            Some((None, Some(reason))) => ServerFrame::Refused { space, n, reason },
            Some((None, None)) => ServerFrame::Refused {
                space,
                n,
                reason: Code::Internal.into(),
            },
            None => {
                // What the writer refused by itself is counted there.
                app.metrics.count_refusal(rest.code);
                ServerFrame::Refused {
                    space,
                    n,
                    reason: rest.clone(),
                }
            }
        };
        // Not `first..`: behind the last number there is none.
        let numbers = (0..self.1 as u64).map(|at| first.saturating_add(at));
        let fates: Vec<ServerFrame> = numbers.map(fate).collect();
        // What the room hears next, this connection hears with it.
        self.0.push_for_later(&wire::encode_all(&fates));
    }
}

impl Drop for Undecided {
    fn drop(&mut self) {
        self.0.ops_dropped(self.1);
    }
}

/// How long so much may take on the slowest line that is served.
fn time_to_send(size_bytes: usize) -> Duration {
    Duration::from_secs((size_bytes / SLOWEST_BYTES_PER_S) as u64)
}

/// Whether there is anything to say to the other side.
fn say_last_words(outbox: &Outbox, over: &Over) -> bool {
    let (code, close) = match over {
        Over::Ended(End::Gone) => return false,
        Over::Dead => (None, None),
        Over::TooLarge => (Some(Code::TooLarge), Some((1009, "too_large"))),
        Over::Ended(End::Slow) => (Some(Code::SlowConsumer), Some((1008, "slow_consumer"))),
        Over::Ended(End::GoingAway) => (Some(Code::GoingAway), Some((1001, "going_away"))),
        Over::Ended(End::Replaced) => (None, Some((REPLACED, "replaced"))),
    };
    // Nothing comes behind them.
    outbox.end(End::Gone);
    if let Some(code) = code {
        outbox.push_last_words(wire::encode(&code.into()));
    }
    outbox.push_last_words(wire::close(close));
    true
}
