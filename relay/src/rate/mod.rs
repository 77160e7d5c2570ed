//! How often who may do what: token buckets of each person, of each address, and of each kind of action.
//!
//! Plain data: time is an argument, memory is bounded (`table`). Who asks is known here as a [`Payer`]; routes
//! and connections take a token before they ask the writers or the database for anything dear. `settings`
//! holds what is allowed.

mod bucket;
mod settings;
mod table;

use protocol::{Class, Code, Millis, Op, Refusal};

pub(crate) use bucket::{Bucket, Flow};
pub use settings::{RateArgs, Rates, Switch};

use crate::account::PersonId;
use crate::address::Address;
use table::Table;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Ops of class message.
    Messages,
    /// All other ops, and those that were decided before.
    Ops,
    /// Joining by a link.
    Joins,
    /// Beginning a space.
    Spaces,
    /// Making and revoking links.
    Invites,
    /// Another name.
    Renames,
    /// Tickets for sockets.
    Tickets,
    /// Calls of the API and subscriptions.
    Requests,
    /// Guests; of an address.
    Guests,
    /// Looking at links; of an address.
    Previews,
    /// Signals; of a connection.
    Signals,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::Messages,
        Self::Ops,
        Self::Joins,
        Self::Spaces,
        Self::Invites,
        Self::Renames,
        Self::Tickets,
        Self::Requests,
        Self::Guests,
        Self::Previews,
        Self::Signals,
    ];

    /// What an op costs. One that comes `again` costs no message: it may have been paid for.
    pub(crate) fn of_op(op: &Result<Op, Code>, again: bool) -> Self {
        match op {
            Ok(op) if op.class() == Class::Message && !again => Self::Messages,
            _ => Self::Ops,
        }
    }

    /// The word in the metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Ops => "ops",
            Self::Joins => "joins",
            Self::Spaces => "spaces",
            Self::Invites => "invites",
            Self::Renames => "renames",
            Self::Tickets => "tickets",
            Self::Requests => "requests",
            Self::Guests => "guests",
            Self::Previews => "previews",
            Self::Signals => "signals",
        }
    }
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// Somebody.
    Person(PersonId),
    /// All who are there.
    Address(Address),
}

/// The words in the metrics.
pub(crate) const WHO: [&str; 2] = ["person", "address"];

impl Who {
    /// The word in the metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Person(_) => WHO[0],
            Self::Address(_) => WHO[1],
        }
    }
}

/// Who asks, as the rates see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payer {
    /// Who.
    pub(crate) person: PersonId,
    /// Since when the person exists.
    pub(crate) since: Millis,
    /// From where.
    pub(crate) address: Address,
}

/// It was too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFast {
    /// What.
    pub(crate) kind: Kind,
    /// Whose bucket is empty.
    pub(crate) who: Who,
    /// After so many milliseconds it succeeds.
    pub(crate) wait_ms: u64,
}

impl From<TooFast> for Refusal {
    fn from(too_fast: TooFast) -> Self {
        Self {
            retry_after_ms: Some(too_fast.wait_ms.max(1)),
            ..Code::TooFast.into()
        }
    }
}

/// All buckets of a relay, and what it allows.
#[derive(Debug)]
pub(crate) struct Limiter {
    rates: Rates,
    table: Table,
}

