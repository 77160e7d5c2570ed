//! Invites: links by which others join.
//!
//! The secret is only in the link's fragment, which browsers do not send; here is its hash. Joining itself is
//! an event and goes through the log's writer.

pub(crate) mod routes;
pub(crate) mod store;
