//! What the operating system says of this process, under the names that Prometheus's own clients use. On
//! systems without `/proc` they stay 0.

use std::fs;

use prometheus::{Counter, IntGauge};

use super::Maker;

/// Ticks of a second in `/proc`: Linux says 100 to every program, whatever it counts in itself.
const TICKS_PER_S: f64 = 100.0;

/// The process's numbers.
#[derive(Debug, Clone)]
pub(super) struct Process {
    resident_bytes: IntGauge,
    open_fds: IntGauge,
    max_fds: IntGauge,
    threads: IntGauge,
    cpu_seconds: Counter,
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
        if let Some(seconds) = cpu_seconds(&read("stat")) {
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

/// User and system time of `/proc/self/stat`; the program's name before them may hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let user = times.next()?.ok()?;
    let system = times.next()?.ok()?;
    Some((user + system) / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_whatever_the_programs_name() {
        let stat = "7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 3 0 900 1 2";
        assert_eq!(cpu_seconds(stat), Some(4.0));
        assert_eq!(cpu_seconds("nothing"), None);
        let status = "Name:\tx\nVmRSS:\t   12 kB\nThreads:\t3\n";
        assert_eq!(number_after(status, "VmRSS:"), Some(12));
        let limits = "Max cpu time  unlimited\nMax open files            1024                 4096   files\n";
        assert_eq!(number_after(limits, "Max open files"), Some(1_024));
    }
}
