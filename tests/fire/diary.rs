//! What a device said in a space and what it was told, and how that is compared with the log.

use std::collections::BTreeMap;

use protocol::op::{Created, NewTab};
use protocol::{
    Code, DeviceId, Event, MessageId, Millis, Op, Payload, Position, Seq, SpaceId, SpaceState, TabId,
};
use tabspace_tests::dice::Dice;
use tabspace_tests::light::Person;
use tabspace_tests::{Failure, Result};

/// Tabs with which a space begins.
const TABS: u128 = 3;

/// An op and its final answer, once there is one.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) op: Op,
    pub(crate) answer: Option<std::result::Result<Seq, Code>>,
}

/// Everything that one device said in one space: the op numbered `n` stands at `n` − 1.
#[derive(Debug, Clone)]
pub(crate) struct Diary {
    pub(crate) space: SpaceId,
    pub(crate) said: Vec<Said>,
    /// Everything before this one is decided.
    pub(crate) undecided: usize,
}

/// A space's first event.
pub(crate) fn beginning() -> Created {
    let positions = Position::spread(None, None, 3);
    let tabs = (1..=TABS).zip(positions).map(|(id, position)| NewTab {
        tab: TabId::from_bits(id),
        url: format!("https://example.org/{id}"),
        title: String::new(),
        favicon: None,
        pinned: false,
        group: None,
        position,
    });
    Created {
        name: "Under fire".into(),
        colour: protocol::Colour::Orange,
        groups: Vec::new(),
        tabs: tabs.collect(),
    }
}

impl Diary {
    pub(crate) fn of(space: SpaceId) -> Self {
        Self {
            space,
            said: Vec::new(),
            undecided: 0,
        }
    }

    /// Makes up the next op: mostly messages, edits, now and then one that has to be refused.
    pub(crate) fn make_up(&mut self, dice: &mut Dice) {
        let op = match dice.below(100) {
            0..65 => message(dice),
            65..75 => match self.own_message(dice) {
                Some(message) => Op::MessageEdited {
                    message,
                    text: format!("edited {}", dice.bits()),
                },
                None => message(dice),
            },
            75..80 => match self.own_message(dice) {
                Some(message) => Op::MessageDeleted { message },
                None => message(dice),
            },
            80..96 => retitled(1 + u128::from(dice.below(3)), dice.bits()),
            96..98 => Op::SpaceRenamed {
                name: format!("Under fire {}", dice.below(1000)),
            },
            // There is no such tab: the refusal is an answer like any other.
            _ => retitled(99, 0),
        };
        self.said.push(Said { op, answer: None });
    }

    fn own_message(&self, dice: &mut Dice) -> Option<MessageId> {
        let recent = self.said.iter().rev().take(20).filter_map(|said| match said.op {
            Op::MessageSent { message, .. } => Some(message),
            _ => None,
        });
        let recent: Vec<MessageId> = recent.collect();
        let count = u64::try_from(recent.len()).ok().filter(|count| *count > 0)?;
        recent.get(usize::try_from(dice.below(count)).ok()?).copied()
    }

    /// Takes the final answer to an op.
    ///
    /// # Errors
    /// When there was another one before.
    pub(crate) fn decided(&mut self, n: u64, answer: std::result::Result<Seq, Code>) -> Result<()> {
        let said = usize::try_from(n)
            .ok()
            .and_then(|n| self.said.get_mut(n.checked_sub(1)?));
        let said = said.ok_or_else(|| Failure(format!("an answer to op {n}, which was not sent")))?;
        if let Some(first) = said.answer.filter(|first| *first != answer) {
            return Err(Failure(format!(
                "op {n} in {} was answered with {first:?} and later with {answer:?}",
                self.space
            )));
        }
        said.answer = Some(answer);
        while self
            .said
            .get(self.undecided)
            .is_some_and(|said| said.answer.is_some())
        {
            self.undecided += 1;
        }
        Ok(())
    }
}

fn message(dice: &mut Dice) -> Op {
    let long = if dice.below(20) == 0 { 4_000 } else { 40 };
    let length = usize::try_from(dice.below(long)).unwrap_or_default();
    Op::MessageSent {
        message: MessageId::from_bits(dice.id_bits()),
        text: format!("{} {}", dice.bits(), "x".repeat(length)),
    }
}

fn retitled(tab: u128, title: u64) -> Op {
    Op::TabUpdated {
        tab: TabId::from_bits(tab),
        url: None,
        title: Some(title.to_string()),
        favicon: None,
        pinned: None,
    }
}

/// A space's log, as far as it was read and found right.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) space: SpaceId,
    pub(crate) events: Vec<Event>,
}

impl Log {
    pub(crate) fn of(space: SpaceId) -> Self {
        Self {
            space,
            events: Vec::new(),
        }
    }

    fn head(&self) -> Seq {
        self.events.last().map_or(Seq(0), |event| event.envelope.seq)
    }

    /// Reads on. The events have to follow each other without a gap, and time must not run back.
    ///
    /// # Errors
    /// When they do not.
    pub(crate) async fn read_on(&mut self, reader: &Person) -> Result<()> {
        for event in reader.events(self.space, self.head()).await? {
            let (before, time) = (self.head(), self.events.last().map(|event| event.envelope.time));
            if event.envelope.seq != before.next() {
                return Err(Failure(format!(
                    "after event {before} of {} comes {}",
                    self.space, event.envelope.seq
                )));
            }
            if time.is_some_and(|time| time > event.envelope.time) {
                return Err(Failure(format!("time runs back at event {}", event.envelope.seq)));
            }
            self.events.push(event);
        }
        Ok(())
    }

