//! Receivers that stop reading, a great many that only listen, and all of them coming back at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::{
    ClientFrame, Code, DeviceId, Epoch, Event, MessageId, Op, Role, Seq, ServerFrame, SpaceId, SpaceState,
    TabId,
};
use tabspace_tests::client::Client;
use tabspace_tests::dice::Dice;
use tabspace_tests::light::{Line, Person};
use tabspace_tests::proxy::Proxy;
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::wait::{PATIENCE, wait_for};
use tabspace_tests::{Failure, Result};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wasm_core::command::Command;
use wasm_core::view::LinkView;

use crate::diary::beginning;
use crate::{QUIET, assert_no_panic, raise_file_limit, resident_kib};

/// Everybody: people who are members, each with as many devices.
struct Audience {
    alice: Person,
    space: SpaceId,
    people: Vec<Person>,
}

impl Audience {
    async fn invite(url: &str, space: u128, people: u128) -> Result<Self> {
        let device = |number: u128| DeviceId::from_bits((space << 64) + (number << 32) + 1);
        let space = SpaceId::from_bits(space);
        let alice = Person::arrive(url, "Alice", device(0)).await?;
        alice.share(space, beginning()).await?;
        let secret = alice.invite(space, Role::Editor).await?;
        let mut joined = Vec::new();
        for number in 1..=people {
            let person = Person::arrive(url, &format!("Guest {number}"), device(number)).await?;
            person.join(&secret).await?;
            joined.push(person);
        }
        Ok(Self {
            alice,
            space,
            people: joined,
        })
    }

    /// Devices of all people, evenly.
    fn devices(&self, count: usize) -> Vec<Person> {
        let each = (0_u128..).flat_map(|device| {
            self.people
                .iter()
                .map(move |person| person.with_device(DeviceId::from_bits(person.device().bits() + device)))
        });
        each.take(count).collect()
    }

    /// So many sockets in the space. A person's are opened one after the other.
    async fn seat(&self, count: usize) -> Result<Vec<Line>> {
        let mut opening = JoinSet::new();
        let people = self.people.len();
        let devices = self.devices(count);
        let space = self.space;
        for person in 0..people {
            let own: Vec<Person> = devices.iter().skip(person).step_by(people).cloned().collect();
            opening.spawn(async move {
                let mut lines = Vec::new();
                for device in own {
                    lines.push(device.live(space).await?);
                }
                Ok::<_, Failure>(lines)
            });
        }
        let mut lines = Vec::new();
        while let Some(done) = opening.join_next().await {
            lines.extend(done.map_err(|error| Failure(error.to_string()))??);
        }
        Ok(lines)
    }
}

fn message(n: u64) -> Op {
    Op::MessageSent {
        message: MessageId::from_bits(n.into()),
        text: "Is this heard?".into(),
    }
}

/// A change that is long as a frame and short in the state, which keeps only the last.
fn moved_on(n: u64) -> Op {
    Op::TabUpdated {
        tab: TabId::from_bits(1),
        url: Some(format!("https://example.org/{n}/{}", "x".repeat(8_000))),
        title: None,
        favicon: None,
        pinned: None,
    }
}

/// Submits ops one by one from `first` on, up to 64 on their way, until it is told to stop or has sent `most`.
async fn speak(
    line: &mut Line,
    space: SpaceId,
    most: u64,
    op: fn(u64) -> Op,
    stop: &AtomicBool,
) -> Result<u64> {
    let (mut sent, mut answered) = (0, 0);
    loop {
        while sent < most && sent - answered < 16 && !stop.load(Ordering::Relaxed) {
            sent += 1;
            let op = op(sent);
            line.send(&ClientFrame::Submit { space, n: sent, op }).await?;
        }
        if answered == sent {
            return Ok(sent);
        }
        line.until("an acknowledgement", |frame| {
            matches!(frame, ServerFrame::Accepted { .. })
        })
        .await?;
        answered += 1;
    }
}

