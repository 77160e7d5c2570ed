//! From a key until what it does is painted.
//!
//! A key's time begins when the browser hears it. It ends with the frame that paints the last change of the page that
//! came of it, so that what is shown first and put right later counts until it is right. The browsers that are
//! measured do not wait for a screen: a screen of 60 Hz adds up to 17 ms to whatever is painted on it.

use std::time::Duration;

use tabspace_tests::page::Page;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Failure, Result};

/// What a browser is started with whose frames wait for no screen.
pub(super) const NO_SCREEN: [&str; 2] = ["--disable-frame-rate-limit", "--disable-gpu-vsync"];

/// Nothing comes of a key any more when nothing came for so long.
const QUIET_MS: u32 = 200;

/// `keyPainted()` resolves with the milliseconds of the last key; with nothing when it changed nothing.
const WATCH: &str = "(() => { let from = 0, to = 0, asked = false;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { to = performance.now(); };
    addEventListener('keydown', (event) => { from = event.timeStamp; to = 0; }, true);
    new MutationObserver(() => { if (asked) return; asked = true;
        requestAnimationFrame(() => { asked = false; port2.postMessage(null); }); })
        .observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    globalThis.keyPainted = async () => { for (;;) {
        await new Promise((resolve) => setTimeout(resolve, QUIET / 2));
        if (!asked && performance.now() - Math.max(from, to) > QUIET) return to > from ? to - from : null; } }; return true; })()";

/// From now on this page is watched.
pub(super) async fn watch(page: &Page) -> Result<()> {
    page.evaluate(&WATCH.replace("QUIET", &QUIET_MS.to_string()))
        .await
        .map(drop)
}

/// Presses a key; its milliseconds, unless it changed nothing.
pub(super) async fn pressed(page: &Page, chord: &str) -> Result<Option<f64>> {
    page.press(chord).await?;
    painted(page).await
}

async fn painted(page: &Page) -> Result<Option<f64>> {
    const SLOWEST: Duration = Duration::from_mins(2);
    let time = page.evaluate_within(SLOWEST, "keyPainted()").await?;
    Ok(time.as_f64())
}

/// Types each search into a field, letter by letter; the milliseconds of each letter. After each search the field is
/// emptied, which is not counted.
pub(super) async fn typed(page: &Page, field: &str, searches: &[String]) -> Result<Vec<f64>> {
    watch(page).await?;
    let mut times = Vec::new();
    for search in searches {
        page.wait_for_within(
            PATIENCE,
            &format!("document.querySelector('{field}')"),
            "the field",
        )
        .await?;
        page.click(field).await?;
        for letter in search.chars() {
            page.type_text(&letter.to_string()).await?;
            times.extend(painted(page).await?);
        }
        let typed = page
            .evaluate(&format!("document.querySelector('{field}').value"))
            .await?;
        if typed != search.as_str() {
            return Err(Failure(format!("{search:?} was typed and {typed} came")));
        }
        page.press("Control+a").await?;
        page.press("Delete").await?;
        painted(page).await?;
    }
    Ok(times)
}
