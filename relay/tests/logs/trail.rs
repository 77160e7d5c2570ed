//! An op is followed by its name from the request or connection that brought it to those who hear of it.

use hyper::Method;
use protocol::rest::{NumberedOp, SubmitOps};
use protocol::{DeviceId, Op, Role, Seq, SpaceId};
use serde_json::{Value, json};

use crate::Program;
use crate::harness::{Place, Socket, message, request};

/// What is told of an op, in order.
fn trail(program: &Program, space: SpaceId, device: DeviceId, n: u64) -> Vec<Value> {
    let name = (json!(space), json!(device), json!(n));
    let of_op = |line: &Value| {
        let fields = &line["fields"];
        line["target"] == "relay::op"
            && name
                == (
                    fields["space"].clone(),
                    fields["device"].clone(),
                    fields["n"].clone(),
                )
    };
    program.lines().into_iter().filter(of_op).collect()
}

fn words(trail: &[Value]) -> Vec<&str> {
    trail
        .iter()
        .map(|line| line["fields"]["message"].as_str().unwrap())
        .collect()
}

/// What the fields of this name say, where there is one.
fn told<'a>(trail: &'a [Value], field: &str) -> Vec<&'a Value> {
    let fields = trail.iter().map(|line| &line["fields"][field]);
    fields.filter(|value| !value.is_null()).collect()
}

#[tokio::test]
async fn an_op_can_be_followed_from_its_request_to_those_who_hear_of_it() {
    let place = Place::folder();
    let program = Program::start(&place, "info,relay=debug");
    let (alice, space) = crate::harness::alice_at(&program.address).await;
    let mut at_alice = alice.live(space).await;
    let bob = crate::harness::invited_at(&program.address, &alice, space, "Bob", Role::Viewer).await;
    // A socket whose request has a name too.
    let mut at_bob = Socket::open(&program.address, &[("x-request-id", "bobs-socket")])
        .await
        .unwrap();
    at_bob.hello(&bob.ticket().await.unwrap()).await;
    at_bob.next().await.unwrap();
    let introduced =
        |line: &Value| line["span"]["id"] == "bobs-socket" && !line["fields"]["connection"].is_null();
    let line = program
        .logged("the connection behind the request", introduced)
        .await;
    let bobs_connection = line["fields"]["connection"].clone();

    let submit = |op: Op| {
        let body = SubmitOps {
            device: alice.device,
            epoch: None,
            ops: vec![NumberedOp { n: 1, op }],
        };
        serde_json::to_vec(&body).unwrap()
    };
    let bearer = format!("Bearer {}", alice.token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
        ("x-request-id", "alices-request"),
    ];
    let path = format!("/api/v1/spaces/{space}/ops");
    let body = submit(message("by request"));
    let answer = request(&program.address, Method::POST, &path, &headers, body).await;
    assert_eq!(answer.header("x-request-id"), "alices-request");
    let Seq(seq) = at_alice.event(Seq(3)).await.envelope.seq;
    let told_of = |line: &Value| line["fields"]["message"] == "sent" && line["fields"]["seq"] == 3;
    program.logged("the op was sent", told_of).await;
    let way = trail(&program, space, alice.device, 1);
    assert_eq!(
        words(&way),
        ["received", "submitted", "decided", "committed", "sent"]
    );
    assert_eq!(way[0]["span"]["id"], "alices-request");
    assert_eq!(way[0]["span"]["route"], "/api/v1/spaces/{space}/ops");
    assert_eq!(told(&way, "seq"), [seq, seq, seq]);
    assert_eq!(told(&way, "receivers"), [1]);
    // The batch tells its size and how long it took.
    let batch = &way[2]["span"];
    assert_eq!((&batch["name"], &batch["jobs"]), (&json!("batch"), &json!(1)));
    let commit = |line: &Value| line["span"] == *batch && line["fields"]["events"] == 1;
    let commit = program.logged("the commit", commit).await;
    assert!(commit["fields"]["seconds"].as_f64().unwrap() > 0.0, "{commit}");
    let answered = |line: &Value| line["fields"]["id"] == "alices-request";
    let answered = program.logged("the answer", answered).await;
    assert_eq!(answered["fields"]["status"], 200);

    at_alice.op(space, 2, message("on a connection")).await.unwrap();
    at_alice.event(Seq(4)).await;
    let told_of = |line: &Value| line["fields"]["message"] == "sent" && line["fields"]["seq"] == 4;
    program.logged("the op was sent", told_of).await;
    let way = trail(&program, space, alice.device, 2);
    assert_eq!(
        words(&way),
        [
            "received",
            "submitted",
            "decided",
            "committed",
            "answered",
            "sent"
        ]
    );
    let connections = told(&way, "connection");
    assert_eq!(connections.len(), 2);
    assert!(connections[0] == connections[1] && *connections[0] != bobs_connection);

    assert!(
        at_bob
            .op(space, 1, message("a viewer does not write"))
            .await
            .is_err()
    );
    let told_of = |line: &Value| {
        line["fields"]["connection"] == bobs_connection && line["fields"]["message"] == "answered"
    };
    program.logged("the op was answered", told_of).await;
    let way = trail(&program, space, bob.device, 1);
    assert_eq!(
        words(&way),
        ["received", "submitted", "decided", "committed", "answered"]
    );
    assert_eq!(told(&way, "code"), ["forbidden", "forbidden"]);
}

#[tokio::test]
async fn a_relay_that_does_not_tell_of_ops_names_requests_all_the_same() {
    let place = Place::folder();
    let program = Program::start(&place, "info");
    let (alice, space) = crate::harness::alice_at(&program.address).await;
    alice.op(space, 1, message("hello")).await.unwrap();
    let answer = request(
        &program.address,
        Method::GET,
        "/healthz",
        &[("x-request-id", "not plain!")],
        Vec::new(),
    )
    .await;
    let name = answer.header("x-request-id");
    assert_eq!(name.len(), 32, "{name}");
    let told = program.lines();
    assert!(told.iter().all(|line| line["level"] == "INFO"), "{told:?}");
    assert!(told.iter().all(|line| line["target"] != "relay::op"), "{told:?}");
}
