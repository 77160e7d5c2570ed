//! Restoring a backup: into an empty database, all of it or nothing.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use protocol::Epoch;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::query_builder::Separated;
use sqlx::{AssertSqlSafe, Database, Encode, QueryBuilder, Type};

use super::tables::{Cell, TABLES, Table};
use super::{BackupError, End, FORMAT, Header, KIND, Rows};
use crate::clock::Random;
use crate::config::Backend;
use crate::store::query::execute;
use crate::store::{Store, Tx, wrong_json};

/// Rows that are written at once.
const BATCH_ROWS: usize = 500;
/// Bytes of lines whose rows are written at once, so that large rows do not add up.
const BATCH_BYTES: usize = 1024 * 1024;
/// Bytes of a line: a space's state is the largest there is.
const LINE_BYTES: u64 = 256 * 1024 * 1024;

/// Fills an empty database from a file; `-` is standard input. The database begins another life: its epoch is
/// new, and is answered with the rows that there are now.
///
/// # Errors
/// [`BackupError`]; nothing was written then.
pub async fn restore(
    backend: &Backend,
    patience: Duration,
    random: &Random,
    file: &Path,
) -> Result<(Rows, Epoch), BackupError> {
    let from: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(|error| BackupError::Read(file.display().to_string(), error))?)
    };
    restore_from(backend, patience, random, &file.display().to_string(), from).await
}

/// The same from anything that can be read; `name` is what errors call it.
///
/// # Errors
/// [`BackupError`]; nothing was written then.
pub async fn restore_from(
    backend: &Backend,
    patience: Duration,
    random: &Random,
    name: &str,
    from: impl Read,
) -> Result<(Rows, Epoch), BackupError> {
    let mut input = Input::new(name.to_owned(), from);
    // Before the database is touched: most wrong files show here.
    input.header()?;
    let store = Store::open(backend, patience, random).await?;
    let restored = fill(&store, random, &mut input).await;
    // Whoever opened it goes on with it.
    if !matches!(backend, Backend::Open(_)) {
        store.close().await;
    }
    restored
}

async fn fill<R: Read>(
    store: &Store,
    random: &Random,
    input: &mut Input<R>,
) -> Result<(Rows, Epoch), BackupError> {
    let mut tx = store.write().await?;
    for table in TABLES {
        if has_rows(&mut tx, table).await? {
            return Err(BackupError::NotEmpty(table.name));
        }
    }
    let mut rows = Rows::default();
    let mut batch = Batch::default();
    // The place of the table that is being read: rows may only refer to those before them.
    let mut place = 0;
    let end = loop {
        match input.next()? {
            Line::Row(name, cells, bytes) => {
                let later = TABLES[place..].iter().position(|table| table.name == name);
                let Some(later) = later else {
                    return Err(input.damaged(format!("rows of {name:?} do not belong here")));
                };
                if later > 0 {
                    batch.write(&mut tx, &TABLES[place]).await?;
                    place += later;
                }
                let row = row(&TABLES[place], cells);
                let row = row.ok_or_else(|| input.damaged(format!("this is no row of {name:?}")))?;
                rows.count(&name);
                batch.push(row, bytes);
                if batch.is_full() {
                    batch.write(&mut tx, &TABLES[place]).await?;
                }
            }
            Line::End(end) => break end,
        }
    };
    batch.write(&mut tx, &TABLES[place]).await?;
    if end.rows != rows {
        return Err(input.damaged(format!("there should be: {}; there are: {rows}", end.rows)));
    }
    let epoch = Epoch::from_bits(random.id_bits());
    execute!(
        &mut tx,
        "UPDATE relay SET epoch = $1 WHERE id = 1",
        epoch.to_string()
    )?;
    tx.commit().await?;
    Ok((rows, epoch))
}

async fn has_rows(tx: &mut Tx, table: &Table) -> Result<bool, BackupError> {
    let select = AssertSqlSafe(format!("SELECT EXISTS (SELECT 1 FROM {})", table.name));
    Ok(match tx {
        Tx::Sqlite(tx) => sqlx::query_scalar(select).fetch_one(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_scalar(select).fetch_one(&mut **tx).await?,
    })
}

fn row(table: &Table, cells: Vec<Value>) -> Option<Vec<Cell>> {
    if cells.len() != table.columns.len() {
        return None;
    }
    let kinds = table.columns.iter().map(|(_, kind)| *kind);
    kinds
        .zip(cells)
        .map(|(kind, value)| Cell::from_json(kind, value))
        .collect()
}

/// Rows of one table that wait to be written.
#[derive(Default)]
struct Batch {
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, row: Vec<Cell>, bytes: usize) {
        self.rows.push(row);
        self.bytes += bytes;
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    async fn write(&mut self, tx: &mut Tx, table: &Table) -> Result<(), BackupError> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        match tx {
            Tx::Sqlite(tx) => insert(table, rows).build().execute(&mut **tx).await.map(drop),
            Tx::Postgres(tx) => insert(table, rows).build().execute(&mut **tx).await.map(drop),
        }?;
        Ok(())
    }
}

