//! Backups in a folder, written by the service worker of the real extension.
//!
//! Chromium shows no folder picker without a person. The folder is one of the browser's own file system instead
//! (`navigator.storage.getDirectory`), whose handle stands where a picked one would: from there on all is the same
//! but for the permission, which such a folder always has.

use tabspace_tests::Result;
use tabspace_tests::people::{World, t};

/// Puts a handle of a folder where the options put the picked one.
pub(crate) const PICK: &str = "(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('backups', { create: true });
    const opening = indexedDB.open('tabspace-folder');
    await new Promise((resolve) => { opening.onsuccess = resolve; });
    const writing = opening.result.transaction('records', 'readwrite');
    writing.objectStore('records').put(folder, 'handle');
    await new Promise((resolve) => { writing.oncomplete = resolve; });
    opening.result.close();
    return true;
})()";

/// What is in the folder: names, and what the files hold together.
const FILES: &str = "(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('backups');
    const found = [];
    for await (const [name, file] of folder.entries()) found.push(name, await (await file.getFile()).text());
    return found.join('\\n');
})()";

const IS_THERE: &str =
    "indexedDB.databases().then((known) => known.some(({ name }) => name === 'tabspace-folder'))";

#[tokio::test]
async fn a_backup_is_written_proven_and_its_failure_told() -> Result<()> {
    let world = World::new("folder", &[]).await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.save(&one).await?.close().await?;
    let page = world.page_of_extension("options.html");
    let options = world.host.open_window(&page).await?;
    options
        .wait_for(IS_THERE, "the worker to look for a folder")
        .await?;
    options.evaluate(PICK).await?;
    options.close().await?;

    let options = world.host.open_window(&page).await?;
    options.wait_for(&shown("folder-now"), "the folder").await?;
    options.click(&t("folder-now")).await?;
    options.wait_for(&shown("folder-proof"), "the proof").await?;
    let files = options.evaluate(FILES).await?;
    let files = files.as_str().unwrap_or_default();
    assert_eq!(
        files.matches("\"format\": \"tabspace-library\"").count(),
        1,
        "{files}"
    );
    assert!(files.contains("Page one"), "{files}");
    world.picture(&options, "folder").await?;

    // The folder goes; what was proven stays known, and the icon tells.
    options
        .evaluate("navigator.storage.getDirectory().then((root) => root.removeEntry('backups', { recursive: true }))")
        .await?;
    options.click(&t("folder-now")).await?;
    options
        .wait_for(&shown("folder-failing"), "that it fails")
        .await?;
    options
        .wait_for(
            "chrome.action.getBadgeText({}).then((text) => text === '!')",
            "the sign on the icon",
        )
        .await?;
    assert!(
        options
            .evaluate(&shown("folder-proof"))
            .await?
            .as_bool()
            .unwrap_or_default()
    );
    Ok(())
}

pub(crate) fn shown(what: &str) -> String {
    format!("document.querySelector('{}') !== null", t(what))
}
