//! The popup: search, the window it was opened over, the spaces.
//!
//! Start at [`state::Popup`] (what is shown), then [`app::PopupApp`].

pub mod actions;
pub mod app;
pub mod brief;
pub mod deeds;
pub mod finder;
pub mod footer;
pub mod results;
pub mod share_slot;
pub mod state;
