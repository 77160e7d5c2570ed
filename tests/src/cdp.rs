//! A small client of the Chrome DevTools Protocol: one WebSocket to the browser, many flattened sessions.
//! `WebDriver` `BiDi`, by which Firefox is driven, has the same envelopes around other methods: it goes through
//! here as well, and there a session is a browsing context.
//!
//! Requests get their answer by id; console lines are kept per session for failure messages; every other
//! event goes to whoever subscribed. Nothing here knows what a page or an extension is.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::{Failure, Result};

/// How long the browser may take to answer a request that nobody gave its own time.
pub const ANSWER: Duration = Duration::from_secs(30);

/// Requests that may wait for the socket; more, and the caller waits.
const OUTGOING: usize = 256;

/// Events that a slow subscriber may lag behind; older ones are lost to it.
const EVENTS: usize = 4096;

/// Console lines kept per session; older ones are forgotten.
const CONSOLE_LINES: usize = 300;

/// What the browser tells without being asked.
#[derive(Debug)]
pub struct Event {
    /// The session, in Firefox the browsing context, that it belongs to; `None` for the browser's own.
    pub session: Option<String>,
    /// For example `Target.attachedToTarget`.
    pub method: String,
    /// The event's fields.
    pub params: Value,
}

/// A connection to a browser. Closes with its value.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Message>,
    next_id: AtomicU64,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Debug)]
struct Shared {
    /// Requests without an answer yet; `None` once the connection is closed.
    waiting: Mutex<Option<HashMap<u64, Waiting>>>,
    consoles: Mutex<HashMap<String, VecDeque<String>>>,
    events: broadcast::Sender<Arc<Event>>,
    /// Turns true once, when the browser is gone.
    closed: watch::Sender<bool>,
}

/// Somebody who waits for an answer.
#[derive(Debug)]
struct Waiting {
    session: Option<String>,
    answer: oneshot::Sender<Result<Value>>,
}

impl Connection {
    /// Connects to a browser-level endpoint, `ws://127.0.0.1:PORT/devtools/browser/ID`.
    ///
    /// # Errors
    /// When nothing answers there.
    pub async fn open(endpoint: &str) -> Result<Self> {
        let (socket, _) = tokio_tungstenite::connect_async(endpoint)
            .await
            .map_err(|error| Failure(format!("cannot connect to the browser at {endpoint}: {error}")))?;
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut to_send) = mpsc::channel::<Message>(OUTGOING);
        let shared = Arc::new(Shared {
            waiting: Mutex::new(Some(HashMap::new())),
            consoles: Mutex::default(),
            events: broadcast::channel(EVENTS).0,
            closed: watch::Sender::new(false),
        });
        let writer = tokio::spawn(async move {
            while let Some(message) = to_send.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let receiving = Arc::clone(&shared);
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    receiving.take(text.as_str());
                }
            }
            receiving.close();
        });
        Ok(Self {
            shared,
            outgoing,
            next_id: AtomicU64::new(1),
            tasks: [writer, reader],
        })
    }

    /// Asks something of a session, or of the browser itself, and waits for the answer.
    ///
    /// # Errors
    /// The browser's own message, or that it did not answer or is gone.
    pub async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        self.call_within(ANSWER, session, method, params).await
    }

    /// As [`Connection::call`], with another limit of time.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn call_within(
        &self,
        within: Duration,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        let session_of = session.map(str::to_owned);
        if !self.shared.expect_answer(
            id,
            Waiting {
                session: session_of,
                answer,
            },
        ) {
            return Err(Failure(format!("{method}: the browser is gone")));
        }
        let message = Message::text(request(id, session, method, &params).to_string());
        let exchange = async {
            self.outgoing
                .send(message)
                .await
                .map_err(|_| Failure::from("the browser is gone"))?;
            answered.await.map_err(|_| Failure::from("the browser is gone"))?
        };
        let outcome = timeout(within, exchange).await;
        let outcome = outcome.unwrap_or_else(|_| {
            self.shared.forget(id);
            Err(Failure(format!("no answer within {} s", within.as_secs())))
        });
        outcome.map_err(|failure| failure.during(method))
    }

    /// Asks without waiting for an answer, where waiting is impossible (`drop`).
    pub fn post(&self, session: Option<&str>, method: &str, params: &Value) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        // A full queue or a closed connection: then there is no session left to tidy up either.
        let _ = self
            .outgoing
            .try_send(Message::text(request(id, session, method, params).to_string()));
    }

    /// All events from now on.
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.shared.events.subscribe()
    }

    /// Returns when the browser is gone, however it ended.
    pub async fn closed(&self) {
        // The sender lives as long as this connection.
        let _ = self.shared.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// What a session wrote to its console so far, oldest first, uncaught errors included.
    pub fn console(&self, session: &str) -> Vec<String> {
        let consoles = self
            .shared
            .consoles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        consoles
            .get(session)
            .map(|lines| lines.iter().cloned().collect())
            .unwrap_or_default()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.close();
    }
}

