//! One module per context: what each starts when its script is loaded.

#[cfg(feature = "gallery")]
pub mod gallery;
#[cfg(feature = "pages")]
pub mod library;
#[cfg(feature = "worker")]
pub mod offscreen;
#[cfg(feature = "pages")]
pub mod options;
#[cfg(feature = "pages")]
pub mod panel;
#[cfg(feature = "popup")]
pub mod popup;
#[cfg(feature = "pages")]
pub mod share;
#[cfg(feature = "pages")]
pub mod web;
#[cfg(feature = "pages")]
pub mod welcome;
#[cfg(feature = "worker")]
pub mod worker;
