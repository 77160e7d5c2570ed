//! What happens now: sockets, rooms, and what waits for each connection.
//!
//! A `Room` is a plain value: commands go in, effects come out, the hub performs them under the room's
//! lock, so everyone in a room hears things in one order. Nothing here writes to the database; what a
//! connection wants decided goes to the log's writers and comes back through `Hub::publish`.
//!
//! A frame to a room is encoded once, WebSocket's header included, and whoever publishes writes it to each
//! receiver's TCP connection (`outbox`). A connection's own task is woken only when its line did not take all
//! of it, or when something arrives.

mod absence;
mod connection;
mod hub;
mod news;
mod outbox;
mod pace;
mod room;
pub(crate) mod socket;
mod wire;

pub(crate) use absence::watch_hosts;
pub(crate) use connection::CLOSED;
pub use hub::Hub;
pub(crate) use news::tell_news;
pub(crate) use room::Room;
pub(crate) use room::catch_up::{Read, Unread};
#[cfg(test)]
pub(crate) use room::{Ask, Asked, Effect};
pub use wire::{Reader, Said, Unreadable};
