//! Saving a window of 500 tabs, and opening a space of 500 tabs as a window.

use std::time::Duration;

use serde_json::json;
use tabspace_tests::browser::extension_id;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::site::Site;
use tabspace_tests::{Failure, Result, extension};
use tokio::time::Instant;
use wasm_core::library::backup::{Library, Tab};

use super::{Beside, ask, median, plain, session_manager, store};
use crate::line::say;

const TABS: usize = 500;
const SAVES: usize = 7;
const RESTORES: usize = 3;
/// What a person waits for.
const SAVE_GOAL_MS: f64 = 100.0;
const RESTORE_GOAL_MS: f64 = 2_000.0;
/// In the background, while the person works.
const FULL_GOAL_MS: f64 = 120_000.0;
/// Until the window has all its tabs, on a busy machine.
const FULL: Duration = Duration::from_mins(10);

/// How many tabs the largest window has, and how many of them are asleep.
const WINDOW: &str = "chrome.windows.getAll({ populate: true }).then((all) => { \
    const { id, tabs } = all.sort((a, b) => b.tabs.length - a.tabs.length)[0]; \
    return { id, tabs: tabs.length, asleep: tabs.filter((tab) => tab.discarded).length }; })";

pub(super) async fn measure() -> Result<()> {
    say(&format!(
        "library: saving a window of {TABS} tabs, and opening it again"
    ));
    let site = Site::start().await?;
    let ours = saved(&extension(), &site).await?;
    let folder = tempfile::tempdir()?;
    plain::write(folder.path())?;
    let rival = saved(folder.path(), &site).await?;
    let what = format!("a window of {TABS} tabs saved and on the disk, median of {SAVES}");
    Beside::plain(&what, "ms").print(median(&ours), median(&rival));
    if let Some(folder) = session_manager::folder() {
        let rival = session_manager::saved(&folder, &site, TABS).await?;
        Beside::of(&what, "ms", session_manager::NAME).print(median(&ours), median(&rival));
    }
    Beside::goal(&what, "ms").print(median(&ours), SAVE_GOAL_MS);
    restored(&site).await
}

/// How long saving the window takes, each time into another space.
async fn saved(extension: &std::path::Path, site: &Site) -> Result<Vec<f64>> {
    let is_plain = !extension.join("welcome.html").exists();
    let browser = Launch::new().extension(extension).start().await?;
    let id = extension_id(extension)?;
    let page = if is_plain {
        browser
            .open(&format!("chrome-extension://{id}/library.html"))
            .await?
    } else {
        browser.first_page(&id).await?
    };
    super::open_asleep(&page, &site.page("/plain?asleep"), TABS - 1).await?;
    let mut times = Vec::new();
    for round in 0..=SAVES {
        let time = if is_plain {
            let saves = "(async () => { const begun = performance.now(); await save(); return performance.now() - begun; })()";
            page.evaluate(saves).await?
        } else {
            let window = page
                .evaluate("chrome.windows.getCurrent().then(({ id }) => id)")
                .await?;
            let (answer, time) = super::timed_ask(
                &page,
                &json!({ "save_window": { "window": window, "name": format!("Saved {round}") } }),
            )
            .await?;
            // The next one is saved as the first was: by a window that no space follows.
            ask(&page, &json!({ "forget": answer["space"] })).await?;
            json!(time)
        };
        times.extend(time.as_f64().filter(|_| round > 0));
    }
    browser.quit().await?;
    Ok(times)
}

async fn restored(site: &Site) -> Result<()> {
    let extension = extension();
    let browser = Launch::new().extension(&extension).start().await?;
    let id = extension_id(&extension)?;
    let page = browser.first_page(&id).await?;
    let tab = |number: usize| Tab {
        title: format!("Saved {number}"),
        url: site.page(&format!("/page/{number}")),
        ..Tab::default()
    };
    let library: Library = store::library(&(0..TABS).map(tab).collect::<Vec<_>>());
    store::fill(&browser, &id, &library).await?;
    // It has an id of its own here.
    let kept = "chrome.storage.local.get('projection').then(({ projection }) => JSON.parse(projection).spaces[0].space)";
    let space = page.evaluate(kept).await?;
    site.asked();
    let (mut answered, mut full) = (Vec::new(), Vec::new());
    for _ in 0..RESTORES {
        let begun = Instant::now();
        let (_, time) = super::timed_ask(&page, &json!({ "restore": space })).await?;
        answered.push(time);
        full.push(window_is_full(&page, begun).await?);
        let asked = site.asked();
        if asked.len() > 1 {
            return Err(Failure(format!("{} pages were asked for, not one", asked.len())));
        }
        close_window(&page).await?;
    }
    let what = format!("a space of {TABS} tabs opened, until control is back, median of {RESTORES}");
    Beside::goal(&what, "ms").print(median(&answered), RESTORE_GOAL_MS);
    let what = format!("the same, until all {TABS} stand in the window and all but one sleep");
    Beside::goal(&what, "ms").print(median(&full), FULL_GOAL_MS);
    browser.quit().await
}

async fn window_is_full(page: &Page, begun: Instant) -> Result<f64> {
    let full = format!(
        "(async () => {{ for (;;) {{ const {{ tabs, asleep }} = await {WINDOW}; \
            if (tabs === {TABS} && asleep === {TABS} - 1) return true; \
            await new Promise((resolve) => setTimeout(resolve, 250)); }} }})()"
    );
    page.evaluate_within(FULL, &full).await?;
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}

async fn close_window(page: &Page) -> Result<()> {
    page.evaluate(&format!("{WINDOW}.then(({{ id }}) => chrome.windows.remove(id))"))
        .await?;
    let gone = format!("{WINDOW}.then(({{ tabs }}) => tabs < {TABS})");
    page.wait_for(&gone, "the window to close").await
}
