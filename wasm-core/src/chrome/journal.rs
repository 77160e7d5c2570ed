//! The [`Journal`] and its database, which only the service worker opens.

use std::cell::RefCell;
use std::collections::BTreeMap;

use protocol::Millis;

use crate::browser::Failure;
use crate::browser::store::Store;
use crate::chrome::storage;
use crate::library::follow::WindowSeen;
use crate::library::journal::{Journal, Point, windows_of};
use crate::record::{Batch, Write};

/// The journal's database: apart from that of the spaces, so that neither waits for the other or falls with it.
pub(crate) const DATABASE: &str = "tabspace-journal";

/// The journal, and where it is kept.
pub(crate) struct Keeper {
    store: Store,
    journal: RefCell<Journal>,
}

impl Keeper {
    /// The journal as it is on disk.
    pub(crate) async fn open() -> Result<Self, Failure> {
        let store = Store::open(DATABASE).await?;
        let (journal, writes) = Journal::restore(&store.keys().await?, &store.load_prefix("window/").await?);
        let keeper = Self {
            store,
            journal: RefCell::new(journal),
        };
        keeper.commit(writes).await?;
        Ok(keeper)
    }

    /// The browser may have been started anew, with these windows. Then what was open before is remembered until it ends.
    pub(crate) async fn begin(&self, now: Millis, there: &BTreeMap<i32, WindowSeen>) -> Result<(), Failure> {
        let writes = self.journal.borrow_mut().begin(now, there);
        // Before it is on disk: who dies in between finds the same again.
        for write in &writes {
            if let Write::Put(key, _) = write
                && Point::from_key(key).is_some()
            {
                storage::keep_ended(Some(key)).await?;
            }
        }
        self.commit(writes).await
    }

    /// A window was looked at.
    pub(crate) async fn seen(&self, now: Millis, window: i32, seen: &WindowSeen) -> Result<(), Failure> {
        let writes = self.journal.borrow_mut().seen(now, window, seen);
        self.commit(writes).await
    }

    /// A window was closed.
    pub(crate) async fn closed(&self, now: Millis, window: i32) -> Result<(), Failure> {
        let writes = self.journal.borrow_mut().closed(now, window);
        self.commit(writes).await
    }

    /// Does something with the journal that changes nothing.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Journal) -> R) -> R {
        look(&self.journal.borrow())
    }

    /// The windows of a point; `None` when it is gone, or cannot be read.
    pub(crate) async fn windows(&self, point: &Point) -> Result<Option<Vec<WindowSeen>>, Failure> {
        let key = point.key();
        let records = self.store.load_prefix(&key).await?;
        let record = records.iter().find(|(other, _)| *other == key);
        Ok(record.and_then(|(_, text)| windows_of(text)))
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), Failure> {
        if writes.is_empty() {
            return Ok(());
        }
        self.store.commit(&Batch { number: 0, writes }).await
    }
}
