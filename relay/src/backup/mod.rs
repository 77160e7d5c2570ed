//! Everything that a database holds, as a file that either database can be filled from.
//!
//! The file is text, one JSON value a line: a header, an array for each row (its table, then its columns
//! as `tables` lists them, bytes in base64), and an end with the number of rows and the SHA-256 of every
//! byte before it. So nothing that was cut off or changed passes for a backup. Rows of a table stand together,
//! tables in the order in which rows refer to each other, rows in no particular order. Whoever changes the
//! format counts `FORMAT` up.

mod read;
mod tables;
mod write;

use std::fmt;
use std::io;

use protocol::{Epoch, Millis};
use serde::{Deserialize, Serialize};

use crate::store::StoreError;
pub use read::{restore, restore_from};
pub use tables::{Kind, columns};
pub use write::{backup, backup_into};

/// What the first line calls the file.
const KIND: &str = "tabspace-backup";
/// The version of the format that is written, and the only one that is read.
const FORMAT: u64 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    /// [`KIND`].
    kind: String,
    /// [`FORMAT`].
    format: u64,
    /// The number of the last migration of the tables.
    schema: i64,
    /// The life of the database that was backed up. The restored one begins another.
    epoch: Epoch,
    /// When the backup began, by the clock of the machine that made it.
    time: Millis,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    /// The rows of each table.
    rows: Rows,
    /// Of every byte before this line, in hexadecimal.
    sha256: String,
}

/// How many rows each table has, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rows(Vec<(String, u64)>);

impl Rows {
    fn count(&mut self, table: &str) {
        match self.0.iter_mut().find(|(name, _)| name == table) {
            Some((_, count)) => *count += 1,
            None => self.0.push((table.to_owned(), 1)),
        }
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self
            .0
            .iter()
            .map(|(table, count)| format!("{table} {count}"))
            .collect();
        f.write_str(&if counts.is_empty() {
            "no rows".to_owned()
        } else {
            counts.join(", ")
        })
    }
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database does not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the backup cannot be written to {0}: {1}")]
    Write(String, #[source] io::Error),
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Read(String, #[source] io::Error),
    /// The database to be backed up has other tables than this relay works with.
    #[error(
        "the database has the tables of another version of the relay (migration {found}, this one works with {own}): \
         make the backup with the relay that used it last"
    )]
    OtherTables {
        /// The database's last migration.
        found: i64,
        /// This relay's.
        own: i64,
    },
    /// The file is something else.
    #[error("this is not a backup of a TabSpace relay")]
    Foreign,
    /// The file is in a format of the future.
    #[error(
        "the backup is in format {0}, and this relay reads format {FORMAT}: restore it with a newer relay"
    )]
    OtherFormat(u64),
    /// The backup is of other tables than this relay works with.
    #[error(
        "the backup is of migration {found}, and this relay works with {own}: restore it with a relay of the version \
         that made it; a newer one then brings the tables up to date when it starts"
    )]
    OtherSchema {
        /// The backup's.
        found: i64,
        /// This relay's.
        own: i64,
    },
    /// The database holds something.
    #[error("the database is not empty (there are rows in {0}): a backup is restored into an empty one only")]
    NotEmpty(&'static str),
    /// The end is missing.
    #[error("the backup is cut off after line {0}: its last line is missing. Nothing was restored")]
    CutOff(u64),
    /// The file is not as it was written.
    #[error("the backup is damaged at line {line}: {problem}. Nothing was restored")]
    Damaged {
        /// From 1.
        line: u64,
        /// What is wrong there.
        problem: String,
    },
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
