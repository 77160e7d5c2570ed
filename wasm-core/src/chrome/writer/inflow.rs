//! What others did flows into the windows of shared spaces, turn by turn.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::{Sight, Writer};
use crate::chrome::errand::{Errand, Found};
use crate::library::engine::Engine;

impl Writer {
    /// Begins to change the windows that lack something of what others did, if there are any.
    pub(super) fn change_soon(self: &Rc<Self>) {
        let is_any = self
            .performer
            .with(|engine, _| !engine.windows_to_change().is_empty());
        if is_any && !self.changing.replace(true) {
            let writer = Rc::clone(self);
            spawn_local(async move {
                writer.change_windows().await;
                writer.changing.set(false);
            });
        }
    }

    async fn change_windows(self: &Rc<Self>) {
        let _turn = self.fills.take().await;
        for window in self.performer.with(|engine, _| engine.windows_to_change()) {
            // What the person did until now comes first.
            match self.hands.run(Errand::LookAt(window)).await {
                Ok(Found::Window(Some(seen))) => self.saw(Sight::Window(window, seen)),
                _ => continue,
            }
            let begun = self
                .performer
                .with(|engine: &mut Engine, now| engine.begin_turn(now, window));
            let Some(turn) = begun else { continue };
            // It is written down before it is done.
            if self.on_disk().await.is_err() {
                return;
            }
            let Ok(Found::Changed(outcome)) = self.insist(Errand::Change(window, turn)).await else {
                return;
            };
            if self.given_up.get() {
                // Another writer does it again, and finds what was done.
                return;
            }
            self.performer
                .with(|engine, _| engine.turn_done(window, &outcome));
            // Without it the next event is soon enough.
            let _ = self.hands.run(Errand::LookSoon(window)).await;
            self.changed();
        }
    }
}
