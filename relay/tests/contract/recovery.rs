//! Who has a recovery key is the same person on a new machine; nobody else is.

use protocol::rest::{Me, Recover, RecoveryMade, RecoveryNow};
use protocol::{Code, DeviceId, Role};

use crate::harness::{Person, Place, Running, id, message};

on_all! {
    a_key_brings_the_person_and_the_spaces_to_a_new_machine
    whoever_fears_for_the_paper_signs_out_all_others
}

async fn recover(stranger: &Person, key: &str) -> Result<Me, Code> {
    stranger.post("recovery", &Recover { key: key.to_owned() }).await
}

async fn a_key_brings_the_person_and_the_spaces_to_a_new_machine(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let stranger = relay.guest("Mallory").await;
    let before: RecoveryNow = alice.get("me/recovery").await.unwrap();
    assert_eq!((before.made, before.used), (None, None));
    let first: RecoveryMade = alice.post("me/recovery", &()).await.unwrap();

    // On a new machine, typed by hand; the old one goes on.
    let me = recover(&stranger, &first.key.to_lowercase().replace('-', " "))
        .await
        .unwrap();
    assert_eq!(me.name, "Alice");
    assert_eq!(
        me.spaces
            .iter()
            .map(|mine| (mine.space, mine.role))
            .collect::<Vec<_>>(),
        [(space, Role::Owner)]
    );
    let new = Person {
        token: me.token.expect("it is told once"),
        device: id::<DeviceId>(),
        ..stranger.clone()
    };
    new.op(space, 1, message("from the new machine")).await.unwrap();
    alice.op(space, 1, message("from the old one")).await.unwrap();
    let used: RecoveryNow = alice.get("me/recovery").await.unwrap();
    assert!(used.made.is_some() && used.used.is_some());

    // Another key takes its place; revoked, none is good.
    let second: RecoveryMade = new.post("me/recovery", &()).await.unwrap();
    assert_eq!(recover(&stranger, &first.key).await, Err(Code::BadRecoveryKey));
    recover(&stranger, &second.key).await.unwrap();
    for _again in 0..2 {
        alice.delete("me/recovery").await.unwrap();
    }
    for key in [second.key.as_str(), "", "not a key", &"0".repeat(100_000)] {
        assert_eq!(recover(&stranger, key).await, Err(Code::BadRecoveryKey));
    }
    let theirs: Me = stranger.get("me").await.unwrap();
    assert_eq!(theirs.spaces, [], "who asks with a key stays who asked");
}

async fn whoever_fears_for_the_paper_signs_out_all_others(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let stranger = relay.guest("Mallory").await;
    let stolen: RecoveryMade = alice.post("me/recovery", &()).await.unwrap();
    let me = recover(&stranger, &stolen.key).await.unwrap();
    let thief = Person {
        token: me.token.expect("it is told once"),
        device: id::<DeviceId>(),
        member: alice.member,
        ..stranger.clone()
    };
    let mut socket = thief.live(space).await;

    // Another key ends nothing that the old one opened; that is a deed of its own.
    let kept: RecoveryMade = alice.post("me/recovery", &()).await.unwrap();
    thief.get::<Me>("me").await.unwrap();
    for _again in 0..2 {
        alice.delete("me/others").await.unwrap();
    }
    while socket.next().await.is_some() {}
    assert_eq!(thief.get::<Me>("me").await, Err(Code::Unauthenticated));
    assert_eq!(thief.delete("me/others").await, Err(Code::Unauthenticated));
    assert_eq!(recover(&stranger, &stolen.key).await, Err(Code::BadRecoveryKey));

    // Nobody else is signed out, and who did it goes on.
    alice.op(space, 1, message("alone again")).await.unwrap();
    stranger.get::<Me>("me").await.unwrap();
    recover(&stranger, &kept.key).await.unwrap();
}
