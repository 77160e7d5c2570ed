//! The database: `SQLite` in a folder, or Postgres.
//!
//! Here are connections, transactions, migrations and the sorting of errors. The queries stand with the
//! domains, written once for both through the macros of `query`; where the dialects differ, both stand
//! side by side.

pub(crate) mod bulk;
mod durability;
mod postgres;
pub(crate) mod query;
mod sqlite;
#[cfg(test)]
pub(crate) mod trouble;

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use protocol::{Code, Epoch};
use serde_json::error::Category;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, Transaction};

use crate::clock::Random;
use crate::config::Backend;
use crate::health::Metrics;
pub use durability::Durability;
use postgres::Database;
use query::{execute, fetch_one};
use sqlite::Folder;

/// Why the store did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or cannot write; the same may succeed later. What was asked may
    /// have been done if the connection broke during a commit.
    #[error("the database is away: {0}")]
    Away(#[source] sqlx::Error),
    /// The database refused a statement: a defect of the relay.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] sqlx::Error),
    /// The folder is used by another relay.
    #[error("{0} is used by another relay")]
    Locked(std::path::PathBuf),
    /// The Postgres database is used by another relay.
    #[error(
        "the Postgres database is used by another relay. Several relays on one database are not supported yet: \
         stop the other one, or give this one a database of its own"
    )]
    Taken,
    /// The folder cannot be used.
    #[error("the data folder {0} cannot be used: {1}")]
    Folder(std::path::PathBuf, #[source] std::io::Error),
    /// The tables cannot be brought up to date.
    #[error("the tables cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A message would be sent under the id of an older one; the transaction is decided anew.
    #[error("a message's id is taken")]
    MessageTaken,
    /// A setting that the relay asked the database for is not in force.
    #[error(
        "the database does not make every commit durable: {0}. The relay needs a file system on which SQLite can \
         work with journal_mode = wal and synchronous = full"
    )]
    NotDurable(String),
    /// A row holds what no relay wrote.
    #[error("a row is damaged: {0}")]
    Damaged(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) {
            Self::Away(error)
        } else {
            Self::Statement(error)
        }
    }
}

impl From<protocol::id::BadId> for StoreError {
    fn from(error: protocol::id::BadId) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(wrong_json(&error))
    }
}

/// What is wrong with a text that should be JSON, without a word of it: errors go into logs.
pub(crate) fn wrong_json(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Io | Category::Eof => "JSON that is cut off",
        Category::Syntax => "no JSON",
        Category::Data => "JSON of another shape",
    };
    format!("{what}, at line {} column {}", error.line(), error.column())
}

impl StoreError {
    /// Whether the database is only away.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }

    /// What the caller is told.
    pub(crate) fn code(&self) -> Code {
        if self.is_away() {
            Code::StoreAway
        } else {
            Code::Internal
        }
    }

    /// Logs and counts the error and says what the caller is told.
    pub(crate) fn handle(&self, metrics: &Metrics) -> Code {
        metrics.count_store_error(self.is_away());
        if self.is_away() {
            tracing::warn!(error = %self, "the store is away");
        } else {
            tracing::error!(error = %self, "the store failed");
        }
        self.code()
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_away_code(&code)),
        _ => false,
    }
}

/// Postgres: connection, resources, operator intervention, system error, serialisation. `SQLite`: busy,
/// locked, read-only, IO error, full, cannot open (the low byte of its extended codes).
fn is_away_code(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "53", "57", "58", "40"]
            .iter()
            .any(|class| code.starts_with(class));
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// The database of one relay. Cloned freely.
#[derive(Debug, Clone)]
pub enum Store {
    /// In a folder that this relay has for itself.
    Sqlite(std::sync::Arc<Folder>),
    /// A Postgres database that this relay has for itself.
    Postgres(std::sync::Arc<Database>),
}

/// Where statements go: a transaction, which leaves no trace when it is dropped without [`Tx::commit`], or for
/// those that only read a connection as it is.
#[derive(Debug)]
pub enum Tx {
    /// On `SQLite`.
    Sqlite(Held<Sqlite>),
    /// On Postgres.
    Postgres(Held<Postgres>),
}

/// A connection of a pool, inside a transaction or not.
#[derive(Debug)]
pub enum Held<D: sqlx::Database> {
    /// All statements are one deed and, where the transaction's level says so, see one moment.
    Transaction(Transaction<'static, D>),
    /// The same, and its commit will go wrong.
    #[cfg(test)]
    Doomed(Transaction<'static, D>, trouble::Trouble),
    /// Each statement is one of its own.
    Connection(PoolConnection<D>),
}

impl<D: sqlx::Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        match self {
            Self::Transaction(transaction) => transaction,
            #[cfg(test)]
            Self::Doomed(transaction, _) => transaction,
            Self::Connection(connection) => connection,
        }
    }
}

impl<D: sqlx::Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        match self {
            Self::Transaction(transaction) => transaction,
            #[cfg(test)]
            Self::Doomed(transaction, _) => transaction,
            Self::Connection(connection) => connection,
        }
    }
}