/// Reads events after `from` until so many came, and says whether they came in order and without a gap.
async fn listen(line: &mut Line, from: Seq, count: watch::Receiver<Option<u64>>) -> Result<u64> {
    let mut last = None::<u64>;
    let mut heard = 0;
    let mut count = count;
    loop {
        if count.borrow_and_update().is_some_and(|count| heard >= count) {
            return Ok(heard);
        }
        let frame = tokio::select! {
            frame = line.next() => frame,
            _ = count.changed() => continue,
        };
        let events = match frame {
            Some(ServerFrame::Events { events, .. }) => events,
            Some(_) => continue,
            None => return Err(Failure(format!("closed after {heard} events"))),
        };
        for event in events.iter().filter(|event| event.envelope.seq > from) {
            let seq = event.envelope.seq.0;
            if last.is_some_and(|last| seq != last + 1) {
                return Err(Failure(format!("after {last:?} comes {seq}")));
            }
            last = Some(seq);
            heard += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_is_closed_and_comes_back_and_nobody_else_notices() -> Result<()> {
    const RECEIVERS: usize = 200;
    const SLOW: u32 = 2;
    /// 384 KiB for each receiver, buffers of long frames on a busy machine included, and for each slow
    /// one twice the 4 MiB that may wait for it.
    const BOUND_KIB: u64 = 384 * RECEIVERS as u64 + 2 * 4 * 1024 * SLOW as u64;
    let relay = RelayProcess::start_with(&QUIET)?;
    let audience = Audience::invite(relay.url(), 1, 20).await?;
    let (space, alice) = (audience.space, &audience.alice);
    let lines = audience.seat(RECEIVERS - SLOW as usize).await?;
    let mut slow = Vec::new();
    for number in 0..SLOW {
        let device = DeviceId::from_bits(u128::from(900 + number));
        let person = audience.people[0].with_device(device);
        let mut line = person.connect_with(Some(4 * 1024)).await?;
        line.subscribe(space, None, Seq(0)).await?;
        line.until("a snapshot", |frame| {
            matches!(frame, ServerFrame::Snapshot { .. })
        })
        .await?;
        slow.push((person, line));
    }
    let from = alice.see(space).await?.state.head;
    let (count, counted) = watch::channel(None);
    let mut listening = JoinSet::new();
    for mut line in lines {
        let counted = counted.clone();
        listening.spawn(async move { listen(&mut line, from, counted).await });
    }
    let before = resident_kib(&relay)?;

    // A watcher sees when the relay has given the slow ones up.
    let mut watcher = alice.with_device(DeviceId::from_bits(2)).live(space).await?;
    let given_up = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn({
        let given_up = Arc::clone(&given_up);
        async move {
            let mut missing: BTreeSet<_> = (0..SLOW)
                .map(|number| DeviceId::from_bits(u128::from(900 + number)))
                .collect();
            while let Some(frame) = watcher.next().await {
                if let ServerFrame::PresenceGone { device, .. } = frame {
                    missing.remove(&device);
                }
                if missing.is_empty() {
                    break;
                }
            }
            given_up.store(true, Ordering::Relaxed);
        }
    });
    let mut line = alice.connect().await?;
    let said = speak(&mut line, space, 5_000, moved_on, &given_up).await?;
    assert!(
        given_up.load(Ordering::Relaxed),
        "after {said} events the slow ones are still served"
    );
    drop(watching);

    // Who begins to read again gets what was on its way, then the reason, then the end.
    let mut resumed = Vec::new();
    for (person, mut line) in slow {
        let (mut last, mut reason) = (from, None);
        while let Some(frame) = line.next().await {
            match frame {
                ServerFrame::Events { events, .. } => {
                    for event in events {
                        assert_eq!(event.envelope.seq, last.next());
                        last = event.envelope.seq;
                    }
                }
                ServerFrame::Error { reason: why, .. } => reason = Some(why.code),
                _ => {}
            }
        }
        assert_eq!(reason, Some(Code::SlowConsumer));
        assert!(last.0 < from.0 + said, "it was not slow");
        resumed.push((person, last));
    }
    for (person, last) in resumed {
        let now = person.see(space).await?;
        let mut line = person.connect().await?;
        line.subscribe(space, Some(now.epoch), last).await?;
        let missed = line
            .until("what was missed", |frame| {
                matches!(frame, ServerFrame::Resumed { .. } | ServerFrame::Snapshot { .. })
            })
            .await?;
        match missed {
            ServerFrame::Resumed { events, .. } => {
                let seqs: Vec<u64> = events.iter().map(|event| event.envelope.seq.0).collect();
                assert_eq!(seqs, (last.0 + 1..=now.state.head.0).collect::<Vec<_>>());
            }
            ServerFrame::Snapshot { state, .. } => assert_eq!(*state, now.state),
            _ => {}
        }
    }
    count.send_replace(Some(said));
    while let Some(done) = listening.join_next().await {
        let heard = done.map_err(|error| Failure(error.to_string()))??;
        assert_eq!(heard, said);
    }
    let after = resident_kib(&relay)?;
    assert!(
        after.peak < before.now + BOUND_KIB,
        "resident: {before:?} KiB before, {after:?} KiB after"
    );
    eprintln!("{said} events of 8 kB to {RECEIVERS}, {SLOW} of them slow: {before:?} -> {after:?} KiB");
    assert_no_panic(&relay);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_only_listen_all_hear_a_message() -> Result<()> {
    const SPACES: u128 = 20;
    const LISTENERS: usize = 50;
    raise_file_limit()?;
    let relay = RelayProcess::start_with(&QUIET)?;
    let mut rooms = Vec::new();
    for number in 1..=SPACES {
        let audience = Audience::invite(relay.url(), number, 5).await?;
        let lines = audience.seat(LISTENERS).await?;
        rooms.push((audience, lines));
    }
    for (audience, lines) in &mut rooms {
        let mut speaker = audience.alice.connect().await?;
        speak(&mut speaker, audience.space, 1, message, &AtomicBool::new(false)).await?;
        for line in lines {
            line.until(
                "the message",
                |frame| matches!(frame, ServerFrame::Events { events, .. } if events.iter().any(is_message)),
            )
            .await?;
        }
    }
    assert_no_panic(&relay);
    Ok(())
}

fn is_message(event: &Event) -> bool {
    matches!(event.payload, protocol::Payload::Op(Op::MessageSent { .. }))
}

/// A follower: folds what it gets, and comes back when it is cut off.
async fn follow(person: Person, space: SpaceId, mut dice: Dice, state: watch::Sender<SpaceState>) {
    let mut epoch: Option<Epoch> = None;
    loop {
        // Many come at once; who is turned away tries again a little later.
        let pause = Duration::from_millis(20 + dice.below(80));
        tokio::time::timeout(pause, std::future::pending::<()>())
            .await
            .ok();
        let Ok(mut line) = person.connect().await else {
            continue;
        };
        let since = state.borrow().head;
        if line.subscribe(space, epoch, since).await.is_err() {
            continue;
        }
        while let Some(frame) = line.next().await {
            let events = match frame {
                ServerFrame::Snapshot {
                    state: all,
                    epoch: of,
                    ..
                } => {
                    epoch = Some(of);
                    state.send_replace(*all);
                    continue;
                }
                ServerFrame::Resumed { events, .. } | ServerFrame::Events { events, .. } => events,
                _ => continue,
            };
            state.send_modify(|state| {
                for event in &events {
                    assert!(state.apply(event), "a gap before {}", event.envelope.seq);
                }
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_are_cut_off_again_and_again_and_end_in_the_same_state() -> Result<()> {
    const FOLLOWERS: usize = 280;
    const EDITORS: usize = 20;
    const CUTS: u64 = 4;
    raise_file_limit()?;
    let relay = RelayProcess::start_with(&QUIET)?;
    let network = Proxy::start(relay.url()).await?;
    let audience = Audience::invite(relay.url(), 1, 20).await?;
    let (space, alice) = (audience.space, &audience.alice);
    let secret = alice.invite(space, Role::Editor).await?;
    let mut dice = Dice::announced("a reconnect storm");
    let mut following = JoinSet::new();
    let mut states = Vec::new();
    for person in audience.devices(FOLLOWERS) {
        let (sender, state) = watch::channel(SpaceState::default());
        following.spawn(follow(
            person.at(&network.url()),
            space,
            Dice::of(dice.bits()),
            sender,
        ));
        states.push(state);
    }
    let mut editors = Vec::new();
    for number in 0..EDITORS {
        let (editor, _) = Client::arrive(&network.url(), &format!("Editor {number}")).await?;
        editor.join(&secret).await?;
        editors.push(editor);
    }
    for editor in &editors {
        editor
            .until(space, "the space", |view| view.link == LinkView::Live)
            .await?;
    }
    for cut in 0..CUTS {
        let before = alice.see(space).await?.state.head.0;
        for (number, editor) in editors.iter().enumerate() {
            for n in 0..3 {
                let text = format!("{cut} {number} {n}");
                editor.command(
                    space,
                    if n == 0 {
                        Command::AddTab {
                            url: format!("example.org/{cut}/{number}"),
                            title: text,
                        }
                    } else {
                        Command::Send(text)
                    },
                );
            }
        }
        // Cut while most of it is on its way.
        let enough = before + 1 + dice.below(20);
        wait_for("some of it", PATIENCE, async || {
            let head = alice.see(space).await?.state.head.0;
            Ok((head >= enough).then_some(()))
        })
        .await?;
        network.cut();
    }
    for editor in &editors {
        editor
            .until(space, "everything sent", |view| {
                view.link == LinkView::Live && view.unsent == 0
            })
            .await?;
    }
    let truth = alice.see(space).await?.state;
    assert_eq!(
        truth.tabs.len(),
        3 + EDITORS * usize::try_from(CUTS).unwrap_or_default()
    );
    for mut state in states {
        let reached = tokio::time::timeout(
            Duration::from_secs(30),
            state.wait_for(|state| state.head >= truth.head),
        );
        let reached = reached
            .await
            .map_err(|_| Failure("a follower is left behind".into()))?;
        let reached = reached.map_err(|_| Failure("a follower gave up".into()))?;
        assert_eq!(*reached, truth);
    }
    for editor in &editors {
        let view = editor
            .until(space, "all tabs", |view| view.items.len() == truth.tabs.len())
            .await?;
        let texts: Vec<&str> = view
            .messages
            .iter()
            .map(|message| message.text.as_str())
            .collect();
        let expected: Vec<&str> = truth
            .messages
            .iter()
            .map(|message| message.text.as_str())
            .collect();
        assert_eq!(texts, expected);
    }
    following.abort_all();
    assert_no_panic(&relay);
    Ok(())
}
