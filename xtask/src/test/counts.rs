//! How many checks passed and failed, read from what test programs write.

use std::fmt;
use std::ops::AddAssign;

/// Checks that ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u32,
    pub(super) failed: u32,
}

impl Counts {
    /// What a line of output reports: libtest sums up every test program in a line of its own.
    pub(super) fn from_line(line: &str) -> Self {
        let Some((_, result)) = line.split_once("test result: ") else {
            return Self::default();
        };
        let number_before = |word: &str| {
            let words: Vec<&str> = result
                .split([' ', ';', '.'])
                .filter(|word| !word.is_empty())
                .collect();
            let pair = words.windows(2).find(|pair| pair[1] == word)?;
            pair[0].parse().ok()
        };
        Self {
            passed: number_before("passed").unwrap_or(0),
            failed: number_before("failed").unwrap_or(0),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted_and_nothing_else_is() {
        let ok =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.03s";
        assert_eq!(
            Counts::from_line(ok),
            Counts {
                passed: 12,
                failed: 0
            }
        );
        let bad = "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Counts::from_line(bad), Counts { passed: 4, failed: 2 });
        assert_eq!(Counts::from_line("test a_test ... ok"), Counts::default());
        assert_eq!(Counts::from_line("3 passed; 4 failed"), Counts::default());
    }

    #[test]
    fn the_sum_reads_as_promised() {
        let mut total = Counts { passed: 1, failed: 2 };
        total += Counts {
            passed: 10,
            failed: 0,
        };
        assert_eq!(total.to_string(), "11 passed, 2 failed");
    }
}
