//! The library in a real browser: what saving, opening and finding take with 10, 10,000 and 100,000 tabs, and what
//! these weigh.
//!
//! The rival is the least that does the same: a bare extension whose page keeps one array of titles and addresses and
//! scans it ([`plain`]). Both are filled by what they have for it, ours by bringing in a backup ([`store`]).

mod keys;
mod page;
mod plain;
mod session_manager;
pub(crate) mod store;
mod weight;
mod windows;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::browser::{Browser, extension_id};
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::{Failure, Result, extension};
use wasm_core::library::backup::Tab;

use crate::line::{Line, percentile, print, say};
use crate::pages::{pages, searches};
use page::Measured;

/// How many tabs there are.
const COUNTS: [usize; 3] = [10, 10_000, 100_000];
/// Opening some tabs, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often the worker is started.
const STARTS: usize = 5;
/// How many titles are sought, each as it is and with a typo.
const SOUGHT: usize = 3;
/// What a person does not feel, with so many tabs.
const GOALS_MS: [(usize, f64); 3] = [(10, 16.0), (10_000, 16.0), (100_000, 100.0)];

/// Figures of one kind.
struct Beside<'a> {
    metric: &'a str,
    unit: &'a str,
    rival_name: &'a str,
}

impl<'a> Beside<'a> {
    const fn plain(metric: &'a str, unit: &'a str) -> Self {
        Self::of(metric, unit, plain::NAME)
    }

    const fn goal(metric: &'a str, unit: &'a str) -> Self {
        Self::of(metric, unit, "the goal")
    }

    const fn of(metric: &'a str, unit: &'a str, rival_name: &'a str) -> Self {
        Self {
            metric,
            unit,
            rival_name,
        }
    }

    fn print(&self, ours: f64, rival: f64) {
        print(&Line {
            bench: "library",
            metric: self.metric,
            unit: self.unit,
            ours,
            rival,
            rival_name: self.rival_name,
            lower_is_better: true,
        });
    }
}

fn median(sample: &[f64]) -> f64 {
    percentile(sample, 0.5)
}

/// Measures these parts, `windows` or how many tabs are saved; all of it when none is named.
pub(crate) async fn measure(parts: &[&str]) -> Result<()> {
    let is_wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    if is_wanted("windows") {
        windows::measure().await?;
    }
    let mut empty = None;
    let counts = COUNTS.into_iter().filter(|count| is_wanted(&count.to_string()));
    for count in counts {
        let tabs = pages(count);
        say(&format!("library: {count} saved tabs, ours, then the plain one"));
        let ours = of_ours(&tabs).await?;
        let rival = of_plain(&tabs).await?;
        tell(count, &ours, &rival);
        let other = match session_manager::folder() {
            Some(folder) => Some(session_manager::measure(&folder, &tabs, &searches(&tabs, SOUGHT)).await?),
            None => None,
        };
        if let Some(other) = &other {
            tell_beside(count, &ours, other);
        }
        match &empty {
            Some((ours_empty, rival_empty, other_empty)) => {
                tell_weight(
                    count,
                    plain::NAME,
                    (weight_of(&ours), weight_of(ours_empty)),
                    (weight_of(&rival), weight_of(rival_empty)),
                );
                if let (Some(other), Some(empty)) = (&other, other_empty) {
                    let weight = |other: &session_manager::Measured| (other.memory, other.on_disk);
                    tell_weight(
                        count,
                        session_manager::NAME,
                        (weight_of(&ours), weight_of(ours_empty)),
                        (weight(other), weight(empty)),
                    );
                }
            }
            None if count == COUNTS[0] => empty = Some((ours, rival, other)),
            None => {}
        }
    }
    Ok(())
}

/// What was measured of a library of one size.
struct Of {
    /// Bringing it in.
    filled_ms: f64,
    /// From an ask that starts the worker until its answer.
    started_ms: Vec<f64>,
    /// The same, of the first ask to find something, for which the writer makes its index.
    found_first_ms: Vec<f64>,
    /// The same, of each further letter: what the popup and the address bar wait for.
    found_ms: Vec<f64>,
    page: Measured,
    memory: f64,
    on_disk: f64,
}

