//! A real Firefox, driven over `WebDriver` `BiDi`, for what a guest sees who uses it: the web page and nothing
//! else. It has what is needed for that; Chromium's [`crate::page::Page`] has more.
//!
//! Input goes through Firefox's own input pipeline, so a click here is a real user gesture.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cdp::{self, Connection};
use crate::diagnosis::{explained, write_picture};
use crate::loudspeaker::Loudspeaker;
use crate::process::ProcessGroup;
use crate::wait::{PATIENCE, wait_for};
use crate::{Failure, Result};

/// How long Firefox may take to start; the first start on a busy machine is slow.
const START: Duration = Duration::from_mins(1);

/// How it is called; Debian calls its long-supported one so.
const PROGRAMS: [&str; 2] = ["firefox", "firefox-esr"];

/// The code points by which `WebDriver` names keys that insert no character.
const KEYS: [(&str, char); 8] = [
    ("Backspace", '\u{e003}'),
    ("Tab", '\u{e004}'),
    ("Enter", '\u{e007}'),
    ("Shift", '\u{e008}'),
    ("Control", '\u{e009}'),
    ("Escape", '\u{e00c}'),
    ("ArrowDown", '\u{e015}'),
    ("Delete", '\u{e017}'),
];

/// What is set before the start: sound goes to the loudspeaker, and nothing calls home. A machine of tests has
/// no other sound device, and without one Firefox starts no `AudioContext`.
const PREFERENCES: &str = r#"
user_pref("media.cubeb.backend", "alsa");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
"#;

/// A running Firefox, headless. Killed with its value.
#[derive(Debug)]
pub struct Firefox {
    connection: Arc<Connection>,
    // Before the profile: it must be gone before its folder is removed.
    _process: ProcessGroup,
    _profile: tempfile::TempDir,
}

impl Firefox {
    /// Starts it with a fresh profile, heard by this loudspeaker. Everything that a page can notice is as Firefox
    /// comes, its rules for autoplay and its hiding of local addresses included.
    ///
    /// # Errors
    /// When it is not installed or does not come up, with what it wrote.
    pub async fn start(loudspeaker: &Loudspeaker) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("tabspace-firefox-").tempdir()?;
        std::fs::write(profile.path().join("user.js"), PREFERENCES)?;
        let mut command = command(profile.path())?;
        let (_, (variable, configuration)) = loudspeaker.settings();
        command.env(variable, configuration);
        let mut process = ProcessGroup::spawn(command, Some(profile.path()))?;
        let file = profile.path().join("WebDriverBiDiServer.json");
        let endpoint = wait_for("Firefox to open its debugging port", START, async || {
            let ended = process
                .try_wait()?
                .map(|status| Err(Failure(format!("Firefox ended: {status}"))));
            Ok(read_endpoint(&file).map(Ok).or(ended))
        });
        let endpoint = match endpoint.await.flatten() {
            Ok(endpoint) => endpoint,
            Err(failure) => return Err(Failure(format!("{failure}\n{}", process.output()))),
        };
        let connection = Arc::new(Connection::open(&endpoint).await?);
        connection
            .call(None, "session.new", json!({ "capabilities": {} }))
            .await?;
        connection
            .call(None, "session.subscribe", json!({ "events": ["log.entryAdded"] }))
            .await?;
        Ok(Self {
            connection,
            _process: process,
            _profile: profile,
        })
    }

    /// Opens a tab and waits until its page has loaded.
    ///
    /// # Errors
    /// When nothing answers there.
    pub async fn open(&self, url: &str) -> Result<FirefoxPage> {
        let answer = self
            .connection
            .call(None, "browsingContext.create", json!({ "type": "tab" }))
            .await?;
        let context = answer["context"].as_str().unwrap_or_default().to_owned();
        let page = FirefoxPage {
            connection: Arc::clone(&self.connection),
            context,
        };
        page.call(
            "browsingContext.navigate",
            json!({ "url": url, "wait": "complete" }),
        )
        .await?;
        Ok(page)
    }
}

