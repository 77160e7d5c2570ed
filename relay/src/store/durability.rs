//! What a database does before it says that a commit is done.

use std::fmt;

use super::StoreError;

/// The settings that decide whether a commit survives a loss of power, as the connections that write have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    database: &'static str,
    settings: Vec<(&'static str, String)>,
}

impl Durability {
    pub(super) fn sqlite(journal_mode: String, synchronous: i64) -> Self {
        let synchronous = match synchronous {
            0 => "off".to_owned(),
            1 => "normal".to_owned(),
            2 => "full".to_owned(),
            3 => "extra".to_owned(),
            other => other.to_string(),
        };
        Self {
            database: "SQLite",
            settings: vec![("journal_mode", journal_mode), ("synchronous", synchronous)],
        }
    }

    pub(super) fn postgres(fsync: String, synchronous_commit: String, full_page_writes: String) -> Self {
        Self {
            database: "Postgres",
            settings: vec![
                ("fsync", fsync),
                ("synchronous_commit", synchronous_commit),
                ("full_page_writes", full_page_writes),
            ],
        }
    }

    /// Each setting that is weaker than durable, as `name = value`.
    pub fn weaknesses(&self) -> impl Iterator<Item = String> {
        let weak = |(name, value): &&(&str, String)| match *name {
            // As the relay opens it; nothing else was thought through.
            "journal_mode" => value != "wal",
            "synchronous" => value != "full",
            _ => value == "off",
        };
        self.settings
            .iter()
            .filter(weak)
            .map(|(name, value)| format!("{name} = {value}"))
    }

    /// The relay's own settings have to be in force.
    pub(super) fn demand(&self) -> Result<(), StoreError> {
        match self.weaknesses().next() {
            Some(weakness) => Err(StoreError::NotDurable(weakness)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.database)?;
        self.settings
            .iter()
            .try_for_each(|(name, value)| write!(f, ", {name} = {value}"))
    }
}
