//! The tasks that order. Each owns a share of the spaces and does one thing after the other for them: decide,
//! commit, answer, fan out. So what a room is told comes in the order of the log.
//!
//! What arrives while a commit runs is committed together next. A batch that a statement breaks is done again
//! request by request, so that only the one at fault fails.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use protocol::frame::Person;
use protocol::{Code, Epoch, Event, Seq, SpaceId, SpaceState};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::decide::{Locked, Stop};
use super::queue::{Answer, Job, Task};
use super::store;
use crate::clock::{Clock, Random};
use crate::health::Metrics;
use crate::live::{Hub, Room};
use crate::space;
use crate::store::{Store, StoreError, Tx};

/// Requests that are committed together.
const BATCH: usize = 256;
/// States that a writer keeps at hand, so that it need not read them for every op.
const STATES: usize = 256;
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
}

pub(super) struct Writer {
    desk: Desk,
    /// States at the head that this writer last saw, with what their row's snapshot has folded.
    states: HashMap<SpaceId, (SpaceState, Seq)>,
    /// Spaces whose rooms may have missed a commit because the database went away in the middle of it, or
    /// that lack a room although something is streamed.
    suspects: BTreeSet<SpaceId>,
    /// When the suspects are looked at, whatever else arrives.
    look_at: Instant,
}

impl Writer {
    pub(super) fn new(desk: Desk) -> Self {
        Self {
            desk,
            states: HashMap::new(),
            suspects: BTreeSet::new(),
            look_at: Instant::now(),
        }
    }

