//! What the side panel shows, and how it changes.

use std::rc::Rc;

use protocol::SpaceId;
use yew::prelude::*;

use crate::ui::parts::Said;
use crate::ui::space::draft::Drafts;
use crate::view::{Projection, SpaceSummary};

/// Which space is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The one that follows this window.
    Window,
    /// This one.
    Space(SpaceId),
    /// None: the list of all.
    List,
}

/// What stands over the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Sharing and its links.
    Share,
    /// The members.
    Members,
    /// What becomes of what others do.
    Inflow,
    /// Another name.
    Rename,
    /// Whether it shall really be left or deleted.
    End,
}

/// The panel's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Which space.
    pub chosen: Chosen,
    /// Chrome's id of the window; `None` while it is asked for.
    pub window: Option<i32>,
    /// Everything in short; `None` while it is read.
    pub projection: Option<Projection>,
    /// What stands over it.
    pub over: Option<Over>,
    /// Texts to put back into the composer.
    pub drafts: Drafts,
    /// What went wrong, in words.
    pub trouble: Option<String>,
    /// How it stands with a stream that was asked for here.
    pub starting: Starting,
    /// What was just done, and how it is taken back.
    pub said: Option<Said>,
}

/// How it stands with a stream that the panel was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starting {
    /// None was, or it runs.
    No,
    /// It is being started.
    Asked,
    /// Chrome wants a click on the extension's icon over this tab first; then it starts by itself.
    NeedsClick(i32),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "an input's name says it all")]
pub enum Input {
    WindowKnown(i32),
    ProjectionRead(Projection),
    Chose(Chosen),
    Opened(Over),
    Closed,
    Shared { before: SpaceId, now: SpaceId },
    Drafted(String),
    Taken(u32),
    WentWrong(Option<String>),
    Streams(Starting),
    Said(Option<Said>),
}

impl Panel {
    /// The panel as it opens.
    pub fn new(space: Option<SpaceId>) -> Self {
        Self {
            chosen: space.map_or(Chosen::Window, Chosen::Space),
            window: None,
            projection: None,
            over: None,
            drafts: Drafts::default(),
            trouble: None,
            starting: Starting::No,
            said: None,
        }
    }

    /// The space that is shown.
    pub fn space(&self) -> Option<SpaceId> {
        match self.chosen {
            Chosen::Space(space) => Some(space),
            Chosen::List => None,
            Chosen::Window => self.followed().map(|space| space.space),
        }
    }

    /// Whether this space is the one that follows the window the panel stands in: its tabs can be streamed here.
    pub fn follows_window(&self, space: SpaceId) -> bool {
        self.followed().is_some_and(|followed| followed.space == space)
    }

    fn followed(&self) -> Option<&SpaceSummary> {
        let window = self.window?;
        self.projection
            .as_ref()?
            .spaces
            .iter()
            .find(|space| space.window == Some(window))
    }

    /// Goes on with the id that sharing gave to the space. One that follows this window is found by that,
    /// whichever comes first: this answer or the projection.
    fn follow_shared(&mut self, before: SpaceId, now: SpaceId) {
        let lost = match self.chosen {
            Chosen::Space(space) => space == before,
            Chosen::Window => self.space().is_none_or(|space| space != before && space != now),
            Chosen::List => false,
        };
        if lost {
            self.chosen = Chosen::Space(now);
        }
    }

    /// Whether Chrome and the storage have answered.
    pub fn is_ready(&self) -> bool {
        self.window.is_some() && self.projection.is_some()
    }
}

impl Reducible for Panel {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::WindowKnown(window) => next.window = Some(window),
            Input::ProjectionRead(projection) => {
                // Sharing gives a space another id: the one that was shown is gone, the window's has come.
                if let Chosen::Space(space) = next.chosen
                    && next
                        .projection
                        .as_ref()
                        .is_some_and(|before| before.spaces.iter().any(|known| known.space == space))
                    && !projection.spaces.iter().any(|known| known.space == space)
                {
                    next.chosen = Chosen::Window;
                }
                next.projection = Some(projection);
            }
            Input::Chose(chosen) => {
                next.chosen = chosen;
                next.over = None;
                next.drafts = Drafts::default();
                next.trouble = None;
                next.starting = Starting::No;
            }
            Input::Opened(over) => next.over = Some(over),
            Input::Closed => next.over = None,
            Input::Shared { before, now } => next.follow_shared(before, now),
            Input::Drafted(text) => next.drafts.put(&text),
            Input::Taken(number) => next.drafts.take(number),
            Input::WentWrong(words) => {
                next.trouble = words;
                next.starting = Starting::No;
            }
            Input::Said(said) => next.said = said,
            Input::Streams(starting) => {
                next.starting = starting;
                next.trouble = None;
            }
        }
        Rc::new(next)
    }
}
