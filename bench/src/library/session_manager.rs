//! Tab Session Manager as a rival, where its folder is named: it is in no registry, so nothing installs it.
//!
//! `docs/measurements.md` says how to build it. What it keeps are sessions; it finds sessions, not tabs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tabspace_tests::browser::{Browser, extension_id};
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::site::Site;
use tabspace_tests::{Failure, Result};
use wasm_core::library::backup::Tab;

use super::store::EACH;
use super::{keys, weight};

/// The environment variable that names the folder of the built extension.
const FOLDER: &str = "TAB_SESSION_MANAGER";
/// What the figures beside ours are called.
pub(super) const NAME: &str = "Tab Session Manager 7.3";
const SAVES: usize = 7;
const OPENINGS: usize = 10;
const SEARCH: &str = "#searchBar input";

/// Resolves when its list is painted with all sessions.
const PAINTED: &str = "window.painted = new Promise((resolve) => { new MutationObserver((_, observer) => {
    if (document.querySelectorAll('.sessionItem').length < SESSIONS) return; observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now())); }).observe(document, { subtree: true, childList: true }); })";

/// What was measured of it.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) popup_painted: Vec<f64>,
    pub(super) typed: Vec<f64>,
    pub(super) memory: f64,
    pub(super) on_disk: f64,
}

/// The folder, if it is named.
pub(super) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER)
        .map(PathBuf::from)
        .filter(|folder| folder.join("manifest.json").exists())
}

async fn say(page: &Page, message: &Value) -> Result<Value> {
    page.evaluate(&format!(
        "chrome.runtime.sendMessage({message}).then((answer) => answer ?? null)"
    ))
    .await
}

/// How long saving a window of so many tabs takes.
pub(super) async fn saved(folder: &Path, site: &Site, tabs: usize) -> Result<Vec<f64>> {
    let browser = Launch::new().extension(folder).start().await?;
    let id = extension_id(folder)?;
    let page = browser
        .open(&format!("chrome-extension://{id}/popup/index.html"))
        .await?;
    super::open_asleep(&page, &site.page("/plain?asleep"), tabs - 1).await?;
    let mut times = Vec::new();
    for round in 0..=SAVES {
        let save = json!({ "message": "saveCurrentSession", "name": format!("Saved {round}"), "property": "saveOnlyCurrentWindow" });
        let script = format!(
            "(async () => {{ const begun = performance.now(); await chrome.runtime.sendMessage({save}); return performance.now() - begun; }})()"
        );
        times.extend(page.evaluate(&script).await?.as_f64().filter(|_| round > 0));
    }
    browser.quit().await?;
    Ok(times)
}

/// Opens its popup again and again over so many saved tabs, and types in it.
pub(super) async fn measure(folder: &Path, tabs: &[Tab], searches: &[String]) -> Result<Measured> {
    let profile = tempfile::tempdir()?;
    let launch = Launch::new().extension(folder).profile(profile.path());
    let launch = keys::NO_SCREEN.into_iter().fold(launch, Launch::argument);
    let (browser, id) = (launch.start().await?, extension_id(folder)?);
    let url = format!("chrome-extension://{id}/popup/index.html");
    fill(&browser, &url, tabs).await?;
    let page = browser.open("about:blank").await?;
    page.call("Page.enable", json!({})).await?;
    let source = PAINTED.replace("SESSIONS", &tabs.chunks(EACH).count().to_string());
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    )
    .await?;
    let mut measured = Measured::default();
    for round in 0..=OPENINGS {
        page.navigate("about:blank").await?;
        page.navigate(&url).await?;
        let time = page.evaluate_within(super::PATIENCE, "window.painted").await?;
        measured.popup_painted.extend(time.as_f64().filter(|_| round > 0));
    }
    measured.memory = weight::memory(&browser, &page).await?;
    page.bring_to_front().await?;
    page.click(".searchButton").await?;
    measured.typed = keys::typed(&browser, &page, SEARCH, searches).await?;
    browser.quit().await?;
    measured.on_disk = weight::on_disk(profile.path(), &id)?;
    Ok(measured)
}

/// Has it take sessions in, as its own import does.
async fn fill(browser: &Browser, url: &str, tabs: &[Tab]) -> Result<()> {
    let page = browser.open(url).await?;
    for (at, tabs) in tabs.chunks(EACH).enumerate() {
        let window: serde_json::Map<String, Value> = (1..)
            .zip(tabs)
            .map(|(id, tab)| {
                let tab = json!({ "id": id, "index": id - 1, "windowId": 1, "title": tab.title, "url": tab.url, "active": id == 1,
                    "pinned": false, "incognito": false, "discarded": false, "groupId": -1, "status": "complete", "highlighted": false });
                (id.to_string(), tab)
            })
            .collect();
        let session = json!({ "windows": { "1": window }, "windowsNumber": 1, "tabsNumber": tabs.len(), "name": format!("Project {at}"),
            "windowsInfo": { "1": { "id": 1, "type": "normal", "state": "normal", "incognito": false } },
            "date": 1_780_000_000_000_u64 + at as u64, "lastEditedTime": 1_780_000_000_000_u64, "tag": [],
            "sessionStartTime": 1_780_000_000_000_u64, "id": format!("00000000-0000-4000-8000-{at:012}") });
        say(
            &page,
            &json!({ "message": "import", "importSessions": [session] }),
        )
        .await?;
    }
    let kept = format!(
        "chrome.runtime.sendMessage({{ message: 'getSessions', id: null, needKeys: ['id'] }}).then((kept) => kept.length === {})",
        tabs.chunks(EACH).count()
    );
    page.wait_for_within(super::PATIENCE, &kept, "all sessions to be kept")
        .await
        .map_err(|failure| Failure(format!("{NAME}: {failure}")))?;
    page.close().await
}
