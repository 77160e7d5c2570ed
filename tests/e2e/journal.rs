//! What was open is kept without anybody saving it, and found again after the browser was killed; a space follows a window
//! that comes back.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::people::{TITLES, World, shows, t};

use crate::asking::Extension;

/// The texts of the windows in the journal; before it is there, nothing.
const NOTED: &str = "(async () => {
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === 'tabspace-journal')) return '';
    const opening = indexedDB.open('tabspace-journal');
    await new Promise((resolve) => { opening.onsuccess = resolve; });
    const windows = IDBKeyRange.bound('window/', 'window/~');
    const reading = opening.result.transaction('records').objectStore('records').getAll(windows);
    await new Promise((resolve) => { reading.onsuccess = resolve; });
    opening.result.close();
    return reading.result.join('\\n');
})()";

#[tokio::test]
async fn what_was_open_when_the_browser_was_killed_can_be_brought_back() -> Result<()> {
    let world = World::new("journal", &[]).await?;
    let first = world.host.open_window(&world.site.page("/one")).await?;
    for path in ["/two", "/plain"] {
        world.host.open(&world.site.page(path)).await?;
    }
    first.bring_to_front().await?;
    let looking = world.page_of_extension("welcome.html");
    let look = world.host.open_window(&looking).await?;
    let kept = format!(
        "{NOTED}.then((text) => ['Page one', 'Page two', 'Plain'].every((title) => text.includes(title)))"
    );
    look.wait_for(&kept, "the journal to hold the window").await?;

    let world = world.kill_host().await?;
    let options = world
        .host
        .open_window(&world.page_of_extension("options.html"))
        .await?;
    options
        .wait_for(
            &format!("document.querySelector('{}') !== null", t("bring-back")),
            "what was open when it was killed",
        )
        .await?;
    world.picture(&options, "earlier").await?;
    options.click(&t("bring-back")).await?;
    options
        .wait_for(
            &format!("document.querySelector('{}') !== null", t("brought-back")),
            "that it is brought back",
        )
        .await?;
    let projection = world.projection().await?;
    let spaces = projection["spaces"].as_array().cloned().unwrap_or_default();
    let mut held = Vec::new();
    for space in spaces {
        let address = format!("panel.html?space={}", space["space"].as_str().unwrap_or_default());
        let panel = world.host.open_window(&world.page_of_extension(&address)).await?;
        panel
            .wait_for(&format!("{TITLES} !== ''"), "the tabs of a space")
            .await?;
        held.push(
            panel
                .evaluate(TITLES)
                .await?
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
        panel.close().await?;
    }
    let ours = held
        .iter()
        .filter(|titles| titles.contains("Page one|Page two|Plain"));
    assert_eq!(ours.count(), 1, "{held:?}");
    Ok(())
}

#[tokio::test]
async fn a_space_follows_its_window_again_when_chrome_brings_it_back() -> Result<()> {
    let world = World::new("comes-back", &[]).await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.host.open(&world.site.page("/two")).await?;
    let popup = world.save(&one).await?;
    popup.close().await?;

    let world = world.restart_host_with(&["--restore-last-session"]).await?;
    let restored = world
        .host
        .wait_for_target("the page to be restored", |target| target.url.ends_with("/one"))
        .await?;
    // Once the space follows it, another tab of that window comes into the space.
    let plain = world.site.page("/plain");
    let open = format!(
        "chrome.tabs.query({{}}).then(([...tabs]) => chrome.tabs.create({{ url: '{plain}', active: false, \
         windowId: tabs.find(({{ url }}) => url.endsWith('/one')).windowId }}))"
    );
    let panel = world.panel_of_any().await?;
    panel
        .wait_for(
            "chrome.storage.session.get('followed').then(({ followed }) => followed?.length > 0)",
            "the window to be recognised",
        )
        .await?;
    world.in_chrome(&open).await?;
    panel
        .wait_for(
            &format!("{TITLES} === 'Page one|Page two|Plain'"),
            "the space to follow its window",
        )
        .await?;
    drop(restored);
    Ok(())
}

/// The person opens some of a space's pages again by hand, after the browser was killed.
#[tokio::test]
async fn who_is_asked_says_yes_and_the_space_follows_a_window_that_is_only_partly_its_own() -> Result<()> {
    let world = World::new("asked", &[]).await?;
    world.host.open_window(&world.site.page("/plain")).await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.host.open(&world.site.page("/two")).await?;
    let popup = world.save(&one).await?;
    popup.close().await?;
    let looking = world
        .host
        .open_window(&world.page_of_extension("welcome.html"))
        .await?;
    let kept = format!("{NOTED}.then((text) => text.includes('Plain') && text.includes('Page two'))");
    looking.wait_for(&kept, "the journal to hold the windows").await?;

    let world = world.kill_host().await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    for path in ["/two", "/page/1", "/page/2"] {
        world.host.open(&world.site.page(path)).await?;
    }
    let popup = world.popup(&one).await?;
    popup.wait_for(&shows("offer", "Is this"), "the question").await?;
    world.picture(&popup, "asked").await?;
    popup.click(&t("offer-yes")).await?;
    let follows = format!("document.querySelector('{}.ok')", t("saved-state"));
    popup.wait_for(&follows, "the space to follow the window").await?;
    popup.close().await?;
    let projection = world.projection().await?;
    let spaces = projection["spaces"].as_array().cloned().unwrap_or_default();
    assert_eq!((spaces.len(), &spaces[0]["tabs"]), (1, &json!(4)), "{spaces:?}");

    // What nobody saved is offered, too: it is not open any more.
    let popup = world.popup(&one).await?;
    popup
        .wait_for(
            &shows("offer", "Restore what was open (1 tab)?"),
            "the other question",
        )
        .await?;
    world.picture(&popup, "reopen").await?;
    popup.click(&t("offer-yes")).await?;
    world
        .host
        .wait_for_target("the earlier windows", |target| {
            target.url.ends_with("options.html#earlier")
        })
        .await?;
    let extension = Extension::open(&world).await?;
    let window = extension
        .page
        .evaluate("chrome.windows.getCurrent().then(({ id }) => id)")
        .await?;
    let again = extension.ask(json!({ "offer": { "window": window } })).await?;
    assert_eq!(again, "done", "nobody asks again");
    Ok(())
}
