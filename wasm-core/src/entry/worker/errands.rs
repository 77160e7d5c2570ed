//! What the writer needs of Chrome, done.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::{SAVED_MS, State};
use crate::browser::Failure;
use crate::browser::timer::pause;
use crate::chrome::errand::{Errand, Found};
use crate::chrome::{badge, capture, storage, tabs, wake, windows};
use crate::library::closing::{self, Step};

impl State {
    /// Closes a window; it is in the journal by then.
    async fn close_window(self: &Rc<Self>, window: i32) -> Result<(), Failure> {
        self.note_now(window).await?;
        // That its groups go is nobody's deed.
        self.undisturbed(window, dissolve_and_close(window)).await
    }

    /// Does an errand.
    pub(super) async fn run(self: &Rc<Self>, errand: Errand) -> Result<Found, Failure> {
        match errand {
            Errand::ListWindows => windows::list().await.map(Found::Windows),
            Errand::LookAt(window) => tabs::look_at(window).await.map(Found::Window),
            Errand::Focus(window) => Ok(Found::Focused(windows::focus(window).await)),
            Errand::Open(first) => windows::open(first.as_ref()).await.map(Found::Opened),
            Errand::Dress(tab, wanted) => windows::dress(tab, &wanted).await.map(|()| Found::Done),
            Errand::Fill(window, step) => self.fill(window, step).await.map(Found::Filled),
            Errand::ShowTab(tab) => tabs::show(tab).await.map(|()| Found::Done),
            Errand::CloseTabs(old) => tabs::close(&old).await.map(|()| Found::Done),
            Errand::CloseWindow(window) => self.close_window(window).await.map(|()| Found::Done),
            Errand::Note(window) => self.note_now(window).await.map(|()| Found::Done),
            Errand::Change(window, turn) => self.change(window, &turn).await.map(Found::Changed),
            Errand::FindTab(tab) => Ok(Found::Tab(tabs::find(tab).await)),
            Errand::PermitCapture(tab) => Ok(Found::Permit(capture::permit(tab).await)),
            Errand::FindProjection => storage::projection().await.map(Found::Projection),
            Errand::KeepProjection(text) => {
                storage::keep_projection(&text).await?;
                spawn_local(Rc::clone(self).make_menu(text));
                Ok(Found::Done)
            }
            Errand::LookSoon(window) => {
                self.look_at(window);
                Ok(Found::Done)
            }
            Errand::ListReplaced => Ok(Found::Replaced(self.replaced.borrow().clone())),
            Errand::KeepFollowed { windows, unsent } => {
                self.followed.replace(windows.iter().copied().collect());
                storage::keep_followed(&windows).await?;
                let on = unsent || !windows.is_empty();
                wake::regularly(on).await.map(|()| Found::Done)
            }
            Errand::KeepAwaited(until) => self.await_windows(until).await.map(|()| Found::Done),
            Errand::KeepStreamed(tabs) => {
                self.streamed.replace(tabs.iter().copied().collect());
                storage::keep_streamed(&tabs).await.map(|()| Found::Done)
            }
            Errand::ShowSign(sign) => {
                self.sign.set(sign);
                badge::show(self.shown_sign()).await.map(|()| Found::Done)
            }
            Errand::ShowSaved => {
                badge::show_saved().await?;
                let state = Rc::clone(self);
                spawn_local(async move {
                    pause(SAVED_MS).await;
                    // It is only a sign.
                    let _ = badge::show(state.shown_sign()).await;
                });
                Ok(Found::Done)
            }
            Errand::StayAwake => Ok(Found::Done),
            Errand::NotNeeded => {
                self.close_offscreen().await;
                Ok(Found::Done)
            }
        }
    }
}

async fn dissolve_and_close(window: i32) -> Result<(), Failure> {
    let Some(seen) = tabs::look_at(window).await? else {
        return Ok(());
    };
    for step in closing::steps(&seen) {
        match step {
            Step::Ungroup(some) => tabs::ungroup(&some).await?,
            Step::Close => windows::close(window).await?,
        }
    }
    Ok(())
}
