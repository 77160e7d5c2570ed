//! What a person wishes, and what other devices signal.

use std::borrow::Cow;

use protocol::op::{NewTab, StreamEnd};
use protocol::signal::Held;
use protocol::{
    Action, Code, DeviceId, MemberId, MessageId, Millis, Op, Position, Role, Signal, SpaceId, SpaceState,
    StreamId, TabId, authorise, authorise_private,
};

use super::effect::{Effect, Peer, PeerEvent};
use super::replica::Sync;
use super::streams::Out;
use super::{ClientFrame, NoticeKind, Session, Shared};
use crate::address;
use crate::command::{Command, Neighbour};

/// The op that a wish amounts to in a state; `None` when it is not one (a signal), or makes no sense.
pub(crate) fn op_of(
    now: Millis,
    state: &SpaceState,
    you: MemberId,
    random: &mut dyn FnMut() -> u128,
    command: &Command,
) -> Option<Op> {
    Some(match command {
        Command::Rename(name) => Op::SpaceRenamed {
            name: name.trim().to_owned(),
        },
        Command::Recolour(colour) => Op::SpaceRecoloured { colour: *colour },
        Command::Delete => Op::SpaceDeleted {},
        Command::Leave => Op::MemberLeft { member: you },
        Command::AddTab { url, title } => Op::TabAdded(NewTab {
            tab: TabId::from_bits(random()),
            url: address::of_tab(url),
            title: title.trim().to_owned(),
            favicon: None,
            pinned: false,
            group: None,
            position: Position::between(last_position(state, None).as_ref(), None),
        }),
        Command::RenameTab { tab, title } => Op::TabUpdated {
            tab: *tab,
            url: None,
            title: Some(title.trim().to_owned()),
            favicon: None,
            pinned: None,
        },
        Command::MoveTab { tab, group, before } => {
            let position = position_before(state, Some(*tab), *group, *before);
            Op::TabMoved {
                tab: *tab,
                group: *group,
                position,
            }
        }
        Command::RemoveTab(tab) => Op::TabRemoved { tab: *tab },
        Command::PutBack {
            url,
            title,
            favicon,
            pinned,
            group,
            before,
        } => {
            let group = group.filter(|group| state.groups.contains_key(group));
            Op::TabAdded(NewTab {
                tab: TabId::from_bits(random()),
                url: url.clone(),
                title: title.clone(),
                favicon: favicon.clone(),
                pinned: *pinned,
                group,
                position: position_before(state, None, group, *before),
            })
        }
        Command::Send(text) => Op::MessageSent {
            message: MessageId::made_at(now, random()),
            text: text.trim().to_owned(),
        },
        Command::Edit { message, text } => Op::MessageEdited {
            message: *message,
            text: text.trim().to_owned(),
        },
        Command::DeleteMessage(message) => Op::MessageDeleted { message: *message },
        Command::SetRole { member, role } => Op::MemberRole {
            member: *member,
            role: *role,
        },
        Command::Remove(member) => Op::MemberLeft { member: *member },
        Command::StopStream(stream) => Op::StreamEnded {
            stream: *stream,
            reason: StreamEnd::Stopped,
        },
        Command::Typing(_)
        | Command::Look(_)
        | Command::Idle(_)
        | Command::Watch(_)
        | Command::Unwatch(_)
        | Command::Point { .. }
        | Command::PauseStream { .. }
        | Command::MuteStream { .. }
        | Command::Dismiss(_)
        | Command::SetInflow(_)
        | Command::TakeOver(_)
        | Command::TakeOut(_) => return None,
    })
}

/// The last position among the things of a group, or of the space's top level.
pub(crate) fn last_position(state: &SpaceState, group: Option<protocol::GroupId>) -> Option<Position> {
    siblings(state, group)
        .into_iter()
        .map(|(position, _)| position)
        .max()
}

