//! Spaces as a whole: beginning one, looking at one, and who its members are.

pub(crate) mod routes;
pub(crate) mod store;
