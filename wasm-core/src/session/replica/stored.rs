//! A replica and what waits in it, as they are on disk.

use protocol::code::Refusal;
use protocol::frame::Person;
use protocol::{Epoch, MemberId, Millis, Op, Seq, SpaceId, SpaceState};
use serde::{Deserialize, Serialize};

use super::{Pending, Replica, Sync};
use crate::record::{Write, outbox_key, space_key};

/// A replica as it is stored under `space/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredReplica {
    pub(super) epoch: Option<Epoch>,
    pub(super) you: MemberId,
    pub(super) state: SpaceState,
    pub(super) people: Vec<Person>,
    pub(super) next_n: u64,
    pub(super) ended: Option<Refusal>,
}

/// A pending op as it is stored under `outbox/{id}/{n}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPending {
    pub(super) n: u64,
    pub(super) op: Op,
    pub(super) made: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) accepted: Option<Seq>,
}

impl Replica {
    /// The replica as it is to be stored.
    pub(crate) fn stored(&self) -> Write {
        let stored = StoredReplica {
            epoch: self.epoch,
            you: self.you,
            state: self.confirmed.clone(),
            people: self
                .people
                .iter()
                .map(|(&member, name)| Person {
                    member,
                    name: name.clone(),
                })
                .collect(),
            next_n: self.next_n,
            ended: if let Sync::Ended(reason) = &self.sync {
                Some(reason.clone())
            } else {
                None
            },
        };
        put(
            space_key(self.space),
            &crate::library::StoredSpace::Shared(stored),
        )
    }

    /// The writes that put it, and what waits for the relay, on an empty disk.
    pub(crate) fn everything(&self) -> Vec<Write> {
        let pending = self.pending.iter();
        let pending = pending.map(|pending| put_pending(self.space, pending));
        std::iter::once(self.stored()).chain(pending).collect()
    }
}

/// A write of something that always can be written as JSON.
pub(crate) fn put(key: String, value: &impl Serialize) -> Write {
    Write::Put(key, text_of(value))
}

/// A record as JSON.
pub(crate) fn text_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("records have only text keys and finite numbers")
}

pub(super) fn put_pending(space: SpaceId, pending: &Pending) -> Write {
    let stored = StoredPending {
        n: pending.n,
        op: pending.op.clone(),
        made: pending.made,
        accepted: pending.accepted,
    };
    put(outbox_key(space, pending.n), &stored)
}
