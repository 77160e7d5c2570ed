//! What the person is asked over a window: whether it is a space's, and what of the windows of before is wanted.

use std::rc::Rc;

use protocol::SpaceId;

use super::asks::not_saved;
use super::{Sight, Writer};
use crate::ask::{Answer, Problem};
use crate::chrome::errand::{Errand, Found};
use crate::library::follow::WindowSeen;

impl Writer {
    /// What is to be asked over a window. `gone` was open when the browser ended, and is not.
    pub(super) async fn offer(self: &Rc<Self>, window: i32, gone: &[WindowSeen]) -> Result<Answer, Problem> {
        // One that cannot be looked at is no question; what is gone still is.
        if let Ok(Found::Window(Some(seen))) = self.hands.run(Errand::LookAt(window)).await {
            self.saw(Sight::Unfollowed(window, seen.clone()));
            if let Some(space) = self.performer.look(|engine| engine.may_be(window, &seen)) {
                return Ok(Answer::Space(space));
            }
        }
        Ok(match self.performer.look(|engine| engine.unsaved(gone)) {
            0 => Answer::Done,
            left_out => Answer::Lacking {
                space: None,
                left_out,
            },
        })
    }

    /// The person said whether a window is a space's.
    pub(super) async fn take_word(
        self: &Rc<Self>,
        window: i32,
        space: SpaceId,
        yes: bool,
    ) -> Result<Answer, Problem> {
        let found = self.hands.run(Errand::LookAt(window)).await.map_err(not_saved)?;
        let Found::Window(Some(seen)) = found else {
            return Err(Problem::NothingToSave);
        };
        let follows = self.performer.with(|engine, now| {
            engine.said(now, window, &seen, space, yes);
            // It may have been recognised meanwhile.
            engine.follows(window) == Some(engine.current(space))
        });
        if follows {
            self.fill_soon();
        }
        if yes && !follows {
            return Err(Problem::NoSuchSpace);
        }
        Ok(Answer::Done)
    }
}
