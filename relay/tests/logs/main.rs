//! What the program writes to its log: the trail of an op, and nothing that is secret or somebody's words.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; the lint does not see it outside of the functions that are"
)]

#[path = "../harness/mod.rs"]
mod harness;
mod secrets;
mod trail;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use harness::{Place, until};

/// The program, which serves and writes its log into a file; killed with the value.
struct Program {
    child: Child,
    folder: tempfile::TempDir,
    address: String,
}

impl Program {
    /// Starts it on this data with a log of this level, a JSON object a line.
    fn start(place: &Place, level: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tabspace-relay"));
        // What the developer has set for himself is not meant.
        command.env_clear().args(["--listen", "127.0.0.1:0"]);
        match place {
            Place::Folder(data) => command.arg("--data").arg(data.path()),
            Place::Postgres(url) => command.env("DATABASE_URL", url),
            Place::Memory(_) => panic!("another process does not see it"),
        };
        let mut child = command
            .args(["--log", level, "--log-format", "json"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        Self {
            child,
            folder,
            address,
        }
    }

    /// All that was written.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The same, line by line; one that is being written is left out.
    fn lines(&self) -> Vec<Value> {
        self.log()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits for a line.
    async fn logged(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, async || self.lines().iter().any(&wanted)).await;
        self.lines().into_iter().find(wanted).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
