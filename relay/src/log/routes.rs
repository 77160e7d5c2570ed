//! `/spaces/{space}/ops` and `/spaces/{space}/events`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::rest::{EventPage, OpAnswers, SubmitOps};
use protocol::{Code, DeviceId, Op, Seq, SpaceId, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answer, Proposal, Task, store};
use crate::App;
use crate::account::auth::Caller;
use crate::account::routes::claim_device;
use crate::error::Failure;
use crate::extract::{Body, Path, Query};
use crate::space::routes::see;
use crate::space::store as members;

/// [`SubmitOps`] with each op still as it came: one that cannot be read is refused alone.
#[derive(Debug, Deserialize)]
pub(crate) struct RawOps {
    device: DeviceId,
    ops: Vec<RawOp>,
}

#[derive(Debug, Deserialize)]
struct RawOp {
    n: u64,
    op: Option<Box<RawValue>>,
}

/// Submits ops in order.
#[utoipa::path(
    post, path = "/api/v1/spaces/{space}/ops", tag = "log", params(("space" = String, Path)),
    request_body = SubmitOps,
    responses(
        (status = 200, body = OpAnswers),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn submit_ops(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Path(space): Path<SpaceId>,
    Body(RawOps { device, ops }): Body<RawOps>,
) -> Result<Json<OpAnswers>, Failure> {
    if ops.len() > limits::PAGE {
        return Err(Code::TooLarge.into());
    }
    let read = |RawOp { n, op }| {
        let op = op.ok_or(Code::Malformed).and_then(|op| Op::parse(op.get()));
        Proposal::new(n, op)
    };
    let ops = ops.into_iter().map(read).collect();
    let mut tx = app.store.read().await?;
    let row = members::find_member(&mut tx, space, person)
        .await?
        .ok_or(Code::NoSuchSpace)?;
    drop(tx);
    claim_device(&app, device, person).await?;
    match app
        .writers
        .ask(
            space,
            Task::Submit {
                member: row.member,
                device,
                ops,
            },
        )
        .await?
    {
        Answer::Ops(answers) => Ok(Json(OpAnswers { answers })),
        _ => Err(Code::Internal.into()),
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Since {
    #[serde(default)]
    since: Seq,
    limit: Option<usize>,
}

/// What happened after an event.
#[utoipa::path(
    get, path = "/api/v1/spaces/{space}/events", tag = "log",
    params(
        ("space" = String, Path),
        ("since" = Option<u64>, Query, description = "The last event the caller has; 0 by default."),
        ("limit" = Option<usize>, Query, description = "At most so many; 500 by default and at most."),
    ),
    responses(
        (status = 200, body = EventPage),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn list_events(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Path(space): Path<SpaceId>,
    Query(Since { since, limit }): Query<Since>,
) -> Result<Json<EventPage>, Failure> {
    let mut tx = app.store.read().await?;
    let seen = see(&app, &mut tx, space, person).await?;
    let granted = seen
        .state
        .members
        .get(&seen.you)
        .is_some_and(|member| since.next() >= member.since);
    if !granted {
        return Err(Code::HistoryNotGranted.into());
    }
    let limit = limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE);
    let events = store::list_events(&mut tx, space, since, limit).await?;
    // Between the two reads others may have written.
    let head = events
        .last()
        .map_or(seen.state.head, |event| event.envelope.seq.max(seen.state.head));
    Ok(Json(EventPage {
        epoch: app.epoch,
        head,
        events,
    }))
}
