//! One query text for both databases.
//!
//! Each macro takes a `&mut` [`super::Tx`], the text, and the values of `$1`, `$2` … in order. The text is given
//! once, or as `{ sqlite: "…", postgres: "…" }` where the dialects differ.

macro_rules! execute {
    ($tx:expr, { sqlite: $sqlite:expr, postgres: $postgres:expr } $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => sqlx::query($sqlite)$(.bind($value))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()),
            $crate::store::Tx::Postgres(tx) => sqlx::query($postgres)$(.bind($value))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()),
        }
    };
    ($tx:expr, $text:expr $(, $value:expr)* $(,)?) => {
        $crate::store::query::execute!($tx, { sqlite: $text, postgres: $text } $(, $value)*)
    };
}

macro_rules! fetch {
    ($how:ident, $tx:expr, $row:ty, { sqlite: $sqlite:expr, postgres: $postgres:expr } $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sqlite)$(.bind($value))*.$how(&mut **tx).await,
            $crate::store::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($postgres)$(.bind($value))*.$how(&mut **tx).await,
        }
    };
    ($how:ident, $tx:expr, $row:ty, $text:expr $(, $value:expr)* $(,)?) => {
        $crate::store::query::fetch!($how, $tx, $row, { sqlite: $text, postgres: $text } $(, $value)*)
    };
}

macro_rules! fetch_one {
    ($($all:tt)*) => { $crate::store::query::fetch!(fetch_one, $($all)*) };
}

macro_rules! fetch_optional {
    ($($all:tt)*) => { $crate::store::query::fetch!(fetch_optional, $($all)*) };
}

macro_rules! fetch_all {
    ($($all:tt)*) => { $crate::store::query::fetch!(fetch_all, $($all)*) };
}

pub(crate) use {execute, fetch, fetch_all, fetch_one, fetch_optional};

/// A number as both databases keep it.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A number that was written by [`number`].
pub(crate) fn natural(value: i64) -> u64 {
    value.unsigned_abs()
}
