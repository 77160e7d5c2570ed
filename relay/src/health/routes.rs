//! `/healthz`, `/readyz` and `/metrics`: for those who run the relay, outside of the API.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use protocol::Code;

use crate::App;
use crate::error::Failure;

/// How long the numbers wait for the database to say what it takes.
const SIZE_PATIENCE: Duration = Duration::from_millis(500);

/// The process runs.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Failure> {
    match tokio::time::timeout(app.timings.store_patience, app.store.epoch()).await {
        Ok(epoch) => epoch.map(|_| "ready\n").map_err(Failure::from),
        Err(_) => Err(Code::StoreAway.into()),
    }
}

/// The numbers.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let size = tokio::time::timeout(SIZE_PATIENCE, app.store.size_bytes()).await;
    let size = size.ok().and_then(Result::ok);
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        app.metrics.text(&app, size),
    )
}
