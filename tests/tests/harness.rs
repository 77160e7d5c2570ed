//! The harness itself, on an extension of a few lines: what the stories rely on works in this Chromium.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tabspace_tests::browser::{Browser, extension_id};
use tabspace_tests::display::Display;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::site::{PROBE, Site, TONE_HZ, TONE_RMS};
use tabspace_tests::wait::{PATIENCE, wait_for};
use tabspace_tests::{Failure, Result};

const MANIFEST: &str = r#"{
    "manifest_version": 3, "name": "Tiny", "version": "1",
    "permissions": ["tabs", "tabCapture", "offscreen"],
    "action": { "default_popup": "popup.html" },
    "background": { "service_worker": "worker.js" }
}"#;

const POPUP: &str = r#"<!doctype html><title>Tiny</title>
<body style="width: 300px; height: 200px">
<input id="name"><button id="greet">Greet</button><button id="stream">Stream tab</button>
<p id="greeting"></p>
<script src="popup.js"></script>"#;

const POPUP_SCRIPT: &str = r##"
const find = (selector) => document.querySelector(selector);
find("#greet").onclick = (event) => {
    find("#greeting").textContent = `Hello, ${find("#name").value}! ${event.isTrusted}`;
};
find("#name").onkeydown = (event) => { if (event.key === "Enter") find("#greet").click(); };
find("#stream").onclick = async () => {
    const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
    const id = await chrome.tabCapture.getMediaStreamId({ targetTabId: tab.id });
    await chrome.runtime.sendMessage({ stream: id });
};"##;

const OFFSCREEN_SCRIPT: &str = r#"
chrome.runtime.onMessage.addListener(async ({ stream: chromeMediaSourceId }) => {
    const source = { chromeMediaSource: "tab", chromeMediaSourceId };
    const size = { minWidth: 1280, maxWidth: 1280, minHeight: 720, maxHeight: 720 };
    const constraints = { audio: { mandatory: source }, video: { mandatory: { ...source, ...size } } };
    globalThis.stream = await navigator.mediaDevices.getUserMedia(constraints);
    const [track] = stream.getVideoTracks();
    for await (const frame of new MediaStreamTrackProcessor({ track }).readable) {
        globalThis.seen = readCounter(frame);
        frame.close();
    }
});"#;

const WORKER_SCRIPT: &str = r#"
globalThis.startedAt = performance.timeOrigin;
chrome.tabs.onCreated.addListener(() => {});
const offscreen = { url: "offscreen.html", reasons: ["USER_MEDIA"], justification: "a test" };
globalThis.openOffscreen = () => chrome.offscreen.createDocument(offscreen);"#;

fn tiny_extension() -> Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("tabspace-tiny-").tempdir()?;
    let files = [
        ("manifest.json", MANIFEST),
        ("popup.html", POPUP),
        ("popup.js", POPUP_SCRIPT),
        ("worker.js", WORKER_SCRIPT),
        (
            "offscreen.html",
            "<!doctype html><title>Offscreen</title><script src=offscreen.js></script>",
        ),
        ("offscreen.js", OFFSCREEN_SCRIPT),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text)?;
    }
    Ok(folder)
}

async fn popup_over(browser: &Browser, extension: &Path, page: &Page) -> Result<Page> {
    browser.open_popup(&extension_id(extension)?, page).await
}

#[tokio::test]
async fn a_click_on_the_icon_opens_the_popup_which_takes_clicks_and_keys() -> Result<()> {
    let (site, extension) = (Site::start().await?, tiny_extension()?);
    let browser = Launch::new().extension(extension.path()).start().await?;
    let page = browser.open(&site.page("/one")).await?;
    let popup = popup_over(&browser, extension.path(), &page).await?;

    popup.fill("#name", "Zoë").await?;
    popup.click_text("button", "Greet").await?;
    popup.wait_for_text("Hello, Zoë! true").await?;
    popup.fill("#name", "Bob").await?;
    popup.press("Enter").await?;
    popup.wait_for_text("Hello, Bob!").await?;
    assert_eq!(popup.text("#greeting").await?, "Hello, Bob! false");

    let picture = tabspace_tests::screenshots().join("harness-popup.png");
    popup.screenshot(&picture).await?;
    assert!(std::fs::read(&picture)?.starts_with(b"\x89PNG"));
    Ok(())
}

