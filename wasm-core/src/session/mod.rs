//! The shared spaces of this device as a state machine without IO.
//!
//! Inputs are method calls named in the past tense (a frame arrived, the connection was lost, a batch was
//! committed) and a person's wishes; each takes the present time. Outputs are [`Effect`]s, to be polled until
//! there are none and performed in order. Nothing here reads a clock, opens a socket or makes a random
//! number, so two sessions and a relay can be run through years of bad network in a test.
//!
//! What a person does is seen at once, kept in an outbox on disk before it is sent, and sent until the relay
//! has decided. Start at [`Session::submit`] and [`Session::frame_arrived`].

pub(crate) mod commands;
pub mod description;
pub mod effect;
mod frames;
mod link;
pub(crate) mod project;
pub(crate) mod replica;
mod restore;
pub(crate) mod room;
mod streams;
mod subscribe;
mod time;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::code::Refusal;
use protocol::frame::{ClientFrame, IceServer, ServerFrame};
use protocol::signal::Presence;
use protocol::{Code, DeviceId, Epoch, MemberId, Millis, Op, Role, SpaceId, SpaceState, StreamId, TabId};

use crate::record::{Batch, Write};
use crate::view::{LinkView, Notice, NoticeKind, SpaceView};
pub use effect::{Effect, Peer, PeerCommand, PeerEvent};
use link::{Link, Phase};
use replica::{Replica, Sync};
use room::Room;
use streams::Streams;

/// Where random bits come from.
pub type Random = Box<dyn FnMut() -> u128 + Send>;

/// A changed replica is written to disk at the latest after this.
const SAVE_AFTER_MS: i64 = 2_000;

/// A space that this device has a replica of.
#[derive(Debug)]
struct Shared {
    replica: Replica,
    room: Room,
    /// What this device says of its person.
    presence: Presence,
    typing: bool,
    /// Streams that the person does not want to see.
    declined: Vec<StreamId>,
    notices: Vec<Notice>,
    /// It differs from what is stored, since then.
    unsaved: Option<Millis>,
    /// The others who changed tabs since [`Session::forget_changes`].
    changed_by: BTreeSet<MemberId>,
    /// What this device did to tabs and the relay refused, since [`Session::take_refused`]; of many the last.
    refused: VecDeque<Op>,
}

/// So many refused ops are remembered.
const REFUSED: usize = 1_000;

/// The shared spaces of this device.
pub struct Session {
    device: DeviceId,
    random: Random,
    auto_watch: bool,
    link: Link,
    spaces: BTreeMap<SpaceId, Shared>,
    streams: Streams,
    ice_servers: Vec<IceServer>,
    effects: VecDeque<Effect>,
    last_batch: u64,
    last_notice: u64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("device", &self.device)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session without spaces. `auto_watch`: a stream that starts is watched without being asked to.
    pub fn new(device: DeviceId, random: Random, auto_watch: bool) -> Self {
        Self {
            device,
            random,
            auto_watch,
            link: Link::new(),
            spaces: BTreeMap::new(),
            streams: Streams::default(),
            ice_servers: Vec::new(),
            effects: VecDeque::new(),
            last_batch: 0,
            last_notice: 0,
        }
    }

    /// This device.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The spaces it has replicas of.
    pub fn spaces(&self) -> impl Iterator<Item = SpaceId> {
        self.spaces.keys().copied()
    }

    /// Who this person is in a space.
    pub fn you(&self, space: SpaceId) -> Option<MemberId> {
        self.spaces.get(&space).map(|shared| shared.replica.you)
    }

    /// The names of the others who changed a space's tabs, since that was last forgotten.
    pub fn changed_by(&self, space: SpaceId) -> Vec<String> {
        let shared = self.spaces.get(&space);
        let named = |shared: &Shared| {
            let members = shared.changed_by.iter();
            members
                .map(|member| project::name_of(&shared.replica.people, *member))
                .collect()
        };
        shared.map_or_else(Vec::new, named)
    }

    /// What others changed in a space is dealt with.
    pub(crate) fn forget_changes(&mut self, space: SpaceId) {
        if let Some(shared) = self.spaces.get_mut(&space) {
            shared.changed_by.clear();
        }
    }

    /// What this device did to tabs of a space and the relay refused for good, since this was last asked.
    pub(crate) fn take_refused(&mut self, space: SpaceId) -> VecDeque<Op> {
        let shared = self.spaces.get_mut(&space);
        shared.map_or_else(VecDeque::new, |shared| std::mem::take(&mut shared.refused))
    }

    /// The names of a space's members, as far as they are known.
    pub fn names(&self, space: SpaceId) -> BTreeMap<MemberId, String> {
        let shared = self.spaces.get(&space);
        shared.map_or_else(BTreeMap::new, |shared| shared.replica.people.clone())
    }

