//! `chrome.runtime`: messages and ports between the extension's contexts. All bodies are JSON texts.

use js_sys::{Function, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::browser::timer::pause;
use crate::browser::{Failure, object, property, settled};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = sendMessage)]
    fn send_message(message: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getURL)]
    fn get_url(path: &str) -> String;

    /// One end of a connection with a page.
    #[derive(Debug, Clone)]
    pub type Port;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Port) -> String;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &Port, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn disconnect(this: &Port) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter, js_name = onMessage)]
    fn on_message(this: &Port) -> PortEvent;
    #[wasm_bindgen(method, getter, js_name = onDisconnect)]
    fn on_disconnect(this: &Port) -> PortEvent;

    /// A port whose messages the script keeps until somebody listens (`held.js`).
    pub type HeldPort;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn port(this: &HeldPort) -> Port;
    /// What was said so far; from now on nothing is kept.
    #[wasm_bindgen(method)]
    pub(crate) fn take(this: &HeldPort) -> js_sys::Array;

    type PortEvent;
    #[wasm_bindgen(method, js_name = addListener)]
    fn add_listener(this: &PortEvent, listener: &Function);
}

/// To which context a message goes. All contexts hear it; the scripts pass on what is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// The service worker.
    Worker,
    /// The offscreen document.
    Offscreen,
}

/// Sends a message and reads the answer. `kind` names what the body is.
///
/// # Errors
/// When nobody is there, the other context dies, or the answer cannot be read.
pub(crate) async fn ask<A: DeserializeOwned>(to: To, kind: &str, body: &str) -> Result<A, Failure> {
    read(&ask_raw(to, kind, body).await?)
}

/// How the addresses of the extension's own pages begin.
pub(crate) fn own_address() -> String {
    get_url("")
}

/// Sends a message; the answer as it came.
///
/// # Errors
/// When nobody is there, or the other context dies.
pub(crate) async fn ask_raw(to: To, kind: &str, body: &str) -> Result<JsValue, Failure> {
    settled(send(to, kind, body)?).await
}

fn send(to: To, kind: &str, body: &str) -> Result<Promise, Failure> {
    let to = match to {
        To::Worker => "worker",
        To::Offscreen => "offscreen",
    };
    Ok(send_message(&object([("to", to.into()), (kind, body.into())]))?)
}

/// Sends a message and waits so long for its answer; `None` when it did not come.
///
/// # Errors
/// When nobody is there, or the other context dies.
pub(crate) async fn ask_within(
    to: To,
    kind: &str,
    body: &str,
    milliseconds: u32,
) -> Result<Option<JsValue>, Failure> {
    let late = JsValue::symbol(Some("late"));
    let (sent, over) = (send(to, kind, body)?, late.clone());
    let clock = future_to_promise(async move {
        pause(milliseconds).await;
        Ok(over)
    });
    let first = settled(Promise::race(&js_sys::Array::of2(&sent, &clock))).await?;
    Ok(Some(first).filter(|answer| *answer != late))
}

/// Reads a JSON text.
pub(crate) fn read<T: DeserializeOwned>(value: &JsValue) -> Result<T, Failure> {
    let text = value.as_string().ok_or_else(|| Failure("no answer".to_owned()))?;
    serde_json::from_str(&text).map_err(|error| Failure(error.to_string()))
}

/// Writes a JSON text.
pub(crate) fn write(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure(error.to_string()))
}

/// A property of a message that is a text.
pub(crate) fn body(message: &JsValue, kind: &str) -> Option<String> {
    property(message, kind).as_string()
}

impl Port {
    /// Whether it is one of these.
    pub(crate) fn is_named(&self, wanted: &str) -> bool {
        self.name() == wanted
    }

    /// Sends a text. A port that is closed says so to its listener.
    pub(crate) fn post(&self, text: &str) {
        let _ = self.post_message(&JsValue::from_str(text));
    }

    /// Closes it; the page connects again.
    pub(crate) fn close(&self) {
        let _ = self.disconnect();
    }

    /// Calls back with every text, and once when the page is gone.
    pub(crate) fn listen(&self, heard: &Closure<dyn Fn(JsValue)>, gone: &Closure<dyn Fn()>) {
        self.on_message().add_listener(heard.as_ref().unchecked_ref());
        self.on_disconnect().add_listener(gone.as_ref().unchecked_ref());
    }
}
