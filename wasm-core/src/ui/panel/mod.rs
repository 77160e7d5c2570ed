//! The side panel: the space that follows this window, or one that was chosen.
//!
//! Start at [`state::Panel`], then [`app::PanelApp`].

pub mod app;
pub mod dialogs;
pub mod header;
pub mod inflow;
pub mod library;
pub mod offer;
pub mod space_list;
pub mod state;
pub mod streaming;
