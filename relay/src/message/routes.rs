//! `/spaces/{space}/messages`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::frame::Person;
use protocol::rest::MessagePage;
use protocol::{Seq, SpaceId, limits};
use serde::Deserialize;

use super::store;
use crate::App;
use crate::account::auth::Caller;
use crate::error::Failure;
use crate::extract::{Path, Query};
use crate::space::routes::{Seen, see};

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
    let limit = limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE);
    let before = before.unwrap_or(Seq(u64::MAX));
    // Shown to everyone by the state, however late they came.
    let shown = seen.state.messages.front().map(|message| message.id);
    let floor = first_visible(&seen);
    let mut found = store::list_before(&mut tx, space, before, floor, shown, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let mut people = BTreeMap::new();
    let mut messages = Vec::with_capacity(found.len());
    for (numbered, name) in found {
        people.entry(numbered.message.by).or_insert(name);
        messages.push(numbered);
    }
    let person = |(member, name)| Person { member, name };
    Ok(Json(MessagePage {
        messages,
        people: people.into_iter().map(person).collect(),
        more,
    }))
}

fn first_visible(seen: &Seen) -> Seq {
    let member = seen.state.members.get(&seen.you);
    member.map_or(seen.state.head, |member| member.since)
}
