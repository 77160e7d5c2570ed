//! The library: the extension's full page. All spaces with all tabs, what is sought in them, the bin, duplicates,
//! and what a space was.
//!
//! [`app`] holds it together; [`state`] is its one reducer; [`deeds`] asks the writer, [`placing`] says where tabs
//! go, [`opening`] opens them. What is shown where is decided
//! in [`crate::library::catalogue`], what is selected in [`crate::selection`].

pub mod app;
pub mod aside;
pub mod bin;
pub mod choosing;
pub mod deeds;
pub mod dialogs;
pub mod duplicates;
pub mod finder;
pub mod head;
pub mod history;
pub mod keys;
pub mod list;
pub mod more;
pub mod mouse;
pub mod opening;
pub mod placing;
pub mod row;
pub mod sidebar;
pub mod state;
pub mod timeline;
