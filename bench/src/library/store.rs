//! A library of many saved tabs, for a browser that is about to be measured.
//!
//! It comes in as a person's would: from a backup, by the options' own import.

use std::time::Duration;

use protocol::op::Colour;
use protocol::{Millis, SpaceId};
use serde_json::json;
use tabspace_tests::browser::Browser;
use tabspace_tests::{Failure, Result};
use tokio::time::Instant;
use wasm_core::library::backup::{self, Item, Kind, Library, Space, Tab};
use wasm_core::library::marks::Marks;

/// Some time in 2026.
const NOW: Millis = Millis(1_780_000_000_000);
/// A hundred thousand tabs on a busy machine.
const PATIENCE: Duration = Duration::from_mins(10);
/// How many tabs a space has.
pub(crate) const EACH: usize = 500;

/// These tabs, in spaces of [`EACH`].
pub(crate) fn library(tabs: &[Tab]) -> Library {
    let space = |(at, tabs): (usize, &[Tab])| Space {
        name: format!("Project {at}"),
        colour: Colour::ALL[at % Colour::ALL.len()],
        id: Some(SpaceId::from_bits(0x5eed << 64 | at as u128)),
        kind: Kind::Private,
        changed: NOW,
        marks: Marks::default(),
        archived: false,
        items: tabs.iter().cloned().map(Item::Tab).collect(),
        exact: None,
    };
    Library {
        spaces: tabs.chunks(EACH).enumerate().map(space).collect(),
        bin: Vec::new(),
    }
}

/// Gives the extension in this browser a library; how long bringing it in took.
///
/// # Errors
/// When something of it is not brought in.
pub(crate) async fn fill(browser: &Browser, id: &str, library: &Library) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("backup.json");
    std::fs::write(&file, backup::write(library, NOW).0)?;
    let page = browser
        .open(&format!("chrome-extension://{id}/options.html"))
        .await?;
    let field = "document.querySelector('[data-testid=\"import-file\"]')";
    page.wait_for(field, "the field for a backup").await?;
    let field = page
        .call("Runtime.evaluate", json!({ "expression": field }))
        .await?;
    let begun = Instant::now();
    let files = json!({ "files": [file], "objectId": field["result"]["objectId"] });
    page.call("DOM.setFileInputFiles", files).await?;
    page.wait_for_within(
        PATIENCE,
        "document.querySelector('[data-testid=\"imported\"]')",
        "the backup to be brought in",
    )
    .await?;
    let took = begun.elapsed();
    let lost = page
        .evaluate("document.querySelector('[data-testid=\"import-losses\"]')?.textContent")
        .await?;
    if let Some(lost) = lost.as_str() {
        return Err(Failure(format!("not all was brought in: {lost}")));
    }
    page.close().await?;
    Ok(took)
}
