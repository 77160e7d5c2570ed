//! A backup of a relay, and with it every row that a database may hold. Lines that are not a whole backup get the head
//! and the end that belong to them, since nobody guesses a checksum. What is refused is refused with a reason and
//! leaves the database empty; what is restored can be rebuilt and backed up again, row by row the same.

use std::cell::RefCell;
use std::time::Duration;

use protocol::Millis;
use relay::Backend;
use relay::backup::{BackupError, backup_into, restore_from};
use relay::clock::{Clock, Random};
use relay::rebuild::rebuild;
use relay::store::Store;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::text::text;

const PATIENCE: Duration = Duration::from_secs(5);

/// An empty database, as long as nothing was restored.
struct Empty {
    runtime: Runtime,
    random: Random,
    store: Option<Store>,
    /// The first line of its backup.
    head: String,
}

thread_local! {
    static EMPTY: RefCell<Empty> = RefCell::new(Empty::new());
}

impl Empty {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let mut empty = Self {
            runtime,
            random: Random::default(),
            store: None,
            head: String::new(),
        };
        let backend = empty.take();
        let backup = empty.backup(&backend);
        empty.head = backup.lines().next().map(str::to_owned).unwrap_or_default();
        empty
    }

    fn take(&mut self) -> Backend {
        let store = self.store.take().unwrap_or_else(|| {
            let opened = self.runtime.block_on(Store::in_memory(PATIENCE, &self.random));
            opened.expect("a database in memory")
        });
        Backend::Open(store)
    }

    fn backup(&self, backend: &Backend) -> String {
        let mut written = Vec::new();
        let clock = Clock::manual(Millis(0));
        self.runtime
            .block_on(backup_into(backend, PATIENCE, &clock, "memory", &mut written))
            .expect("what is in a database can be backed up");
        String::from_utf8(written).expect("a backup is text")
    }

    fn restore(&mut self, text: &str) {
        let backend = self.take();
        let restored = restore_from(&backend, PATIENCE, &self.random, "input", text.as_bytes());
        match self.runtime.block_on(restored) {
            Ok(_) => {
                assert_eq!(rows(&self.backup(&backend)), rows(text));
                let rebuilt = rebuild(&backend, PATIENCE, &self.random, |_, _| ());
                // A row may be nonsense that no relay wrote; then that is said.
                let _ = self.runtime.block_on(rebuilt);
                self.backup(&backend);
            }
            Err(error) => {
                if let BackupError::Damaged { line, .. } = error {
                    assert!((1..=text.lines().count() as u64).contains(&line), "{error}");
                }
                assert!(!matches!(error, BackupError::NotEmpty(_)), "{error}");
                if let Backend::Open(store) = backend {
                    self.store = Some(store);
                }
            }
        }
    }
}

/// The rows of a backup, sorted.
fn rows(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.trim_start().starts_with('['));
    let values = lines.map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"));
    let mut rows: Vec<String> = values.map(|row| row.to_string()).collect();
    rows.sort();
    rows
}

/// Rows with the head and the end that make them a backup.
fn whole(head: &str, lines: &str) -> String {
    let mut text = format!("{head}\n");
    let mut counts: Vec<(String, u64)> = Vec::new();
    for line in lines.lines() {
        text.push_str(line);
        text.push('\n');
        let row: Vec<Value> = serde_json::from_str(line).unwrap_or_default();
        if let Some(Value::String(table)) = row.into_iter().next() {
            match counts.iter_mut().find(|(name, _)| *name == table) {
                Some((_, count)) => *count += 1,
                None => counts.push((table, 1)),
            }
        }
    }
    let sha256 = format!("{:x}", Sha256::digest(&text));
    text.push_str(&json!({"rows": counts, "sha256": sha256}).to_string());
    text.push('\n');
    text
}

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    EMPTY.with_borrow_mut(|empty| {
        if text.starts_with('{') {
            empty.restore(text);
        } else {
            let backup = whole(&empty.head, text);
            empty.restore(&backup);
        }
    });
}
