//! What stands behind a page: who shows a space, makes links, answers asks.
//!
//! - [`SpaceSource`]: one space on the screen. In the extension the writer, over a port; on the web page the
//!   session in the same process; in the gallery a fixed sample.
//! - [`Links`]: sharing and its links. In the extension the writer, on the web page the relay's REST calls.
//! - [`ask`]: the extension's writer.

#[cfg(not(feature = "popup"))]
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use protocol::rest::Invite;
use protocol::{InviteId, Role, SpaceId, StreamId};
use web_sys::MediaStream;
use yew::prelude::*;

use crate::ask::{Agreed, Answer, Ask, Problem, Visible};
use crate::command::Command;
use crate::language::Key;
use crate::statistics::Reading;
use crate::ui::{chrome_page, say};
use crate::view::{SpaceView, TabView};

/// A future of this page.
pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// It was refused, for a known reason.
    Problem(Problem),
    /// The extension's worker did not answer.
    NoAnswer,
}

impl Trouble {
    /// For people.
    pub fn words(&self) -> String {
        match self {
            Self::Problem(problem) => say::problem(problem),
            Self::NoAnswer => say::say(Key::NoAnswer).to_owned(),
        }
    }
}

/// Stops a subscription when it is dropped.
pub struct Subscription(Option<Box<dyn FnOnce()>>);

impl Subscription {
    /// Calls this when it is dropped.
    pub fn new(stop: impl FnOnce() + 'static) -> Self {
        Self(Some(Box::new(stop)))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(stop) = self.0.take() {
            stop();
        }
    }
}

/// One space on the screen.
pub trait SpaceSource {
    /// The space as it is now; `None` before anything is known, or when it is not here.
    fn view(&self) -> Option<Rc<SpaceView>>;
    /// Whether nothing will come any more: the space is not here.
    fn is_gone(&self) -> bool;
    /// A wish of the person.
    fn command(&self, command: Command);
    /// The picture and sound of a stream, on a page that can play it.
    fn media(&self, stream: StreamId) -> Option<MediaStream>;
    /// What was counted until now of a stream's media, one reading for each peer.
    fn readings(&self, stream: StreamId) -> Later<Vec<Reading>>;
    /// What goes out of a stream of this device now and then, as the address of a small picture.
    fn thumbnail(&self, stream: StreamId) -> Option<Rc<str>>;
    /// Whether streams play on this page.
    fn plays(&self) -> bool;
    /// The address of a tab's favicon.
    fn favicon(&self, tab: &TabView) -> Option<String>;
    /// Calls back whenever [`SpaceSource::view`] [`SpaceSource::media`] or [`SpaceSource::thumbnail`] changed.
    fn subscribe(&self, on_change: Callback<()>) -> Subscription;
}

/// The source of the space on the screen, as components get it by context.
#[derive(Clone)]
pub struct Source(pub Rc<dyn SpaceSource>);

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Source {
    /// A callback that says one wish.
    pub fn wish(&self, command: Command) {
        self.0.command(command);
    }
}

/// What a link shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkWish {
    /// The tabs that were shown and ticked; only before the space is shared.
    pub tabs: Vec<Agreed>,
    /// What guests may do.
    pub role: Role,
    /// How long it is good for, in milliseconds.
    pub life_ms: i64,
    /// The name others see.
    pub your_name: String,
}

/// Sharing, and the links of a space.
pub trait Links {
    /// What would become visible; empty where that is not asked (the space is shared).
    fn visible(&self) -> Later<Result<Vec<Visible>, Trouble>>;
    /// Makes a link. The space's id may be another one afterwards.
    fn make(&self, wish: LinkWish) -> Later<Result<(SpaceId, String), Trouble>>;
    /// The links that are good.
    fn list(&self) -> Later<Result<Vec<Invite>, Trouble>>;
    /// Revokes one; those that are left.
    fn revoke(&self, invite: InviteId) -> Later<Result<Vec<Invite>, Trouble>>;
}

