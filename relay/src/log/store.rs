//! Rows of spaces, events, payloads and decided ops.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::event::OpName;
use protocol::state::FOLD_VERSION;
use protocol::{
    Author, Class, Code, DeviceId, Envelope, Event, MessageId, Millis, Payload, Seq, SpaceId, SpaceState,
};

use super::shelf::Shelf;
use crate::account::PersonId;
use crate::live::{Read, Unread};
use crate::store::query::{execute, fetch_all, fetch_one, fetch_optional, natural, number};
use crate::store::{StoreError, Tx};

/// What an event weighs on the wire besides its payload, about.
const ENVELOPE_BYTES: u64 = 180;

/// Events that are folded at a time, so that a long log does not stand in memory whole.
const FOLD_PAGE: usize = 1_000;

/// What was decided of an op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    /// SHA-256 of its content; empty for one that could not be read.
    pub(crate) hash: Vec<u8>,
    /// Its place, or why it was refused.
    pub(crate) answer: Result<Seq, Code>,
}

impl Decided {
    /// What an op of this content under the same name gets. What could not be read had no content, so its
    /// answer stands whatever comes.
    pub(crate) fn again(&self, hash: &[u8]) -> Result<Seq, Code> {
        if self.hash.is_empty() || self.hash == hash {
            self.answer
        } else {
            Err(Code::OpConflict)
        }
    }
}

/// A space as its snapshot and the events behind that tell.
#[derive(Debug)]
pub(crate) struct Folded {
    /// The state at the head.
    pub(crate) state: Arc<SpaceState>,
    /// What the snapshot has folded.
    pub(crate) snapshot: Seq,
}

/// The head of a space.
pub(crate) async fn find_head(tx: &mut Tx, space: SpaceId) -> Result<Option<Seq>, StoreError> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT head FROM spaces WHERE space = $1",
        space.to_string()
    )?;
    Ok(row.map(|(head,)| Seq(natural(head))))
}

/// The heads of these spaces, their rows locked until the transaction ends, in the order of ids.
pub(crate) async fn lock_heads(
    tx: &mut Tx,
    spaces: &BTreeSet<SpaceId>,
) -> Result<BTreeMap<SpaceId, Seq>, StoreError> {
    if let Tx::Postgres(tx) = tx {
        let ids: Vec<String> = spaces.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT space, head FROM spaces WHERE space = ANY($1) ORDER BY space FOR UPDATE")
                .bind(ids)
                .fetch_all(&mut **tx)
                .await?;
        return rows
            .into_iter()
            .map(|(space, head)| Ok((space.parse()?, Seq(natural(head)))))
            .collect();
    }
    // Here there is one writer at a time, so nothing has to be locked.
    let mut heads = BTreeMap::new();
    for space in spaces {
        if let Some(head) = find_head(tx, *space).await? {
            heads.insert(*space, head);
        }
    }
    Ok(heads)
}

/// The state of a space at its head, folded from the nearest point that is known.
pub(crate) async fn find_state(
    tx: &mut Tx,
    shelf: &Shelf,
    space: SpaceId,
) -> Result<Option<Folded>, StoreError> {
    let row = fetch_optional!(
        tx,
        (i64, Option<i64>, Option<i64>),
        "SELECT s.head, n.seq, n.fold_version FROM spaces s LEFT JOIN snapshots n ON n.space = s.space
         WHERE s.space = $1",
        space.to_string()
    )?;
    let Some((head, snapshot, fold_version)) = row else {
        return Ok(None);
    };
    let usable = fold_version == Some(i64::from(FOLD_VERSION));
    let snapshot = snapshot
        .filter(|_| usable)
        .map_or(Seq(0), |seq| Seq(natural(seq)));
    let state = state_at(tx, shelf, space, Seq(natural(head)), snapshot).await?;
    Ok(Some(Folded { state, snapshot }))
}

/// The state of a space whose head was read in this transaction.
pub(crate) async fn get_state(
    tx: &mut Tx,
    shelf: &Shelf,
    space: SpaceId,
    head: Seq,
) -> Result<Arc<SpaceState>, StoreError> {
    if let Some(state) = shelf.find(space, head)
        && state.head == head
    {
        return Ok(state);
    }
    let found = find_state(tx, shelf, space).await?;
    found
        .map(|folded| folded.state)
        .ok_or_else(|| StoreError::Damaged(format!("space {space} has a head and no row")))
}

