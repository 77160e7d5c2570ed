//! Ops that this relay cannot read are refused by name, each alone, and what follows them goes on.

use protocol::rest::OpAnswers;
use protocol::{Code, Role, Seq, ServerFrame, limits};
use serde_json::{Value, json};

use crate::harness::{Place, Running, message};

on_all! {
    over_rest_an_op_that_cannot_be_read_is_refused_alone
    on_a_socket_an_op_that_cannot_be_read_is_refused_by_name
    what_is_over_for_somebody_is_not_remembered
}

fn newer() -> Value {
    json!({"type": "tab:painted", "data": {"colour": "mauve"}})
}

fn mauve() -> Value {
    json!({"type": "space:recoloured", "data": {"colour": "mauve"}})
}

async fn over_rest_an_op_that_cannot_be_read_is_refused_alone(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let submit = async |ops: Value| {
        let body = json!({"device": alice.device, "ops": ops});
        let answers: OpAnswers = alice.post(&format!("spaces/{space}/ops"), &body).await.unwrap();
        answers
            .answers
            .into_iter()
            .map(|answer| answer.seq.ok_or_else(|| answer.refused.unwrap().code))
            .collect::<Vec<_>>()
    };
    let (one, last) = (message("one"), message("last"));
    let ops = json!([
        {"n": 1, "op": one},
        {"n": 2, "op": newer()},
        {"n": 3, "op": mauve()},
        {"n": 4},
        {"n": 5, "op": last},
    ]);
    let answers = [
        Ok(Seq(2)),
        Err(Code::UnknownType),
        Err(Code::Malformed),
        Err(Code::Malformed),
        Ok(Seq(3)),
    ];
    assert_eq!(submit(ops.clone()).await, answers);
    assert_eq!(submit(ops).await, answers, "the first answer again");
    let other = json!([{"n": 1, "op": mauve()}, {"n": 2, "op": message("readable")}]);
    assert_eq!(
        submit(other).await,
        [Err(Code::OpConflict), Err(Code::UnknownType)]
    );
    assert_eq!(submit(json!([{"n": 7, "op": newer()}])).await, [Err(Code::OpGap)]);
    relay.stop().await;
}

async fn on_a_socket_an_op_that_cannot_be_read_is_refused_by_name(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let mut socket = alice.live(space).await;
    let large = json!({"type": "message:sent", "data": {"text": "x".repeat(limits::FRAME_BYTES)}});
    for (n, op, code) in [
        (1, newer(), Code::UnknownType),
        (2, mauve(), Code::Malformed),
        (3, large, Code::TooLarge),
    ] {
        let frame = json!({"type": "op:submit", "data": {"space": space, "n": n, "op": op}}).to_string();
        // The same again gets the first answer.
        for _ in 0..2 {
            socket.send_text(frame.as_str()).await;
            let refused = |frame: &ServerFrame| match frame {
                ServerFrame::Refused {
                    space: of,
                    n: named,
                    reason,
                } => *of == space && *named == n && reason.code == code,
                ServerFrame::Error { reason, .. } => panic!("not named: {reason}"),
                _ => false,
            };
            socket.wait("a refusal that names the op", refused).await;
        }
    }
    assert_eq!(socket.op(space, 4, message("goes on")).await, Ok(Seq(2)));
    relay.stop().await;
}

async fn what_is_over_for_somebody_is_not_remembered(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let before = message("before");
    bob.op(space, 1, before.clone()).await.unwrap();
    alice
        .op(space, 1, protocol::Op::MemberLeft { member: bob.member })
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(bob.op(space, 2, message("another")).await, Err(Code::Removed));
        assert_eq!(bob.op(space, 9, message("and another")).await, Err(Code::Removed));
    }
    assert_eq!(
        bob.op(space, 1, before).await,
        Ok(Seq(3)),
        "the first answer stays"
    );
    let deleted = vec![(2, protocol::Op::SpaceDeleted {}), (3, message("nothing more"))];
    let answers = alice.submit(space, deleted).await.unwrap();
    assert_eq!(
        answers[1].refused.as_ref().map(|refused| refused.code),
        Some(Code::SpaceDeleted)
    );
    assert_eq!(
        alice.op(space, 3, message("another")).await,
        Err(Code::SpaceDeleted)
    );
    let decided = crate::keeping::count_ops(&place, space).await;
    assert_eq!(decided, 3, "what was decided before, and nothing else");
    relay.stop().await;
}
