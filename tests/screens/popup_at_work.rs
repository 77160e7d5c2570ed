//! What pictures do not show of the popup: what it leaves behind when Chrome closes it.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;
use tabspace_tests::people::t;

use crate::scenes::popup_that_must_ask;
use crate::{Photographer, VARIANTS};

/// Chrome's question closes the popup, on a busy machine before it comes to its next word.
#[tokio::test]
async fn what_was_to_be_streamed_is_kept_before_chrome_asks() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&popup_that_must_ask(), VARIANTS[0]).await?;
    let page = &photographer.page;
    page.click(&t("stream-tab")).await?;
    page.wait_for("fixture.chrome.asked", "the question").await?;
    let kept = page.evaluate("fixture.chrome.session?.stream_wish").await?;
    let seen = page
        .evaluate("fixture.chrome.tabs.find((tab) => tab.active).id")
        .await?;
    assert_eq!(kept, json!({ "tab": seen, "until": 0 }));
    Ok(())
}
