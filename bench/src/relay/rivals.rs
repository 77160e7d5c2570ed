//! The rivals: which they are, in which versions, and how they get onto this machine (into
//! `target/bench-rivals`). One that cannot be had is left out, and that is said.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::Result;
use super::crowd::Dialect;
use super::server::{Server, own_mode, target_folder};
use crate::line::say;

/// Versions, all of them here.
const NPM: [(&str, &str); 3] = [("bun", "1.4.5"), ("ws", "8.23.0"), ("socket.io", "4.8.4")];
const CENTRIFUGO: (&str, &str) = ("github.com/centrifugal/centrifugo/v6", "v6.9.1");

/// Where Go is when it is not on PATH.
const GO: &str = "/usr/local/go/bin/go";

/// What is measured beside the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rival {
    /// A loop that writes the same bytes to every socket.
    Raw,
    Bun,
    Ws,
    SocketIo,
    Centrifugo,
}

impl Rival {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Raw => "a raw loop of send()",
            Self::Bun => "Bun, publish",
            Self::Ws => "ws (Node), a loop of send",
            Self::SocketIo => "Socket.IO, to(room).emit",
            Self::Centrifugo => "Centrifugo",
        }
    }

    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::Raw | Self::Bun | Self::Ws => Dialect::Plain,
            Self::SocketIo => Dialect::SocketIo,
            Self::Centrifugo => Dialect::Centrifugo,
        }
    }

    /// Starts it.
    pub(super) async fn start(self) -> Result<Server> {
        let script = |program: &Path, script: &str| {
            let mut command = Command::new(program);
            command.arg(folder().join(script)).current_dir(folder());
            Server::start(self.name(), command)
        };
        match self {
            Self::Raw => Server::start(self.name(), own_mode("raw-server")?),
            Self::Bun => script(&bun().ok_or("Bun is not installed")?, "bun.js"),
            Self::Ws => script(Path::new("node"), "ws.js"),
            Self::SocketIo => script(Path::new("node"), "socket-io.js"),
            Self::Centrifugo => {
                // Asked for and let go of: it cannot be told to take a free one and say which.
                let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
                let file = folder().join("centrifugo.json");
                std::fs::write(&file, centrifugo_settings(address))?;
                let mut command = Command::new(centrifugo());
                command.arg("--config").arg(file).env("GOMAXPROCS", "2");
                Server::start_at(self.name(), command, address).await
            }
        }
    }
}

fn centrifugo_settings(address: SocketAddr) -> String {
    json!({
        "http_server": { "address": address.ip().to_string(), "port": address.port().to_string() },
        "log": { "level": "error" },
        "client": { "allow_anonymous_connect_without_token": true, "allowed_origins": ["*"] },
        "channel": { "without_namespace": {
            "allow_subscribe_for_anonymous": true, "allow_subscribe_for_client": true,
            "allow_publish_for_anonymous": true, "allow_publish_for_client": true,
        } },
    })
    .to_string()
}

fn folder() -> PathBuf {
    target_folder().join("bench-rivals")
}

fn centrifugo() -> PathBuf {
    folder().join("bin/centrifugo")
}

/// Bun's program: npm's package of that name only chooses among the machines'.
fn bun() -> Option<PathBuf> {
    let machines = std::fs::read_dir(folder().join("node_modules/@oven")).ok()?;
    machines
        .filter_map(|machine| Some(machine.ok()?.path().join("bin/bun")))
        .find(|program| program.is_file())
}

/// Installs what is missing; those that are there afterwards, raw first.
pub(super) fn install() -> Result<Vec<Rival>> {
    std::fs::create_dir_all(folder())?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals");
    for script in ["bun.js", "ws.js", "socket-io.js"] {
        std::fs::copy(sources.join(script), folder().join(script))?;
    }
    let mut there = vec![Rival::Raw];
    match install_npm() {
        Ok(()) => there.extend([Rival::Bun, Rival::Ws, Rival::SocketIo]),
        Err(problem) => say(&format!("Bun, ws and Socket.IO are left out: {problem}")),
    }
    match install_centrifugo() {
        Ok(()) => there.push(Rival::Centrifugo),
        Err(problem) => say(&format!("Centrifugo is left out: {problem}")),
    }
    let versions = NPM.iter().chain([&CENTRIFUGO]);
    let versions: Vec<String> = versions
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    say(&format!("rivals: {}", versions.join(", ")));
    Ok(there)
}

fn install_npm() -> Result<()> {
    let dependencies: serde_json::Map<String, serde_json::Value> = NPM
        .iter()
        .map(|(name, version)| ((*name).to_owned(), json!(version)))
        .collect();
    let manifest = json!({ "private": true, "type": "module", "dependencies": dependencies }).to_string();
    let file = folder().join("package.json");
    let is_there = std::fs::read_to_string(&file).is_ok_and(|before| before == manifest);
    if is_there && bun().is_some() {
        return Ok(());
    }
    std::fs::write(&file, manifest)?;
    let mut command = Command::new("npm");
    command.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    run(command.current_dir(folder()))?;
    bun()
        .map(drop)
        .ok_or_else(|| "there is no Bun for this machine".into())
}

fn install_centrifugo() -> Result<()> {
    let (module, version) = CENTRIFUGO;
    let installed = Command::new(centrifugo()).arg("version").output();
    let is_there = installed.is_ok_and(|output| output.status.success());
    let stamp = folder().join("bin/centrifugo.version");
    if is_there && std::fs::read_to_string(&stamp).is_ok_and(|before| before == version) {
        return Ok(());
    }
    let go = if Path::new(GO).is_file() { GO } else { "go" };
    let mut command = Command::new(go);
    command
        .args(["install", &format!("{module}@{version}")])
        .env("GOBIN", folder().join("bin"));
    run(&mut command)?;
    Ok(std::fs::write(stamp, version)?)
}

/// Runs a program to its end; what it says is for the terminal, not among the figures.
fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    say(&format!("$ {name} (installing rivals)"));
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} failed ({status})").into())
    }
}
