//! The spaces of this browser: private ones with their own log, the windows that spaces follow, and what
//! leaves the browser when a space is shared.
//!
//! Start at [`engine::Engine`], the extension's single writer.

pub mod backup;
pub mod duplicates;
pub mod engine;
pub mod follow;
pub mod ignore;
pub mod journal;
pub(crate) mod private;
pub mod settings;
pub mod waiting;

use serde::{Deserialize, Serialize};

use crate::session::replica::StoredReplica;
use private::StoredPrivate;

/// A record under `space/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredSpace {
    /// A space of this browser alone.
    Private(StoredPrivate),
    /// A space that a relay orders.
    Shared(StoredReplica),
}
