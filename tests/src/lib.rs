//! The harness of TabSpace's stories: real browsers, real relays, real databases, one private set per test.
//!
//! Start at [`launch::Launch`]: it starts Chromium; the [`browser::Browser`] hands out a [`page::Page`] for
//! every target, the extension's popup, offscreen document and service worker included. [`relay_process::RelayProcess`] is the
//! relay as users run it; [`site::Site`] serves the pages that the tests save and stream;
//! [`firefox::Firefox`] is for a guest who has another browser.
//!
//! Whatever is started here ends when its value is dropped, and also when the test process is killed.
//! Nothing here sleeps for a guessed time: [`wait`] asks for a condition until it holds or its time is up.

pub mod browser;
pub mod cdp;
pub mod client;
mod diagnosis;
pub mod dice;
pub mod display;
mod failure;
pub mod firefox;
pub mod launch;
pub mod light;
pub mod loudspeaker;
pub mod native_viewer;
pub mod page;
pub mod people;
pub mod process;
pub mod proxy;
pub mod relay_process;
pub mod site;
pub mod wait;

pub use failure::{Failure, Result};
/// A private Postgres, stopped and removed with its value.
pub use private_postgres::PrivatePostgres;

use std::path::PathBuf;

/// The folder of the whole repository.
pub fn repository() -> PathBuf {
    let this_crate = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate
        .parent()
        .map_or_else(|| this_crate.to_owned(), std::path::Path::to_owned)
}

/// Where pictures of the steps of a test go.
pub fn screenshots() -> PathBuf {
    target_folder().join("screenshots")
}

/// Cargo's target folder: the binaries, the built extension and the pictures are inside it.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// The unpacked extension as `cargo xtask test e2e` builds it: with tab capture as a required permission.
pub fn extension() -> PathBuf {
    let built = || target_folder().join("test-extension");
    std::env::var_os("TABSPACE_EXTENSION").map_or_else(built, PathBuf::from)
}
