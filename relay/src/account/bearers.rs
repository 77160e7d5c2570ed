//! Whose the credentials are that were shown a moment ago: whoever asks often is not looked up each time.

use std::time::Duration;

use protocol::Millis;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::{PersonId, store};
use crate::App;
use crate::store::StoreError;

/// Credentials that are remembered; those that are shown often stay.
const MOST: usize = 16 * 1_024;
/// How long one is believed: another relay may end it, or somebody changes the database behind the relay's back.
const LIFE: Duration = Duration::from_secs(10);

/// Credentials that were found, by their hash, so that a dump of memory opens nothing.
#[derive(Debug)]
pub(crate) struct Bearers(Cache<Vec<u8>, Known>);

#[derive(Debug, Clone, Copy)]
struct Known {
    person: PersonId,
    /// Since when the person exists.
    since: Millis,
    found: Instant,
}

impl Default for Bearers {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Bearers {
    /// Credentials that were ended are not believed any more.
    pub(crate) fn forget(&self, ended: &[Vec<u8>]) {
        for hash in ended {
            self.0.remove(hash);
        }
    }

    /// Who bears this token, and since when the person exists.
    pub(crate) async fn find(
        &self,
        app: &App,
        token: &str,
    ) -> Result<Option<(PersonId, Millis)>, StoreError> {
        let hash = store::hash(token);
        if let Some(known) = self.0.get(&hash)
            && known.found.elapsed() < LIFE
        {
            return Ok(Some((known.person, known.since)));
        }
        let mut tx = app.read().await?;
        let bearer = store::find_bearer(&mut tx, &hash).await?;
        drop(tx);
        if let Some((person, since)) = bearer {
            let found = Instant::now();
            self.0.insert(hash, Known { person, since, found });
        }
        Ok(bearer)
    }
}
