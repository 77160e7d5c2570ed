//! Who gets into a space, with which link, and what a member may read of the time before.

use protocol::rest::{InvitePreview, InviteSecret, Invites, Me, MessagePage};
use protocol::{Code, Millis, Op, Role, limits};

use crate::harness::{MINUTE_MS, Place, Running, manual_clock, message, secret_of};

on_all! {
    people_join_leave_are_removed_and_come_again
    links_end
    a_link_is_worth_what_its_maker_may_give
    history_begins_with_joining
    a_full_space_takes_nobody
}

async fn people_join_leave_are_removed_and_come_again(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let secret = alice.invite(space, Role::Commenter).await.unwrap();
    let bob = relay.guest("Bob").await;
    let first = bob.redeem(&secret).await.unwrap();
    assert_eq!(
        bob.redeem(&secret).await.unwrap(),
        first,
        "the same person is the same member"
    );
    let invites: Invites = alice.get(&format!("spaces/{space}/invites")).await.unwrap();
    assert_eq!(
        invites
            .invites
            .iter()
            .map(|invite| invite.uses)
            .collect::<Vec<_>>(),
        [1]
    );
    let me: Me = bob.get("me").await.unwrap();
    assert_eq!(
        me.spaces
            .iter()
            .map(|mine| (mine.space, mine.role))
            .collect::<Vec<_>>(),
        [(space, Role::Commenter)]
    );

    bob.op(space, 1, Op::MemberLeft { member: first.member })
        .await
        .unwrap();
    assert_eq!(bob.see(space).await, Err(Code::NotAMember));
    assert_eq!(
        bob.op(space, 2, message("still here?")).await,
        Err(Code::NotAMember)
    );
    let me: Me = bob.get("me").await.unwrap();
    assert_eq!(me.spaces, []);
    assert_eq!(
        bob.redeem(&secret).await.unwrap().member,
        first.member,
        "who left may come again as the same"
    );
    bob.op(space, 3, message("again")).await.unwrap();

    alice
        .op(space, 1, Op::MemberLeft { member: first.member })
        .await
        .unwrap();
    assert_eq!(bob.see(space).await, Err(Code::Removed));
    assert_eq!(bob.op(space, 4, message("but")).await, Err(Code::Removed));
    assert_eq!(bob.redeem(&secret).await, Err(Code::Removed));

    let carol = relay.guest("Carol").await;
    assert_eq!(carol.see(space).await, Err(Code::NoSuchSpace));
    assert_eq!(carol.op(space, 1, message("hm")).await, Err(Code::NoSuchSpace));
    carol.redeem(&secret).await.unwrap();
    alice.op(space, 2, Op::SpaceDeleted {}).await.unwrap();
    for person in [&alice, &carol] {
        assert_eq!(person.see(space).await, Err(Code::SpaceDeleted));
    }
    assert_eq!(
        relay.guest("Dora").await.redeem(&secret).await,
        Err(Code::SpaceDeleted)
    );
    relay.stop().await;
}

async fn links_end(place: Place) {
    let mut config = place.config();
    let clock = manual_clock(&mut config);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let made = alice.make_invite(space, Role::Viewer, MINUTE_MS).await.unwrap();
    let (bob, carol) = (relay.guest("Bob").await, relay.guest("Carol").await);
    clock.set(Millis(clock.now().0 + MINUTE_MS - 1));
    let joined = bob.redeem(&secret_of(&made)).await.unwrap();
    clock.set(Millis(clock.now().0 + 1));
    assert_eq!(carol.redeem(&secret_of(&made)).await, Err(Code::InviteExpired));
    assert_eq!(
        bob.redeem(&secret_of(&made)).await.unwrap(),
        joined,
        "a member is a member"
    );

    let made = alice.make_invite(space, Role::Viewer, MINUTE_MS).await.unwrap();
    let path = format!("spaces/{space}/invites/{}", made.invite.id);
    assert_eq!(bob.delete(&path).await, Err(Code::Forbidden));
    alice.delete(&path).await.unwrap();
    alice.delete(&path).await.unwrap();
    assert_eq!(carol.redeem(&secret_of(&made)).await, Err(Code::InviteRevoked));
    assert_eq!(carol.redeem("never made").await, Err(Code::NoSuchInvite));
    let invites: Invites = alice.get(&format!("spaces/{space}/invites")).await.unwrap();
    assert_eq!(invites.invites, []);
    assert!(matches!(
        alice.make_invite(space, Role::Viewer, 0).await,
        Err(Code::Malformed)
    ));
    let too_long = limits::INVITE_LIFE_MS + 1;
    assert!(matches!(
        alice.make_invite(space, Role::Viewer, too_long).await,
        Err(Code::TooLarge)
    ));
    relay.stop().await;
}

