//! The relay as users run it: its real binary in a process of its own, killed and started again at will.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::process::ProcessGroup;
use crate::wait::{PATIENCE, wait_for};
use crate::{Failure, Result};

/// How long the relay may take until it says where it listens.
const START: Duration = Duration::from_secs(30);

/// What the relay's first line says, before the address.
const GREETING: &str = "listening on ";

/// A running relay. Killed with its value, and its folder removed.
#[derive(Debug)]
pub struct RelayProcess {
    // Before the folder: the process must be gone before its folder is removed.
    process: ProcessGroup,
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    /// A program and its arguments that start the relay; empty when it is started as it is.
    launcher: Vec<String>,
    url: String,
    /// What the processes before this one wrote when they panicked.
    panics: Vec<String>,
}

impl RelayProcess {
    /// Starts a relay on a free port, its data (`SQLite`) in a temporary folder.
    ///
    /// # Errors
    /// When the binary was not built or does not come up, with what it wrote.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// As [`RelayProcess::start`], with settings as environment variables: `DATABASE_URL` puts the data into
    /// a Postgres.
    ///
    /// # Errors
    /// As [`RelayProcess::start`].
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        Self::start_by(&[], settings)
    }

    /// As [`RelayProcess::start_with`], by a program that is given the relay's command line, such as
    /// `strace -f`.
    ///
    /// # Errors
    /// As [`RelayProcess::start`].
    pub fn start_by(launcher: &[&str], settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tabspace-relay-").tempdir()?;
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings: Vec<_> = settings.iter().map(owned).collect();
        let launcher: Vec<String> = launcher.iter().map(|word| (*word).to_owned()).collect();
        let (process, url) = spawn("127.0.0.1:0", folder.path(), &launcher, &settings)?;
        Ok(Self {
            process,
            folder,
            settings,
            launcher,
            url,
            panics: Vec::new(),
        })
    }

    /// Its address, `http://127.0.0.1:PORT`; the same after every start.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often it was asked what, since it was started: by method, route and status. That it is asked this does not count.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn requests(&self) -> Result<Vec<String>> {
        let address = format!("{}/metrics", self.url);
        let answer = reqwest::get(address)
            .await
            .and_then(reqwest::Response::error_for_status);
        let answer = answer.map_err(|error| Failure(error.to_string()))?;
        let text = answer.text().await.map_err(|error| Failure(error.to_string()))?;
        let counts = text
            .lines()
            .filter(|line| line.starts_with("tabspace_http_requests_total{"));
        Ok(counts
            .filter(|line| !line.contains("\"/metrics\""))
            .map(str::to_owned)
            .collect())
    }

    /// The folder that holds its data.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// `kill -9`; returns when it is gone.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks it to end (SIGTERM), as a service manager does, and waits until it has.
    ///
    /// # Errors
    /// When it does not end, or not with success.
    pub async fn shut_down(&mut self) -> Result<()> {
        self.process.terminate();
        let process = &mut self.process;
        let ended = wait_for("the relay to shut down", PATIENCE, async || process.try_wait());
        match ended.await? {
            status if status.success() => Ok(()),
            status => Err(Failure(format!(
                "the relay ended with {status}:\n{}",
                self.output()
            ))),
        }
    }

    /// Starts it again at the same address, with the same data and settings.
    ///
    /// # Errors
    /// As [`RelayProcess::start`].
    pub fn start_again(&mut self) -> Result<()> {
        self.process.kill();
        let address = self.url.trim_start_matches("http://").to_owned();
        self.panics.extend(self.process.panics());
        (self.process, self.url) = spawn(&address, self.folder.path(), &self.launcher, &self.settings)?;
        Ok(())
    }

    /// The number of its process; its launcher's, if that stays.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote when it panicked, since it was first started.
    pub fn panics(&self) -> Vec<String> {
        let mut panics = self.panics.clone();
        panics.extend(self.process.panics());
        panics
    }

    /// The last lines that it wrote.
    pub fn output(&self) -> String {
        self.process.output()
    }
}

/// The relay's binary: `TABSPACE_RELAY_BIN`, else what `cargo build -p tabspace-relay` leaves.
fn binary() -> PathBuf {
    let built = || crate::target_folder().join("debug/tabspace-relay");
    std::env::var_os("TABSPACE_RELAY_BIN").map_or_else(built, PathBuf::from)
}

fn spawn(
    listen: &str,
    data: &Path,
    launcher: &[String],
    settings: &[(String, String)],
) -> Result<(ProcessGroup, String)> {
    let binary = binary();
    if !binary.is_file() {
        return Err(Failure(format!(
            "there is no relay at {}: `cargo build -p tabspace-relay` first, or name one in TABSPACE_RELAY_BIN",
            binary.display()
        )));
    }
    let mut command = match launcher {
        [] => Command::new(&binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&binary);
            command
        }
    };
    command
        .args(["--listen", listen, "--data"])
        .arg(data)
        .stdout(Stdio::piped());
    // A database of the developer's own must not be written to by a test.
    command
        .env_remove("DATABASE_URL")
        // Stories send bursts; a setting of their own comes after this.
        .env("TABSPACE_RATES", "off")
        .envs(settings.iter().map(|(name, value)| (name, value)));
    let mut process = ProcessGroup::spawn(command, None)?;
    let stdout = process.take_stdout().ok_or("the relay's output is not piped")?;
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        let outcome = reader.read_line(&mut line).map(|_| line);
        let _ = sender.send((outcome, reader));
    });
    let Ok((line, rest)) = receiver.recv_timeout(START) else {
        return Err(Failure(format!("the relay says nothing:\n{}", process.output())));
    };
    process.keep_output_of(rest);
    let line = line?;
    match line.trim().strip_prefix(GREETING) {
        Some(url) => Ok((process, url.to_owned())),
        None => Err(Failure(format!(
            "the relay's first line is {:?}, not \"{GREETING}http://…\":\n{}",
            line.trim(),
            process.output()
        ))),
    }
}
