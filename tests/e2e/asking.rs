//! Asking the writer as the popup does, from a page of the extension.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::page::Page;
use tabspace_tests::people::World;
use tabspace_tests::{Failure, Result};

/// A page of the extension, to ask from.
pub(crate) struct Extension {
    pub(crate) page: Page,
}

impl Extension {
    pub(crate) async fn open(world: &World) -> Result<Self> {
        let page = world.page_of_extension("options.html");
        let page = world.host.open_window(&page).await?;
        Ok(Self { page })
    }

    /// Asks the writer, and waits for the answer.
    pub(crate) async fn ask(&self, ask: Value) -> Result<Value> {
        read(&self.page.evaluate(&Self::sends(&ask)).await?)
    }

    /// As [`Extension::ask`], for no longer than this.
    pub(crate) async fn ask_within(&self, ask: Value, within: Duration) -> Result<Value> {
        let answer = self.page.evaluate_within(within, &Self::sends(&ask)).await?;
        read(&answer)
    }

    /// Does something in the page without waiting for it.
    pub(crate) async fn begin(&self, deed: &str) -> Result<()> {
        let begin = format!(
            "window.answer = undefined; void ({deed}).then((answer) => {{ window.answer = answer; }}, () => {{}})"
        );
        self.page.evaluate(&begin).await.map(drop)
    }

    /// What the writer answered to what was begun, if it did.
    pub(crate) async fn answer(&self) -> Result<Option<Value>> {
        let answer = self.page.evaluate("window.answer").await?;
        answer.as_str().map(|_| read(&answer)).transpose()
    }

    /// A script that asks.
    pub(crate) fn sends(ask: &Value) -> String {
        let message = json!({ "to": "worker", "ask": ask.to_string() });
        format!("chrome.runtime.sendMessage({message})")
    }
}

fn read(answer: &Value) -> Result<Value> {
    serde_json::from_str(answer.as_str().unwrap_or_default())
        .map_err(|error| Failure(format!("{error}: {answer}")))
}
