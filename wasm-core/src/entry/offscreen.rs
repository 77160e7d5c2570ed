//! The offscreen document: runs the writer while something is live, with socket, peers and captures.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::performer::Reach;
use crate::browser::timer::Soon;
use crate::chrome::errand::{Errand, Found, Hands, Running};
use crate::chrome::runtime::{self, HeldPort, To};
use crate::chrome::writer::Writer;

/// A document that is not needed stays this much longer: pages are reloaded, streams started again.
const LINGER_MS: u32 = 5_000;

/// The worker does the errands of the offscreen document.
struct ByWorker;

impl Hands for ByWorker {
    fn run(&self, errand: Errand) -> Running {
        Box::pin(async move { runtime::ask::<Found>(To::Worker, "errand", &runtime::write(&errand)?).await })
    }
}

/// The offscreen document, for its script.
#[wasm_bindgen]
pub struct Offscreen(Rc<Writer>);

/// Waits for its turn to write, loads, and goes live.
///
/// # Errors
/// When the browser's storage fails.
#[wasm_bindgen]
pub async fn start_offscreen() -> Result<Offscreen, JsError> {
    let running: Rc<RefCell<Weak<Writer>>> = Rc::default();
    let seen = Rc::clone(&running);
    let linger = Soon::new(LINGER_MS, move || {
        if let Some(writer) = seen.borrow().upgrade() {
            spawn_local(leave_if_not_needed(writer));
        }
    });
    let seen = Rc::clone(&running);
    let on_settled = Box::new(move || {
        if seen
            .borrow()
            .upgrade()
            .is_some_and(|writer| !writer.wants_offscreen())
        {
            linger.ask();
        }
    });
    let writer = Writer::start(Rc::new(ByWorker), Reach::Live, on_settled).await?;
    running.replace(Rc::downgrade(&writer));
    // What was settled before nobody heard.
    writer.settle().await;
    Ok(Offscreen(writer))
}

async fn leave_if_not_needed(writer: Rc<Writer>) {
    if writer.wants_offscreen() || writer.on_disk().await.is_err() || writer.wants_offscreen() {
        return;
    }
    // The worker closes this document, and everything here ends with it. If it was busy, it is asked again.
    let _ = ByWorker.run(Errand::NotNeeded).await;
    writer.settle().await;
}

#[wasm_bindgen]
impl Offscreen {
    /// A message for this document: `ask` or `sight`, JSON texts, or `ping`. The answer is a JSON text too.
    pub async fn message(&self, message: JsValue) -> Option<String> {
        let writer = Rc::clone(&self.0);
        if runtime::body(&message, "ping").is_some() {
            return Some("null".to_owned());
        }
        if let Some(ask) = runtime::body(&message, "ask") {
            let answer = writer.answer(serde_json::from_str(&ask).ok()?).await;
            return runtime::write(&answer).ok();
        }
        let sight = runtime::body(&message, "sight")?;
        writer.saw(serde_json::from_str(&sight).ok()?);
        Some("null".to_owned())
    }

    /// A page connected.
    pub fn connected(&self, port: &HeldPort) {
        self.0.page_connected(port);
    }

    /// The browser is online again.
    pub fn online(&self) {
        self.0.network_changed();
    }
}
