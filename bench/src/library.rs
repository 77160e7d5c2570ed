//! A library of many saved tabs, for a browser that is about to be measured.
//!
//! The records are made by the library itself, natively: windows of tabs are saved as spaces and closed. Only
//! their way into the browser's storage is not a person's: ten thousand tabs take longer to open than to measure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::Millis;
use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::browser::Browser;
use tabspace_tests::wait::{PATIENCE, wait_for};
use wasm_core::library::engine::Engine;
use wasm_core::library::follow::{TabSeen, WindowSeen};
use wasm_core::record::Write;
use wasm_core::session::Effect;

/// Some time in 2026.
const NOW: Millis = Millis(1_780_000_000_000);

/// What is on disk after so many windows of so many tabs were saved and closed.
fn records(spaces: i32, tabs: i32) -> BTreeMap<String, String> {
    let seed = Arc::new(AtomicU64::new(1));
    let random = move || u128::from(seed.fetch_add(1, Ordering::Relaxed)) << 64 | 0x5eed;
    let (mut engine, _) = Engine::restore(&[], random);
    for window in 1..=spaces {
        let tab = |number: i32| TabSeen {
            id: window * 10_000 + number,
            url: format!(
                "https://site-{}.example/space/{window}/page/{number}",
                number % 100
            ),
            title: format!("Page {number} of the things that belong to project {window}"),
            active: number == 1,
            ..TabSeen::default()
        };
        let seen = WindowSeen {
            tabs: (1..=tabs).map(tab).collect(),
            groups: Vec::new(),
        };
        engine.save_window(NOW, window, seen, &format!("Project {window}"));
        engine.window_gone(NOW, window);
    }
    let mut disk = BTreeMap::new();
    while let Some(effect) = engine.poll() {
        let Effect::Commit(batch) = effect else { continue };
        for write in batch.writes {
            match write {
                Write::Put(key, value) => drop(disk.insert(key, value)),
                Write::Delete(key) => drop(disk.remove(&key)),
            }
        }
        engine.session().committed(NOW, batch.number);
    }
    disk
}

/// Gives the extension in this browser a library of so many spaces of so many tabs.
///
/// # Errors
/// When the extension does not take it for its own.
pub(crate) async fn fill(browser: &Browser, id: &str, spaces: i32, tabs: i32) -> Result<()> {
    let page = browser
        .open(&format!("chrome-extension://{id}/options.html"))
        .await?;
    for (key, value) in records(spaces, tabs) {
        let put = format!(
            "new Promise((resolve, reject) => {{ const opening = indexedDB.open('tabspace', 1); \
             opening.onupgradeneeded = () => opening.result.createObjectStore('records'); \
             opening.onerror = reject; opening.onsuccess = () => {{ const database = opening.result; \
             const writing = database.transaction('records', 'readwrite'); \
             writing.objectStore('records').put({}, {}); writing.onabort = reject; \
             writing.oncomplete = () => {{ database.close(); resolve(true); }}; }}; }})",
            json!(value),
            json!(key)
        );
        page.evaluate(&put).await?;
    }
    // The writer reads the disk when it starts.
    browser.stop_service_worker(id).await?;
    // Any change has the writer store what the popup paints from.
    let ask = json!({ "to": "writer", "ask": json!({ "set_name": "Ada" }).to_string() });
    page.evaluate(&format!("chrome.runtime.sendMessage({ask})"))
        .await?;
    let stored = "chrome.storage.local.get('projection').then(({ projection }) => JSON.parse(projection ?? '{}').spaces)";
    let (spaces, tabs) = (spaces.unsigned_abs(), u64::from(tabs.unsigned_abs()));
    wait_for("the library to be the extension's", PATIENCE, async || {
        let stored: Value = page.evaluate(stored).await?;
        let stored = stored.as_array().map(Vec::as_slice).unwrap_or_default();
        let whole = stored.iter().all(|space| space["tabs"] == tabs);
        Ok((u32::try_from(stored.len()) == Ok(spaces) && whole).then_some(()))
    })
    .await?;
    page.close().await
}
