//! `/me/recovery` and `/recovery`: the key with which a person without an account is the same on a new machine.
//!
//! The relay makes the key, tells it once and keeps its hash. A person has one or none: a new one takes the place of
//! the old one. Presenting it gives another credential of the same person; it ends none. Who fears that somebody else has one
//! ends all but the own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::recovery::RecoveryKey;
use protocol::rest::{Me, Recover, RecoveryMade, RecoveryNow};
use protocol::{Code, Millis};

use super::auth::{Caller, Shown};
use super::store::{self, hash};
use super::{PersonId, routes};
use crate::App;
use crate::address::Address;
use crate::error::Failure;
use crate::extract::Body;
use crate::rate::{Kind, Payer};
use crate::store::query::{execute, fetch_optional};
use crate::store::{StoreError, Tx};

/// What a key that leads nowhere costs besides the one token.
const WRONG_GUESS: u32 = 9;

/// When the caller's key was made and used; never the key.
#[utoipa::path(
    get, path = "/api/v1/me/recovery", tag = "people",
    responses(
        (status = 200, body = RecoveryNow),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn get_recovery(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
) -> Result<Json<RecoveryNow>, Failure> {
    let mut tx = app.read().await?;
    let row = fetch_optional!(
        &mut *tx,
        (i64, Option<i64>),
        "SELECT created, used FROM recovery WHERE person = $1",
        person.to_string()
    )?;
    Ok(Json(RecoveryNow {
        made: row.map(|(created, _)| Millis(created)),
        used: row.and_then(|(_, used)| used.map(Millis)),
    }))
}

/// A new recovery key, instead of the one before. The answer is the only time that it is told.
#[utoipa::path(
    post, path = "/api/v1/me/recovery", tag = "people",
    responses(
        (status = 201, body = RecoveryMade),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn make_recovery(
    State(app): State<Arc<App>>,
    payer: Payer,
) -> Result<(StatusCode, Json<RecoveryMade>), Failure> {
    app.charge(Kind::Renames, payer)?;
    let key = RecoveryKey::from_bits(app.random.id_bits());
    let mut tx = app.write().await?;
    let now = app.clock.now();
    execute!(
        &mut *tx,
        "INSERT INTO recovery (person, hash, created) VALUES ($1, $2, $3)
         ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, created = excluded.created, used = NULL",
        payer.person.to_string(),
        hash(&key.plain()),
        now.0
    )?;
    tx.commit().await?;
    let key = key.to_string();
    Ok((StatusCode::CREATED, Json(RecoveryMade { key, made: now })))
}

/// The caller's key is not good any more. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/me/recovery", tag = "people",
    responses(
        (status = 204),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn revoke_recovery(
    State(app): State<Arc<App>>,
    payer: Payer,
) -> Result<StatusCode, Failure> {
    app.charge(Kind::Renames, payer)?;
    let mut tx = app.write().await?;
    execute!(
        &mut *tx,
        "DELETE FROM recovery WHERE person = $1",
        payer.person.to_string()
    )?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All other credentials of the caller are not good any more, however they were given, and the connections that they opened
/// end: what whoever found the paper has of it, and also what the person has on other machines. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/me/others", tag = "people",
    responses(
        (status = 204),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn sign_out_others(
    State(app): State<Arc<App>>,
    payer: Payer,
    Shown(own): Shown,
) -> Result<StatusCode, Failure> {
    app.charge(Kind::Renames, payer)?;
    let mut tx = app.write().await?;
    let ended = store::delete_other_credentials(&mut tx, payer.person, &own).await?;
    let devices = store::list_devices(&mut tx, payer.person).await?;
    tx.commit().await?;
    app.bearers.forget(&ended);
    app.tickets.forget(payer.person);
    // Also the caller's own, which comes back at once.
    app.hub.end(&devices);
    Ok(StatusCode::NO_CONTENT)
}

/// Be the person whose key this is: another credential, and the spaces.
#[utoipa::path(
    post, path = "/api/v1/recovery", tag = "people", request_body = Recover,
    responses(
        (status = 201, body = Me),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn recover(
    State(app): State<Arc<App>>,
    address: Address,
    Body(Recover { key }): Body<Recover>,
) -> Result<(StatusCode, Json<Me>), Failure> {
    app.charge_address(Kind::Guests, address)?;
    // One that cannot be a key costs as much as one that is none, and is answered the same.
    let hash = key.parse::<RecoveryKey>().map(|key| hash(&key.plain())).ok();
    let known = match &hash {
        Some(hash) => is_known(&mut *app.read().await?, hash).await?,
        None => false,
    };
    let Some(hash) = hash.filter(|_| known) else {
        app.limiter.fine(Kind::Guests, address, WRONG_GUESS);
        return Err(Code::BadRecoveryKey.into());
    };
    let token = app.random.secret();
    let mut tx = app.write().await?;
    // It may have been replaced a moment ago.
    let person = use_key(&mut tx, &hash, app.clock.now()).await?;
    let person = person.ok_or(Code::BadRecoveryKey)?;
    store::insert_credential(&mut tx, person, &token, app.clock.now()).await?;
    let me = routes::me(&mut tx, person).await?;
    tx.commit().await?;
    let token = Some(token);
    Ok((StatusCode::CREATED, Json(Me { token, ..me })))
}

/// Whether a key has this hash. A stranger's guess writes nothing. Rows are found by the hash of 128 random bits, so how long a
/// comparison takes tells nobody anything about a key.
async fn is_known(tx: &mut Tx, hash: &[u8]) -> Result<bool, StoreError> {
    let row = fetch_optional!(tx, (i64,), "SELECT created FROM recovery WHERE hash = $1", hash)?;
    Ok(row.is_some())
}

/// Whose key has this hash; that it was used is kept.
async fn use_key(tx: &mut Tx, hash: &[u8], now: Millis) -> Result<Option<PersonId>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String,),
        "UPDATE recovery SET used = $2 WHERE hash = $1 RETURNING person",
        hash,
        now.0
    )?;
    row.map(|(person,)| Ok(person.parse()?)).transpose()
}
