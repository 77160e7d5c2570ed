//! The one type that carries a failure from any domain to where it is answered: an HTTP response or a frame.

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{Code, Refusal};

use crate::store::StoreError;

/// Why a request, a frame or an op was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was refused, for a reason that the caller is told.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A failure of the store behind an answer. Whoever knows which request it was logs and counts it.
#[derive(Debug, Clone)]
pub(crate) struct Broken(pub(crate) Arc<StoreError>);

/// The answer that an HTTP client gets.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => respond(refusal),
            Self::Store(error) => {
                let mut response = respond(error.code().into());
                response.extensions_mut().insert(Broken(Arc::new(error)));
                response
            }
        }
    }
}

/// A refusal with the status of its code.
pub(crate) fn respond(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = refusal.code;
    let retry_after_ms = refusal.retry_after_ms;
    let mut response = (status, Json(refusal)).into_response();
    if let Some(milliseconds) = retry_after_ms {
        let seconds = HeaderValue::from(milliseconds.div_ceil(1000));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    // The outermost layer counts refusals by this.
    response.extensions_mut().insert(code);
    response
}