    /// A space's state as this person sees it.
    pub fn state(&self, space: SpaceId) -> Option<&SpaceState> {
        self.spaces.get(&space).map(|shared| shared.replica.seen())
    }

    /// A number that rises whenever what this person sees of a space may be something else.
    pub fn changes(&self, space: SpaceId) -> u64 {
        self.spaces
            .get(&space)
            .map_or(0, |shared| shared.replica.changes())
    }

    /// A space's state as far as the relay has confirmed it.
    pub fn confirmed(&self, space: SpaceId) -> Option<&SpaceState> {
        self.spaces.get(&space).map(|shared| &shared.replica.confirmed)
    }

    /// For peer connections.
    pub fn ice_servers(&self) -> &[IceServer] {
        &self.ice_servers
    }

    /// Whether the relay lacks something of this device.
    pub fn has_unsent(&self) -> bool {
        self.spaces
            .values()
            .any(|shared| !shared.is_over() && shared.replica.unsent() > 0)
    }

    /// Whether a space is open.
    pub fn is_open(&self, space: SpaceId) -> bool {
        self.spaces.get(&space).is_some_and(|shared| shared.replica.open)
    }

    /// Whether this device streams something.
    pub fn is_hosting(&self) -> bool {
        self.streams.is_hosting()
    }

    /// The space of a stream that this device hosts or watches.
    pub fn space_of(&self, stream: StreamId) -> Option<SpaceId> {
        self.streams.space_of(stream)
    }

    /// The epoch of what is here of a space, in which its ops got their numbers. `None` before the relay told any.
    pub fn epoch(&self, space: SpaceId) -> Option<Epoch> {
        self.spaces.get(&space).and_then(|shared| shared.replica.epoch)
    }

    /// Whether ops of a space wait that could be sent over REST.
    pub fn has_waiting(&self, space: SpaceId) -> bool {
        self.spaces
            .get(&space)
            .is_some_and(|shared| shared.replica.has_waiting())
    }

    /// The first ops of a space that wait, at most `most`, to be sent over REST. What is done from now on does
    /// not change them any more, so that the relay's answer is to what they hold.
    pub fn take_waiting(&mut self, space: SpaceId, most: usize) -> Vec<(u64, Op)> {
        self.spaces
            .get_mut(&space)
            .map(|shared| shared.replica.take_waiting(most))
            .unwrap_or_default()
    }

    /// Wants a space: connects, subscribes, keeps it up to date. `you` comes from having joined.
    pub fn open(&mut self, now: Millis, space: SpaceId, you: MemberId) {
        if self.you(space) != Some(you) {
            // Somebody else than before: the relay was restored from a backup and did not know the member. What the
            // person did here is still the person's, and is offered again.
            let shared = self
                .spaces
                .entry(space)
                .or_insert_with(|| Shared::new(Replica::new(space, you, self.device)));
            shared.replica.becomes(you);
            // On disk before anything in its outbox is.
            let stored = shared.replica.stored();
            self.commit(vec![stored]);
        }
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        if !shared.replica.open {
            shared.replica.open = true;
            if matches!(shared.replica.sync, Sync::Ended(_)) {
                shared.replica.sync = Sync::Away;
            }
            if self.link.phase == Phase::Up {
                self.subscribe(space);
            }
        }
        self.link.want(now);
        self.effects.push_back(Effect::Changed(space));
        self.tick(now);
    }

    /// A space of this browser was shared: until the relay sends it, it looks as it was shared, with what was done
    /// since (`ops`), which waits in the outbox. All of it is written together with other records.
    pub fn adopt(
        &mut self,
        now: Millis,
        space: SpaceId,
        you: MemberId,
        created: &protocol::op::Created,
        ops: Vec<Op>,
        extra: Vec<Write>,
    ) {
        let mut replica = Replica::new(space, you, self.device);
        replica.adopt(created);
        let mut writes = extra;
        for op in ops {
            replica.push(now, op, self.last_batch + 1, &mut writes);
        }
        writes.push(replica.stored());
        self.commit(writes);
        self.spaces.insert(space, Shared::new(replica));
        self.tick(now);
    }

    /// Wants a space no more; the replica stays on disk.
    pub fn close(&mut self, now: Millis, space: SpaceId) {
        if let Some(shared) = self.spaces.get_mut(&space).filter(|shared| shared.replica.open) {
            shared.replica.open = false;
            shared.replica.connection_lost();
            shared.room = Room::default();
            self.streams.leave(space);
            self.send(ClientFrame::Unsubscribe { space });
        }
        self.tick(now);
    }

