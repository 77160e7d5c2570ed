//! Starting a real Chromium.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::browser::Browser;
use crate::cdp::Connection;
use crate::display::Display;
use crate::loudspeaker::Loudspeaker;
use crate::process::ProcessGroup;
use crate::wait::wait_for;
use crate::{Failure, Result};

/// How long Chromium may take to start; the first start on a busy machine is slow.
const START: Duration = Duration::from_mins(1);

/// What every browser is started with: nothing of it touches what the tests are about.
const ARGUMENTS: [&str; 10] = [
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-quic",
    "--lang=en-US",
    "--window-size=1280,800",
];

/// How a browser is to be started.
#[derive(Debug, Default)]
pub struct Launch {
    extension: Option<PathBuf>,
    display: Option<String>,
    profile: Option<PathBuf>,
    resumes: bool,
    arguments: Vec<String>,
    environment: Vec<(&'static str, PathBuf)>,
}

impl Launch {
    /// Headless, with a fresh profile that is removed at the end, and without extensions.
    pub fn new() -> Self {
        Self::default()
    }

    /// With an unpacked extension.
    #[must_use]
    pub fn extension(mut self, folder: impl Into<PathBuf>) -> Self {
        self.extension = Some(folder.into());
        self
    }

    /// In a real window on this private screen.
    #[must_use]
    pub fn on(self, display: &Display) -> Self {
        self.on_screen(display.name())
    }

    /// In a real window on the screen that the environment variable `DISPLAY` would name so.
    #[must_use]
    pub fn on_screen(mut self, name: impl Into<String>) -> Self {
        self.display = Some(name.into());
        self
    }

    /// With a profile that outlives the browser: the same person comes back.
    #[must_use]
    pub fn profile(mut self, folder: impl Into<PathBuf>) -> Self {
        self.profile = Some(folder.into());
        self
    }

    /// With the windows and tabs that its profile had last and nothing beside them, as for who lets it continue where it was
    /// left.
    #[must_use]
    pub fn resuming(mut self) -> Self {
        self.resumes = true;
        self
    }

    /// With what it plays heard by this loudspeaker.
    #[must_use]
    pub fn heard_by(mut self, loudspeaker: &Loudspeaker) -> Self {
        let (argument, variable) = loudspeaker.settings();
        self.environment.push(variable);
        self.argument(argument)
    }

    /// With one more argument on Chromium's command line.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts it and connects.
    ///
    /// # Errors
    /// When Chromium is not installed or does not come up, with what it wrote.
    pub async fn start(self) -> Result<Browser> {
        let own_profile = match self.profile {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("tabspace-profile-").tempdir()?),
        };
        let own = own_profile.as_ref().map(|folder| folder.path().to_owned());
        let profile = self.profile.clone().or_else(|| own.clone()).unwrap_or_default();
        let endpoint_file = profile.join("DevToolsActivePort");
        // Left over from an earlier run in a kept profile, it would name a port that nobody listens on.
        if endpoint_file.exists() {
            std::fs::remove_file(&endpoint_file)?;
        }
        let mut process = ProcessGroup::spawn(self.command(&profile)?, own.as_deref())?;
        let endpoint = wait_for("Chromium to open its debugging port", START, async || {
            let ended = process
                .try_wait()?
                .map(|status| Err(Failure(format!("Chromium ended: {status}"))));
            Ok(read_endpoint(&endpoint_file).map(Ok).or(ended))
        });
        let endpoint = match endpoint.await.flatten() {
            Ok(endpoint) => endpoint,
            Err(failure) => return Err(Failure(format!("{failure}\n{}", process.output()))),
        };
        let connection = Arc::new(Connection::open(&endpoint).await?);
        Ok(Browser::new(connection, process, own_profile))
    }

    fn command(&self, profile: &Path) -> Result<Command> {
        let mut command = Command::new("chromium");
        command
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .env("LANGUAGE", "en_US")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.arg("--no-sandbox");
        }
        match &self.display {
            Some(display) => command.env("DISPLAY", display),
            None => command.arg("--headless=new"),
        };
        if let Some(folder) = &self.extension {
            let folder = folder.canonicalize().map_err(|error| {
                Failure(format!(
                    "no extension in {}: {error}; `cargo xtask run` builds it",
                    folder.display()
                ))
            })?;
            command.arg(format!("--load-extension={}", folder.display()));
        }
        // An address would come beside the tabs of the window that was in front, and be shown in place of its own.
        let begins_with = if self.resumes {
            "--restore-last-session"
        } else {
            "about:blank"
        };
        command.args(&self.arguments).arg(begins_with);
        Ok(command)
    }
}

/// Reads the two lines that Chromium writes into its profile once it listens: port and path.
fn read_endpoint(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let (port, path) = text.trim_end().split_once('\n')?;
    Some(format!("ws://127.0.0.1:{port}{path}"))
}
