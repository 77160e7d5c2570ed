//! How the relay is: numbers for Prometheus, and whether it can work.
//!
//! Each number is named and explained where it is made. What can
//! be asked at any time (queues, pools, the process) is looked up when somebody reads the numbers, so that it
//! costs nothing in between.

mod maker;
mod process;
pub(crate) mod routes;

use std::time::Duration;

use prometheus::{
    Encoder, Histogram, HistogramTimer, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Registry, TextEncoder,
};
use protocol::{Class, Code, Event, ServerFrame};

use crate::App;
use crate::live::CLOSED;
use crate::log::{Answer, Bounds};
use crate::rate::{Kind, TooFast, WHO};
use maker::Maker;
use process::Process;

/// From a fast commit to one that somebody notices, in seconds.
const COMMIT_BUCKETS: &[f64] = &[
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];
/// From one event to a full batch.
const SIZE_BUCKETS: &[f64] = &[
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 4_096.0,
];
/// From an answer out of memory to one that waited for the database, in seconds.
const REQUEST_BUCKETS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// The numbers. Cloned freely; clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    process: Process,
    /// Sockets that have introduced themselves.
    pub(crate) connections: IntGauge,
    /// Spaces that are live.
    pub(crate) rooms: IntGauge,
    /// What the writers were asked for and did not answer yet.
    pub(crate) jobs: IntGauge,
    /// What that takes.
    pub(crate) jobs_bytes: IntGauge,
    /// Time from when a job waits for its writer until it is answered.
    pub(crate) job_seconds: Histogram,
    /// Time from the begin of a transaction of the log to the end of its commit.
    pub(crate) commit_seconds: Histogram,
    /// Events of one commit.
    pub(crate) commit_events: Histogram,
    /// Batches that failed together and were done again in parts.
    pub(crate) batches_retried: IntCounter,
    /// States of spaces that were written down.
    pub(crate) snapshots: IntCounter,
    /// Signals that came.
    pub(crate) signals: IntCounter,
    /// Signals that a receiver was too slow for.
    pub(crate) signals_too_slow: IntCounter,
    /// Events, each counted for every connection that it was given to.
    pub(crate) deliveries: IntCounter,
    events: IntCounterVec,
    read_seconds: Histogram,
    write_seconds: Histogram,
    database_bytes: IntGauge,
    disk_free_bytes: IntGaugeVec,
    jobs_limit: IntGauge,
    jobs_limit_bytes: IntGauge,
    strangers: IntGauge,
    strangers_limit: IntGauge,
    outbox_bytes: IntGauge,
    outbox_largest_bytes: IntGauge,
    outbox_limit_bytes: IntGauge,
    pool: IntGaugeVec,
    store_errors: IntCounterVec,
    closed: IntCounterVec,
    signals_dropped: IntCounterVec,
    subscriptions: IntCounterVec,
    too_fast: IntCounterVec,
    buckets: IntGauge,
    buckets_forgotten: IntCounter,
    refusals: IntCounterVec,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    build: IntGaugeVec,
}

