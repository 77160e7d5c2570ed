//! Many rows in few statements: what a group commit writes.
//!
//! Postgres takes a column as one array, so any number of rows is one statement. `SQLite` gets them in chunks
//! whose sizes are powers of two, so that few statements are prepared and each is used again.

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, PgConnection, Sqlite, SqliteConnection};

use super::{StoreError, Tx};

/// Rows of the largest statement on `SQLite`; with at most 16 columns that is far from its 32,766 parameters.
const CHUNK: usize = 512;
/// Rows of a statement that may be sent together with others.
const LIGHT: usize = 16;

/// One column of rows that wait to be written.
#[derive(Debug)]
pub(crate) enum Column {
    /// `TEXT NOT NULL`.
    Text(Vec<String>),
    /// `TEXT`.
    MaybeText(Vec<Option<String>>),
    /// `BIGINT NOT NULL`.
    Number(Vec<i64>),
    /// `BIGINT`.
    MaybeNumber(Vec<Option<i64>>),
    /// `BOOLEAN NOT NULL`.
    Flag(Vec<bool>),
    /// `BLOB` or `BYTEA`, `NOT NULL`.
    Bytes(Vec<Vec<u8>>),
}

macro_rules! from_values {
    ($($values:ty => $column:ident),*) => {
        $(impl From<Vec<$values>> for Column {
            fn from(values: Vec<$values>) -> Self {
                Self::$column(values)
            }
        })*
    };
}
from_values!(String => Text, Option<String> => MaybeText, i64 => Number, Option<i64> => MaybeNumber, bool => Flag,
    Vec<u8> => Bytes);

/// Does the same with the values of a column, whatever their type.
macro_rules! each {
    ($column:expr, $values:ident => $do:expr) => {
        match $column {
            Column::Text($values) => $do,
            Column::MaybeText($values) => $do,
            Column::Number($values) => $do,
            Column::MaybeNumber($values) => $do,
            Column::Flag($values) => $do,
            Column::Bytes($values) => $do,
        }
    };
}

impl Column {
    fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// The type of the array that Postgres gets.
    const fn postgres_array(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::MaybeText(_) => "::text[]",
            Self::Number(_) | Self::MaybeNumber(_) => "::bigint[]",
            Self::Flag(_) => "::boolean[]",
            Self::Bytes(_) => "::bytea[]",
        }
    }
}

/// A statement for many rows, in both dialects: what stands before and after the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement {
    /// Up to the rows, such as `INSERT INTO tabs (space, tab)`.
    pub(crate) sqlite_before: &'static str,
    /// The same for Postgres, where the rows are `UNNEST(…)`: `INSERT INTO tabs (space, tab) SELECT * FROM`.
    pub(crate) postgres_before: &'static str,
    /// What follows in both: a conflict clause, or a condition.
    pub(crate) after: &'static str,
    /// What closes the rows on `SQLite`, for rows that are a table of their own.
    pub(crate) sqlite_close: &'static str,
    /// What names the rows on Postgres.
    pub(crate) postgres_close: &'static str,
}

impl Statement {
    /// An `INSERT` with a conflict clause that may be empty.
    pub(crate) const fn insert(
        sqlite_before: &'static str,
        postgres_before: &'static str,
        after: &'static str,
    ) -> Self {
        Self {
            sqlite_before,
            postgres_before,
            after,
            sqlite_close: "",
            postgres_close: "",
        }
    }

    fn sqlite(&self, rows: usize, columns: usize) -> String {
        let row = format!("({})", vec!["?"; columns].join(","));
        let rows = vec![row; rows].join(",");
        format!(
            "{} VALUES {rows}{} {}",
            self.sqlite_before, self.sqlite_close, self.after
        )
    }

    fn postgres(&self, columns: &[Column]) -> String {
        let arrays: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("${}{}", at + 1, column.postgres_array()))
            .collect();
        format!(
            "{} UNNEST({}){} {}",
            self.postgres_before,
            arrays.join(", "),
            self.postgres_close,
            self.after
        )
    }

    /// It, with these rows, column by column.
    pub(crate) fn with(self, columns: Vec<Column>) -> Filled {
        Filled {
            statement: self,
            columns,
        }
    }
}

/// A statement and the rows that it is for.
#[derive(Debug)]
pub(crate) struct Filled {
    statement: Statement,
    columns: Vec<Column>,
}

impl Filled {
    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Whether it may be a part of a text with others: there are few such texts, so each stays prepared.
    fn is_light(&self) -> bool {
        self.rows() <= LIGHT && self.rows().is_power_of_two()
    }

    async fn execute_on_postgres(self, connection: &mut PgConnection) -> Result<u64, StoreError> {
        let mut query = sqlx::query(AssertSqlSafe(self.statement.postgres(&self.columns)));
        for column in self.columns {
            query = each!(column, values => query.bind(values));
        }
        Ok(query.execute(connection).await?.rows_affected())
    }
}

type SqliteQuery = Query<'static, Sqlite, SqliteArguments>;

/// Binds these rows, one after the other. They are taken out of the columns.
fn bind_rows(mut query: SqliteQuery, columns: &mut [Column], first: usize, count: usize) -> SqliteQuery {
    for at in first..first + count {
        for column in &mut *columns {
            query = each!(column, values => query.bind(std::mem::take(&mut values[at])));
        }
    }
    query
}

/// Executes statements; those that have as many rows as the first one before the others, which else keep their order.
/// Returns how many rows were written.
///
/// On `SQLite` each text is a way to another thread and back, which costs more than a small statement itself. So
/// statements with the same number of rows go together, chunk by chunk; and all of them are one text when there are few
/// rows, as for a single op.
pub(crate) async fn execute_all(tx: &mut Tx, mut statements: Vec<Filled>) -> Result<u64, StoreError> {
    statements.retain(|statement| statement.rows() > 0);
    let mut written = 0;
    match tx {
        Tx::Sqlite(tx) if statements.iter().all(Filled::is_light) => {
            written = execute_together(tx, &mut statements, 0, Filled::rows).await?;
        }
        Tx::Sqlite(tx) => {
            while let Some(rows) = statements.first().map(Filled::rows) {
                let alike = statements.extract_if(.., |statement| statement.rows() == rows);
                let mut alike: Vec<Filled> = alike.collect();
                let mut first = 0;
                while first < rows {
                    let left = (rows - first).min(CHUNK);
                    // The largest power of two that fits.
                    let count = 1_usize << left.ilog2();
                    written += execute_together(tx, &mut alike, first, |_| count).await?;
                    first += count;
                }
            }
        }
        Tx::Postgres(tx) => {
            for statement in statements {
                written += statement.execute_on_postgres(tx).await?;
            }
        }
    }
    Ok(written)
}

/// Executes so many rows of each statement, from this one on, as one text.
async fn execute_together(
    connection: &mut SqliteConnection,
    statements: &mut [Filled],
    first: usize,
    count: impl Fn(&Filled) -> usize,
) -> Result<u64, StoreError> {
    if statements.is_empty() {
        return Ok(0);
    }
    let texts = statements
        .iter()
        .map(|filled| filled.statement.sqlite(count(filled), filled.columns.len()));
    let text = texts.collect::<Vec<_>>().join("; ");
    let query = statements
        .iter_mut()
        .fold(sqlx::query(AssertSqlSafe(text)), |query, filled| {
            let count = count(filled);
            bind_rows(query, &mut filled.columns, first, count)
        });
    Ok(query.execute(connection).await?.rows_affected())
}
