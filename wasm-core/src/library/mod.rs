//! The spaces of this browser: private ones with their own log, the windows that spaces follow, and what
//! leaves the browser when a space is shared.
//!
//! Start at [`engine::Engine`], the extension's single writer.

#[cfg(not(feature = "popup"))]
pub(crate) mod arrange;
pub mod backup;
pub mod bin;
#[cfg(not(feature = "popup"))]
pub mod catalogue;
#[cfg(not(feature = "popup"))]
pub mod chosen;
#[cfg(not(feature = "popup"))]
pub mod closing;
pub mod duplicates;
pub mod engine;
pub mod follow;
pub mod full;
#[cfg(not(feature = "popup"))]
pub mod history;
pub mod ignore;
pub mod inflow;
pub mod journal;
pub mod marks;
#[cfg(not(feature = "popup"))]
pub mod menu;
pub mod past;
pub(crate) mod private;
pub mod settings;
pub mod undo;
pub mod uses;
pub mod waiting;
pub mod went;

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
