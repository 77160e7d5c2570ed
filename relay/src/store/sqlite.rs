//! The `SQLite` database in its folder.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::StoreError;

const READERS: u32 = 4;

/// An open folder: one writer, a few readers, and the lock that keeps other relays out.
#[derive(Debug)]
pub struct Folder {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    /// Locked as long as it is open; the operating system lets go of it however the relay ends.
    _lock: File,
}

impl Folder {
    pub(super) async fn open(folder: &Path, patience: Duration) -> Result<Self, StoreError> {
        let lock = lock(folder)?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join("tabspace.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(patience);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(patience)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("../migrations/sqlite").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(patience)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self {
            writer,
            readers,
            _lock: lock,
        })
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
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
