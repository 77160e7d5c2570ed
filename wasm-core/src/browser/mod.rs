//! The browser, as the client uses it: storage, sockets, calls to the relay, locks, timers, peer
//! connections, capture, and [`live`], which performs what the session asks for.
//!
//! Nothing here decides anything: what to send, when to try again, who may see what is in `session` and
//! `library`. Everything that a browser refuses comes back as a [`Failure`]; nothing here panics on it.
//!
//! Start at [`live`].

pub mod capture;
pub mod clock;
pub mod fetch;
#[cfg(not(feature = "popup"))]
pub mod filing;
#[cfg(not(feature = "popup"))]
pub mod folder;
pub mod live;
pub mod lock;
pub mod media;
pub mod outbox;
pub mod peers;
pub mod performer;
pub mod random;
pub mod rest;
pub mod socket;
#[cfg(not(feature = "popup"))]
pub mod spelling;
pub mod store;
pub mod thumbnail;
pub mod timer;
pub mod turn;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What the browser refused, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<JsValue> for Failure {
    fn from(value: JsValue) -> Self {
        let words = if let Some(error) = value.dyn_ref::<js_sys::Error>() {
            // A DOMException is not an Error to `instanceof` in every realm, but it has the same fields.
            String::from(error.message())
        } else {
            js_sys::Reflect::get(&value, &JsValue::from_str("message"))
                .ok()
                .and_then(|message| message.as_string())
                .or_else(|| value.as_string())
                .unwrap_or_else(|| format!("{value:?}"))
        };
        Self(words)
    }
}

/// Waits for a promise.
///
/// # Errors
/// What it was rejected with.
pub async fn settled(promise: Promise) -> Result<JsValue, Failure> {
    JsFuture::from(promise).await.map_err(Failure::from)
}

/// A property of an object; `undefined` when there is none.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// An object made of pairs.
pub fn object<const N: usize>(pairs: [(&str, JsValue); N]) -> JsValue {
    let made = js_sys::Object::new();
    for (name, value) in pairs {
        // A fresh plain object takes every property.
        let _ = js_sys::Reflect::set(&made, &JsValue::from_str(name), &value);
    }
    made.into()
}
