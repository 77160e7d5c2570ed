//! The tasks that order. Each owns a share of the spaces and does one thing after the other for them: decide,
//! commit, answer, fan out. So what a room is told comes in the order of the log.
//!
//! What arrives while a commit runs is committed together next, in few statements however much it is. A
//! transaction trusts what the writer remembers and expects the usual; one that fails is done again with
//! nothing taken for granted, and then halved until what is at fault stands alone.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use protocol::frame::Person;
use protocol::{Code, Epoch, Event, Seq, SpaceId};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::Instrument;

use super::decide::{Deciding, Known, Locked, Stop};
use super::queue::{Answer, Job, Task};
use super::rows::Rows;
use super::shelf::Shelf;
use super::snapshots::Snapshots;
use super::{store, trail};
use crate::clock::{Clock, Random};
use crate::health::Metrics;
use crate::live::{Hub, Room};
use crate::space;
use crate::store::{Store, StoreError, Tx};

/// Requests that are committed together at most.
const BATCH: usize = 2_048;
/// Spaces of which a writer remembers the state, so that it need not read it for every op.
const KNOWN: usize = 256;
/// A new snapshot is due when this many events lie behind the last one: opening a space folds a little more
/// than so many at most.
const SNAPSHOT_EVERY: u64 = 512;
/// How often a writer asks again for what it may have missed when the database went away.
const RESYNC: Duration = Duration::from_millis(500);

/// What the writers share.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) metrics: Metrics,
    pub(crate) epoch: Epoch,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) snapshots: Snapshots,
}

pub(crate) struct Writer {
    desk: Desk,
    /// What this writer last saw of spaces.
    known: HashMap<SpaceId, Known>,
    /// Spaces whose rooms may have missed a commit because the database went away in the middle of it, or
    /// that lack a room although something is streamed.
    suspects: BTreeSet<SpaceId>,
    /// When the suspects are looked at, whatever else arrives.
    look_at: Instant,
}

impl Writer {
    pub(crate) fn new(desk: Desk) -> Self {
        Self {
            desk,
            known: HashMap::new(),
            suspects: BTreeSet::new(),
            look_at: Instant::now(),
        }
    }

    /// Works until `stop` turns true and everything that was given before is done.
    pub(super) async fn run(
        mut self,
        writer: usize,
        mut jobs: mpsc::Receiver<Job>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut number = 0_u64;
        loop {
            tokio::select! {
                count = jobs.recv_many(&mut batch, BATCH) => if count == 0 { break },
                () = tokio::time::sleep_until(self.look_at), if !self.suspects.is_empty() => {}
                _ = stop.wait_for(|stop| *stop), if !jobs.is_closed() => jobs.close(),
            }
            if !batch.is_empty() {
                number += 1;
                let span = tracing::debug_span!("batch", writer, number, jobs = batch.len());
                self.work(std::mem::take(&mut batch)).instrument(span).await;
            }
            if !self.suspects.is_empty() && self.look_at <= Instant::now() {
                self.resync().await;
            }
        }
    }

    async fn work(&mut self, jobs: Vec<Job>) {
        for (jobs, done) in self.commit(jobs).await {
            match done {
                Ok(done) => self.finish(jobs, done).await,
                Err(error) => self.give_up(jobs, &error),
            }
        }
    }

