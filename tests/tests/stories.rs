//! Stories of people who share a space: a real relay process, the client's own session, and a network that
//! breaks. No browser.

use protocol::op::{Created, NewTab};
use protocol::{Code, Colour, Position, Role, SpaceId, TabId};
use tabspace_tests::client::Client;
use tabspace_tests::proxy::Proxy;
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::{PrivatePostgres, Result};
use wasm_core::command::{Command, Neighbour};
use wasm_core::view::{ItemView, LinkView, NoticeKind, SpaceView};

fn trip(tabs: usize) -> Created {
    let tabs = Position::spread(None, None, tabs)
        .into_iter()
        .enumerate()
        .map(|(at, position)| NewTab {
            tab: TabId::from_bits(1 + at as u128),
            url: format!("https://example.org/{at}"),
            title: format!("Tab {at}"),
            favicon: None,
            pinned: false,
            group: None,
            position,
        })
        .collect();
    Created {
        name: "Trip".into(),
        colour: Colour::Orange,
        groups: vec![],
        tabs,
    }
}

fn titles(view: &SpaceView) -> Vec<&str> {
    view.items
        .iter()
        .filter_map(|item| match item {
            ItemView::Tab(tab) => Some(tab.title.as_str()),
            ItemView::Group(_) => None,
        })
        .collect()
}

fn texts(view: &SpaceView) -> Vec<&str> {
    view.messages
        .iter()
        .map(|message| message.text.as_str())
        .collect()
}

fn is_live(view: &SpaceView) -> bool {
    view.link == LinkView::Live && view.unsent == 0
}

