//! Parsing JSON. The popup has the browser do it, whose parser it need not bring along; pages, which read whole
//! spaces, use Rust's, which is quicker with those.

#[cfg(feature = "pages")]
use serde_json::Value;

/// A text as a value; `None` when it is no JSON.
#[cfg(feature = "pages")]
pub fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

#[cfg(not(feature = "pages"))]
pub use by_browser::parse;

#[cfg(not(feature = "pages"))]
mod by_browser {
    use js_sys::{Array, JSON, Object};
    use serde_json::{Map, Number, Value};
    use wasm_bindgen::{JsCast, JsValue};

    /// Values in values, as deep as those of a message may be.
    const DEEPEST: u8 = 64;

    /// A text as a value; `None` when it is no JSON.
    pub fn parse(text: &str) -> Option<Value> {
        plain(&JSON::parse(text).ok()?, DEEPEST)
    }

    fn plain(value: &JsValue, deepest: u8) -> Option<Value> {
        let deeper = deepest.checked_sub(1)?;
        if value.is_null() {
            return Some(Value::Null);
        }
        if let Some(value) = value.as_bool() {
            return Some(Value::Bool(value));
        }
        if let Some(text) = value.as_string() {
            return Some(Value::String(text));
        }
        if let Some(number) = value.as_f64() {
            return number_of(number).map(Value::Number);
        }
        if let Some(values) = value.dyn_ref::<Array>() {
            let values: Option<Vec<Value>> = values.iter().map(|value| plain(&value, deeper)).collect();
            return values.map(Value::Array);
        }
        let mut fields = Map::new();
        for field in Object::entries(value.dyn_ref::<Object>()?).iter() {
            let field: Array = field.unchecked_into();
            fields.insert(field.get(0).as_string()?, plain(&field.get(1), deeper)?);
        }
        Some(Value::Object(fields))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "a whole number that comes back the same is one"
    )]
    fn number_of(number: f64) -> Option<Number> {
        let whole = number as i64;
        if whole as f64 == number {
            Some(Number::from(whole))
        } else {
            Number::from_f64(number)
        }
    }
}
