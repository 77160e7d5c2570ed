//! What happens now: sockets, rooms, and what waits for each connection.
//!
//! A `Room` is a plain value: commands go in, effects come out, the hub performs them under the room's
//! lock, so everyone in a room hears things in one order. Nothing here writes to the database; what a
//! connection wants decided goes to the log's writers and comes back through `Hub::publish`.

mod absence;
mod connection;
mod hub;
mod outbox;
mod room;
pub(crate) mod socket;

pub(crate) use absence::watch_hosts;
pub use hub::Hub;
pub(crate) use room::Room;
