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

/// Records what happens meanwhile; the milliseconds of script in each frame of the busiest page.
pub(crate) async fn script_per_frame(
    browser: &Browser,
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<Vec<f64>> {
    let connection = browser.connection();
    let categories = [
        "devtools.timeline",
        "disabled-by-default-devtools.timeline",
        "disabled-by-default-devtools.timeline.frame",
        "v8",
    ];
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
    Ok(frames(&events))
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