async fn state_at(
    tx: &mut Tx,
    shelf: &Shelf,
    space: SpaceId,
    head: Seq,
    snapshot: Seq,
) -> Result<Arc<SpaceState>, StoreError> {
    let mut state = match shelf.find(space, head) {
        Some(kept) if kept.head >= snapshot => kept,
        _ if snapshot == Seq(0) => Arc::default(),
        _ => Arc::new(read_snapshot(tx, space).await?),
    };
    if state.head == head {
        shelf.keep(space, &state);
        return Ok(state);
    }
    let folded = Arc::make_mut(&mut state);
    loop {
        let events = list_events(tx, space, folded.head, FOLD_PAGE).await?;
        for event in &events {
            if !folded.apply(event) {
                let seq = event.envelope.seq;
                return Err(StoreError::Damaged(format!(
                    "space {space} has a gap before {seq}"
                )));
            }
        }
        if events.len() < FOLD_PAGE {
            shelf.keep(space, &state);
            return Ok(state);
        }
    }
}

async fn read_snapshot(tx: &mut Tx, space: SpaceId) -> Result<SpaceState, StoreError> {
    let row = fetch_optional!(
        tx,
        (String,),
        "SELECT state FROM snapshots WHERE space = $1",
        space.to_string()
    )?;
    Ok(match row {
        Some((state,)) => serde_json::from_str(&state)?,
        None => SpaceState::default(),
    })
}

type EventRow = (
    i64,
    String,
    Option<String>,
    Option<i64>,
    i64,
    String,
    Option<String>,
);

/// Events after `since`, in order.
pub(crate) async fn list_events(
    tx: &mut Tx,
    space: SpaceId,
    since: Seq,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let rows = fetch_all!(
        tx,
        EventRow,
        "SELECT e.seq, e.member, e.device, e.n, e.time, e.class, p.body
         FROM events e LEFT JOIN payloads p ON p.space = e.space AND p.seq = e.seq
         WHERE e.space = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
        space.to_string(),
        number(since.0),
        number(limit as u64)
    )?;
    rows.into_iter().map(event).collect()
}

/// The events that a room lacks; `None` when they weigh more than they may, and then none is read.
pub(crate) async fn list_unread(
    tx: &mut Tx,
    space: SpaceId,
    unread: Unread,
) -> Result<Option<Read>, StoreError> {
    let Unread {
        after,
        through,
        most_bytes,
    } = unread;
    let count = through.0.saturating_sub(after.0);
    // Both databases know how long a text is without reading it.
    let (payloads,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COALESCE(SUM(OCTET_LENGTH(body)), 0) FROM payloads WHERE space = $1 AND seq > $2 AND seq <= $3",
        space.to_string(),
        number(after.0),
        number(through.0)
    )?;
    let bytes = natural(payloads).saturating_add(count.saturating_mul(ENVELOPE_BYTES));
    let Some(bytes) = usize::try_from(bytes).ok().filter(|bytes| *bytes <= most_bytes) else {
        return Ok(None);
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let events = list_events(tx, space, after, count).await?;
    Ok(Some(Read { events, bytes }))
}

fn event((seq, member, device, n, time, class, body): EventRow) -> Result<Event, StoreError> {
    let op = match (device, n) {
        (Some(device), Some(n)) => Some(OpName {
            device: device.parse()?,
            n: natural(n),
        }),
        _ => None,
    };
    let payload = match body {
        Some(body) => serde_json::from_str::<Payload>(&body)?,
        None => Payload::Erased,
    };
    let envelope = Envelope {
        seq: Seq(natural(seq)),
        author: Author {
            member: member.parse()?,
            op,
        },
        time: Millis(time),
        class: class_from_name(&class),
    };
    Ok(Event { envelope, payload })
}

const CLASSES: [(Class, &str); 6] = [
    (Class::Space, "space"),
    (Class::Tab, "tab"),
    (Class::Member, "member"),
    (Class::Message, "message"),
    (Class::Stream, "stream"),
    (Class::Unknown, "unknown"),
];

pub(super) fn class_name(class: Class) -> &'static str {
    CLASSES
        .iter()
        .find(|(each, _)| *each == class)
        .map_or("unknown", |(_, name)| name)
}

fn class_from_name(name: &str) -> Class {
    CLASSES
        .iter()
        .find(|(_, each)| *each == name)
        .map_or(Class::Unknown, |(class, _)| *class)
}

