//! The lines: one JSON object for each figure.

use std::io::Write;

use serde::Serialize;

/// A figure of ours beside a rival's.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) bench: &'a str,
    pub(crate) metric: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) ours: f64,
    pub(crate) rival: f64,
    pub(crate) rival_name: &'a str,
    pub(crate) lower_is_better: bool,
}

#[derive(Serialize)]
struct WithRatio<'a> {
    #[serde(flatten)]
    line: &'a Line<'a>,
    ratio: f64,
}

/// Prints a line.
pub(crate) fn print(line: &Line<'_>) {
    let ratio = (line.ours / line.rival * 1_000.0).round() / 1_000.0;
    let text = serde_json::to_string(&WithRatio { line, ratio }).expect("a line is JSON");
    // Whoever closed the pipe does not want more.
    let _closed = writeln!(std::io::stdout(), "{text}");
}

/// Tells what is being done.
pub(crate) fn say(text: &str) {
    let _closed = writeln!(std::io::stderr(), "{text}");
}

/// The value below which this share of the sample lies (nearest rank); NaN for an empty sample.
pub(crate) fn percentile(sample: &[f64], share: f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "samples are small"
    )]
    let rank = ((share * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let sample: Vec<f64> = (1..=20).map(f64::from).collect();
        assert!((percentile(&sample, 0.5) - 10.0).abs() < 1e-9);
        assert!((percentile(&sample, 0.95) - 19.0).abs() < 1e-9);
        assert!(percentile(&[], 0.5).is_nan());
    }
}
