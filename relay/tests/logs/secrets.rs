//! Whatever level is asked for, and whatever goes wrong: no secret and nobody's words are in the log.

use hyper::Method;
use protocol::rest::{InviteSecret, NewTicket};
use protocol::{Code, Op, Role, TabId, state};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio_tungstenite::tungstenite::Message;

use crate::Program;
use crate::harness::{Person, Place, guest_at, id, request};

/// Changes the database behind the relay's back.
async fn execute(place: &Place, statement: &str) {
    let statement = AssertSqlSafe(statement.to_owned());
    match place {
        Place::Folder(folder) => {
            let file = format!("sqlite://{}", folder.path().join("tabspace.sqlite").display());
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            connection.execute(statement).await.unwrap();
        }
        Place::Postgres(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            connection.execute(statement).await.unwrap();
        }
        Place::Memory(_) => panic!("only the relay reaches it"),
    }
}

/// What must not be told, each with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 8, "{what} is long enough to be looked for");
        self.0.push((what, secret.clone()));
        secret
    }

    fn are_not_in(&self, log: &str) {
        for (what, secret) in &self.0 {
            let told = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(told, None, "{what}");
        }
    }
}

fn is_told(program: &Program, text: &str) -> bool {
    program.log().contains(text)
}

async fn raw(program: &Program, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Code {
    let body = serde_json::to_vec(&body).unwrap();
    let headers: Vec<_> = [("content-type", "application/json")]
        .into_iter()
        .chain(headers.iter().copied())
        .collect();
    request(&program.address, method, path, &headers, body)
        .await
        .code()
}

async fn nothing_secret_is_in_the_log(place: Place, refuses_words: &str, refusal: &str) {
    let mut secrets = Secrets::default();
    let program = Program::start(&place, "trace");
    let address = program.address.as_str();

    // A guest with a cookie.
    let name = secrets.add("a person's name", "Wilhelmina Ashdown");
    let body = serde_json::to_vec(&json!({"name": name, "credential": "cookie"})).unwrap();
    let own = format!("http://{address}");
    let headers = [("content-type", "application/json"), ("origin", own.as_str())];
    let made = request(address, Method::POST, "/api/v1/guests", &headers, body).await;
    let cookie = made.header("set-cookie").split(';').next().unwrap().to_owned();
    secrets.add("a cookie", cookie.split_once('=').unwrap().1);
    let me = request(
        address,
        Method::GET,
        "/api/v1/me",
        &[("cookie", &cookie)],
        Vec::new(),
    )
    .await;
    assert_eq!(me.status, 200);

    // Alice shares a space with a tab.
    let mut alice = guest_at(
        address,
        &secrets.add("another person's name", "Alice Featherstone"),
    )
    .await;
    secrets.add("a token", &alice.token);
    let space = id();
    let created = json!({
        "name": secrets.add("a space's name", "Moving to Reykjavik"),
        "tabs": [{
            "tab": TabId::from_bits(1),
            "url": secrets.add("a tab's address", "https://secret-clinic.example/appointments"),
            "title": secrets.add("a tab's title", "Results of the examination"),
            "position": "V",
        }],
    });
    let joined: protocol::rest::Joined = alice
        .post("spaces", &json!({"space": space, "created": created}))
        .await
        .unwrap();
    alice.member = joined.member;

    // Bob looks at a link and comes by it.
    let mut bob = guest_at(address, "Bob").await;
    secrets.add("another token", &bob.token);
    let secret = secrets.add(
        "a link's secret",
        alice.invite(space, Role::Editor).await.unwrap(),
    );
    let preview = InviteSecret {
        secret: secret.clone(),
    };
    bob.post::<Value>("invites/preview", &preview).await.unwrap();
    bob.member = bob.redeem(&secret).await.unwrap().member;

    // They talk.
    let ticket = secrets.add("a ticket", alice.ticket().await.unwrap());
    let mut at_alice = crate::harness::Socket::open(address, &[]).await.unwrap();
    at_alice.hello(&ticket).await;
    at_alice.next().await.unwrap();
    let mut at_bob = bob.live(space).await;
    let message = |text: String| Op::MessageSent { message: id(), text };
    let words = secrets.add("a message on a socket", "the spare key is under the third stone");
    at_alice.op(space, 1, message(words)).await.unwrap();
    let words = secrets.add("a message over REST", "and the alarm is off on Sundays");
    bob.op(space, 1, message(words)).await.unwrap();
    let title = Op::TabUpdated {
        tab: TabId::from_bits(1),
        url: Some(
            secrets
                .add("another address", "https://secret-lawyer.example/divorce")
                .parse()
                .unwrap(),
        ),
        title: Some(secrets.add("another title", "Terms of the separation")),
        favicon: None,
        pinned: None,
    };
    at_bob.op(space, 2, title).await.unwrap();

    // What cannot be read, or is refused.
    let nonsense = secrets.add("a frame that cannot be read", "meant for nobody else at all");
    at_alice
        .send_text(json!({"type": nonsense, "data": {"x": 1}}).to_string())
        .await;
    at_alice.error().await;
    at_alice
        .send_text(format!(
            "{{\"type\":\"op:submit\",\"data\":{{\"space\":\"{nonsense}\""
        ))
        .await;
    at_alice.error().await;
    at_alice
        .send_message(Message::binary(nonsense.clone().into_bytes()))
        .await;
    at_alice.error().await;
    let bearer = format!("Bearer {}", alice.token);
    let authorised = [("authorization", bearer.as_str())];
    let path = format!("/api/v1/spaces/{space}/ops");
    let body = json!({"device": nonsense, "ops": [{"n": nonsense}]});
    assert_eq!(
        raw(&program, Method::POST, &path, &authorised, body).await,
        Code::Malformed
    );
    let path = format!("/api/v1/spaces/{}?device={0}", nonsense.replace(' ', "-"));
    secrets.add("a path", nonsense.replace(' ', "-"));
    assert_eq!(
        raw(&program, Method::GET, &path, &authorised, json!(null)).await,
        Code::NotFound
    );
    let wrong = secrets.add("a wrong token", "wrong-token-0123456789-wrong-token");
    let bearer = format!("Bearer {wrong}");
    let asked = raw(
        &program,
        Method::GET,
        "/api/v1/me",
        &[("authorization", &bearer)],
        json!(null),
    )
    .await;
    assert_eq!(asked, Code::Unauthenticated);
    let preview = InviteSecret {
        secret: secrets.add("a wrong link's secret", "wrong-secret-0123456789"),
    };
    assert_eq!(
        bob.post::<Value>("invites/preview", &preview).await.unwrap_err(),
        Code::NoSuchInvite
    );
    let mut stranger = crate::harness::Socket::open(address, &[]).await.unwrap();
    stranger
        .hello(&secrets.add("a wrong ticket", "wrong-ticket-0123456789"))
        .await;
    assert_eq!(stranger.error().await, Code::BadTicket);

    // The database refuses a statement.
    execute(&place, refuses_words).await;
    let words = secrets.add("a message that cannot be kept", "unspeakable words of Alice");
    assert_eq!(
        at_alice.op(space, 2, message(words.clone())).await,
        Err(Code::Internal)
    );
    assert_eq!(bob.op(space, 3, message(words)).await, Err(Code::Internal));
    assert!(is_told(&program, refusal), "the path that was meant");
    at_alice.send_message(Message::Close(None)).await;
    at_alice.until_closed().await;
    assert!(is_told(&program, "a connection ends"), "the level that was meant");
    secrets.are_not_in(&program.log());
    drop(program);

    // A row is damaged.
    let damage = secrets.add("what a damaged row holds", "what was a state once");
    let snapshot = format!(
        "INSERT INTO snapshots (space, seq, fold_version, state) VALUES ('{space}', 1, {}, '\"{damage}\"')",
        state::FOLD_VERSION
    );
    execute(&place, &snapshot).await;
    let program = Program::start(&place, "trace");
    let alice = Person {
        address: program.address.clone(),
        ..alice
    };
    let answer = alice
        .request(Method::GET, &format!("spaces/{space}"), Vec::new())
        .await;
    assert_eq!(answer.code(), Code::Internal);
    let request_id = answer.header("x-request-id").to_owned();
    let failed = |line: &Value| {
        line["fields"]["error"]
            .as_str()
            .is_some_and(|error| error.contains("a row is damaged"))
    };
    let failed = program.logged("the failure", failed).await;
    assert_eq!(failed["span"]["id"], request_id, "{failed}");
    let mut socket = alice.connect().await;
    let subscribe = protocol::ClientFrame::Subscribe {
        space,
        epoch: None,
        since: protocol::Seq(0),
    };
    socket.send(&subscribe).await;
    assert_eq!(socket.error().await, Code::Internal);
    let ticket: protocol::rest::Ticket = alice
        .post("realtime/tickets", &NewTicket { device: alice.device })
        .await
        .unwrap();
    secrets.add("a ticket that was not used", ticket.ticket);
    secrets.are_not_in(&program.log());
}

#[tokio::test]
async fn nothing_secret_is_in_the_log_on_sqlite() {
    let refuses = "CREATE TRIGGER refuses BEFORE INSERT ON messages WHEN NEW.text LIKE 'unspeakable%' \
                   BEGIN SELECT RAISE(ABORT, 'it is refused'); END";
    nothing_secret_is_in_the_log(Place::folder(), refuses, "it is refused").await;
}

#[tokio::test]
async fn nothing_secret_is_in_the_log_on_postgres() {
    let refuses =
        "ALTER TABLE messages ADD CONSTRAINT refuses CHECK (text NOT LIKE 'unspeakable%') NOT VALID";
    nothing_secret_is_in_the_log(Place::postgres(), refuses, "violates check constraint").await;
}
