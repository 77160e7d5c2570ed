//! The past of a private space, read from the disk.

use std::collections::BTreeMap;

use protocol::SpaceId;
use protocol::event::Event;

use super::{Chunk, prefix};
use crate::library::StoredSpace;
use crate::library::history::Log;
use crate::record::{log_key, space_key};

/// What a private space was and is, of its records: those under `past/{space}/`, `log/{space}/` and its own. Those that
/// cannot be read are set aside and returned by their keys.
pub fn log_of(space: SpaceId, records: &[(String, String)]) -> (Log, Vec<String>) {
    let mut damaged = Vec::new();
    let mut chunks = BTreeMap::new();
    let mut events = BTreeMap::new();
    let mut snapshot = None;
    for (key, text) in records {
        if key.starts_with(&prefix(space)) {
            match serde_json::from_str::<Chunk<'_>>(text) {
                Ok(chunk) => drop(chunks.insert(key, chunk)),
                Err(_) => damaged.push(key.clone()),
            }
        } else if let Ok(event) = serde_json::from_str::<Event>(text)
            && *key == log_key(space, event.envelope.seq)
        {
            events.insert(event.envelope.seq, event);
        } else if *key == space_key(space)
            && let Ok(StoredSpace::Private(stored)) = serde_json::from_str(text)
        {
            snapshot = Some(stored.state);
        } else {
            damaged.push(key.clone());
        }
    }
    let mut log = Log::default();
    for chunk in chunks.into_values() {
        for event in chunk.events.into_owned() {
            log.push(event);
        }
        if let Some(state) = chunk.after {
            log.stands_at(state.into_owned());
        }
    }
    if let Some(state) = snapshot {
        log.stands_at(state);
    }
    for event in events.into_values() {
        log.push(event);
    }
    (log, damaged)
}
