//! How fast one connection may be: who pays for its ops and subscriptions, and what follows for the ops behind
//! one that was too fast.

use protocol::{Code, Millis, Op, Refusal, SpaceId};

use crate::App;
use crate::account::tickets::Bearer;
use crate::address::Address;
use crate::rate::{Bucket, Kind, Payer};

/// Spaces of which something is remembered. Of more nothing is: the writer then says `op_gap`, which ends the
/// same way.
const MOST: usize = 256;

/// What is known of the own ops in one space.
#[derive(Debug, Clone, Copy, Default)]
struct Course {
    /// The last op that went to the writer, or that it had decided before. Up to it, ops come again.
    sent: u64,
    /// The op that was too fast, and when it may come again. Those behind it wait for it.
    held: Option<(u64, Millis)>,
}

/// The pace of one connection.
#[derive(Debug)]
pub(super) struct Pace {
    payer: Payer,
    /// Nearly always of one space.
    courses: Vec<(SpaceId, Course)>,
    /// Of signals; `None` until the first.
    signals: Option<Box<Bucket>>,
}

impl Pace {
    pub(super) fn new(bearer: &Bearer, address: Address) -> Self {
        let Bearer { person, since, .. } = *bearer;
        Self {
            payer: Payer {
                person,
                since,
                address,
            },
            courses: Vec::new(),
            signals: None,
        }
    }

    /// Pays for an op.
    ///
    /// # Errors
    /// When it is too fast, or behind one that was.
    pub(super) fn op(
        &mut self,
        app: &App,
        space: SpaceId,
        n: u64,
        op: &Result<Op, Code>,
    ) -> Result<(), Refusal> {
        let now = app.clock.now();
        let mut course = self.course(space);
        if let Some((first, until)) = course.held
            && n > first
            && now < until
        {
            // Not charged: it was on its way when the first was refused.
            return Err(Refusal {
                retry_after_ms: Some(u64::try_from(until.since(now)).unwrap_or(1)),
                ..Code::TooFast.into()
            });
        }
        let paid = app.charge(Kind::of_op(op, n <= course.sent), self.payer);
        match &paid {
            Ok(()) => {
                course.sent = course.sent.max(n);
                course.held = course.held.filter(|(first, _)| n < *first);
            }
            Err(refusal) => {
                let wait_ms = refusal.retry_after_ms.unwrap_or_default();
                let until = now.plus(i64::try_from(wait_ms).unwrap_or(i64::MAX));
                course.held = Some((n, until));
            }
        }
        self.remember(space, course);
        paid
    }

    /// Pays for a subscription.
    ///
    /// # Errors
    /// When it is too fast.
    pub(super) fn subscription(&self, app: &App) -> Result<(), Refusal> {
        app.charge(Kind::Requests, self.payer)
    }

    /// The connection was told which of its ops is the last that was decided.
    pub(super) fn subscribed(&mut self, space: SpaceId, last_n: u64) {
        let course = Course {
            sent: self.course(space).sent.max(last_n),
            held: None,
        };
        self.remember(space, course);
    }

    fn remember(&mut self, space: SpaceId, course: Course) {
        if let Some((_, known)) = self.courses.iter_mut().find(|(of, _)| *of == space) {
            *known = course;
        } else if self.courses.len() < MOST {
            self.courses.reserve_exact(1);
            self.courses.push((space, course));
        }
    }

    fn course(&self, space: SpaceId) -> Course {
        let known = self.courses.iter().find(|(of, _)| *of == space);
        known.map(|(_, course)| *course).unwrap_or_default()
    }

    /// Whether a signal may go on, or is dropped.
    pub(super) fn signal(&mut self, app: &App) -> bool {
        let flow = app.limiter.flow_of_connection(Kind::Signals);
        if !flow.is_limited() {
            return true;
        }
        let now = app.clock.now();
        let bucket = self
            .signals
            .get_or_insert_with(|| Box::new(Bucket::full(flow, now)));
        bucket.take(flow, now).is_ok()
    }
}