async fn of_ours(tabs: &[Tab]) -> Result<Of> {
    let profile = tempfile::tempdir()?;
    let (browser, id) = start(&extension(), profile.path()).await?;
    let welcome = browser.first_page(&id).await?;
    let filled = store::fill(&browser, &id, &store::library(tabs)).await?;
    let sought = searches(tabs, SOUGHT);
    let mut started_ms = Vec::new();
    let (mut found_first_ms, mut found_ms) = (Vec::new(), Vec::new());
    for search in sought.iter().cycle().take(STARTS) {
        browser.stop_service_worker(&id).await?;
        started_ms.push(timed_ask(&welcome, &json!("settings")).await?.1);
        for (at, text) in (1..=search.len()).filter_map(|end| search.get(..end)).enumerate() {
            let find = json!({ "find": { "text": text, "page": "" } });
            let time = timed_ask(&welcome, &find).await?.1;
            if at == 0 {
                &mut found_first_ms
            } else {
                &mut found_ms
            }
            .push(time);
        }
    }
    let mut measured = Measured::default();
    page::popup(&browser, &id, &sought, &mut measured).await?;
    let url = format!("chrome-extension://{id}/library.html");
    let page = page::open(&browser, &url, tabs.len(), &mut measured).await?;
    let memory = weight::memory(&browser, &page).await?;
    page::use_it(&browser, &page, &sought, &mut measured).await?;
    page::change(&browser, &id, &page, &mut measured).await?;
    browser.quit().await?;
    Ok(Of {
        filled_ms: filled.as_secs_f64() * 1_000.0,
        started_ms,
        found_first_ms,
        found_ms,
        page: measured,
        memory,
        on_disk: weight::on_disk(profile.path(), &id)?,
    })
}

async fn of_plain(tabs: &[Tab]) -> Result<Of> {
    let (folder, profile) = (tempfile::tempdir()?, tempfile::tempdir()?);
    plain::write(folder.path())?;
    let (browser, id) = start(folder.path(), profile.path()).await?;
    let url = format!("chrome-extension://{id}/library.html");
    plain::fill(&browser, &url, tabs).await?;
    let mut measured = Measured::default();
    let page = page::open(&browser, &url, tabs.len(), &mut measured).await?;
    let memory = weight::memory(&browser, &page).await?;
    page::use_it(&browser, &page, &searches(tabs, SOUGHT), &mut measured).await?;
    browser.quit().await?;
    Ok(Of {
        filled_ms: f64::NAN,
        started_ms: Vec::new(),
        found_first_ms: Vec::new(),
        found_ms: Vec::new(),
        page: measured,
        memory,
        on_disk: weight::on_disk(profile.path(), &id)?,
    })
}

async fn start(extension: &Path, profile: &Path) -> Result<(Browser, String)> {
    let launch = Launch::new().extension(extension).profile(profile);
    let launch = keys::NO_SCREEN.into_iter().fold(launch, Launch::argument);
    Ok((launch.start().await?, extension_id(extension)?))
}

fn tell(count: usize, ours: &Of, rival: &Of) {
    let goal_ms = GOALS_MS
        .iter()
        .find(|(tabs, _)| *tabs == count)
        .map_or(f64::NAN, |(_, goal)| *goal);
    let spread = |what: &str, ours: &[f64], rival: &[f64]| {
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("longest", 1.0)] {
            let metric = format!("{what}, {count} tabs, {name} of {}", ours.len());
            Beside::plain(&metric, "ms").print(percentile(ours, share), percentile(rival, share));
        }
    };
    spread(
        "a letter typed in the page → what is found is painted",
        &ours.page.typed,
        &rival.page.typed,
    );
    let metric = format!("a letter typed in the page → what is found is painted, {count} tabs, p95");
    Beside::goal(&metric, "ms").print(percentile(&ours.page.typed, 0.95), goal_ms);
    spread(
        "script of a frame while letters are typed in the page",
        &ours.page.typed_script,
        &rival.page.typed_script,
    );
    spread(
        "a key that goes a row on → painted",
        &ours.page.stepped,
        &rival.page.stepped,
    );
    spread(
        "script of a frame, the list scrolled to another place in each",
        &ours.page.scrolled,
        &rival.page.scrolled,
    );
    let one = |what: &str, ours: &[f64], rival: &[f64]| {
        let metric = format!("{what}, {count} tabs, median of {}", ours.len());
        Beside::plain(&metric, "ms").print(median(ours), median(rival));
    };
    one(
        "the popup opened, until the search has the focus and rows are painted",
        &ours.page.popup_painted,
        &rival.page.painted,
    );
    spread(
        "a letter typed in the popup → what is found is painted",
        &ours.page.popup_typed,
        &rival.page.typed,
    );
    one(
        "the page opened, until rows are painted",
        &ours.page.painted,
        &rival.page.painted,
    );
    one(
        "the page opened, until it has all tabs",
        &ours.page.whole,
        &rival.page.whole,
    );
    one(
        "the longest task while it opens",
        &ours.page.opening_task,
        &rival.page.opening_task,
    );
    one(
        "all selected → painted",
        &ours.page.all_selected,
        &rival.page.all_selected,
    );
    let goal = |what: &str, ours: &[f64], goal_ms: f64| {
        let metric = format!("{what}, {count} tabs, median of {}", ours.len());
        Beside::goal(&metric, "ms").print(median(ours), goal_ms);
    };
    goal(
        "the longest task of the page after a change of one space",
        &ours.page.change_task,
        goal_ms.max(50.0),
    );
    goal("the worker started and answering", &ours.started_ms, 1_000.0);
    goal(
        "the worker asked to find for the first time since it started, until its answer",
        &ours.found_first_ms,
        1_000.0,
    );
    goal(
        "the worker asked to find a letter more, until its answer",
        &ours.found_ms,
        goal_ms,
    );
    let metric = format!("a backup of {count} tabs brought in");
    Beside::goal(&metric, "ms").print(ours.filled_ms, 60_000.0);
}

