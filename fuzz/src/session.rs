//! A client's session: what a relay sends, what a person does, what becomes of the connection and of the disk, a line
//! for each.
//!
//! | line | what happens |
//! |---|---|
//! | `connected` | the socket opens, if the session wants one |
//! | `lost` | the connection is gone |
//! | `after 1000` | so many milliseconds go by |
//! | `full` | the next batch is not written to the disk |
//! | `restart` | the client ends and starts again from its disk |
//! | `do "leave"` | a person's wish, as pages send it |
//! | anything else | a frame from the relay |
//!
//! Whatever happens, the session does not spin, what it writes can be read, and who starts again from the disk
//! sees what was there before.

use protocol::{DeviceId, MemberId, Millis, SpaceId};
use wasm_core::session::{Effect, PeerCommand, PeerEvent, Session};

use crate::disk::{Disk, counter};
use crate::text::text;

const SPACE: SpaceId = SpaceId::from_bits(1);
const YOU: MemberId = MemberId::from_bits(1);
const DEVICE: DeviceId = DeviceId::from_bits(1);

/// Effects that may follow from one line.
const MOST_EFFECTS: usize = 20_000;

struct Client {
    session: Session,
    disk: Disk,
    now: Millis,
    wants_socket: bool,
    disk_is_full: bool,
}

fn session() -> Session {
    Session::new(DEVICE, Box::new(counter()), true)
}

impl Client {
    fn start(disk: Disk, now: Millis) -> Self {
        let mut session = session();
        let damaged = session.restore(disk.records());
        assert_eq!(damaged, Vec::<String>::new(), "what was written can be read");
        session.open(now, SPACE, YOU);
        let mut client = Self {
            session,
            disk,
            now,
            wants_socket: false,
            disk_is_full: false,
        };
        client.perform();
        client
    }

    fn happen(&mut self, line: &str) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("connected", "") => {
                if std::mem::take(&mut self.wants_socket) {
                    self.session.connected(self.now, "ticket".to_owned());
                }
            }
            ("lost", "") => self.session.disconnected(self.now, None),
            ("after", ms) => {
                let ms: u32 = ms.parse().unwrap_or(1);
                self.now = self.now.plus(i64::from(ms));
            }
            ("full", "") => self.disk_is_full = true,
            ("restart", "") => self.restart(),
            ("do", command) => {
                if let Ok(command) = serde_json::from_str(command) {
                    self.session.command(self.now, SPACE, command);
                }
            }
            _ => self.session.frame_arrived(self.now, line),
        }
        self.session.tick(self.now);
        self.perform();
        if let Some(at) = self.session.wake_at() {
            assert!(at > self.now, "it is to be woken at once, again and again");
        }
        for space in self.session.spaces().collect::<Vec<_>>() {
            assert!(self.session.view(space).is_some());
        }
    }

    /// Does at once what the session asks for.
    fn perform(&mut self) {
        let mut count = 0;
        while let Some(effect) = self.session.poll() {
            count += 1;
            assert!(count < MOST_EFFECTS, "effects without an end");
            match effect {
                Effect::Connect => self.wants_socket = true,
                Effect::Disconnect => self.wants_socket = false,
                Effect::Commit(batch) => {
                    let number = batch.number;
                    if std::mem::take(&mut self.disk_is_full) {
                        self.session.commit_failed(self.now, number);
                    } else {
                        self.disk.write(batch);
                        self.session.committed(self.now, number);
                    }
                }
                Effect::Peer(peer, PeerCommand::Offer { .. } | PeerCommand::Accept { .. }) => {
                    let sdp = "v=0".to_owned();
                    self.session
                        .peer_event(self.now, peer, PeerEvent::Described { sdp });
                }
                Effect::Peer(peer, PeerCommand::Candidate(_)) => {
                    self.session.peer_event(self.now, peer, PeerEvent::Failed);
                }
                Effect::Send(frame) => {
                    serde_json::to_string(&frame).expect("a frame is JSON");
                }
                Effect::Peer(..) | Effect::EndCapture(_) | Effect::Hold(_) | Effect::Changed(_) => {}
            }
        }
    }

    fn restart(&mut self) {
        self.session.save();
        self.perform();
        let mut next = session();
        assert_eq!(next.restore(self.disk.records()), Vec::<String>::new());
        // Ops after the last number there is are named alike, and of those one is on the disk.
        let last = format!("{:020}", u64::MAX);
        let counted_out = self.disk.0.keys().any(|key| key.ends_with(&last));
        for space in self.session.spaces() {
            assert_eq!(next.confirmed(space), self.session.confirmed(space));
            if !counted_out {
                assert_eq!(next.state(space), self.session.state(space), "what a person sees");
            }
        }
        *self = Self::start(std::mem::take(&mut self.disk), self.now);
    }
}

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut client = Client::start(Disk::default(), Millis(1_000));
    let mut was_full = false;
    for line in text.lines() {
        was_full |= line == "full";
        // What a full disk did not take is not there after a restart.
        if line != "restart" || !was_full {
            client.happen(line);
        }
    }
}