    /// Decides and commits jobs, together if that can be. What was committed is handed back in the order in
    /// which it was; nobody was told yet.
    pub(crate) async fn commit(&mut self, mut jobs: Vec<Job>) -> Vec<(Vec<Job>, Result<Done, StoreError>)> {
        // In the order of ids, so that writers that share a database do not wait for each other in a circle.
        jobs.sort_by_key(|job| job.space);
        let mut settled = Vec::with_capacity(1);
        // Batches that are still to be done, the next one last. One that cannot be done is halved until what
        // is at fault stands alone.
        let mut batches = vec![jobs];
        while let Some(mut jobs) = batches.pop() {
            let mut done = self.attempt(&jobs, false).await;
            if done.as_ref().is_err_and(|error| !error.is_away()) {
                self.desk.metrics.batches_retried.inc();
                done = self.attempt(&jobs, true).await;
            }
            match done {
                Err(error) if !error.is_away() && jobs.len() > 1 => {
                    tracing::warn!(%error, jobs = jobs.len(), "a batch failed and is halved");
                    let second = jobs.split_off(jobs.len() / 2);
                    batches.extend([second, jobs]);
                }
                done => settled.push((jobs, done)),
            }
        }
        settled
    }

    fn give_up(&mut self, jobs: Vec<Job>, error: &StoreError) {
        let code = error.handle(&self.desk.metrics);
        if self.suspects.is_empty() {
            // A database that just went away does not answer at once.
            self.look_at = Instant::now() + RESYNC;
        }
        for job in jobs {
            self.suspects.insert(job.space);
            trail::settled(&job, Err(code));
            (job.reply)(Err(code));
        }
    }

    /// Decides all jobs in one transaction and commits it. `careful` asks the database for all that is
    /// otherwise remembered or seldom otherwise.
    async fn attempt(&mut self, jobs: &[Job], careful: bool) -> Result<Done, StoreError> {
        let written: BTreeSet<SpaceId> = jobs
            .iter()
            .filter(|job| !matches!(job.task, Task::Open | Task::Rename(_)))
            .map(|job| job.space)
            .collect();
        if written.is_empty() {
            return Ok(Done {
                answers: jobs.iter().map(|_| Ok(Answer::Done)).collect(),
                committed: Vec::new(),
            });
        }
        if careful {
            for space in &written {
                self.known.remove(space);
            }
        }
        let timer = self.desk.metrics.commit_seconds.start_timer();
        let mut tx = self.desk.store.write().await?;
        let heads = self.lock(&mut tx, written).await?;
        let mut rows = Rows::default();
        let mut spaces = BTreeMap::new();
        let mut answers = Vec::with_capacity(jobs.len());
        let mut at = Deciding {
            tx: &mut tx,
            rows: &mut rows,
            careful,
        };
        for job in jobs {
            match self.decide(&mut at, &heads, &mut spaces, job).await {
                Ok(answer) => {
                    trail::decided(job, &answer);
                    answers.push(Ok(answer));
                }
                Err(Stop::Refused(code)) => answers.push(Err(code)),
                Err(Stop::Store(error)) => return Err(error),
            }
        }
        for locked in spaces.values_mut() {
            locked.write(&mut tx, &mut rows).await?;
        }
        let events = rows.events();
        rows.write(&mut tx).await?;
        tx.commit().await?;
        let seconds = timer.stop_and_record();
        self.desk.metrics.count_commit(events);
        tracing::debug!(events, seconds, "committed");
        let committed = spaces.into_iter().map(|(space, locked)| {
            let Locked {
                known,
                events,
                people,
                ..
            } = locked;
            let streams = !known.state.streams.is_empty();
            self.keep(space, known);
            Committed {
                space,
                events,
                people,
                streams,
            }
        });
        Ok(Done {
            answers,
            committed: committed.collect(),
        })
    }

    /// Locks the rows of these spaces and says where their logs end.
    async fn lock(
        &self,
        tx: &mut Tx,
        mut spaces: BTreeSet<SpaceId>,
    ) -> Result<BTreeMap<SpaceId, Seq>, StoreError> {
        let mut heads = BTreeMap::new();
        if self.desk.store.has_one_writer() {
            // Nobody else writes, so what is remembered is so.
            spaces.retain(|space| match self.known.get(space) {
                Some(known) => {
                    heads.insert(*space, known.state.head);
                    false
                }
                None => true,
            });
        }
        if !spaces.is_empty() {
            heads.extend(store::lock_heads(tx, &spaces).await?);
        }
        Ok(heads)
    }

