//! Chrome, as the service worker and the offscreen document use it, and the [`writer`] that one of them runs.
//!
//! The bindings are typed and only what is needed; every call may fail, with Chrome's own words. In the
//! offscreen document Chrome offers nothing but `chrome.runtime`: what else the writer needs there it asks of
//! the worker, as an [`errand::Errand`].
//!
//! Start at [`writer`].

pub(crate) mod badge;
pub(crate) mod capture;
pub(crate) mod errand;
pub(crate) mod favicon;
pub(crate) mod journal;
pub(crate) mod menus;
pub(crate) mod offscreen;
pub(crate) mod omnibox;
pub(crate) mod runtime;
pub(crate) mod storage;
pub(crate) mod tabs;
pub(crate) mod wake;
pub(crate) mod windows;
pub(crate) mod writer;