impl Shared {
    fn expect_answer(&self, id: u64, asker: Waiting) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting
            .as_mut()
            .map(|waiting| waiting.insert(id, asker))
            .is_some()
    }

    fn forget(&self, id: u64) -> Option<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_mut()?.remove(&id)
    }

    /// A session is gone, as of a popup that closed: nobody will answer who waits for it.
    fn end_session(&self, session: &str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = waiting.as_mut() else { return };
        for (_, gone) in waiting.extract_if(|_, asker| asker.session.as_deref() == Some(session)) {
            // The asker may have run out of patience meanwhile.
            let _ = gone.answer.send(Err(Failure::from("the page is gone")));
        }
    }

    fn close(&self) {
        // Dropping the senders tells everyone who waits.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.closed.send_replace(true);
    }

    /// Sorts one message from the browser to whom it is for.
    fn take(&self, text: &str) {
        let Ok(mut message) = serde_json::from_str::<Value>(text) else {
            return;
        };
        if let Some(id) = message["id"].as_u64() {
            let answer = match message.get("error") {
                // BiDi has the error's name here and its sentence beside it.
                Some(error) => {
                    let sentence = error["message"].as_str().or(message["message"].as_str());
                    Err(Failure(sentence.unwrap_or("an error").to_owned()))
                }
                None => Ok(message["result"].take()),
            };
            if let Some(asker) = self.forget(id) {
                // The asker may have run out of patience meanwhile.
                let _ = asker.answer.send(answer);
            }
            return;
        }
        let session = message["sessionId"]
            .as_str()
            .or(message["params"]["source"]["context"].as_str());
        let event = Event {
            session: session.map(str::to_owned),
            method: message["method"].as_str().unwrap_or_default().to_owned(),
            params: message["params"].take(),
        };
        if let (Some(session), Some(line)) = (&event.session, console_line(&event)) {
            let mut consoles = self.consoles.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = consoles.entry(session.clone()).or_default();
            if lines.len() == CONSOLE_LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
        if event.method == "Target.detachedFromTarget"
            && let Some(session) = event.params["sessionId"].as_str()
        {
            self.end_session(session);
        }
        // Without a subscriber an event is for nobody.
        let _ = self.events.send(Arc::new(event));
    }
}

fn request(id: u64, session: Option<&str>, method: &str, params: &Value) -> Value {
    let mut request = json!({ "id": id, "method": method, "params": params });
    if let Some(session) = session {
        request["sessionId"] = json!(session);
    }
    request
}

/// The line of a console that an event stands for, if any.
fn console_line(event: &Event) -> Option<String> {
    let params = &event.params;
    match event.method.as_str() {
        "Runtime.consoleAPICalled" => {
            let parts = params["args"].as_array()?.iter().map(|arg| match &arg["value"] {
                Value::Null => arg["description"].as_str().unwrap_or("undefined").to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let level = params["type"].as_str().unwrap_or("log");
            Some(format!("{level}: {}", parts.collect::<Vec<_>>().join(" ")))
        }
        "Runtime.exceptionThrown" => Some(format!("uncaught: {}", exception(&params["exceptionDetails"]))),
        "Log.entryAdded" => {
            let entry = &params["entry"];
            let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
            Some(
                format!("{}: {} {}", text("level"), text("text"), text("url"))
                    .trim_end()
                    .to_owned(),
            )
        }
        "log.entryAdded" => Some(format!(
            "{}: {}",
            params["level"].as_str().unwrap_or("log"),
            params["text"].as_str().unwrap_or_default()
        )),
        _ => None,
    }
}

/// The sentence of a thrown value: the error with its stack where there is one.
pub(crate) fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let described = thrown["description"].as_str().map(str::to_owned);
    let valued = || thrown.get("value").map(Value::to_string);
    let text = || {
        details["text"]
            .as_str()
            .unwrap_or("an unknown exception")
            .to_owned()
    };
    described.or_else(valued).unwrap_or_else(text)
}