async fn a_link_is_worth_what_its_maker_may_give(place: Place) {
    let mut config = place.config();
    let clock = manual_clock(&mut config);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let (carol, dora) = (relay.guest("Carol").await, relay.guest("Dora").await);
    let secret = bob.invite(space, Role::Editor).await.unwrap();
    let preview = async |secret: &str| {
        let secret = InviteSecret {
            secret: secret.to_owned(),
        };
        dora.post::<InvitePreview>("invites/preview", &secret)
            .await
            .map(|preview| preview.role)
    };
    let good = async || {
        let invites: Invites = alice.get(&format!("spaces/{space}/invites")).await.unwrap();
        invites.invites.len()
    };
    let role = |role| Op::MemberRole {
        member: bob.member,
        role,
    };
    assert_eq!((preview(&secret).await, good().await), (Ok(Role::Editor), 2));
    alice.op(space, 1, role(Role::Commenter)).await.unwrap();
    assert_eq!(
        (preview(&secret).await, good().await),
        (Err(Code::InviteRevoked), 1)
    );
    assert_eq!(carol.redeem(&secret).await, Err(Code::InviteRevoked));
    alice.op(space, 2, role(Role::Editor)).await.unwrap();
    let joined = carol.redeem(&secret).await.unwrap();
    alice
        .op(space, 3, Op::MemberLeft { member: bob.member })
        .await
        .unwrap();
    assert_eq!(preview(&secret).await, Err(Code::InviteRevoked));
    assert_eq!(dora.redeem(&secret).await, Err(Code::InviteRevoked));
    assert_eq!(
        carol.redeem(&secret).await.unwrap(),
        joined,
        "who came by it stays"
    );

    // A link ends by the log's time, in the preview and in joining, also when the clock was set back.
    let secret = secret_of(&alice.make_invite(space, Role::Viewer, MINUTE_MS).await.unwrap());
    clock.set(Millis(clock.now().0 + MINUTE_MS));
    alice.op(space, 4, message("later")).await.unwrap();
    clock.set(Millis(clock.now().0 - MINUTE_MS));
    assert_eq!(preview(&secret).await, Err(Code::InviteExpired));
    assert_eq!(dora.redeem(&secret).await, Err(Code::InviteExpired));
    relay.stop().await;
}

async fn history_begins_with_joining(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let before = limits::RECENT_MESSAGES as u64 + 50;
    let ops = (1..=before)
        .map(|n| (n, message(&format!("message {n}"))))
        .collect();
    alice.submit(space, ops).await.unwrap();
    let bob = relay.invited(&alice, space, "Bob", Role::Commenter).await;
    let joined = before + 2;
    assert_eq!(bob.events(space, 0).await, Err(Code::HistoryNotGranted));
    assert_eq!(bob.events(space, joined - 2).await, Err(Code::HistoryNotGranted));
    assert_eq!(
        bob.events(space, joined - 1).await.unwrap().len(),
        1,
        "the own joining"
    );
    assert_eq!(alice.events(space, 0).await.unwrap().len() as u64, joined);

    let path = format!("spaces/{space}/messages");
    let recent: MessagePage = bob.get(&path).await.unwrap();
    assert_eq!(
        (recent.messages.len(), recent.more),
        (limits::RECENT_MESSAGES, false)
    );
    let newest = recent.messages.first().unwrap();
    assert_eq!(newest.message.text, format!("message {before}"));
    let page: MessagePage = alice
        .get(&format!("{path}?before={}&limit=10", newest.seq))
        .await
        .unwrap();
    let texts: Vec<_> = page
        .messages
        .iter()
        .map(|numbered| numbered.message.text.clone())
        .collect();
    assert_eq!(
        texts,
        (1..=10)
            .map(|back| format!("message {}", before - back))
            .collect::<Vec<_>>()
    );
    assert!(page.more);
    assert_eq!(
        page.people
            .iter()
            .map(|person| person.name.as_str())
            .collect::<Vec<_>>(),
        ["Alice"]
    );
    let all: MessagePage = alice.get(&path).await.unwrap();
    assert_eq!((all.messages.len() as u64, all.more), (before, false));
    relay.stop().await;
}

async fn a_full_space_takes_nobody(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let secret = alice.invite(space, Role::Viewer).await.unwrap();
    let mut crowd = tokio::task::JoinSet::new();
    for number in 0..limits::MEMBERS + 3 {
        let guest = relay.guest(&format!("Guest {number}")).await;
        let secret = secret.clone();
        crowd.spawn(async move { guest.redeem(&secret).await.map(|_| ()) });
    }
    let fates = crowd.join_all().await;
    assert_eq!(
        fates.iter().filter(|fate| fate.is_ok()).count(),
        limits::MEMBERS - 1
    );
    assert!(
        fates
            .iter()
            .filter_map(|fate| fate.err())
            .all(|code| code == Code::SpaceFull)
    );
    relay.stop().await;
}
