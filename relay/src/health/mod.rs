//! How the relay is: numbers for Prometheus, and whether it can work.

pub(crate) mod routes;

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use protocol::Code;

use crate::log::Answer;

/// From a fast commit to one that somebody notices, in seconds.
const COMMIT_BUCKETS: &[f64] = &[
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// From one op alone to a full batch.
const COMMIT_EVENTS: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0,
];

/// The numbers. Cloned freely; clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    /// Sockets that have introduced themselves.
    pub(crate) connections: IntGauge,
    /// Spaces that are live.
    pub(crate) rooms: IntGauge,
    /// What the writers were asked for and did not answer yet.
    pub(crate) jobs: IntGauge,
    /// Events that were committed.
    pub(crate) events: IntCounter,
    /// Time from the begin of a transaction of the log to the end of its commit.
    pub(crate) commit_seconds: Histogram,
    /// Events of one transaction of the log.
    commit_events: Histogram,
    /// Transactions of the log that had to be done again.
    pub(crate) batches_retried: IntCounter,
    /// Snapshots that were written.
    pub(crate) snapshots: IntCounter,
    refusals: IntCounterVec,
    requests: IntCounterVec,
}

impl Default for Metrics {
    fn default() -> Self {
        let opts = |name: &str, help: &str| Opts::new(format!("tabspace_{name}"), help);
        let valid = "the names and labels below are valid and differ";
        let gauge = |name, help| IntGauge::with_opts(opts(name, help)).expect(valid);
        let counters =
            |name, help, labels: &[&str]| IntCounterVec::new(opts(name, help), labels).expect(valid);
        let counter = |name, help| IntCounter::with_opts(opts(name, help)).expect(valid);
        let commit_events =
            HistogramOpts::new("tabspace_commit_events", "Events of one transaction of the log.");
        let commit = HistogramOpts::new("tabspace_commit_seconds", "Duration of a transaction of the log.");
        let metrics = Self {
            registry: Registry::new(),
            connections: gauge("connections", "Open sockets."),
            rooms: gauge("rooms", "Spaces that are live."),
            jobs: gauge("jobs", "Requests that wait for a writer or are being decided."),
            events: IntCounter::with_opts(opts("events_total", "Committed events.")).expect(valid),
            commit_seconds: Histogram::with_opts(commit.buckets(COMMIT_BUCKETS.to_vec())).expect(valid),
            commit_events: Histogram::with_opts(commit_events.buckets(COMMIT_EVENTS.to_vec())).expect(valid),
            batches_retried: counter(
                "batches_retried_total",
                "Transactions of the log that were done again.",
            ),
            snapshots: counter("snapshots_total", "Snapshots of spaces that were written."),
            refusals: counters("refusals_total", "Refused ops, frames and requests.", &["code"]),
            requests: counters(
                "http_requests_total",
                "HTTP requests.",
                &["method", "route", "status"],
            ),
        };
        let collectors: [Box<dyn prometheus::core::Collector>; 10] = [
            Box::new(metrics.connections.clone()),
            Box::new(metrics.rooms.clone()),
            Box::new(metrics.jobs.clone()),
            Box::new(metrics.events.clone()),
            Box::new(metrics.commit_seconds.clone()),
            Box::new(metrics.commit_events.clone()),
            Box::new(metrics.batches_retried.clone()),
            Box::new(metrics.snapshots.clone()),
            Box::new(metrics.refusals.clone()),
            Box::new(metrics.requests.clone()),
        ];
        for collector in collectors {
            metrics.registry.register(collector).expect(valid);
        }
        metrics
    }
}

impl Metrics {
    /// Counts a transaction of the log that was committed.
    pub(crate) fn count_commit(&self, events: usize) {
        self.commit_events
            .observe(f64::from(u32::try_from(events).unwrap_or(u32::MAX)));
    }

    /// Counts a refusal.
    pub(crate) fn count_refusal(&self, code: Code) {
        self.refusals.with_label_values(&[code.as_str()]).inc();
    }

    /// Counts the refused ops in a writer's answer. A job that is refused as a whole is counted where it is
    /// answered.
    pub(crate) fn count_answer(&self, answer: &Result<Answer, Code>) {
        if let Ok(Answer::Ops(answers)) = answer {
            for refused in answers.iter().filter_map(|answer| answer.refused.as_ref()) {
                self.count_refusal(refused.code);
            }
        }
    }

    /// Counts a request under its route, not its path: ids would make a series each.
    pub(crate) fn count_request(&self, method: &str, route: &str, status: u16) {
        self.requests
            .with_label_values(&[method, route, &status.to_string()])
            .inc();
    }

    /// All numbers as Prometheus reads them.
    fn text(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "the metrics cannot be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}
