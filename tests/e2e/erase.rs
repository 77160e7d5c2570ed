//! A person erases everything that TabSpace keeps in the browser.

use tabspace_tests::Result;
use tabspace_tests::people::{World, count, t};

#[tokio::test]
async fn erasing_everything_forgets_spaces_and_settings() -> Result<()> {
    let world = World::new("erase", &[]).await?;
    let one = world.host.open(&world.site.page("/one")).await?;
    let popup = world.save(&one).await?;
    world.share(&popup, "viewer").await?;
    popup.close().await?;

    let options = world
        .host
        .open_window(&world.page_of_extension("options.html"))
        .await?;
    options.evaluate("globalThis.before = true").await?;
    options.click(&t("erase")).await?;
    options.click(&t("confirm-erase")).await?;
    options
        .wait_for(
            "globalThis.before !== true && document.querySelector('main')",
            "a fresh page",
        )
        .await?;

    let popup = world.popup(&one).await?;
    let unsaved = format!(
        "document.querySelector('{}') && {}",
        t("save-window"),
        count("space-row", 0)
    );
    popup.wait_for(&unsaved, "that no space is left").await?;
    popup.close().await?;
    let relay = format!("document.querySelector('{}')", t("relay"));
    options
        .wait_for(&format!("!{relay}.disabled"), "the settings")
        .await?;
    let relay = options.evaluate(&format!("{relay}.value")).await?;
    assert_ne!(relay, world.relay.url(), "the relay is forgotten too");
    Ok(())
}
