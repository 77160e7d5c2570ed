//! What the relay says, and what follows from it.

use protocol::code::Refusal;
use protocol::event::{Class, Event, Payload};
use protocol::frame::{ClientFrame, Person, ServerFrame};
use protocol::op::StreamEnd;
use protocol::rest::SpaceNow;
use protocol::{DeviceId, MemberId, Millis, Op, Seq, SpaceId, StreamId};

use super::replica::{Refused, Snapshot, Sync};
use super::room::Room;
use super::{REFUSED, SAVE_AFTER_MS, Session, project};
use crate::view::NoticeKind;

impl Session {
    pub(super) fn take(&mut self, now: Millis, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome {
                heartbeat_ms,
                dead_after_ms,
                ice_servers,
                ..
            } => {
                self.link.welcomed(now, heartbeat_ms, dead_after_ms);
                self.ice_servers = ice_servers;
                for space in self.open_spaces() {
                    self.subscribe(space);
                }
            }
            ServerFrame::Ping { t } => self.send(ClientFrame::Pong { t }),
            ServerFrame::Pong { .. } => {}
            ServerFrame::Snapshot {
                space,
                epoch,
                you,
                last_n,
                state,
                people,
            } => {
                let active = self.active_streams(space);
                let state = *state;
                let snapshot = Snapshot { epoch, state, last_n };
                self.replace(now, space, you, snapshot, people);
                let batch = self.last_batch + 1;
                self.with(now, space, |shared, writes| {
                    shared.replica.resumed(now, last_n, batch, writes);
                });
                self.note(now, space, &active, &[]);
                self.subscribed(now, space);
            }
            ServerFrame::Resumed {
                space,
                epoch,
                you,
                last_n,
                events,
                people,
            } => {
                let mut whole = true;
                let active = self.active_streams(space);
                let batch = self.last_batch + 1;
                self.with(now, space, |shared, writes| {
                    shared.replica.you = you;
                    shared.replica.epoch = Some(epoch);
                    shared.replica.people = people
                        .into_iter()
                        .map(|person| (person.member, person.name))
                        .collect();
                    whole = shared.replica.fold(now, &events, writes);
                    shared.replica.resumed(now, last_n, batch, writes);
                });
                if whole {
                    self.note(now, space, &active, &events);
                    self.subscribed(now, space);
                } else {
                    self.note(now, space, &active, &[]);
                    self.ask_anew(space);
                }
            }
            ServerFrame::Events {
                space,
                events,
                people,
            } => {
                let mut whole = true;
                let head = self
                    .spaces
                    .get(&space)
                    .map_or(Seq(0), |shared| shared.replica.confirmed.head);
                let active = self.active_streams(space);
                self.with(now, space, |shared, writes| {
                    shared
                        .replica
                        .people
                        .extend(people.into_iter().map(|person| (person.member, person.name)));
                    whole = shared.replica.fold(now, &events, writes);
                });
                if whole {
                    let new: Vec<Event> = events
                        .into_iter()
                        .filter(|event| event.envelope.seq > head)
                        .collect();
                    self.note(now, space, &active, &new);
                } else {
                    self.note(now, space, &active, &[]);
                    self.ask_anew(space);
                }
            }
            ServerFrame::Closed { space, reason } => {
                if let Some(shared) = self.spaces.get_mut(&space) {
                    shared.replica.connection_lost();
                    shared.replica.sync = Sync::Ended(reason);
                    shared.room = Room::default();
                    shared.unsaved = Some(now.plus(-SAVE_AFTER_MS));
                }
                self.streams.leave(space);
                self.changed(now, space);
            }
            ServerFrame::People { space, people } => self.with(now, space, |shared, _| {
                shared
                    .replica
                    .people
                    .extend(people.into_iter().map(|person| (person.member, person.name)));
            }),
            ServerFrame::PresenceListed { space, present } => {
                let devices: Vec<DeviceId> = present.iter().map(|present| present.device).collect();
                let own = self.device;
                self.with(now, space, |shared, _| {
                    shared.room.list(present);
                    // The relay may have written the list before it got what this device says of itself.
                    shared
                        .room
                        .changed(shared.replica.you, own, shared.presence.clone());
                });
                self.streams.devices_listed(space, &devices);
            }
            // What this device says of itself is newer than what the relay tells of it.
            ServerFrame::PresenceChanged { present, .. } if present.device == self.device => {}
            ServerFrame::PresenceChanged { space, present } => {
                self.streams.device_came(space, present.device);
                self.with(now, space, |shared, _| shared.room.come(present));
            }
            ServerFrame::PresenceGone { space, device } => {
                self.streams.device_gone(space, device);
                self.with(now, space, |shared, _| shared.room.gone(device));
            }
            ServerFrame::Accepted { space, n, seq } => {
                self.with(now, space, |shared, writes| {
                    shared.replica.accepted(now, n, seq, writes);
                });
            }
            ServerFrame::Refused { space, n, reason } => self.op_refused(now, space, n, reason),
            ServerFrame::Signal {
                space,
                from,
                device,
                signal,
            } => self.signalled(now, space, from, device, signal),
            ServerFrame::Error { space, reason } => self.error_raised(now, space, reason),
        }
    }

    fn replace(
        &mut self,
        now: Millis,
        space: SpaceId,
        you: MemberId,
        snapshot: Snapshot,
        people: Vec<Person>,
    ) {
        let hosted = self.streams.hosted_in(space);
        let batch = self.last_batch + 1;
        self.with(now, space, |shared, writes| {
            shared.replica.you = you;
            shared.replica.people = people
                .into_iter()
                .map(|person| (person.member, person.name))
                .collect();
            let hosts = |stream| hosted.contains(&stream);
            shared.replica.replace(now, snapshot, &hosts, batch, writes);
        });
    }

    /// What the relay says of a space over REST, when ops that went there were told that one before them is
    /// missing: they take the numbers after those that it decided. Passed over while the space is subscribed to,
    /// which tells more.
    pub fn caught_up(&mut self, now: Millis, space: SpaceId, found: SpaceNow) {
        let (Some(shared), Some(last_n)) = (self.spaces.get(&space), found.last_n) else {
            return;
        };
        let replica = &shared.replica;
        let older = replica.epoch == Some(found.epoch) && found.state.head < replica.confirmed.head;
        if older || matches!(replica.sync, Sync::Live | Sync::Asked) {
            return;
        }
        let (epoch, state) = (found.epoch, found.state);
        let snapshot = Snapshot { epoch, state, last_n };
        self.replace(now, space, found.you, snapshot, found.people);
        let batch = self.last_batch + 1;
        self.with(now, space, |shared, writes| {
            shared.replica.close_gap(last_n, batch, writes);
        });
    }

    /// Answers of the relay to ops that went over REST.
    pub fn answered(&mut self, now: Millis, space: SpaceId, n: u64, answer: Result<Seq, Refusal>) {
        match answer {
            Ok(seq) => self.with(now, space, |shared, writes| {
                shared.replica.accepted_unseen(now, n, seq, writes);
            }),
            Err(reason) => self.op_refused(now, space, n, reason),
        }
    }

    fn op_refused(&mut self, now: Millis, space: SpaceId, n: u64, reason: Refusal) {
        let mut outcome = Refused::Later;
        self.with(now, space, |shared, writes| {
            outcome = shared.replica.refused(now, n, reason, writes);
        });
        match outcome {
            Refused::Later => {}
            Refused::AskAnew => self.subscribe(space),
            Refused::Final(op, reason) => {
                let text = match &*op {
                    Op::MessageSent { text, .. } | Op::MessageEdited { text, .. } => Some(text.clone()),
                    _ => None,
                };
                if let Op::StreamStarted { stream, .. } = *op {
                    self.streams.ended(stream);
                }
                if op.class() == Class::Tab
                    && let Some(shared) = self.spaces.get_mut(&space)
                {
                    shared.refused.truncate(REFUSED - 1);
                    shared.refused.push_front(*op);
                }
                self.tell(space, NoticeKind::Refused { reason, text });
            }
        }
    }

    /// The streams that this device hosts or watches, with their hosts. What is folded next may end them, and
    /// then they are not to be found any more.
    fn active_streams(&self, space: SpaceId) -> Vec<(StreamId, MemberId)> {
        let Some(shared) = self.spaces.get(&space) else {
            return Vec::new();
        };
        let known = &shared.replica.seen().streams;
        self.streams
            .active(space)
            .filter_map(|id| known.get(&id).map(|stream| (id, stream.by)))
            .collect()
    }

    /// Notices that follow from what was just folded in: from events, and from streams that were active before
    /// and run no more.
    fn note(&mut self, now: Millis, space: SpaceId, active: &[(StreamId, MemberId)], events: &[Event]) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        let you = shared.replica.you;
        let of_tabs = events.iter().filter(|event| event.envelope.class == Class::Tab);
        let others = of_tabs.map(|event| event.envelope.author.member);
        shared.changed_by.extend(others.filter(|member| *member != you));
        let mut kinds = Vec::new();
        let mut ended = Vec::new();
        for event in events {
            match &event.payload {
                Payload::Op(Op::MemberRole { member, role })
                    if *member == you && event.envelope.author.member != you =>
                {
                    kinds.push(NoticeKind::RoleChanged { role: *role });
                }
                Payload::Op(Op::StreamEnded { stream, reason }) => ended.push((*stream, *reason)),
                _ => {}
            }
        }
        let state = shared.replica.seen();
        for (stream, host) in active.iter().filter(|(id, _)| !state.streams.contains_key(id)) {
            // Without an event of its own it went with its host, or while this device was away.
            let reason = ended
                .iter()
                .find(|(id, _)| id == stream)
                .map_or(StreamEnd::HostGone, |(_, reason)| *reason);
            kinds.push(NoticeKind::StreamEnded {
                name: project::name_of(&shared.replica.people, *host),
                yours: *host == you,
                reason,
            });
        }
        for (stream, _) in ended {
            // Also one that was only made ready.
            self.streams.ended(stream);
        }
        for kind in kinds {
            self.tell(space, kind);
        }
        self.changed(now, space);
    }
}
