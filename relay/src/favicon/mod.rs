//! Favicons: small PNGs, named by their content, so that nobody has to fetch them from the sites.

pub(crate) mod routes;
mod store;
