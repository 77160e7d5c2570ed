//! The real side panel, beside the tabs of its window.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::page::Page;
use tabspace_tests::people::{TITLES, World, ready_to_stream, shows, t};

/// The side panel of a page's window, opened as a person does: from the popup.
async fn side_panel(world: &World, over: &Page) -> Result<Page> {
    let popup = world.popup(over).await?;
    popup.click(&t("open-panel")).await?;
    drop(popup);
    let address = world.page_of_extension("panel.html");
    let is_panel = |target: &tabspace_tests::browser::Target| target.url.starts_with(&address);
    world.host.wait_for_target("the side panel", is_panel).await
}

/// A click in the panel lends no tab to the extension, and this tab was never under one on the icon.
#[tokio::test]
async fn the_panel_says_that_chrome_wants_a_click_on_the_icon_which_then_starts_the_stream() -> Result<()> {
    let streaming = ready_to_stream("panel-stream").await?;
    let world = &streaming.world;
    let panel = side_panel(world, &streaming.counter).await?;
    let one = world.host.open(&world.site.page("/one")).await?;
    one.bring_to_front().await?;
    panel
        .wait_for(
            &format!("{TITLES}.includes('Page one')"),
            "the new tab in the space",
        )
        .await?;
    panel.click(&t("stream-tab")).await?;
    let needs_click = format!("document.querySelector('{}')", t("needs-click"));
    panel
        .wait_for(&needs_click, "that Chrome wants a click on the icon")
        .await?;
    world.picture(&panel, "needs-click").await?;

    world.host.trigger_action(&world.id, &one).await?;
    streaming
        .guest
        .wait_for(&shows("stage", "Page one"), "the stream of that tab")
        .await?;
    panel
        .wait_for(&format!("!{needs_click}"), "the words to go")
        .await?;
    panel.click(&t("stop-stream")).await?;
    streaming
        .guest
        .wait_for(&shows("empty-stage", ""), "the stream to end")
        .await?;

    let again = format!("document.querySelector('{}')", t("stream-tab"));
    panel.wait_for(&again, "that the panel can stream again").await?;
    assert_eq!(
        panel.evaluate(&format!("!!{needs_click}")).await?,
        json!(false),
        "nobody waits for a click any more"
    );

    // The tab has been lent: the panel alone is enough.
    panel.click(&t("stream-tab")).await?;
    streaming
        .guest
        .wait_for(&shows("stage", "Page one"), "the stream from the panel")
        .await?;
    world.picture(&panel, "streams-from-panel").await
}