    /// Works until `stop` turns true and everything that was given before is done.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>, mut stop: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                count = jobs.recv_many(&mut batch, BATCH) => if count == 0 { break },
                () = tokio::time::sleep_until(self.look_at), if !self.suspects.is_empty() => {}
                _ = stop.wait_for(|stop| *stop), if !jobs.is_closed() => jobs.close(),
            }
            if !batch.is_empty() {
                self.work(std::mem::take(&mut batch)).await;
            }
            if !self.suspects.is_empty() && self.look_at <= Instant::now() {
                self.resync().await;
            }
        }
    }

    async fn work(&mut self, mut jobs: Vec<Job>) {
        // In the order of ids, so that writers that share a database do not wait for each other in a circle.
        jobs.sort_by_key(|job| job.space);
        match self.attempt(&jobs).await {
            Ok(done) => self.finish(jobs, done).await,
            Err(error) if error.is_away() || jobs.len() == 1 => self.give_up(jobs, &error),
            Err(error) => {
                tracing::warn!(%error, jobs = jobs.len(), "a batch failed and is done one by one");
                for job in jobs {
                    let job = vec![job];
                    match self.attempt(&job).await {
                        Ok(done) => self.finish(job, done).await,
                        Err(error) => self.give_up(job, &error),
                    }
                }
            }
        }
    }

    fn give_up(&mut self, jobs: Vec<Job>, error: &StoreError) {
        let code = error.log_and_code();
        if self.suspects.is_empty() {
            // A database that just went away does not answer at once.
            self.look_at = Instant::now() + RESYNC;
        }
        for job in jobs {
            self.suspects.insert(job.space);
            (job.reply)(Err(code));
        }
    }

    /// Decides all jobs in one transaction and commits it.
    async fn attempt(&mut self, jobs: &[Job]) -> Result<Done, StoreError> {
        let writes = jobs
            .iter()
            .any(|job| !matches!(job.task, Task::Open | Task::Rename(_)));
        if !writes {
            return Ok(Done {
                answers: jobs.iter().map(|_| Ok(Answer::Done)).collect(),
                spaces: BTreeMap::new(),
            });
        }
        let timer = self.desk.metrics.commit_seconds.start_timer();
        let mut tx = self.desk.store.write().await?;
        let mut spaces = BTreeMap::new();
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.decide(&mut tx, &mut spaces, job).await {
                Ok(answer) => answers.push(Ok(answer)),
                Err(Stop::Refused(code)) => answers.push(Err(code)),
                Err(Stop::Store(error)) => return Err(error),
            }
        }
        for locked in spaces.values_mut() {
            locked.write(&mut tx).await?;
        }
        tx.commit().await?;
        timer.observe_duration();
        Ok(Done { answers, spaces })
    }

    async fn decide(
        &mut self,
        tx: &mut Tx,
        spaces: &mut BTreeMap<SpaceId, Locked>,
        job: &Job,
    ) -> Result<Answer, Stop> {
        let random = &self.desk.random.clone();
        Ok(match &job.task {
            Task::Open | Task::Rename(_) => Answer::Done,
            Task::Create { person, created } => {
                protocol::Op::SpaceCreated(created.clone()).check_shared()?;
                let new = store::insert_space(tx, job.space, *person, self.desk.clock.now()).await?;
                let locked = self.lock(tx, spaces, job.space).await?;
                Answer::Joined(if new {
                    locked.begin(tx, *person, created, random).await?
                } else {
                    locked.begin_again(tx, *person, created).await?
                })
            }
            Task::Submit { member, device, ops } => {
                let locked = self.lock(tx, spaces, job.space).await?;
                Answer::Ops(locked.submit(tx, *member, *device, ops).await?)
            }
            Task::Join { person, invite } => {
                let locked = self.lock(tx, spaces, job.space).await?;
                Answer::Joined(locked.join(tx, *person, *invite, random).await?)
            }
            Task::EndStream { stream } => {
                let locked = self.lock(tx, spaces, job.space).await?;
                locked.end_stream(tx, *stream).await?;
                Answer::Done
            }
        })
    }

    /// The space, its row locked and its state at the head.
    async fn lock<'a>(
        &mut self,
        tx: &mut Tx,
        spaces: &'a mut BTreeMap<SpaceId, Locked>,
        space: SpaceId,
    ) -> Result<&'a mut Locked, Stop> {
        let vacant = match spaces.entry(space) {
            Entry::Occupied(locked) => return Ok(locked.into_mut()),
            Entry::Vacant(vacant) => vacant,
        };
        let head = store::lock_head(tx, space).await?.ok_or(Code::NoSuchSpace)?;
        // Taken out: if the transaction fails, the next one reads the state anew.
        let (state, snapshot) = match self.states.remove(&space) {
            Some(kept) if kept.0.head == head => kept,
            _ => {
                let folded = store::find_state(tx, space).await?.ok_or(Code::NoSuchSpace)?;
                (folded.state, folded.snapshot)
            }
        };
        Ok(vacant.insert(Locked::new(space, state, snapshot, self.desk.clock.now())))
    }

    /// After the commit: answers, fans out, and does what is no write.
    async fn finish(&mut self, jobs: Vec<Job>, done: Done) {
        let mut later = Vec::new();
        for (job, answer) in jobs.into_iter().zip(done.answers) {
            match job.task {
                Task::Open | Task::Rename(_) => later.push(job),
                _ => {
                    self.desk.metrics.count_answer(&answer);
                    (job.reply)(answer);
                }
            }
        }
        for (space, locked) in done.spaces {
            let Locked {
                state,
                snapshot,
                events,
                people,
                ..
            } = locked;
            let streams = !state.streams.is_empty();
            self.keep(space, state, snapshot);
            self.publish(space, &events, &people, streams);
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

    fn keep(&mut self, space: SpaceId, state: SpaceState, snapshot: Seq) {
        if self.states.len() >= STATES {
            // Any will do: a state that is needed again is read again.
            if let Some(other) = self.states.keys().next().copied() {
                self.states.remove(&other);
            }
        }
        self.states.insert(space, (state, snapshot));
    }

    fn publish(&mut self, space: SpaceId, events: &[Event], people: &[Person], streams: bool) {
        if events.is_empty() {
            return;
        }
        self.desk.metrics.events.inc_by(events.len() as u64);
        let whole = self.desk.hub.publish(space, events, people);
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
            .map_err(|error| error.log_and_code())?
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

    async fn read_room(&self, space: SpaceId) -> Result<Option<Room>, StoreError> {
        let mut tx = self.desk.store.read().await?;
        let Some(folded) = store::find_state(&mut tx, space).await? else {
            return Ok(None);
        };
        let people = space::store::list_people(&mut tx, space).await?;
        Ok(Some(Room::new(space, self.desk.epoch, folded.state, people)))
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
struct Done {
    /// One for each job, in order.
    answers: Vec<Result<Answer, Code>>,
    spaces: BTreeMap<SpaceId, Locked>,
}

#[cfg(test)]
mod tests;
