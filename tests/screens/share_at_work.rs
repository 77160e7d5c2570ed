//! What pictures do not show of sharing: what becomes of it when nobody answers.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;
use tabspace_tests::people::t;

use crate::scenes::share_that_nobody_answers;
use crate::{PLAIN, Photographer};

#[tokio::test]
async fn what_becomes_visible_is_asked_for_again() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let (scene, answer) = share_that_nobody_answers();
    photographer.open(&scene, PLAIN).await?;
    let page = &photographer.page;
    let disabled = format!("document.querySelector('{}').disabled", t("create-link"));
    assert_eq!(
        page.evaluate(&disabled).await?,
        json!(true),
        "nothing unseen is shared"
    );

    let answers = format!("fixture.chrome.answers.what_is_shared = {}", json!(answer));
    page.evaluate(&answers).await?;
    page.click(&t("try-again")).await?;
    let shown = format!("document.querySelector('{}')", t("visible-tab"));
    page.wait_for(&shown, "the tabs that become visible").await?;
    let trouble = format!("!document.querySelector('{}')", t("try-again"));
    page.wait_for(&trouble, "the trouble to be over").await?;
    page.wait_for(&format!("!{disabled}"), "that it can be shared")
        .await
}
