//! One target of the browser that runs script: a tab's page, a popup, an offscreen document, a worker.
//!
//! Input goes through the browser's own input pipeline at the element's place on the screen, so a click here
//! is a real user gesture and hits whatever covers the element.

mod dragging;
mod keyboard;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cdp::{self, Connection};
use crate::diagnosis::{explained, write_picture};
use crate::wait::{PATIENCE, wait_for};
use crate::{Failure, Result};

/// So often something is clicked that moves away under the pointer, as a person would.
const CLICKS: u32 = 3;

/// An attached target. Detaches with its value; the target itself stays.
#[derive(Debug)]
pub struct Page {
    connection: Arc<Connection>,
    target: String,
    session: String,
}

impl Page {
    pub(crate) async fn attach(connection: Arc<Connection>, target: &str) -> Result<Self> {
        let parameters = json!({ "targetId": target, "flatten": true });
        let answer = connection.call(None, "Target.attachToTarget", parameters).await?;
        let session = answer["sessionId"].as_str().unwrap_or_default().to_owned();
        let page = Self {
            connection,
            target: target.to_owned(),
            session,
        };
        page.call("Runtime.enable", json!({})).await?;
        // Workers have no such domain; what they log arrives through `Runtime` anyway.
        let _ = page.call("Log.enable", json!({})).await;
        Ok(page)
    }

    /// The browser's name for this target.
    pub fn target_id(&self) -> &str {
        &self.target
    }

