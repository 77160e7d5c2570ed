//! From disk to session.

use protocol::SpaceId;

use super::replica::Replica;
use super::{Session, Shared};
use crate::library::StoredSpace;

impl Session {
    /// Takes what was stored: the records under `space/` that are shared, and those under `outbox/`
    /// and `kept/`. Records that cannot be read are returned, and stay on disk.
    pub fn restore(&mut self, records: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
        let mut damaged = Vec::new();
        let mut waiting = Vec::new();
        for (key, text) in records {
            let mut parts = key.split('/');
            let space = match (parts.next(), parts.next().map(str::parse::<SpaceId>)) {
                (Some("space"), Some(Ok(space))) => space,
                (Some("outbox" | "kept"), Some(Ok(space))) => {
                    waiting.push((key.clone(), space, text));
                    continue;
                }
                _ => continue,
            };
            match serde_json::from_str(&text) {
                Ok(StoredSpace::Shared(stored)) => {
                    let replica = Replica::restore(space, self.device, stored);
                    self.spaces.insert(space, Shared::new(replica));
                }
                Ok(StoredSpace::Private(_)) => {}
                Err(_) => damaged.push(key),
            }
        }
        for (key, space, text) in waiting {
            let replica = self.spaces.get_mut(&space).map(|shared| &mut shared.replica);
            let read = replica.is_some_and(|replica| {
                if key.starts_with("kept/") {
                    let stored = serde_json::from_str(&text);
                    stored.map(|stored| replica.restore_kept(stored)).is_ok()
                } else {
                    let stored = serde_json::from_str(&text);
                    stored.map(|stored| replica.restore_pending(stored)).is_ok()
                }
            });
            if !read {
                damaged.push(key);
            }
        }
        damaged
    }
}
