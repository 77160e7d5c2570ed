//! How it stands with the backups in a folder: what was written and proven, what failed, what is to be done next.

use protocol::Millis;
use serde::{Deserialize, Serialize};

use crate::library::backup::{Counts, Verdict, Written};

/// A changed library is written at most this often.
pub const EVERY_MS: i64 = 15 * 60 * 1_000;
/// After a failure it is tried again this soon.
pub const AGAIN_MS: i64 = 10 * 60 * 1_000;
/// The last file is read back and proven again this often.
pub const PROVEN_EVERY_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Its name.
    pub name: String,
    /// When.
    pub at: Millis,
    /// Its spaces.
    pub spaces: usize,
    /// Their tabs.
    pub tabs: usize,
    /// Its entries of the bin.
    #[serde(default)]
    pub removed: usize,
    /// Its checksum.
    pub sha256: String,
}

/// A file from which the library was rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// Its name.
    pub name: String,
    /// When.
    pub at: Millis,
    /// The spaces that were rebuilt.
    pub spaces: usize,
    /// Their tabs.
    pub tabs: usize,
}

/// Something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mishap {
    /// When.
    pub at: Millis,
    /// Why.
    pub why: Why,
}

/// Why a backup or its proof failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The browser wants the person to allow the folder again.
    NotAllowed,
    /// The folder is not there: renamed, moved, or on a disk that is not plugged in.
    FolderGone,
    /// The browser does not know any more which folder was picked: its storage was cleared.
    Forgotten,
    /// The disk is full.
    DiskFull,
    /// The library is larger than a file may be.
    TooLarge,
    /// Another program holds the file.
    Busy,
    /// Drill: the file is not there any more.
    FileGone,
    /// Drill: the file is no backup any more.
    Unreadable,
    /// Drill: so many spaces of the file are damaged.
    Damaged(usize),
    /// Drill: the file is another than the one that was written.
    Another,
    /// Drill: so many spaces were rebuilt otherwise than they are.
    Otherwise(usize),
    /// Anything else; the browser's words.
    Browser(String),
}

impl Why {
    /// What the browser's error of this name means.
    pub fn of_browser(name: &str, words: String) -> Self {
        match name {
            "NotAllowedError" | "SecurityError" => Self::NotAllowed,
            "NotFoundError" => Self::FolderGone,
            "QuotaExceededError" => Self::DiskFull,
            "NoModificationAllowedError" | "InvalidStateError" => Self::Busy,
            _ => Self::Browser(words),
        }
    }

    /// What a drill found; `None` when everything was rebuilt.
    pub fn of_drill(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Proven => None,
            Verdict::Unreadable(_) => Some(Self::Unreadable),
            Verdict::Damaged(aside) => Some(Self::Damaged(aside.len())),
            Verdict::Another => Some(Self::Another),
            Verdict::RebuiltOtherwise(names) => Some(Self::Otherwise(names.len())),
        }
    }

    /// Whether what was written before is not what it was.
    pub fn is_of_drill(&self) -> bool {
        matches!(
            self,
            Self::FileGone | Self::Unreadable | Self::Damaged(_) | Self::Another | Self::Otherwise(_)
        )
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Write a file.
    Backup,
    /// Write a file if the library is not what the last one holds; else prove that one again if `drill`.
    Look {
        /// Whether the last proof is old.
        drill: bool,
    },
}

/// How it stands with the backups in the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// The file that was written last.
    pub last: Option<Filed>,
    /// The last proof.
    pub proof: Option<Proven>,
    /// The last failure; kept when it is over.
    pub failure: Option<Mishap>,
    /// Whether that is not over.
    pub failing: bool,
}

impl Standing {
    /// What is to be done at this time.
    pub fn due(&self, now: Millis) -> Due {
        // A clock that was set back makes everything due.
        let within = |since: Millis, ms: i64| (0..ms).contains(&now.since(since));
        if let Some(failure) = self.failure.as_ref().filter(|_| self.failing) {
            return if within(failure.at, AGAIN_MS) {
                Due::Nothing
            } else {
                Due::Backup
            };
        }
        match &self.last {
            None => Due::Backup,
            Some(last) if within(last.at, EVERY_MS) => Due::Nothing,
            Some(_) => Due::Look {
                drill: !matches!(&self.proof, Some(proof) if within(proof.at, PROVEN_EVERY_MS)),
            },
        }
    }

    /// A file was written.
    pub fn wrote(&mut self, name: String, at: Millis, written: &Written) {
        self.last = Some(Filed {
            name,
            at,
            spaces: written.counts.spaces,
            tabs: written.counts.tabs,
            removed: written.counts.removed,
            sha256: written.sha256.clone(),
        });
    }

    /// The last file was read back and proven.
    pub fn proven(&mut self, at: Millis) {
        self.failing = false;
        self.proof = self.last.as_ref().map(|last| Proven {
            name: last.name.clone(),
            at,
            spaces: last.spaces,
            tabs: last.tabs,
        });
    }

    /// Something failed.
    pub fn failed(&mut self, at: Millis, why: Why) {
        self.failing = true;
        self.failure = Some(Mishap { at, why });
    }

    /// What stands against all being well.
    pub fn trouble(&self) -> Option<&Why> {
        let failure = self.failure.as_ref().filter(|_| self.failing);
        failure.map(|failure| &failure.why)
    }

    /// What was written last, for a drill.
    pub fn written(&self) -> Option<(&str, Millis, Written)> {
        self.last.as_ref().map(|last| {
            let counts = Counts {
                spaces: last.spaces,
                tabs: last.tabs,
                removed: last.removed,
            };
            let sha256 = last.sha256.clone();
            (last.name.as_str(), last.at, Written { counts, sha256 })
        })
    }
}
