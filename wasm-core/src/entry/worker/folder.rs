//! Backups in the person's folder: when the alarm rings, and when a page asks.
//!
//! The worker alone writes there. It reads the records as they are on disk, in one transaction, whoever writes them.

use std::cell::Cell;
use std::rc::Rc;

use protocol::DeviceId;

use super::State;
use crate::ask::folder::{FolderAsk, FolderState};
use crate::ask::{Answer, Problem};
use crate::browser::filing::{back_up, drill, is_filed};
use crate::browser::folder::{Folder, Kept};
use crate::browser::store::Store;
use crate::browser::turn::Turns;
use crate::browser::{Failure, clock};
use crate::chrome::badge::{self, Sign};
use crate::chrome::{storage, wake};
use crate::library::backup::Library;
use crate::library::backup::folder::standing::{Due, Standing, Why};
use crate::library::engine::library_of;
use crate::record::{DATABASE, DEVICE_KEY};

/// The worker's part in the backups.
#[derive(Default)]
pub(super) struct Filing {
    /// One is made at a time.
    turns: Turns,
    /// Whether a backup failed, or its proof, and that is not over.
    failing: Cell<bool>,
}

impl Filing {
    /// Nothing of it is left.
    pub(super) fn forget(&self) {
        self.failing.set(false);
    }
}

impl State {
    /// What the icon shows: a backup that fails is told where nothing else is.
    pub(super) fn shown_sign(&self) -> Sign {
        match self.sign.get() {
            Sign::Quiet if self.filing.failing.get() => Sign::BackupFails,
            sign => sign,
        }
    }

    /// Does what is due. Where the browser's storage fails there is nothing to back up; it is tried again.
    pub(super) async fn keep_backup(self: Rc<Self>) {
        let _ = self.file(false).await;
    }

    /// Answers what a page asks of the folder.
    pub(super) async fn folder_answer(self: &Rc<Self>, ask: FolderAsk) -> Answer {
        let done = match ask {
            FolderAsk::State => self.look_for_folder().await,
            FolderAsk::BackUp => self.file(true).await,
            FolderAsk::Forget => self.forget_folder().await,
        };
        let state = match done {
            Ok(()) => folder_state().await,
            Err(failure) => Err(failure),
        };
        match state {
            Ok(state) => Answer::Folder(state),
            Err(Failure(words)) => Answer::Problem(Problem::NotSaved(words)),
        }
    }

    async fn forget_folder(&self) -> Result<(), Failure> {
        let _turn = self.filing.turns.take().await;
        // First: whatever happens then, nobody misses a folder that the person gave up.
        storage::forget_folder().await?;
        Kept::open().await?.forget().await?;
        wake::for_backups(false).await?;
        self.tell_backup(&Standing::default()).await
    }

    async fn look_for_folder(&self) -> Result<(), Failure> {
        let _turn = self.filing.turns.take().await;
        self.picked(&Kept::open().await?).await.map(drop)
    }

    /// The folder that was picked. That the browser does not know it any more is a backup that fails: else they would end
    /// without a sign.
    async fn picked(&self, kept: &Kept) -> Result<Option<Folder>, Failure> {
        let (folder, known) = (kept.folder().await?, storage::folder().await?);
        match (&folder, known) {
            (Some(folder), known) => {
                let name = folder.name();
                if known.as_ref() != Some(&name) {
                    storage::keep_folder(&name).await?;
                }
            }
            (None, Some(_)) => {
                let mut standing = kept.standing().await?;
                if standing.trouble() != Some(&Why::Forgotten) {
                    standing.failed(clock::now(), Why::Forgotten);
                    kept.keep_standing(&standing).await?;
                }
                self.tell_backup(&standing).await?;
            }
            (None, None) => {}
        }
        Ok(folder)
    }

    /// Writes and proves what is due, or what was asked for.
    async fn file(&self, asked: bool) -> Result<(), Failure> {
        let _turn = self.filing.turns.take().await;
        let kept = Kept::open().await?;
        let Some(folder) = self.picked(&kept).await? else {
            return Ok(());
        };
        wake::for_backups(true).await?;
        let before = kept.standing().await?;
        let (now, mut standing) = (clock::now(), before.clone());
        let due = if asked { Due::Backup } else { standing.due(now) };
        if due != Due::Nothing
            && let Some((device, library)) = library().await?
        {
            match due {
                Due::Look { drill: again } if is_filed(&library, &standing) => {
                    if again {
                        drill(&folder, &library, now, &mut standing).await;
                    }
                }
                _ => back_up(&folder, device, &library, now, &mut standing).await,
            }
        }
        if standing != before {
            kept.keep_standing(&standing).await?;
        }
        self.tell_backup(&standing).await
    }

    async fn tell_backup(&self, standing: &Standing) -> Result<(), Failure> {
        if self.filing.failing.replace(standing.failing) == standing.failing {
            return Ok(());
        }
        badge::show(self.shown_sign()).await
    }
}

async fn folder_state() -> Result<FolderState, Failure> {
    let kept = Kept::open().await?;
    let folder = kept.folder().await?;
    let (name, allowed) = match &folder {
        Some(folder) => (Some(folder.name()), folder.is_allowed().await),
        None => (storage::folder().await?, true),
    };
    Ok(FolderState {
        name,
        allowed,
        standing: kept.standing().await?,
    })
}

/// The library as it is on disk, and whose it is; `None` before there is anything.
async fn library() -> Result<Option<(DeviceId, Library)>, Failure> {
    let records = Store::open(DATABASE).await?.load_present().await?;
    let device = records.iter().find(|(key, _)| key == DEVICE_KEY);
    let device = device.and_then(|(_, text)| serde_json::from_str::<DeviceId>(text).ok());
    Ok(device.map(|device| (device, library_of(&records).0)))
}
