//! The long list: what a frame costs in script while 10,000 rows are scrolled.
//!
//! Ours is the popup, as it is built, over a window of 10,000 tabs. No machine opens so many: only Chrome's
//! answer to `chrome.tabs.query` is given by a stand-in, the same for both. The rival is the least that does the
//! same: a list of plain JavaScript that keeps the rows in sight and some around them, in a bare extension.
//!
//! Both are scrolled from the first row to the last by Chromium's own wheel gesture, and then from place to place
//! as a dragged scrollbar does, where no row of the frame before can stay.

use std::path::Path;

use serde_json::json;
use tabspace_tests::browser::extension_id;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::{Result, extension};

use crate::line::{Line, percentile, print, say};
use crate::trace::script_per_frame;

/// How many tabs the window has.
const ROWS: usize = 10_000;
/// What a frame may cost, in milliseconds of script.
const GOAL_MS: f64 = 16.0;
/// Ten rows a frame: faster than anybody reads.
const PX_A_SECOND: u32 = 19_200;
/// A gesture's length; about three seconds.
const GESTURE_PX: u32 = 64_000;
/// Frames of the dragged scrollbar.
const JUMPS: u32 = 300;

/// Answers in Chrome's place. The rest of its API is Chrome's own.
const TABS: &str = "globalThis.chrome?.tabs && (chrome.tabs.query = async () => Array.from({ length: ROWS }, (_, n) => ({
    id: n + 1, index: n, windowId: 1, groupId: -1, active: n === 0, pinned: false, audible: n % 50 === 0,
    title: `Page ${n} of a window with very many tabs`, url: `https://site-${n % 100}.example/page/${n}` })));";

const RIVAL: [(&str, &str); 3] = [
    (
        "manifest.json",
        r#"{ "manifest_version": 3, "name": "Plain", "version": "1", "permissions": ["tabs", "favicon"], "action": { "default_popup": "popup.html" } }"#,
    ),
    (
        "popup.html",
        "<!doctype html><meta charset=utf-8><title>Plain</title><style>
         html, body { height: 100%; margin: 0 } #list { height: 100%; overflow: auto } #all { position: relative }
         .row { position: absolute; left: 0; right: 0; height: 32px; display: flex; gap: 8px; align-items: center; white-space: nowrap; overflow: hidden }
         </style><div id=list data-testid=window-tabs><div id=all></div></div><script src=popup.js></script>",
    ),
    (
        "popup.js",
        "chrome.tabs.query({ currentWindow: true }).then((tabs) => {
            const list = document.querySelector('#list'), all = document.querySelector('#all'), rows = new Map();
            all.style.height = `${tabs.length * 32}px`;
            const show = () => {
                const first = Math.max(0, Math.floor(list.scrollTop / 32) - 6);
                const last = Math.min(tabs.length, Math.ceil((list.scrollTop + list.clientHeight) / 32) + 6);
                for (const [at, row] of rows) if (at < first || at >= last) { row.remove(); rows.delete(at); }
                for (let at = first; at < last; at += 1) {
                    if (rows.has(at)) continue;
                    const tab = tabs[at], row = document.createElement('div'), icon = document.createElement('img');
                    row.className = 'row'; row.dataset.testid = 'tab-row'; row.style.top = `${at * 32}px`;
                    row.title = tab.url; icon.width = icon.height = 16; icon.loading = 'lazy';
                    icon.src = `/_favicon/?pageUrl=${encodeURIComponent(tab.url)}&size=32`;
                    row.onclick = () => chrome.tabs.update(tab.id, { active: true });
                    row.append(icon, tab.title); rows.set(at, row); all.append(row);
                }
            };
            list.onscroll = show; show(); });",
    ),
];

/// The scrolling element.
const LIST: &str = "document.querySelector('[data-testid=\"window-tabs\"]')";

/// Goes to other places, one a frame, as far apart as can be. In a task of its own after each frame, so that
/// moving forces no layout.
const DRAG: &str = "new Promise((resolve) => { const list = LIST, { port1, port2 } = new MessageChannel();
    const length = list.scrollHeight - list.clientHeight; let left = JUMPS;
    port1.onmessage = () => { list.scrollTop = (left * 7919 % 1000) / 1000 * length; left -= 1;
        if (left) next(); else resolve(true); };
    const next = () => requestAnimationFrame(() => port2.postMessage(null)); next(); })";

