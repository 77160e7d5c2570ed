//! What pictures do not show of the parts: that they do what pointer and keys ask of them.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::people::t;

use crate::scenes::sample_view;
use crate::server::Server;

/// Keys reach the page whatever window another test has in front.
async fn has_focus(page: &Page) -> Result<()> {
    page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))
        .await
        .map(drop)
}

async fn shown(page: &Page, server: &Server, part: &str) -> Result<()> {
    page.navigate("about:blank").await?;
    page.navigate(&server.address(&format!("/gallery/index.html#parts/{part}")))
        .await?;
    page.wait_for("document.querySelector('.specimen')", part).await
}

/// The element with the focus.
const FOCUSED: &str = "document.activeElement";

#[tokio::test]
async fn parts_obey_pointer_and_keys() -> Result<()> {
    let (browser, server) = (Launch::new().start().await?, Server::start().await?);
    let page = browser.open("about:blank").await?;
    has_focus(&page).await?;

    shown(&page, &server, "icon-button").await?;
    let tooltip = "document.querySelector('[role=tooltip]')?.textContent";
    page.hover(&t("first")).await?;
    page.wait_for(
        &format!("{tooltip} === 'Add'"),
        "the words of what the pointer rests on",
    )
    .await?;
    page.press("Escape").await?;
    page.wait_for(&format!("!{tooltip}"), "Escape to take them away")
        .await?;
    page.press("Tab").await?;
    page.wait_for(&format!("{tooltip} === 'Add'"), "the words of what has the focus")
        .await?;
    page.press("Tab").await?;
    page.wait_for(&format!("{tooltip} === 'Mute'"), "those of the next instead")
        .await?;

    shown(&page, &server, "tab-bar").await?;
    page.press("Tab").await?;
    for (key, id) in [
        ("ArrowRight", "bar-people"),
        ("ArrowRight", "bar-tabs"),
        ("End", "bar-people"),
        ("Home", "bar-tabs"),
    ] {
        page.press(key).await?;
        let chosen = format!("{FOCUSED}.matches('{}[aria-selected=true]')", t(id));
        page.wait_for(&chosen, key).await?;
    }

    shown(&page, &server, "split-pane").await?;
    let place = format!(
        "Number(document.querySelector('{}').ariaValueNow)",
        t("split-bar")
    );
    let before = page.evaluate(&place).await?.as_f64().unwrap_or_default();
    page.press("Tab").await?;
    page.press("ArrowDown").await?;
    page.wait_for(&format!("{place} > {before}"), "the bar to move")
        .await?;
    let moved = page.evaluate(&place).await?.as_f64().unwrap_or_default();
    shown(&page, &server, "split-pane").await?;
    page.wait_for(&format!("{place} === {moved}"), "the bar to stay there")
        .await?;
    page.press("Tab").await?;
    page.press("Home").await?;
    let least = format!(
        "{place} < {moved} && document.querySelector('.split-first').getBoundingClientRect().height > 50"
    );
    page.wait_for(&least, "the upper pane at its smallest").await
}

#[tokio::test]
async fn a_removed_tab_comes_back_to_its_place() -> Result<()> {
    let (browser, server) = (Launch::new().start().await?, Server::start().await?);
    let page = browser.open("about:blank").await?;
    has_focus(&page).await?;
    page.call("Page.enable", json!({})).await?;
    let script = format!("globalThis.sample = JSON.stringify({});", json!(sample_view()));
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": script }),
    )
    .await?;
    page.navigate(&server.address("/gallery/index.html#space"))
        .await?;
    let rows = format!(
        "[...document.querySelectorAll('{}')].map((row) => row.innerText).join()",
        t("tab-row")
    );
    page.wait_for(&format!("document.querySelector('{}')", t("tab-row")), "the tabs")
        .await?;
    let before = page.evaluate(&rows).await?;

    page.hover(&t("tab-row")).await?;
    page.click(&t("tab-menu")).await?;
    page.click(&t("remove-tab")).await?;
    page.wait_for(
        &format!("document.querySelector('{}')", t("undo")),
        "the way back",
    )
    .await?;
    page.wait_for(&format!("{rows} !== {before}"), "the tab to go")
        .await?;
    page.wait_for(
        &format!("{FOCUSED}.closest('{}')", t("tab-row")),
        "the focus to stay in the list",
    )
    .await?;

    page.click(&t("undo")).await?;
    // The pointer would show a menu in a row.
    page.wait_for(&format!("{rows} === {before}"), "the tab in its place")
        .await?;
    page.wait_for(
        &format!("!document.querySelector('{}')", t("undo")),
        "the toast to go",
    )
    .await
}
