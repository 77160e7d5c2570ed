//! `/spaces/{space}/favicons/{hash}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use protocol::{Action, Code, Op, SpaceId, TabId, limits, op};
use sha2::{Digest, Sha256};

use super::store;
use crate::App;
use crate::account::auth::Caller;
use crate::error::Failure;
use crate::extract::{Path, Raw};
use crate::rate::{Kind, Payer};
use crate::space::routes::{may_change, see};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Pictures of one space: tabs come and go, and each may bring one.
const MOST: u64 = 4 * limits::TABS as u64;

/// Keeps a favicon. Repeating it changes nothing.
#[utoipa::path(
    put, path = "/api/v1/spaces/{space}/favicons/{hash}", tag = "favicons",
    params(("space" = String, Path), ("hash" = String, Path, description = "SHA-256 in hexadecimal.")),
    request_body(content = Vec<u8>, content_type = "image/png"),
    responses(
        (status = 204),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn put_favicon(
    State(app): State<Arc<App>>,
    payer: Payer,
    Path((space, hash)): Path<(SpaceId, String)>,
    Raw(png): Raw,
) -> Result<StatusCode, Failure> {
    op::favicon_hash(&hash)?;
    if png.len() > limits::FAVICON_BYTES {
        return Err(Code::TooLarge.into());
    }
    if !png.starts_with(PNG) || format!("{:x}", Sha256::digest(&png)) != hash {
        return Err(Code::Malformed.into());
    }
    app.charge(Kind::Ops, payer)?;
    let mut tx = app.write().await?;
    // Who may change tabs may give them pictures; which tab does not matter.
    let change = Op::TabRemoved {
        tab: TabId::from_bits(0),
    };
    may_change(&app, &mut tx, space, payer.person, &Action::Submit(&change)).await?;
    if store::count(&mut tx, space).await? >= MOST {
        return Err(Code::TooMany.into());
    }
    store::insert(&mut tx, space, &hash, &png).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A favicon. What stands under a hash never changes.
#[utoipa::path(
    get, path = "/api/v1/spaces/{space}/favicons/{hash}", tag = "favicons",
    params(("space" = String, Path), ("hash" = String, Path, description = "SHA-256 in hexadecimal.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/png"),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn get_favicon(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Path((space, hash)): Path<(SpaceId, String)>,
) -> Result<impl IntoResponse, Failure> {
    op::favicon_hash(&hash)?;
    let mut tx = app.read().await?;
    see(&app, &mut tx, space, person).await?;
    let png = store::find(&mut tx, space, &hash)
        .await?
        .ok_or(Code::NoSuchThing)?;
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    Ok((headers, png))
}
