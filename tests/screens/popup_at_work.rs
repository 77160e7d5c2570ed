//! What pictures do not show of the popup: what it leaves behind when Chrome closes it, and what it does for who is
//! quicker than Chrome.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;
use tabspace_tests::people::t;

use crate::scenes::{crowded_popup_of_a_saved_tab, popup_that_must_ask};
use crate::{PLAIN, Photographer};

/// Chrome's question closes the popup, on a busy machine before it comes to its next word.
#[tokio::test]
async fn what_was_to_be_streamed_is_kept_before_chrome_asks() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&popup_that_must_ask(), PLAIN).await?;
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
    photographer.open(&scene, PLAIN).await?;
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

/// Where a tab is saved is told late, when somebody may be about to click: nothing moves under the pointer.
#[tokio::test]
async fn what_is_told_late_moves_nothing() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&crowded_popup_of_a_saved_tab(), PLAIN).await?;
    let page = &photographer.page;
    let told = format!("document.querySelector('{}')", t("saved-in"));
    page.wait_for(&told, "where the tab is saved").await?;
    let places = "JSON.stringify([...document.querySelectorAll('main button, main [role=option]')]
        .map((seen) => [seen.textContent, seen.getBoundingClientRect().y]))";
    let with = page.evaluate(places).await?;
    page.evaluate(&format!("{told}.remove()")).await?;
    assert_eq!(page.evaluate(places).await?, with);
    Ok(())
}
