//! The popup: from navigation until the search has the focus and the list is painted, and what it weighs.
//!
//! The rival is a popup of a few lines of plain JavaScript that asks Chrome for the same tabs and paints the
//! same rows: the least that an extension's popup can cost.

use std::io::Write;

use serde_json::Value;
use tabspace_tests::browser::extension_id;
use tabspace_tests::launch::Launch;
use tabspace_tests::site::Site;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Result, extension};

use crate::library::{self, store};
use crate::line::{Line, percentile, print, say};
use crate::pages::pages;

const TRIES: usize = 20;

/// What there is when the popup is opened.
struct Setting {
    name: &'static str,
    /// Tabs of the window.
    open: usize,
    /// Saved tabs; the plain one saves nothing.
    saved: usize,
}

const SETTINGS: [Setting; 3] = [
    Setting {
        name: "10 tabs",
        open: 10,
        saved: 0,
    },
    Setting {
        name: "100 tabs",
        open: 100,
        saved: 0,
    },
    Setting {
        name: "500 tabs and 10,000 saved ones in 20 spaces",
        open: 500,
        saved: 10_000,
    },
];

/// More open tabs than these are put to sleep as soon as they are there, as Chrome does with those it needs no
/// more: each awake takes tens of megabytes.
const AWAKE: usize = 100;

const RIVAL: [(&str, &str); 3] = [
    (
        "manifest.json",
        r#"{ "manifest_version": 3, "name": "Plain", "version": "1", "permissions": ["tabs", "favicon"], "action": { "default_popup": "popup.html" } }"#,
    ),
    (
        "popup.html",
        "<!doctype html><meta charset=utf-8><title>Plain</title><input data-testid=search autofocus><ul></ul><script src=popup.js></script>",
    ),
    (
        "popup.js",
        "chrome.tabs.query({ currentWindow: true }).then((tabs) => { for (const tab of tabs) {
            const row = document.createElement('li'); row.dataset.testid = 'tab-row';
            const icon = document.createElement('img'); icon.width = 16;
            icon.src = `/_favicon/?pageUrl=${encodeURIComponent(tab.url)}&size=32`;
            row.append(icon, tab.title); document.querySelector('ul').append(row); }
            document.querySelector('input').focus(); });",
    ),
];

/// Resolves with the milliseconds since the navigation when the search has the focus and rows were painted.
const PAINTED: &str = "window.painted = new Promise((resolve) => { const look = () => {
    const ready = document.activeElement?.dataset?.testid === 'search' && document.querySelector('[data-testid=\"tab-row\"]');
    if (ready) requestAnimationFrame(() => resolve(performance.now())); else requestAnimationFrame(look); }; look(); });";

pub(crate) async fn measure() -> Result<()> {
    let plain = tempfile::tempdir()?;
    for (name, text) in RIVAL {
        std::fs::write(plain.path().join(name), text)?;
    }
    for setting in SETTINGS {
        let what = setting.name;
        say(&format!(
            "popup: {TRIES} openings over {what}, ours, then the plain one"
        ));
        let ours = opened(&extension(), &setting).await?;
        let rival = opened(plain.path(), &Setting { saved: 0, ..setting }).await?;
        for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
            print(&Line {
                bench: "popup",
                metric: &format!("navigation to search focused and list painted, {what}, {name}"),
                unit: "ms",
                ours: percentile(&ours, share),
                rival: percentile(&rival, share),
                rival_name: "a popup of plain JavaScript",
                lower_is_better: true,
            });
        }
    }
    weigh()
}

async fn opened(extension: &std::path::Path, setting: &Setting) -> Result<Vec<f64>> {
    let site = Site::start().await?;
    let browser = Launch::new().extension(extension).start().await?;
    let id = extension_id(extension)?;
    if extension.join("welcome.html").exists() {
        browser.first_page(&id).await?.close().await?;
    }
    if setting.saved > 0 {
        store::fill(&browser, &id, &store::library(&pages(setting.saved))).await?;
    }
    for number in 1..setting.open.min(AWAKE) {
        browser.open(&site.page(&format!("/plain?{number}"))).await?;
    }
    if setting.open > AWAKE {
        let page = browser
            .open(&format!("chrome-extension://{id}/popup.html"))
            .await?;
        library::open_asleep(&page, &site.page("/plain?asleep"), setting.open - AWAKE).await?;
        page.close().await?;
    }
    let page = browser.open("about:blank").await?;
    page.call("Page.enable", serde_json::json!({})).await?;
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        serde_json::json!({ "source": PAINTED }),
    )
    .await?;
    let mut times = Vec::new();
    // The first opening fills Chrome's cache of compiled wasm, as the first click after the install does.
    for round in 0..=TRIES {
        page.navigate(&format!("chrome-extension://{id}/popup.html"))
            .await?;
        let time: Value = page.evaluate_within(PATIENCE, "window.painted").await?;
        if let Some(time) = time.as_f64().filter(|_| round > 0) {
            times.push(time);
        }
        page.navigate("about:blank").await?;
    }
    browser.quit().await?;
    Ok(times)
}

/// The popup's wasm and script, raw and compressed, beside the goal.
fn weigh() -> Result<()> {
    let folder = extension().join("wasm/popup");
    let (mut raw, mut packed) = (0.0, 0.0);
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|kind| kind == "wasm" || kind == "js")
        {
            let bytes = std::fs::read(&path)?;
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            gzip.write_all(&bytes)?;
            raw += kilobytes(bytes.len());
            packed += kilobytes(gzip.finish()?.len());
        }
    }
    let weights = [
        (
            "wasm and script, gzip",
            packed,
            214.0,
            "Tab Session Manager 7.3, measured once by hand",
        ),
        (
            "wasm and script, raw",
            raw,
            775.0,
            "Tab Session Manager 7.3, measured once by hand",
        ),
    ];
    for (metric, ours, rival, rival_name) in weights {
        print(&Line {
            bench: "popup",
            metric,
            unit: "kB",
            ours,
            rival,
            rival_name,
            lower_is_better: true,
        });
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "files are smaller than 2^52 bytes")]
fn kilobytes(bytes: usize) -> f64 {
    (bytes as f64 / 100.0).round() / 10.0
}
