//! What the options ask of the backups in the person's folder.

use serde::{Deserialize, Serialize};

use crate::library::backup::folder::standing::Standing;

/// An ask. Each is answered with [`super::Answer::Folder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderAsk {
    /// How it stands.
    State,
    /// Writes and proves a backup now.
    BackUp,
    /// Forgets the folder; the files in it stay.
    Forget,
}

/// How it stands with the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    /// Its name, also while the browser does not know it any more; `None` when none was picked.
    pub name: Option<String>,
    /// Whether it may be used; else the person has to allow it again.
    pub allowed: bool,
    /// What was written, proven, and what failed.
    pub standing: Standing,
}
