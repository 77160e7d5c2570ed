//! What no relay may do, done on purpose: a simulation that does not notice proves nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use protocol::{Code, Seq, ServerFrame};

use super::client::Dice;
use super::world::World;
use super::{relay, runtime};

/// Seeds in one of which a fault has to be noticed.
const SEEDS: u64 = 20;

/// A fault of a relay or of its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A commit that was acknowledged is gone after the next start.
    Forgets,
    /// Somebody is told of an event twice.
    TellsTwice,
    /// Somebody is not told of an event.
    KeepsSilent,
    /// An op is acknowledged with a place that is another one's.
    NamesAnotherPlace,
    /// An op is acknowledged under the name of another one.
    GivesANameAway,
}

impl Fault {
    /// Now and then spoils what is to be said; how often it is said.
    pub(super) fn spoil(self, frame: &mut ServerFrame, dice: &Dice) -> usize {
        let now = || dice.once_in(10);
        match (self, frame) {
            (Self::TellsTwice, ServerFrame::Events { .. }) if now() => 2,
            (Self::KeepsSilent, ServerFrame::Events { .. }) if now() => 0,
            (Self::NamesAnotherPlace, ServerFrame::Accepted { seq, .. }) if now() => {
                *seq = seq.next();
                1
            }
            (Self::GivesANameAway, frame) => {
                if let ServerFrame::Refused { space, n, reason } = frame
                    && reason.code == Code::OpConflict
                {
                    let (space, n, seq) = (*space, *n, Seq(1));
                    *frame = ServerFrame::Accepted { space, n, seq };
                }
                1
            }
            _ => 1,
        }
    }
}

/// What the simulation says of a seed with this fault.
fn complaint(fault: Fault, seed: u64) -> Option<String> {
    let runtime = runtime();
    let ran = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut world = World::new(seed, relay::empty_store().await).await;
            world.fault = Some(fault);
            world.live().await;
        });
    }));
    let panic = ran.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
}

#[test]
fn what_no_relay_may_do_is_noticed() {
    let in_order = ["each event comes once, in order"].as_slice();
    for (fault, sentences) in [
        (
            Fault::Forgets,
            ["was acknowledged", "the first answer stays"].as_slice(),
        ),
        (Fault::TellsTwice, in_order),
        (Fault::KeepsSilent, in_order),
        (Fault::NamesAnotherPlace, &["was acknowledged"]),
        (Fault::GivesANameAway, &["another op took the name"]),
    ] {
        let fits = |complaint: &String| sentences.iter().any(|sentence| complaint.contains(sentence));
        let noticed = (1..=SEEDS)
            .filter_map(|seed| complaint(fault, seed))
            .any(|it| fits(&it));
        assert!(noticed, "nobody says any of {sentences:?} of {fault:?}");
    }
}