/// What was decided of a device's ops, by number, from `from` on.
pub(crate) async fn list_decided(
    tx: &mut Tx,
    space: SpaceId,
    device: DeviceId,
    from: u64,
    limit: usize,
) -> Result<Vec<(u64, Decided)>, StoreError> {
    let rows = fetch_all!(
        tx,
        (i64, Vec<u8>, Option<i64>, Option<String>),
        "SELECT n, hash, seq, code FROM ops WHERE space = $1 AND device = $2 AND n >= $3 ORDER BY n LIMIT $4",
        space.to_string(),
        device.to_string(),
        number(from),
        number(limit as u64)
    )?;
    let decided = |(n, hash, seq, code): (i64, Vec<u8>, Option<i64>, Option<String>)| {
        let answer = match (seq, code) {
            (Some(seq), _) => Ok(Seq(natural(seq))),
            (None, code) => Err(code_from_name(code.as_deref().unwrap_or_default())),
        };
        (natural(n), Decided { hash, answer })
    };
    Ok(rows.into_iter().map(decided).collect())
}

fn code_from_name(name: &str) -> Code {
    Code::ALL
        .iter()
        .copied()
        .find(|code| code.as_str() == name)
        .unwrap_or(Code::Unknown)
}

/// The number of the last op of a device that was decided; 0 for none.
pub(crate) async fn last_n(tx: &mut Tx, space: SpaceId, device: DeviceId) -> Result<u64, StoreError> {
    let (last,) = fetch_one!(
        tx,
        (Option<i64>,),
        "SELECT MAX(n) FROM ops WHERE space = $1 AND device = $2",
        space.to_string(),
        device.to_string()
    )?;
    Ok(last.map_or(0, natural))
}

/// Begins a space with an empty log. `false` when there is one of this id already.
pub(crate) async fn insert_space(
    tx: &mut Tx,
    space: SpaceId,
    creator: PersonId,
    now: Millis,
) -> Result<bool, StoreError> {
    let rows = execute!(
        tx,
        "INSERT INTO spaces (space, creator, name, head, streams, deleted, created)
         VALUES ($1, $2, '', 0, 0, $3, $4) ON CONFLICT (space) DO NOTHING",
        space.to_string(),
        creator.to_string(),
        false,
        now.0
    )?;
    Ok(rows == 1)
}

/// Who began a space.
pub(crate) async fn find_creator(tx: &mut Tx, space: SpaceId) -> Result<Option<PersonId>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String,),
        "SELECT creator FROM spaces WHERE space = $1",
        space.to_string()
    )?;
    row.map(|(person,)| person.parse().map_err(StoreError::from))
        .transpose()
}

/// Writes what the row tells of the state besides the head.
pub(crate) async fn update_summary(
    tx: &mut Tx,
    space: SpaceId,
    state: &SpaceState,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE spaces SET name = $2, streams = $3, deleted = $4 WHERE space = $1",
        space.to_string(),
        state.name.as_str(),
        number(state.streams.len() as u64),
        state.deleted
    )?;
    Ok(())
}

/// Writes the snapshot, unless a later one stands there.
pub(crate) async fn put_snapshot(tx: &mut Tx, space: SpaceId, state: &SpaceState) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO snapshots (space, seq, fold_version, state) VALUES ($1, $2, $3, $4)
         ON CONFLICT (space) DO UPDATE SET seq = excluded.seq, fold_version = excluded.fold_version,
         state = excluded.state
         WHERE snapshots.seq < excluded.seq OR snapshots.fold_version <> excluded.fold_version",
        space.to_string(),
        number(state.head.0),
        i64::from(FOLD_VERSION),
        serde_json::to_string(state)?
    )?;
    Ok(())
}

/// Whether a space has a message of this id, however old.
pub(crate) async fn is_message(tx: &mut Tx, space: SpaceId, message: MessageId) -> Result<bool, StoreError> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT seq FROM messages WHERE space = $1 AND message = $2",
        space.to_string(),
        message.to_string()
    )?;
    Ok(row.is_some())
}

/// Spaces in which something is streamed.
pub(crate) async fn list_streaming(tx: &mut Tx) -> Result<Vec<SpaceId>, StoreError> {
    let rows = fetch_all!(tx, (String,), "SELECT space FROM spaces WHERE streams > 0")?;
    rows.into_iter().map(|(space,)| Ok(space.parse()?)).collect()
}
