//! Answers to what the library's page asks.

use std::rc::Rc;

use protocol::{Seq, SpaceId, limits};

use super::Writer;
use super::asks::{name_of_now, not_saved};
use crate::ask::Problem;
use crate::ask::library::{LibraryAnswer, LibraryAsk, Target};
use crate::library::engine::{EVENTS, Kept};
use crate::library::history::Log;
use crate::library::past::log_of;
use crate::library::undo::Undo;

impl Writer {
    /// Answers an ask of the library's page.
    pub(super) async fn library_answer(self: &Rc<Self>, ask: LibraryAsk) -> Result<LibraryAnswer, Problem> {
        match ask {
            LibraryAsk::History { space, .. }
            | LibraryAsk::At { space, .. }
            | LibraryAsk::BringBack { space, .. } => {
                let log = self.log(space).await?;
                self.performer
                    .with(|engine, now| engine.of_the_past(now, &log, ask))
            }
            LibraryAsk::Move {
                from,
                tabs,
                to: Target::New(None),
                copy,
            } => {
                let to = Target::New(Some(name_of_now()));
                let ask = LibraryAsk::Move { from, tabs, to, copy };
                self.performer.with(|engine, now| engine.library(now, ask))
            }
            LibraryAsk::Save { what, to } => self.save(what, &to).await,
            LibraryAsk::Open { space, tabs, place } => self.open(space, tabs, place).await,
            LibraryAsk::Undo(mut undo) if undo.window.is_some() => {
                let window = undo.window.take();
                let again = if *undo == Undo::default() {
                    LibraryAnswer::Changed(undo)
                } else {
                    self.performer
                        .with(|engine, now| engine.library(now, LibraryAsk::Undo(undo)))?
                };
                let back = match window {
                    Some((window, seen)) => self.put_back(window, &seen).await?,
                    None => Undo::default(),
                };
                Ok(match again {
                    LibraryAnswer::Changed(mut again) => {
                        again.window = back.window;
                        LibraryAnswer::Changed(again)
                    }
                    again => again,
                })
            }
            ask => self.performer.with(|engine, now| engine.library(now, ask)),
        }
    }

    /// What there is of a space's log.
    async fn log(&self, space: SpaceId) -> Result<Log, Problem> {
        match self.performer.look(|engine| engine.log_is(space)) {
            None => Err(Problem::NoSuchSpace),
            Some(Kept::Here) => {
                self.on_disk().await.map_err(not_saved)?;
                let records = self.performer.store().load_log(space).await;
                // What is damaged is not shown; all else is.
                let (log, _damaged) = log_of(space, &records.map_err(not_saved)?);
                Ok(log)
            }
            Some(Kept::Relay(since)) => self.log_of_relay(space, since).await,
        }
    }

    async fn log_of_relay(&self, space: SpaceId, mut since: Seq) -> Result<Log, Problem> {
        let rest = self.rest();
        let mut log = Log::default();
        // Others may write meanwhile; a relay that never ends is not read to its end.
        for _ in 0..2 * EVENTS / limits::PAGE as u64 {
            let page = rest.events(space, since).await;
            let page = page.map_err(|trouble| self.problem(trouble))?;
            let Some(last) = page.events.last().map(|event| event.envelope.seq) else {
                break;
            };
            page.events.into_iter().for_each(|event| log.push(event));
            if last >= page.head {
                break;
            }
            since = last;
        }
        Ok(log)
    }
}
