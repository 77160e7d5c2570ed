//! Who was away gets what was missed, as events or as a snapshot.

use hyper::Method;
use protocol::{ClientFrame, Epoch, Op, Role, Seq, ServerFrame, SpaceId, limits};

use crate::harness::{Place, Running, Socket, id, long_tab, renamed_tab, request, until};

on_all! {
    who_comes_back_gets_events_or_snapshot_whichever_is_less
}

/// What Bob is sent who has everything up to `since`: the number of events, or `None` for a snapshot.
async fn come_back(at_bob: &mut Socket, space: SpaceId, epoch: Epoch, since: u64) -> Option<usize> {
    at_bob
        .send(&ClientFrame::Subscribe {
            space,
            epoch: Some(epoch),
            since: Seq(since),
        })
        .await;
    loop {
        match at_bob.next().await.expect("the socket is open") {
            ServerFrame::Resumed { events, .. } => return Some(events.len()),
            ServerFrame::Snapshot { .. } => return None,
            _ => {}
        }
    }
}

async fn who_comes_back_gets_events_or_snapshot_whichever_is_less(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let epoch = bob.see(space).await.unwrap().epoch;
    let message = id();
    let text = || "é".repeat(limits::MESSAGE_BYTES / 2);
    let said = Op::MessageSent {
        message,
        text: text(),
    };
    alice.op(space, 1, said).await.unwrap();
    let edited = |n| {
        (
            n,
            Op::MessageEdited {
                message,
                text: text(),
            },
        )
    };
    alice.submit(space, (2..=11).map(edited).collect()).await.unwrap();
    // Ten events of 16 KB, of which the state holds the last. Nobody is in the room: all would have to be read.
    let mut at_bob = bob.connect().await;
    assert_eq!(come_back(&mut at_bob, space, epoch, 3).await, None);
    drop(at_bob);

    alice
        .submit(space, (12..=51).map(long_tab).collect())
        .await
        .unwrap();
    let renames = |numbers: std::ops::RangeInclusive<u64>| numbers.map(|n| (n, renamed_tab("new"))).collect();
    alice.submit(space, renames(52..=551)).await.unwrap();
    alice.submit(space, renames(552..=751)).await.unwrap();
    // 700 events of 0.2 KB, and a state of 350 KB.
    until("nobody is in the room", async || {
        let metrics = request(&relay.address, Method::GET, "/metrics", &[], Vec::new()).await;
        String::from_utf8_lossy(&metrics.body).contains("tabspace_rooms 0")
    })
    .await;
    let mut at_bob = bob.connect().await;
    assert_eq!(come_back(&mut at_bob, space, epoch, 53).await, Some(700));
    // The same from the room, as far as it has them.
    alice.op(space, 752, renamed_tab("newer")).await.unwrap();
    assert_eq!(come_back(&mut at_bob, space, epoch, 53).await, Some(701));
    relay.stop().await;
}
