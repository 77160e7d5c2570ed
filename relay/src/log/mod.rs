//! The logs of the spaces: deciding what comes in, giving it its place, keeping it, and reading it.
//!
//! Every event of every space, also those that the relay itself writes, goes through `writer`, which is
//! the one place that orders. Nothing here knows of sockets: what was committed is handed to the hub.

mod decide;
pub(crate) mod projection;
mod proposal;
mod queue;
pub(crate) mod routes;
pub(crate) mod rows;
pub(crate) mod shelf;
pub(crate) mod snapshots;
pub(crate) mod store;
pub(crate) mod trail;
pub(crate) mod writer;

pub use proposal::Proposal;
pub(crate) use queue::Bounds;
pub use queue::{Answer, Job, Task, Writers};
