//! Ends streams whose host does not come back, also when the relay itself was away in between.

use std::sync::Arc;
use std::time::Duration;

use protocol::Code;
use tokio::sync::watch;

use crate::App;
use crate::log::{Task, store};
use crate::store::StoreError;

/// Opens the rooms of spaces in which something is streamed, then watches all rooms until `stop` turns true.
pub(crate) async fn watch_hosts(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let patience = app.timings.host_gone;
    let tick = (patience / 8).clamp(Duration::from_millis(20), Duration::from_secs(5));
    let mut opened = false;
    loop {
        if !opened {
            opened = open_streaming(&app)
                .await
                .inspect_err(|error| {
                    app.metrics.count_store_error(error.is_away());
                    tracing::warn!(%error, "streams unknown");
                })
                .is_ok();
        }
        for (space, stream) in app.hub.hosts_gone(patience) {
            match app.writers.ask(space, Task::EndStream { stream }).await {
                Ok(_) => tracing::info!(%space, %stream, "a stream ended because its host is gone"),
                Err(Code::NoSuchThing | Code::StoreAway) => {}
                Err(code) => tracing::error!(%space, %stream, %code, "a stream without host cannot be ended"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(tick) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn open_streaming(app: &App) -> Result<(), StoreError> {
    let mut tx = app.read().await?;
    let spaces = store::list_streaming(&mut tx).await?;
    drop(tx);
    for space in spaces {
        if let Err(code) = app.writers.ask(space, Task::Open).await {
            tracing::warn!(%space, %code, "a space with a stream cannot be opened");
        }
    }
    Ok(())
}