fn command(profile: &Path) -> Result<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| PROGRAMS.map(|program| folder.join(program)))
        .find(|file| file.is_file());
    let program: PathBuf = found.ok_or("there is no Firefox on PATH; `cargo xtask test e2e` installs one")?;
    let mut command = Command::new(program);
    command
        .args([
            "--headless",
            "--no-remote",
            "--remote-debugging-port=0",
            "--profile",
        ])
        .arg(profile)
        .env("LANGUAGE", "en_US")
        // It must not look for a desktop, nor write into this person's own folders.
        .env("HOME", profile)
        .stdout(Stdio::null());
    Ok(command)
}

/// Reads what Firefox writes into its profile once it listens.
fn read_endpoint(file: &Path) -> Option<String> {
    let told: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let (host, port) = (told["ws_host"].as_str()?, told["ws_port"].as_u64()?);
    Some(format!("ws://{host}:{port}/session"))
}

/// A page in a tab of its own.
#[derive(Debug)]
pub struct FirefoxPage {
    connection: Arc<Connection>,
    context: String,
}

impl FirefoxPage {
    /// Any request of the protocol about this page.
    ///
    /// # Errors
    /// Firefox's message.
    pub async fn call(&self, method: &str, mut parameters: Value) -> Result<Value> {
        parameters["context"] = json!(self.context);
        self.connection.call(None, method, parameters).await
    }

