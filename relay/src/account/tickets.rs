//! Tickets: what opens a socket, once, within half a minute. In memory: a relay that restarts forgets them,
//! and clients get new ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use protocol::{DeviceId, Millis, limits};

use super::PersonId;

/// Tickets that are good at the same time; a new one takes the oldest one's place.
const MOST: usize = 16 * 1_024;
/// The same for one person, on all devices.
const MOST_EACH: usize = 16;

/// Who a ticket lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// Who.
    pub(crate) person: PersonId,
    /// Since when the person exists.
    pub(crate) since: Millis,
    /// On which device.
    pub(crate) device: DeviceId,
}

#[derive(Debug)]
struct Ticket {
    bearer: Bearer,
    until: Millis,
    /// Tickets are numbered as they are made.
    number: u64,
}

/// The tickets that are good. The keys are hashes, so that a dump of memory opens nothing.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<Good>);

#[derive(Debug, Default)]
struct Good {
    tickets: HashMap<Vec<u8>, Ticket>,
    /// The keys by number: all live equally long, so the first is the first to end.
    by_age: BTreeMap<u64, Vec<u8>>,
    /// The numbers of each person's.
    by_person: BTreeSet<(PersonId, u64)>,
    next: u64,
}

impl Tickets {
    /// Makes a ticket good.
    pub(crate) fn insert(&self, ticket: &str, bearer: Bearer, now: Millis) {
        let mut good = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        good.make_room(bearer.person, now);
        let (key, number) = (super::store::hash(ticket), good.next);
        good.remove(&key);
        good.next += 1;
        good.by_age.insert(number, key.clone());
        good.by_person.insert((bearer.person, number));
        let until = now.plus(limits::TICKET_LIFE_MS);
        let ticket = Ticket {
            bearer,
            until,
            number,
        };
        good.tickets.insert(key, ticket);
    }

    /// A person's tickets are not good any more.
    pub(crate) fn forget(&self, person: PersonId) {
        let mut good = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = good.by_person.range((person, 0)..=(person, u64::MAX));
        let numbers: Vec<u64> = own.map(|(_, number)| *number).collect();
        for number in numbers {
            if let Some(key) = good.by_age.get(&number).cloned() {
                good.remove(&key);
            }
        }
    }

    /// Uses a ticket up.
    pub(crate) fn take(&self, ticket: &str, now: Millis) -> Option<Bearer> {
        let mut good = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = good.remove(&super::store::hash(ticket))?;
        (now < ticket.until).then_some(ticket.bearer)
    }
}

impl Good {
    /// Lets go of those whose time is over, and of the oldest that are too many.
    fn make_room(&mut self, person: PersonId, now: Millis) {
        while let Some(oldest) = self.by_age.values().next().cloned()
            && (self.tickets.len() >= MOST
                || self.tickets.get(&oldest).is_none_or(|ticket| ticket.until <= now))
        {
            self.remove(&oldest);
        }
        let own = (person, 0)..=(person, u64::MAX);
        let oldest = self.by_person.range(own.clone()).next().copied();
        if let Some((_, oldest)) = oldest
            && self.by_person.range(own).count() >= MOST_EACH
            && let Some(key) = self.by_age.get(&oldest).cloned()
        {
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &[u8]) -> Option<Ticket> {
        let ticket = self.tickets.remove(key)?;
        self.by_age.remove(&ticket.number);
        self.by_person.remove(&(ticket.bearer.person, ticket.number));
        Some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_once_and_not_for_long() {
        let tickets = Tickets::default();
        let bearer = Bearer {
            person: PersonId::from_bits(1),
            since: Millis(0),
            device: DeviceId::from_bits(2),
        };
        tickets.insert("a", bearer, Millis(0));
        tickets.insert("b", bearer, Millis(0));
        assert_eq!(tickets.take("a", Millis(29_999)), Some(bearer));
        assert_eq!(tickets.take("a", Millis(29_999)), None);
        assert_eq!(tickets.take("b", Millis(30_000)), None);
        assert_eq!(tickets.take("never", Millis(0)), None);
    }

    fn bearer(person: u128) -> Bearer {
        Bearer {
            person: PersonId::from_bits(person),
            since: Millis(0),
            device: DeviceId::from_bits(2),
        }
    }

    #[test]
    fn who_asks_for_many_loses_the_own_oldest() {
        let tickets = Tickets::default();
        tickets.insert("another's", bearer(1), Millis(0));
        for number in 0..=MOST_EACH {
            tickets.insert(&number.to_string(), bearer(2), Millis(0));
        }
        assert_eq!(tickets.take("0", Millis(1)), None);
        assert_eq!(tickets.take("1", Millis(1)), Some(bearer(2)));
        assert_eq!(tickets.take("another's", Millis(1)), Some(bearer(1)));
    }

    #[test]
    fn all_of_them_are_bounded_and_the_old_are_let_go() {
        let tickets = Tickets::default();
        for number in 0..=MOST {
            let person = u128::try_from(number).unwrap();
            tickets.insert(&number.to_string(), bearer(person), Millis(0));
        }
        assert_eq!(tickets.take("0", Millis(1)), None);
        assert_eq!(tickets.take("1", Millis(1)), Some(bearer(1)));
        tickets.insert("new", bearer(1), Millis(limits::TICKET_LIFE_MS));
        let good = tickets.0.lock().unwrap();
        assert_eq!(
            (good.tickets.len(), good.by_age.len(), good.by_person.len()),
            (1, 1, 1)
        );
    }
}
