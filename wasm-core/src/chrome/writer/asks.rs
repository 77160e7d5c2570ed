//! Answers to what pages ask.

use std::rc::Rc;

use protocol::op::StreamEnd;
use protocol::rest::{Credential, Invite, Joined, NewSpace};
use protocol::{Code, SpaceId};
use wasm_bindgen::prelude::*;

use super::{Sight, Writer, language, unexpected};
use crate::address;
use crate::ask::library::LibraryAsk;
use crate::ask::{Agreed, Answer, Ask, Problem};
use crate::browser::rest::{Rest, Trouble};
use crate::browser::{Failure, object};
use crate::chrome::errand::{Errand, Found};
use crate::language::{Key, fill};
use crate::library::engine::Engine;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Date)]
    type Moment;
    #[wasm_bindgen(constructor, js_class = "Date")]
    fn present() -> Moment;
    #[wasm_bindgen(method, js_name = toLocaleString)]
    fn written(this: &Moment, locale: &JsValue, options: &JsValue) -> String;

    #[wasm_bindgen(js_name = URL)]
    type Address;
    #[wasm_bindgen(constructor, catch, js_class = "URL")]
    fn parse(text: &str) -> Result<Address, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn origin(this: &Address) -> String;
}

/// The answer to saving a window.
const fn made(space: Option<SpaceId>, left_out: usize) -> Answer {
    match (space, left_out) {
        (Some(space), 0) => Answer::Space(space),
        _ => Answer::Lacking { space, left_out },
    }
}

impl Writer {
    /// Answers an ask. What it changed is on disk by then.
    pub(crate) async fn answer(self: &Rc<Self>, ask: Ask) -> Answer {
        let saves = matches!(
            ask,
            Ask::SaveWindow { .. } | Ask::Library(LibraryAsk::Save { .. })
        );
        let answer = self.answer_to(ask).await;
        let kept = self.on_disk().await.map_err(not_saved);
        self.settle().await;
        self.show.ask();
        if saves && answer.is_ok() && kept.is_ok() {
            // It is only a sign.
            let _ = self.hands.run(Errand::ShowSaved).await;
        }
        match (answer, kept) {
            (Err(problem), _) | (Ok(_), Err(problem)) => Answer::Problem(problem),
            (Ok(answer), Ok(())) => answer,
        }
    }

