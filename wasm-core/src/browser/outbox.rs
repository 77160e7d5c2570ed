//! Sending a waiting outbox by REST, when nothing live is open.

use std::rc::Rc;

use protocol::{Code, SpaceId, limits};

use super::performer::{Core, Performer};
use super::rest::Trouble;

/// Sends what waits in all spaces, until nothing does or the relay cannot take more now.
///
/// # Errors
/// When the relay is away, or refused for a reason that time may heal: what waits is still in the outbox.
pub async fn send<C: Core>(performer: &Rc<Performer<C>>) -> Result<(), Trouble> {
    let (device, spaces) = performer.look(|core| {
        let session = core.session();
        (session.device(), session.spaces().collect::<Vec<SpaceId>>())
    });
    for space in spaces {
        let mut caught_up = false;
        loop {
            let (epoch, ops) = performer.look(|core| {
                let session = core.session();
                (session.epoch(space), session.take_waiting(space, limits::PAGE))
            });
            if ops.is_empty() {
                break;
            }
            let answers = match performer.rest().submit(space, device, epoch, ops).await {
                Ok(answers) => answers,
                // This space is over; the others may not be.
                Err(Trouble::Refused(refusal)) if !refusal.code.is_transient() => break,
                Err(trouble) => return Err(trouble),
            };
            let mut decided = 0;
            for answer in answers {
                let outcome = match (answer.seq, answer.refused) {
                    (Some(seq), _) => Ok(seq),
                    (None, Some(refusal)) if refusal.code.is_transient() => {
                        return Err(Trouble::Refused(refusal));
                    }
                    (None, Some(refusal)) if refusal.code == Code::OpGap => break,
                    (None, Some(refusal)) => Err(refusal),
                    (None, None) => return Err(Trouble::NotARelay),
                };
                decided += 1;
                performer.with(|core, now| core.session().answered(now, space, answer.n, outcome));
            }
            if decided == 0 {
                // A gap: the relay was restored from a backup. Its epoch is another, and it may lack what it had
                // acknowledged.
                if caught_up {
                    break;
                }
                caught_up = true;
                let found = performer.rest().space_now(space, device).await?;
                performer.with(|core, now| core.session().caught_up(now, space, found));
                // Other numbers are on disk before they are sent.
                if performer.on_disk().await.is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
}
