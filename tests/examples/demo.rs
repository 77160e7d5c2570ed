//! What `cargo xtask run --demo` opens: Chromium with the extension and a window that has become a space.
//!
//! With a screen it is an ordinary window and stays until it is closed; without one it runs on a private
//! screen, of which a picture is written. The one argument is the folder of the unpacked extension.

#![expect(clippy::print_stdout, reason = "it speaks to whoever started it")]

use std::path::PathBuf;

use tabspace_tests::browser::extension_id;
use tabspace_tests::display::Display;
use tabspace_tests::launch::Launch;
use tabspace_tests::people::{count, t};
use tabspace_tests::site::Site;
use tabspace_tests::{Result, screenshots};

/// The tabs of the sample space.
const FIRST: &str = "Trip to Lisbon";
const OTHERS: [&str; 2] = ["Where to sleep", "What it may cost"];

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or("usage: demo EXTENSION-FOLDER")?;
    let id = extension_id(&folder)?;
    let site = Site::start().await?;
    let screen = std::env::var("DISPLAY").ok().filter(|name| !name.is_empty());
    let private = if screen.is_none() {
        Some(Display::start()?)
    } else {
        None
    };
    let name = screen.or_else(|| private.as_ref().map(|display| display.name().to_owned()));
    let browser = Launch::new()
        .extension(folder)
        .on_screen(name.unwrap_or_default())
        .start()
        .await?;

    let address = |title: &str| site.page(&format!("/plain?{}", title.replace(' ', "%20")));
    browser.first_page(&id).await?.close().await?;
    let first = browser
        .wait_for_target("the first tab", |target| target.kind == "page")
        .await?;
    first.navigate(&address(FIRST)).await?;
    for title in OTHERS {
        browser.open(&address(title)).await?;
    }
    first.bring_to_front().await?;
    let popup = browser.open_popup(&id, &first).await?;
    popup.click(&t("save-window")).await?;
    popup
        .wait_for(&count("space-row", 1), "the window to be a space")
        .await?;
    println!("The window is a space now: click the TabSpace icon to see it.");
    if let Some(display) = &private {
        // What the popup holds is on the screen after the frame that is being painted.
        popup
            .evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
            .await?;
        let picture = screenshots().join("demo.png");
        display.screenshot(&picture)?;
        println!(
            "There is no screen here, so Chromium runs on a private one; it looks like {}",
            picture.display()
        );
    }
    browser.closed().await;
    Ok(())
}