/// Alice shares, Bob joins with a role; both are live.
async fn alice_and_bob(alice_url: &str, bob_url: &str, role: Role) -> Result<(Client, Client, SpaceId)> {
    let (alice, _) = Client::arrive(alice_url, "Alice").await?;
    let space = alice.share(trip(3)).await?;
    let secret = alice.invite(space, role).await?;
    let (bob, _) = Client::arrive(bob_url, "Bob").await?;
    bob.join(&secret).await?;
    alice
        .until(space, "Bob", |view| {
            view.people
                .iter()
                .any(|person| person.name == "Bob" && person.here)
        })
        .await?;
    bob.until(space, "the tabs and Alice", |view| {
        is_live(view)
            && titles(view).len() == 3
            && view
                .people
                .iter()
                .any(|person| person.name == "Alice" && person.here)
    })
    .await?;
    Ok((alice, bob, space))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_and_edit_in_one_order() -> Result<()> {
    let relay = RelayProcess::start()?;
    let (alice, bob, space) = alice_and_bob(relay.url(), relay.url(), Role::Editor).await?;
    for round in 0..20 {
        alice.command(space, Command::Send(format!("alice {round}")));
        bob.command(space, Command::Send(format!("bob {round}")));
    }
    bob.command(
        space,
        Command::AddTab {
            url: "example.org/new".into(),
            title: "New".into(),
        },
    );
    bob.command(
        space,
        Command::RenameTab {
            tab: TabId::from_bits(1),
            title: "Renamed".into(),
        },
    );
    bob.command(
        space,
        Command::MoveTab {
            tab: TabId::from_bits(3),
            group: None,
            before: Some(Neighbour::Tab(TabId::from_bits(1))),
        },
    );
    bob.command(space, Command::RemoveTab(TabId::from_bits(2)));
    let all = |view: &SpaceView| {
        is_live(view) && view.messages.len() == 40 && titles(view) == ["Tab 2", "Renamed", "New"]
    };
    let at_alice = alice.until(space, "everything", all).await?;
    let at_bob = bob.until(space, "everything", all).await?;
    assert_eq!(texts(&at_alice), texts(&at_bob));
    Ok(())
}

/// The relay is killed in the middle, on the database at this address (`SQLite` when there is none).
async fn the_relay_is_killed(settings: &[(&str, &str)]) -> Result<()> {
    let mut relay = RelayProcess::start_with(settings)?;
    let (alice, bob, space) = alice_and_bob(relay.url(), relay.url(), Role::Commenter).await?;
    for round in 0..3 {
        for n in 0..10 {
            alice.command(space, Command::Send(format!("alice {round} {n}")));
            bob.command(space, Command::Send(format!("bob {round} {n}")));
        }
        relay.kill();
        alice
            .until(space, "that the relay is away", |view| {
                view.link == LinkView::Reconnecting
            })
            .await?;
        alice.command(
            space,
            Command::Send(format!("alice typed this meanwhile {round}")),
        );
        bob.until(space, "that the relay is away", |view| {
            view.link == LinkView::Reconnecting
        })
        .await?;
        bob.command(space, Command::Send(format!("bob typed this meanwhile {round}")));
        relay.start_again()?;
    }
    let all = |view: &SpaceView| {
        is_live(view) && view.messages.len() >= 66 && view.messages.iter().all(|message| !message.waiting)
    };
    let at_alice = alice.until(space, "all messages", all).await?;
    let at_bob = bob.until(space, "all messages", all).await?;
    assert_eq!(texts(&at_alice), texts(&at_bob));
    let mut once = texts(&at_alice);
    once.sort_unstable();
    once.dedup();
    assert_eq!(
        (once.len(), at_alice.messages.len()),
        (66, 66),
        "each message is there once"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_relay_is_killed_on_sqlite() -> Result<()> {
    the_relay_is_killed(&[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_relay_is_killed_on_postgres() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    the_relay_is_killed(&[("DATABASE_URL", &postgres.fresh_database())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_breaks_all_the_time_changes_nothing() -> Result<()> {
    let relay = RelayProcess::start()?;
    let network = Proxy::start(relay.url()).await?;
    let (alice, bob, space) = alice_and_bob(relay.url(), &network.url(), Role::Editor).await?;
    for round in 0..15 {
        bob.command(space, Command::Send(format!("bob {round}")));
        alice.command(
            space,
            Command::AddTab {
                url: format!("example.org/alice/{round}"),
                title: format!("A{round}"),
            },
        );
        if round % 5 == 4 {
            network.go_down();
            bob.until(space, "that the network is down", |view| {
                view.link == LinkView::Reconnecting
            })
            .await?;
            bob.command(space, Command::Send(format!("bob offline {round}")));
        }
        network.cut();
    }
    let all = |view: &SpaceView| is_live(view) && view.messages.len() == 18 && titles(view).len() == 18;
    let at_bob = bob.until(space, "everything", all).await?;
    let at_alice = alice.until(space, "everything", all).await?;
    assert_eq!(
        (texts(&at_alice), titles(&at_alice)),
        (texts(&at_bob), titles(&at_bob))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_role_is_felt_at_once_and_words_are_not_lost() -> Result<()> {
    let relay = RelayProcess::start()?;
    let (alice, bob, space) = alice_and_bob(relay.url(), relay.url(), Role::Editor).await?;
    let bob_is = bob
        .view(space)
        .and_then(|view| view.you)
        .expect("bob is somebody");
    alice.command(
        space,
        Command::SetRole {
            member: bob_is,
            role: Role::Viewer,
        },
    );
    let view = bob
        .until(space, "the lost role", |view| view.role == Role::Viewer)
        .await?;
    assert!(
        view.notices
            .iter()
            .any(|notice| notice.kind == NoticeKind::RoleChanged { role: Role::Viewer })
    );
    bob.command(space, Command::Send("may I?".into()));
    let view = bob
        .until(space, "the refusal", |view| view.notices.len() == 2)
        .await?;
    assert!(
        matches!(&view.notices[1].kind, NoticeKind::Refused { reason, text }
        if reason.code == Code::Forbidden && text.as_deref() == Some("may I?"))
    );
    assert!(view.messages.is_empty());

    alice.command(space, Command::Remove(bob_is));
    bob.until(
        space,
        "the end",
        |view| matches!(&view.link, LinkView::Ended { reason } if reason.code == Code::Removed),
    )
    .await?;
    alice
        .until(space, "Bob gone", |view| view.people.len() == 1)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_space_ends_for_everybody() -> Result<()> {
    let relay = RelayProcess::start()?;
    let (alice, bob, space) = alice_and_bob(relay.url(), relay.url(), Role::Commenter).await?;
    bob.command(space, Command::Delete);
    bob.until(space, "that he may not", |view| {
        !view.notices.is_empty() && is_live(view)
    })
    .await?;
    alice.command(space, Command::Delete);
    for person in [&alice, &bob] {
        person
            .until(
                space,
                "the end",
                |view| matches!(&view.link, LinkView::Ended { reason } if reason.code == Code::SpaceDeleted),
            )
            .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_and_typing_reach_the_others() -> Result<()> {
    let relay = RelayProcess::start()?;
    let (alice, bob, space) = alice_and_bob(relay.url(), relay.url(), Role::Commenter).await?;
    bob.command(space, Command::Look(Some(TabId::from_bits(2))));
    bob.command(space, Command::Typing(true));
    let bob_is = bob
        .view(space)
        .and_then(|view| view.you)
        .expect("bob is somebody");
    alice
        .until(space, "Bob typing at tab 2", |view| {
            view.people.iter().any(|person| {
                person.member == bob_is && person.typing && person.tab == Some(TabId::from_bits(2))
            })
        })
        .await?;
    drop(bob);
    Ok(())
}
