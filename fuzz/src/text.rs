//! An input as text, and as JSON that must read as it was written.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The input as text; `None` when it is none.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Reads JSON; what could be read is written and read again as the same.
pub(crate) fn read_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    same(&value, &again);
    Some(value)
}

/// Two values that were written are the same, but for the last digit of fractions: reading those is not exact.
pub(crate) fn same<T: Serialize + PartialEq + Debug>(one: &T, other: &T) {
    let json = |value: &T| serde_json::to_value(value).expect("it is JSON");
    assert!(
        one == other || alike(&json(one), &json(other)),
        "{one:?}\n{other:?}"
    );
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.is_f64() && other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            (one - other).abs() <= one.abs() * 1e-12
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same_value =
                |(key, one): (&String, &Value)| other.get(key).is_some_and(|other| alike(one, other));
            one.len() == other.len() && one.iter().all(same_value)
        }
        (one, other) => one == other,
    }
}