    async fn answer_to(self: &Rc<Self>, ask: Ask) -> Result<Answer, Problem> {
        let performer = &self.performer;
        match ask {
            Ask::SaveWindow { window, name } => self.save_window(window, name).await,
            Ask::KeepWindow { seen, name } => {
                let (space, left_out) = performer.with(|engine, now| engine.keep_earlier(now, seen, &name));
                Ok(made(space, left_out))
            }
            // The worker has the journal and the folder of the backups, and answers for them.
            Ask::Earlier | Ask::BringBack { .. } | Ask::Folder(_) => Err(not_saved(unexpected())),
            Ask::Restore(space) => self.restore(space).await,
            Ask::Close(space) => self.close(space).await,
            Ask::WhatIsShared(space) => performer
                .look(|engine| {
                    if engine.is_shared(engine.current(space)) {
                        return Some(Vec::new());
                    }
                    engine.what_is_shared(space)
                })
                .map(Answer::Visible)
                .ok_or(Problem::NoSuchSpace),
            Ask::Share {
                space,
                tabs,
                role,
                life_ms,
                your_name,
            } => {
                let shared = self.share(space, &tabs, your_name.trim()).await?;
                let made = self.rest().new_invite(shared, role, life_ms).await;
                let link = made.map_err(|trouble| self.problem(trouble))?.link;
                Ok(Answer::Link { space: shared, link })
            }
            Ask::Invites(space) => self.invites(space).await.map(Answer::Invites),
            Ask::Revoke { space, invite } => {
                let space = self.current(space);
                self.rest()
                    .revoke(space, invite)
                    .await
                    .map_err(|trouble| self.problem(trouble))?;
                self.invites(space).await.map(Answer::Invites)
            }
            Ask::Do { space, command } => {
                performer.with(|engine, now| engine.command(now, space, command));
                Ok(Answer::Done)
            }
            Ask::Forget(space) => {
                performer.with(|engine, now| engine.forget(now, space));
                Ok(Answer::Done)
            }
            Ask::StreamTab { chrome_tab, media_id } => {
                self.stream_tab(chrome_tab, media_id).await.map(Answer::Stream)
            }
            Ask::StopStream { stream, .. } => {
                self.end_stream(stream, StreamEnd::Stopped);
                Ok(Answer::Done)
            }
            Ask::GetReady(space) => {
                self.get_ready(space);
                Ok(Answer::Done)
            }
            Ask::SetRelay(relay) => self.set_relay(&relay).await,
            Ask::SetIgnored(ignored) => {
                performer.with(|engine, _| {
                    let settings = engine.settings().clone();
                    engine.set_settings(crate::library::settings::Settings { ignored, ..settings });
                });
                Ok(Answer::Done)
            }
            Ask::SetName(name) => self.set_name(&name).await,
            Ask::BringIn { space, copy_name } => Ok(Answer::BroughtIn(
                performer.with(|engine, now| engine.bring_in(now, &space, &copy_name)),
            )),
            Ask::BringRemoved(removed) => Ok(Answer::BroughtToBin(
                performer.with(|engine, now| engine.bring_removed(now, &removed)),
            )),
            Ask::Find { text, page } => Ok(self.find(&text, &page).await),
            Ask::OpenSaved { space, tab, window } => self.open_saved(space, tab, window).await,
            Ask::Offer { window, gone } => self.offer(window, &gone).await,
            Ask::Word { window, space, yes } => match space {
                Some(space) => self.take_word(window, space, yes).await,
                None => Err(not_saved(unexpected())),
            },
            Ask::Library(ask) => self.library_answer(ask).await.map(Answer::Library),
            Ask::Discard(keys) => {
                performer.with(|engine, _| engine.discard(&keys));
                Ok(Answer::Done)
            }
            Ask::Recovery(ask) => self.recovery_answer(ask).await.map(Answer::Recovery),
            Ask::Settings => Ok(performer.look(|engine| {
                let settings = engine.settings().clone();
                Answer::Settings {
                    relay: settings.relay,
                    ignored: settings.ignored,
                    your_name: settings.your_name,
                    lost: settings.lost,
                }
            })),
            Ask::LossIsRead => {
                performer.with(|engine, _| engine.loss_is_read());
                Ok(Answer::Done)
            }
            Ask::Projection => {
                // It is kept again, whatever became of the one that was kept. Where that is the same nobody notices.
                self.kept.borrow_mut().projection.clear();
                Ok(Answer::Projection(performer.look(|engine| engine.projection())))
            }
        }
    }

    pub(super) fn rest(&self) -> Rest {
        self.performer.rest()
    }

    pub(super) fn problem(&self, trouble: Trouble) -> Problem {
        problem_at(self.rest().relay(), trouble)
    }

    // --- windows ---

    async fn save_window(&self, window: i32, name: Option<String>) -> Result<Answer, Problem> {
        let found = self.hands.run(Errand::LookAt(window)).await.map_err(not_saved)?;
        let Found::Window(Some(seen)) = found else {
            return Err(Problem::Incognito);
        };
        let name = name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(name_of_now);
        let (space, left_out) = self.performer.with(|engine, now| {
            // One that is followed already is not saved anew.
            let is_new = engine.follows(window).is_none();
            let left_out = if is_new { engine.left_out_in(&seen) } else { 0 };
            (engine.save_window(now, window, seen, &name), left_out)
        });
        Ok(made(Some(space), left_out))
    }

