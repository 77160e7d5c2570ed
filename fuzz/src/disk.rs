//! A client's disk: what its session writes, and what is there when it starts again.

use std::collections::BTreeMap;

use wasm_core::record::{Batch, Write};

/// Records by their keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Disk(pub(crate) BTreeMap<String, String>);

impl Disk {
    /// Writes a batch, whole.
    pub(crate) fn write(&mut self, batch: Batch) {
        for write in batch.writes {
            match write {
                Write::Put(key, text) => drop(self.0.insert(key, text)),
                Write::Delete(key) => drop(self.0.remove(&key)),
            }
        }
    }

    /// Everything there is.
    pub(crate) fn records(&self) -> Vec<(String, String)> {
        self.0.clone().into_iter().collect()
    }
}

/// Random bits that are the same in every run.
pub(crate) fn counter() -> impl FnMut() -> u128 + Send {
    let mut last = 0;
    move || {
        last += 1;
        last
    }
}
