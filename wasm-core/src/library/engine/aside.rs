//! Records that cannot be read: kept until the person has them as a file, and never written over.
//!
//! Most stay under their own key, which nobody else uses. Where another one takes the place, as of the device and the
//! settings, of which there has to be one, and of marks and the past of a space that goes on, it is set aside under another
//! key.

use std::collections::BTreeSet;

use protocol::event::Event;
use protocol::{DeviceId, SpaceId};

use super::Engine;
use crate::library::settings::Settings;
use crate::record::{ASIDE, DEVICE_KEY, SETTINGS_KEY, Write, log_key};
use crate::session::Session;
use crate::session::replica::put;

/// What was set aside.
pub(super) struct Aside {
    /// Under which keys, from this start and those before it.
    pub(super) keys: Vec<String>,
    logs: BTreeSet<SpaceId>,
}

impl Aside {
    /// Sets aside what cannot be read of what everybody has one of.
    pub(super) fn keep(records: &[(String, String)], session: &mut Session) -> Self {
        let before = records.iter().filter(|(key, _)| key.starts_with(ASIDE));
        let mut aside = Self {
            keys: before.map(|(key, _)| key.clone()).collect(),
            logs: BTreeSet::new(),
        };
        for (key, text) in records {
            let instead = match key.as_str() {
                // The session's caller makes another device.
                DEVICE_KEY if serde_json::from_str::<DeviceId>(text).is_err() => None,
                SETTINGS_KEY if serde_json::from_str::<Settings>(text).is_err() => {
                    Some(put(SETTINGS_KEY.to_owned(), &Settings::default()))
                }
                _ => continue,
            };
            let mut writes = vec![aside.copy(key, text.clone())];
            writes.extend(instead);
            session.commit(writes);
        }
        aside
    }

    fn copy(&mut self, key: &str, text: String) -> Write {
        let number = self.keys.len() + 1;
        let kept = format!("{ASIDE}{key}/{number}");
        self.keys.push(kept.clone());
        Write::Put(kept, text)
    }

    /// A record under whose key something else is written sooner or later: it makes way.
    pub(super) fn record(&mut self, key: &str, text: &str, writes: &mut Vec<Write>) {
        writes.push(self.copy(key, text.to_owned()));
        writes.push(Write::Delete(key.to_owned()));
    }

    /// An event of a private space that cannot be read: the next op takes its number, so it makes way.
    pub(super) fn event(&mut self, key: &str, text: &str, writes: &mut Vec<Write>) {
        let space: Option<SpaceId> = key.split('/').nth(1).and_then(|id| id.parse().ok());
        self.logs.extend(space);
        self.record(key, text, writes);
    }

    /// An event that does not follow on what is known of its space. It makes way as well, if it is because one
    /// before it cannot be read; else it was never part of the space.
    pub(super) fn behind(&mut self, space: SpaceId, event: &Event, writes: &mut Vec<Write>) {
        let key = log_key(space, event.envelope.seq);
        if self.logs.contains(&space)
            && let Ok(text) = serde_json::to_string(event)
        {
            writes.push(self.copy(&key, text));
        }
        writes.push(Write::Delete(key));
    }
}

/// The spaces among damaged records.
pub(super) fn spaces_in(damaged: &[String]) -> BTreeSet<SpaceId> {
    damaged
        .iter()
        .filter_map(|key| key.strip_prefix("space/")?.parse().ok())
        .collect()
}

impl Engine {
    /// The keys of the records that cannot be read.
    pub fn damaged(&self) -> &[String] {
        &self.damaged
    }

    /// Removes damaged records for good. Others are not touched, whatever is asked.
    pub fn discard(&mut self, keys: &[String]) {
        let mut writes = Vec::new();
        self.damaged.retain(|key| {
            let goes = keys.contains(key);
            if goes {
                writes.push(Write::Delete(key.clone()));
            }
            !goes
        });
        self.unreadable = spaces_in(&self.damaged);
        if !writes.is_empty() {
            self.session.commit(writes);
        }
    }
}
