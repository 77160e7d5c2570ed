//! The tables and columns of a backup. A test compares them with those of both databases.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text without the character 0.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// Yes or no.
    Boolean,
    /// Bytes.
    Bytes,
}

use Kind::{Boolean, Bytes, Integer, Text};

/// A table of the database.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
}

/// Every table, those that others refer to first. `relay` is not among them: its one row is the epoch, which
/// stands in the header and does not outlive a restore.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "people",
        columns: &[("person", Text), ("name", Text), ("created", Integer)],
    },
    Table {
        name: "credentials",
        columns: &[("hash", Bytes), ("person", Text), ("created", Integer)],
    },
    Table {
        name: "recovery",
        columns: &[
            ("person", Text),
            ("hash", Bytes),
            ("created", Integer),
            ("used", Integer),
        ],
    },
    Table {
        name: "devices",
        columns: &[("device", Text), ("person", Text), ("created", Integer)],
    },
    Table {
        name: "spaces",
        columns: &[
            ("space", Text),
            ("creator", Text),
            ("name", Text),
            ("head", Integer),
            ("streams", Integer),
            ("deleted", Boolean),
            ("created", Integer),
        ],
    },
    Table {
        name: "snapshots",
        columns: &[
            ("space", Text),
            ("seq", Integer),
            ("fold_version", Integer),
            ("state", Text),
        ],
    },
    Table {
        name: "events",
        columns: &[
            ("space", Text),
            ("seq", Integer),
            ("member", Text),
            ("device", Text),
            ("n", Integer),
            ("time", Integer),
            ("class", Text),
        ],
    },
    Table {
        name: "payloads",
        columns: &[("space", Text), ("seq", Integer), ("body", Text)],
    },
    Table {
        name: "ops",
        columns: &[
            ("space", Text),
            ("device", Text),
            ("n", Integer),
            ("hash", Bytes),
            ("seq", Integer),
            ("code", Text),
        ],
    },
    Table {
        name: "members",
        columns: &[
            ("space", Text),
            ("person", Text),
            ("member", Text),
            ("role", Text),
            ("since", Integer),
            ("status", Text),
        ],
    },
    Table {
        name: "messages",
        columns: &[
            ("space", Text),
            ("message", Text),
            ("seq", Integer),
            ("member", Text),
            ("time", Integer),
            ("text", Text),
            ("edited", Boolean),
            ("deleted", Boolean),
        ],
    },
    Table {
        name: "tabs",
        columns: &[
            ("space", Text),
            ("tab", Text),
            ("url", Text),
            ("title", Text),
            ("favicon", Text),
            ("pinned", Boolean),
            ("tab_group", Text),
            ("position", Text),
        ],
    },
    Table {
        name: "invites",
        columns: &[
            ("invite", Text),
            ("space", Text),
            ("hash", Bytes),
            ("role", Text),
            ("member", Text),
            ("created", Integer),
            ("expires", Integer),
            ("uses", Integer),
            ("revoked", Boolean),
        ],
    },
    Table {
        name: "favicons",
        columns: &[("space", Text), ("hash", Text), ("png", Bytes)],
    },
];

/// Every column of a backup: its table, its name and what it holds.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str, Kind)> {
    TABLES.iter().flat_map(|table| {
        let columns = table.columns.iter();
        columns.map(|(column, kind)| (table.name, *column, *kind))
    })
}

impl Table {
    /// Its columns, separated by commas.
    pub(super) fn list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(Option<String>),
    Integer(Option<i64>),
    Boolean(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

impl Cell {
    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Text(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Boolean(value) => value.into(),
            Self::Bytes(value) => value.map(|bytes| STANDARD.encode(bytes)).into(),
        }
    }

    /// What [`Cell::into_json`] wrote of this kind; `None` when it did not.
    pub(super) fn from_json(kind: Kind, value: Value) -> Option<Self> {
        Some(match (kind, value) {
            (Text, Value::Null) => Self::Text(None),
            // Postgres has no room for it in a text.
            (Text, Value::String(text)) if !text.contains('\0') => Self::Text(Some(text)),
            (Integer, Value::Null) => Self::Integer(None),
            (Integer, Value::Number(number)) => Self::Integer(Some(number.as_i64()?)),
            (Boolean, Value::Null) => Self::Boolean(None),
            (Boolean, Value::Bool(yes)) => Self::Boolean(Some(yes)),
            (Bytes, Value::Null) => Self::Bytes(None),
            (Bytes, Value::String(text)) => Self::Bytes(Some(STANDARD.decode(text).ok()?)),
            _ => return None,
        })
    }
}
