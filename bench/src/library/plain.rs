//! The plain library: a bare extension with one page, the least that keeps and finds tabs.

use std::path::Path;

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::browser::Browser;
use wasm_core::library::backup::Tab;

use super::store::EACH;

const FILES: [(&str, &str); 3] = [
    (
        "manifest.json",
        include_str!("../../rivals/library/manifest.json"),
    ),
    ("library.html", include_str!("../../rivals/library/library.html")),
    ("library.js", include_str!("../../rivals/library/library.js")),
];

/// What the figures beside ours are called.
pub(super) const NAME: &str = "one array in plain JavaScript";

/// Writes the extension into a folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Gives it tabs.
pub(super) async fn fill(browser: &Browser, url: &str, tabs: &[Tab]) -> Result<()> {
    let page = browser.open(url).await?;
    page.wait_for("globalThis.keep", "the plain page to start")
        .await?;
    for tabs in tabs.chunks(20 * EACH) {
        let space = |tabs: &[Tab]| -> Value {
            let tabs = tabs
                .iter()
                .map(|tab| json!({ "title": tab.title, "url": tab.url }));
            tabs.collect()
        };
        let spaces: Value = tabs.chunks(EACH).map(space).collect();
        page.evaluate(&format!("keep({spaces})")).await?;
    }
    page.close().await
}