    pub(super) async fn restore(self: &Rc<Self>, space: SpaceId) -> Result<Answer, Problem> {
        let _turn = self.restores.take().await;
        let (plan, window) = self.performer.look(|engine| {
            let window = engine
                .followed_windows()
                .into_iter()
                .find(|window| engine.follows(*window) == Some(space));
            (engine.tabs_to_restore(space), window)
        });
        let plan = plan.ok_or(Problem::NoSuchSpace)?;
        if let Some(window) = window
            && self.hands.run(Errand::Focus(window)).await == Ok(Found::Focused(true))
        {
            return Ok(Answer::Done);
        }
        let (first, skipped) = (plan.shown().cloned(), plan.skipped);
        self.open_for(space, first).await?;
        self.fill_soon();
        Ok(if skipped > 0 {
            Answer::Skipped(skipped)
        } else {
            Answer::Done
        })
    }

    // --- sharing ---

    /// Shares a space, if it is not yet. The id that it has then.
    async fn share(
        self: &Rc<Self>,
        space: SpaceId,
        agreed: &[Agreed],
        name: &str,
    ) -> Result<SpaceId, Problem> {
        protocol::op::person_name(name).map_err(|code| Problem::Refused(code.into()))?;
        self.become_known(name).await?;
        // What is left out of the space has to be in its window by then.
        self.fill_windows().await;
        let filling = |engine: &mut Engine| {
            engine
                .window_of(space)
                .is_some_and(|window| engine.windows_to_fill().contains(&window))
        };
        if self.performer.look(filling) {
            return Err(not_saved(Failure("the window is still being filled".to_owned())));
        }
        self.look_again(space).await;
        let prepare = || {
            self.performer
                .with(|engine, _| engine.prepare_share(space, agreed))
        };
        let Some(new) = prepare() else {
            let space = self.current(space);
            return if self.performer.look(|engine| engine.is_shared(space)) {
                Ok(space)
            } else {
                Err(Problem::NoSuchSpace)
            };
        };
        let mut joined = self.begin_on_relay(&new, name).await?;
        if matches!(&joined, Err(Trouble::Refused(refusal)) if refusal.code == Code::OpConflict) {
            self.performer.with(|engine, _| engine.drop_share(space));
            let new = prepare().ok_or(Problem::NoSuchSpace)?;
            joined = self.begin_on_relay(&new, name).await?;
        }
        let joined = joined.map_err(|trouble| self.problem(trouble))?;
        let name_of_rest = |name: &str| fill(language().text(Key::NameOfRest), &[("space", name)]);
        self.performer
            .with(|engine, now| engine.shared(now, space, &joined, name_of_rest));
        // Unless the person deleted it meanwhile.
        if self.performer.look(|engine| engine.is_shared(joined.space)) {
            Ok(joined.space)
        } else {
            Err(Problem::NoSuchSpace)
        }
    }

    /// What the window shows is known as of now: a tab that went elsewhere since the person saw the list stays here.
    pub(super) async fn look_again(self: &Rc<Self>, space: SpaceId) {
        let window = self.performer.look(|engine| engine.window_of(space));
        if let Some(window) = window
            && let Ok(Found::Window(Some(seen))) = self.hands.run(Errand::LookAt(window)).await
        {
            self.saw(Sight::Window(window, seen));
        }
    }

    /// Begins the space on the relay.
    async fn begin_on_relay(&self, new: &NewSpace, name: &str) -> Result<Result<Joined, Trouble>, Problem> {
        // The id is on disk before the relay hears of it: a share that is cut short goes on with it.
        self.on_disk().await.map_err(not_saved)?;
        match self.rest().new_space(new).await {
            Err(Trouble::Refused(refusal)) if refusal.code == Code::Unauthenticated => {
                // A relay with another database than the one that gave the credential.
                self.become_guest(name).await?;
                Ok(self.rest().new_space(new).await)
            }
            answer => Ok(answer),
        }
    }