    /// Forgets a space: replica and outbox go from the disk.
    pub fn forget(&mut self, now: Millis, space: SpaceId) {
        self.close(now, space);
        if let Some(shared) = self.spaces.remove(&space) {
            let mut writes: Vec<Write> = shared.replica.keys().map(Write::Delete).collect();
            writes.push(Write::Delete(crate::record::space_key(space)));
            self.commit(writes);
        }
    }

    /// Submits an op. It is seen at once.
    ///
    /// # Errors
    /// What the relay would refuse too: nothing was changed.
    pub fn submit(&mut self, now: Millis, space: SpaceId, op: Op) -> Result<(), Code> {
        self.submit_with(now, space, vec![op], Vec::new())
    }

    /// Submits ops, with other records that are written together with them.
    ///
    /// # Errors
    /// The first op that the relay would refuse too: nothing was changed.
    pub fn submit_with(
        &mut self,
        now: Millis,
        space: SpaceId,
        ops: Vec<Op>,
        extra: Vec<Write>,
    ) -> Result<(), Code> {
        self.may_submit(space, &ops)?;
        let Some(shared) = self.spaces.get_mut(&space) else {
            return Err(Code::NoSuchSpace);
        };
        self.last_batch += 1;
        let mut writes = extra;
        for op in ops {
            shared.replica.push(now, op, self.last_batch, &mut writes);
        }
        self.effects.push_back(Effect::Commit(Batch {
            number: self.last_batch,
            writes,
        }));
        self.changed(now, space);
        Ok(())
    }

    /// Writes records of others in the same order as the session's own.
    pub(crate) fn commit(&mut self, writes: Vec<Write>) {
        if !writes.is_empty() {
            self.last_batch += 1;
            self.effects.push_back(Effect::Commit(Batch {
                number: self.last_batch,
                writes,
            }));
        }
    }

    /// A batch is on disk: what it held may be sent.
    pub fn committed(&mut self, now: Millis, number: u64) {
        for shared in self.spaces.values_mut() {
            shared.replica.committed(number);
        }
        self.send_waiting(now);
    }

