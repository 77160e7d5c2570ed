//! From a key until what it does is painted.
//!
//! A key's time begins when the browser hears it. It ends when the page has handed over the frame that paints the last
//! change that came of it, as Chromium's trace tells, so that what is shown first and put right later counts until it is
//! right. Favicons are no part of it: they are painted as they come in. The browsers that are measured do not wait for a
//! screen: a screen of 60 Hz adds up to 17 ms to whatever is painted on it.

use std::time::Duration;

use tabspace_tests::browser::Browser;
use tabspace_tests::page::Page;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Failure, Result};

use crate::trace::{CHANGED, KEY, Pressed, pressed_keys};

/// What a browser is started with whose frames wait for no screen.
pub(super) const NO_SCREEN: [&str; 2] = ["--disable-frame-rate-limit", "--disable-gpu-vsync"];

/// Nothing comes of a key any more when nothing came for so long.
const QUIET_MS: u32 = 200;

/// Marks each key in the trace, and each frame before which the page changed. `quiet()` resolves when nothing comes of
/// the last key any more.
const WATCH: &str = "(() => { if (globalThis.quiet) return true; let last = 0, asked = false;
    const changed = () => { asked = false; last = performance.now(); performance.mark('CHANGED'); };
    addEventListener('keydown', (event) => { last = event.timeStamp;
        const key = `KEY${event.ctrlKey ? 'Control+' : ''}${event.key}`;
        performance.mark(key, { startTime: event.timeStamp }); }, true);
    new MutationObserver(() => { if (asked) return; asked = true; requestAnimationFrame(changed); })
        .observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    globalThis.quiet = async () => { for (;;) {
        await new Promise((resolve) => setTimeout(resolve, QUIET / 2));
        if (!asked && performance.now() - last > QUIET) return true; } }; return true; })()";

/// How long a key may take.
const SLOWEST: Duration = Duration::from_mins(2);

async fn watch(page: &Page) -> Result<()> {
    let watch = WATCH
        .replace("QUIET", &QUIET_MS.to_string())
        .replace("CHANGED", CHANGED)
        .replace("KEY", KEY);
    page.evaluate(&watch).await.map(drop)
}

/// Waits until nothing comes of the last key any more.
pub(super) async fn quiet(page: &Page) -> Result<()> {
    page.evaluate_within(SLOWEST, "quiet()").await.map(drop)
}

/// Presses keys one after another, each when nothing comes of the one before any more; the milliseconds of those that
/// changed something.
pub(super) async fn pressed(browser: &Browser, page: &Page, chords: &[&str]) -> Result<Vec<Pressed>> {
    watch(page).await?;
    let pressing = async {
        for chord in chords {
            page.press(chord).await?;
            quiet(page).await?;
        }
        Ok(())
    };
    pressed_keys(browser, pressing).await
}

/// Types each search into a field, letter by letter; the milliseconds of each letter. After each search the field is
/// emptied, which is not counted.
pub(super) async fn typed(
    browser: &Browser,
    page: &Page,
    field: &str,
    searches: &[String],
) -> Result<Vec<f64>> {
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
        let typing = async {
            for letter in search.chars() {
                page.type_text(&letter.to_string()).await?;
                quiet(page).await?;
            }
            Ok(())
        };
        times.extend(pressed_keys(browser, typing).await?.into_iter().map(|key| key.ms));
        let typed = page
            .evaluate(&format!("document.querySelector('{field}').value"))
            .await?;
        if typed != search.as_str() {
            return Err(Failure(format!("{search:?} was typed and {typed} came")));
        }
        page.press("Control+a").await?;
        page.press("Delete").await?;
        quiet(page).await?;
    }
    Ok(times)
}