impl Default for Metrics {
    fn default() -> Self {
        let make = Maker(Registry::new());
        let signals_dropped = make.counters_of(
            "tabspace_signals_dropped_total",
            "Signals that were dropped: their sender was over its rate, or a receiver too slow.",
            "reason",
            ["rate", "slow"],
        );
        let too_fast = make.counters(
            "tabspace_rate_refusals_total",
            "What was refused because it was too fast.",
            &["kind", "of"],
        );
        for kind in Kind::ALL {
            for who in WHO {
                too_fast.with_label_values(&[kind.as_str(), who]);
            }
        }
        Self {
            process: Process::new(&make),
            connections: make.gauge(
                "tabspace_connections",
                "Open sockets that have introduced themselves.",
            ),
            strangers: make.gauge(
                "tabspace_strangers",
                "Open sockets that have not introduced themselves yet.",
            ),
            strangers_limit: make.gauge("tabspace_strangers_limit", "As many may be open."),
            rooms: make.gauge("tabspace_rooms", "Spaces that are live."),
            jobs: make.gauge(
                "tabspace_jobs",
                "Requests that wait for a writer or are being decided.",
            ),
            jobs_bytes: make.gauge("tabspace_jobs_bytes", "About what these requests take."),
            jobs_limit: make.gauge("tabspace_jobs_limit", "As many requests may wait."),
            jobs_limit_bytes: make.gauge("tabspace_jobs_limit_bytes", "As much may these take."),
            job_seconds: make.histogram(
                "tabspace_job_seconds",
                "From when a request waits for its writer until it is answered.",
                COMMIT_BUCKETS,
            ),
            outbox_bytes: make.gauge(
                "tabspace_outbox_bytes",
                "What waits to be sent, of all connections together.",
            ),
            outbox_largest_bytes: make.gauge(
                "tabspace_outbox_largest_bytes",
                "The same of the connection for which the most waits.",
            ),
            outbox_limit_bytes: make.gauge(
                "tabspace_outbox_limit_bytes",
                "A connection for which more waits is closed.",
            ),
            events: make.counters_of(
                "tabspace_events_total",
                "Committed events by class.",
                "class",
                CLASSES.map(class_name),
            ),
            deliveries: make.counter(
                "tabspace_deliveries_total",
                "Committed events, each counted for every connection that it was given to.",
            ),
            commit_seconds: make.histogram(
                "tabspace_commit_seconds",
                "Duration of a transaction of the log.",
                COMMIT_BUCKETS,
            ),
            commit_events: make.histogram(
                "tabspace_commit_events",
                "Events of one transaction of the log.",
                SIZE_BUCKETS,
            ),
            batches_retried: make.counter(
                "tabspace_batches_retried_total",
                "Batches that failed together and were done again in parts.",
            ),
            snapshots: make.counter(
                "tabspace_snapshots_total",
                "States of spaces that were written down.",
            ),
            read_seconds: make.histogram(
                "tabspace_read_seconds",
                "Duration of what only reads, the wait for a connection included.",
                REQUEST_BUCKETS,
            ),
            write_seconds: make.histogram(
                "tabspace_write_seconds",
                "Duration of what writes besides the log, such as guests and links, the wait for its turn included.",
                REQUEST_BUCKETS,
            ),
            database_bytes: make.gauge("tabspace_database_bytes", "What the database takes on its disk."),
            // Without a label, but not there at all where nobody knows.
            disk_free_bytes: make.gauges(
                "tabspace_disk_free_bytes",
                "What is free on the disk of SQLite's folder.",
                &[],
            ),
            pool: make.gauges(
                "tabspace_pool_connections",
                "Connections to the database.",
                &["pool", "state"],
            ),
            store_errors: make.counters_of(
                "tabspace_store_errors_total",
                "Failures of the database: away, or a statement.",
                "kind",
                ["away", "statement"],
            ),
            closed: make.counters_of(
                "tabspace_connections_closed_total",
                "Sockets that ended, by why.",
                "reason",
                CLOSED,
            ),
            signals: make.counter("tabspace_signals_total", "Signals that came from clients."),
            signals_too_slow: signals_dropped.with_label_values(&["slow"]),
            signals_dropped,
            subscriptions: make.counters_of(
                "tabspace_subscriptions_total",
                "Subscriptions by what answered them.",
                "answer",
                ["events", "snapshot", "refusal"],
            ),
            too_fast,
            buckets: make.gauge(
                "tabspace_rate_buckets",
                "Persons and addresses whose rates are kept.",
            ),
            buckets_forgotten: make.counter(
                "tabspace_rate_buckets_forgotten_total",
                "Rates that were forgotten because too many are kept.",
            ),
            refusals: make.counters_of(
                "tabspace_refusals_total",
                "Refused ops, frames and requests.",
                "code",
                Code::ALL.iter().map(|code| code.as_str()),
            ),
            requests: make.counters(
                "tabspace_http_requests_total",
                "HTTP requests.",
                &["method", "route", "status"],
            ),
            request_seconds: make.histograms(
                "tabspace_http_request_seconds",
                "Duration of HTTP requests until the answer begins.",
                REQUEST_BUCKETS,
                &["method", "route"],
            ),
            build: make.gauges(
                "tabspace_build_info",
                "Always 1; the labels tell what runs.",
                &["version", "database"],
            ),
            registry: make.0,
        }
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

    /// Counts what was committed to one space.
    pub(crate) fn count_events(&self, events: &[Event]) {
        for events in events.chunk_by(|one, next| one.envelope.class == next.envelope.class) {
            self.events
                .with_label_values(&[class_name(events[0].envelope.class)])
                .inc_by(events.len() as u64);
        }
    }

    /// Counts something that was too fast. The refusal itself is counted where it is answered.
    pub(crate) fn count_too_fast(&self, too_fast: &TooFast) {
        self.too_fast
            .with_label_values(&[too_fast.kind.as_str(), too_fast.who.as_str()])
            .inc();
    }

    /// Counts a signal that goes no further because its sender is over the rate.
    pub(crate) fn count_signal_over_rate(&self) {
        self.signals_dropped.with_label_values(&["rate"]).inc();
    }

    /// Counts the end of a socket.
    pub(crate) fn count_closed(&self, reason: &str) {
        self.closed.with_label_values(&[reason]).inc();
    }

    /// Counts what answered a subscription, if this frame does.
    pub(crate) fn count_subscription(&self, frame: &ServerFrame) {
        let answer = match frame {
            ServerFrame::Resumed { .. } => "events",
            ServerFrame::Snapshot { .. } => "snapshot",
            ServerFrame::Closed { .. } => "refusal",
            _ => return,
        };
        self.subscriptions.with_label_values(&[answer]).inc();
    }

    /// Counts a failure of the database.
    pub(crate) fn count_store_error(&self, is_away: bool) {
        let kind = if is_away { "away" } else { "statement" };
        self.store_errors.with_label_values(&[kind]).inc();
    }

    /// Counts a request under its route, not its path: ids would make a series each.
    pub(crate) fn count_request(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.requests
            .with_label_values(&[method, route, &status.to_string()])
            .inc();
        self.request_seconds
            .with_label_values(&[method, route])
            .observe(took.as_secs_f64());
    }

    /// Measures how long something only reads.
    pub(crate) fn time_reading(&self) -> HistogramTimer {
        self.read_seconds.start_timer()
    }

    /// Measures how long something writes besides the log.
    pub(crate) fn time_writing(&self) -> HistogramTimer {
        self.write_seconds.start_timer()
    }

    /// All numbers as Prometheus reads them. When the database does not say what it takes, it is as it was.
    fn text(&self, app: &App, database_bytes: Option<u64>) -> String {
        let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        self.strangers
            .set(number(app.most_strangers - app.strangers.available_permits()));
        self.strangers_limit.set(number(app.most_strangers));
        let Bounds { jobs, bytes } = app.writers.bounds();
        self.jobs_limit.set(number(jobs));
        self.jobs_limit_bytes.set(number(bytes));
        let waiting = app.hub.waiting_bytes();
        self.outbox_bytes.set(number(waiting.iter().sum()));
        self.outbox_largest_bytes
            .set(number(waiting.into_iter().max().unwrap_or(0)));
        self.outbox_limit_bytes.set(number(app.outbox_bytes));
        if let Some(bytes) = database_bytes {
            self.database_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
        if let Some(bytes) = app.store.free_bytes() {
            let free: &[&str] = &[];
            self.disk_free_bytes
                .with_label_values(free)
                .set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
        for (pool, open, idle) in app.store.pools() {
            self.pool.with_label_values(&[pool, "open"]).set(number(open));
            self.pool.with_label_values(&[pool, "idle"]).set(number(idle));
        }
        let (kept, forgotten) = app.limiter.counts();
        self.buckets.set(number(kept));
        // Two may read at once: it never runs back.
        self.buckets_forgotten
            .inc_by(forgotten.saturating_sub(self.buckets_forgotten.get()));
        self.build
            .with_label_values(&[env!("CARGO_PKG_VERSION"), app.store.name()])
            .set(1);
        self.process.look();
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "the metrics cannot be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

const CLASSES: [Class; 6] = [
    Class::Space,
    Class::Tab,
    Class::Member,
    Class::Message,
    Class::Stream,
    Class::Unknown,
];

const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Space => "space",
        Class::Tab => "tab",
        Class::Member => "member",
        Class::Message => "message",
        Class::Stream => "stream",
        Class::Unknown => "unknown",
    }
}