    /// What is to be told in all spaces.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.spaces.values().flat_map(|shared| &shared.notices)
    }

    /// What is to be told in a space.
    pub(crate) fn notices_in(&self, space: SpaceId) -> impl Iterator<Item = &Notice> {
        self.spaces
            .get(&space)
            .into_iter()
            .flat_map(|shared| &shared.notices)
    }

    /// What was told is not so any more.
    pub(crate) fn retract(&mut self, space: SpaceId, is_over: impl Fn(&NoticeKind) -> bool) {
        if let Some(shared) = self.spaces.get_mut(&space) {
            let told = shared.notices.len();
            shared.notices.retain(|notice| !is_over(&notice.kind));
            if shared.notices.len() != told {
                self.effects.push_back(Effect::Changed(space));
            }
        }
    }

    /// A batch could not be written. People are told; what is on the screen is still sent.
    pub fn commit_failed(&mut self, now: Millis, number: u64) {
        let open: Vec<SpaceId> = self
            .spaces
            .iter()
            .filter(|(_, shared)| shared.replica.open)
            .map(|(id, _)| *id)
            .collect();
        for space in open {
            let told = self.spaces[&space]
                .notices
                .iter()
                .any(|notice| notice.kind == NoticeKind::NotSaved);
            if !told {
                self.tell(space, NoticeKind::NotSaved);
            }
        }
        self.committed(now, number);
    }

    /// The socket is open; the ticket goes into the first frame.
    pub fn connected(&mut self, now: Millis, ticket: String) {
        self.link.heard(now);
        self.send(ClientFrame::Hello {
            versions: vec![protocol::VERSION],
            ticket,
        });
    }

    /// The connection, or the try to make one, is gone. A refusal that time does not heal ends the spaces.
    pub fn disconnected(&mut self, now: Millis, refusal: Option<Refusal>) {
        let final_refusal = refusal.filter(|refusal| {
            matches!(
                refusal.code,
                Code::Unauthenticated | Code::Version | Code::DeviceTaken | Code::ForeignOrigin
            )
        });
        let dice = (self.random)();
        self.link.lost(now, dice);
        for (&space, shared) in &mut self.spaces {
            shared.replica.connection_lost();
            if let (Some(refusal), true) = (&final_refusal, shared.replica.open) {
                shared.replica.sync = Sync::Ended(refusal.clone());
            }
            self.effects.push_back(Effect::Changed(space));
        }
        if final_refusal.is_some() {
            self.link.phase = Phase::Idle;
        }
        self.tick(now);
    }

    /// The browser is online again, or the person asked to try now.
    pub fn network_changed(&mut self, now: Millis) {
        self.link.hurry(now);
        self.hurry_subscriptions(now);
        self.tick(now);
    }

    /// A text frame arrived. What cannot be read is passed over: a newer relay may say more.
    pub fn frame_arrived(&mut self, now: Millis, text: &str) {
        self.link.heard(now);
        if let Ok(frame) = ServerFrame::parse(text) {
            self.take(now, frame);
        }
        self.tick(now);
    }

    /// Changes a space and writes what follows from it.
    fn with(&mut self, now: Millis, space: SpaceId, change: impl FnOnce(&mut Shared, &mut Vec<Write>)) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        let mut writes = Vec::new();
        change(shared, &mut writes);
        if writes.is_empty() {
            shared.unsaved.get_or_insert(now);
        } else {
            // The replica goes with it: an op leaves the outbox only together with the state that holds it.
            writes.push(shared.replica.stored());
            shared.unsaved = None;
        }
        self.commit(writes);
        self.changed(now, space);
    }

    fn changed(&mut self, now: Millis, space: SpaceId) {
        self.effects.push_back(Effect::Changed(space));
        self.settle_streams(now, space);
        self.send_waiting(now);
    }

    pub(crate) fn tell(&mut self, space: SpaceId, kind: NoticeKind) {
        self.last_notice += 1;
        let id = self.last_notice;
        if let Some(shared) = self.spaces.get_mut(&space) {
            shared.notices.push(Notice { id, kind });
            if shared.notices.len() > 20 {
                shared.notices.remove(0);
            }
            self.effects.push_back(Effect::Changed(space));
        }
    }

    /// Sends what may be sent of all outboxes.
    fn send_waiting(&mut self, now: Millis) {
        if self.link.phase != Phase::Up {
            return;
        }
        for (&space, shared) in &mut self.spaces {
            for (n, op) in shared.replica.take_sendable(now) {
                self.effects
                    .push_back(Effect::Send(ClientFrame::Submit { space, n, op }));
            }
        }
    }

    fn send(&mut self, frame: ClientFrame) {
        self.effects.push_back(Effect::Send(frame));
    }

    /// The next effect. All that is to be written by now is one batch: what was done in one go is on disk in one go.
    pub fn poll(&mut self) -> Option<Effect> {
        let mut next = self.effects.pop_front()?;
        if let Effect::Commit(batch) = &mut next {
            self.effects.retain_mut(|effect| {
                let Effect::Commit(later) = effect else {
                    return true;
                };
                batch.number = later.number;
                batch.writes.append(&mut later.writes);
                false
            });
        }
        Some(next)
    }

    /// What there is to see of a space.
    pub fn view(&self, space: SpaceId) -> Option<SpaceView> {
        let shared = self.spaces.get(&space)?;
        let replica = &shared.replica;
        let waiting = replica.pending().filter_map(|pending| match &pending.op {
            Op::MessageSent { message, .. } | Op::MessageEdited { message, .. } => Some(*message),
            _ => None,
        });
        Some(project::project(
            replica.seen(),
            project::Parts {
                space,
                link: shared.link(),
                you: replica.you,
                people: &replica.people,
                room: &shared.room,
                notices: &shared.notices,
                unsent: replica.unsent(),
                waiting: waiting.collect(),
                media: &|id, stream| (stream.device == Some(self.device), self.streams.media(id)),
            },
        ))
    }
}

impl Shared {
    fn new(replica: Replica) -> Self {
        Self {
            replica,
            room: Room::default(),
            presence: Presence::default(),
            typing: false,
            declined: Vec::new(),
            notices: Vec::new(),
            unsaved: None,
            changed_by: BTreeSet::new(),
            refused: VecDeque::new(),
        }
    }

    fn link(&self) -> LinkView {
        match &self.replica.sync {
            Sync::Ended(reason) => LinkView::Ended {
                reason: reason.clone(),
            },
            Sync::Live => LinkView::Live,
            Sync::Away | Sync::Asked | Sync::Paused(_) if !self.replica.open => LinkView::Closed,
            Sync::Away | Sync::Asked | Sync::Paused(_) if self.replica.epoch.is_none() => {
                LinkView::Connecting
            }
            Sync::Away | Sync::Asked | Sync::Paused(_) => LinkView::Reconnecting,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.replica.sync, Sync::Ended(_))
    }

    fn role(&self) -> Role {
        self.replica
            .seen()
            .role_of(self.replica.you)
            .unwrap_or(Role::Viewer)
    }

    fn tab_exists(&self, tab: TabId) -> bool {
        self.replica.seen().tabs.contains_key(&tab)
    }
}
