//! What a database does on its own, with the relay's tables: single rows, each committed, and bulk inserts of
//! the rows that the relay writes for messages.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::try_join_all;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, QueryBuilder, Sqlite, SqlitePool};
use tokio::time::Instant;

use super::Result;
use super::guests::{fresh_device, fresh_message, json, message};

/// Messages of one bulk insert.
const BULK: i64 = 1_000;
/// Connections of the relay to Postgres.
const CONNECTIONS: u32 = 16;
const SPACE: &str = "1000000000000000000000000a";
const MEMBER: &str = "1000000000000000000000000b";
const TIME: i64 = 1_780_000_000_000;

const PAYLOAD: &str = "INSERT INTO payloads (space, seq, body) VALUES ($1, $2, $3)";

const EVENTS_BEGIN: &str = "INSERT INTO events (space, seq, member, device, n, time, class) ";
const PAYLOADS_BEGIN: &str = "INSERT INTO payloads (space, seq, body) ";
const OPS_BEGIN: &str = "INSERT INTO ops (space, device, n, hash, seq) ";
const MESSAGES_BEGIN: &str =
    "INSERT INTO messages (space, message, seq, member, time, text, edited, deleted) ";

const PAYLOADS: &str = "INSERT INTO payloads (space, seq, body)
    SELECT $1, * FROM UNNEST($2::bigint[], $3::text[])";
const EVENTS: &str = "INSERT INTO events (space, seq, member, device, n, time, class)
    SELECT $1, seq, $2, $3, seq, $4, 'message' FROM UNNEST($5::bigint[]) AS seq";
const OPS: &str = "INSERT INTO ops (space, device, n, hash, seq)
    SELECT $1, $2, seq, hash, seq FROM UNNEST($3::bigint[], $4::bytea[]) AS rows (seq, hash)";
const MESSAGES: &str = "INSERT INTO messages (space, message, seq, member, time, text, edited, deleted)
    SELECT $1, message, seq, $2, $3, text, false, false
    FROM UNNEST($4::text[], $5::bigint[], $6::text[]) AS rows (message, seq, text)";

/// A database with the relay's tables and no relay.
#[derive(Debug)]
pub(super) struct Database {
    pool: Pool,
    /// The next row's number.
    next: AtomicI64,
}

#[derive(Debug)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A message as it is stored.
struct Row {
    seq: i64,
    message: String,
    text: String,
    body: String,
}

impl Row {
    fn new(seq: i64) -> Self {
        Self {
            seq,
            message: fresh_message().to_string(),
            text: "m".repeat(super::guests::TEXT_BYTES),
            body: json(&message()),
        }
    }
}

/// As long as the relay's.
fn hash(seq: i64) -> Vec<u8> {
    seq.to_be_bytes().repeat(4)
}

impl Database {
    /// A file, set as the relay sets it.
    pub(super) async fn sqlite(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        sqlx::migrate!("../migrations/sqlite").run(&pool).await?;
        let database = Self {
            pool: Pool::Sqlite(pool),
            next: AtomicI64::new(1),
        };
        database.begin().await?;
        Ok(database)
    }

    pub(super) async fn postgres(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await?;
        sqlx::migrate!("../migrations/postgres").run(&pool).await?;
        let database = Self {
            pool: Pool::Postgres(pool),
            next: AtomicI64::new(1),
        };
        database.begin().await?;
        Ok(database)
    }

    /// What the rows refer to.
    async fn begin(&self) -> Result<()> {
        let person = format!("INSERT INTO people (person, name, created) VALUES ('{MEMBER}', 'Ada', {TIME})");
        let space = format!(
            "INSERT INTO spaces (space, creator, name, head, streams, deleted, created)
             VALUES ('{SPACE}', '{MEMBER}', '', 0, 0, false, {TIME})"
        );
        for statement in [person, space] {
            // Made of nothing but the constants above.
            let statement = sqlx::AssertSqlSafe(statement);
            match &self.pool {
                Pool::Sqlite(pool) => {
                    sqlx::query(statement).execute(pool).await?;
                }
                Pool::Postgres(pool) => {
                    sqlx::query(statement).execute(pool).await?;
                }
            }
        }
        Ok(())
    }

    /// How many connections write: `SQLite` has one writer.
    pub(super) fn connections(&self) -> u32 {
        match self.pool {
            Pool::Sqlite(_) => 1,
            Pool::Postgres(_) => CONNECTIONS,
        }
    }

