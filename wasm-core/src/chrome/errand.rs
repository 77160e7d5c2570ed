//! What the writer needs of Chrome, as data: the service worker does it itself, the offscreen document sends
//! it to the worker.

use std::future::Future;
use std::pin::Pin;

use protocol::Millis;
use serde::{Deserialize, Serialize};

use super::badge::Sign;
use super::capture::Permit;
use super::tabs::TabNow;
use super::windows::Opened;
use crate::browser::Failure;
use crate::library::engine::{Placed, RestoreTab, Step};
use crate::library::follow::WindowSeen;
use crate::library::inflow::{Outcome, Turn};

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Errand {
    /// Which windows are there? [`Found::Windows`].
    ListWindows,
    /// Look at a window. [`Found::Window`].
    LookAt(i32),
    /// Bring a window to the front. [`Found::Focused`].
    Focus(i32),
    /// Open a window with the first tab of a space, or without. [`Found::Opened`].
    Open(Option<RestoreTab>),
    /// Pin and mute a tab as the space's is. [`Found::Done`].
    Dress(i32, RestoreTab),
    /// Do a step of filling a window. [`Found::Filled`].
    Fill(i32, Step),
    /// Bring a tab to the front, with its window. [`Found::Done`].
    ShowTab(i32),
    /// Close tabs; those that are gone are passed over. [`Found::Done`].
    CloseTabs(Vec<i32>),
    /// Close a window that nothing follows any more, without leaving groups behind. [`Found::Done`].
    CloseWindow(i32),
    /// Keep in the journal what is in a window. [`Found::Done`].
    Note(i32),
    /// Do in a window what others did in its space. [`Found::Changed`].
    Change(i32, Turn),
    /// Find a tab. [`Found::Tab`].
    FindTab(i32),
    /// Ask for the right to capture a tab. [`Found::Permit`].
    PermitCapture(i32),
    /// Which projection is kept? [`Found::Projection`].
    FindProjection,
    /// Keep the projection, a JSON text. [`Found::Done`].
    KeepProjection(String),
    /// Look at a window a little later, as if something had happened there. [`Found::Done`].
    LookSoon(i32),
    /// Which ids did Chrome give to tabs that had others? [`Found::Replaced`].
    ListReplaced,
    /// Keep which windows are followed and whether something waits for the relay. [`Found::Done`].
    KeepFollowed {
        /// Chrome's ids.
        windows: Vec<i32>,
        /// Whether something waits for the relay.
        unsent: bool,
    },
    /// Keep until when windows that nobody follows are to be shown to the writer: a space waits for one of them.
    /// [`Found::Done`].
    KeepAwaited(Option<Millis>),
    /// Keep which of Chrome's tabs are streamed, to tell where they go. [`Found::Done`].
    KeepStreamed(Vec<i32>),
    /// Show this on the icon. [`Found::Done`].
    ShowSign(Sign),
    /// Show on the icon, for a moment, that a window was saved. [`Found::Done`].
    ShowSaved,
    /// Stay awake a little longer. [`Found::Done`].
    StayAwake,
    /// The offscreen document is not needed any more. [`Found::Done`], if it is still there to hear it.
    NotNeeded,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Found {
    /// It is done.
    Done,
    /// The windows.
    Windows(Vec<i32>),
    /// The window; `None` when it is gone.
    Window(Option<WindowSeen>),
    /// Whether there was such a window.
    Focused(bool),
    /// The old and the new id of each, in order.
    Replaced(Vec<(i32, i32)>),
    /// The new window.
    Opened(Opened),
    /// What was made.
    Filled(Placed),
    /// What came of it.
    Changed(Outcome),
    /// The tab; `None` when it is gone.
    Tab(Option<TabNow>),
    /// The projection that is kept, a JSON text.
    Projection(Option<String>),
    /// The right to capture, or not.
    Permit(Permit),
}

/// An errand that is under way.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Found, Failure>>>>;

/// Who does errands.
pub(crate) trait Hands {
    /// Does one.
    fn run(&self, errand: Errand) -> Running;
}
