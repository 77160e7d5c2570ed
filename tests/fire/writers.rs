//! Devices that write as fast as they are answered: up to 64 ops of several spaces on their way over one socket.

use std::time::Duration;

use protocol::{ClientFrame, Code, DeviceId, ServerFrame, SpaceId, limits};
use tabspace_tests::dice::Dice;
use tabspace_tests::light::{Line, Person};
use tabspace_tests::{Failure, Result};
use tokio::sync::watch;
use tokio::time::Interval;

use crate::diary::Diary;

/// How long the relay may take for an answer while it lives: its own patience with a database, and more.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the writers tell those who wait for them, and the other way round.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// How many ops were decided.
    pub(crate) decided: watch::Sender<u64>,
    /// How often somebody was told that the database is away.
    pub(crate) store_away: watch::Sender<u64>,
    /// Nothing new is to be made up; what is undecided is brought to its end.
    pub(crate) finish: watch::Sender<bool>,
}

impl Pulse {
    pub(crate) fn new(finish: bool) -> Self {
        Self {
            decided: watch::Sender::new(0),
            store_away: watch::Sender::new(0),
            finish: watch::Sender::new(finish),
        }
    }

    /// Returns once so many ops were decided.
    pub(crate) async fn until_decided(&self, count: u64) -> Result<()> {
        let mut decided = self.decided.subscribe();
        let reached = decided.wait_for(|decided| *decided >= count);
        match tokio::time::timeout(PATIENCE, reached).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Failure(format!(
                "only {} of {count} ops were decided",
                *self.decided.borrow()
            ))),
        }
    }
}

/// How far a diary is sent over the present socket.
#[derive(Debug, Default, Clone, Copy)]
struct Sending {
    /// The next to send.
    next: usize,
    /// Sent and not answered.
    flying: usize,
    /// Something has to be sent again, once everything that is on its way was answered.
    again: bool,
}

/// A device and all that it said.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) person: Person,
    pub(crate) diaries: Vec<Diary>,
    dice: Dice,
}

impl Writer {
    pub(crate) fn new(person: Person, spaces: &[SpaceId], dice: Dice) -> Self {
        Self {
            person,
            diaries: spaces.iter().copied().map(Diary::of).collect(),
            dice,
        }
    }

    pub(crate) fn device(&self) -> DeviceId {
        self.person.device()
    }

    /// Whether everything that was said is decided.
    pub(crate) fn all_decided(&self) -> bool {
        self.diaries
            .iter()
            .all(|diary| diary.undecided == diary.said.len())
    }

    /// Writes until the relay is gone, or until everything is decided and nothing new is wanted.
    ///
    /// # Errors
    /// When an answer contradicts an earlier one, or does not come.
    pub(crate) async fn write(&mut self, pulse: &Pulse) -> Result<()> {
        // Killed while it is greeted: the same as later.
        let Ok(mut line) = self.person.connect().await else {
            return Ok(());
        };
        let mut sending: Vec<Sending> = self
            .diaries
            .iter()
            .map(|diary| Sending {
                // The last one that was decided goes too: it has to get its first answer again.
                next: diary.undecided.saturating_sub(1),
                ..Sending::default()
            })
            .collect();
        let mut retry = tokio::time::interval(Duration::from_millis(20));
        loop {
            let finish = *pulse.finish.borrow();
            if finish && self.all_decided() && sending.iter().all(|sending| sending.flying == 0) {
                return Ok(());
            }
            if !self.fill(&mut line, &mut sending, finish).await {
                return self.drain(&mut line, &mut sending, pulse).await;
            }
            let Some(frame) = self.hear(&mut line, &mut sending, &mut retry, pulse).await? else {
                return Ok(());
            };
            self.take(frame, &mut sending, pulse)?;
        }
    }

    /// Sends as much as may be on its way. `false` when the socket broke.
    async fn fill(&mut self, line: &mut Line, sending: &mut [Sending], finish: bool) -> bool {
        let mut flying: usize = sending.iter().map(|sending| sending.flying).sum();
        let mut moved = true;
        while moved {
            moved = false;
            for (diary, sending) in self.diaries.iter_mut().zip(sending.iter_mut()) {
                if flying >= limits::OPS_IN_FLIGHT || sending.again {
                    continue;
                }
                if sending.next == diary.said.len() {
                    if finish {
                        continue;
                    }
                    diary.make_up(&mut self.dice);
                }
                let frame = ClientFrame::Submit {
                    space: diary.space,
                    n: sending.next as u64 + 1,
                    op: diary.said[sending.next].op.clone(),
                };
                if line.send(&frame).await.is_err() {
                    return false;
                }
                sending.next += 1;
                sending.flying += 1;
                flying += 1;
                moved = true;
            }
        }
        true
    }

    /// The relay is gone, but what it had answered before counts.
    async fn drain(&mut self, line: &mut Line, sending: &mut [Sending], pulse: &Pulse) -> Result<()> {
        while let Some(frame) = line.next().await {
            self.take(frame, sending, pulse)?;
        }
        Ok(())
    }

    /// The next frame, or `None` when the relay is gone. Meanwhile what has to be sent again is sent.
    async fn hear(
        &mut self,
        line: &mut Line,
        sending: &mut [Sending],
        retry: &mut Interval,
        pulse: &Pulse,
    ) -> Result<Option<ServerFrame>> {
        let hearing = self.hear_or_send_again(line, sending, retry, pulse);
        if let Ok(frame) = tokio::time::timeout(PATIENCE, hearing).await {
            return Ok(frame);
        }
        Err(Failure(format!("no answer to {}: {sending:?}", self.device())))
    }

    async fn hear_or_send_again(
        &mut self,
        line: &mut Line,
        sending: &mut [Sending],
        retry: &mut Interval,
        pulse: &Pulse,
    ) -> Option<ServerFrame> {
        loop {
            let stalled = sending.iter().any(|sending| sending.again && sending.flying == 0);
            tokio::select! {
                frame = line.next() => return frame,
                _ = retry.tick(), if stalled => {
                    for (diary, sending) in self.diaries.iter().zip(sending.iter_mut()) {
                        if sending.again && sending.flying == 0 {
                            *sending = Sending { next: diary.undecided, ..Sending::default() };
                        }
                    }
                    let finish = *pulse.finish.borrow();
                    if !self.fill(line, sending, finish).await {
                        return line.next().await;
                    }
                }
            }
        }
    }

    fn take(&mut self, frame: ServerFrame, sending: &mut [Sending], pulse: &Pulse) -> Result<()> {
        let (space, n, answer) = match frame {
            ServerFrame::Accepted { space, n, seq } => (space, n, Ok(seq)),
            ServerFrame::Refused { space, n, reason } => (space, n, Err(reason.code)),
            other => return Err(Failure(format!("not an answer: {other:?}"))),
        };
        let at = self.diaries.iter().position(|diary| diary.space == space);
        let at = at.ok_or_else(|| Failure(format!("an answer from {space}")))?;
        sending[at].flying = sending[at].flying.saturating_sub(1);
        match answer {
            Err(Code::StoreAway) => {
                sending[at].again = true;
                pulse.store_away.send_modify(|count| *count += 1);
            }
            // One before it was not decided.
            Err(Code::OpGap) if sending[at].again => {}
            Err(code) if code.is_transient() || code == Code::OpGap => {
                return Err(Failure(format!("op {n} in {space} was refused with {code}")));
            }
            answer => {
                self.diaries[at].decided(n, answer)?;
                pulse.decided.send_modify(|count| *count += 1);
            }
        }
        Ok(())
    }
}
