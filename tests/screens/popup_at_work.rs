//! What pictures do not show of the popup: what it leaves behind when Chrome closes it, and what it does for who is
//! quicker than Chrome.

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

/// A command can be typed and chosen before all that the popup reads is there.
#[tokio::test]
async fn a_command_chosen_too_early_is_done_once_it_can_be() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let mut scene = popup_that_must_ask();
    scene.fixture["chrome"]["holds"] = json!(true);
    photographer.open(&scene, VARIANTS[0]).await?;
    let page = &photographer.page;
    page.type_text("stream this").await?;
    let command = format!("document.querySelector('{}.active')", t("command-row"));
    page.wait_for(&command, "the command").await?;
    page.press("Enter").await?;
    assert_eq!(
        page.evaluate("Boolean(fixture.chrome.asked)").await?,
        json!(false)
    );
    page.evaluate("fixture.chrome.release()").await?;
    page.wait_for("fixture.chrome.asked", "what was chosen").await
}
