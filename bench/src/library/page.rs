//! The library's page: opening it, finding in it, selecting, going through its list. The same is done to the plain one.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::browser::Browser;
use tabspace_tests::page::Page;

use super::keys;
use crate::trace::script_per_frame;

/// A hundred thousand tabs on a busy machine.
const WHOLE: Duration = Duration::from_mins(2);
/// How often the page is opened, after once that fills Chrome's cache of compiled code.
const OPENINGS: usize = 5;
/// How often the popup is, likewise.
const POPUPS: usize = 10;
/// Steps through the list by key.
const STEPS: usize = 20;
/// All is selected, and one row after it.
const ALL: [&str; 6] = [
    "Control+a",
    "ArrowDown",
    "Control+a",
    "ArrowDown",
    "Control+a",
    "ArrowDown",
];
/// A frame with less script than this is not one in which something was typed.
const IDLE_MS: f64 = 0.3;
/// Frames of the dragged scrollbar.
const JUMPS: u32 = 200;

const LIST: &str = "document.querySelector('[data-testid=\"library-list\"]')";
const SEARCH: &str = "[data-testid=\"library-search\"]";

/// Tells when rows are painted, when the list has all of them, when a popup can be used, and how long tasks were that
/// kept the page from listening. It looks when the page changes, not in each frame: where frames wait for no screen,
/// that would keep the page from everything else.
const OPENED: &str = "(() => { const all = [];
    const when = (ready) => new Promise((resolve) => all.push({ ready, resolve }));
    const look = () => { for (const one of all) if (!one.seen && one.ready()) { one.seen = true;
        requestAnimationFrame(() => one.resolve(performance.now())); } };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
    addEventListener('focusin', look);
    const there = (id) => document.querySelector(`[data-testid=\"${id}\"]`);
    globalThis.painted = when(() => there('library-row'));
    globalThis.whole = when(() => Number(there('library-list')?.ariaRowCount) >= TABS);
    globalThis.usable = when(() => document.activeElement?.dataset?.testid === 'search' && there('tab-row'));
    globalThis.tasks = [];
    new PerformanceObserver((seen) => { for (const { duration } of seen.getEntries()) tasks.push(duration); })
        .observe({ type: 'longtask', buffered: true }); })()";

/// As a dragged scrollbar does: goes to other places, one a frame, as far apart as can be.
const DRAG: &str = "new Promise((resolve) => { const list = LIST, { port1, port2 } = new MessageChannel();
    const length = list.scrollHeight - list.clientHeight; let left = JUMPS;
    port1.onmessage = () => { list.scrollTop = (left * 7919 % 1000) / 1000 * length; left -= 1;
        if (left) next(); else resolve(true); };
    const next = () => requestAnimationFrame(() => port2.postMessage(null)); next(); })";

/// What was measured of a page, in milliseconds.
#[derive(Default)]
pub(super) struct Measured {
    /// From navigation until rows are painted.
    pub(super) painted: Vec<f64>,
    /// From navigation until the list has all tabs.
    pub(super) whole: Vec<f64>,
    /// The longest task of each opening.
    pub(super) opening_task: Vec<f64>,
    /// From each letter that is typed until what is found is painted.
    pub(super) typed: Vec<f64>,
    /// The script of a frame in which a letter did something.
    pub(super) typed_script: Vec<f64>,
    /// From the key that selects all until it is painted.
    pub(super) all_selected: Vec<f64>,
    /// From a key that goes a row further until it is painted.
    pub(super) stepped: Vec<f64>,
    /// The script of a frame while the list is scrolled.
    pub(super) scrolled: Vec<f64>,
    /// The longest task after each change of a space.
    pub(super) change_task: Vec<f64>,
    /// From navigation to the popup until its search has the focus and rows are painted.
    pub(super) popup_painted: Vec<f64>,
    /// From each letter that is typed in the popup until what is found is painted.
    pub(super) popup_typed: Vec<f64>,
}