    async fn decide(
        &mut self,
        at: &mut Deciding<'_>,
        heads: &BTreeMap<SpaceId, Seq>,
        spaces: &mut BTreeMap<SpaceId, Locked>,
        job: &Job,
    ) -> Result<Answer, Stop> {
        let random = &self.desk.random.clone();
        Ok(match &job.task {
            Task::Open | Task::Rename(_) => Answer::Done,
            Task::Create { person, created } => {
                protocol::Op::SpaceCreated(created.clone()).check_shared()?;
                let new = !heads.contains_key(&job.space)
                    && store::insert_space(at.tx, job.space, *person, self.desk.clock.now()).await?;
                let locked = self.locked(at.tx, heads, spaces, job.space).await?;
                Answer::Joined(if new {
                    locked.begin(at, *person, created, random).await?
                } else {
                    locked.begin_again(at.tx, *person, created).await?
                })
            }
            Task::Submit { member, device, ops } => {
                let locked = self.locked(at.tx, heads, spaces, job.space).await?;
                Answer::Ops(locked.submit(at, *member, *device, ops).await?)
            }
            Task::Join { person, invite } => {
                let locked = self.locked(at.tx, heads, spaces, job.space).await?;
                Answer::Joined(locked.join(at, *person, *invite, random).await?)
            }
            Task::EndStream { stream } => {
                let locked = self.locked(at.tx, heads, spaces, job.space).await?;
                locked.end_stream(at, *stream).await?;
                Answer::Done
            }
        })
    }

