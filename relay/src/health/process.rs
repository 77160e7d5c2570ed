//! What the operating system says of this process, under the names that Prometheus's own clients use. On
//! systems without `/proc` they stay 0.

use std::fs;

use prometheus::{Counter, IntGauge};

use super::maker::Maker;

/// Ticks of a second in `/proc`: Linux says 100 to every program, whatever it counts in itself.
const TICKS_PER_S: u32 = 100;

/// The process's numbers.
#[derive(Debug, Clone)]
pub(super) struct Process {
    resident_bytes: IntGauge,
    open_fds: IntGauge,
    max_fds: IntGauge,
    threads: IntGauge,
    cpu_seconds: Counter,
    start_seconds: IntGauge,
}

impl Process {
    pub(super) fn new(make: &Maker) -> Self {
        let cpu_seconds = Counter::new(
            "process_cpu_seconds_total",
            "Processor time of the process, in and out of the kernel.",
        );
        Self {
            resident_bytes: make.gauge("process_resident_memory_bytes", "Memory that is held."),
            open_fds: make.gauge("process_open_fds", "Open file descriptors."),
            max_fds: make.gauge("process_max_fds", "File descriptors that may be open."),
            threads: make.gauge("process_threads", "Threads."),
            cpu_seconds: make.register(cpu_seconds),
            start_seconds: make.gauge(
                "process_start_time_seconds",
                "When the process began, in seconds since 1970.",
            ),
        }
    }

    /// Asks anew.
    pub(super) fn look(&self) {
        let read = |file: &str| fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        let status = read("status");
        if let Some(kibibytes) = number_after(&status, "VmRSS:") {
            self.resident_bytes.set(kibibytes.saturating_mul(1_024));
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            self.threads.set(threads);
        }
        if let Some(most) = number_after(&read("limits"), "Max open files") {
            self.max_fds.set(most);
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            self.open_fds.set(i64::try_from(open.count()).unwrap_or(i64::MAX));
        }
        let stat = read("stat");
        let booted = fs::read_to_string("/proc/stat").unwrap_or_default();
        if let Some(start) = start_seconds(&stat, &booted) {
            self.start_seconds.set(start);
        }
        if let Some(seconds) = cpu_seconds(&stat) {
            // Two may read at once: it never runs back.
            self.cpu_seconds
                .inc_by((seconds - self.cpu_seconds.get()).max(0.0));
        }
    }
}

/// The first number of the line that begins so.
fn number_after(text: &str, name: &str) -> Option<i64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The fields of `/proc/self/stat` from the third on; the program's name before them may hold anything.
fn fields(stat: &str) -> Option<impl Iterator<Item = &str>> {
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace())
}

/// When the process began: it is told from the machine's start on, and that from 1970 on.
fn start_seconds(stat: &str, booted: &str) -> Option<i64> {
    let ticks: i64 = fields(stat)?.nth(19)?.parse().ok()?;
    let booted = number_after(booted, "btime")?;
    Some(booted.saturating_add(ticks / i64::from(TICKS_PER_S)))
}

/// User and system time.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut times = fields(stat)?.skip(11).map(str::parse::<f64>);
    let user = times.next()?.ok()?;
    let system = times.next()?.ok()?;
    Some((user + system) / f64::from(TICKS_PER_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_whatever_the_programs_name() {
        let stat = "7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 3 0 900 1 2";
        assert_eq!(cpu_seconds(stat), Some(4.0));
        assert_eq!(cpu_seconds("nothing"), None);
        assert_eq!(start_seconds(stat, "cpu 1 2\nbtime 1000\n"), Some(1_009));
        let status = "Name:\tx\nVmRSS:\t   12 kB\nThreads:\t3\n";
        assert_eq!(number_after(status, "VmRSS:"), Some(12));
        let limits = "Max cpu time  unlimited\nMax open files            1024                 4096   files\n";
        assert_eq!(number_after(limits, "Max open files"), Some(1_024));
    }
}
