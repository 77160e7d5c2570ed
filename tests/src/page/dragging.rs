//! Dragging with the pointer: the press and the first moves are the browser's own, so that the page decides what is
//! dragged; what it gave the browser is then carried to where it is dropped.

use serde_json::{Value, json};
use tokio::time::timeout;

use super::Page;
use crate::cdp::Event;
use crate::wait::PATIENCE;
use crate::{Failure, Result};

/// The protocol's bit for Control.
const CONTROL: u8 = 2;

impl Page {
    /// Drags one element onto another, each an expression; with Control held if it is to be copied.
    ///
    /// # Errors
    /// Why one of them cannot be reached, or that nothing was dragged.
    pub async fn drag(&self, from: &str, onto: &str, copy: bool) -> Result<()> {
        let modifiers = if copy { CONTROL } else { 0 };
        let (x, y) = self.place_of(from, from).await?;
        let mut events = self.connection.events();
        self.call("Input.setInterceptDrags", json!({ "enabled": true }))
            .await?;
        self.held("mouseMoved", (x, y), 0).await?;
        self.held("mousePressed", (x, y), 1).await?;
        // A few pixels are still a click.
        for step in [6.0, 12.0, 18.0] {
            self.held("mouseMoved", (x + step, y), 1).await?;
        }
        let is_it = |event: &Event| {
            event.method == "Input.dragIntercepted" && event.session.as_deref() == Some(self.session.as_str())
        };
        let begun = timeout(PATIENCE, async {
            loop {
                let event = events.recv().await.map_err(|error| Failure(error.to_string()))?;
                if is_it(&event) {
                    return Ok::<Value, Failure>(event.params["data"].clone());
                }
            }
        });
        let data = begun
            .await
            .map_err(|_| Failure(format!("{from} was not dragged")))??;
        let there = self.place_of(onto, onto).await?;
        for kind in ["dragEnter", "dragOver", "drop"] {
            let (x, y) = there;
            let parameters = json!({ "type": kind, "x": x, "y": y, "data": data, "modifiers": modifiers });
            self.call("Input.dispatchDragEvent", parameters).await?;
        }
        self.held("mouseReleased", there, 0).await?;
        self.call("Input.setInterceptDrags", json!({ "enabled": false }))
            .await
            .map(drop)
    }

    async fn held(&self, kind: &str, (x, y): (f64, f64), buttons: u8) -> Result<()> {
        let button = if kind == "mouseMoved" && buttons == 0 {
            "none"
        } else {
            "left"
        };
        let clicks = u8::from(kind != "mouseMoved");
        let parameters = json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": clicks });
        self.call("Input.dispatchMouseEvent", parameters).await.map(drop)
    }
}
