//! The read tables written anew from the log, should they ever say something else.
//!
//! A space at a time, in one transaction each, which is kept only if something differed. What is written comes
//! from the log's own projection. What the log does not know stays as it is: whose a membership is, favicons.

use std::time::Duration;

use protocol::{Payload, Seq, SpaceId, SpaceState};
use sqlx::AssertSqlSafe;

use crate::clock::Random;
use crate::config::Backend;
use crate::log::projection::{self, Touched};
use crate::log::rows::Rows;
use crate::log::store as log;
use crate::store::query::{execute, fetch_all, fetch_one, fetch_optional, natural};
use crate::store::{Store, StoreError, Tx};

/// Spaces whose names are read at a time.
const SPACES: i64 = 500;
/// Events that are folded at a time.
const EVENTS: usize = 1_000;
/// Tables whose rows are written anew.
const TABLES: [&str; 3] = ["tabs", "messages", "members"];

/// What came of one space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The tables said what the log says.
    Same,
    /// They did not, and do now: how many rows differed in which table.
    Mended(Vec<(&'static str, u64)>),
    /// The log itself is damaged; nothing was changed.
    Damaged(String),
}

/// Writes the read tables of all spaces anew; `tell` hears of each space. The relay must be stopped.
///
/// # Errors
/// [`StoreError`]; the spaces that were told of are done.
pub async fn rebuild(
    backend: &Backend,
    patience: Duration,
    random: &Random,
    mut tell: impl FnMut(SpaceId, Outcome),
) -> Result<(), StoreError> {
    let store = Store::open(backend, patience, random).await?;
    let rebuilt = rebuild_all(&store, &mut tell).await;
    store.close().await;
    rebuilt
}

async fn rebuild_all(store: &Store, tell: &mut impl FnMut(SpaceId, Outcome)) -> Result<(), StoreError> {
    let mut last = String::new();
    loop {
        let mut tx = store.read().await?;
        let spaces = fetch_all!(
            &mut tx,
            (String,),
            "SELECT space FROM spaces WHERE space > $1 ORDER BY space LIMIT $2",
            &last,
            SPACES
        )?;
        drop(tx);
        let Some((end,)) = spaces.last() else {
            return Ok(());
        };
        last.clone_from(end);
        for (space,) in spaces {
            let space: SpaceId = space.parse()?;
            match rebuild_space(store, space).await {
                Ok(differences) if differences.is_empty() => tell(space, Outcome::Same),
                Ok(differences) => tell(space, Outcome::Mended(differences)),
                Err(StoreError::Damaged(problem)) => tell(space, Outcome::Damaged(problem)),
                Err(StoreError::MessageTaken) => {
                    let problem = "its log sends two messages under one id".to_owned();
                    tell(space, Outcome::Damaged(problem));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

async fn rebuild_space(store: &Store, space: SpaceId) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut tx = store.write().await?;
    let before = Row::get(&mut tx, space).await?;
    for table in TABLES {
        remember(&mut tx, space, table).await?;
    }
    execute!(&mut tx, "DELETE FROM tabs WHERE space = $1", space.to_string())?;
    execute!(
        &mut tx,
        "DELETE FROM messages WHERE space = $1",
        space.to_string()
    )?;
    let mut snapshot = Snapshot::get(&mut tx, space).await?;
    let mut state = SpaceState::default();
    let mut touched = Touched::default();
    snapshot.compare(&state);
    loop {
        let events = log::list_events(&mut tx, space, state.head, EVENTS).await?;
        let mut rows = Rows::default();
        for event in &events {
            let envelope = &event.envelope;
            if let Payload::Op(op) = &event.payload {
                touched.note(&state, op, envelope.author.member);
                projection::write_message(&mut rows, space, envelope, op);
            }
            if !state.apply(event) {
                let problem = format!("its log has a gap before event {}", envelope.seq);
                return Err(StoreError::Damaged(problem));
            }
            snapshot.compare(&state);
        }
        rows.write(&mut tx).await?;
        touched.keep_tabs_of(&state);
        if events.len() < EVENTS {
            break;
        }
    }
    let unknown = remove_unknown_members(&mut tx, space, &touched).await?;
    let mut rows = Rows::default();
    touched.write(&mut tx, &mut rows, space, &state).await?;
    rows.head(space, state.head);
    rows.write(&mut tx).await?;
    log::update_summary(&mut tx, space, &state).await?;
    let mut differences = Vec::new();
    let after = Row::get(&mut tx, space).await?;
    if before != after {
        differences.push(("spaces", 1));
    }
    if !snapshot.is_right {
        execute!(
            &mut tx,
            "DELETE FROM snapshots WHERE space = $1",
            space.to_string()
        )?;
        log::put_snapshot(&mut tx, space, &state).await?;
        differences.push(("snapshots", 1));
    }
    for table in TABLES {
        let mut count = count_differences(&mut tx, space, table).await?;
        if table == "members" {
            count = count.max(unknown);
        }
        if count > 0 {
            differences.push((table, count));
        }
    }
    if !differences.is_empty() {
        tx.commit().await?;
    }
    Ok(differences)
}

/// What a space's row says of its state.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    head: i64,
    name: String,
    streams: i64,
    deleted: bool,
}

impl Row {
    async fn get(tx: &mut Tx, space: SpaceId) -> Result<Self, StoreError> {
        let (head, name, streams, deleted) = fetch_one!(
            tx,
            (i64, String, i64, bool),
            "SELECT head, name, streams, deleted FROM spaces WHERE space = $1",
            space.to_string()
        )?;
        Ok(Self {
            head,
            name,
            streams,
            deleted,
        })
    }
}

/// A space's snapshot, and whether the log folds into it.
struct Snapshot {
    /// `None` when it cannot be read.
    state: Option<SpaceState>,
    seq: Seq,
    is_right: bool,
}

impl Snapshot {
    async fn get(tx: &mut Tx, space: SpaceId) -> Result<Self, StoreError> {
        let row = fetch_optional!(
            tx,
            (String, i64, i64),
            "SELECT state, seq, fold_version FROM snapshots WHERE space = $1",
            space.to_string()
        )?;
        let is_mine =
            |(.., version): &(String, i64, i64)| *version == i64::from(protocol::state::FOLD_VERSION);
        // One of another version is as good as none: it is folded anew whenever it is needed.
        let row = row.filter(is_mine);
        Ok(Self {
            is_right: row.is_none(),
            seq: Seq(row.as_ref().map_or(0, |(_, seq, _)| natural(*seq))),
            state: row.and_then(|(state, ..)| serde_json::from_str(&state).ok()),
        })
    }

    /// Looks whether this is it, while the log is folded.
    fn compare(&mut self, state: &SpaceState) {
        if state.head == self.seq && !self.is_right {
            self.is_right = self.state.as_ref() == Some(state);
        }
    }
}

/// Copies the rows of a space aside, into a table that only this connection sees.
async fn remember(tx: &mut Tx, space: SpaceId, table: &str) -> Result<(), StoreError> {
    let create = match tx {
        Tx::Sqlite(_) => {
            format!("CREATE TEMP TABLE IF NOT EXISTS was_{table} AS SELECT * FROM {table} LIMIT 0")
        }
        Tx::Postgres(_) => format!("CREATE TEMP TABLE IF NOT EXISTS was_{table} (LIKE {table})"),
    };
    execute!(tx, AssertSqlSafe(create.as_str()))?;
    let empty = format!("DELETE FROM was_{table}");
    execute!(tx, AssertSqlSafe(empty.as_str()))?;
    let copy = format!("INSERT INTO was_{table} SELECT * FROM {table} WHERE space = $1");
    execute!(tx, AssertSqlSafe(copy.as_str()), space.to_string())?;
    Ok(())
}

/// How many rows of a space are not as they were.
async fn count_differences(tx: &mut Tx, space: SpaceId, table: &str) -> Result<u64, StoreError> {
    let (now, was) = (
        format!("SELECT * FROM {table} WHERE space = $1"),
        format!("SELECT * FROM was_{table}"),
    );
    let mut most = 0;
    for (one, other) in [(&now, &was), (&was, &now)] {
        let count = format!("SELECT COUNT(*) FROM ({one} EXCEPT {other}) AS rows");
        let (count,) = fetch_one!(tx, (i64,), AssertSqlSafe(count.as_str()), space.to_string())?;
        most = most.max(natural(count));
    }
    Ok(most)
}

/// Rows of members whom the log never saw. One that the log saw and that has no row is lost: whose it was stands
/// nowhere else.
async fn remove_unknown_members(tx: &mut Tx, space: SpaceId, touched: &Touched) -> Result<u64, StoreError> {
    let rows = fetch_all!(
        tx,
        (String,),
        "SELECT member FROM members WHERE space = $1",
        space.to_string()
    )?;
    let mut known = 0;
    let mut removed = 0;
    for (member,) in rows {
        if member
            .parse()
            .is_ok_and(|member| touched.status(member).is_some())
        {
            known += 1;
            continue;
        }
        removed += execute!(
            tx,
            "DELETE FROM members WHERE space = $1 AND member = $2",
            space.to_string(),
            &member
        )?;
    }
    if known < touched.members() {
        let lost = touched.members() - known;
        let problem = format!("{lost} of its members have no row, and whose they are stands nowhere else");
        return Err(StoreError::Damaged(problem));
    }
    Ok(removed)
}
