//! What a library weighs: the memory of the whole browser, and the bytes in its profile.

use std::path::Path;

use serde_json::json;
use tabspace_tests::browser::Browser;
use tabspace_tests::page::Page;
use tabspace_tests::{Failure, Result};

/// The memory of all processes of a browser, in bytes, what they share counted once. What `page` does not need any
/// more is collected before.
pub(super) async fn memory(browser: &Browser, page: &Page) -> Result<f64> {
    page.call("HeapProfiler.collectGarbage", json!({})).await?;
    let answer = browser
        .connection()
        .call(None, "SystemInfo.getProcessInfo", json!({}))
        .await?;
    let processes = answer["processInfo"].as_array().cloned().unwrap_or_default();
    let mut kilobytes = 0;
    for process in processes.iter().filter_map(|process| process["id"].as_u64()) {
        // One that ended meanwhile has none.
        let told = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        let share = told.lines().find_map(|line| line.strip_prefix("Pss:"));
        let share = share.and_then(|share| share.trim().strip_suffix(" kB")?.parse::<u32>().ok());
        kilobytes += share.unwrap_or_default();
    }
    if kilobytes == 0 {
        return Err(Failure("the kernel tells no memory of Chromium".to_owned()));
    }
    Ok(f64::from(kilobytes) * 1024.0)
}

/// The bytes that an extension has in `IndexedDB`.
pub(super) fn on_disk(profile: &Path, id: &str) -> Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(profile.join("Default/IndexedDB"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().contains(id) {
            bytes += size(&entry.path())?;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a profile is smaller than 2^52 bytes")]
    let bytes = bytes as f64;
    Ok(bytes)
}

fn size(path: &Path) -> Result<u64> {
    let about = std::fs::metadata(path)?;
    if !about.is_dir() {
        return Ok(about.len());
    }
    let mut bytes = 0;
    for entry in std::fs::read_dir(path)? {
        bytes += size(&entry?.path())?;
    }
    Ok(bytes)
}
