//! `/spaces/{space}/invites` and `/invites`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::rest::{InviteMade, InvitePreview, InviteSecret, Invites, Joined, NewInvite};
use protocol::{Action, Code, InviteId, SpaceId, authorise, limits};

use super::store::{self, InviteRow};
use crate::App;
use crate::account::auth::Caller;
use crate::address::Address;
use crate::error::Failure;
use crate::extract::{Body, Path};
use crate::log::{self, Answer, Task};
use crate::rate::{Kind, Payer};
use crate::space::routes::{charge_coming, may, may_change};
use crate::space::store as members;
use crate::store::Tx;

/// What a secret that leads nowhere costs besides the one token.
const WRONG_GUESS: u32 = 9;

/// A new link.
#[utoipa::path(
    post, path = "/api/v1/spaces/{space}/invites", tag = "invites", params(("space" = String, Path)),
    request_body = NewInvite,
    responses(
        (status = 201, body = InviteMade),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn create_invite(
    State(app): State<Arc<App>>,
    payer: Payer,
    Path(space): Path<SpaceId>,
    Body(NewInvite { role, life_ms }): Body<NewInvite>,
) -> Result<(StatusCode, Json<InviteMade>), Failure> {
    if life_ms <= 0 {
        return Err(Code::Malformed.into());
    }
    if life_ms > limits::INVITE_LIFE_MS {
        return Err(Code::TooLarge.into());
    }
    app.charge(Kind::Invites, payer)?;
    let now = app.clock.now();
    let mut tx = app.write().await?;
    let seen = may_change(&app, &mut tx, space, payer.person, &Action::Invite(role)).await?;
    if store::list_good(&mut tx, space, &seen.state, now).await?.len() >= limits::INVITES {
        return Err(Code::TooMany.into());
    }
    let secret = app.random.secret();
    let id = InviteId::from_bits(app.random.id_bits());
    let expires = now.plus(life_ms);
    let invite = InviteRow {
        id,
        space,
        role,
        by: seen.you,
        expires,
        uses: 0,
        revoked: false,
    };
    store::insert(&mut tx, &invite, &secret, now).await?;
    tx.commit().await?;
    let link = format!("{}/join#{secret}", app.public_url.as_str().trim_end_matches('/'));
    Ok((
        StatusCode::CREATED,
        Json(InviteMade {
            invite: invite.shown(),
            link,
        }),
    ))
}

/// The links that are still good.
#[utoipa::path(
    get, path = "/api/v1/spaces/{space}/invites", tag = "invites", params(("space" = String, Path)),
    responses(
        (status = 200, body = Invites),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn list_invites(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Path(space): Path<SpaceId>,
) -> Result<Json<Invites>, Failure> {
    let mut tx = app.read().await?;
    let seen = may(&app, &mut tx, space, person, &Action::ListInvites).await?;
    let invites = store::list_good(&mut tx, space, &seen.state, app.clock.now()).await?;
    Ok(Json(Invites {
        invites: invites.into_iter().map(InviteRow::shown).collect(),
    }))
}

/// Nobody joins with this link any more. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/spaces/{space}/invites/{invite}", tag = "invites",
    params(("space" = String, Path), ("invite" = String, Path)),
    responses(
        (status = 204),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn revoke_invite(
    State(app): State<Arc<App>>,
    payer: Payer,
    Path((space, invite)): Path<(SpaceId, InviteId)>,
) -> Result<StatusCode, Failure> {
    app.charge(Kind::Invites, payer)?;
    let mut tx = app.write().await?;
    // Who may not even see the list does not learn which links there are.
    let seen = may_change(&app, &mut tx, space, payer.person, &Action::ListInvites).await?;
    let row = store::find(&mut tx, invite)
        .await?
        .filter(|row| row.space == space);
    let row = row.ok_or(Code::NoSuchInvite)?;
    authorise(&seen.state, seen.you, &Action::RevokeInvite(row.by))?;
    store::revoke(&mut tx, invite).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is asked of whom, before anything is asked. Needs no credential.
#[utoipa::path(
    post, path = "/api/v1/invites/preview", tag = "invites", request_body = InviteSecret,
    responses(
        (status = 200, body = InvitePreview),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn preview_invite(
    State(app): State<Arc<App>>,
    address: Address,
    caller: Option<Caller>,
    Body(InviteSecret { secret }): Body<InviteSecret>,
) -> Result<Json<InvitePreview>, Failure> {
    app.charge_address(Kind::Previews, address)?;
    let mut tx = app.read().await?;
    let invite = find_invite(&app, &mut tx, &secret, address).await?;
    let state = log::store::find_state(&mut tx, &app.shelf, invite.space)
        .await?
        .ok_or(Code::NoSuchInvite)?
        .state;
    if state.deleted {
        return Err(Code::SpaceDeleted.into());
    }
    let row = match caller {
        Some(Caller(person)) => members::find_member(&mut tx, invite.space, person).await?,
        None => None,
    };
    let already_in = row.is_some_and(|row| state.members.contains_key(&row.member));
    if !already_in {
        invite.check(&state, app.clock.now())?;
    }
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Ok(Json(InvitePreview {
        space: invite.space,
        tabs: count(state.tabs.len()),
        members: count(state.members.len()),
        space_name: state.name.clone(),
        colour: state.colour,
        inviter: members::find_name(&mut tx, invite.space, invite.by).await?,
        role: invite.role,
        expires: invite.expires,
        already_in,
    }))
}

/// The invite of a secret. A wrong one costs the address more: somebody may be guessing.
async fn find_invite(app: &App, tx: &mut Tx, secret: &str, address: Address) -> Result<InviteRow, Failure> {
    let found = store::find_by_secret(tx, secret).await?;
    if found.is_none() {
        app.limiter.fine(Kind::Previews, address, WRONG_GUESS);
    }
    Ok(found.ok_or(Code::NoSuchInvite)?)
}

/// Join. A member who does it again stays who he is.
#[utoipa::path(
    post, path = "/api/v1/invites/redeem", tag = "invites", request_body = InviteSecret,
    responses(
        (status = 200, body = Joined),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn redeem_invite(
    State(app): State<Arc<App>>,
    payer: Payer,
    Body(InviteSecret { secret }): Body<InviteSecret>,
) -> Result<Json<Joined>, Failure> {
    let person = payer.person;
    // As looking at a link: otherwise a guess would cost less here.
    app.charge_address(Kind::Previews, payer.address)?;
    let mut tx = app.read().await?;
    let invite = find_invite(&app, &mut tx, &secret, payer.address).await?;
    drop(tx);
    charge_coming(&app, payer, invite.space, Kind::Joins).await?;
    match app
        .writers
        .ask(
            invite.space,
            Task::Join {
                person,
                invite: invite.id,
            },
        )
        .await?
    {
        Answer::Joined(joined) => Ok(Json(joined)),
        _ => Err(Code::Internal.into()),
    }
}
