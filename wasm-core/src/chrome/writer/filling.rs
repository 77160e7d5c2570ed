//! Filling the windows of spaces that were opened, step by step.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::Writer;
use crate::chrome::errand::{Errand, Found};

impl Writer {
    /// Begins to fill the windows that lack tabs, if there are any.
    pub(super) fn fill_soon(self: &Rc<Self>) {
        let writer = Rc::clone(self);
        spawn_local(async move { writer.fill_windows().await });
    }

    /// Fills the windows that lack tabs. What fails, or is cut short, is gone on with when a writer starts again.
    pub(super) async fn fill_windows(self: &Rc<Self>) {
        let _turn = self.fills.take().await;
        for window in self.performer.look(|engine| engine.windows_to_fill()) {
            while let Some(step) = self.performer.look(|engine| engine.next_step(window)) {
                let Ok(Found::Filled(placed)) = self.insist(Errand::Fill(window, step.clone())).await else {
                    break;
                };
                if self.given_up.get() {
                    // Another writer does it again, and finds what was made.
                    return;
                }
                self.performer
                    .with(|engine, _| engine.step_done(window, &step, placed));
                if self.on_disk().await.is_err() {
                    return;
                }
            }
            // Without it the next event is soon enough.
            let _ = self.hands.run(Errand::LookSoon(window)).await;
        }
    }
}
