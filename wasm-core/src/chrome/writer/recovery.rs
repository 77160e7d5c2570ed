//! Answers to what the options ask of the recovery key.

use std::rc::Rc;

use protocol::recovery::RecoveryKey;
use protocol::{Code, Refusal};

use super::Writer;
use super::asks::not_saved;
use crate::ask::Problem;
use crate::ask::recovery::{RecoveryAsk, RecoveryState};
use crate::browser::rest::Trouble;

impl Writer {
    /// Answers an ask.
    pub(super) async fn recovery_answer(self: &Rc<Self>, ask: RecoveryAsk) -> Result<RecoveryState, Problem> {
        match ask {
            RecoveryAsk::State => self.recovery_state().await,
            RecoveryAsk::Make => {
                let made = self.rest().make_recovery().await;
                let made = made.map_err(|trouble| self.problem(trouble))?;
                Ok(RecoveryState {
                    known: true,
                    made: Some(made.made),
                    key: Some(made.key),
                    ..RecoveryState::default()
                })
            }
            RecoveryAsk::Revoke => {
                let revoked = self.rest().revoke_recovery().await;
                revoked.map_err(|trouble| self.problem(trouble))?;
                self.recovery_state().await
            }
            RecoveryAsk::SignOutOthers => {
                let done = self.rest().sign_out_others().await;
                done.map_err(|trouble| self.problem(trouble))?;
                Ok(RecoveryState {
                    alone: true,
                    ..self.recovery_state().await?
                })
            }
            RecoveryAsk::Fetch => self.fetched().await,
            RecoveryAsk::Use(typed) => self.use_key(&typed).await,
        }
    }

    fn is_somebody(&self) -> bool {
        self.performer.look(|engine| engine.settings().token().is_some())
    }

    async fn recovery_state(&self) -> Result<RecoveryState, Problem> {
        if !self.is_somebody() {
            return Ok(RecoveryState::default());
        }
        match self.rest().recovery().await {
            Ok(now) => Ok(RecoveryState {
                known: true,
                made: now.made,
                used: now.used,
                ..RecoveryState::default()
            }),
            // A relay of an earlier version, or one that forgot this person: nothing can be made there.
            Err(Trouble::Refused(Refusal {
                code: Code::NotFound | Code::Unauthenticated,
                ..
            })) => Ok(RecoveryState::default()),
            Err(trouble) => Err(self.problem(trouble)),
        }
    }

    async fn use_key(self: &Rc<Self>, typed: &str) -> Result<RecoveryState, Problem> {
        // Its ops are numbered as those of this device, which belongs to whom it is already.
        if self.is_somebody() {
            return Err(Problem::KnownAlready);
        }
        let bad = |_| Problem::Refused(Code::BadRecoveryKey.into());
        let key = typed.parse::<RecoveryKey>().map_err(bad)?;
        let me = self.rest().recover(&key).await;
        let me = me.map_err(|trouble| self.problem(trouble))?;
        self.performer.with(|engine, _| engine.recovered(&me));
        // Who this is is on disk before anything is fetched: what fails after that is fetched by asking again.
        self.on_disk().await.map_err(not_saved)?;
        self.fetched().await
    }

    async fn fetched(self: &Rc<Self>) -> Result<RecoveryState, Problem> {
        let came = self.fetch_spaces().await?;
        Ok(RecoveryState {
            came: Some(came),
            ..self.recovery_state().await?
        })
    }

    /// Takes in the shared spaces of this person that are not here; how many those are.
    async fn fetch_spaces(self: &Rc<Self>) -> Result<usize, Problem> {
        let rest = self.rest();
        let me = rest.me().await.map_err(|trouble| self.problem(trouble))?;
        let device = self.performer.look(|engine| engine.session().device());
        let mut came = 0;
        for mine in me.spaces {
            let found = rest.space_now(mine.space, device).await;
            let found = match found {
                Ok(found) => found,
                // Left or deleted meanwhile.
                Err(Trouble::Refused(_)) => continue,
                Err(trouble) => return Err(self.problem(trouble)),
            };
            let new = self
                .performer
                .with(|engine, now| engine.take_in(now, mine.space, &found));
            came += usize::from(new);
        }
        self.changed();
        Ok(came)
    }
}
