//! The Postgres database, and the lock in it that keeps other relays out.
//!
//! Relays do not tell each other yet what they commit, so two on one database would show their rooms half of
//! it. The lock belongs to a connection of its own: Postgres lets go of it however the relay ends.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgPool};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::durability::Durability;
use super::{Held, StoreError, Tx};

/// Connections to Postgres that one relay holds at most, besides the lock's.
const CONNECTIONS: u32 = 16;
/// The advisory lock's name; every database has its own.
const LOCK: i64 = i64::from_be_bytes(*b"tabspace");
/// How often the lock's connection is looked after.
const CHECK: Duration = Duration::from_secs(2);
/// After how long without work a connection is asked whether it still is one.
const REST: Duration = Duration::from_secs(1);
/// How often somebody tries who finds the lock taken: a relay that was just killed may seem to hold it.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// An open database.
#[derive(Debug)]
pub struct Database {
    pub(super) pool: PgPool,
    stop: watch::Sender<bool>,
    /// Holds the lock until it is stopped.
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl Database {
    pub(super) async fn open(url: &str, patience: Duration) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("tabspace-relay");
        let mut connection = take_lock(&options, patience).await?.ok_or(StoreError::Taken)?;
        let synchronous: String = sqlx::query_scalar("SHOW synchronous_commit")
            .fetch_one(&mut connection)
            .await?;
        let mut pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(patience)
            .test_before_acquire(false)
            .before_acquire(|connection, pooled| {
                Box::pin(async move {
                    // Whoever worked a moment ago is most likely still there.
                    if pooled.idle_for > REST {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            });
        if synchronous == "off" {
            // An acknowledgement says that the commit is on disk, whatever is usual on this server.
            pool = pool.after_connect(|connection, _| {
                Box::pin(async move { connection.execute("SET synchronous_commit = on").await.map(drop) })
            });
        }
        let pool = pool.connect_with(options.clone()).await?;
        sqlx::migrate!("../migrations/postgres").run(&pool).await?;
        let (stop, stopped) = watch::channel(false);
        let keeper = tokio::spawn(keep_lock(connection, options, patience, stopped));
        Ok(Self {
            pool,
            stop,
            keeper: Mutex::new(Some(keeper)),
        })
    }

    pub(super) async fn durability(&self) -> Result<Durability, StoreError> {
        let (fsync, synchronous_commit, full_page_writes) = sqlx::query_as(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit'),
             current_setting('full_page_writes')",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Durability::postgres(fsync, synchronous_commit, full_page_writes))
    }

    /// What the database takes on the disk.
    pub(super) async fn size_bytes(&self) -> Result<u64, StoreError> {
        let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
            .fetch_one(&self.pool)
            .await?;
        Ok(size.unsigned_abs())
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
        // The last, so that the next relay finds nobody at work.
        self.stop.send_replace(true);
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keeper) = keeper
            && let Err(error) = keeper.await
        {
            tracing::error!(%error, "the keeper of the database's lock failed");
        }
    }
}

/// A transaction that reads a database as it is now, whether or not a relay uses it.
pub(super) async fn snapshot(url: &str, patience: Duration) -> Result<Tx, StoreError> {
    let options: PgConnectOptions = url.parse()?;
    // Statements take as long as there are rows; none of them is worth a warning.
    let options = options
        .application_name("tabspace-relay backup")
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(patience)
        .connect_with(options)
        .await?;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    Ok(Tx::Postgres(Held::Transaction(pool.begin_with(begin).await?)))
}

/// A connection that has the lock; `None` when somebody else had it all the time.
async fn take_lock(
    options: &PgConnectOptions,
    patience: Duration,
) -> Result<Option<PgConnection>, StoreError> {
    let late = |_| StoreError::Away(sqlx::Error::PoolTimedOut);
    let mut connection = tokio::time::timeout(patience, options.connect())
        .await
        .map_err(late)??;
    let until = Instant::now() + patience;
    loop {
        let (taken,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut connection)
            .await?;
        if taken {
            return Ok(Some(connection));
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Keeps the connection that has the lock, and takes the lock again when it was lost.
async fn keep_lock(
    connection: PgConnection,
    options: PgConnectOptions,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut kept = Some(connection);
    loop {
        tokio::select! {
            () = tokio::time::sleep(CHECK) => {}
            _ = stopped.wait_for(|stopped| *stopped) => break,
        }
        if let Some(connection) = &mut kept {
            if let Ok(Ok(())) = tokio::time::timeout(patience, connection.ping()).await {
                continue;
            }
            kept = None;
        }
        let taken = tokio::select! {
            taken = take_lock(&options, patience) => taken,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match taken {
            Ok(Some(connection)) => {
                tracing::info!("the database's lock was lost and is taken again");
                kept = Some(connection);
            }
            Ok(None) => tracing::error!(error = %StoreError::Taken, "the database's lock was lost"),
            Err(error) => tracing::warn!(%error, "the database's lock was lost"),
        }
    }
    if let Some(connection) = kept {
        // If this fails, the connection is gone, and the lock with it.
        drop(connection.close().await);
    }
}
