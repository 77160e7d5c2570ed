//! A person without an account loses a browser and has a key on paper: the shared spaces come back, and what others have of
//! the paper ends.

use tabspace_tests::Result;
use tabspace_tests::people::{ADDRESSES, World, count, say, shows, t};

use crate::folder::shown;

/// The key that the page shows, once.
const KEY: &str = "document.querySelector('[data-testid=\"recovery\"] [data-testid=\"link\"]').value";

#[tokio::test]
async fn a_key_on_paper_brings_the_shared_spaces_to_an_empty_browser() -> Result<()> {
    let world = World::new("recovered", &[]).await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.host.open(&world.site.page("/two")).await?;
    let guest = world.save_and_share(&one).await?;
    say(&guest, "Before").await?;
    let options = world.page_of_extension("options.html");
    let page = world.host.open_window(&options).await?;
    page.click(&t("recovery-make")).await?;
    page.wait_for(&shown("recovery-made"), "the key").await?;
    let key = page.evaluate(KEY).await?;
    let key = key.as_str().unwrap_or_default().to_owned();
    world.picture(&page, "made").await?;
    drop(page);

    // The browser's data is gone; the key is typed from the paper, without its dashes and in small letters.
    let world = world.clean_host().await?;
    world.set_relay().await?;
    let page = world.host.open_window(&options).await?;
    let typed = key.to_lowercase().replace('-', " ");
    page.fill(&t("recovery-key"), &typed).await?;
    page.click(&t("recovery-use")).await?;
    page.wait_for(&shown("recovered"), "the shared spaces").await?;
    world.picture(&page, "recovered").await?;
    let panel = world.panel().await?;
    world.is_in(&panel).await?;
    panel
        .wait_for(&shows("message", "Before"), "what was said")
        .await?;
    assert_eq!(
        panel.evaluate(ADDRESSES).await?,
        guest.evaluate(ADDRESSES).await?,
        "the same tabs"
    );
    say(&panel, "I am back").await?;
    guest
        .wait_for(&shows("message", "I am back"), "the person to be the same")
        .await?;
    guest.wait_for(&count("message", 2), "each message once").await?;

    // Somebody else used the paper too, and is signed out; who did it stays.
    let thief = format!(
        "fetch('/api/v1/recovery', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, \
         body: JSON.stringify({{ key: '{key}' }}) }}).then(answer => answer.json()).then(({{ token }}) => {{ window.token = token; return !!token; }})"
    );
    assert_eq!(guest.evaluate(&thief).await?, true);
    let is_in = "fetch('/api/v1/me', { headers: { authorization: `Bearer ${window.token}` } }).then(({ status }) => status)";
    assert_eq!(guest.evaluate(is_in).await?, 200);
    page.bring_to_front().await?;
    page.click(&t("recovery-sign-out")).await?;
    page.click(&t("confirm-recovery")).await?;
    page.wait_for(&shown("recovery-alone"), "that the others are out")
        .await?;
    assert_eq!(guest.evaluate(is_in).await?, 401);
    say(&panel, "Alone again").await?;
    guest
        .wait_for(&shows("message", "Alone again"), "the person to go on")
        .await
}
