//! Rows of spaces, events, payloads and decided ops.

use protocol::event::OpName;
use protocol::state::FOLD_VERSION;
use protocol::{Author, Class, Code, DeviceId, Envelope, Event, Millis, Payload, Seq, SpaceId, SpaceState};

use crate::account::PersonId;
use crate::store::query::{execute, fetch_all, fetch_one, fetch_optional, natural, number};
use crate::store::{StoreError, Tx};

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

/// A space as its row and the events behind its snapshot tell.
#[derive(Debug)]
pub(crate) struct Folded {
    /// The state at the head.
    pub(crate) state: SpaceState,
    /// What the row's snapshot has folded.
    pub(crate) snapshot: Seq,
}

/// The head of a space, its row locked until the transaction ends.
pub(crate) async fn lock_head(tx: &mut Tx, space: SpaceId) -> Result<Option<Seq>, StoreError> {
    let row = fetch_optional!(
        tx,
        (i64,),
        {
            sqlite: "SELECT head FROM spaces WHERE space = $1",
            postgres: "SELECT head FROM spaces WHERE space = $1 FOR UPDATE"
        },
        space.to_string()
    )?;
    Ok(row.map(|(head,)| Seq(natural(head))))
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

/// The state of a space at its head.
pub(crate) async fn find_state(tx: &mut Tx, space: SpaceId) -> Result<Option<Folded>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String, i64, i64),
        "SELECT state, state_seq, fold_version FROM spaces WHERE space = $1",
        space.to_string()
    )?;
    let Some((state, state_seq, fold_version)) = row else {
        return Ok(None);
    };
    let (mut state, snapshot) = if fold_version == i64::from(FOLD_VERSION) {
        (
            serde_json::from_str::<SpaceState>(&state)?,
            Seq(natural(state_seq)),
        )
    } else {
        (SpaceState::default(), Seq::default())
    };
    loop {
        let events = list_events(tx, space, state.head, FOLD_PAGE).await?;
        for event in &events {
            if !state.apply(event) {
                let seq = event.envelope.seq;
                return Err(StoreError::Damaged(format!(
                    "space {space} has a gap before {seq}"
                )));
            }
        }
        if events.len() < FOLD_PAGE {
            return Ok(Some(Folded { state, snapshot }));
        }
    }
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

fn class_name(class: Class) -> &'static str {
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

/// Writes an event, the envelope and the payload apart.
pub(crate) async fn insert_event(tx: &mut Tx, space: SpaceId, event: &Event) -> Result<(), StoreError> {
    let Envelope {
        seq,
        author,
        time,
        class,
    } = &event.envelope;
    execute!(
        tx,
        "INSERT INTO events (space, seq, member, device, n, time, class) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        space.to_string(),
        number(seq.0),
        author.member.to_string(),
        author.op.map(|name| name.device.to_string()),
        author.op.map(|name| number(name.n)),
        time.0,
        class_name(*class)
    )?;
    execute!(
        tx,
        "INSERT INTO payloads (space, seq, body) VALUES ($1, $2, $3)",
        space.to_string(),
        number(seq.0),
        serde_json::to_string(&event.payload)?
    )?;
    Ok(())
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

/// Remembers what was decided of an op.
pub(crate) async fn insert_decided(
    tx: &mut Tx,
    space: SpaceId,
    op: OpName,
    decided: &Decided,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO ops (space, device, n, hash, seq, code) VALUES ($1, $2, $3, $4, $5, $6)",
        space.to_string(),
        op.device.to_string(),
        number(op.n),
        decided.hash.as_slice(),
        decided.answer.ok().map(|seq| number(seq.0)),
        decided.answer.err().map(Code::as_str)
    )?;
    Ok(())
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
        "INSERT INTO spaces (space, creator, name, head, state, state_seq, fold_version, streams, deleted, created)
         VALUES ($1, $2, '', 0, $3, 0, $4, 0, $5, $6) ON CONFLICT (space) DO NOTHING",
        space.to_string(),
        creator.to_string(),
        serde_json::to_string(&SpaceState::default())?,
        i64::from(FOLD_VERSION),
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

/// Writes what the row tells of the state.
pub(crate) async fn update_head(tx: &mut Tx, space: SpaceId, state: &SpaceState) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE spaces SET head = $2, name = $3, streams = $4, deleted = $5 WHERE space = $1",
        space.to_string(),
        number(state.head.0),
        state.name.as_str(),
        number(state.streams.len() as u64),
        state.deleted
    )?;
    Ok(())
}

/// Writes the snapshot.
pub(crate) async fn update_snapshot(
    tx: &mut Tx,
    space: SpaceId,
    state: &SpaceState,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE spaces SET state = $2, state_seq = $3, fold_version = $4 WHERE space = $1",
        space.to_string(),
        serde_json::to_string(state)?,
        number(state.head.0),
        i64::from(FOLD_VERSION)
    )?;
    Ok(())
}

/// Spaces in which something is streamed.
pub(crate) async fn list_streaming(tx: &mut Tx) -> Result<Vec<SpaceId>, StoreError> {
    let rows = fetch_all!(tx, (String,), "SELECT space FROM spaces WHERE streams > 0")?;
    rows.into_iter().map(|(space,)| Ok(space.parse()?)).collect()
}
