//! Forgetting everything in this browser.

use std::rc::Rc;

use super::State;
use crate::ask::{Answer, Problem};
use crate::browser::Failure;
use crate::browser::lock::Lock;
use crate::browser::store::Store;
use crate::chrome::badge::{self, Sign};
use crate::chrome::writer::LOCK;
use crate::chrome::{journal, offscreen, runtime, storage, wake};
use crate::record::{DATABASE, FOLDER_DATABASE};

impl State {
    /// Erases what is kept, and answers as the writer does.
    pub(super) async fn erase(self: &Rc<Self>) -> Option<String> {
        let answer = match self.forget_everything().await {
            Ok(()) => Answer::Done,
            Err(Failure(words)) => Answer::Problem(Problem::NotSaved(words)),
        };
        runtime::write(&answer).ok()
    }

    /// Nobody writes meanwhile: the writer is put down, wherever it runs, and its lock is held. The next who asks
    /// gets a new one, which finds nothing.
    async fn forget_everything(self: &Rc<Self>) -> Result<(), Failure> {
        let _turn = self.deciding.take().await;
        self.put_down_writer().await?;
        if offscreen::exists().await? {
            self.end_offscreen().await?;
        }
        let _lock = Lock::take(LOCK).await?;
        Store::open(DATABASE).await?.clear().await?;
        Store::open(journal::DATABASE).await?.clear().await?;
        Store::open(FOLDER_DATABASE).await?.clear().await?;
        self.journal.forget();
        self.filing.forget();
        storage::clear().await?;
        self.followed.borrow_mut().clear();
        self.streamed.borrow_mut().clear();
        wake::regularly(false).await?;
        wake::for_backups(false).await?;
        self.sign.set(Sign::Quiet);
        badge::show(Sign::Quiet).await
    }
}
