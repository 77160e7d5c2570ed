//! Has rooms tell who came and went when they put it off, because many did at the same time.

use std::time::Duration;

use tokio::sync::watch;

use super::Hub;

/// How often rooms that put it off are looked at.
const TICK: Duration = Duration::from_millis(20);

/// Looks after all rooms until `stop` turns true; sleeps while none has anything to tell.
pub(crate) async fn tell_news(hub: Hub, mut stop: watch::Receiver<bool>) {
    let told = async {
        loop {
            hub.has_news().await;
            while hub.tell_news() {
                tokio::time::sleep(TICK).await;
            }
        }
    };
    tokio::select! {
        () = told => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}
