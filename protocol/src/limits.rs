//! The bounds of everything that crosses the wire. Both sides enforce them; a relay may lower or raise
//! those that its configuration names.

/// Characters of a space's or group's name.
pub const NAME_CHARS: usize = 100;
/// Characters of a person's name.
pub const PERSON_NAME_CHARS: usize = 50;
/// Characters of a tab's title; longer ones are cut when they are saved.
pub const TITLE_CHARS: usize = 512;
/// Bytes of a tab's address.
pub const URL_BYTES: usize = 8 * 1024;
/// Bytes of a message's text.
pub const MESSAGE_BYTES: usize = 16 * 1024;
/// Bytes of a fractional position.
pub const POSITION_BYTES: usize = 96;
/// Tabs of a shared space.
pub const TABS: usize = 2_000;
/// Tabs of a private space, which never crosses the wire: many times what anybody opens.
pub const PRIVATE_TABS: usize = 100_000;
/// Tabs that may be saved with one request: a space begins with at most so many, and one call adds no more.
pub const SAVE_TABS: usize = 1_000;
/// Groups of a shared space.
pub const GROUPS: usize = 200;
/// Groups of a private space.
pub const PRIVATE_GROUPS: usize = 10_000;
/// Members of a space.
pub const MEMBERS: usize = 200;
/// Streams of a space that run at the same time.
pub const STREAMS: usize = 8;
/// Messages kept in the state; older ones are paged from the relay.
pub const RECENT_MESSAGES: usize = 200;
/// Bytes of a frame from a client, and of a REST body.
pub const FRAME_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a signal (a session description with every candidate is about 10 KB).
pub const SIGNAL_BYTES: usize = 64 * 1024;
/// Bytes of a favicon (PNG).
pub const FAVICON_BYTES: usize = 32 * 1024;
/// Ops of one REST call, and events of one page.
pub const PAGE: usize = 500;
/// Ops of a device that are on their way to the relay at the same time.
pub const OPS_IN_FLIGHT: usize = 64;
/// Active invites of a space.
pub const INVITES: usize = 100;
/// The longest life of an invite, in milliseconds: 90 days.
pub const INVITE_LIFE_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Life of a realtime ticket, in milliseconds.
pub const TICKET_LIFE_MS: i64 = 30_000;
/// A heartbeat is sent after this silence, in milliseconds.
pub const HEARTBEAT_MS: i64 = 30_000;
/// A peer is taken for dead after this silence, in milliseconds.
pub const DEAD_AFTER_MS: i64 = 60_000;
/// A stream whose host is gone ends after this, in milliseconds.
pub const HOST_GONE_MS: i64 = 60_000;