fn tell_beside(count: usize, ours: &Of, other: &session_manager::Measured) {
    let metric = format!(
        "the popup opened, until its list is painted, {count} tabs, median of {}",
        ours.page.popup_painted.len()
    );
    Beside::of(&metric, "ms", session_manager::NAME)
        .print(median(&ours.page.popup_painted), median(&other.popup_painted));
    for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
        let metric = format!("a letter typed in the popup → what is found is painted, {count} tabs, {name}");
        Beside::of(&metric, "ms", session_manager::NAME).print(
            percentile(&ours.page.popup_typed, share),
            percentile(&other.typed, share),
        );
    }
}

/// The bytes in memory and on the disk.
type Weight = (f64, f64);

const fn weight_of(measured: &Of) -> Weight {
    (measured.memory, measured.on_disk)
}

/// Tells what a tab weighs: each pair is of the library and of an almost empty one.
#[expect(clippy::cast_precision_loss, reason = "a library has fewer than 2^52 tabs")]
fn tell_weight(
    count: usize,
    name: &str,
    (ours, ours_empty): (Weight, Weight),
    (rival, rival_empty): (Weight, Weight),
) {
    let more = (count - COUNTS[0]) as f64;
    let metric = format!("memory of the browser with the page open, for each of {count} tabs");
    Beside::of(&metric, "bytes", name)
        .print((ours.0 - ours_empty.0) / more, (rival.0 - rival_empty.0) / more);
    let metric = format!("on the disk, for each of {count} tabs");
    Beside::of(&metric, "bytes", name)
        .print((ours.1 - ours_empty.1) / more, (rival.1 - rival_empty.1) / more);
}

/// Asks the writer from a page of the extension; its answer, and the milliseconds until it was there.
async fn timed_ask(page: &Page, ask: &Value) -> Result<(Value, f64)> {
    let message = json!({ "to": "writer", "ask": ask.to_string() });
    let script = format!(
        "(async () => {{ const begun = performance.now(); \
            const answer = await chrome.runtime.sendMessage({message}); \
            return [answer, performance.now() - begun]; }})()"
    );
    let told = page.evaluate(&script).await?;
    let answer: Value = serde_json::from_str(told[0].as_str().unwrap_or_default())
        .map_err(|error| Failure(format!("{error}: {told}")))?;
    if !answer["problem"].is_null() {
        return Err(Failure(format!("{ask} was refused: {answer}")));
    }
    Ok((answer, told[1].as_f64().unwrap_or(f64::NAN)))
}

async fn ask(page: &Page, ask: &Value) -> Result<Value> {
    timed_ask(page, ask).await.map(|(answer, _)| answer)
}

/// Opens tabs from a page of an extension, some at a time, and puts each to sleep once it has loaded.
pub(crate) async fn open_asleep(page: &Page, url: &str, tabs: usize) -> Result<()> {
    const AT_ONCE: usize = 20;
    let mut asleep = 0;
    while asleep < tabs {
        let now = AT_ONCE.min(tabs - asleep);
        let open = format!(
            "(async () => {{ \
                const whole = (id) => new Promise((resolve) => {{ const look = async () => {{ \
                    if ((await chrome.tabs.get(id)).status !== 'complete') return; \
                    chrome.tabs.onUpdated.removeListener(look); resolve(); }}; \
                    chrome.tabs.onUpdated.addListener(look); look(); }}); \
                await Promise.all(Array.from({{ length: {now} }}, async () => {{ \
                    const {{ id }} = await chrome.tabs.create({{ url: '{url}', active: false }}); \
                    await whole(id); await chrome.tabs.discard(id); }})); \
                return (await chrome.tabs.query({{ discarded: true }})).length; }})()"
        );
        let before = asleep;
        let told = page
            .evaluate_within(PATIENCE, &open)
            .await?
            .as_u64()
            .unwrap_or_default();
        asleep = usize::try_from(told).unwrap_or(usize::MAX);
        if asleep <= before {
            return Err(Failure("Chrome puts no tab to sleep".to_owned()));
        }
    }
    Ok(())
}
