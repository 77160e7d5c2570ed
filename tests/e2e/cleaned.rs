//! A cleaner clears the browser's storage while the extension runs and while it does not, the disk is full, pages have titles
//! that are no Unicode: what was saved is kept, or the person is told, and the backup brings it back.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::people::{World, count, t};
use tabspace_tests::wait::{PATIENCE, wait_for};
use tabspace_tests::{Failure, Result};

use crate::asking::Extension;
use crate::folder::shown;

/// The first half of a character that is not there: JavaScript may have it, Unicode does not.
const HALF: &str = "\\ud83d";

/// Stands where the person picks a folder: it is one of the browser's own file system.
const PICKER: &str = "void (window.showDirectoryPicker = async () => \
    (await navigator.storage.getDirectory()).getDirectoryHandle('backups', { create: true }))";

impl Extension {
    /// Name and tabs of each space, once they are as wanted.
    pub(crate) async fn spaces(&self, what: &str, wanted: &[(&str, usize)]) -> Result<()> {
        let mut last = Value::Null;
        let found = wait_for(what, PATIENCE, async || {
            last = self.ask(json!({ "library": "shelves" })).await?;
            let shelves = last["library"]["shelves"].as_array().cloned().unwrap_or_default();
            let mut there: Vec<(&str, usize)> = shelves
                .iter()
                .map(|shelf| {
                    let items = shelf["items"].as_array().map_or(0, Vec::len);
                    (shelf["name"].as_str().unwrap_or_default(), items)
                })
                .collect();
            there.sort_unstable();
            Ok((there == wanted).then_some(()))
        });
        found
            .await
            .map_err(|failure| Failure(format!("{failure}; there is {last}")))
    }

    async fn badge_is(&self, text: &str) -> Result<()> {
        let is = format!("chrome.action.getBadgeText({{}}).then((text) => text === '{text}')");
        self.page.wait_for(&is, "the sign on the icon").await
    }

    /// Waits until the icon shows that something is wrong, and says this message of it.
    pub(crate) async fn icon_says(&self, message: &str) -> Result<()> {
        self.badge_is("!").await?;
        let says = format!(
            "chrome.action.getTitle({{}}).then((title) => title === chrome.i18n.getMessage('{message}'))"
        );
        self.page
            .wait_for(&says, &format!("what the icon says: {message}"))
            .await
    }

    /// Picks the folder of the backups, and waits for the first that is proven.
    async fn pick_folder(&self) -> Result<()> {
        self.page.bring_to_front().await?;
        self.page.evaluate(PICKER).await?;
        self.page.click(&t("folder-pick")).await?;
        self.page.wait_for(&shown("folder-proof"), "the proof").await
    }
}

/// Ends the worker: what it had only in its memory is gone.
pub(crate) async fn forget_memory(world: &World, extension: &Extension) -> Result<()> {
    world.host.stop_service_worker(&world.id).await?;
    let awake = wait_for("another worker", PATIENCE, async || {
        let answer = extension.ask_within(json!("settings"), Duration::from_secs(3));
        Ok(answer.await?["settings"].is_object().then_some(()))
    });
    awake.await
}

