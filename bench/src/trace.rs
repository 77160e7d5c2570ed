//! What a page's main thread does with script, frame by frame, as Chromium's own tracing tells it.
//!
//! A frame begins where Chromium begins one for the page (`BeginMainThreadFrame`). Its script is what the thread
//! worked until the next one within listeners, callbacks, timers, microtasks and evaluations, with the style and
//! layout that they force; what is inside of another counts once. It is the thread's own time: what other
//! programs take of the processor meanwhile is not in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tabspace_tests::browser::Browser;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Failure, Result};

/// The events of the trace within which script runs.
const SCRIPT: [&str; 7] = [
    "EvaluateScript",
    "EventDispatch",
    "FireAnimationFrame",
    "FunctionCall",
    "RunMicrotasks",
    "TimerFire",
    "v8.callFunction",
];

/// The event with which a frame begins.
const FRAME: &str = "BeginMainThreadFrame";

/// The event with which a page hands over what a frame shows.
const HANDED_OVER: &str = "Commit";

/// How a page marks that a frame comes before which it changed.
pub(crate) const CHANGED: &str = "tabspace:changed";

/// How a page marks a key that it heard; the key's name follows.
pub(crate) const KEY: &str = "tabspace:key:";

/// Records what happens meanwhile; the milliseconds of script in each frame of the busiest page.
pub(crate) async fn script_per_frame(
    browser: &Browser,
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<Vec<f64>> {
    let categories = [
        "devtools.timeline",
        "disabled-by-default-devtools.timeline",
        "disabled-by-default-devtools.timeline.frame",
        "v8",
    ];
    Ok(frames(&record(browser, &categories, meanwhile).await?))
}

/// A key that a page heard and that changed it.
pub(crate) struct Pressed {
    /// Its name, behind that of `Control` where it was held.
    pub(crate) key: String,
    /// Until the page had handed over the last change that came of it.
    pub(crate) ms: f64,
}

/// Records keys that are pressed meanwhile, in a page that marks them as [`KEY`] and its frames as [`CHANGED`].
pub(crate) async fn pressed_keys(
    browser: &Browser,
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<Vec<Pressed>> {
    let categories = ["blink.user_timing", "disabled-by-default-devtools.timeline"];
    Ok(keys(&record(browser, &categories, meanwhile).await?))
}

/// Records what happens meanwhile.
async fn record(
    browser: &Browser,
    categories: &[&str],
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<Vec<Value>> {
    let connection = browser.connection();
    let config = json!({ "includedCategories": categories, "excludedCategories": ["*"] });
    connection
        .call(None, "Tracing.start", json!({ "traceConfig": config }))
        .await?;
    let done = meanwhile.await;
    let mut told = connection.events();
    connection.call(None, "Tracing.end", json!({})).await?;
    let mut events = Vec::new();
    loop {
        let event = tokio::time::timeout(PATIENCE, told.recv()).await;
        let event = event
            .map_err(|_| Failure::from("the trace never came"))?
            .map_err(|_| Failure::from("the trace came too fast"))?;
        match event.method.as_str() {
            "Tracing.dataCollected" => {
                events.extend(event.params["value"].as_array().cloned().unwrap_or_default());
            }
            "Tracing.tracingComplete" => break,
            _ => {}
        }
    }
    done?;
    Ok(events)
}

/// The keys of a trace, in the order in which they were heard, with what came of each before the next.
fn keys(events: &[Value]) -> Vec<Pressed> {
    let mut marks: Vec<(f64, &str, u64)> = Vec::new();
    let mut handed_over: Vec<(f64, f64, u64)> = Vec::new();
    for event in events {
        let (Some(name), Some(at)) = (event["name"].as_str(), event["ts"].as_f64()) else {
            continue;
        };
        let page = event["pid"].as_u64().unwrap_or_default();
        if name == HANDED_OVER {
            handed_over.push((at, at + event["dur"].as_f64().unwrap_or_default(), page));
        } else if name == CHANGED || name.starts_with(KEY) {
            marks.push((at, name, page));
        }
    }
    marks.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
    handed_over.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
    let mut found = Vec::new();
    let mut pressed: Option<(f64, &str)> = None;
    let mut changed: Option<(f64, u64)> = None;
    for (at, name, page) in marks.into_iter().chain([(f64::INFINITY, KEY, 0)]) {
        let Some(key) = name.strip_prefix(KEY) else {
            changed = pressed.map(|_| (at, page));
            continue;
        };
        if let (Some((from, key)), Some((last, page))) = (pressed, changed) {
            let frame = handed_over
                .iter()
                .find(|(began, _, of)| *of == page && *began >= last);
            found.extend(frame.map(|(_, ended, _)| Pressed {
                key: key.to_owned(),
                ms: (ended - from) / 1_000.0,
            }));
        }
        (pressed, changed) = (Some((at, key)), None);
    }
    found
}

/// Something that ran, in microseconds.
struct Span {
    began: f64,
    ended: f64,
    /// What the thread worked meanwhile.
    worked: f64,
}

#[derive(Default)]
struct Thread {
    frames: Vec<f64>,
    script: Vec<Span>,
}

/// Sorts a trace into threads, and the busiest one's script into frames.
fn frames(events: &[Value]) -> Vec<f64> {
    let mut threads: BTreeMap<(u64, u64), Thread> = BTreeMap::new();
    for event in events {
        let (Some(name), Some(at)) = (event["name"].as_str(), event["ts"].as_f64()) else {
            continue;
        };
        let id = (
            event["pid"].as_u64().unwrap_or_default(),
            event["tid"].as_u64().unwrap_or_default(),
        );
        let thread = threads.entry(id).or_default();
        if name == FRAME {
            thread.frames.push(at);
        } else if SCRIPT.contains(&name)
            && let Some(lasted) = event["dur"].as_f64()
        {
            thread.script.push(Span {
                began: at,
                ended: at + lasted,
                worked: event["tdur"].as_f64().unwrap_or(lasted),
            });
        }
    }
    let busiest = threads.into_values().max_by_key(|thread| thread.frames.len());
    busiest.map(Thread::into_frames).unwrap_or_default()
}

impl Thread {
    fn into_frames(mut self) -> Vec<f64> {
        self.frames.sort_by(f64::total_cmp);
        let mut sums = vec![0.0; self.frames.len()];
        for span in outermost(self.script) {
            // What ran before the first frame belongs to none.
            let frame = self.frames.partition_point(|at| *at <= span.began);
            if let Some(sum) = frame.checked_sub(1).and_then(|frame| sums.get_mut(frame)) {
                *sum += span.worked / 1_000.0;
            }
        }
        sums
    }
}

/// Without the spans that are inside of others.
fn outermost(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.began.total_cmp(&b.began).then(b.ended.total_cmp(&a.ended)));
    let mut until = f64::NEG_INFINITY;
    spans.retain(|span| {
        let outer = span.began >= until;
        until = until.max(span.ended);
        outer
    });
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_takes_until_its_last_change_is_handed_over() {
        let mark = |name: &str, ts: f64| json!({ "name": name, "pid": 1, "ts": ts });
        let commit = |pid: u64, ts: f64| json!({ "name": HANDED_OVER, "pid": pid, "ts": ts, "dur": 500.0 });
        let key = |key: &str| [KEY, key].concat();
        let trace = [
            mark(CHANGED, 500.0),
            mark(&key("a"), 1_000.0),
            mark(CHANGED, 3_000.0),
            commit(1, 4_000.0),
            mark(CHANGED, 9_000.0),
            commit(2, 9_100.0),
            commit(1, 9_500.0),
            mark(&key("Shift"), 20_000.0),
            commit(1, 21_000.0),
            mark(&key("Control+b"), 30_000.0),
            mark(CHANGED, 31_000.0),
            commit(1, 31_500.0),
        ];
        let found: Vec<(String, f64)> = keys(&trace).into_iter().map(|key| (key.key, key.ms)).collect();
        assert_eq!(found, [("a".to_owned(), 9.0), ("Control+b".to_owned(), 2.0)]);
    }

    #[test]
    fn what_is_inside_of_another_counts_once_and_in_the_frame_that_it_began_in() {
        let event = |name: &str, ts: f64, dur: f64| json!({ "name": name, "pid": 1, "tid": 2, "ts": ts, "dur": dur, "tdur": dur / 2.0 });
        let other = json!({ "name": "FunctionCall", "pid": 1, "tid": 3, "ts": 0.0, "dur": 9_000.0 });
        let trace = [
            event("FunctionCall", 500.0, 100.0),
            event(FRAME, 1_000.0, 0.0),
            event("EventDispatch", 1_100.0, 4_000.0),
            event("FunctionCall", 1_200.0, 3_000.0),
            event("Layout", 6_000.0, 3_000.0),
            event("RunMicrotasks", 5_500.0, 1_000.0),
            event(FRAME, 17_000.0, 0.0),
            other,
        ];
        assert_eq!(frames(&trace), [2.5, 0.0]);
    }
}
