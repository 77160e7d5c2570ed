//! `/spaces/{space}/ops` and `/spaces/{space}/events`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::rest::{EventPage, OpAnswer, OpAnswers, SubmitOps};
use protocol::{Code, DeviceId, Epoch, Op, Refusal, Seq, SpaceId, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answer, Proposal, Task, store, trail};
use crate::App;
use crate::account::auth::Caller;
use crate::account::routes::claim_device;
use crate::error::Failure;
use crate::extract::{Body, Path, Query};
use crate::rate::{Kind, Payer};
use crate::space::routes::see;
use crate::space::store as members;

/// [`SubmitOps`] with each op still as it came: one that cannot be read is refused alone.
#[derive(Debug, Deserialize)]
pub(crate) struct RawOps {
    device: DeviceId,
    #[serde(default)]
    epoch: Option<Epoch>,
    ops: Vec<RawOp>,
}

/// An op with its number, or why it cannot be read.
type NumberedOp = (u64, Result<Op, Code>);

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
    payer: Payer,
    Path(space): Path<SpaceId>,
    Body(RawOps { device, epoch, ops }): Body<RawOps>,
) -> Result<Json<OpAnswers>, Failure> {
    if ops.len() > limits::PAGE {
        return Err(Code::TooLarge.into());
    }
    let read = |RawOp { n, op }| {
        let op = op.ok_or(Code::Malformed).and_then(|op| Op::parse(op.get()));
        (n, op)
    };
    let ops: Vec<NumberedOp> = ops.into_iter().map(read).collect();
    let added = ops.iter().filter(|(_, op)| matches!(op, Ok(Op::TabAdded(_))));
    let most = app.limiter.rates().tabs_per_save;
    if most > 0 && added.count() > most {
        return Err(Code::TooLarge.into());
    }
    let person = payer.person;
    let mut tx = app.read().await?;
    let row = members::find_member(&mut tx, space, person)
        .await?
        .ok_or(Code::NoSuchSpace)?;
    if epoch.is_some_and(|epoch| epoch != app.epoch) {
        let answers = ops
            .first()
            .map(|(n, _)| refused(&app, (space, device), *n, Code::OpGap.into()));
        return Ok(Json(OpAnswers {
            answers: answers.into_iter().collect(),
        }));
    }
    let last_n = store::last_n(&mut tx, space, device).await?;
    drop(tx);
    claim_device(&app, device, person).await?;
    let (ops, too_fast) = charge(&app, payer, (space, device), last_n, ops)?;
    let tried = ops.len();
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
        Answer::Ops(mut answers) => {
            let gap = |answer: &OpAnswer| answer.refused.as_ref().is_some_and(|why| why.code == Code::OpGap);
            if answers.len() == tried && !answers.last().is_some_and(gap) {
                answers.extend(too_fast);
            }
            Ok(Json(OpAnswers { answers }))
        }
        _ => Err(Code::Internal.into()),
    }
}

/// The ops that are paid for, and the answer to the first that is not. When that is the very first, the whole
/// request is too fast.
fn charge(
    app: &App,
    payer: Payer,
    (space, device): (SpaceId, DeviceId),
    last_n: u64,
    ops: Vec<NumberedOp>,
) -> Result<(Vec<Proposal>, Option<OpAnswer>), Refusal> {
    let mut paid = Vec::with_capacity(ops.len());
    for (n, op) in ops {
        match app.charge(Kind::of_op(&op, n <= last_n), payer) {
            Ok(()) => {
                trail::received(None, space, device, n);
                paid.push(Proposal::new(n, op));
            }
            Err(refusal) if paid.is_empty() => return Err(refusal),
            Err(refusal) => {
                let refused = refused(app, (space, device), n, refusal);
                return Ok((paid, Some(refused)));
            }
        }
    }
    Ok((paid, None))
}

/// The answer to an op that no writer gets to see.
fn refused(app: &App, (space, device): (SpaceId, DeviceId), n: u64, why: Refusal) -> OpAnswer {
    trail::refused(None, space, device, n, why.code);
    app.metrics.count_refusal(why.code);
    OpAnswer {
        n,
        seq: None,
        refused: Some(why),
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
    let mut tx = app.read().await?;
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
