//! `/guests`, `/me` and `/realtime/tickets`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::frame::Person;
use protocol::rest::{Credential, Me, NewGuest, NewTicket, Rename, Ticket};
use protocol::{Code, DeviceId, limits, op};

use super::auth::{Caller, set_cookie};
use super::tickets::Bearer;
use super::{PersonId, origin, store};
use crate::App;
use crate::address::Address;
use crate::error::Failure;
use crate::extract::Body;
use crate::log::{Job, Task};
use crate::rate::{Kind, Payer};
use crate::space::store as spaces;
use crate::store::{StoreError, Tx};

/// Become somebody, without an account.
#[utoipa::path(
    post, path = "/api/v1/guests", tag = "people", request_body = NewGuest,
    responses(
        (status = 201, body = Me),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn create_guest(
    State(app): State<Arc<App>>,
    address: Address,
    headers: HeaderMap,
    Body(guest): Body<NewGuest>,
) -> Result<Response, Failure> {
    if guest.credential == Credential::Cookie && !origin::is_own(&app, &headers) {
        return Err(Code::ForeignOrigin.into());
    }
    let name = guest.name.trim();
    op::person_name(name)?;
    app.charge_address(Kind::Guests, address)?;
    let (person, token) = (PersonId::from_bits(app.random.id_bits()), app.random.secret());
    let mut tx = app.write().await?;
    store::insert_person(&mut tx, person, name, &token, app.clock.now()).await?;
    tx.commit().await?;
    let me = |token| {
        Json(Me {
            name: name.to_owned(),
            token,
            spaces: Vec::new(),
        })
    };
    Ok(match guest.credential {
        Credential::Cookie => {
            let cookie = [(header::SET_COOKIE, set_cookie(&app, &token))];
            (StatusCode::CREATED, cookie, me(None)).into_response()
        }
        Credential::Token => (StatusCode::CREATED, me(Some(token))).into_response(),
    })
}

/// Who the caller is.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "people",
    responses(
        (status = 200, body = Me),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn get_me(State(app): State<Arc<App>>, Caller(person): Caller) -> Result<Json<Me>, Failure> {
    let mut tx = app.read().await?;
    Ok(Json(me(&mut tx, person).await?))
}

pub(super) async fn me(tx: &mut Tx, person: PersonId) -> Result<Me, StoreError> {
    let name = store::get_name(tx, person).await?;
    let spaces = spaces::list_spaces_of(tx, person).await?;
    Ok(Me {
        name,
        token: None,
        spaces,
    })
}

/// Another name, in every space.
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "people", request_body = Rename,
    responses(
        (status = 200, body = Me),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn rename_me(
    State(app): State<Arc<App>>,
    payer: Payer,
    Body(Rename { name }): Body<Rename>,
) -> Result<Json<Me>, Failure> {
    let name = name.trim();
    op::person_name(name)?;
    app.charge(Kind::Renames, payer)?;
    let person = payer.person;
    let mut tx = app.write().await?;
    store::update_name(&mut tx, person, name).await?;
    let memberships = spaces::list_memberships(&mut tx, person).await?;
    let me = me(&mut tx, person).await?;
    tx.commit().await?;
    for (space, member) in memberships {
        let person = Person {
            member,
            name: name.to_owned(),
        };
        // Only a hint to those who are there now: the name is kept, whatever becomes of it.
        app.writers
            .send(Job::new(space, Task::Rename(person), drop))
            .await;
    }
    Ok(Json(me))
}

/// A ticket for a socket.
#[utoipa::path(
    post, path = "/api/v1/realtime/tickets", tag = "realtime", request_body = NewTicket,
    responses(
        (status = 201, body = Ticket),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn create_ticket(
    State(app): State<Arc<App>>,
    payer: Payer,
    Body(NewTicket { device }): Body<NewTicket>,
) -> Result<(StatusCode, Json<Ticket>), Failure> {
    app.charge(Kind::Tickets, payer)?;
    let Payer { person, since, .. } = payer;
    claim_device(&app, device, person).await?;
    let ticket = app.random.secret();
    app.tickets.insert(
        &ticket,
        Bearer {
            person,
            since,
            device,
        },
        app.clock.now(),
    );
    Ok((
        StatusCode::CREATED,
        Json(Ticket {
            ticket,
            life_ms: limits::TICKET_LIFE_MS,
        }),
    ))
}

/// Makes sure that a device is this person's.
pub(crate) async fn claim_device(app: &App, device: DeviceId, person: PersonId) -> Result<(), Failure> {
    let mut tx = app.read().await?;
    let mut owner = store::find_owner(&mut tx, device).await?;
    drop(tx);
    if owner.is_none() {
        let mut tx = app.write().await?;
        store::insert_device(&mut tx, device, person, app.clock.now()).await?;
        owner = store::find_owner(&mut tx, device).await?;
        tx.commit().await?;
    }
    if owner == Some(person) {
        Ok(())
    } else {
        Err(Code::DeviceTaken.into())
    }
}
