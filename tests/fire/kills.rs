//! `kill -9` in the middle of writes, again and again: of the relay, of its database, of both.
//!
//! `TABSPACE_KILLS` says how often (8 by default), `TABSPACE_SEED` repeats a run: the same edits and the same
//! number of acknowledgements before each kill.

use std::sync::Arc;

use protocol::{Role, Seq, SpaceId};
use tabspace_tests::dice::Dice;
use tabspace_tests::light::Person;
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::wait::{PATIENCE, wait_for};
use tabspace_tests::{Failure, PrivatePostgres, Result};
use tokio::task::{JoinSet, block_in_place};

use crate::diary::{Diary, Log, beginning};
use crate::writers::{Pulse, Writer};
use crate::{QUIET, assert_no_panic};

/// Ops are decided before a kill: at most so many.
const MOST_BETWEEN_KILLS: u64 = 250;
/// Spaces, each written to by every device.
const SPACES: usize = 3;
/// Devices of each of the two people.
const DEVICES: usize = 2;

/// Two people with two devices each who write to the same spaces, and what they know of the logs.
pub(crate) struct Crowd {
    reader: Person,
    pub(crate) writers: Vec<Writer>,
    logs: Vec<Log>,
    dice: Dice,
}

impl Crowd {
    pub(crate) async fn gather(url: &str, mut dice: Dice) -> Result<Self> {
        let mut device = {
            let mut dice = dice.clone();
            move || protocol::DeviceId::from_bits(dice.id_bits())
        };
        let alice = Person::arrive(url, "Alice", device()).await?;
        let bob = Person::arrive(url, "Bob", device()).await?;
        let mut spaces = Vec::new();
        for _ in 0..SPACES {
            let space = SpaceId::from_bits(dice.id_bits());
            alice.share(space, beginning()).await?;
            bob.join(&alice.invite(space, Role::Editor).await?).await?;
            spaces.push(space);
        }
        let mut writers = Vec::new();
        for person in [&alice, &bob] {
            for _ in 0..DEVICES {
                let person = person.with_device(device());
                writers.push(Writer::new(person, &spaces, Dice::of(dice.bits())));
            }
        }
        Ok(Self {
            reader: alice,
            writers,
            logs: spaces.into_iter().map(Log::of).collect(),
            dice,
        })
    }

    /// Everybody writes while something happens; returns when all have stopped: the relay is gone, or they
    /// were asked to finish.
    pub(crate) async fn write_while(
        &mut self,
        pulse: &Arc<Pulse>,
        happens: impl AsyncFnOnce(&mut Dice) -> Result<()>,
    ) -> Result<()> {
        let mut writing = JoinSet::new();
        for mut writer in self.writers.drain(..) {
            let pulse = Arc::clone(pulse);
            writing.spawn(async move {
                let outcome = writer.write(&pulse).await;
                (writer, outcome)
            });
        }
        happens(&mut self.dice).await?;
        while let Some(done) = writing.join_next().await {
            let (writer, outcome) = done.map_err(|error| Failure(error.to_string()))?;
            outcome?;
            self.writers.push(writer);
        }
        self.writers.sort_by_key(Writer::device);
        Ok(())
    }

    /// Reads what the logs have gained and compares everything with what was acknowledged.
    pub(crate) async fn check_logs(&mut self) -> Result<()> {
        for (at, log) in self.logs.iter_mut().enumerate() {
            log.read_on(&self.reader).await?;
            let diaries: Vec<(_, &Diary)> = self
                .writers
                .iter()
                .map(|writer| (writer.device(), &writer.diaries[at]))
                .collect();
            log.check(&diaries)?;
        }
        Ok(())
    }

    /// Everything that waits is decided; then log, state and tables say the same.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        let pulse = Arc::new(Pulse::new(true));
        self.write_while(&pulse, async |_| Ok(())).await?;
        if !self.writers.iter().all(Writer::all_decided) {
            return Err("not everything was decided although the relay lives".into());
        }
        self.check_logs().await?;
        for log in &self.logs {
            log.check_tables(&self.reader).await?;
        }
        Ok(())
    }

    fn acknowledged(&self) -> usize {
        let diaries = self.writers.iter().flat_map(|writer| &writer.diaries);
        let accepted = |diary: &Diary| {
            diary
                .said
                .iter()
                .filter(|said| matches!(said.answer, Some(Ok(Seq(_)))))
                .count()
        };
        diaries.map(accepted).sum()
    }
}

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Relay,
    /// All of Postgres, as in a crash of the machine it runs on.
    Postgres,
    /// Postgres' first process; the others notice.
    Postmaster,
    Both,
}

