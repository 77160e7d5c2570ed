//! The first stream asks for Chrome's permission, which is answered in Chrome's own prompt with a real pointer and
//! real keys.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::display::Display;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::people::{Streaming, ready_to_stream_in, t};
use tabspace_tests::wait::{PATIENCE, wait_for};
use tabspace_tests::{Failure, Result, extension, repository, screenshots};

/// The extension with the permissions of those who install it: they have not been asked for tab capture yet.
fn as_installed() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    copy(&extension(), folder.path())?;
    let file = folder.path().join("manifest.json");
    let (mut manifest, installed) = (read(&file)?, read(&repository().join("manifest.json"))?);
    for list in ["permissions", "optional_permissions"] {
        manifest[list] = installed[list].clone();
    }
    std::fs::write(&file, manifest.to_string())?;
    Ok(folder)
}

fn read(manifest: &Path) -> Result<Value> {
    serde_json::from_slice(&std::fs::read(manifest)?)
        .map_err(|error| Failure(format!("{}: {error}", manifest.display())))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &there)?;
        } else {
            std::fs::copy(entry.path(), there)?;
        }
    }
    Ok(())
}

/// Clicks in an open popup with the screen's own pointer. While something is attached to a popup Chrome keeps
/// it open whatever happens, so the popup is let go before.
async fn click_for_real(display: &Display, popup: Page, id: &str) -> Result<()> {
    let place = format!(
        "(() => {{ const box = document.querySelector('{}').getBoundingClientRect(); \
         return [screenX + box.x + box.width / 2, screenY + box.y + box.height / 2].map(Math.round); }})()",
        t(id)
    );
    let mut last = Value::Null;
    let still = wait_for(format!("{id} to stay where it is"), PATIENCE, async || {
        let now = popup.evaluate(&place).await?;
        let before = std::mem::replace(&mut last, now);
        Ok((last == before).then(|| last.clone()))
    });
    let place = still.await?;
    let coordinate = |index: usize| place[index].as_u64().and_then(|place| u32::try_from(place).ok());
    let (Some(x), Some(y)) = (coordinate(0), coordinate(1)) else {
        return Err(Failure(format!("{id} is outside of the screen: {place}")));
    };
    drop(popup);
    display.click(x, y)
}

/// The accent of Chrome's own prompts. "Deny", the default, is filled with it.
fn is_accent([red, _, blue]: [u8; 3]) -> bool {
    red < 0x20 && blue > 0xa0
}

/// A button that can be pressed is bluish. One that cannot yet is grey.
fn is_enabled([red, _, blue]: [u8; 3]) -> bool {
    blue.saturating_sub(red) > 0x10
}

/// A place where the counter's page is white. Chrome dims the page as long as its prompt is there.
const WHITE: (u32, u32) = (64, 700);

fn is_undimmed([red, green, blue]: [u8; 3]) -> bool {
    red.min(green).min(blue) > 0xf0
}

/// How far "Allow" begins to the right of "Deny", and a little into it.
const INTO_ALLOW: u32 = 12;

/// How long to wait before a prompt is answered again: longer than two clicks that Chrome takes for one.
const AGAIN: Duration = Duration::from_secs(1);
/// How often a prompt is answered before that counts as failed.
const TRIES: usize = 15;

