//! Streaming a tab of this browser, and watching where it goes: what may not be seen does not go out.

use std::rc::Rc;

use protocol::op::{StreamEnd, is_web_address};
use protocol::{SpaceId, StreamId, TabId};
use wasm_bindgen_futures::spawn_local;

use super::{Writer, language, unexpected};
use crate::ask::Problem;
use crate::browser::Failure;
use crate::browser::capture::{Capture, Subject};
use crate::browser::performer::Reach;
use crate::chrome::capture::Permit;
use crate::chrome::errand::{Errand, Found};
use crate::chrome::tabs::TabNow;
use crate::language::Key;
use crate::library::engine::Showing;
use crate::library::follow::{WindowSeen, clean_title};

/// Pages that Chrome captures for nobody.
const NEVER_CAPTURED: [&str; 2] = [
    "https://chromewebstore.google.com/",
    "https://chrome.google.com/webstore",
];

/// A tab whose stream is being started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Starting {
    space: SpaceId,
    tab: i32,
    /// It went where it may not be seen.
    hidden: bool,
}

impl Starting {
    pub(super) fn replaced(&mut self, old: i32, new: i32) {
        if self.tab == old {
            self.tab = new;
        }
    }
}

impl Writer {
    /// Makes peers ready for a stream that may start.
    pub(super) fn get_ready(&self, space: SpaceId) {
        if self.reach == Reach::Live {
            self.performer.with(|engine, now| {
                if engine.is_shared(space) {
                    engine.session().get_ready(now, space);
                }
            });
        }
    }

    /// Streams a Chrome tab into the space that follows its window.
    pub(super) async fn stream_tab(
        self: &Rc<Self>,
        chrome_tab: i32,
        media_id: Option<String>,
    ) -> Result<StreamId, Problem> {
        let _turn = self.starting.take().await;
        let running = self.performer.look(|engine| engine.streams_of(chrome_tab));
        if let Some((_, stream)) = running.first() {
            return Ok(*stream);
        }
        let tab = self.find_tab(chrome_tab).await?;
        let (space, space_tab) = self.may_stream(chrome_tab, &tab)?;

        let stream = self
            .performer
            .with(|engine, now| engine.session().get_ready(now, space));
        let subject = self.subject(chrome_tab, media_id).await?;
        let started = match subject {
            Subject::Tab(_) => {
                self.started.replace(Some(Starting {
                    space,
                    tab: chrome_tab,
                    hidden: false,
                }));
                let started = self.start_tab(space, space_tab, stream, &subject).await;
                self.started.take();
                started
            }
            Subject::Picked => self.start_picked(space, stream, &subject).await,
        };
        self.changed();
        started.map(|()| stream)
    }

    async fn start_tab(
        self: &Rc<Self>,
        space: SpaceId,
        space_tab: Option<TabId>,
        stream: StreamId,
        subject: &Subject,
    ) -> Result<(), Problem> {
        // The worker tells from now on where the tab goes; only then it is looked at whether it may be seen.
        let tabs = self.streamed_tabs();
        self.kept.borrow_mut().streamed = Some(tabs.clone());
        self.insist(Errand::KeepStreamed(tabs)).await.map_err(failed)?;
        let capture = self.capture(stream, subject).await?;
        let chrome_tab = self.starting_tab().ok_or_else(|| failed(unexpected()))?.tab;
        let tab = self.find_tab(chrome_tab).await?;
        let starting = self.starting_tab().ok_or_else(|| failed(unexpected()))?;
        let showing = self
            .performer
            .look(|engine| engine.showing(space, starting.tab, &tab.url, tab.going.as_deref()));
        if starting.hidden || showing != Showing::Show {
            return Err(if is_web_address(&tab.url) {
                Problem::TabKeptOut
            } else {
                Problem::NotCapturable
            });
        }
        self.publish(
            space,
            stream,
            capture,
            space_tab,
            clean_title(&tab.title),
            Some(starting.tab),
        )
    }

    /// What was picked is not known to be any tab: nothing is said of one.
    async fn start_picked(
        self: &Rc<Self>,
        space: SpaceId,
        stream: StreamId,
        subject: &Subject,
    ) -> Result<(), Problem> {
        let capture = self.capture(stream, subject).await?;
        let title = capture
            .label()
            .unwrap_or_else(|| language().text(Key::PickedForStream).to_owned());
        self.publish(space, stream, capture, None, clean_title(&title), None)
    }

    fn publish(
        &self,
        space: SpaceId,
        stream: StreamId,
        capture: Capture,
        space_tab: Option<TabId>,
        title: String,
        chrome_tab: Option<i32>,
    ) -> Result<(), Problem> {
        self.performer.attach(stream, capture.stream());
        let audio = capture.has_audio();
        let started = self.performer.with(|engine, now| {
            if let Some(chrome_tab) = chrome_tab {
                engine.streams_tab(stream, chrome_tab);
            }
            engine
                .session()
                .start_stream(now, space, stream, space_tab, title, audio)
        });
        started.map_err(|code| Problem::Refused(code.into()))?;
        self.captures.borrow_mut().insert(stream, capture);
        Ok(())
    }

    async fn capture(self: &Rc<Self>, stream: StreamId, subject: &Subject) -> Result<Capture, Problem> {
        let weak = Rc::downgrade(self);
        let ended = move || {
            if let Some(writer) = weak.upgrade() {
                spawn_local(async move { writer.capture_ended(stream).await });
            }
        };
        Capture::start(subject, ended).await.map_err(failed)
    }

    fn starting_tab(&self) -> Option<Starting> {
        *self.started.borrow()
    }

