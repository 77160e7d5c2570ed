//! Writes snapshots behind the log's back: no op waits for one, and a space that is busy gets one at a time.

use std::sync::Arc;

use prometheus::IntCounter;
use protocol::SpaceId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::shelf::Shelf;
use super::store;
use crate::store::{Store, StoreError};

/// Spaces that may wait for a snapshot. When there are more, they ask again with their next event.
const QUEUE: usize = 1_024;

/// Where writers say that a snapshot is due. Cloned freely.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots(mpsc::Sender<SpaceId>);

impl Snapshots {
    /// Starts the task that writes them. It ends when `stop` turns true; what waits then is written some other
    /// time.
    pub(crate) fn start(
        store: Store,
        shelf: Arc<Shelf>,
        written: IntCounter,
        mut stop: watch::Receiver<bool>,
    ) -> (Self, JoinHandle<()>) {
        let (sender, mut spaces) = mpsc::channel(QUEUE);
        let task = tokio::spawn(async move {
            loop {
                let space = tokio::select! {
                    space = spaces.recv() => space,
                    _ = stop.wait_for(|stop| *stop) => None,
                };
                let Some(space) = space else { return };
                match write(&store, &shelf, space).await {
                    Ok(()) => written.inc(),
                    // The log holds everything; without a snapshot opening the space takes longer.
                    Err(error) => tracing::warn!(%error, %space, "a snapshot was not written"),
                }
            }
        });
        (Self(sender), task)
    }

    /// Has a space's snapshot written soon. `false` when too many wait.
    pub(crate) fn ask(&self, space: SpaceId) -> bool {
        self.0.try_send(space).is_ok()
    }
}

async fn write(store: &Store, shelf: &Shelf, space: SpaceId) -> Result<(), StoreError> {
    let mut tx = store.read().await?;
    let Some(folded) = store::find_state(&mut tx, shelf, space).await? else {
        return Ok(());
    };
    drop(tx);
    let mut tx = store.write().await?;
    store::put_snapshot(&mut tx, space, &folded.state).await?;
    tx.commit().await
}
