//! `/healthz`, `/readyz` and `/metrics`: for those who run the relay, outside of the API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use protocol::Code;

use crate::App;
use crate::error::Failure;

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
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        app.metrics.text(&app),
    )
}
