//! Chrome ends the service worker whenever it likes.

use tabspace_tests::Result;

use tabspace_tests::people::ready_to_stream;
use tabspace_tests::people::{TITLES, World, count, say, t};

/// Holds the lock without which nobody writes, for as long as the page is there.
const HOLD: &str =
    "void navigator.locks.request('session', () => { window.held = true; return new Promise(() => {}); })";

/// Somebody waits for that lock.
const AWAITED: &str =
    "navigator.locks.query().then(({ pending }) => pending.some(({ name }) => name === 'session'))";

#[tokio::test]
async fn a_save_survives_the_worker_and_the_browser() -> Result<()> {
    let world = World::new("worker-save", &[]).await?;
    let one = world.host.open(&world.site.page("/one")).await?;
    for path in ["/two", "/plain"] {
        world.host.open(&world.site.page(path)).await?;
    }
    let holder = world
        .host
        .open_window(&world.page_of_extension("options.html"))
        .await?;
    let loaded = format!("document.querySelector('{}').value", t("relay"));
    holder.wait_for(&loaded, "the options").await?;
    holder.evaluate(HOLD).await?;
    world.host.stop_service_worker(&world.id).await?;
    holder.wait_for("window.held", "the lock").await?;

    // The new worker has got the click, and cannot save before it dies.
    let popup = world.popup(&one).await?;
    popup.click(&t("save-window")).await?;
    holder
        .wait_for(AWAITED, "that the worker is about to save")
        .await?;
    popup.close().await?;
    world.host.stop_service_worker(&world.id).await?;
    let spaces = world.projection().await?;
    assert!(spaces["spaces"].as_array().is_none_or(Vec::is_empty), "{spaces}");
    holder.close().await?;

    // Asked until it is done, the save is there once.
    let popup = world.popup(&one).await?;
    let saved = format!(
        "(() => {{ const save = document.querySelector('{}'); save?.click(); return !save; }})()",
        t("save-window")
    );
    popup.wait_for(&saved, "the window to be saved").await?;
    let spaces = world.projection().await?;
    assert_eq!(spaces["spaces"].as_array().map(Vec::len), Some(1), "{spaces}");

    // The window is followed when the browser quits: that its tabs go changes nothing.
    let world = world.restart_host().await?;
    let panel = world.panel_of_any().await?;
    panel
        .wait_for(
            &format!("{TITLES} === 'Page one|Page two|Plain'"),
            "the space with all its tabs",
        )
        .await?;
    world.picture(&panel, "after-restart").await
}

#[tokio::test]
async fn a_live_space_goes_on_following_when_the_worker_dies() -> Result<()> {
    let world = World::new("worker-live", &[]).await?;
    let one = world.host.open(&world.site.page("/one")).await?;
    let popup = world.save(&one).await?;
    let link = world.share(&popup, "editor").await?;
    popup.close().await?;
    let guest = world.join(&link, "Bob").await?;
    for round in 1..=3 {
        world.host.stop_service_worker(&world.id).await?;
        let _new = world
            .host
            .open(&world.site.page(&format!("/two?{round}")))
            .await?;
        guest
            .wait_for(
                &format!("{TITLES}.split('Page two').length === {}", round + 1),
                "the new tab",
            )
            .await?;
    }
    say(&guest, "still here").await?;
    guest.wait_for(&count("message", 1), "the message").await?;
    Ok(())
}

#[tokio::test]
async fn a_stream_goes_on_when_the_worker_dies() -> Result<()> {
    let streaming = ready_to_stream("worker-stream").await?;
    streaming.start().await?;
    streaming.guest_sees().await?;
    streaming
        .world
        .host
        .stop_service_worker(&streaming.world.id)
        .await?;
    streaming.guest_sees().await?;
    let popup = streaming.world.popup(&streaming.counter).await?;
    popup.click(&t("stop-stream")).await?;
    streaming
        .guest
        .wait_for(
            "!document.querySelector('[data-testid=\"stage-video\"]')?.srcObject",
            "that the stream ended",
        )
        .await?;
    Ok(())
}