impl<D: sqlx::Database> Held<D> {
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Transaction(transaction) => transaction.commit().await,
            #[cfg(test)]
            Self::Doomed(transaction, trouble) => trouble.commit(transaction).await,
            Self::Connection(_) => Ok(()),
        }
    }
}

impl Store {
    /// Opens the database and brings its tables up to date.
    pub async fn open(backend: &Backend, patience: Duration, random: &Random) -> Result<Self, StoreError> {
        let store = match backend {
            Backend::Folder(folder) => Self::Sqlite(Folder::open(folder, patience).await?.into()),
            Backend::Postgres(url) => Self::Postgres(Database::open(url, patience).await?.into()),
            Backend::Open(store) => return Ok(store.clone()),
        };
        store.begin_life(random).await?;
        let durability = store.durability().await?;
        tracing::info!("durability: {durability}");
        for weakness in durability.weaknesses() {
            tracing::warn!("{weakness}: a loss of power may lose what was acknowledged");
        }
        Ok(store)
    }

    /// A new, empty database in memory.
    pub async fn in_memory(patience: Duration, random: &Random) -> Result<Self, StoreError> {
        let store = Self::Sqlite(Folder::in_memory(patience).await?.into());
        store.begin_life(random).await?;
        Ok(store)
    }

    /// Gives a new database its epoch.
    async fn begin_life(&self, random: &Random) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let epoch = Epoch::from_bits(random.id_bits()).to_string();
        execute!(
            &mut tx,
            "INSERT INTO relay (id, epoch) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
            &epoch
        )?;
        tx.commit().await
    }

    /// What the database does before it says that a commit is done.
    pub async fn durability(&self) -> Result<Durability, StoreError> {
        match self {
            Self::Sqlite(folder) => folder.durability().await,
            Self::Postgres(database) => database.durability().await,
        }
    }

    /// A transaction that reads a database as it is at one moment, without a relay's lock: a relay may run.
    pub(crate) async fn snapshot(backend: &Backend, patience: Duration) -> Result<Tx, StoreError> {
        match backend {
            Backend::Folder(folder) => sqlite::snapshot(folder, patience).await,
            Backend::Postgres(url) => postgres::snapshot(url, patience).await,
            Backend::Open(store) => store.read().await,
        }
    }

    /// The number of the last migration that this relay knows.
    pub(crate) fn schema() -> i64 {
        let migrations = sqlx::migrate!("../migrations/sqlite");
        migrations
            .iter()
            .map(|migration| migration.version)
            .max()
            .unwrap_or(0)
    }

    /// A connection that only reads. Each statement sees what is committed when it begins: whoever sends several
    /// chooses their order, and gets by without the statements that begin and end a transaction.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(folder) => Tx::Sqlite(Held::Connection(folder.readers.acquire().await?)),
            Self::Postgres(database) => Tx::Postgres(Held::Connection(database.pool.acquire().await?)),
        })
    }

    /// A transaction that writes. On `SQLite` there is one at a time.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(folder) => Tx::Sqlite(folder.write().await?),
            Self::Postgres(database) => Tx::Postgres(Held::Transaction(database.pool.begin().await?)),
        })
    }

    /// Has the next transaction that writes go wrong at its end, or none.
    #[cfg(test)]
    pub(crate) fn doom(&self, trouble: Option<trouble::Trouble>) {
        if let Self::Sqlite(folder) = self {
            folder.doom(trouble);
        }
    }

    /// Which life of the database this is.
    pub async fn epoch(&self) -> Result<Epoch, StoreError> {
        let mut tx = self.read().await?;
        let (epoch,) = fetch_one!(&mut tx, (String,), "SELECT epoch FROM relay WHERE id = 1")?;
        Ok(epoch.parse()?)
    }

    /// What the database is, in one word.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// The pools: their name, and how many of their connections are open and idle.
    pub(crate) fn pools(&self) -> Vec<(&'static str, usize, usize)> {
        match self {
            Self::Sqlite(folder) => vec![
                ("writer", folder.writer.size() as usize, folder.writer.num_idle()),
                (
                    "readers",
                    folder.readers.size() as usize,
                    folder.readers.num_idle(),
                ),
            ],
            Self::Postgres(database) => {
                vec![("all", database.pool.size() as usize, database.pool.num_idle())]
            }
        }
    }

    /// What the database takes on its disk.
    pub(crate) async fn size_bytes(&self) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(folder) => Ok(folder.size_bytes()),
            Self::Postgres(database) => database.size_bytes().await,
        }
    }

    /// What is free on its disk, where this relay can see that.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        match self {
            Self::Sqlite(folder) => folder.free_bytes(),
            Self::Postgres(_) => None,
        }
    }

    /// How many tasks order events: spaces are divided among them.
    pub(crate) fn writers(&self) -> usize {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => 4,
        }
    }

    /// Whether one task of this relay is the only one that writes to logs.
    pub(crate) fn has_one_writer(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Ends all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(folder) => folder.close().await,
            Self::Postgres(database) => database.close().await,
        }
    }
}

impl Tx {
    /// Makes what was written durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
