//! An input as text, and as JSON that must read as it was written.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The input as text; `None` when it is none.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Reads JSON; what could be read is written and read again as the same.
pub(crate) fn read_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(again, value, "{written}");
    Some(value)
}