    /// The space as this transaction has it, its state at the head.
    async fn locked<'a>(
        &mut self,
        tx: &mut Tx,
        heads: &BTreeMap<SpaceId, Seq>,
        spaces: &'a mut BTreeMap<SpaceId, Locked>,
        space: SpaceId,
    ) -> Result<&'a mut Locked, Stop> {
        let vacant = match spaces.entry(space) {
            Entry::Occupied(locked) => return Ok(locked.into_mut()),
            Entry::Vacant(vacant) => vacant,
        };
        let head = heads.get(&space).copied();
        // Taken out: if the transaction fails, the next one reads all anew.
        let known = match self.known.remove(&space) {
            Some(known) if Some(known.state.head) == head => known,
            _ => {
                // One that this transaction began is locked by that.
                let shelf = &self.desk.shelf;
                let folded = store::find_state(tx, shelf, space)
                    .await?
                    .ok_or(Code::NoSuchSpace)?;
                Known {
                    state: folded.state,
                    snapshot: folded.snapshot,
                    last: HashMap::new(),
                }
            }
        };
        Ok(vacant.insert(Locked::new(space, known, self.desk.clock.now())))
    }

    /// After the commit: answers, fans out, and does what is no write.
    async fn finish(&mut self, jobs: Vec<Job>, done: Done) {
        let mut later = Vec::new();
        for (job, answer) in jobs.into_iter().zip(done.answers) {
            match job.task {
                Task::Open | Task::Rename(_) => later.push(job),
                _ => {
                    self.desk.metrics.count_answer(&answer);
                    trail::settled(&job, answer.as_ref().map_err(|code| *code));
                    (job.reply)(answer);
                }
            }
        }
        for committed in done.committed {
            self.publish(committed);
        }
        for job in later {
            let answer = match job.task {
                Task::Rename(person) => {
                    self.desk.hub.rename(job.space, person);
                    Ok(Answer::Done)
                }
                _ => self.open(job.space).await,
            };
            (job.reply)(answer);
        }
    }

    fn keep(&mut self, space: SpaceId, mut known: Known) {
        if known.state.head.0.saturating_sub(known.snapshot.0) >= SNAPSHOT_EVERY
            && self.desk.snapshots.ask(space)
        {
            known.snapshot = known.state.head;
        }
        if self.known.len() >= KNOWN {
            // Any will do: what is needed again is read again.
            if let Some(other) = self.known.keys().next().copied()
                && let Some(known) = self.known.remove(&other)
            {
                self.desk.shelf.keep(other, &known.state);
            }
        }
        self.known.insert(space, known);
    }

    fn publish(&mut self, committed: Committed) {
        let Committed {
            space,
            events,
            people,
            streams,
        } = committed;
        if events.is_empty() {
            return;
        }
        self.desk.metrics.count_events(&events);
        let whole = self.desk.hub.publish(space, &events, &people);
        // Either the room lacks something before these, a commit whose outcome was not known; or nobody is
        // there to notice when the host of a stream is gone.
        if !whole || streams && !self.desk.hub.is_open(space) {
            self.suspects.insert(space);
            self.look_at = Instant::now();
        }
    }

    async fn open(&mut self, space: SpaceId) -> Result<Answer, Code> {
        self.try_open(space)
            .await
            .map_err(|error| error.handle(&self.desk.metrics))?
            .ok_or(Code::NoSuchSpace)
    }

    async fn try_open(&self, space: SpaceId) -> Result<Option<Answer>, StoreError> {
        if self.desk.hub.is_open(space) {
            // Whoever asks knows of a commit that the room does not.
            self.catch_up(space).await?;
        } else {
            let Some(room) = self.read_room(space).await? else {
                return Ok(None);
            };
            self.desk.hub.open(space, room);
        }
        Ok(Some(Answer::Done))
    }

    pub(crate) async fn read_room<L: Clone>(&self, space: SpaceId) -> Result<Option<Room<L>>, StoreError> {
        let mut tx = self.desk.store.read().await?;
        let Some(folded) = store::find_state(&mut tx, &self.desk.shelf, space).await? else {
            return Ok(None);
        };
        let people = space::store::list_people(&mut tx, space).await?;
        let state = Arc::unwrap_or_clone(folded.state);
        Ok(Some(Room::new(space, self.desk.epoch, state, people)))
    }

    /// Tells rooms what they may have missed, once the database answers again.
    async fn resync(&mut self) {
        while let Some(space) = self.suspects.first().copied() {
            match self.catch_up(space).await {
                Ok(()) => {}
                Err(error) if error.is_away() => {
                    tracing::debug!(%error, %space, "rooms cannot catch up yet");
                    break;
                }
                Err(error) => tracing::error!(%error, %space, "a room cannot catch up"),
            }
            self.suspects.remove(&space);
        }
        self.look_at = Instant::now() + RESYNC;
    }

    async fn catch_up(&self, space: SpaceId) -> Result<(), StoreError> {
        let Some(mut head) = self.desk.hub.head(space) else {
            if let Some(room) = self.read_room(space).await?
                && !room.is_idle()
            {
                self.desk.hub.open(space, room);
            }
            return Ok(());
        };
        loop {
            let mut tx = self.desk.store.read().await?;
            let events = store::list_events(&mut tx, space, head, protocol::limits::PAGE).await?;
            let Some(last) = events.last() else {
                return Ok(());
            };
            head = last.envelope.seq;
            let people = space::store::list_people(&mut tx, space).await?;
            self.desk.hub.publish(space, &events, &people);
        }
    }
}

/// What a committed transaction did.
pub(crate) struct Done {
    /// One for each job, in order.
    pub(crate) answers: Vec<Result<Answer, Code>>,
    /// What the log of each space got.
    pub(crate) committed: Vec<Committed>,
}

/// What a space's log got, to be told to its room.
pub(crate) struct Committed {
    /// Which space.
    pub(crate) space: SpaceId,
    /// In order; perhaps none.
    pub(crate) events: Vec<Event>,
    /// The names of those who joined.
    pub(crate) people: Vec<Person>,
    /// Whether something is streamed there.
    streams: bool,
}

#[cfg(test)]
mod tests;
