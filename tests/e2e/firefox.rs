//! A guest with Firefox: the web page needs no Chromium.

use tabspace_tests::Result;
use tabspace_tests::firefox::{Firefox, FirefoxPage};
use tabspace_tests::loudspeaker::Loudspeaker;
use tabspace_tests::people::{TITLES, VIDEO, World, say, shows, t};
use tabspace_tests::site::{PROBE, TONE_HZ};

/// A common phone, in CSS pixels.
const PHONE: (u32, u32) = (390, 760);

/// The guest's picture of the counter advances by a second's worth of frames, and frames are presented: what
/// is read is not one picture that stands still.
async fn sees_the_counter(guest: &FirefoxPage) -> Result<()> {
    guest
        .run(&format!(
            "window.first = undefined; window.presented = 0; const video = {VIDEO}; \
             const count = () => {{ window.presented += 1; video.requestVideoFrameCallback(count); }}; \
             video.requestVideoFrameCallback(count);"
        ))
        .await?;
    let advanced = format!(
        "(() => {{ const seen = readCounter({VIDEO}); if (!seen) return false; window.first ??= seen.counter; \
         const ahead = (seen.counter - window.first) & 0xffff; return ahead >= 60 && ahead < 0x8000; }})()"
    );
    guest
        .wait_for(&advanced, "an advancing counter in the decoded picture")
        .await?;
    guest
        .wait_for("window.presented >= 10", "ten frames to be presented")
        .await
}

/// Nothing stands out of the page to the side.
async fn fits(guest: &FirefoxPage) -> Result<()> {
    let wide = guest
        .evaluate("document.documentElement.scrollWidth - innerWidth")
        .await?;
    assert!(
        wide.as_i64().is_some_and(|wide| wide <= 0),
        "the page is {wide} px too wide"
    );
    Ok(())
}

#[tokio::test]
async fn a_guest_with_firefox_sees_edits_talks_watches_and_leaves() -> Result<()> {
    let world = World::new("firefox", &[]).await?;
    let counter = world.host.open(&world.site.page("/counter")).await?;
    counter.click("#sound").await?;
    counter.wait_for_text("Playing").await?;
    let popup = world.save(&counter).await?;
    let link = world.share(&popup, "editor").await?;
    popup.close().await?;
    let panel = world.panel().await?;

    // The invitation, and in.
    let loudspeaker = Loudspeaker::new()?;
    let firefox = Firefox::start(&loudspeaker).await?;
    let guest = firefox.open(&link).await?;
    guest.wait_for_text("Ada").await?;
    guest.fill(&t("join-name"), "Bob").await?;
    fits(&guest).await?;
    guest.screenshot(&world.next_picture("join")).await?;
    guest.click(&t("join")).await?;
    let live = format!(
        "document.querySelector('{}[data-link=\"live\"]')",
        t("link-state")
    );
    guest.wait_for(&live, "the live space").await?;
    guest
        .wait_for(&format!("{TITLES} !== ''"), "the host's tabs")
        .await?;
    assert_eq!(
        guest.evaluate("location.hash").await?,
        "",
        "the secret has left the address bar"
    );
    panel
        .wait_for(&shows("presence", "B"), "that Bob is here")
        .await?;

    // A tab, and a message each way.
    guest.click(&t("add-tab")).await?;
    let added = world.site.page("/plain?from-firefox");
    guest.fill(&t("add-tab-field"), &added).await?;
    guest.press("Enter").await?;
    panel
        .wait_for(
            &format!("document.querySelector('{} a[href=\"{added}\"]')", t("tab-row")),
            "the guest's tab",
        )
        .await?;
    guest.click(&t("composer")).await?;
    guest.type_text("hello from Firefox").await?;
    guest.press("Enter").await?;
    panel.wait_for_text("hello from Firefox").await?;
    say(&panel, "hello from Chrome").await?;
    guest.wait_for_text("hello from Chrome").await?;

    // The host streams: picture and sound come, in a codec that both have.
    let popup = world.popup(&counter).await?;
    popup.click(&t("stream-tab")).await?;
    guest.wait_for(VIDEO, "that something is streamed").await?;
    drop(popup);
    guest.run(PROBE).await?;
    sees_the_counter(&guest).await?;
    loudspeaker.wait_for_tone(TONE_HZ).await?;
    fits(&guest).await?;
    guest.screenshot(&world.next_picture("watches")).await?;

    // Firefox plays nothing aloud on a page that was not touched yet: it says so, and one click is enough.
    guest
        .call(
            "browsingContext.reload",
            serde_json::json!({ "wait": "complete" }),
        )
        .await?;
    guest.wait_for(&live, "the live space after a reload").await?;
    guest.run(PROBE).await?;
    sees_the_counter(&guest).await?;
    guest.screenshot(&world.next_picture("click-for-sound")).await?;
    guest.click(&t("click-for-sound")).await?;
    guest
        .wait_for(&shows("watchers", "1 watching"), "that Bob watches again")
        .await?;
    loudspeaker.wait_for_tone(TONE_HZ).await?;

    // On a phone: one thing at a time.
    guest.resize(PHONE.0, PHONE.1).await?;
    for (name, pane) in [
        ("tabs", "show-tabs"),
        ("people", "show-people"),
        ("live", "show-live"),
    ] {
        guest.click(&t(pane)).await?;
        fits(&guest).await?;
        guest
            .screenshot(&world.next_picture(&format!("phone-{name}")))
            .await?;
    }
    sees_the_counter(&guest).await?;

    // And out.
    guest.resize(1280, 760).await?;
    guest.click(&t("leave")).await?;
    guest.click(&t("confirm-leave")).await?;
    panel
        .wait_for(&format!("!({})", shows("presence", "B")), "that Bob is gone")
        .await?;
    guest.screenshot(&world.next_picture("left")).await?;
    let errors: Vec<String> = guest
        .console()
        .into_iter()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert!(errors.is_empty(), "Firefox complained: {errors:#?}");
    Ok(())
}
