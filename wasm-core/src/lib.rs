//! TabSpace's client.
//!
//! - [`session`]: the shared spaces as a state machine without IO: frames, ops, peers in, effects out.
//! - [`library`]: the spaces of this browser, the windows they follow, and the engine that joins both.
//! - [`find`]: what finds tabs, whatever space or window they are in.
//! - [`view`], [`statistics`], [`command`], [`ask`], [`address`], [`quiet`]: what the user interface sees and says, and how it
//!   is read; plain data that also crosses between the extension's contexts.
//! - `browser`, `chrome`, `ui`, `entry`: only in wasm. They perform the effects, bind Chrome, paint, and
//!   start each context.
//!
//! The first four groups compile and are tested natively. Nothing in them reads a clock or makes a random
//! number: both are handed in.

pub mod address;
pub mod ask;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "worker"))]
mod chrome;
pub mod command;
#[cfg(target_arch = "wasm32")]
pub mod entry;
pub mod find;
pub mod language;
pub mod library;
pub mod quiet;
pub mod record;
pub mod reorder;
#[cfg(not(feature = "popup"))]
pub mod selection;
pub mod session;
pub mod statistics;
#[cfg(all(target_arch = "wasm32", feature = "ui"))]
pub mod ui;
pub mod view;