    async fn find_tab(&self, chrome_tab: i32) -> Result<TabNow, Problem> {
        match self.hands.run(Errand::FindTab(chrome_tab)).await {
            Ok(Found::Tab(tab)) => tab.ok_or(Problem::NotCapturable),
            Ok(_) => Err(failed(unexpected())),
            Err(failure) => Err(failed(failure)),
        }
    }

    fn may_stream(&self, chrome_tab: i32, tab: &TabNow) -> Result<(SpaceId, Option<TabId>), Problem> {
        if tab.incognito {
            return Err(Problem::Incognito);
        }
        if !is_web_address(&tab.url) || NEVER_CAPTURED.iter().any(|start| tab.url.starts_with(start)) {
            return Err(Problem::NotCapturable);
        }
        if self.reach != Reach::Live {
            return Err(Problem::NotShared);
        }
        self.performer.look(|engine| {
            let found = engine
                .space_tab(tab.window, chrome_tab)
                .filter(|(space, _)| engine.is_shared(*space));
            let found = found.ok_or(Problem::NotShared)?;
            if engine.may_stream(tab.window, chrome_tab, &tab.url) {
                Ok(found)
            } else {
                Err(Problem::TabKeptOut)
            }
        })
    }

    async fn subject(&self, chrome_tab: i32, media_id: Option<String>) -> Result<Subject, Problem> {
        let permit = match media_id {
            Some(media_id) => Permit::MediaId(media_id),
            None => match self
                .hands
                .run(Errand::PermitCapture(chrome_tab))
                .await
                .map_err(failed)?
            {
                Found::Permit(permit) => permit,
                _ => return Err(failed(unexpected())),
            },
        };
        match permit {
            Permit::MediaId(media_id) => Ok(Subject::Tab(media_id)),
            Permit::NotPermitted => Ok(Subject::Picked),
            Permit::NeedsClick => Err(Problem::NeedsClick),
            Permit::Failed(words) => Err(Problem::CaptureFailed(words)),
        }
    }

    /// A capture ended by itself.
    async fn capture_ended(self: &Rc<Self>, stream: StreamId) {
        let shown = self.performer.look(|engine| engine.streamed_tabs());
        let chrome_tab = shown.into_iter().find(|(_, other, _)| *other == stream);
        let reason = match chrome_tab {
            Some((_, _, tab)) if self.hands.run(Errand::FindTab(tab)).await == Ok(Found::Tab(None)) => {
                StreamEnd::TabClosed
            }
            _ => StreamEnd::Stopped,
        };
        self.end_stream(stream, reason);
    }

    // --- where streamed tabs go ---

    /// Chrome's tabs that are streamed, or are about to be.
    pub(super) fn streamed_tabs(&self) -> Vec<i32> {
        let streamed = self.performer.look(|engine| engine.streamed_tabs());
        let mut tabs: Vec<i32> = streamed.into_iter().map(|(_, _, tab)| tab).collect();
        tabs.extend(self.starting_tab().map(|starting| starting.tab));
        tabs.sort_unstable();
        tabs.dedup();
        tabs
    }

    /// A streamed tab is there, or about to go there: what may not be seen is held back or ended at once.
    pub(super) fn streamed_tab_is_at(self: &Rc<Self>, chrome_tab: i32, url: &str, going: Option<&str>) {
        let streams: Vec<(StreamId, Showing)> = self.performer.look(|engine| {
            let mut starting = self.started.borrow_mut();
            if let Some(starting) = starting.as_mut().filter(|starting| starting.tab == chrome_tab) {
                starting.hidden = engine.showing(starting.space, chrome_tab, url, going) != Showing::Show;
            }
            let streams = engine.streams_of(chrome_tab).into_iter();
            streams
                .map(|(space, stream)| (stream, engine.showing(space, chrome_tab, url, going)))
                .collect()
        });
        for (stream, showing) in streams {
            let hold = match showing {
                Showing::Show => false,
                Showing::Hold => true,
                Showing::Undecided => continue,
                Showing::End => {
                    self.end_stream(stream, StreamEnd::Stopped);
                    continue;
                }
            };
            if let Some(capture) = self.captures.borrow().get(&stream) {
                capture.hide(hold);
            }
            if hold {
                self.check_again.ask();
            }
        }
    }

    /// Looks at all streamed tabs.
    pub(super) async fn check_streams(self: &Rc<Self>) {
        for (_, stream, tab) in self.performer.look(|engine| engine.streamed_tabs()) {
            match self.hands.run(Errand::FindTab(tab)).await {
                Ok(Found::Tab(Some(now))) => {
                    self.streamed_tab_is_at(tab, &now.url, now.going.as_deref());
                }
                // A tab that is gone ends its own capture.
                Ok(_) => {}
                Err(_) => {
                    // Nobody knows where it is: it is not shown before somebody does.
                    if let Some(capture) = self.captures.borrow().get(&stream) {
                        capture.hide(true);
                    }
                    self.check_again.ask();
                }
            }
        }
    }

    /// The same from a look at a window, which may be a little late: it only ends.
    pub(super) fn end_what_may_not_be_seen(self: &Rc<Self>, seen: &WindowSeen) {
        let over: Vec<StreamId> = self.performer.look(|engine| {
            let streamed = engine.streamed_tabs().into_iter();
            let hidden = streamed.filter(|(space, _, chrome_tab)| {
                let tab = seen.tabs.iter().find(|tab| tab.id == *chrome_tab);
                tab.is_some_and(|tab| engine.showing(*space, tab.id, &tab.url, None) == Showing::End)
            });
            hidden.map(|(_, stream, _)| stream).collect()
        });
        for stream in over {
            self.end_stream(stream, StreamEnd::Stopped);
        }
    }
}

fn failed(failure: Failure) -> Problem {
    Problem::CaptureFailed(failure.0)
}