impl Limiter {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            rates,
            table: Table::default(),
        }
    }

    /// What is allowed.
    pub(crate) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// What one connection may do of a kind.
    pub(crate) fn flow_of_connection(&self, kind: Kind) -> Flow {
        self.rates.flow(kind)
    }

    /// Takes a token of a person, and one of the address where the person is.
    ///
    /// # Errors
    /// When one of the two has none; then neither loses any.
    pub(crate) fn take(&self, kind: Kind, payer: Payer, now: Millis) -> Result<(), TooFast> {
        let flow = self.rates.flow(kind);
        if !flow.is_limited() {
            return Ok(());
        }
        let age_ms = now.since(payer.since);
        let is_new = u128::try_from(age_ms).unwrap_or(0) < self.rates.new_for.as_millis();
        let flow = flow.halved(is_new);
        let person = Who::Person(payer.person);
        let of_person = self
            .table
            .with((kind, person), flow, now, |bucket| bucket.take(flow, now));
        let shared = self.rates.flow_of_address(kind);
        if !shared.is_limited() {
            return of_person.map_err(|wait_ms| TooFast {
                kind,
                who: person,
                wait_ms,
            });
        }
        let address = Who::Address(payer.address);
        if let Err(wait_ms) = of_person {
            // What is told has to hold for the address too.
            let also = self
                .table
                .with((kind, address), shared, now, |bucket| bucket.look(shared, now));
            return Err(TooFast {
                kind,
                who: person,
                wait_ms: wait_ms.max(also),
            });
        }
        let of_address = self
            .table
            .with((kind, address), shared, now, |bucket| bucket.take(shared, now));
        of_address.map_err(|wait_ms| {
            self.table
                .with_kept((kind, person), |bucket| bucket.give_back(flow));
            TooFast {
                kind,
                who: address,
                wait_ms,
            }
        })
    }

    /// Takes a token of an address, for what is asked without being anybody.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn take_of_address(&self, kind: Kind, address: Address, now: Millis) -> Result<(), TooFast> {
        let flow = self.rates.flow(kind);
        if !flow.is_limited() {
            return Ok(());
        }
        let who = Who::Address(address);
        self.table
            .with((kind, who), flow, now, |bucket| bucket.take(flow, now))
            .map_err(|wait_ms| TooFast { kind, who, wait_ms })
    }

    /// Takes more tokens of an address for what turned out to be worth them.
    pub(crate) fn fine(&self, kind: Kind, address: Address, tokens: u32) {
        self.table
            .with_kept((kind, Who::Address(address)), |bucket| bucket.fine(tokens));
    }

    /// Buckets that are kept, and those that were forgotten although they were not full.
    pub(crate) fn counts(&self) -> (usize, u64) {
        self.table.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payer(person: u128, address: u8) -> Payer {
        Payer {
            person: PersonId::from_bits(person),
            since: Millis(0),
            address: Address::of(std::net::IpAddr::from([192, 0, 2, address])),
        }
    }

    const LATER: Millis = Millis(1_000_000_000);

    fn taken(limiter: &Limiter, kind: Kind, payer: Payer, now: Millis) -> usize {
        (0..100_000)
            .take_while(|_| limiter.take(kind, payer, now).is_ok())
            .count()
    }

    #[test]
    fn each_kind_and_person_has_a_bucket() {
        let limiter = Limiter::new(Rates::default());
        assert_eq!(taken(&limiter, Kind::Messages, payer(1, 1), LATER), 60);
        assert_eq!(taken(&limiter, Kind::Joins, payer(1, 1), LATER), 10);
        assert_eq!(taken(&limiter, Kind::Spaces, payer(1, 1), LATER), 3);
        assert_eq!(taken(&limiter, Kind::Messages, payer(2, 1), LATER), 60);
    }

    #[test]
    fn a_new_guest_gets_half() {
        let limiter = Limiter::new(Rates::default());
        let young = Millis(10 * 60_000 - 1);
        assert_eq!(taken(&limiter, Kind::Messages, payer(1, 1), young), 30);
        assert_eq!(taken(&limiter, Kind::Messages, payer(2, 1), young.plus(1)), 60);
    }

    #[test]
    fn many_people_at_one_address_share_what_it_may_do() {
        let limiter = Limiter::new(Rates::default());
        let all: usize = (0..100)
            .map(|person| taken(&limiter, Kind::Joins, payer(person, 1), LATER))
            .sum();
        assert_eq!(all, 200);
        // Whoever could not because of the address lost nothing.
        let refused = limiter.take(Kind::Joins, payer(50, 1), LATER).unwrap_err();
        assert_eq!(refused.who.as_str(), "address");
        assert_eq!(taken(&limiter, Kind::Joins, payer(50, 2), LATER), 10);
    }

    #[test]
    fn what_is_told_holds_for_person_and_address() {
        let rates = Rates {
            people_per_address: 1,
            ..Rates::default()
        };
        let limiter = Limiter::new(rates);
        assert_eq!(taken(&limiter, Kind::Joins, payer(1, 1), LATER), 10);
        let wait_ms = limiter.take(Kind::Joins, payer(1, 1), LATER).unwrap_err().wait_ms;
        let then = LATER.plus(i64::try_from(wait_ms).unwrap());
        assert_eq!(limiter.take(Kind::Joins, payer(1, 1), then), Ok(()));
    }

    #[test]
    fn a_wrong_guess_costs_more() {
        let limiter = Limiter::new(Rates::default());
        let address = payer(1, 1).address;
        let mut guesses = 0;
        while limiter.take_of_address(Kind::Previews, address, LATER).is_ok() {
            limiter.fine(Kind::Previews, address, 9);
            guesses += 1;
        }
        assert_eq!(guesses, 12);
    }

    #[test]
    fn nothing_is_kept_when_nothing_is_limited() {
        let limiter = Limiter::new(Rates::off());
        assert_eq!(taken(&limiter, Kind::Spaces, payer(1, 1), LATER), 100_000);
        assert_eq!(limiter.counts(), (0, 0));
    }
}
