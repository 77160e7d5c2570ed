//! The conversation beyond what the state remembers.

pub(crate) mod routes;
mod store;