    pub(super) async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }

    /// The settings that are in force.
    pub(super) async fn durability(&self) -> Result<String> {
        let mut settings = Vec::new();
        match &self.pool {
            Pool::Sqlite(pool) => {
                let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(pool).await?;
                let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(pool).await?;
                settings.push(format!("journal_mode={journal}"));
                settings.push(format!("synchronous={synchronous} (2 is FULL)"));
            }
            Pool::Postgres(pool) => {
                for show in [
                    "SHOW server_version",
                    "SHOW fsync",
                    "SHOW synchronous_commit",
                    "SHOW full_page_writes",
                ] {
                    let (value,): (String,) = sqlx::query_as(show).fetch_one(pool).await?;
                    settings.push(format!("{}={value}", show.trim_start_matches("SHOW ")));
                }
            }
        }
        Ok(settings.join(", "))
    }

    /// Commits a second of one row each, on so many connections.
    pub(super) async fn single_rows(&self, connections: u32, within: Duration) -> Result<f64> {
        let began = Instant::now();
        let counts = (0..connections).map(|_| async move {
            let mut count = 0_u32;
            while began.elapsed() < within {
                let row = Row::new(self.next.fetch_add(1, Ordering::Relaxed));
                match &self.pool {
                    Pool::Sqlite(pool) => {
                        let insert = sqlx::query(PAYLOAD).bind(SPACE).bind(row.seq).bind(row.body);
                        insert.execute(pool).await?;
                    }
                    Pool::Postgres(pool) => {
                        let insert = sqlx::query(PAYLOAD).bind(SPACE).bind(row.seq).bind(row.body);
                        insert.execute(pool).await?;
                    }
                }
                count += 1;
            }
            Result::Ok(count)
        });
        let count: u32 = try_join_all(counts).await?.into_iter().sum();
        Ok(f64::from(count) / began.elapsed().as_secs_f64())
    }

    /// Messages a second, inserted by the thousand.
    pub(super) async fn bulk(&self, within: Duration) -> Result<f64> {
        let device = fresh_device().to_string();
        let (mut count, mut busy) = (0_u32, Duration::ZERO);
        while busy < within {
            let first = self.next.fetch_add(BULK, Ordering::Relaxed);
            let rows: Vec<Row> = (first..first + BULK).map(Row::new).collect();
            // What it takes to think them up is not the database's.
            let began = Instant::now();
            match &self.pool {
                Pool::Sqlite(pool) => bulk_sqlite(pool, &device, rows).await?,
                Pool::Postgres(pool) => bulk_postgres(pool, &device, rows).await?,
            }
            busy += began.elapsed();
            count += u32::try_from(BULK)?;
        }
        Ok(f64::from(count) / busy.as_secs_f64())
    }
}

/// One statement for each table: a statement for each row would measure the way to the database's thread.
async fn bulk_sqlite(pool: &SqlitePool, device: &str, rows: Vec<Row>) -> Result<()> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut events = QueryBuilder::<Sqlite>::new(EVENTS_BEGIN);
    events.push_values(&rows, |mut values, row| {
        values.push_bind(SPACE).push_bind(row.seq).push_bind(MEMBER);
        values.push_bind(device).push_bind(row.seq).push_bind(TIME);
        values.push_bind("message");
    });
    events.build().execute(&mut *tx).await?;
    let mut payloads = QueryBuilder::<Sqlite>::new(PAYLOADS_BEGIN);
    payloads.push_values(&rows, |mut values, row| {
        values.push_bind(SPACE).push_bind(row.seq);
        values.push_bind(row.body.as_str());
    });
    payloads.build().execute(&mut *tx).await?;
    let mut ops = QueryBuilder::<Sqlite>::new(OPS_BEGIN);
    ops.push_values(&rows, |mut values, row| {
        values.push_bind(SPACE).push_bind(device).push_bind(row.seq);
        values.push_bind(hash(row.seq)).push_bind(row.seq);
    });
    ops.build().execute(&mut *tx).await?;
    let mut messages = QueryBuilder::<Sqlite>::new(MESSAGES_BEGIN);
    messages.push_values(&rows, |mut values, row| {
        values.push_bind(SPACE).push_bind(row.message.as_str());
        values.push_bind(row.seq).push_bind(MEMBER).push_bind(TIME);
        values.push_bind(row.text.as_str());
        values.push_bind(false).push_bind(false);
    });
    messages.build().execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

async fn bulk_postgres(pool: &PgPool, device: &str, rows: Vec<Row>) -> Result<()> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let hashes: Vec<Vec<u8>> = seqs.iter().copied().map(hash).collect();
    let (mut messages, mut texts, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        messages.push(row.message);
        texts.push(row.text);
        bodies.push(row.body);
    }
    let mut tx = pool.begin().await?;
    let events = sqlx::query(EVENTS).bind(SPACE).bind(MEMBER).bind(device);
    events.bind(TIME).bind(&seqs).execute(&mut *tx).await?;
    let payloads = sqlx::query(PAYLOADS).bind(SPACE).bind(&seqs).bind(bodies);
    payloads.execute(&mut *tx).await?;
    let ops = sqlx::query(OPS).bind(SPACE).bind(device).bind(&seqs);
    ops.bind(hashes).execute(&mut *tx).await?;
    let inserted = sqlx::query(MESSAGES).bind(SPACE).bind(MEMBER).bind(TIME);
    inserted
        .bind(messages)
        .bind(&seqs)
        .bind(texts)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}
