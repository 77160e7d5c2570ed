//! The `SQLite` database in its folder.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, SqlitePool};

use super::durability::Durability;
use super::{Held, StoreError, Tx};

const READERS: u32 = 4;
/// What the writer keeps of the database in memory. In it are the pages that a commit of many spaces changes; what a
/// statement would have to take back is noted in memory, too, instead of in a file.
const WRITER_CACHE_KIB: u32 = 16 * 1024;
/// Pages (of 4 KiB) in the write-ahead log from which on they are moved into the database, while commits wait. A page
/// that many commits change, as the last one of each busy space, is moved once for all of them.
const CHECKPOINT_PAGES: u32 = 8_192;
/// The database's file in the folder.
const FILE: &str = "tabspace.sqlite";

/// An open folder: one writer, a few readers, and the lock that keeps other relays out.
#[derive(Debug)]
pub struct Folder {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    /// The database's file; `None` in memory.
    file: Option<PathBuf>,
    /// Locked as long as it is open; the operating system lets go of it however the relay ends. `None` in
    /// memory.
    lock: Option<File>,
    /// What happens to the next transaction.
    #[cfg(test)]
    trouble: std::sync::Mutex<Option<super::trouble::Trouble>>,
}

impl Folder {
    pub(super) async fn open(folder: &Path, patience: Duration) -> Result<Self, StoreError> {
        let lock = lock(folder)?;
        let file = folder.join(FILE);
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(patience);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(patience)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_at_rest(connection)))
            .connect_with(
                options
                    .clone()
                    .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
                    .pragma("temp_store", "MEMORY")
                    .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string()),
            )
            .await?;
        durability(&writer).await?.demand()?;
        sqlx::migrate!("../migrations/sqlite").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(patience)
            // They are in this process, and were looked after when they were released.
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self {
            writer,
            readers,
            file: Some(file),
            lock: Some(lock),
            #[cfg(test)]
            trouble: std::sync::Mutex::default(),
        })
    }

    /// A database in memory: the same tables and statements, one connection, and nothing that is left when the
    /// last of those who hold it is gone.
    pub(super) async fn in_memory(patience: Duration) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let only = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            // Another connection would be another database.
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(patience)
            .connect_with(options)
            .await?;
        sqlx::migrate!("../migrations/sqlite").run(&only).await?;
        Ok(Self {
            writer: only.clone(),
            readers: only,
            file: None,
            lock: None,
            #[cfg(test)]
            trouble: std::sync::Mutex::default(),
        })
    }

    /// The transaction that writes: there is one at a time.
    pub(super) async fn write(&self) -> Result<Held<Sqlite>, sqlx::Error> {
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        #[cfg(test)]
        if let Some(trouble) = self.trouble.lock().expect("nobody panics with it").take() {
            return Ok(Held::Doomed(transaction, trouble));
        }
        Ok(Held::Transaction(transaction))
    }

    #[cfg(test)]
    pub(super) fn doom(&self, trouble: Option<super::trouble::Trouble>) {
        *self.trouble.lock().expect("nobody panics with it") = trouble;
    }

    pub(super) async fn durability(&self) -> Result<Durability, StoreError> {
        durability(&self.writer).await
    }

    /// What the database and its write-ahead log take on the disk.
    pub(super) fn size_bytes(&self) -> u64 {
        let Some(file) = &self.file else { return 0 };
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        let size = |file: &Path| std::fs::metadata(file).map_or(0, |file| file.len());
        size(file) + size(Path::new(&log))
    }

    /// What is free on its disk; `None` in memory, and where the system does not say.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(self.file.as_ref()?).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    pub(super) async fn close(&self) {
        if self.lock.is_none() {
            // It outlives the relay, as a folder does.
            return;
        }
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction that reads a database as it is now, whether or not a relay uses it.
pub(super) async fn snapshot(folder: &Path, patience: Duration) -> Result<Tx, StoreError> {
    let file = folder.join(FILE);
    std::fs::metadata(&file).map_err(|error| StoreError::Folder(folder.to_owned(), error))?;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(patience)
        // They take as long as there are rows; none of them is worth a warning.
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(patience)
        .connect_with(options)
        .await?;
    Ok(Tx::Sqlite(Held::Transaction(pool.begin().await?)))
}

/// What the connection that writes has in force; what was asked for need not be.
async fn durability(writer: &SqlitePool) -> Result<Durability, StoreError> {
    let mut connection = writer.acquire().await?;
    let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *connection)
        .await?;
    Ok(Durability::sqlite(journal_mode, synchronous))
}

/// Whether the writer's connection may begin another transaction; if not, the next one gets a new connection. When
/// the disk is full, `SQLite` ends a transaction by itself, the rollback that follows fails, and sqlx counts the
/// transaction as open for ever.
async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // What was not committed is rolled back before this is answered.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let cannot = |error| StoreError::Folder(folder.to_owned(), error);
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let file = File::create(folder.join("relay.lock")).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened(journal: SqliteJournalMode, synchronous: SqliteSynchronous) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join(FILE))
            .create_if_missing(true)
            .journal_mode(journal)
            .synchronous(synchronous);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .unwrap();
        let durability = durability(&writer).await.unwrap();
        durability.demand().map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_database_that_does_not_sync_every_commit_is_not_served() {
        use SqliteJournalMode::{Delete, Wal};
        use SqliteSynchronous::{Full, Normal};
        assert_eq!(opened(Wal, Full).await, Ok(()));
        let refused = opened(Wal, Normal).await.unwrap_err();
        assert!(refused.contains("synchronous = normal"), "{refused}");
        let refused = opened(Delete, Full).await.unwrap_err();
        assert!(refused.contains("journal_mode = delete"), "{refused}");
    }
}