#[tokio::test]
async fn a_streamed_tab_can_be_read_and_heard() -> Result<()> {
    let (site, extension) = (Site::start().await?, tiny_extension()?);
    let browser = Launch::new().extension(extension.path()).start().await?;
    let page = browser.open(&site.page("/counter")).await?;
    page.click("#sound").await?;
    page.wait_for_text("Playing").await?;
    let id = extension_id(extension.path())?;
    browser
        .service_worker(&id)
        .await?
        .evaluate("openOffscreen()")
        .await?;
    let offscreen = browser.offscreen(&id).await?;
    offscreen.evaluate(PROBE).await?;

    browser.open_popup(&id, &page).await?.click("#stream").await?;
    offscreen
        .wait_for("globalThis.seen", "a whole code in the captured picture")
        .await?;
    let first = offscreen.evaluate("globalThis.first = seen").await?;
    offscreen
        .wait_for("seen?.counter > first.counter + 10", "the counter to advance")
        .await?;
    let late = offscreen
        .evaluate("(Date.now() % 2 ** 32) - seen.drawnAtMs")
        .await?;
    assert!(
        late.as_f64().is_some_and(|late| (0.0..5000.0).contains(&late)),
        "drawn {late} ms ago; {first}"
    );

    let tone = offscreen.evaluate("measureTone(stream, 600)").await?;
    let (hz, rms) = (
        tone["hz"].as_f64().unwrap_or(0.0),
        tone["rms"].as_f64().unwrap_or(0.0),
    );
    assert!((hz - TONE_HZ).abs() < 4.0, "heard {hz} Hz");
    // On a busy machine some samples may be missing.
    assert!((rms - TONE_RMS).abs() < 0.05, "heard with a loudness of {rms}");
    Ok(())
}

#[tokio::test]
async fn the_service_worker_dies_and_comes_back_and_the_offscreen_document_stays() -> Result<()> {
    let extension = tiny_extension()?;
    let id = extension_id(extension.path())?;
    let browser = Launch::new().extension(extension.path()).start().await?;
    let worker = browser.service_worker(&id).await?;
    let before = worker.evaluate("startedAt").await?;
    worker.evaluate("openOffscreen()").await?;
    drop(worker);
    browser.stop_service_worker(&id).await?;

    browser.open("about:blank").await?;
    let worker = browser.service_worker(&id).await?;
    assert_ne!(
        worker.evaluate("startedAt").await?,
        before,
        "an event starts a new worker"
    );
    let offscreen = browser.offscreen(&id).await?;
    assert_eq!(offscreen.evaluate("document.title").await?, json!("Offscreen"));
    Ok(())
}

#[tokio::test]
async fn people_are_apart_and_the_same_person_comes_back() -> Result<()> {
    let site = Site::start().await?;
    let profile = tempfile::tempdir()?;
    let alice = Launch::new().profile(profile.path()).start().await?;
    let page = alice.open(&site.page("/one")).await?;
    page.evaluate("localStorage.name = 'alice'").await?;
    let bob = alice.open_apart(&site.page("/one")).await?;
    assert_eq!(bob.evaluate("localStorage.name").await?, json!(null));
    bob.navigate(&site.page("/plain?What%20Bob%20reads")).await?;
    assert_eq!(bob.evaluate("document.title").await?, json!("What Bob reads"));
    alice.quit().await?;

    let alice = Launch::new().profile(profile.path()).start().await?;
    let page = alice.open(&site.page("/one")).await?;
    assert_eq!(page.evaluate("localStorage.name").await?, json!("alice"));
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_is_said() -> Result<()> {
    let site = Site::start().await?;
    let browser = Launch::new().start().await?;
    let page = browser.open(&site.page("/one")).await?;
    let thrown = page.evaluate("Promise.reject(new Error('no such tab'))").await;
    assert!(thrown.is_err_and(|failure| failure.0.contains("no such tab")));
    page.evaluate("console.warn('low on', { milk: 1 }, 7)").await?;
    let patience = Duration::from_millis(200);
    let Err(failure) = page
        .wait_for_within(patience, "document.title === 'Milk'", "milk")
        .await
    else {
        return Err(Failure::from("there is no milk"));
    };
    assert!(failure.0.contains("waited 200 ms in vain for milk"), "{failure}");
    assert!(failure.0.contains("/one"), "names the page: {failure}");
    assert!(
        failure.0.contains("warning: low on"),
        "has the console: {failure}"
    );
    browser.kill();
    let gone = page.evaluate("1").await;
    assert!(gone.is_err_and(|failure| failure.0.contains("the browser is gone")));
    Ok(())
}

#[tokio::test]
async fn a_headed_window_takes_real_keys() -> Result<()> {
    let (site, display) = (Site::start().await?, Display::start()?);
    let browser = Launch::new().on(&display).start().await?;
    let page = browser.open(&site.page("/one")).await?;
    page.bring_to_front().await?;
    // The browser's own shortcut for a new tab never passes through the page.
    let tabs = async || -> Result<usize> {
        let targets = browser.targets().await?;
        Ok(targets.iter().filter(|target| target.kind == "tab").count())
    };
    let before = tabs().await?;
    wait_for("a new tab", PATIENCE, async || {
        display.press("ctrl+t")?;
        Ok((tabs().await? > before).then_some(()))
    })
    .await?;
    let picture = tabspace_tests::screenshots().join("harness-screen.png");
    display.screenshot(&picture)?;
    assert!(std::fs::metadata(&picture)?.len() > 10_000, "an empty picture");
    Ok(())
}
