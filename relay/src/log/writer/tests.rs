//! A writer whose commit was not heard of.

use protocol::op::Created;
use protocol::{Colour, DeviceId, MemberId, MessageId, Op, StreamId};
use tokio::sync::oneshot;

use super::super::Proposal;
use super::*;
use crate::account::PersonId;
use crate::account::store::insert_person;
use crate::config::Backend;

const ALICE: PersonId = PersonId::from_bits(1);
const SPACE: SpaceId = SpaceId::from_bits(1);
const OTHER: SpaceId = SpaceId::from_bits(2);
const DEVICE: DeviceId = DeviceId::from_bits(1);

struct Bench {
    desk: Desk,
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let random = Random::default();
        let backend = Backend::Folder(folder.path().to_owned());
        let store = Store::open(&backend, Duration::from_secs(5), &random)
            .await
            .unwrap();
        let clock = Clock::default();
        let mut tx = store.write().await.unwrap();
        insert_person(&mut tx, ALICE, "Alice", "token", clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let metrics = Metrics::default();
        let shelf = Arc::new(Shelf::default());
        let (stop, stopped) = watch::channel(false);
        let (snapshots, _) = Snapshots::start(
            store.clone(),
            Arc::clone(&shelf),
            metrics.snapshots.clone(),
            stopped,
        );
        let desk = Desk {
            epoch: store.epoch().await.unwrap(),
            hub: Hub::new(metrics.clone()),
            store,
            clock,
            random,
            metrics,
            shelf,
            snapshots,
        };
        Self {
            desk,
            _stop: stop,
            _folder: folder,
        }
    }

    /// Another writer of the same store. What it commits, this relay's rooms do not hear: as when the
    /// database went away in the middle of a commit.
    fn unheard(&self) -> Writer {
        Writer::new(Desk {
            hub: Hub::new(self.desk.metrics.clone()),
            ..self.desk.clone()
        })
    }
}

impl Writer {
    async fn done(&mut self, space: SpaceId, task: Task) -> Answer {
        let (sender, answer) = oneshot::channel();
        let job = Job::new(space, task, |answer| drop(sender.send(answer)));
        self.work(vec![job]).await;
        answer.await.unwrap().unwrap()
    }

    /// Alice begins a space.
    async fn begin(&mut self, space: SpaceId) -> MemberId {
        let created = Created {
            name: "Lisbon".to_owned(),
            colour: Colour::Grey,
            groups: Vec::new(),
            tabs: Vec::new(),
        };
        let task = Task::Create {
            person: ALICE,
            created,
        };
        match self.done(space, task).await {
            Answer::Joined(joined) => joined.member,
            other => panic!("not begun but {other:?}"),
        }
    }
}

fn say(member: MemberId, n: u64) -> Task {
    let op = Op::MessageSent {
        message: MessageId::from_bits(n.into()),
        text: "hello".to_owned(),
    };
    Task::Submit {
        member,
        device: DEVICE,
        ops: vec![Proposal::new(n, Ok(op))],
    }
}

#[tokio::test]
async fn a_room_hears_of_an_unheard_commit_however_busy_the_writer_is() {
    let bench = Bench::new().await;
    let hub = bench.desk.hub.clone();
    let mut writer = Writer::new(bench.desk.clone());
    let alice = writer.begin(SPACE).await;
    let busy = writer.begin(OTHER).await;
    writer.done(SPACE, Task::Open).await;
    // A stream, so that the room stays although nobody is in it.
    let op = Op::StreamStarted {
        stream: StreamId::from_bits(1),
        tab: None,
        title: String::new(),
        audio: false,
    };
    let stream = Task::Submit {
        member: alice,
        device: DEVICE,
        ops: vec![Proposal::new(1, Ok(op))],
    };
    writer.done(SPACE, stream).await;
    bench.unheard().done(SPACE, say(alice, 2)).await;
    assert_eq!(hub.head(SPACE), Some(Seq(2)));

    let away = StoreError::Away(sqlx::Error::PoolTimedOut);
    writer.give_up(vec![Job::new(SPACE, Task::Open, drop)], &away);
    let (jobs, receiver) = mpsc::channel(8);
    let (_stop, stopped) = watch::channel(false);
    let running = tokio::spawn(writer.run(0, receiver, stopped));
    let heard = async {
        for n in 1.. {
            let (sender, answer) = oneshot::channel();
            let job = Job::new(OTHER, say(busy, n), |answer| drop(sender.send(answer)));
            jobs.send(job).await.map_err(|_| "the writer is there").unwrap();
            answer.await.unwrap().unwrap();
            if hub.head(SPACE) == Some(Seq(3)) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), heard)
        .await
        .expect("the room is told while others write");
    drop(jobs);
    running.await.unwrap();
}

#[tokio::test]
async fn who_wants_in_gets_an_open_room_to_catch_up() {
    let bench = Bench::new().await;
    let hub = bench.desk.hub.clone();
    let mut writer = Writer::new(bench.desk.clone());
    let alice = writer.begin(SPACE).await;
    writer.done(SPACE, Task::Open).await;
    bench.unheard().done(SPACE, say(alice, 1)).await;
    assert_eq!(hub.head(SPACE), Some(Seq(1)));
    let room: Room = writer.read_room(SPACE).await.unwrap().unwrap();
    assert_eq!(room.head(), Seq(2));
    assert!(writer.try_open(SPACE).await.unwrap().is_some());
    assert!(hub.head(SPACE).is_none_or(|head| head == Seq(2)));
}
