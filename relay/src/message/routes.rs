//! `/spaces/{space}/messages`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::rest::MessagePage;
use protocol::{MemberId, Seq, SpaceId, limits};
use serde::Deserialize;

use super::store;
use crate::App;
use crate::account::auth::Caller;
use crate::error::Failure;
use crate::extract::{Path, Query};
use crate::space::routes::{Seen, see};
use crate::space::store as members;
use crate::store::{StoreError, Tx};

#[derive(Debug, Deserialize)]
pub(crate) struct Before {
    before: Option<Seq>,
    limit: Option<usize>,
}

/// Messages before an event, the newest first. Those before the caller joined are not there, except what the
/// state still shows to everyone.
#[utoipa::path(
    get, path = "/api/v1/spaces/{space}/messages", tag = "log",
    params(
        ("space" = String, Path),
        ("before" = Option<u64>, Query, description = "Only messages before this event."),
        ("limit" = Option<usize>, Query, description = "At most so many; 500 by default and at most."),
    ),
    responses(
        (status = 200, body = MessagePage),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn list_messages(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Path(space): Path<SpaceId>,
    Query(Before { before, limit }): Query<Before>,
) -> Result<Json<MessagePage>, Failure> {
    let mut tx = app.read().await?;
    let seen = see(&app, &mut tx, space, person).await?;
    let floor = first_visible(&mut tx, space, &seen).await?;
    let limit = limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE);
    let before = before.unwrap_or(Seq(u64::MAX));
    let mut messages = store::list_before(&mut tx, space, before, floor, limit + 1).await?;
    let more = messages.len() > limit;
    messages.truncate(limit);
    let authors: BTreeSet<MemberId> = messages.iter().map(|numbered| numbered.message.by).collect();
    let mut people = members::list_people(&mut tx, space).await?;
    people.retain(|person| authors.contains(&person.member));
    Ok(Json(MessagePage {
        messages,
        people,
        more,
    }))
}

async fn first_visible(tx: &mut Tx, space: SpaceId, seen: &Seen) -> Result<Seq, StoreError> {
    let since = seen
        .state
        .members
        .get(&seen.you)
        .map_or(seen.state.head, |member| member.since);
    let oldest = match seen.state.messages.front() {
        Some(message) => store::find_seq(tx, space, message.id).await?,
        None => None,
    };
    Ok(oldest.map_or(since, |oldest| oldest.min(since)))
}
