//! The page that collaborators open: joining by a link, a space, the start page.
//!
//! Start at [`app::WebApp`].

pub mod api;
pub mod app;
pub mod home;
pub mod join;
pub mod live_source;
pub mod opening;
pub mod space;
pub mod top;
