//! Everything by keyboard: nobody touches a pointer from the first save to leaving the space.

use tabspace_tests::page::Page;
use tabspace_tests::people::{World, shows, t};
use tabspace_tests::{Failure, Result};

/// Where the focus is, whether a person sees it there, and what is focused, for the failure.
const FOCUS: &str = "(() => { const focused = document.activeElement; \
     const inner = focused.closest('.search, .composer, .input, .select') ?? focused; \
     const [own, around] = [focused, inner].map((element) => getComputedStyle(element)); \
     return { id: focused.dataset.testid ?? null, name: focused.outerHTML.slice(0, 120), \
         seen: own.outlineStyle !== 'none' || around.outlineStyle !== 'none' || around.boxShadow !== 'none' }; })()";

/// More stops than any screen has.
const STOPS: usize = 80;

/// Presses Tab until a control has the focus. Every stop on the way must be seen, and none comes twice before.
async fn tab_to(page: &Page, id: &str) -> Result<()> {
    let mut passed = Vec::new();
    for _ in 0..STOPS {
        let focus = page.evaluate(FOCUS).await?;
        if focus["id"] == id {
            return Ok(());
        }
        let name = focus["name"].as_str().unwrap_or_default().to_owned();
        if focus["seen"] != true && !name.starts_with("<body") {
            return Err(Failure(format!("nobody sees that the focus is on {name}")));
        }
        passed.push(name);
        page.press("Tab").await?;
    }
    Err(Failure(format!("Tab never came to {id}: {}", passed.join("\n"))))
}

/// Types into the popup's search until a command is the active row, and chooses it.
async fn command(popup: &Page, words: &str) -> Result<()> {
    popup
        .wait_for(
            "document.activeElement.id === 'search'",
            "the focus in the search",
        )
        .await?;
    popup.type_text(words).await?;
    let active = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant') ?? '')?.dataset.testid === 'command-row'";
    popup.wait_for(active, &format!("the command {words:?}")).await?;
    popup.press("Enter").await
}

#[tokio::test]
async fn save_search_share_chat_stream_and_leave_without_a_pointer() -> Result<()> {
    let world = World::new("keyboard", &[]).await?;
    let one = world.host.open(&world.site.page("/one")).await?;
    let counter = world.host.open(&world.site.page("/counter")).await?;

    // Save, by the command.
    let popup = world.popup(&counter).await?;
    command(&popup, "save this window").await?;
    let saved = format!("!document.querySelector('{}')", t("save-window"));
    popup.press("Escape").await?;
    popup.wait_for(&saved, "the window to be saved").await?;

    // Search: the first tab that matches is shown.
    popup.type_text("page one").await?;
    popup.wait_for(&shows("tab-row", "Page one"), "the tab").await?;
    popup.press("Enter").await?;
    one.wait_for("document.visibilityState === 'visible'", "the tab to be shown")
        .await?;
    counter.bring_to_front().await?;

    // Share: Enter in the form makes the link.
    let popup = world.popup(&counter).await?;
    command(&popup, "share").await?;
    let listed = format!("document.querySelector('{}')", t("visible-tab"));
    popup.wait_for(&listed, "what becomes visible").await?;
    tab_to(&popup, "your-name").await?;
    popup.type_text("Ada").await?;
    tab_to(&popup, "create-link").await?;
    popup.press("Enter").await?;
    let link = format!("document.querySelector('{}')?.value", t("link"));
    popup
        .wait_for(&format!("{link}?.includes('#')"), "the link")
        .await?;
    let link = popup.evaluate(&link).await?;
    let link = link.as_str().unwrap_or_default().to_owned();
    // Escape leads back, not out.
    popup.press("Escape").await?;
    popup
        .wait_for("document.activeElement.id === 'search'", "the list again")
        .await?;
    popup.close().await?;

    // Join, write.
    let guest = world.guest.open(&link).await?;
    guest
        .wait_for(
            "document.activeElement.dataset.testid === 'join-name'",
            "the focus in the name",
        )
        .await?;
    guest.type_text("Bob").await?;
    guest.press("Enter").await?;
    world.is_in(&guest).await?;
    tab_to(&guest, "composer").await?;
    guest.type_text("By keyboard").await?;
    guest.press("Enter").await?;
    let panel = world.panel().await?;
    panel.wait_for_text("By keyboard").await?;
    tab_to(&panel, "composer").await?;
    panel.type_text("Me too").await?;
    panel.press("Enter").await?;
    guest.wait_for_text("Me too").await?;
    world.picture(&guest, "guest").await?;
    panel.close().await?;

    // Stream.
    let popup = world.popup(&counter).await?;
    command(&popup, "stream this tab").await?;
    guest
        .wait_for(
            &format!("document.querySelector('{}')?.srcObject", t("stage-video")),
            "the stream",
        )
        .await?;
    drop(popup);

    // Leave.
    tab_to(&guest, "leave").await?;
    guest.press("Enter").await?;
    tab_to(&guest, "confirm-leave").await?;
    guest.press("Enter").await?;
    guest
        .wait_for("location.pathname === '/'", "the start page")
        .await
}