fn kills() -> u64 {
    let count = std::env::var("TABSPACE_KILLS").ok();
    count.map_or(8, |count| count.parse().expect("TABSPACE_KILLS is a number"))
}

async fn kill_again_and_again(
    story: &str,
    kills: u64,
    postgres: Option<&PrivatePostgres>,
    victims: &[Victim],
) -> Result<()> {
    let dice = Dice::announced(story);
    let database = postgres.map(PrivatePostgres::fresh_database);
    let mut settings = QUIET.to_vec();
    settings.extend(database.as_deref().map(|url| ("DATABASE_URL", url)));
    let mut relay = RelayProcess::start_with(&settings)?;
    let mut crowd = Crowd::gather(relay.url(), dice).await?;
    let mut told = 0;
    for (kill, victim) in (1..=kills).zip(victims.iter().copied().cycle()) {
        let pulse = Arc::new(Pulse::new(false));
        let round = crowd.write_while(&pulse, async |dice| {
            pulse.until_decided(1 + dice.below(MOST_BETWEEN_KILLS)).await?;
            // Somewhere between two acknowledgements.
            for _ in 0..dice.below(64) {
                tokio::task::yield_now().await;
            }
            if let (Some(postgres), true) = (postgres, victim != Victim::Relay) {
                block_in_place(|| {
                    if victim == Victim::Postmaster {
                        postgres.kill()
                    } else {
                        postgres.stop()
                    }
                })?;
                if victim == Victim::Both {
                    block_in_place(|| relay.kill());
                }
                start_again(postgres).await?;
            } else {
                block_in_place(|| relay.kill());
            }
            if matches!(victim, Victim::Postgres | Victim::Postmaster) {
                // The relay comes back by itself.
                let decided = *pulse.decided.borrow();
                pulse.until_decided(decided + 20).await?;
                pulse.finish.send_replace(true);
            }
            Ok(())
        });
        round.await.map_err(|failure| {
            failure.during(format_args!("kill {kill} ({victim:?})\n{}", relay.output()))
        })?;
        told += *pulse.store_away.borrow();
        if matches!(victim, Victim::Relay | Victim::Both) {
            block_in_place(|| relay.start_again())?;
        }
        crowd
            .check_logs()
            .await
            .map_err(|failure| failure.during(format_args!("after kill {kill} ({victim:?})")))?;
        if kill % 50 == 0 {
            eprintln!("{story}: {kill} kills, {} ops acknowledged", crowd.acknowledged());
        }
    }
    crowd.finish().await?;
    let acknowledged = crowd.acknowledged();
    eprintln!("{story}: {kills} kills, {acknowledged} ops acknowledged, each once in the log");
    if victims.contains(&Victim::Postgres) {
        assert!(told > 0, "whoever writes is told that the database is away");
    }
    assert_no_panic(&relay);
    Ok(())
}

/// Starts a Postgres that was killed; its last processes may still be about to end.
pub(crate) async fn start_again(postgres: &PrivatePostgres) -> Result<()> {
    wait_for("Postgres to start again", PATIENCE, async || {
        Ok(Some(block_in_place(|| postgres.start_again())?))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_op_is_there_once_however_often_the_relay_is_killed_on_sqlite() -> Result<()> {
    kill_again_and_again("kills on SQLite", kills(), None, &[Victim::Relay]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_op_is_there_once_however_often_the_relay_is_killed_on_postgres() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    kill_again_and_again("kills on Postgres", kills(), Some(&postgres), &[Victim::Relay]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_op_is_there_once_however_often_postgres_is_killed() -> Result<()> {
    let postgres = PrivatePostgres::start_durable()?;
    let victims = [Victim::Postgres, Victim::Both, Victim::Postmaster, Victim::Relay];
    // Half as often: a database needs longer to come back.
    kill_again_and_again(
        "kills of Postgres",
        kills().div_ceil(2),
        Some(&postgres),
        &victims,
    )
    .await
}
