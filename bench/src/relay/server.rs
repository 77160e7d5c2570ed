//! A server that is measured: a process of its own, what it used of the processor and what it holds of memory.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use super::Result;
use crate::line::say;

/// How long a server may take until it says where it listens.
const START: Duration = Duration::from_secs(30);

/// Ends the server when this process is gone: only this process holds the shell's input open.
const GUARD: &str = r#"cat >/dev/null; kill -s KILL "$1" 2>/dev/null"#;

/// A running server, killed with its value.
#[derive(Debug)]
pub(super) struct Server {
    name: String,
    child: Child,
    guard: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts a server whose first line of output ends with the address it listens on.
    pub(super) fn start(name: &str, command: Command) -> Result<Self> {
        Self::start_heard(name, command, None)
    }

    /// The same; what it says behind these words in its log is said here too.
    pub(super) fn start_heard(name: &str, mut command: Command, words: Option<&'static str>) -> Result<Self> {
        let log = words.map_or_else(Stdio::null, |_| Stdio::piped());
        let mut child = spawn(name, &mut command, Stdio::piped(), log)?;
        if let (Some(words), Some(log)) = (words, child.stderr.take()) {
            let name = name.to_owned();
            std::thread::spawn(move || {
                let lines = BufReader::new(log).lines().map_while(std::result::Result::ok);
                for line in lines {
                    if let Some((_, said)) = line.split_once(words) {
                        say(&format!("  {name}, {words}{said}"));
                    }
                }
            });
        }
        let guard = guard(&child)?;
        let stdout = child.stdout.take().ok_or("the server's output is not piped")?;
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(std::result::Result::ok);
            drop(sender.send(lines.next()));
            // It must be able to go on writing.
            lines.for_each(drop);
        });
        let mut server = Self {
            name: name.to_owned(),
            child,
            guard,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let line = receiver.recv_timeout(START).ok().flatten().unwrap_or_default();
        let address = line.trim().rsplit(['/', ' ']).next().unwrap_or_default();
        server.address = address
            .parse()
            .map_err(|_| format!("{name} did not start; it said {line:?}"))?;
        Ok(server)
    }

    /// Starts a server that says nothing, at an address that it was told.
    pub(super) async fn start_at(name: &str, mut command: Command, address: SocketAddr) -> Result<Self> {
        let child = spawn(name, &mut command, Stdio::null(), Stdio::null())?;
        let guard = guard(&child)?;
        let server = Self {
            name: name.to_owned(),
            child,
            guard,
            address,
        };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if began.elapsed() > START {
                return Err(format!("{name} does not listen on {address}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// Seconds of the processor that the whole process used so far, its own and the kernel's for it.
    pub(super) fn cpu_s(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .map_err(|error| format!("{} is gone: {error}", self.name))?;
        ticks(&stat).ok_or_else(|| format!("/proc says nothing of {}", self.name).into())
    }

    /// Bytes of memory that it holds.
    pub(super) fn rss_bytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .map_err(|error| format!("{} is gone: {error}", self.name))?;
        resident(&status).ok_or_else(|| format!("/proc says nothing of {}", self.name).into())
    }

    /// `kill -9`; returns when it is gone.
    pub(super) fn kill(&mut self) {
        // An error means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn spawn(name: &str, command: &mut Command, stdout: Stdio, stderr: Stdio) -> Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        // Out of the terminal's group: Ctrl-C is the guard's business.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start {name}: {error}").into())
}

fn guard(child: &Child) -> Result<Child> {
    Command::new("sh")
        .args(["-c", GUARD, "guard", &child.id().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start a guard process: {error}").into())
}

/// Hundredths of a second of user and system time in `/proc/PID/stat` (its unit everywhere), as seconds.
fn ticks(stat: &str) -> Option<f64> {
    // The second field is the program's name in brackets, which may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut field = || fields.next()?.parse::<f64>().ok();
    Some((field()? + field()?) / 100.0)
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024.0)
}

/// The relay under measurement: the released binary.
pub(super) fn relay_binary() -> PathBuf {
    let built = || target_folder().join("release/tabspace-relay");
    std::env::var_os("TABSPACE_RELAY_BIN").map_or_else(built, PathBuf::from)
}

/// Cargo's target folder.
pub(super) fn target_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// A hidden mode of this program, in a process of its own.
pub(super) fn own_mode(mode: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["relay", mode]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read_as_it_is_written() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 1 0 0 0 150 25 0 0 20 0 3 0 100 1000 200";
        assert!((ticks(stat).unwrap() - 1.75).abs() < 1e-9);
        assert_eq!(
            resident("Name:\tx\nVmRSS:\t    2048 kB\n"),
            Some(2_048.0 * 1_024.0)
        );
        assert_eq!(ticks("nothing"), None);
    }
}
