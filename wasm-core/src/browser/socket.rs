//! The WebSocket to the relay.

use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, WebSocket};

use super::Failure;

/// What is told about a socket.
pub trait Listener {
    /// It is open.
    fn opened(&self);
    /// A frame came.
    fn frame_arrived(&self, text: &str);
    /// It is closed, or could not be opened. Told once, and last.
    fn closed(&self);
}

/// A socket, open or opening. Dropping it closes it without a word to its listener.
pub struct Socket {
    web: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _arrived: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut()>,
}

impl Socket {
    /// Opens a socket to a relay (`http:` becomes `ws:`).
    ///
    /// # Errors
    /// When the address is not one.
    pub fn open(relay: &str, listener: impl Listener + Clone + 'static) -> Result<Self, Failure> {
        let address = format!("{}/api/v1/realtime", relay.replacen("http", "ws", 1));
        let socket = WebSocket::new_with_str(&address, protocol::SUBPROTOCOL)?;
        let listening = listener.clone();
        let opened = Closure::<dyn FnMut()>::new(move || listening.opened());
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        let listening = listener.clone();
        let arrived = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                listening.frame_arrived(&text);
            }
        });
        socket.set_onmessage(Some(arrived.as_ref().unchecked_ref()));
        let closed = Closure::<dyn FnMut()>::new(move || listener.closed());
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self {
            web: socket,
            _opened: opened,
            _arrived: arrived,
            _closed: closed,
        })
    }

    /// Sends a frame. On a socket that is not open it is lost, which its closing tells.
    pub fn send(&self, text: &str) {
        if self.web.ready_state() == WebSocket::OPEN {
            let _ = self.web.send_with_str(text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.web.set_onopen(None);
        self.web.set_onmessage(None);
        self.web.set_onclose(None);
        let _ = self.web.close();
    }
}