    /// A page may still know a space by the id that it had before it was shared.
    fn current(&self, space: SpaceId) -> SpaceId {
        self.performer.look(|engine| engine.current(space))
    }

    async fn invites(&self, space: SpaceId) -> Result<Vec<Invite>, Problem> {
        let space = self.current(space);
        if !self.performer.look(|engine| engine.is_shared(space)) {
            return Ok(Vec::new());
        }
        let listed = self
            .rest()
            .invites(space)
            .await
            .map_err(|trouble| self.problem(trouble))?;
        Ok(listed.invites)
    }

    // --- who this is ---

    /// The relay knows this person, by this name.
    async fn become_known(&self, name: &str) -> Result<(), Problem> {
        let (known, same) = self.performer.look(|engine| {
            let settings = engine.settings();
            (settings.token().is_some(), settings.your_name == name)
        });
        match (known, same) {
            (true, true) => Ok(()),
            (true, false) => self.set_name(name).await.map(drop),
            (false, _) => self.become_guest(name).await,
        }
    }

    async fn become_guest(&self, name: &str) -> Result<(), Problem> {
        let relay = self.rest().relay().to_owned();
        let me = Rest::with_token(&relay, None)
            .new_guest(name, Credential::Token)
            .await;
        let me = me.map_err(|trouble| self.problem(trouble))?;
        let token = me
            .token
            .ok_or_else(|| Problem::NotARelay { relay: relay.clone() })?;
        self.performer.with(|engine, _| {
            let mut settings = engine.settings().clone();
            settings.tokens.insert(relay, token);
            name.clone_into(&mut settings.your_name);
            engine.set_settings(settings);
        });
        self.on_disk().await.map_err(not_saved)
    }

    async fn set_name(&self, name: &str) -> Result<Answer, Problem> {
        let name = name.trim();
        protocol::op::person_name(name).map_err(|code| Problem::Refused(code.into()))?;
        let known = self.performer.with(|engine, _| {
            let mut settings = engine.settings().clone();
            name.clone_into(&mut settings.your_name);
            engine.set_settings(settings);
            engine.settings().token().is_some()
        });
        if known {
            match self.rest().rename(name).await {
                // That relay forgot this person; the next share makes them known again.
                Err(Trouble::Refused(refusal)) if refusal.code == Code::Unauthenticated => {}
                answer => drop(answer.map_err(|trouble| self.problem(trouble))?),
            }
        }
        Ok(Answer::Done)
    }

    async fn set_relay(&self, typed: &str) -> Result<Answer, Problem> {
        let relay = relay_address(typed).ok_or_else(|| Problem::NotARelay {
            relay: typed.trim().to_owned(),
        })?;
        self.performer.look(|engine| engine.may_set_relay(&relay))?;
        let found = Rest::with_token(&relay, None).check().await;
        found.map_err(|trouble| problem_at(&relay, trouble))?;
        self.performer
            .with(|engine, _| engine.set_relay(relay))
            .map(|()| Answer::Done)
    }
}

fn problem_at(relay: &str, trouble: Trouble) -> Problem {
    let relay = relay.to_owned();
    match trouble {
        Trouble::Refused(refusal) => Problem::Refused(refusal),
        Trouble::Away => Problem::RelayAway { relay },
        Trouble::NotARelay => Problem::NotARelay { relay },
    }
}

pub(super) fn not_saved(failure: Failure) -> Problem {
    Problem::NotSaved(failure.0)
}

/// A relay's address as people type it, as browsers write it.
fn relay_address(typed: &str) -> Option<String> {
    let origin = Address::parse(&address::of_relay(typed)).ok()?.origin();
    origin.starts_with("http").then_some(origin)
}

/// A name for a space that was not given one.
pub(super) fn name_of_now() -> String {
    let options = object([
        ("day", "numeric".into()),
        ("month", "short".into()),
        ("hour", "2-digit".into()),
        ("minute", "2-digit".into()),
    ]);
    Moment::present().written(&JsValue::UNDEFINED, &options)
}