    /// Any request of the DevTools protocol to this target, for what has no name here.
    ///
    /// # Errors
    /// The browser's message.
    pub async fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        self.connection
            .call(Some(&self.session), method, parameters)
            .await
    }

    /// The value of an expression; a promise is awaited, `undefined` is `null`.
    ///
    /// # Errors
    /// What it threw, with its stack.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        self.evaluate_within(cdp::ANSWER, expression).await
    }

    /// As [`Page::evaluate`], for a promise that takes longer than usual.
    ///
    /// # Errors
    /// As [`Page::evaluate`].
    pub async fn evaluate_within(&self, within: Duration, expression: &str) -> Result<Value> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let session = Some(self.session.as_str());
        let answer = self
            .connection
            .call_within(within, session, "Runtime.evaluate", parameters)
            .await?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(Failure(cdp::exception(details))),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Waits until an expression is truthy; one that throws is not truthy yet.
    ///
    /// # Errors
    /// When the time is up: `what`, the last exception, the page's console, and where its picture is.
    pub async fn wait_for(&self, condition: &str, what: &str) -> Result<()> {
        self.wait_for_within(PATIENCE, condition, what).await
    }

    /// As [`Page::wait_for`], with another limit of time.
    ///
    /// # Errors
    /// As [`Page::wait_for`].
    pub async fn wait_for_within(&self, within: Duration, condition: &str, what: &str) -> Result<()> {
        let expression = format!("(async () => Boolean(await ({condition})))()");
        let truthy = async || Ok((self.evaluate(&expression).await? == json!(true)).then_some(()));
        match wait_for(what, within, truthy).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.diagnosed(failure).await),
        }
    }

    /// The text that a person sees in the first element that a CSS selector matches.
    ///
    /// # Errors
    /// When there is no such element.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let value = self
            .evaluate(&format!("document.querySelector({}).innerText", json!(selector)))
            .await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page shows this text somewhere.
    ///
    /// # Errors
    /// As [`Page::wait_for`].
    pub async fn wait_for_text(&self, text: &str) -> Result<()> {
        let condition = format!("document.body.innerText.includes({})", json!(text));
        self.wait_for(&condition, &format!("the text {text:?}")).await
    }

    /// Clicks the first element that a CSS selector matches, once it is there, still, enabled and uncovered.
    ///
    /// # Errors
    /// Why it never became clickable.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = format!("document.querySelector({})", json!(selector));
        self.click_element(&element, selector).await
    }

    /// Clicks the first element that a CSS selector matches and whose text is exactly this.
    ///
    /// # Errors
    /// As [`Page::click`].
    pub async fn click_text(&self, selector: &str, text: &str) -> Result<()> {
        let element = format!(
            "[...document.querySelectorAll({})].find((element) => element.innerText.trim() === {})",
            json!(selector),
            json!(text)
        );
        self.click_element(&element, &format!("{selector} with the text {text:?}"))
            .await
    }

    /// Moves the pointer over the first element that a CSS selector matches, once a click would reach it.
    ///
    /// # Errors
    /// As [`Page::click`].
    pub async fn hover(&self, selector: &str) -> Result<()> {
        let element = format!("document.querySelector({})", json!(selector));
        let (x, y) = self.place_of(&element, selector).await?;
        self.mouse("mouseMoved", x, y, 0).await
    }

    async fn click_element(&self, element: &str, what: &str) -> Result<()> {
        let watch = format!(
            "(() => {{
                window.clickMet = false;
                const note = (event) => {{ window.clickMet ||= event.composedPath().includes({element}); }};
                addEventListener('click', note, {{ capture: true, once: true }});
            }})()"
        );
        for _ in 0..CLICKS {
            let (x, y) = self.place_of(element, what).await?;
            self.evaluate(&watch).await?;
            self.mouse("mouseMoved", x, y, 0).await?;
            self.mouse("mousePressed", x, y, 1).await?;
            // A click may close what was clicked, a popup, before the browser confirms it, or lead to another page.
            let released = self.mouse("mouseReleased", x, y, 1).await;
            if released.is_err()
                || !matches!(
                    self.evaluate("window.clickMet === false").await,
                    Ok(Value::Bool(true))
                )
            {
                return Ok(());
            }
        }
        let failure = Failure(format!("what was under the pointer always moved away: {what}"));
        Err(self.diagnosed(failure).await)
    }

    /// Where to click an element: its centre, when it is not moving and nothing covers it.
    async fn place_of(&self, element: &str, what: &str) -> Result<(f64, f64)> {
        let expression = format!(
            "(() => {{
                const element = {element};
                if (!element) return 'there is none';
                if (element.disabled) return 'it is disabled';
                element.scrollIntoViewIfNeeded(true);
                const box = element.getBoundingClientRect();
                if (!box.width || !box.height) return 'it has no size';
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const hit = document.elementFromPoint(x, y);
                if (!hit) return 'it is outside of the window';
                if (!element.contains(hit)) return 'covered by ' + hit.outerHTML.slice(0, 120);
                return [x, y];
            }})()"
        );
        let mut last = None;
        let still = async || {
            let place = self.evaluate(&expression).await?;
            let (Some(x), Some(y)) = (place[0].as_f64(), place[1].as_f64()) else {
                last = None;
                return Err(Failure(place.as_str().unwrap_or("it has no place").to_owned()));
            };
            let place = Some((x, y));
            Ok(if last == place {
                place
            } else {
                None.or_else(|| {
                    last = place;
                    None
                })
            })
        };
        match wait_for(format!("a click on {what}"), PATIENCE, still).await {
            Ok(place) => Ok(place),
            Err(failure) => Err(self.diagnosed(failure).await),
        }
    }

    async fn mouse(&self, kind: &str, x: f64, y: f64, clicks: u8) -> Result<()> {
        let button = if clicks == 0 { "none" } else { "left" };
        let parameters = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": clicks });
        self.call("Input.dispatchMouseEvent", parameters).await.map(drop)
    }

    /// Types text into the focused element, a key at a time.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            if let Some(key) = keyboard::Key::of_character(character) {
                self.strike(&key, 0).await?;
            } else {
                // No key of this keyboard: as an input method would insert it.
                self.call("Input.insertText", json!({ "text": character.to_string() }))
                    .await?;
            }
        }
        Ok(())
    }

    /// Clicks a field, selects what is in it and types over it.
    ///
    /// # Errors
    /// As [`Page::click`].
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let has_focus = format!(
            "Boolean(document.querySelector({})?.contains(document.activeElement))",
            json!(selector)
        );
        // A page that still loads may have moved the field away under the pointer.
        wait_for(format!("the focus in {selector}"), PATIENCE * 2, async || {
            self.click(selector).await?;
            Ok((self.evaluate(&has_focus).await? == true).then_some(()))
        })
        .await?;
        self.press("Control+a").await?;
        self.press("Delete").await?;
        self.type_text(text).await
    }

    /// Presses a key or a chord: `Enter`, `Escape`, `ArrowDown`, `Control+a`, `Shift+Tab`.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn press(&self, chord: &str) -> Result<()> {
        let (key, modifiers) = keyboard::parse_chord(chord)?;
        self.strike(&key, modifiers).await
    }

    async fn strike(&self, key: &keyboard::Key, modifiers: u8) -> Result<()> {
        self.call("Input.dispatchKeyEvent", key.down(modifiers)).await?;
        // The key may have closed the page.
        let _ = self.call("Input.dispatchKeyEvent", key.up(modifiers)).await;
        Ok(())
    }

    /// Goes to an address and waits until it has loaded.
    ///
    /// # Errors
    /// When nothing answers there.
    pub async fn navigate(&self, url: &str) -> Result<()> {
        let answer = self.call("Page.navigate", json!({ "url": url })).await?;
        match answer["errorText"].as_str() {
            Some(problem) => Err(Failure(format!("{url}: {problem}"))),
            None => {
                self.wait_for("document.readyState === 'complete'", &format!("{url} to load"))
                    .await
            }
        }
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When it does not load.
    pub async fn reload(&self) -> Result<()> {
        self.evaluate("globalThis.beforeReload = true").await?;
        self.call("Page.reload", json!({})).await?;
        let loaded = "!globalThis.beforeReload && document.readyState === 'complete'";
        self.wait_for(loaded, "the page to load again").await
    }

    /// Brings the page's tab to the front.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn bring_to_front(&self) -> Result<()> {
        self.call("Page.bringToFront", json!({})).await.map(drop)
    }

    /// Closes it, as the tab's cross does.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> Result<()> {
        self.connection
            .call(None, "Target.closeTarget", json!({ "targetId": self.target }))
            .await
            .map(drop)
    }

    /// A picture (PNG) of what the page shows.
    ///
    /// # Errors
    /// When the page is gone or the file cannot be written.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        let answer = self
            .call("Page.captureScreenshot", json!({ "format": "png" }))
            .await?;
        write_picture(&answer, path)
    }

    /// What it wrote to its console since it was attached to, uncaught errors included, oldest first.
    pub fn console(&self) -> Vec<String> {
        self.connection.console(&self.session)
    }

    /// A failure with what helps to understand it.
    async fn diagnosed(&self, failure: Failure) -> Failure {
        let url = self.evaluate("location.href").await.ok();
        let url = url
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or("a page that is gone");
        let picture = crate::screenshots().join(format!("failed-{}.png", self.target));
        let taken = self.screenshot(&picture).await;
        let failure = Failure(format!("{failure}\n  at {url}"));
        explained(&failure, &picture, &taken, &self.console())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let parameters = json!({ "sessionId": self.session });
        self.connection.post(None, "Target.detachFromTarget", &parameters);
    }
}
