//! What pictures do not show of the side panel: streaming the tab beside it.

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::people::t;

use crate::scenes::panel_that_streams;
use crate::{PLAIN, Photographer};

async fn seen_tab(page: &Page) -> Result<Value> {
    page.evaluate("fixture.chrome.tabs.find((tab) => tab.active).id")
        .await
}

#[tokio::test]
async fn the_panel_streams_the_tab_beside_it() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&panel_that_streams(None), PLAIN).await?;
    let page = &photographer.page;
    page.click(&t("stream-tab")).await?;
    let asked = "fixture.asks?.find((ask) => ask.stream_tab)?.stream_tab";
    page.wait_for(asked, "the writer to be asked").await?;
    let asked = page.evaluate(asked).await?;
    assert_eq!(
        asked,
        json!({ "chrome_tab": seen_tab(page).await?, "media_id": "media" })
    );
    Ok(())
}

/// A click in the panel lends no tab to the extension. The one on the icon does, and the popup that it opens finds
/// what was wanted.
#[tokio::test]
async fn where_chrome_wants_a_click_on_the_icon_the_panel_says_so_and_the_wish_waits_for_it() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let words = "Extension has not been invoked for the current page (see activeTab permission).";
    photographer.open(&panel_that_streams(Some(words)), PLAIN).await?;
    let page = &photographer.page;
    page.click(&t("stream-tab")).await?;
    page.wait_for(
        &format!("document.querySelector('{}')", t("needs-click")),
        "the words",
    )
    .await?;
    let tab = seen_tab(page).await?;
    let kept = page.evaluate("fixture.chrome.session.stream_wish").await?;
    let until = page.evaluate("fixture.now + 120_000").await?;
    assert_eq!(kept, json!({ "tab": tab, "until": until }));
    let badge = page.evaluate("fixture.chrome.badge").await?;
    assert_eq!(badge, json!({ "tabId": tab, "text": "▶" }));
    let asked = page.evaluate("fixture.asks?.length ?? 0").await?;
    assert_eq!(asked, json!(0), "nothing is streamed meanwhile");

    // Who does not want it any more says so.
    page.click(&t("dismiss")).await?;
    page.wait_for("fixture.chrome.session.stream_wish === null", "the wish to go")
        .await?;
    Ok(())
}