/// Answers Chrome's prompt, of which no debugging protocol knows, only the screen. For a moment after it is
/// drawn Chrome ignores what a person may have meant for something else, so `press`, which gets the place where
/// "Deny" ends, is tried again until the prompt is gone.
async fn answer(display: &Display, picture: &Path, press: impl Fn(u32, u32) -> Result<()>) -> Result<()> {
    let prompt = wait_for("Chrome's prompt to take an answer", PATIENCE, async || {
        let seen = display.look()?;
        let Some((x, y)) = seen.rightmost(is_accent) else {
            return Ok(None);
        };
        let allow = seen.colour(x + INTO_ALLOW, y);
        Ok(allow.is_some_and(is_enabled).then_some((x, y)))
    });
    let (x, y) = prompt.await?;
    display.screenshot(picture)?;
    let mut outcome = Ok(());
    for _ in 0..TRIES {
        press(x, y)?;
        outcome = wait_for("Chrome's prompt to go", AGAIN, async || {
            let page = display.look()?.colour(WHITE.0, WHITE.1);
            Ok(page.is_some_and(is_undimmed).then_some(()))
        })
        .await;
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Whether tabs may be captured, and the sign on the icon over the tab that is seen.
const PERMITTED_AND_INVITED: &str = "(async () => [await chrome.permissions.contains({ permissions: ['tabCapture'] }), \
     ...await Promise.all((await chrome.tabs.query({ url: '*://*/counter' })) \
         .map((tab) => chrome.action.getBadgeText({ tabId: tab.id })))])()";

/// The host clicks "Stream tab" for the first time: Chrome asks, which closes the popup. Nobody is left who
/// could go on.
async fn ask(display: &Display, streaming: &Streaming) -> Result<()> {
    let world = &streaming.world;
    let popup = world.popup(&streaming.counter).await?;
    assert_eq!(popup.evaluate(PERMITTED_AND_INVITED).await?, json!([false, ""]));
    let known = format!("!document.querySelector('{}')", t("save-window"));
    popup
        .wait_for(&known, "that the window is known to be saved")
        .await?;
    let asker = popup.target_id().to_owned();
    click_for_real(display, popup, "stream-tab").await?;
    world.host.wait_until_gone(&asker).await
}

fn with_picture(failure: Failure, display: &Display, pictures: &Path) -> Failure {
    let picture = pictures.join("failed-screen.png");
    match display.screenshot(&picture) {
        Ok(()) => failure.during(format!("the prompt, see {}", picture.display())),
        Err(_) => failure,
    }
}

#[tokio::test]
async fn the_first_stream_asks_for_the_permission_and_the_next_click_on_the_icon_starts_it() -> Result<()> {
    let (folder, display) = (as_installed()?, Display::start()?);
    let host = Launch::new().extension(folder.path()).on(&display);
    let streaming = ready_to_stream_in("prompt", host, Launch::new()).await?;
    let world = &streaming.world;
    let pictures = screenshots().join("prompt");

    ask(&display, &streaming).await?;
    let allow = |x, y| display.click(x + INTO_ALLOW, y);
    let allowed = answer(&display, &pictures.join("asked.png"), allow).await;
    allowed.map_err(|failure| with_picture(failure, &display, &pictures))?;
    let options = world
        .host
        .open_window(&world.page_of_extension("options.html"))
        .await?;
    let invited = format!("{PERMITTED_AND_INVITED}.then(([permitted, sign]) => permitted && sign === '▶')");
    options
        .wait_for(&invited, "the permission, and the invitation to click")
        .await?;
    options.close().await?;

    // Chrome lends a tab to an extension that may capture tabs when its icon is clicked. The first click came
    // before the permission. The next one starts the stream, and nothing else is to be clicked.
    streaming.counter.bring_to_front().await?;
    world.host.trigger_action(&world.id, &streaming.counter).await?;
    streaming.guest_sees().await?;
    display.screenshot(&pictures.join("streaming-screen.png"))?;
    let options = world
        .host
        .open_window(&world.page_of_extension("options.html"))
        .await?;
    // The wish was met: the tab shows what all tabs show, that something is streamed.
    let met = format!("{PERMITTED_AND_INVITED}.then(([, sign]) => sign === '●')");
    options.wait_for(&met, "the sign that a tab is streamed").await?;
    options.close().await?;
    world.picture(&streaming.guest, "guest-watches").await
}

#[tokio::test]
async fn who_refuses_the_permission_gets_the_browsers_own_picker() -> Result<()> {
    let (folder, display) = (as_installed()?, Display::start()?);
    // What a person would pick in Chrome's picker, which no protocol can drive.
    let picks = "--auto-select-tab-capture-source-by-title=Counter";
    let host = Launch::new()
        .extension(folder.path())
        .on(&display)
        .argument(picks);
    let streaming = ready_to_stream_in("prompt-denied", host, Launch::new()).await?;
    let world = &streaming.world;
    let pictures = screenshots().join("prompt-denied");

    ask(&display, &streaming).await?;
    // "Deny" has the focus.
    let deny = |_, _| display.press("Return");
    let denied = answer(&display, &pictures.join("asked.png"), deny).await;
    denied.map_err(|failure| with_picture(failure, &display, &pictures))?;

    // Asked once: the next click on "Stream tab" leads to the picker without another question.
    let popup = world.popup(&streaming.counter).await?;
    assert_eq!(popup.evaluate(PERMITTED_AND_INVITED).await?, json!([false, ""]));
    popup.click(&t("stream-tab")).await?;
    streaming.guest_sees().await?;
    world.picture(&streaming.guest, "guest-watches").await
}
