//! A running Chromium: its pages and workers, the extension's icon, and its end. [`crate::launch`] starts one.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cdp::Connection;
use crate::page::Page;
use crate::process::ProcessGroup;
use crate::wait::{PATIENCE, wait_for};
use crate::{Failure, Result};

/// Something in the browser that can be attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The browser's name for it.
    pub id: String,
    /// `page`, `tab`, `service_worker`, `background_page` (an offscreen document) …
    pub kind: String,
    /// The address it shows.
    pub url: String,
    /// Its title.
    pub title: String,
}

/// A running Chromium. Killed with its value.
#[derive(Debug)]
pub struct Browser {
    connection: Arc<Connection>,
    // Before the profile: it must be gone before its folder is removed.
    process: ProcessGroup,
    _own_profile: Option<tempfile::TempDir>,
}

impl Browser {
    pub(crate) fn new(
        connection: Arc<Connection>,
        process: ProcessGroup,
        own_profile: Option<tempfile::TempDir>,
    ) -> Self {
        Self {
            connection,
            process,
            _own_profile: own_profile,
        }
    }

    /// The connection, for what has no name here.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Everything that can be attached to, tabs and workers included.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn targets(&self) -> Result<Vec<Target>> {
        let answer = self
            .connection
            .call(None, "Target.getTargets", json!({ "filter": [{}] }))
            .await?;
        let infos = answer["targetInfos"].as_array().cloned().unwrap_or_default();
        Ok(infos.iter().map(Target::from_info).collect())
    }

    /// Opens a tab in the window in front.
    ///
    /// # Errors
    /// When the browser refuses or the page does not load.
    pub async fn open(&self, url: &str) -> Result<Page> {
        self.create(json!({ "url": url })).await
    }

    /// Opens a new window of the same profile.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_window(&self, url: &str) -> Result<Page> {
        self.create(json!({ "url": url, "newWindow": true })).await
    }

    /// Opens a window with cookies and storage of its own, as another person's browser would have.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_apart(&self, url: &str) -> Result<Page> {
        let answer = self
            .connection
            .call(None, "Target.createBrowserContext", json!({}))
            .await?;
        self.create(json!({ "url": url, "browserContextId": answer["browserContextId"], "newWindow": true }))
            .await
    }

    async fn create(&self, parameters: Value) -> Result<Page> {
        // Every page begins as an empty one that has already loaded.
        let begun = format!(
            "({} === 'about:blank' || location.href !== 'about:blank')",
            parameters["url"]
        );
        let answer = self
            .connection
            .call(None, "Target.createTarget", parameters)
            .await?;
        let id = answer["targetId"].as_str().unwrap_or_default();
        let page = self.attach(id).await?;
        page.wait_for(
            &format!("{begun} && document.readyState === 'complete'"),
            "the page to load",
        )
        .await?;
        Ok(page)
    }

    /// Attaches to a target by its id.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn attach(&self, target_id: &str) -> Result<Page> {
        Page::attach(Arc::clone(&self.connection), target_id).await
    }

    /// Waits for a target and attaches to it. `what` names it in the failure.
    ///
    /// # Errors
    /// When none comes, with the targets that there are.
    pub async fn wait_for_target(&self, what: &str, wanted: impl Fn(&Target) -> bool) -> Result<Page> {
        let mut seen = Vec::new();
        let found = wait_for(what, PATIENCE, async || {
            seen = self.targets().await?;
            match seen.iter().find(|target| wanted(target)) {
                Some(target) => self.attach(&target.id).await.map(Some),
                None => Ok(None),
            }
        });
        found.await.map_err(|failure| {
            let seen: Vec<String> = seen.iter().map(|t| format!("{} {}", t.kind, t.url)).collect();
            Failure(format!("{failure}; there are: {}", seen.join(", ")))
        })
    }

    /// Waits until a target is gone.
    ///
    /// # Errors
    /// When it stays.
    pub async fn wait_until_gone(&self, target_id: &str) -> Result<()> {
        let gone = async || {
            let targets = self.targets().await?;
            Ok((!targets.iter().any(|target| target.id == target_id)).then_some(()))
        };
        wait_for(format!("target {target_id} to go"), PATIENCE, gone).await
    }

    /// Clicks the extension's icon while `page` is in front, as a person does: opens the popup or fires
    /// `action.onClicked`, and grants activeTab.
    ///
    /// # Errors
    /// When there is no such extension, or the tab is gone.
    pub async fn trigger_action(&self, extension_id: &str, page: &Page) -> Result<()> {
        let tab = self.tab_of(page).await?;
        let parameters = json!({ "id": extension_id, "targetId": tab });
        self.connection
            .call(None, "Extensions.triggerAction", parameters)
            .await
            .map(drop)
    }

    /// Clicks the icon over `page` and attaches to the popup that opens.
    ///
    /// # Errors
    /// As [`Browser::trigger_action`], and when no popup comes.
    pub async fn open_popup(&self, extension_id: &str, page: &Page) -> Result<Page> {
        self.trigger_action(extension_id, page).await?;
        self.popup(extension_id).await
    }

    /// The page that TabSpace shows after it was installed, once it has loaded.
    ///
    /// # Errors
    /// When none comes.
    pub async fn first_page(&self, extension_id: &str) -> Result<Page> {
        let address = format!("chrome-extension://{extension_id}/welcome.html");
        let page = self
            .wait_for_target("the first page", |target| {
                target.kind == "page" && target.url == address
            })
            .await?;
        page.wait_for(
            "document.querySelector('main')",
            "the first page to show something",
        )
        .await?;
        Ok(page)
    }

    /// The open popup of an extension, once it has loaded: the page whose file name begins with `popup`.
    ///
    /// # Errors
    /// When none comes.
    pub async fn popup(&self, extension_id: &str) -> Result<Page> {
        let prefix = format!("chrome-extension://{extension_id}/");
        let is_popup = |target: &Target| {
            let file = target
                .url
                .strip_prefix(&prefix)
                .and_then(|path| path.split(['?', '#']).next());
            let name = file.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            target.kind == "page" && name.starts_with("popup")
        };
        let popup = self.wait_for_target("the popup", is_popup).await?;
        popup
            .wait_for("document.readyState === 'complete'", "the popup to load")
            .await?;
        Ok(popup)
    }

    /// The extension's offscreen document.
    ///
    /// # Errors
    /// When none comes.
    pub async fn offscreen(&self, extension_id: &str) -> Result<Page> {
        let prefix = format!("chrome-extension://{extension_id}/");
        let is_offscreen =
            |target: &Target| target.kind == "background_page" && target.url.starts_with(&prefix);
        self.wait_for_target("the offscreen document", is_offscreen).await
    }

    /// The extension's service worker. While the page lives, the worker is kept from going idle: drop it.
    ///
    /// # Errors
    /// When it does not run within the usual patience.
    pub async fn service_worker(&self, extension_id: &str) -> Result<Page> {
        let prefix = format!("chrome-extension://{extension_id}/");
        let is_worker = |target: &Target| target.kind == "service_worker" && target.url.starts_with(&prefix);
        self.wait_for_target("the service worker", is_worker).await
    }

    /// Ends the extension's service worker between two of its events, as Chrome may at any time. What it
    /// was doing is lost; the next event starts it again.
    ///
    /// # Errors
    /// When there is none, or it stays.
    pub async fn stop_service_worker(&self, extension_id: &str) -> Result<()> {
        let worker = self.service_worker(extension_id).await?;
        let id = worker.target_id().to_owned();
        self.connection
            .call(None, "Target.closeTarget", json!({ "targetId": id }))
            .await?;
        drop(worker);
        self.wait_until_gone(&id).await
    }

    /// The tab that shows a page: icons are clicked over tabs, scripts run in pages.
    ///
    /// # Errors
    /// When the page is gone or, like a popup, is in no tab.
    pub async fn tab_of(&self, page: &Page) -> Result<String> {
        let targets = self.targets().await?;
        for tab in targets.into_iter().filter(|target| target.kind == "tab") {
            // A tab that is being closed has nothing in it.
            let pages = self.pages_in(&tab.id).await.unwrap_or_default();
            if pages.iter().any(|id| id == page.target_id()) {
                return Ok(tab.id);
            }
        }
        Err(Failure(format!("{} is in no tab", page.target_id())))
    }

    /// The pages in a tab, which the browser only tells to whom it attaches them.
    async fn pages_in(&self, tab_id: &str) -> Result<Vec<String>> {
        let mut events = self.connection.events();
        let parameters = json!({ "targetId": tab_id, "flatten": true });
        let answer = self
            .connection
            .call(None, "Target.attachToTarget", parameters)
            .await?;
        let session = answer["sessionId"].as_str();
        let parameters = json!({
            "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true, "filter": [{ "type": "page" }],
        });
        self.connection
            .call(session, "Target.setAutoAttach", parameters)
            .await?;
        self.connection
            .call(None, "Target.detachFromTarget", json!({ "sessionId": session }))
            .await?;
        let mut pages = Vec::new();
        // What is in the tab now was told before the answer came.
        while let Ok(event) = events.try_recv() {
            if event.method == "Target.attachedToTarget" && event.session.as_deref() == session {
                pages.extend(event.params["targetInfo"]["targetId"].as_str().map(str::to_owned));
            }
        }
        Ok(pages)
    }

    /// Quits as a person does: state is written, `onRemoved` fires with `isWindowClosing`.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn quit(mut self) -> Result<()> {
        // The answer and the end of the connection race.
        let _ = self.connection.call(None, "Browser.close", json!({})).await;
        let process = &mut self.process;
        wait_for("Chromium to quit", PATIENCE, async || {
            Ok(process.try_wait()?.map(drop))
        })
        .await
    }

    /// Returns when it is gone: quit, crashed, or its last window closed by a person.
    pub async fn closed(&self) {
        self.connection.closed().await;
    }

    /// `kill -9`, as a crash or a lost battery does.
    pub fn kill(mut self) {
        self.process.kill();
    }

    /// What Chromium wrote, for a failure's message.
    pub fn output(&self) -> String {
        self.process.output()
    }
}

impl Target {
    fn from_info(info: &Value) -> Self {
        let text = |field: &str| info[field].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("targetId"),
            kind: text("type"),
            url: text("url"),
            title: text("title"),
        }
    }
}

/// The id that Chromium gives to an unpacked extension: from the manifest's `key`, else from its folder.
///
/// # Errors
/// When the folder holds no readable manifest.
pub fn extension_id(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json"))?)
        .map_err(|error| Failure(format!("{}/manifest.json: {error}", folder.display())))?;
    let digest = match manifest["key"].as_str() {
        Some(key) => {
            let key = STANDARD
                .decode(key)
                .map_err(|error| Failure(format!("the manifest's key: {error}")))?;
            Sha256::digest(key)
        }
        None => Sha256::digest(folder.as_os_str().as_encoded_bytes()),
    };
    let letter = |nibble: u8| char::from(b'a' + nibble);
    Ok(digest
        .iter()
        .take(16)
        .flat_map(|byte| [letter(byte >> 4), letter(byte & 15)])
        .collect())
}
