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

/// True when all that was to be shown anew is.
const AFTER_FRAMES: &str = "new Promise((resolve) => \
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))";

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
async fn a_combobox_finds_and_chooses_by_keys() -> Result<()> {
    let (browser, server) = (Launch::new().start().await?, Server::start().await?);
    let page = browser.open("about:blank").await?;
    has_focus(&page).await?;
    shown(&page, &server, "combobox").await?;
    page.press("Tab").await?;
    let option = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))";
    let is_active = |name: &str| {
        format!(
            "{option}?.ariaSelected === 'true' && {option}.querySelector('.clip').textContent === '{name}'"
        )
    };
    let is_open = format!("{FOCUSED}.id === 'find-all' && {FOCUSED}.ariaExpanded === 'true' && !{option}");
    page.wait_for(&is_open, "the list, with nothing active").await?;

    let in_sight = format!(
        "(() => {{ const [row, list] = [{option}, document.getElementById('all-places')].map((e) => e.getBoundingClientRect()); \
         return row.top >= list.top - 1 && row.bottom <= list.bottom + 1; }})()"
    );
    for (key, name) in [
        ("ArrowDown", "Accra"),
        ("ArrowUp", "Zagreb"),
        ("ArrowDown", "Accra"),
        ("PageDown", "Jaipur"),
        ("End", "Zagreb"),
        ("PageDown", "Zagreb"),
        ("PageUp", "Lisbon"),
        ("Home", "Accra"),
    ] {
        page.press(key).await?;
        page.wait_for(&is_active(name), &format!("{key} to go to {name}"))
            .await?;
        page.wait_for(&in_sight, &format!("{name} in sight")).await?;
    }

    page.type_text("or").await?;
    page.wait_for(&is_active("Porto"), "the first that is found")
        .await?;
    page.press("Home").await?;
    let caret = format!("{FOCUSED}.selectionStart === 0 && {}", is_active("Porto"));
    page.wait_for(&caret, "the caret to move, not the option").await?;
    page.press("Enter").await?;
    let chosen = format!(
        "document.querySelector('{}').textContent === 'Porto'",
        t("chosen")
    );
    page.wait_for(&chosen, "what was chosen").await?;
    page.press("Escape").await?;
    let cleared = format!("{FOCUSED}.value === '' && {is_open}");
    page.wait_for(&cleared, "everything again").await?;
    page.type_text("nowhere").await?;
    let closed = format!(
        "{FOCUSED}.ariaExpanded === 'false' && !{FOCUSED}.hasAttribute('aria-controls') && !{option}"
    );
    page.wait_for(&closed, "no list").await
}

/// Shows the sample of a space.
async fn space_shown(page: &Page, server: &Server) -> Result<()> {
    has_focus(page).await?;
    page.call("Page.enable", json!({})).await?;
    let script = format!("globalThis.sample = JSON.stringify({});", json!(sample_view()));
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": script }),
    )
    .await?;
    page.navigate(&server.address("/gallery/index.html#space"))
        .await?;
    page.wait_for(&format!("document.querySelector('{}')", t("tab-row")), "the tabs")
        .await
}

/// The titles of the tabs in order.
fn rows() -> String {
    format!(
        "[...document.querySelectorAll('{}')].map((row) => row.querySelector('bdi').innerText).join()",
        t("tab-row")
    )
}

#[tokio::test]
async fn what_is_typed_into_a_row_stays_when_the_list_changes() -> Result<()> {
    let (browser, server) = (Launch::new().start().await?, Server::start().await?);
    let page = browser.open("about:blank").await?;
    space_shown(&page, &server).await?;
    let value = |id: &str| format!("document.querySelector('{}').value", t(id));
    // All rows change: they become places to drop on.
    let drag = format!(
        "[...document.querySelectorAll('{}')].at(-1).dispatchEvent(new DragEvent('dragstart', {{ bubbles: true }}))",
        t("tab-row")
    );
    page.hover(&t("tab-row")).await?;
    page.click(&t("tab-menu")).await?;
    page.click(&t("rename-tab")).await?;
    page.wait_for(
        &format!(
            "document.activeElement === document.querySelector('{}')",
            t("rename-field")
        ),
        "the field to have the focus",
    )
    .await?;
    page.type_text("Mine").await?;
    page.evaluate(&drag).await?;
    page.wait_for(AFTER_FRAMES, "the list to be shown anew").await?;
    assert_eq!(page.evaluate(&value("rename-field")).await?, json!("Mine"));
    page.press("Enter").await?;
    page.wait_for(&format!("{}.startsWith('Mine,')", rows()), "the new title")
        .await?;

    // Writing a message tells the others, which shows the conversation anew.
    let own = "[data-testid=message][data-waiting=true]";
    page.hover(own).await?;
    page.click(&format!("{own} {}", t("message-menu"))).await?;
    page.click(&t("edit-message")).await?;
    page.wait_for(&format!("{FOCUSED}.matches('{}')", t("edit-field")), "the field")
        .await?;
    page.press("Control+a").await?;
    page.type_text("Better").await?;
    page.click(&t("composer")).await?;
    page.type_text("And").await?;
    page.wait_for(AFTER_FRAMES, "the conversation to be shown anew")
        .await?;
    assert_eq!(page.evaluate(&value("edit-field")).await?, json!("Better"));
    Ok(())
}

#[tokio::test]
async fn a_finger_moves_a_tab_by_its_menu() -> Result<()> {
    let (browser, server) = (Launch::new().start().await?, Server::start().await?);
    let page = browser.open("about:blank").await?;
    page.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": 390, "height": 780, "deviceScaleFactor": 1, "mobile": true }),
    )
    .await?;
    page.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }))
        .await?;
    space_shown(&page, &server).await?;
    tap(&page, &t("show-tabs")).await?;
    let before = page.evaluate(&rows()).await?;
    tap(&page, &t("tab-menu")).await?;
    tap(&page, &t("move-down")).await?;
    page.wait_for(&format!("{} !== {before}", rows()), "the tab to move")
        .await?;
    let moved = page.evaluate(&rows()).await?;
    let second = before.as_str().and_then(|titles| titles.split(',').nth(1));
    let first = moved.as_str().and_then(|titles| titles.split(',').next());
    assert_eq!(first, second, "the first and the second changed places");
    Ok(())
}

/// A finger's tap on the first element that a selector matches.
async fn tap(page: &Page, selector: &str) -> Result<()> {
    let found = format!("document.querySelector({})", json!(selector));
    page.wait_for(&format!("{found}?.checkVisibility()"), selector)
        .await?;
    let place = format!(
        "(() => {{ {found}.scrollIntoViewIfNeeded(true); const box = {found}.getBoundingClientRect(); \
         return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }}; }})()"
    );
    let place = page.evaluate(&place).await?;
    for (kind, points) in [("touchStart", json!([place])), ("touchEnd", json!([]))] {
        page.call(
            "Input.dispatchTouchEvent",
            json!({ "type": kind, "touchPoints": points }),
        )
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_removed_tab_comes_back_to_its_place() -> Result<()> {
    let (browser, server) = (Launch::new().start().await?, Server::start().await?);
    let page = browser.open("about:blank").await?;
    space_shown(&page, &server).await?;
    let rows = rows();
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