fn siblings(state: &SpaceState, group: Option<protocol::GroupId>) -> Vec<(Position, u128)> {
    let tabs = state.tabs.iter().filter(|(_, tab)| tab.group == group);
    let groups = state.groups.iter().filter(|_| group.is_none());
    let mut all: Vec<(Position, u128)> = tabs
        .map(|(id, tab)| (tab.position.clone(), id.bits()))
        .chain(groups.map(|(id, group)| (group.position.clone(), id.bits())))
        .collect();
    all.sort();
    all
}

fn position_before(
    state: &SpaceState,
    moved: Option<TabId>,
    group: Option<protocol::GroupId>,
    before: Option<Neighbour>,
) -> Position {
    let others: Vec<(Position, u128)> = siblings(state, group)
        .into_iter()
        .filter(|(_, bits)| moved.is_none_or(|moved| *bits != moved.bits()))
        .collect();
    let before = before.map(|before| match before {
        Neighbour::Tab(tab) => tab.bits(),
        Neighbour::Group(group) => group.bits(),
    });
    let at = before
        .and_then(|before| others.iter().position(|(_, bits)| *bits == before))
        .unwrap_or(others.len());
    let low = at.checked_sub(1).map(|at| &others[at].0);
    Position::between(low, others.get(at).map(|(position, _)| position))
}

