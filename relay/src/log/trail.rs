//! The trail of an op through the relay, for whoever follows one by its name (space, device, `n`): at the level
//! `debug`, under the target `relay::op`.
//!
//! It tells names and places, never what an op holds. While nobody listens it costs a comparison.

use protocol::event::OpName;
use protocol::{Code, DeviceId, Event, SpaceId};

use super::queue::{Answer, Job, Task};

const TARGET: &str = "relay::op";

fn nobody_listens() -> bool {
    !tracing::enabled!(target: TARGET, tracing::Level::DEBUG)
}

/// It came, and was paid for: on this connection, or with the request of the span.
pub(crate) fn received(connection: Option<u64>, space: SpaceId, device: DeviceId, n: u64) {
    tracing::debug!(target: TARGET, connection, %space, %device, n, "received");
}

/// It goes no further than where it came in.
pub(crate) fn refused(connection: Option<u64>, space: SpaceId, device: DeviceId, n: u64, code: Code) {
    tracing::debug!(target: TARGET, connection, %space, %device, n, %code, "refused");
}

/// Its job waits for a writer, among those that came before.
pub(super) fn submitted(job: &Job) {
    if nobody_listens() {
        return;
    }
    if let Task::Submit { device, ops, .. } = &job.task {
        for op in ops {
            tracing::debug!(target: TARGET, space = %job.space, %device, n = op.n, "submitted");
        }
    }
}

/// It has an answer, which counts once it is committed. The span tells the batch.
pub(super) fn decided(job: &Job, answer: &Answer) {
    tell_answers(job, answer, "decided");
}

/// Its answer is on disk, or there is none because its job was refused as a whole.
pub(super) fn settled(job: &Job, answer: Result<&Answer, Code>) {
    match (answer, &job.task) {
        (Ok(answer), _) => tell_answers(job, answer, "committed"),
        (Err(code), Task::Submit { device, ops, .. }) if !nobody_listens() => {
            for op in ops {
                refused(None, job.space, *device, op.n, code);
            }
        }
        _ => {}
    }
}

fn tell_answers(job: &Job, answer: &Answer, what: &'static str) {
    if nobody_listens() {
        return;
    }
    let (Task::Submit { device, .. }, Answer::Ops(answers)) = (&job.task, answer) else {
        return;
    };
    for answer in answers {
        let seq = answer.seq.map(|seq| seq.0);
        let code = answer.refused.as_ref().map(|refusal| refusal.code.as_str());
        tracing::debug!(target: TARGET, space = %job.space, %device, n = answer.n, seq, code, "{what}");
    }
}

/// Who submitted them on a connection is told what became of them.
pub(crate) fn answered(connection: u64, space: SpaceId, device: DeviceId, first: u64, count: usize) {
    if nobody_listens() {
        return;
    }
    for n in (first..).take(count) {
        tracing::debug!(target: TARGET, connection, %space, %device, n, "answered");
    }
}

/// Events were given to so many connections: written, or waiting for each that is slow.
pub(crate) fn sent(space: SpaceId, events: &[Event], receivers: usize) {
    if nobody_listens() {
        return;
    }
    for event in events {
        let seq = event.envelope.seq.0;
        if let Some(OpName { device, n }) = event.envelope.author.op {
            tracing::debug!(target: TARGET, %space, %device, n, seq, receivers, "sent");
        }
    }
}
