//! What the relay answers over HTTP, and to whom.

mod harness;

use harness::{MINUTE_MS, Person, Place, Running, id, manual_clock, message, request, secret_of, until};
use hyper::{Method, StatusCode};
use private_postgres::PrivatePostgres;
use protocol::rest::{InvitePreview, InviteSecret, Me, NewTicket, Rename, SpaceNow, Ticket};
use protocol::{Code, Millis, Role, limits};
use sha2::{Digest, Sha256};

const JSON: (&str, &str) = ("content-type", "application/json");

fn png(padding: usize) -> (String, Vec<u8>) {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.resize(png.len() + padding, 7);
    (hash(&png), png)
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[tokio::test]
async fn a_cookie_speaks_only_for_the_relays_own_page() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let address = relay.address.as_str();
    let own = format!("http://{address}");
    let body = || br#"{"name":"Bob","credential":"cookie"}"#.to_vec();
    let foreign = request(
        address,
        Method::POST,
        "/api/v1/guests",
        &[JSON, ("origin", "http://127.0.0.1:1")],
        body(),
    )
    .await;
    assert_eq!(
        (foreign.code(), foreign.header("set-cookie")),
        (Code::ForeignOrigin, "")
    );
    let made = request(
        address,
        Method::POST,
        "/api/v1/guests",
        &[JSON, ("origin", &own)],
        body(),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let cookie = made.header("set-cookie").to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "the relay is plain http here");
    assert!(serde_json::from_slice::<Me>(&made.body).unwrap().token.is_none());

    let cookie = cookie.split(';').next().unwrap();
    for (headers, code) in [
        (vec![("origin", own.as_str())], None),
        (vec![("sec-fetch-site", "same-origin")], None),
        (vec![("sec-fetch-site", "none")], None),
        (vec![], None),
        (
            vec![("origin", "https://evil.example")],
            Some(Code::ForeignOrigin),
        ),
        (vec![("origin", "http://127.0.0.1:1")], Some(Code::ForeignOrigin)),
        (vec![("origin", "null")], Some(Code::ForeignOrigin)),
        (vec![("sec-fetch-site", "same-site")], Some(Code::ForeignOrigin)),
        (vec![("sec-fetch-site", "cross-site")], Some(Code::ForeignOrigin)),
    ] {
        let headers: Vec<_> = headers.into_iter().chain([("cookie", cookie), JSON]).collect();
        for (method, body) in [
            (Method::GET, Vec::new()),
            (Method::PATCH, br#"{"name":"Bob"}"#.to_vec()),
        ] {
            let answer = request(address, method, "/api/v1/me", &headers, body).await;
            match code {
                None => assert_eq!(answer.status, StatusCode::OK, "{headers:?}"),
                Some(code) => assert_eq!(
                    (answer.status, answer.code()),
                    (StatusCode::FORBIDDEN, code),
                    "{headers:?}"
                ),
            }
        }
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_token_may_come_from_anywhere() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let alice = relay.guest("Alice").await;
    let bearer = format!("Bearer {}", alice.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("origin", "https://any.example"),
    ];
    let answer = request(&relay.address, Method::GET, "/api/v1/me", &headers, Vec::new()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
    let asked = [
        ("origin", "https://any.example"),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let preflight = request(&relay.address, Method::OPTIONS, "/api/v1/me", &asked, Vec::new()).await;
    assert!(preflight.status.is_success());
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("authorization")
    );

    for bad in ["", "Bearer", "Bearer ", "Bearer wrong", "Basic QWxhZGRpbg=="] {
        let answer = request(
            &relay.address,
            Method::GET,
            "/api/v1/me",
            &[("authorization", bad)],
            Vec::new(),
        )
        .await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNAUTHORIZED, Code::Unauthenticated),
            "{bad}"
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn behind_tls_the_cookie_is_secure_and_links_name_the_public_address() {
    let place = Place::folder();
    let mut config = place.config();
    config.public_url = Some("https://tabs.example".parse().unwrap());
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let made = alice.make_invite(space, Role::Viewer, MINUTE_MS).await.unwrap();
    assert!(made.link.starts_with("https://tabs.example/join#"));
    let body = br#"{"name":"Bob","credential":"cookie"}"#.to_vec();
    let headers = [JSON, ("origin", "https://tabs.example")];
    let guest = request(&relay.address, Method::POST, "/api/v1/guests", &headers, body).await;
    assert!(guest.header("set-cookie").contains("; Secure"));
    relay.stop().await;
}

#[tokio::test]
async fn a_link_says_who_invites_to_what_before_anything_is_asked() {
    let place = Place::folder();
    let mut config = place.config();
    let clock = manual_clock(&mut config);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let made = alice.make_invite(space, Role::Editor, MINUTE_MS).await.unwrap();
    let secret = InviteSecret {
        secret: secret_of(&made),
    };
    let stranger = Person {
        token: String::new(),
        ..alice.clone()
    };
    let preview: InvitePreview = stranger.post("invites/preview", &secret).await.unwrap();
    assert_eq!(
        (
            preview.space,
            preview.space_name.as_str(),
            preview.inviter.as_str()
        ),
        (space, "Lisbon", "Alice")
    );
    assert_eq!(
        (preview.tabs, preview.members, preview.role, preview.already_in),
        (1, 1, Role::Editor, false)
    );
    let bob = relay.guest("Bob").await;
    bob.redeem(&secret.secret).await.unwrap();
    clock.set(Millis(clock.now().0 + MINUTE_MS));
    let preview: InvitePreview = bob.post("invites/preview", &secret).await.unwrap();
    assert!(preview.already_in);
    assert_eq!(
        stranger.post::<InvitePreview>("invites/preview", &secret).await,
        Err(Code::InviteExpired)
    );
    let unknown = InviteSecret {
        secret: "guess".to_owned(),
    };
    assert_eq!(
        stranger.post::<InvitePreview>("invites/preview", &unknown).await,
        Err(Code::NoSuchInvite)
    );
    relay.stop().await;
}

#[tokio::test]
async fn nobody_invites_above_the_own_role() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let editor = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let commenter = relay.invited(&alice, space, "Carol", Role::Commenter).await;
    assert!(editor.invite(space, Role::Editor).await.is_ok());
    assert_eq!(editor.invite(space, Role::Owner).await, Err(Code::Forbidden));
    assert_eq!(commenter.invite(space, Role::Viewer).await, Err(Code::Forbidden));
    let invites = format!("spaces/{space}/invites");
    assert_eq!(
        commenter.get::<serde_json::Value>(&invites).await,
        Err(Code::Forbidden)
    );
    // An editor revokes his own links only; an owner all.
    let by_alice = alice
        .make_invite(space, Role::Viewer, MINUTE_MS)
        .await
        .unwrap()
        .invite
        .id;
    let by_bob = editor
        .make_invite(space, Role::Viewer, MINUTE_MS)
        .await
        .unwrap()
        .invite
        .id;
    assert_eq!(
        editor.delete(&format!("{invites}/{by_alice}")).await,
        Err(Code::Forbidden)
    );
    assert_eq!(editor.delete(&format!("{invites}/{by_bob}")).await, Ok(()));
    assert_eq!(
        alice
            .delete(&format!("{invites}/{}", id::<protocol::InviteId>()))
            .await,
        Err(Code::NoSuchInvite)
    );
    let good = alice
        .get::<protocol::rest::Invites>(&invites)
        .await
        .unwrap()
        .invites
        .len();
    for _ in good..limits::INVITES {
        alice.invite(space, Role::Viewer).await.unwrap();
    }
    assert_eq!(alice.invite(space, Role::Viewer).await, Err(Code::TooMany));
    relay.stop().await;
}

#[tokio::test]
async fn an_outsider_learns_nothing_of_a_space() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (_alice, space) = relay.alice().await;
    let eve = relay.guest("Eve").await;
    let (hash, png) = png(1);
    for space in [space, id()] {
        for path in [
            "",
            "/events",
            "/messages",
            "/invites",
            &format!("/favicons/{hash}"),
        ] {
            let answer = eve
                .get::<serde_json::Value>(&format!("spaces/{space}{path}"))
                .await;
            assert_eq!(answer, Err(Code::NoSuchSpace), "{path}");
        }
        assert_eq!(eve.op(space, 1, message("hi")).await, Err(Code::NoSuchSpace));
        assert_eq!(eve.invite(space, Role::Viewer).await, Err(Code::NoSuchSpace));
        let path = format!("spaces/{space}/favicons/{hash}");
        assert_eq!(
            eve.request(Method::PUT, &path, png.clone()).await.code(),
            Code::NoSuchSpace
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn favicons_are_what_they_say() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let at = |hash: &str| format!("spaces/{space}/favicons/{hash}");
    let (name, picture) = png(100);
    assert_eq!(
        alice
            .request(Method::PUT, &at(&name), picture.clone())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        alice
            .request(Method::PUT, &at(&name), picture.clone())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let got = bob.request(Method::GET, &at(&name), Vec::new()).await;
    assert_eq!(
        (got.header("content-type"), got.body.as_ref()),
        ("image/png", picture.as_slice())
    );
    assert!(
        got.header("cache-control").contains("immutable") && got.header("cache-control").contains("private")
    );

    let (other, bytes) = png(50);
    assert_eq!(
        bob.request(Method::GET, &at(&other), Vec::new()).await.code(),
        Code::NoSuchThing
    );
    assert_eq!(
        bob.request(Method::PUT, &at(&other), bytes.clone()).await.code(),
        Code::Forbidden
    );
    assert_eq!(
        alice.request(Method::PUT, &at(&name), bytes).await.code(),
        Code::Malformed
    );
    assert_eq!(
        alice.request(Method::PUT, &at("short"), picture).await.code(),
        Code::BadText
    );
    let (name, large) = png(limits::FAVICON_BYTES);
    assert_eq!(
        alice.request(Method::PUT, &at(&name), large).await.code(),
        Code::TooLarge
    );
    let script = b"<svg onload=alert(1)>".to_vec();
    assert_eq!(
        alice
            .request(Method::PUT, &at(&hash(&script)), script)
            .await
            .code(),
        Code::Malformed
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_wrong_request_gets_its_code() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let submit = format!("spaces/{space}/ops");
    for (path, body, code) in [
        ("guests", "no json".to_owned(), Code::Malformed),
        (
            "guests",
            r#"{"name":"x","credential":"password"}"#.to_owned(),
            Code::Malformed,
        ),
        (
            "guests",
            r#"{"name":"   ","credential":"token"}"#.to_owned(),
            Code::BadText,
        ),
        (
            "guests",
            r#"{"name":"a\u0000b","credential":"token"}"#.to_owned(),
            Code::BadText,
        ),
        (
            "guests",
            format!(r#"{{"name":"{}","credential":"token"}}"#, "x".repeat(51)),
            Code::TooLarge,
        ),
        ("guests", " ".repeat(limits::FRAME_BYTES + 1), Code::TooLarge),
        (
            submit.as_str(),
            r#"{"device":"x","ops":[]}"#.to_owned(),
            Code::Malformed,
        ),
        ("spaces/not-an-id/ops", "{}".to_owned(), Code::NotFound),
        ("nowhere", "{}".to_owned(), Code::NotFound),
    ] {
        let answer = alice.request(Method::POST, path, body.into_bytes()).await;
        assert_eq!(answer.code(), code, "{path}");
        assert_eq!(answer.status.as_u16(), code.status(), "{path}");
    }
    let ops = vec![(1, message("x")); limits::PAGE + 1];
    assert_eq!(alice.submit(space, ops).await, Err(Code::TooLarge));
    let events = format!("spaces/{space}/events?since=x");
    assert_eq!(
        alice.get::<serde_json::Value>(&events).await,
        Err(Code::Malformed)
    );
    assert_eq!(
        alice.request(Method::DELETE, "me", Vec::new()).await.code(),
        Code::NotFound
    );
    let long = Rename { name: "x".repeat(51) };
    assert_eq!(alice.patch::<Me>("me", &long).await, Err(Code::TooLarge));
    relay.stop().await;
}

#[tokio::test]
async fn a_device_is_one_persons() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, bob) = (relay.guest("Alice").await, relay.guest("Bob").await);
    alice.ticket().await.unwrap();
    alice.ticket().await.unwrap();
    let stolen = NewTicket { device: alice.device };
    assert!(matches!(
        bob.post::<Ticket>("realtime/tickets", &stolen).await,
        Err(Code::DeviceTaken)
    ));
    relay.stop().await;
}

#[tokio::test]
async fn the_page_is_served_with_a_strict_policy() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let get = async |path: &str, headers: &[(&str, &str)]| {
        request(&relay.address, Method::GET, path, headers, Vec::new()).await
    };
    let page = get("/", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval';",
        "frame-ancestors 'none'",
        &format!("connect-src 'self' ws://{0} wss://{0};", relay.address),
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe-inline"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(page.header(name), value);
    }
    for path in ["/join", &format!("/s/{}", id::<protocol::SpaceId>())] {
        assert_eq!(get(path, &[]).await.body, page.body, "{path}");
    }
    let again = get("/", &[("if-none-match", page.header("etag"))]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    for missing in [
        "/nothing.js",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/..%2fCargo.toml",
    ] {
        assert_eq!(get(missing, &[]).await.code(), Code::NotFound, "{missing}");
    }
    relay.stop().await;
}

#[tokio::test]
async fn numbers_and_health_are_told() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let _socket = alice.live(space).await;
    assert_eq!(alice.op(space, 2, message("gap")).await, Err(Code::OpGap));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            request(&relay.address, Method::GET, path, &[], Vec::new())
                .await
                .status,
            StatusCode::OK
        );
    }
    let metrics = request(&relay.address, Method::GET, "/metrics", &[], Vec::new()).await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    for line in [
        "tabspace_connections 1",
        "tabspace_rooms 1",
        "tabspace_jobs 0",
        "tabspace_events_total{class=\"space\"} 1",
        "tabspace_commit_seconds_count 2",
        "tabspace_deliveries_total 0",
        "tabspace_write_seconds_count 2",
        "tabspace_refusals_total{code=\"op_gap\"} 1",
        "tabspace_http_requests_total{method=\"POST\",route=\"/api/v1/spaces/{space}/ops\",status=\"200\"} 1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(&space.to_string()), "no id is a label");
    let brewed = Method::from_bytes(b"BREW").unwrap();
    request(&relay.address, brewed, "/coffee", &[], Vec::new()).await;
    alice.op(space, 1, message("heard by one")).await.unwrap();
    let metrics = request(&relay.address, Method::GET, "/metrics", &[], Vec::new()).await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(text.contains("tabspace_deliveries_total 1\n"), "{text}");
    assert!(
        text.contains("method=\"other\"") && !text.contains("BREW"),
        "strangers make no series"
    );
    let document: serde_json::Value = alice.get("openapi.json").await.unwrap();
    assert!(document["paths"].get("/api/v1/spaces/{space}/ops").is_some());
    relay.stop().await;
}

#[tokio::test]
async fn a_space_says_how_far_the_device_got_that_is_asked_for() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    assert_eq!(alice.see(space).await.unwrap().last_n, None, "nobody asked");
    assert_eq!(alice.last_n(space).await.unwrap(), Some(0));
    let ops = vec![(1, message("one")), (2, message("two")), (3, message(""))];
    let answers = alice.submit(space, ops).await.unwrap();
    // What is refused uses its number up, what skips one does not.
    assert!(answers[2].refused.is_some());
    assert_eq!(alice.op(space, 5, message("five")).await, Err(Code::OpGap));
    let path = format!("spaces/{space}?device={}", alice.device);
    let now: SpaceNow = alice.get(&path).await.unwrap();
    assert_eq!((now.last_n, now.state.messages.len()), (Some(3), 2));
    assert_eq!(
        bob.last_n(space).await.unwrap(),
        Some(0),
        "it is counted by device"
    );
    let other = id();
    alice.create(other).await.unwrap();
    assert_eq!(alice.last_n(other).await.unwrap(), Some(0), "and by space");

    let nonsense = format!("spaces/{space}?device=nonsense");
    assert_eq!(alice.get::<SpaceNow>(&nonsense).await, Err(Code::Malformed));
    let carol = relay.guest("Carol").await;
    assert_eq!(carol.get::<SpaceNow>(&path).await, Err(Code::NoSuchSpace));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_database_the_relay_is_alive_but_not_ready() {
    let postgres = PrivatePostgres::start().expect("a Postgres");
    let place = Place::Postgres(postgres.fresh_database());
    let relay = Running::on(&place).await;
    let alice = relay.guest("Alice").await;
    let get = async |path: &str| request(&relay.address, Method::GET, path, &[], Vec::new()).await;
    postgres.stop().unwrap();
    assert_eq!(get("/healthz").await.status, StatusCode::OK);
    assert_eq!(get("/readyz").await.code(), Code::StoreAway);
    assert_eq!(alice.get::<Me>("me").await, Err(Code::StoreAway));
    let metrics = get("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(
        text.contains("tabspace_store_errors_total{kind=\"away\"} 2\n"),
        "{text}"
    );
    postgres.start_again().unwrap();
    until("ready again", async || {
        get("/readyz").await.status == StatusCode::OK
    })
    .await;
    assert_eq!(alice.get::<Me>("me").await.unwrap().name, "Alice");
    relay.stop().await;
}
