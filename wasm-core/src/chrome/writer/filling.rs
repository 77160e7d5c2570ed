//! Filling the windows of spaces that were opened, step by step.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::Writer;
use crate::browser::timer::pause;
use crate::chrome::errand::{Errand, Found};

/// Chrome lets nobody touch a window's tabs while a person drags one: it is tried again, pausing longer each time.
const AGAIN_AFTER_MS: u32 = 1_000;
const LONGEST_PAUSE_MS: u32 = 30_000;

impl Writer {
    /// Begins to fill the windows that lack tabs, if there are any.
    pub(super) fn fill_soon(self: &Rc<Self>) {
        let writer = Rc::clone(self);
        spawn_local(async move { writer.fill_all().await });
    }

    /// Fills the windows that lack tabs, however long that takes.
    pub(super) async fn fill_all(self: &Rc<Self>) {
        let mut wait_ms = AGAIN_AFTER_MS;
        while !self.fill_windows().await {
            pause(wait_ms).await;
            wait_ms = (2 * wait_ms).min(LONGEST_PAUSE_MS);
        }
    }

    /// Fills the windows that lack tabs. Whether there is nothing left to do, for this writer: what is cut short is gone on
    /// with when one starts again.
    pub(super) async fn fill_windows(self: &Rc<Self>) -> bool {
        let _turn = self.fills.take().await;
        let mut whole = true;
        for window in self.performer.look(|engine| engine.windows_to_fill()) {
            while let Some(step) = self.performer.look(|engine| engine.next_step(window)) {
                let Ok(Found::Filled(placed)) = self.insist(Errand::Fill(window, step.clone())).await else {
                    whole = false;
                    break;
                };
                if self.given_up.get() {
                    // Another writer does it again, and finds what was made.
                    return true;
                }
                self.performer
                    .with(|engine, _| engine.step_done(window, &step, placed));
                if self.on_disk().await.is_err() {
                    return self.given_up.get();
                }
            }
            // Without it the next event is soon enough.
            let _ = self.hands.run(Errand::LookSoon(window)).await;
        }
        whole || self.given_up.get()
    }
}
