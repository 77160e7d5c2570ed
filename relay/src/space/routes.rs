//! `/spaces` and `/spaces/{space}`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::frame::Person;
use protocol::rest::{Joined, NewSpace, SpaceNow};
use protocol::{Action, Code, DeviceId, MemberId, SpaceId, SpaceState, authorise};
use serde::Deserialize;

use super::store;
use crate::App;
use crate::account::PersonId;
use crate::account::auth::Caller;
use crate::error::Failure;
use crate::extract::{Body, Path, Query};
use crate::log::{self, Answer, Task};
use crate::rate::{Kind, Payer};
use crate::store::Tx;

/// A shared space begins. Repeating it gives the same answer.
#[utoipa::path(
    post, path = "/api/v1/spaces", tag = "spaces", request_body = NewSpace,
    responses(
        (status = 200, body = Joined),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn create_space(
    State(app): State<Arc<App>>,
    payer: Payer,
    Body(NewSpace { space, created }): Body<NewSpace>,
) -> Result<Json<Joined>, Failure> {
    let most = app.limiter.rates().tabs_per_save;
    if most > 0 && created.tabs.len() > most {
        return Err(Code::TooLarge.into());
    }
    let person = payer.person;
    charge_coming(&app, payer, space, Kind::Spaces).await?;
    match app.writers.ask(space, Task::Create { person, created }).await? {
        Answer::Joined(joined) => Ok(Json(joined)),
        _ => Err(Code::Internal.into()),
    }
}

/// Somebody comes into one more space and pays for it. Whoever is in it already pays nothing. Others may come
/// in at the same time: there may be a few more spaces than allowed.
pub(crate) async fn charge_coming(
    app: &App,
    payer: Payer,
    space: SpaceId,
    kind: Kind,
) -> Result<(), Failure> {
    let mut tx = app.read().await?;
    let row = store::find_member(&mut tx, space, payer.person).await?;
    if row.is_some_and(|row| row.status == store::Status::Active) {
        return Ok(());
    }
    let most = app.limiter.rates().spaces_per_person as u64;
    if most > 0 && store::count_other_spaces(&mut tx, payer.person, space).await? >= most {
        return Err(Code::TooMany.into());
    }
    drop(tx);
    Ok(app.charge(kind, payer)?)
}

/// The space as it is now.
#[utoipa::path(
    get, path = "/api/v1/spaces/{space}", tag = "spaces",
    params(
        ("space" = String, Path),
        ("device" = Option<String>, Query, description = "Also say which op of this device was decided last."),
    ),
    responses(
        (status = 200, body = SpaceNow),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn get_space(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Path(space): Path<SpaceId>,
    Query(Of { device }): Query<Of>,
) -> Result<(StatusCode, Json<SpaceNow>), Failure> {
    let mut tx = app.read().await?;
    // Before the state, which then holds what it counts.
    let last_n = match device {
        Some(device) => Some(log::store::last_n(&mut tx, space, device).await?),
        None => None,
    };
    let Seen { you, state } = see(&app, &mut tx, space, person).await?;
    let shown = |person: &Person| {
        state.members.contains_key(&person.member)
            || state.messages.iter().any(|message| message.by == person.member)
    };
    let people = store::list_people(&mut tx, space)
        .await?
        .into_iter()
        .filter(shown)
        .collect();
    Ok((
        StatusCode::OK,
        Json(SpaceNow {
            epoch: app.epoch,
            you,
            state: Arc::unwrap_or_clone(state),
            people,
            last_n,
        }),
    ))
}

/// What else is asked of a space.
#[derive(Deserialize)]
pub(crate) struct Of {
    device: Option<DeviceId>,
}

/// A space that the caller may see.
pub(crate) struct Seen {
    /// Who the caller is in it.
    pub(crate) you: MemberId,
    /// Its state.
    pub(crate) state: Arc<SpaceState>,
}

/// The space, if this person may see it.
pub(crate) async fn see(app: &App, tx: &mut Tx, space: SpaceId, person: PersonId) -> Result<Seen, Failure> {
    may(app, tx, space, person, &Action::See).await
}

/// The space, if this person may do this in it, locked until the transaction ends: what is written next is
/// still permitted when it is committed.
pub(crate) async fn may_change(
    app: &App,
    tx: &mut Tx,
    space: SpaceId,
    person: PersonId,
    action: &Action<'_>,
) -> Result<Seen, Failure> {
    log::store::lock_heads(tx, &BTreeSet::from([space])).await?;
    may(app, tx, space, person, action).await
}

/// The space, if this person may do this in it.
pub(crate) async fn may(
    app: &App,
    tx: &mut Tx,
    space: SpaceId,
    person: PersonId,
    action: &Action<'_>,
) -> Result<Seen, Failure> {
    // Whoever was never a member does not learn whether the space exists.
    let (row, head) = store::find_seat(tx, space, person)
        .await?
        .ok_or(Code::NoSuchSpace)?;
    let state = log::store::get_state(tx, &app.shelf, space, head).await?;
    match authorise(&state, row.member, action) {
        Ok(()) => Ok(Seen {
            you: row.member,
            state,
        }),
        Err(Code::NotAMember) => Err(row.status.refusal().into()),
        Err(code) => Err(code.into()),
    }
}