#[tokio::test]
async fn what_a_cleaner_takes_is_written_again_or_told_and_the_backup_brings_it_back() -> Result<()> {
    let world = World::new("cleaned", &[]).await?;
    let extension = Extension::open(&world).await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.host.open(&world.site.page("/two")).await?;
    one.evaluate(&format!(
        "document.title = 'Half {HALF} of it'; history.replaceState(null, '', '/one?{HALF}')"
    ))
    .await?;
    let find = "chrome.tabs.query({}).then((tabs) => tabs.find(({ url }) => url.includes('/one?')).windowId)";
    let window = extension.page.evaluate(find).await?;

    // Titles, addresses and asks that are no Unicode.
    let save = json!({ "save_window": { "window": window, "name": "Lisbon" } });
    extension.ask(save).await?;
    extension
        .spaces("the space with a title that is no Unicode", &[("Lisbon", 2)])
        .await?;
    let odd = format!("{{\"library\":{{\"new_space\":{{\"name\":\"{HALF}\",\"colour\":\"red\"}}}}}}");
    let message = json!({ "to": "worker", "ask": odd });
    extension
        .page
        .evaluate(&format!("chrome.runtime.sendMessage({message})"))
        .await?;

    // A full disk is told; what was not written is written with the next change.
    let porto = json!({ "library": { "new_space": { "name": "Porto", "colour": "red" } } });
    world.in_chrome("faults.fill(true)").await?;
    let answer = extension.ask(porto).await?;
    assert!(answer["problem"]["not_saved"].is_string(), "{answer}");
    extension.badge_is("!").await?;
    world.in_chrome("faults.fill(false)").await?;
    let braga = json!({ "library": { "new_space": { "name": "Braga", "colour": "red" } } });
    let answer = extension.ask(braga).await?;
    let braga = answer["library"]["made"]["spaces"][0].clone();
    extension.ask(json!({ "library": { "forget": braga } })).await?;
    forget_memory(&world, &extension).await?;
    let kept = [("Lisbon", 2), ("Porto", 0)];
    extension.spaces("what was not written at first", &kept).await?;

    // While the extension runs: everything is written again, the bin too.
    extension.pick_folder().await?;
    extension.badge_is("").await?;
    let origin = format!("chrome-extension://{}", world.id);
    let clear = json!({ "origin": origin, "storageTypes": "indexeddb" });
    extension.page.call("Storage.clearDataForOrigin", clear).await?;
    extension
        .page
        .wait_for(
            "indexedDB.databases().then((known) => known.some(({ name }) => name === 'tabspace'))",
            "that it is written again",
        )
        .await?;
    extension.spaces("the spaces", &kept).await?;
    forget_memory(&world, &extension).await?;
    extension.spaces("what was written again", &kept).await?;
    let bin = extension.ask(json!({ "library": "bin" })).await?;
    let names = bin["library"]["bin"]
        .as_array()
        .map(|bin| bin.iter().map(|entry| &entry["name"]).collect::<Vec<_>>());
    assert_eq!(names, Some(vec![&json!("Braga")]), "{bin}");

    // Which folder the backups go into cannot be written again: that is told, and it is asked for.
    extension.icon_says("sign_backup_fails").await?;
    extension.page.reload().await?;
    extension
        .page
        .wait_for(&shown("folder-failing"), "that backups fail")
        .await?;
    extension.page.wait_for_text("Choose it again").await?;
    world.picture(&extension.page, "folder-forgotten").await?;
    extension.pick_folder().await?;
    extension.badge_is("").await?;
    let failing = extension.page.evaluate(&shown("folder-failing")).await?;
    assert_eq!(failing, false, "it was picked again");

    // What the popup paints from is gone: it looks again. That there is a folder is written down again, too.
    extension.page.evaluate("chrome.storage.local.clear()").await?;
    let popup = world.popup(&one).await?;
    popup.wait_for(&count("space-row", 2), "the spaces").await?;
    popup.close().await?;
    forget_memory(&world, &extension).await?;
    let known = "chrome.storage.local.get('folder').then(({ folder }) => folder === 'backups')";
    extension.page.wait_for(known, "that there is a folder").await?;

    // While the browser is not there: the person is told, and the folder brings it back.
    drop(extension);
    let world = world.clean_host().await?;
    let extension = Extension::open(&world).await?;
    extension.page.wait_for(&shown("cleared"), "what is told").await?;
    extension
        .page
        .wait_for(&shown("folder-failing"), "that the folder is asked for")
        .await?;
    extension.icon_says("sign_cleared").await?;
    world.picture(&extension.page, "cleared").await?;
    extension.spaces("nothing", &[]).await?;
    extension.page.evaluate(PICKER).await?;
    extension.page.click(&t("folder-pick")).await?;
    extension.page.click(&t("folder-bring")).await?;
    extension.spaces("what the folder had", &kept).await?;
    extension.page.click(&t("cleared-read")).await?;
    extension.badge_is("").await?;
    forget_memory(&world, &extension).await?;
    extension.spaces("what the folder brought", &kept).await
}