impl Session {
    /// A person wishes something. What is refused at once becomes a notice.
    pub fn command(&mut self, now: Millis, space: SpaceId, command: Command) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        if let Some(op) = op_of(
            now,
            shared.replica.seen(),
            shared.replica.you,
            &mut *self.random,
            &command,
        ) {
            if let Command::StopStream(stream) = command {
                // Whatever the relay says: nothing more leaves this device.
                self.streams.ended(stream);
            }
            if let Err(code) = self.submit(now, space, op) {
                let text = match command {
                    Command::Send(text) | Command::Edit { text, .. } => Some(text),
                    _ => None,
                };
                self.tell(
                    space,
                    NoticeKind::Refused {
                        reason: code.into(),
                        text,
                    },
                );
            }
            self.tick(now);
            return;
        }
        match command {
            Command::Typing(on) if shared.typing != on && shared.role() >= Role::Commenter => {
                shared.typing = on;
                self.signal(space, None, Signal::Typing { on });
            }
            Command::Look(tab) => self.change_presence(space, |shared| shared.presence.tab = tab),
            Command::Idle(idle) => self.change_presence(space, |shared| shared.presence.idle = idle),
            Command::Watch(stream) => self.watch(now, space, stream),
            Command::Unwatch(stream) => {
                shared.declined.push(stream);
                self.streams.unwatch(stream);
                self.change_presence(space, |shared| shared.presence.watching = None);
            }
            Command::Point { stream, at } if shared.role() >= Role::Commenter => {
                self.signal(space, None, Signal::Cursor { stream, at });
            }
            Command::PauseStream { stream, paused } => self.hold(space, stream, |held| held.paused = paused),
            Command::MuteStream { stream, muted } => self.hold(space, stream, |held| held.muted = muted),
            Command::Dismiss(id) => {
                shared.notices.retain(|notice| notice.id != id);
                self.effects.push_back(Effect::Changed(space));
            }
            _ => {}
        }
        self.tick(now);
    }

    /// Whether this person may submit ops, one after the other, as the space is now.
    ///
    /// # Errors
    /// The first op that the relay would refuse.
    pub fn may_submit(&self, space: SpaceId, ops: &[Op]) -> Result<(), Code> {
        let shared = self.spaces.get(&space).ok_or(Code::NoSuchSpace)?;
        if let Sync::Ended(reason) = &shared.replica.sync {
            return Err(reason.code);
        }
        let mut state = Cow::Borrowed(shared.replica.seen());
        (1..).zip(ops).try_for_each(|(number, op)| {
            op.check_shared()?;
            authorise(&state, shared.replica.you, &Action::Submit(op))?;
            if number < ops.len() {
                state.to_mut().fold_local(op);
            }
            Ok(())
        })
    }

    fn watch(&mut self, now: Millis, space: SpaceId, stream: StreamId) {
        let Some(shared) = self.spaces.get(&space) else {
            return;
        };
        let Some(host) = shared
            .replica
            .seen()
            .streams
            .get(&stream)
            .and_then(|stream| stream.device)
        else {
            return;
        };
        if host == self.device {
            return;
        }
        self.streams.watch(now, space, stream, host);
        self.change_presence(space, |shared| {
            shared.declined.retain(|declined| *declined != stream);
            shared.presence.watching = Some(stream);
        });
    }

    /// Changes what is held back of a stream that this device hosts.
    fn hold(&mut self, space: SpaceId, stream: StreamId, change: impl FnOnce(&mut Held)) {
        if !self.streams.hosted_in(space).contains(&stream) {
            return;
        }
        let mut held = Held {
            stream,
            paused: false,
            muted: false,
        };
        self.change_presence(space, |shared| {
            let all = &mut shared.presence.held;
            if let Some(at) = all.iter().position(|held| held.stream == stream) {
                held = all.remove(at);
            }
            change(&mut held);
            if held.paused || held.muted {
                all.push(held);
            }
        });
        self.effects.push_back(Effect::Hold(held));
    }

    fn change_presence(&mut self, space: SpaceId, change: impl FnOnce(&mut Shared)) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        let before = shared.presence.clone();
        change(shared);
        if shared.presence != before {
            self.say_presence(space);
        }
    }

    pub(super) fn say_presence(&mut self, space: SpaceId) {
        let Some(shared) = self.spaces.get(&space) else {
            return;
        };
        let (you, presence) = (shared.replica.you, shared.presence.clone());
        // The relay tells the others; this device knows it already.
        if let Some(shared) = self.spaces.get_mut(&space) {
            shared.room.changed(you, self.device, presence.clone());
            self.effects.push_back(Effect::Changed(space));
        }
        self.signal(space, None, Signal::Presence(presence));
    }

    fn signal(&mut self, space: SpaceId, to: Option<DeviceId>, signal: Signal) {
        let live = self
            .spaces
            .get(&space)
            .is_some_and(|shared| shared.replica.sync == super::Sync::Live);
        if live {
            self.effects
                .push_back(Effect::Send(ClientFrame::Signal { space, to, signal }));
        }
    }

    /// Another device signalled. The relay has checked that its member may.
    pub(super) fn signalled(
        &mut self,
        now: Millis,
        space: SpaceId,
        from: MemberId,
        device: DeviceId,
        signal: Signal,
    ) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        match signal {
            Signal::Presence(presence) => shared.room.changed(from, device, presence),
            Signal::Cursor { stream, at } => shared.room.pointed(now, from, device, stream, at),
            Signal::Typing { on } => shared.room.typing(now, from, device, on),
            negotiation => {
                let may_host = shared
                    .replica
                    .confirmed
                    .role_of(from)
                    .is_some_and(|role| role >= Role::Editor);
                self.streams.signalled(now, space, device, may_host, negotiation);
            }
        }
        self.effects.push_back(Effect::Changed(space));
    }

    /// A peer connection reported.
    pub fn peer_event(&mut self, now: Millis, peer: Peer, event: PeerEvent) {
        self.streams.peer_event(now, peer, event);
        self.tick(now);
    }

    /// A stream may start soon: makes peers towards the devices that are there. Returns the id that the
    /// stream will have.
    pub fn get_ready(&mut self, now: Millis, space: SpaceId) -> StreamId {
        let stream = self
            .streams
            .prepared(space)
            .unwrap_or_else(|| StreamId::from_bits((self.random)()));
        let Some(shared) = self.spaces.get(&space) else {
            return stream;
        };
        let may = shared.role() >= Role::Editor;
        let me = shared.replica.you;
        let others: Vec<DeviceId> = shared
            .room
            .present
            .values()
            .filter(|present| may && present.member != me && present.device != self.device)
            .map(|present| present.device)
            .collect();
        self.streams.prepare(now, space, stream, others.into_iter());
        self.tick(now);
        stream
    }

    /// The stream's media is there: tells everybody.
    ///
    /// # Errors
    /// What the relay would refuse too.
    pub fn start_stream(
        &mut self,
        now: Millis,
        space: SpaceId,
        stream: StreamId,
        tab: Option<TabId>,
        title: String,
        audio: bool,
    ) -> Result<(), Code> {
        let tab = tab.filter(|tab| {
            self.spaces
                .get(&space)
                .is_some_and(|shared| shared.tab_exists(*tab))
        });
        self.submit(
            now,
            space,
            Op::StreamStarted {
                stream,
                tab,
                title,
                audio,
            },
        )?;
        self.streams.host(now, space, stream);
        self.tick(now);
        Ok(())
    }

    /// A stream of this device is over.
    pub fn end_stream(&mut self, now: Millis, stream: StreamId, reason: StreamEnd) {
        let Some(space) = self
            .streams
            .space_of(stream)
            .filter(|_| self.streams.hosts(stream))
        else {
            return;
        };
        self.streams.ended(stream);
        // It is over here in any case; the relay may have ended it before.
        let _refused = self.submit(now, space, Op::StreamEnded { stream, reason });
        if reason != StreamEnd::Stopped {
            self.tell_own_stream_ended(space, reason);
        }
        self.tick(now);
    }

    /// A stream of this device ended otherwise than by its person.
    pub(super) fn tell_own_stream_ended(&mut self, space: SpaceId, reason: StreamEnd) {
        let Some(shared) = self.spaces.get(&space) else {
            return;
        };
        let name = super::project::name_of(&shared.replica.people, shared.replica.you);
        let kind = NoticeKind::StreamEnded {
            name,
            yours: true,
            reason,
        };
        self.tell(space, kind);
    }

    /// The live streams of this device in a space.
    pub fn hosted_in(&self, space: SpaceId) -> Vec<StreamId> {
        self.streams.hosted_in(space)
    }

    /// Ends what the state no longer knows, and watches what it newly does.
    pub(super) fn settle_streams(&mut self, now: Millis, space: SpaceId) {
        let Some(shared) = self.spaces.get(&space) else {
            return;
        };
        let running: Vec<(StreamId, Option<DeviceId>)> = shared
            .replica
            .seen()
            .streams
            .iter()
            .map(|(&id, stream)| (id, stream.device))
            .collect();
        let watching = shared.presence.watching;
        let live = shared.replica.sync == super::Sync::Live;
        let stale: Vec<StreamId> = self
            .streams
            .active(space)
            .filter(|id| !running.iter().any(|(running, _)| running == id))
            .collect();
        for stream in stale {
            self.streams.ended(stream);
        }
        let runs = |stream: StreamId| running.iter().any(|(id, _)| *id == stream);
        self.change_presence(space, |shared| {
            shared.presence.watching = watching.filter(|stream| runs(*stream));
            shared.presence.held.retain(|held| runs(held.stream));
        });
        if self.auto_watch && live && self.streams.watching(space).is_none() {
            let declined = &self.spaces[&space].declined;
            let other = running.iter().find(|(stream, device)| {
                device.is_some_and(|device| device != self.device) && !declined.contains(stream)
            });
            if let Some((stream, _)) = other {
                self.watch(now, space, *stream);
            }
        }
        self.perform_streams();
    }

    pub(super) fn perform_streams(&mut self) {
        for out in self.streams.take() {
            match out {
                Out::Effect(effect) => self.effects.push_back(effect),
                Out::Signal(space, to, signal) => self.signal(space, Some(to), signal),
                Out::Changed(space) => self.effects.push_back(Effect::Changed(space)),
            }
        }
    }
}

/// The answer to a wish in a private space, where everything is the owner's.
///
/// # Errors
/// What a relay would refuse too, but for addresses: a private space takes all.
pub(crate) fn private_op(
    now: Millis,
    state: &SpaceState,
    you: MemberId,
    random: &mut dyn FnMut() -> u128,
    command: &Command,
) -> Result<Option<Op>, Code> {
    let Some(op) = op_of(now, state, you, random, command) else {
        return Ok(None);
    };
    op.check()?;
    authorise_private(state, you, &op)?;
    Ok(Some(op))
}
