//! What went wrong in the harness, as a sentence.

use std::fmt;

/// What went wrong, as a sentence for whoever reads the test's output.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// A harness operation's outcome.
pub type Result<T> = std::result::Result<T, Failure>;

/// `unwrap`, `expect` and a test that returns an error print `Debug`: the sentence must stay readable there.
impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Failure {
    /// The same failure, with what was being done in front of it.
    #[must_use]
    pub fn during(self, what: impl fmt::Display) -> Self {
        Self(format!("{what}: {self}"))
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}