    /// Compares with what the devices were told: every acknowledged op at its place and nowhere else, every other
    /// event one that somebody submitted, each device's in the order of `n`, nothing that was refused.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn check(&self, diaries: &[(DeviceId, &Diary)]) -> Result<()> {
        let wrong = |what: String| Err(Failure(format!("in {}: {what}", self.space)));
        let mut last_n: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for event in &self.events {
            let (seq, author) = (event.envelope.seq, event.envelope.author);
            let Some(name) = author.op else { continue };
            let diary = diaries.iter().find(|(device, _)| *device == name.device);
            let at = usize::try_from(name.n).unwrap_or_default().wrapping_sub(1);
            let Some(said) = diary.and_then(|(_, diary)| diary.said.get(at)) else {
                return wrong(format!("event {seq} is {name:?}, which nobody submitted"));
            };
            if event.payload != Payload::Op(said.op.clone()) {
                return wrong(format!("event {seq} is not what {name:?} said"));
            }
            if said.answer.is_some_and(|answer| answer != Ok(seq)) {
                return wrong(format!(
                    "{name:?} was answered {:?} and is event {seq}",
                    said.answer
                ));
            }
            // Rising, so none is there twice.
            if last_n
                .insert(name.device, name.n)
                .is_some_and(|last| last >= name.n)
            {
                return wrong(format!("event {seq} is {name:?}, out of order or once more"));
            }
        }
        for (device, diary) in diaries {
            for (n, said) in (1_u64..).zip(&diary.said) {
                let Some(Ok(seq)) = said.answer else { continue };
                let at = usize::try_from(seq.0).unwrap_or_default().wrapping_sub(1);
                let name = self.events.get(at).and_then(|event| event.envelope.author.op);
                if name.is_none_or(|name| (name.device, name.n) != (*device, n)) {
                    return wrong(format!(
                        "op {n} of {device} was acknowledged as event {seq}, but there is {name:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The whole log anew, the state and the table of messages: all three have to agree.
    ///
    /// # Errors
    /// When they do not.
    pub(crate) async fn check_tables(&self, reader: &Person) -> Result<()> {
        let wrong = |what: &str| Err(Failure(format!("in {}: {what}", self.space)));
        if reader.events(self.space, Seq(0)).await? != self.events {
            return wrong("the log is not what it was when it was read before");
        }
        let mut state = SpaceState::default();
        if !self.events.iter().all(|event| state.apply(event)) {
            return wrong("the log does not fold");
        }
        if reader.see(self.space).await?.state != state {
            return wrong("the relay's state is not what its log folds into");
        }
        let rows = reader.messages(self.space).await?.into_iter().map(|row| {
            let message = row.message;
            (
                row.seq,
                message.id,
                message.time,
                message.text,
                message.edited,
                message.deleted,
            )
        });
        if rows.collect::<Vec<_>>() != messages_of(&self.events) {
            return wrong("the table of messages is not what the log says");
        }
        Ok(())
    }
}

type Row = (Seq, MessageId, Millis, String, bool, bool);

/// All messages of a log as they are at its end. The state keeps only the last ones.
fn messages_of(events: &[Event]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places: BTreeMap<MessageId, usize> = BTreeMap::new();
    for event in events {
        let Payload::Op(op) = &event.payload else { continue };
        match op {
            Op::MessageSent { message, text } => {
                places.insert(*message, rows.len());
                let (seq, time) = (event.envelope.seq, event.envelope.time);
                rows.push((seq, *message, time, text.clone(), false, false));
            }
            Op::MessageEdited { message, text } => {
                let row = places.get(message).and_then(|at| rows.get_mut(*at));
                if let Some(row) = row {
                    (row.3, row.4) = (text.clone(), true);
                }
            }
            Op::MessageDeleted { message } => {
                let row = places.get(message).and_then(|at| rows.get_mut(*at));
                if let Some(row) = row {
                    (row.3, row.5) = (String::new(), true);
                }
            }
            _ => {}
        }
    }
    rows
}

#[test]
fn the_comparison_sees_what_is_lost_doubled_or_changed() {
    use protocol::event::OpName;
    use protocol::{Author, Envelope, MemberId};

    let (space, device) = (SpaceId::from_bits(1), DeviceId::from_bits(7));
    let mut dice = Dice::of(1);
    let mut diary = Diary::of(space);
    for n in 1..=3 {
        diary.said.push(Said {
            op: message(&mut dice),
            answer: None,
        });
        diary.decided(n, Ok(Seq(n))).unwrap();
    }
    assert!(diary.decided(2, Ok(Seq(9))).is_err(), "another answer");
    let event = |seq: u64, n: u64, op: &Op| Event {
        envelope: Envelope {
            seq: Seq(seq),
            author: Author {
                member: MemberId::from_bits(3),
                op: Some(OpName { device, n }),
            },
            time: Millis(0),
            class: op.class(),
        },
        payload: Payload::Op(op.clone()),
    };
    let ops: Vec<Op> = diary.said.iter().map(|said| said.op.clone()).collect();
    let check = |events: Vec<Event>| Log { space, events }.check(&[(device, &diary)]);
    let whole = vec![event(1, 1, &ops[0]), event(2, 2, &ops[1]), event(3, 3, &ops[2])];
    assert_eq!(check(whole.clone()), Ok(()));
    assert!(check(whole[..2].to_vec()).is_err(), "the last is lost");
    let doubled = [whole.clone(), vec![event(4, 3, &ops[2])]].concat();
    assert!(check(doubled).is_err(), "one is there twice");
    let mut changed = whole.clone();
    changed[1] = event(2, 2, &ops[0]);
    assert!(check(changed).is_err(), "one says something else");
    let strange = [whole, vec![event(4, 4, &ops[0])]].concat();
    assert!(check(strange).is_err(), "one was never submitted");
}
