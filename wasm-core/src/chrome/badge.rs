//! `chrome.action`: the signs on the icon.

use js_sys::Promise;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::browser::{Failure, object, settled};

const RED: &str = "#d93025";
const BLUE: &str = "#3353d4";
const GREEN: &str = "#137333";
/// A badge has room for three characters.
const MOST_NEWS: usize = 99;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setBadgeText)]
    fn set_text(details: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setBadgeBackgroundColor)]
    fn set_colour(details: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setTitle)]
    fn set_title(details: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "i18n"], js_name = getMessage)]
    pub(crate) fn message(name: &str) -> Result<String, JsValue>;
}

/// What the icon tells while nothing of TabSpace is open; the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sign {
    /// A tab of this browser is streamed.
    Live,
    /// Something could not be written.
    NotSaved,
    /// So many messages came while nobody looked.
    News(usize),
    /// The browser's storage was cleared.
    Cleared,
    /// Records on disk cannot be read.
    Damaged,
    /// A backup failed, or its proof.
    BackupFails,
    /// Nothing.
    Quiet,
}

impl Sign {
    fn text(self) -> String {
        match self {
            Self::Live => "●".to_owned(),
            Self::NotSaved | Self::Cleared | Self::Damaged | Self::BackupFails => "!".to_owned(),
            Self::News(count) if count > MOST_NEWS => format!("{MOST_NEWS}+"),
            Self::News(count) => count.to_string(),
            Self::Quiet => String::new(),
        }
    }

    const fn colour(self) -> &'static str {
        match self {
            Self::Live | Self::NotSaved | Self::Cleared | Self::Damaged | Self::BackupFails => RED,
            Self::News(_) | Self::Quiet => BLUE,
        }
    }

    /// The name of what is said of it, for those who point at the icon or cannot see it.
    const fn message(self) -> &'static str {
        match self {
            Self::Live => "sign_live",
            Self::NotSaved => "sign_not_saved",
            Self::BackupFails => "sign_backup_fails",
            Self::News(_) => "sign_news",
            Self::Cleared => "sign_cleared",
            Self::Damaged => "sign_damaged",
            Self::Quiet => "name",
        }
    }
}

/// Shows a sign.
pub(crate) async fn show(sign: Sign) -> Result<(), Failure> {
    let title = message(sign.message())?;
    settled(set_colour(&object([("color", sign.colour().into())]))?).await?;
    settled(set_title(&object([("title", title.into())]))?).await?;
    settled(set_text(&object([("text", sign.text().into())]))?)
        .await
        .map(drop)
}

/// Shows that a window was saved; another sign takes its place soon.
pub(crate) async fn show_saved() -> Result<(), Failure> {
    settled(set_colour(&object([("color", GREEN.into())]))?).await?;
    settled(set_text(&object([("text", "✓".into())]))?)
        .await
        .map(drop)
}

/// Shows that something was not saved; another sign takes its place soon. `why` names what is said of it.
pub(crate) async fn show_failed(why: &str) -> Result<(), Failure> {
    let title = message(why)?;
    settled(set_colour(&object([("color", RED.into())]))?).await?;
    settled(set_title(&object([("title", title.into())]))?).await?;
    settled(set_text(&object([("text", "!".into())]))?)
        .await
        .map(drop)
}

/// Shows that something was saved but for so many tabs; another sign takes its place soon.
pub(crate) async fn show_lacking(left_out: usize) -> Result<(), Failure> {
    let title = message("saved_lacking")?.replace("{count}", &left_out.to_string());
    settled(set_title(&object([("title", title.into())]))?).await?;
    show_saved().await
}

/// Shows over one tab that a click on the icon starts its stream. The popup that opens takes it off.
pub(crate) async fn invite_click(tab: i32) -> Result<(), Failure> {
    let title = message("click_to_stream")?;
    settled(set_colour(&object([
        ("tabId", tab.into()),
        ("color", RED.into()),
    ]))?)
    .await?;
    settled(set_title(&object([
        ("tabId", tab.into()),
        ("title", title.into()),
    ]))?)
    .await?;
    settled(set_text(&object([("tabId", tab.into()), ("text", "▶".into())]))?)
        .await
        .map(drop)
}