    /// The value of an expression; a promise is awaited, `undefined` is `null`.
    ///
    /// # Errors
    /// What it threw.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        // As JSON, so that no second notation of values has to be read here.
        let parameters = json!({
            "expression": format!("(async () => JSON.stringify((await ({expression})) ?? null))()"),
            "target": { "context": self.context },
            "awaitPromise": true,
        });
        let call = self
            .connection
            .call_within(cdp::ANSWER, None, "script.evaluate", parameters);
        let answer = call.await?;
        if let Some(details) = answer.get("exceptionDetails") {
            let text = details["text"].as_str().unwrap_or("an unknown exception");
            return Err(Failure(text.to_owned()));
        }
        let text = answer["result"]["value"].as_str().unwrap_or("null");
        serde_json::from_str(text).map_err(|error| Failure(format!("{text}: {error}")))
    }

    /// Runs statements for what they do.
    ///
    /// # Errors
    /// What they threw.
    pub async fn run(&self, script: &str) -> Result<()> {
        self.evaluate(&format!("(() => {{ {script} }})()"))
            .await
            .map(drop)
    }

    /// Waits until an expression is truthy; one that throws is not truthy yet.
    ///
    /// # Errors
    /// When the time is up: `what`, the last exception, the page's console, and where its picture is.
    pub async fn wait_for(&self, condition: &str, what: &str) -> Result<()> {
        let expression = format!("Boolean(await ({condition}))");
        let expression = format!("(async () => {expression})()");
        let truthy = async || Ok((self.evaluate(&expression).await? == json!(true)).then_some(()));
        match wait_for(what, PATIENCE, truthy).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.diagnosed(failure).await),
        }
    }

    /// Waits until the page shows this text somewhere.
    ///
    /// # Errors
    /// As [`FirefoxPage::wait_for`].
    pub async fn wait_for_text(&self, text: &str) -> Result<()> {
        let condition = format!("document.body.innerText.includes({})", json!(text));
        self.wait_for(&condition, &format!("the text {text:?}")).await
    }

    /// Clicks the first element that a CSS selector matches, once it is there, still, enabled and uncovered.
    ///
    /// # Errors
    /// Why it never became clickable.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let expression = format!(
            "(() => {{
                const element = document.querySelector({});
                if (!element) return 'there is none';
                if (element.disabled) return 'it is disabled';
                element.scrollIntoView({{ block: 'nearest', inline: 'nearest' }});
                const box = element.getBoundingClientRect();
                if (!box.width || !box.height) return 'it has no size';
                const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
                const hit = document.elementFromPoint(x, y);
                if (!hit) return 'it is outside of the window';
                if (!element.contains(hit)) return 'covered by ' + hit.outerHTML.slice(0, 120);
                return [x, y];
            }})()",
            json!(selector)
        );
        let mut last = None;
        let still = async || {
            let place = self.evaluate(&expression).await?;
            let (Some(x), Some(y)) = (place[0].as_i64(), place[1].as_i64()) else {
                return Err(Failure(place.as_str().unwrap_or("it has no place").to_owned()));
            };
            Ok(Some((x, y)).filter(|place| last.replace(*place) == Some(*place)))
        };
        let (x, y) = match wait_for(format!("a click on {selector}"), PATIENCE, still).await {
            Ok(place) => place,
            Err(failure) => return Err(self.diagnosed(failure).await),
        };
        self.act(json!({
            "type": "pointer",
            "id": "mouse",
            "actions": [
                { "type": "pointerMove", "x": x, "y": y },
                { "type": "pointerDown", "button": 0 },
                { "type": "pointerUp", "button": 0 },
            ],
        }))
        .await
    }

    /// Clicks a field, selects what is in it and types over it.
    ///
    /// # Errors
    /// As [`FirefoxPage::click`].
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.click(selector).await?;
        self.press("Control+a").await?;
        self.press("Delete").await?;
        self.type_text(text).await
    }

    /// Types text into the focused element, a key at a time.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        let strike = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key }));
        let actions: Vec<Value> = text.chars().flat_map(strike).collect();
        self.act(json!({ "type": "key", "id": "keyboard", "actions": actions }))
            .await
    }

    /// Presses a key or a chord: `Enter`, `Escape`, `Control+a`.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn press(&self, chord: &str) -> Result<()> {
        let key = |name: &str| {
            let named = KEYS.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
            let mut characters = name.chars();
            let single = characters.next().filter(|_| characters.next().is_none());
            named
                .or(single)
                .ok_or_else(|| Failure(format!("no key {name:?}")))
        };
        let keys = chord.split('+').map(key).collect::<Result<Vec<char>>>()?;
        let action = |kind: &'static str| move |key: &char| json!({ "type": kind, "value": key });
        let down = keys.iter().map(action("keyDown"));
        let actions: Vec<Value> = down.chain(keys.iter().rev().map(action("keyUp"))).collect();
        self.act(json!({ "type": "key", "id": "keyboard", "actions": actions }))
            .await
    }

    async fn act(&self, source: Value) -> Result<()> {
        self.call("input.performActions", json!({ "actions": [source] }))
            .await
            .map(drop)
    }

    /// Gives the page another size, in CSS pixels.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let viewport = json!({ "width": width, "height": height });
        self.call("browsingContext.setViewport", json!({ "viewport": viewport }))
            .await?;
        let there = format!("innerWidth === {width} && innerHeight === {height}");
        self.wait_for(&there, "the page's new size").await
    }

    /// Closes its tab.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> Result<()> {
        self.call("browsingContext.close", json!({})).await.map(drop)
    }

    /// A picture (PNG) of what the page shows.
    ///
    /// # Errors
    /// When the page is gone or the file cannot be written.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        let answer = self.call("browsingContext.captureScreenshot", json!({})).await?;
        write_picture(&answer, path)
    }

    /// What it wrote to its console, uncaught errors included, oldest first.
    pub fn console(&self) -> Vec<String> {
        self.connection.console(&self.context)
    }

    /// A failure with what helps to understand it.
    async fn diagnosed(&self, failure: Failure) -> Failure {
        let picture = crate::screenshots().join(format!("failed-firefox-{}.png", self.context));
        let taken = self.screenshot(&picture).await;
        explained(&failure, &picture, &taken, &self.console())
    }
}
