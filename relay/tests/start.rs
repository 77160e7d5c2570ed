//! What a relay asks for before it runs: a store of its own, and an address that browsers trust.

mod harness;

use harness::{Place, Running, until};
use private_postgres::PrivatePostgres;
use relay::{Relay, RunError};
use sqlx::Connection;
use tokio::net::TcpListener;

async fn prepare(place: &Place, listen: &str, public_url: Option<&str>) -> Result<Relay, RunError> {
    let listener = TcpListener::bind((listen, 0)).await.expect("a free port");
    let mut config = place.config();
    config.public_url = public_url.map(|url| url.parse().expect("a URL"));
    Relay::prepare(config, listener).await
}

async fn why_not(place: &Place) -> String {
    let refused = prepare(place, "127.0.0.1", None).await.err();
    refused.expect("the store is taken").to_string()
}

#[tokio::test]
async fn two_relays_do_not_share_a_folder() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    assert!(why_not(&place).await.contains("used by another relay"));
    relay.stop().await;
    Running::on(&place).await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_do_not_share_a_postgres() {
    let postgres = PrivatePostgres::start().unwrap();
    let place = Place::Postgres(postgres.fresh_database());
    let relay = Running::on(&place).await;
    assert!(why_not(&place).await.contains("used by another relay"));
    // Another database of the same server is another matter.
    let other = Place::Postgres(postgres.fresh_database());
    Running::on(&other).await.stop().await;

    // The server forgets the lock, and the relay takes it again.
    postgres.stop().unwrap();
    postgres.start_again().unwrap();
    let Place::Postgres(url) = &place else {
        unreachable!()
    };
    let mut reader = sqlx::PgConnection::connect(url).await.unwrap();
    until("the lock is taken again", async || {
        const HELD: &str = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
        let held: i64 = sqlx::query_scalar(HELD).fetch_one(&mut reader).await.unwrap();
        held == 1
    })
    .await;
    assert!(why_not(&place).await.contains("not supported yet"));
    relay.stop().await;
    Running::on(&place).await.stop().await;
}

#[tokio::test]
async fn beyond_this_computer_the_address_has_to_be_https() {
    for (listen, public_url) in [
        ("0.0.0.0", None),
        ("0.0.0.0", Some("http://tabs.example")),
        ("127.0.0.1", Some("http://tabs.example:8320")),
        ("127.0.0.1", Some("tabs.example:8320")),
    ] {
        let refused = prepare(&Place::folder(), listen, public_url).await.err();
        let sentence = refused.expect("no browser would trust it").to_string();
        assert!(
            sentence.contains("--public-url") && sentence.contains("https"),
            "{sentence}"
        );
    }
    for (listen, public_url) in [
        ("127.0.0.1", None),
        ("127.0.0.1", Some("https://tabs.example")),
        ("0.0.0.0", Some("https://tabs.example")),
        // A container whose port only this computer's browsers are told of.
        ("0.0.0.0", Some("http://localhost:8320")),
    ] {
        let ready = prepare(&Place::folder(), listen, public_url).await;
        assert!(ready.is_ok(), "{listen} {public_url:?}: {:?}", ready.err());
    }
}