/// The page, once it has all tabs, with what its openings took.
pub(super) async fn open(browser: &Browser, url: &str, tabs: usize, measured: &mut Measured) -> Result<Page> {
    let page = browser.open("about:blank").await?;
    page.call("Page.enable", json!({})).await?;
    let source = OPENED.replace("TABS", &tabs.to_string());
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    )
    .await?;
    for round in 0..=OPENINGS {
        page.navigate("about:blank").await?;
        page.navigate(url).await?;
        let told = "Promise.all([painted, whole]).then(async (times) => { \
            await new Promise((resolve) => setTimeout(resolve, 1000)); return [...times, Math.max(0, ...tasks)]; })";
        let told: Value = page.evaluate_within(WHOLE, told).await?;
        if round == 0 {
            continue;
        }
        let [painted, whole, task] = [0, 1, 2].map(|at| told[at].as_f64().unwrap_or(f64::NAN));
        measured.painted.push(painted);
        measured.whole.push(whole);
        measured.opening_task.push(task);
    }
    Ok(page)
}

/// Types, selects and scrolls.
pub(super) async fn use_it(
    browser: &Browser,
    page: &Page,
    searches: &[String],
    measured: &mut Measured,
) -> Result<()> {
    page.bring_to_front().await?;
    measured.typed = keys::typed(browser, page, SEARCH, searches).await?;
    let frames = script_per_frame(browser, type_once(page, searches)).await?;
    measured
        .typed_script
        .extend(frames.into_iter().filter(|script| *script > IDLE_MS));
    page.evaluate(&format!("{LIST}.focus()")).await?;
    let steps = keys::pressed(browser, page, &["ArrowDown"; STEPS]).await?;
    measured.stepped.extend(steps.into_iter().map(|key| key.ms));
    let all = keys::pressed(browser, page, &ALL).await?;
    let all = all.into_iter().filter(|key| key.key == ALL[0]);
    measured.all_selected.extend(all.map(|key| key.ms));
    let drag = DRAG.replace("LIST", LIST).replace("JUMPS", &JUMPS.to_string());
    // Once, so that the code is compiled and warm.
    page.evaluate(&drag).await?;
    measured.scrolled = script_per_frame(browser, async { page.evaluate(&drag).await.map(drop) }).await?;
    Ok(())
}

/// Types the first search, and empties the field again.
async fn type_once(page: &Page, searches: &[String]) -> Result<()> {
    page.click(SEARCH).await?;
    for letter in searches.first().into_iter().flat_map(|search| search.chars()) {
        page.type_text(&letter.to_string()).await?;
        keys::quiet(page).await?;
    }
    page.press("Control+a").await?;
    page.press("Delete").await?;
    keys::quiet(page).await
}

/// Changes spaces, one after another, from another page; what each keeps the library from.
pub(super) async fn change(browser: &Browser, id: &str, page: &Page, measured: &mut Measured) -> Result<()> {
    let other = browser
        .open(&format!("chrome-extension://{id}/options.html"))
        .await?;
    let shelves = "chrome.storage.local.get('projection').then(({ projection }) => JSON.parse(projection).spaces.map(({ space }) => space))";
    let spaces = other.evaluate(shelves).await?;
    // A page behind another one is not told of its long tasks.
    page.bring_to_front().await?;
    let spaces: Vec<&str> = spaces
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (number, space) in spaces.into_iter().take(5).enumerate() {
        let name = format!("Changed {number}");
        page.evaluate("tasks.length = 0").await?;
        let command = json!({ "do": { "space": space, "command": { "rename": name } } });
        super::ask(&other, &command).await?;
        let seen = format!(
            "[...document.querySelectorAll('[data-testid=\"library-space\"]')].some((row) => row.textContent.includes('{name}'))"
        );
        page.wait_for(&seen, "the change to be seen").await?;
        let task = "new Promise((resolve) => setTimeout(() => resolve(Math.max(0, ...tasks)), 1000))";
        measured.change_task.extend(page.evaluate(task).await?.as_f64());
    }
    other.close().await
}

/// Opens the popup again and again, and types in it.
pub(super) async fn popup(
    browser: &Browser,
    id: &str,
    searches: &[String],
    measured: &mut Measured,
) -> Result<()> {
    let page = browser.open("about:blank").await?;
    page.call("Page.enable", json!({})).await?;
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": OPENED.replace("TABS", "0") }),
    )
    .await?;
    for round in 0..=POPUPS {
        page.navigate("about:blank").await?;
        page.navigate(&format!("chrome-extension://{id}/popup.html"))
            .await?;
        let time = page.evaluate_within(WHOLE, "usable").await?;
        measured.popup_painted.extend(time.as_f64().filter(|_| round > 0));
    }
    measured.popup_typed = keys::typed(browser, &page, "[data-testid=\"search\"]", searches).await?;
    page.close().await
}