fn insert<DB: Database>(table: &Table, rows: Vec<Vec<Cell>>) -> QueryBuilder<DB>
where
    for<'v> Option<String>: Encode<'v, DB> + Type<DB>,
    for<'v> Option<i64>: Encode<'v, DB> + Type<DB>,
    for<'v> Option<bool>: Encode<'v, DB> + Type<DB>,
    for<'v> Option<Vec<u8>>: Encode<'v, DB> + Type<DB>,
{
    let mut insert = QueryBuilder::new(format!("INSERT INTO {} ({}) ", table.name, table.list()));
    insert.push_values(rows, |mut values: Separated<'_, DB, &'static str>, row| {
        for cell in row {
            match cell {
                Cell::Text(value) => values.push_bind(value),
                Cell::Integer(value) => values.push_bind(value),
                Cell::Boolean(value) => values.push_bind(value),
                Cell::Bytes(value) => values.push_bind(value),
            };
        }
    });
    insert
}

/// What a line says.
enum Line {
    /// The table, the columns, and how long the line was.
    Row(String, Vec<Value>, usize),
    End(End),
}

/// The lines of a file, and the checksum of those before the last.
struct Input<R> {
    name: String,
    from: BufReader<R>,
    hash: Sha256,
    /// Lines that were read.
    line: u64,
}

impl<R: Read> Input<R> {
    fn new(name: String, from: R) -> Self {
        Self {
            name,
            from: BufReader::with_capacity(256 * 1024, from),
            hash: Sha256::new(),
            line: 0,
        }
    }

    fn damaged(&self, problem: impl Into<String>) -> BackupError {
        BackupError::Damaged {
            line: self.line,
            problem: problem.into(),
        }
    }

    /// The next line with its end; `None` when there is none that has one.
    fn read(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let mut line = Vec::new();
        let read = (&mut self.from).take(LINE_BYTES).read_until(b'\n', &mut line);
        read.map_err(|error| BackupError::Read(self.name.clone(), error))?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        self.line += 1;
        Ok(Some(line))
    }

    fn header(&mut self) -> Result<Header, BackupError> {
        /// What every format begins with.
        #[derive(Deserialize)]
        struct Any {
            kind: String,
            format: u64,
        }
        let line = self.read()?.ok_or(BackupError::Foreign)?;
        let any: Any = serde_json::from_slice(&line).map_err(|_| BackupError::Foreign)?;
        if any.kind != KIND {
            return Err(BackupError::Foreign);
        }
        if any.format != FORMAT {
            return Err(BackupError::OtherFormat(any.format));
        }
        let header: Header =
            serde_json::from_slice(&line).map_err(|error| self.damaged(wrong_json(&error)))?;
        let (found, own) = (header.schema, Store::schema());
        if found != own {
            return Err(BackupError::OtherSchema { found, own });
        }
        self.hash.update(&line);
        Ok(header)
    }

    fn next(&mut self) -> Result<Line, BackupError> {
        let line = self.read()?.ok_or(BackupError::CutOff(self.line))?;
        if line.first() == Some(&b'{') {
            return self.end(&line).map(Line::End);
        }
        self.hash.update(&line);
        let mut cells: Vec<Value> =
            serde_json::from_slice(&line).map_err(|error| self.damaged(wrong_json(&error)))?;
        if cells.is_empty() {
            return Err(self.damaged("an empty line"));
        }
        match cells.remove(0) {
            Value::String(table) => Ok(Line::Row(table, cells, line.len())),
            _ => Err(self.damaged("a row without its table")),
        }
    }

    fn end(&mut self, line: &[u8]) -> Result<End, BackupError> {
        let end: End = serde_json::from_slice(line).map_err(|error| self.damaged(wrong_json(&error)))?;
        if end.sha256 != format!("{:x}", self.hash.finalize_reset()) {
            return Err(self.damaged("the checksum of what stands before is another"));
        }
        let rest = self.from.fill_buf();
        let rest = rest.map_err(|error| BackupError::Read(self.name.clone(), error))?;
        if !rest.is_empty() {
            return Err(self.damaged("there is more behind the last line"));
        }
        Ok(end)
    }
}
