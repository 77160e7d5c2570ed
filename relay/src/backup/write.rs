//! Making a backup: one snapshot of the database, row by row into a file that is whole or not there.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::TryStreamExt;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row};

use super::tables::{Cell, Kind, TABLES, Table};
use super::{BackupError, End, FORMAT, Header, KIND, Rows};
use crate::clock::Clock;
use crate::config::Backend;
use crate::store::query::fetch_one;
use crate::store::{Store, Tx};

/// Writes everything that a database holds, as it is at one moment, into a file; `-` is standard output. A relay
/// may use the database meanwhile.
///
/// # Errors
/// [`BackupError`]; there is no file then, or the one that was there before.
pub async fn backup(
    backend: &Backend,
    patience: Duration,
    clock: &Clock,
    file: &Path,
) -> Result<Rows, BackupError> {
    if file == Path::new("-") {
        return backup_into(backend, patience, clock, "standard output", io::stdout()).await;
    }
    let (mut tx, header) = begin(backend, patience, clock).await?;
    let partial = Partial::create(file)?;
    let mut output = Output::new(file.display().to_string(), &partial.file);
    let rows = write(&mut tx, &header, &mut output).await?;
    drop(output);
    partial.keep()?;
    Ok(rows)
}

/// The same into anything that can be written to; `name` is what errors call it.
///
/// # Errors
/// [`BackupError`]; what was written is no backup then.
pub async fn backup_into(
    backend: &Backend,
    patience: Duration,
    clock: &Clock,
    name: &str,
    to: impl Write,
) -> Result<Rows, BackupError> {
    let (mut tx, header) = begin(backend, patience, clock).await?;
    write(&mut tx, &header, &mut Output::new(name.to_owned(), to)).await
}

async fn begin(backend: &Backend, patience: Duration, clock: &Clock) -> Result<(Tx, Header), BackupError> {
    let mut tx = Store::snapshot(backend, patience).await?;
    let header = header(&mut tx, clock).await?;
    Ok((tx, header))
}

/// What the header says; reading it begins the snapshot.
async fn header(tx: &mut Tx, clock: &Clock) -> Result<Header, BackupError> {
    let (schema,) = fetch_one!(tx, (Option<i64>,), "SELECT MAX(version) FROM _sqlx_migrations")?;
    let (found, own) = (schema.unwrap_or(0), Store::schema());
    if found != own {
        return Err(BackupError::OtherTables { found, own });
    }
    let (epoch,) = fetch_one!(tx, (String,), "SELECT epoch FROM relay WHERE id = 1")?;
    Ok(Header {
        kind: KIND.to_owned(),
        format: FORMAT,
        schema: own,
        epoch: epoch.parse().map_err(crate::store::StoreError::from)?,
        time: clock.now(),
    })
}

async fn write<W: Write>(tx: &mut Tx, header: &Header, output: &mut Output<W>) -> Result<Rows, BackupError> {
    let mut rows = Rows::default();
    output.line(header)?;
    for table in TABLES {
        write_table(tx, table, output, &mut rows).await?;
    }
    output.end(rows)
}

/// The cells of a row, whichever database it is of.
macro_rules! cells {
    ($row:expr, $table:expr) => {{
        let mut line = vec![Value::from($table.name)];
        for (index, (_, kind)) in $table.columns.iter().enumerate() {
            let cell = match kind {
                Kind::Text => Cell::Text($row.try_get(index)?),
                Kind::Integer => Cell::Integer($row.try_get(index)?),
                Kind::Boolean => Cell::Boolean($row.try_get(index)?),
                Kind::Bytes => Cell::Bytes($row.try_get(index)?),
            };
            line.push(cell.into_json());
        }
        line
    }};
}

async fn write_table<W: Write>(
    tx: &mut Tx,
    table: &Table,
    output: &mut Output<W>,
    rows: &mut Rows,
) -> Result<(), BackupError> {
    let select = || AssertSqlSafe(format!("SELECT {} FROM {}", table.list(), table.name));
    // A row at a time: what waits in between is bounded by the driver.
    match tx {
        Tx::Sqlite(tx) => {
            let mut found = sqlx::query(select()).fetch(&mut **tx);
            while let Some(row) = found.try_next().await? {
                output.line(&cells!(row, table))?;
                rows.count(table.name);
            }
        }
        Tx::Postgres(tx) => {
            let mut found = sqlx::query(select()).fetch(&mut **tx);
            while let Some(row) = found.try_next().await? {
                output.line(&cells!(row, table))?;
                rows.count(table.name);
            }
        }
    }
    Ok(())
}

/// Lines, and the checksum of what was written.
struct Output<W: Write> {
    name: String,
    to: BufWriter<W>,
    hash: Sha256,
}

impl<W: Write> Output<W> {
    fn new(name: String, to: W) -> Self {
        Self {
            name,
            to: BufWriter::with_capacity(256 * 1024, to),
            hash: Sha256::new(),
        }
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), BackupError> {
        let mut line = serde_json::to_vec(value).map_err(crate::store::StoreError::from)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.write(&line)
    }

    fn end(&mut self, rows: Rows) -> Result<Rows, BackupError> {
        let sha256 = format!("{:x}", self.hash.finalize_reset());
        let end = End { rows, sha256 };
        self.line(&end)?;
        let flushed = self.to.flush();
        flushed.map_err(|error| BackupError::Write(self.name.clone(), error))?;
        Ok(end.rows)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        let written = self.to.write_all(bytes);
        written.map_err(|error| BackupError::Write(self.name.clone(), error))
    }
}

/// A file that is not a backup yet; removed unless it becomes one.
struct Partial<'a> {
    file: File,
    path: PathBuf,
    target: &'a Path,
    kept: bool,
}

impl<'a> Partial<'a> {
    fn create(target: &'a Path) -> Result<Self, BackupError> {
        let mut path = target.as_os_str().to_owned();
        path.push(format!(".{}.partial", std::process::id()));
        // It holds everybody's tabs and messages.
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        Ok(Self {
            file: file.map_err(|error| BackupError::Write(target.display().to_string(), error))?,
            path: path.into(),
            target,
            kept: false,
        })
    }

    /// It is whole: gives it its name, for good.
    fn keep(mut self) -> Result<(), BackupError> {
        self.file
            .sync_all()
            .and_then(|()| std::fs::rename(&self.path, self.target))
            .and_then(|()| {
                self.kept = true;
                let folder = self.target.parent().filter(|path| !path.as_os_str().is_empty());
                File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
            })
            .map_err(|error| BackupError::Write(self.target.display().to_string(), error))
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, file = %self.path.display(), "an unfinished backup stays");
        }
    }
}