/// [`Links`] as components get it.
#[derive(Clone)]
pub struct LinkMaker(pub Rc<dyn Links>);

impl PartialEq for LinkMaker {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Asks the extension's writer.
///
/// # Errors
/// [`Answer::Problem`] as [`Trouble::Problem`], or [`Trouble::NoAnswer`].
pub async fn ask(ask: Ask) -> Result<Answer, Trouble> {
    let text = serde_json::to_string(&ask).map_err(|_| Trouble::NoAnswer)?;
    let answer = chrome_page::text_of_writer(&text).await;
    // Whole libraries come this way: they are not made into a value first.
    checked(answer.and_then(|answer| serde_json::from_str(&answer).ok()))
}

/// Has everything in this browser forgotten.
///
/// # Errors
/// When the browser's storage fails, or nobody answers.
pub async fn erase_everything() -> Result<(), Trouble> {
    let answer = chrome_page::erase_everything().await;
    checked(answer.and_then(|answer| serde_json::from_value(answer).ok())).map(drop)
}

fn checked(answer: Option<Answer>) -> Result<Answer, Trouble> {
    match answer {
        Some(Answer::Problem(problem)) => Err(Trouble::Problem(problem)),
        Some(answer) => Ok(answer),
        None => Err(Trouble::NoAnswer),
    }
}

/// [`Links`] of a space of this browser, by way of the writer.
#[cfg(not(feature = "popup"))]
pub struct WriterLinks {
    /// The space; sharing gives it another id.
    space: Rc<Cell<SpaceId>>,
    /// Whether it is shared already.
    shared: Rc<Cell<bool>>,
}

#[cfg(not(feature = "popup"))]
impl WriterLinks {
    /// For this space.
    pub fn new(space: SpaceId, shared: bool) -> Self {
        Self {
            space: Rc::new(Cell::new(space)),
            shared: Rc::new(Cell::new(shared)),
        }
    }
}

#[cfg(not(feature = "popup"))]
async fn invites(wish: Ask) -> Result<Vec<Invite>, Trouble> {
    match ask(wish).await? {
        Answer::Invites(invites) => Ok(invites),
        _ => Err(Trouble::NoAnswer),
    }
}

#[cfg(not(feature = "popup"))]
impl Links for WriterLinks {
    fn visible(&self) -> Later<Result<Vec<Visible>, Trouble>> {
        let (space, shared) = (self.space.get(), self.shared.get());
        Box::pin(async move {
            if shared {
                return Ok(Vec::new());
            }
            match ask(Ask::WhatIsShared(space)).await? {
                Answer::Visible(visible) => Ok(visible),
                _ => Err(Trouble::NoAnswer),
            }
        })
    }

    fn make(&self, wish: LinkWish) -> Later<Result<(SpaceId, String), Trouble>> {
        let (id, shared) = (self.space.clone(), self.shared.clone());
        Box::pin(async move {
            let LinkWish {
                tabs,
                role,
                life_ms,
                your_name,
            } = wish;
            match ask(Ask::Share {
                space: id.get(),
                tabs,
                role,
                life_ms,
                your_name,
            })
            .await?
            {
                Answer::Link { space, link } => {
                    id.set(space);
                    shared.set(true);
                    Ok((space, link))
                }
                _ => Err(Trouble::NoAnswer),
            }
        })
    }

    fn list(&self) -> Later<Result<Vec<Invite>, Trouble>> {
        let (space, shared) = (self.space.get(), self.shared.get());
        Box::pin(async move {
            if shared {
                invites(Ask::Invites(space)).await
            } else {
                Ok(Vec::new())
            }
        })
    }

    fn revoke(&self, invite: InviteId) -> Later<Result<Vec<Invite>, Trouble>> {
        Box::pin(invites(Ask::Revoke {
            space: self.space.get(),
            invite,
        }))
    }
}