/// The script of each frame, in milliseconds.
struct Scrolled {
    wheel: Vec<f64>,
    dragged: Vec<f64>,
}

pub(crate) async fn measure() -> Result<()> {
    let plain = tempfile::tempdir()?;
    for (name, text) in RIVAL {
        std::fs::write(plain.path().join(name), text)?;
    }
    say(&format!("list: scrolling {ROWS} rows, ours and the plain one"));
    let (ours, rival) = (scrolled(&extension()).await?, scrolled(plain.path()).await?);
    for (how, ours, rival) in [
        ("by wheel", &ours.wheel, &rival.wheel),
        ("by scrollbar", &ours.dragged, &rival.dragged),
    ] {
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("longest", 1.0)] {
            print(&Line {
                bench: "list",
                metric: &format!(
                    "script a frame, {ROWS} rows scrolled {how}, {name} of {} frames",
                    ours.len()
                ),
                unit: "ms",
                ours: percentile(ours, share),
                rival: percentile(rival, share),
                rival_name: "a windowed list of plain JavaScript",
                lower_is_better: true,
            });
        }
        print(&Line {
            bench: "list",
            metric: &format!("longest script of a frame, {ROWS} rows scrolled {how}"),
            unit: "ms",
            ours: percentile(ours, 1.0),
            rival: GOAL_MS,
            rival_name: "the goal",
            lower_is_better: true,
        });
    }
    Ok(())
}

async fn scrolled(extension: &Path) -> Result<Scrolled> {
    let browser = Launch::new().extension(extension).start().await?;
    let id = extension_id(extension)?;
    if extension.join("welcome.html").exists() {
        browser.first_page(&id).await?.close().await?;
    }
    let page = browser.open("about:blank").await?;
    page.call("Page.enable", json!({})).await?;
    let stand_in = TABS.replace("ROWS", &ROWS.to_string());
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": stand_in }),
    )
    .await?;
    // A popup's size.
    page.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": 380, "height": 560, "deviceScaleFactor": 1, "mobile": false }),
    )
    .await?;
    page.navigate(&format!("chrome-extension://{id}/popup.html"))
        .await?;
    shows(&page, 0).await?;
    // Once there and back, so that the code is compiled and warm, as after the first second of use.
    page.evaluate(&drag()).await?;
    page.evaluate(&format!("{LIST}.scrollTop = 0")).await?;
    shows(&page, 0).await?;
    let wheel = script_per_frame(&browser, async {
        let length = page
            .evaluate(&format!("{LIST}.scrollHeight - {LIST}.clientHeight"))
            .await?;
        let mut left = u32::try_from(length.as_u64().unwrap_or_default()).unwrap_or_default();
        while left > 0 {
            let distance = left.min(GESTURE_PX);
            page.call(
                "Input.synthesizeScrollGesture",
                json!({ "x": 150, "y": 200, "yDistance": -i64::from(distance), "speed": PX_A_SECOND,
                    "gestureSourceType": "mouse", "preventFling": true }),
            )
            .await?;
            left -= distance;
        }
        shows(&page, ROWS - 1).await
    })
    .await?;
    let dragged = script_per_frame(&browser, async { page.evaluate(&drag()).await.map(drop) }).await?;
    browser.quit().await?;
    Ok(Scrolled { wheel, dragged })
}

fn drag() -> String {
    DRAG.replace("LIST", LIST).replace("JUMPS", &JUMPS.to_string())
}

/// A row is in sight: a list that shows nothing must not be the fastest.
async fn shows(page: &Page, row: usize) -> Result<()> {
    let title = format!("Page {row} of");
    let seen = format!(
        "(() => {{ const frame = {LIST}?.getBoundingClientRect(); \
         const row = [...document.querySelectorAll('[data-testid=\"tab-row\"]')].find((row) => row.textContent.includes('{title}')); \
         const box = row?.getBoundingClientRect(); return box && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1; }})()"
    );
    page.wait_for(&seen, &format!("row {row} to be in sight")).await
}
