//! The program as somebody runs it who operates a relay: its commands, what it writes and how it ends.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; the lint does not see it outside of the functions that are"
)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

fn relay(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tabspace-relay"));
    command
        .current_dir(data)
        // What the developer has set for himself is not meant.
        .env_clear()
        .env("TABSPACE_DATA", data.join("data"))
        .env("TABSPACE_LISTEN", "127.0.0.1:0");
    command
}

fn run(data: &Path, args: &[&str]) -> (bool, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = relay(data).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.success(), text(stdout), text(stderr))
}

/// A relay that listens; killed with the value.
struct Listening {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Listening {
    fn on(data: &Path) -> Self {
        let mut child = relay(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
        Self { child, stdout }
    }

    /// Ends it; what it logged.
    fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "standard output is for the address alone");
        log
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_settings_in_force_are_printed_with_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.toml");
    std::fs::write(&file, "\npublic-url = \"https://tabs.example\"\n").unwrap();
    // A file that nobody named is not read.
    std::fs::write(folder.path().join("tabspace.toml"), "nonsense = 1\n").unwrap();
    let file = file.to_str().unwrap();
    let output = relay(folder.path())
        .args(["config", "--config", file, "--log-format", "json"])
        .env("DATABASE_URL", "postgres://relay:hunter2@db.example/tabs")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<String> = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in [
        "listen = \"127.0.0.1:0\" # environment variable TABSPACE_LISTEN".to_owned(),
        format!("public-url = \"https://tabs.example\" # {file}:2"),
        "database-url = \"postgres://relay:***@db.example/tabs\" # environment variable DATABASE_URL"
            .to_owned(),
        "log-format = \"json\" # flag".to_owned(),
        "stun = [] # default".to_owned(),
    ] {
        assert!(lines.contains(&line), "{line}\nis not in\n{told}");
    }

    std::fs::write(file, "listen = \"here\"\n").unwrap();
    let (success, _, complaint) = run(folder.path(), &["--config", file]);
    assert!(!success);
    assert!(
        complaint.contains(&format!("{file}:1: `listen` cannot be")),
        "{complaint}"
    );
}

#[test]
fn a_relay_says_how_durable_it_is_and_its_data_move_by_backup_and_restore() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let listening = Listening::on(data);
    let (success, _, log) = run(data, &["backup", "whole.jsonl"]);
    assert!(success && log.contains("the backup is whole"), "{log}");
    let (success, streamed, log) = run(data, &["backup", "-"]);
    assert!(success, "{log}");
    assert!(
        streamed.starts_with("{\"kind\":\"tabspace-backup\""),
        "{streamed}"
    );
    let whole = std::fs::read_to_string(data.join("whole.jsonl")).unwrap();
    assert_eq!(streamed.lines().count(), whole.lines().count());
    let (success, _, log) = run(data, &["rebuild"]);
    assert!(!success && log.contains("used by another relay"), "{log}");
    let log = listening.kill();
    assert!(
        log.contains("durability: SQLite, journal_mode = wal, synchronous = full"),
        "{log}"
    );

    let (success, _, log) = run(data, &["backup", "stopped.jsonl"]);
    assert!(success, "{log}");
    let (success, _, log) = run(data, &["rebuild"]);
    assert!(success && log.contains("mended: 0; damaged: 0"), "{log}");
    let (success, _, log) = run(data, &["restore", "--data", "other", "whole.jsonl"]);
    assert!(success && log.contains("the backup is restored"), "{log}");
    std::fs::write(data.join("foreign"), "hello\n").unwrap();
    let (success, _, log) = run(data, &["restore", "--data", "third", "foreign"]);
    assert!(
        !success && log.contains("this is not a backup of a TabSpace relay"),
        "{log}"
    );
    assert!(!data.join("third").exists(), "nothing was made for it");
}
