//! What is asked of the writers, and the queues in which it waits for them: bounded in number and in bytes.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use protocol::frame::Person;
use protocol::op::Created;
use protocol::rest::{Joined, OpAnswer};
use protocol::{Code, DeviceId, InviteId, MemberId, SpaceId, StreamId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::proposal::{OVERHEAD_BYTES, Proposal};
use super::trail;
use super::writer::{Desk, Writer};
use crate::account::PersonId;
use crate::health::Metrics;

/// Requests that wait for one writer; who brings more waits until there is room.
const QUEUE: usize = 8_192;
/// What these and those that it works on may take together; who brings more waits until there is room.
const QUEUE_BYTES: u32 = 32 * 1024 * 1024;

/// What is asked of a space's writer.
#[derive(Debug)]
pub enum Task {
    /// A shared space begins.
    Create {
        /// Who begins it.
        person: PersonId,
        /// Its first event.
        created: Created,
    },
    /// A device submits ops.
    Submit {
        /// Whose.
        member: MemberId,
        /// From which device; it belongs to the member's person.
        device: DeviceId,
        /// In order.
        ops: Vec<Proposal>,
    },
    /// Somebody comes by an invite.
    Join {
        /// Who.
        person: PersonId,
        /// By which.
        invite: InviteId,
    },
    /// A stream's host was absent for too long.
    EndStream {
        /// Which.
        stream: StreamId,
    },
    /// Somebody wants the space live: the hub is given a room that misses nothing.
    Open,
    /// A member has another name.
    Rename(Person),
}

impl Task {
    /// About what it takes while it waits.
    fn size_bytes(&self) -> usize {
        let texts = match self {
            Self::Create { created, .. } => serde_json::to_vec(created).map_or(0, |text| text.len()),
            Self::Submit { ops, .. } => ops.iter().map(|op| op.size_bytes).sum(),
            Self::Join { .. } | Self::EndStream { .. } | Self::Open | Self::Rename(_) => 0,
        };
        OVERHEAD_BYTES + texts
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    /// The caller is in.
    Joined(Joined),
    /// One answer for each op that was tried.
    Ops(Vec<OpAnswer>),
    /// It is done.
    Done,
}

type Reply = Box<dyn FnOnce(Result<Answer, Code>) + Send + Sync>;

/// A task for a space, and who hears what came of it.
pub struct Job {
    pub(super) space: SpaceId,
    pub(super) task: Task,
    pub(super) reply: Reply,
    /// Held from when it waits until it is done.
    share: Option<Share>,
}

impl Job {
    /// A task whose outcome is handed to `reply`, after the commit.
    pub fn new(
        space: SpaceId,
        task: Task,
        reply: impl FnOnce(Result<Answer, Code>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            space,
            task,
            reply: Box::new(reply),
            share: None,
        }
    }
}

#[cfg(test)]
impl Job {
    /// Tells whoever waits.
    pub(crate) fn answer(self, answer: Result<Answer, Code>) {
        (self.reply)(answer);
    }
}

/// What a job takes of its writer's queue.
struct Share {
    bytes: OwnedSemaphorePermit,
    metrics: Arc<Metrics>,
    since: Instant,
}

impl Share {
    fn new(bytes: OwnedSemaphorePermit, metrics: Arc<Metrics>) -> Self {
        metrics.jobs.inc();
        metrics
            .jobs_bytes
            .add(i64::try_from(bytes.num_permits()).unwrap_or(i64::MAX));
        Self {
            bytes,
            metrics,
            since: Instant::now(),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let metrics = &self.metrics;
        metrics.jobs.dec();
        metrics
            .jobs_bytes
            .sub(i64::try_from(self.bytes.num_permits()).unwrap_or(i64::MAX));
        metrics.job_seconds.observe(self.since.elapsed().as_secs_f64());
    }
}

/// The way to one writer.
#[derive(Debug)]
struct Way {
    jobs: mpsc::Sender<Job>,
    bytes: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// How much may wait.
pub(crate) struct Bounds {
    pub(crate) jobs: usize,
    pub(crate) bytes: usize,
}

/// The way to the writers.
#[derive(Debug, Clone)]
pub struct Writers(Arc<[Way]>);

impl Writers {
    /// Starts them. They end when `stop` turns true, after what they were given before.
    pub(crate) fn start(desk: &Desk, stop: &watch::Receiver<bool>) -> (Self, Vec<JoinHandle<()>>) {
        let metrics = Arc::new(desk.metrics.clone());
        let start = |number| {
            let (sender, receiver) = mpsc::channel(QUEUE);
            let writer = Writer::new(desk.clone());
            let task = tokio::spawn(writer.run(number, receiver, stop.clone()));
            (Way::new(sender, Arc::clone(&metrics)), task)
        };
        let (ways, tasks): (Vec<_>, Vec<_>) = (0..desk.store.writers()).map(start).unzip();
        (Self(ways.into()), tasks)
    }

    /// What may wait for all of them together.
    pub(crate) fn bounds(&self) -> Bounds {
        let writers = self.0.len();
        Bounds {
            jobs: QUEUE * writers,
            bytes: QUEUE_BYTES as usize * writers,
        }
    }

    /// Hands a job to the writer of its space. When the relay stops, the reply is dropped.
    pub async fn send(&self, job: Job) {
        let mut hasher = DefaultHasher::new();
        job.space.hash(&mut hasher);
        let share = usize::try_from(hasher.finish() % self.0.len() as u64).unwrap_or_default();
        self.0[share].send(job).await;
    }

    /// Has a task done and waits for what comes of it.
    pub async fn ask(&self, space: SpaceId, task: Task) -> Result<Answer, Code> {
        let (sender, receiver) = oneshot::channel();
        // Nobody may be waiting any more; then nobody needs the answer.
        self.send(Job::new(space, task, |answer| drop(sender.send(answer))))
            .await;
        receiver.await.unwrap_or(Err(Code::GoingAway))
    }
}

impl Way {
    fn new(jobs: mpsc::Sender<Job>, metrics: Arc<Metrics>) -> Self {
        let bytes = Arc::new(Semaphore::new(QUEUE_BYTES as usize));
        Self { jobs, bytes, metrics }
    }

    async fn send(&self, mut job: Job) {
        // One that takes more than everything waits until it is alone.
        let size = u32::try_from(job.task.size_bytes()).map_or(QUEUE_BYTES, |size| size.min(QUEUE_BYTES));
        let bytes = Arc::clone(&self.bytes).acquire_many_owned(size).await;
        job.share = bytes
            .ok()
            .map(|bytes| Share::new(bytes, Arc::clone(&self.metrics)));
        trail::submitted(&job);
        // A writer that has stopped drops the job and with it the reply, which tells whoever waits.
        drop(self.jobs.send(job).await);
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use protocol::{MessageId, Op};

    use super::*;

    fn large() -> Job {
        let ops = (1..=16).map(|n| {
            let op = Op::MessageSent {
                message: MessageId::from_bits(n.into()),
                text: "x".repeat(1024 * 1024),
            };
            Proposal::new(n, Ok(op))
        });
        let task = Task::Submit {
            member: MemberId::from_bits(1),
            device: DeviceId::from_bits(1),
            ops: ops.collect(),
        };
        Job::new(SpaceId::from_bits(1), task, drop)
    }

    #[tokio::test]
    async fn jobs_wait_outside_while_the_queue_is_full_of_bytes() {
        let (sender, mut receiver) = mpsc::channel(QUEUE);
        let metrics = Metrics::default();
        let (count, bytes) = (metrics.jobs.clone(), metrics.jobs_bytes.clone());
        let answered = metrics.job_seconds.clone();
        let way = Way::new(sender, Arc::new(metrics));
        way.send(large()).await;
        // Two of these do not fit together.
        let second = way.send(large());
        tokio::pin!(second);
        let mut context = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert_eq!(count.get(), 1);
        assert!(bytes.get() > 16 * 1024 * 1024);
        drop(receiver.recv().await);
        assert_eq!((count.get(), bytes.get()), (0, 0));
        assert_eq!(answered.get_sample_count(), 1);
        second.await;
        assert_eq!(count.get(), 1);
    }
}
