//! `cargo xtask run`: the relay and the extension as a user has them, and what to do next.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::build::{self, Audience, Product};
use crate::repository::root;
use crate::setup;
use crate::shell::{Result, Step, cargo};

/// Where the relay listens; the extension looks there first.
const LISTEN: &str = "127.0.0.1:8320";

/// How often the children are looked at.
const PERIOD: Duration = Duration::from_millis(100);

/// How long a child may take to end after being asked to.
const PATIENCE_TICKS: u32 = 100;

/// Builds, starts, explains, and waits for Ctrl-C.
pub(crate) fn run(demo: bool) -> Result<()> {
    if demo {
        setup::install_browsers_and_database()?;
    }
    let Product { extension, relay } = build::product(Audience::User)?;
    if demo {
        cargo()
            .args(["build", "--package", "tabspace-tests", "--example", "demo"])
            .run()?;
    }
    let interrupted = interruption()?;
    let mut children = Children::default();
    children.start_relay(&relay)?;
    explain(&extension, demo);
    if demo {
        children.start_demo(&extension)?;
    }
    children.wait(&interrupted)
}

/// A channel that gets a word when the user presses Ctrl-C or the system asks this program to end.
fn interruption() -> Result<Receiver<()>> {
    let (sender, receiver) = sync_channel(1);
    // A second Ctrl-C finds the channel full, and the first is being obeyed already.
    ctrlc::set_handler(move || {
        let _ = sender.try_send(());
    })
    .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    Ok(receiver)
}

fn explain(extension: &Path, demo: bool) {
    println!();
    println!(
        "The relay runs on http://{LISTEN}; its data are in {}.",
        root().join("data").display()
    );
    println!("The extension is in {}.", extension.display());
    println!();
    if demo {
        println!("A Chromium with the extension and a sample space opens now.");
    } else {
        println!("Load it: open chrome://extensions, switch on \"Developer mode\", press \"Load unpacked\"");
        println!("and choose that folder. Then click the TabSpace icon (behind the puzzle piece) and");
        println!("\"Save window\"; \"Share\" gives a link that opens in any browser.");
    }
    println!("Ctrl-C stops everything.");
}

/// The processes beside this one.
#[derive(Default)]
struct Children(Vec<(&'static str, Child)>);

impl Children {
    /// Starts the relay and returns once it listens.
    fn start_relay(&mut self, binary: &Path) -> Result<()> {
        let step = Step::new(binary)
            .args(["--listen", LISTEN, "--data"])
            .arg(root().join("data"));
        let mut child = step
            .into_command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the relay: {error}"))?;
        let stdout = child.stdout.take().ok_or("the relay's output is not piped")?;
        self.0.push(("relay", child));
        let mut reader = BufReader::new(stdout);
        let mut first = String::new();
        let read = reader.read_line(&mut first);
        if read.is_err() || first.trim().is_empty() {
            return Err(format!(
                "the relay did not start; is something else listening on {LISTEN}?"
            ));
        }
        // It must be able to go on writing.
        std::thread::spawn(move || {
            for line in reader.lines().map_while(std::result::Result::ok) {
                println!("{line}");
            }
        });
        Ok(())
    }

    fn start_demo(&mut self, extension: &Path) -> Result<()> {
        let step = cargo().args([
            "run",
            "--quiet",
            "--package",
            "tabspace-tests",
            "--example",
            "demo",
            "--",
        ]);
        let mut command = step.arg(extension).into_command();
        let child = command.stdin(Stdio::null()).spawn();
        self.0.push((
            "demonstration",
            child.map_err(|error| format!("cannot open Chromium: {error}"))?,
        ));
        Ok(())
    }

    /// Waits for Ctrl-C, or for the end of a child: closing the demonstration's browser ends it too.
    fn wait(mut self, interrupted: &Receiver<()>) -> Result<()> {
        loop {
            match interrupted.recv_timeout(PERIOD) {
                Ok(()) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("cannot listen for Ctrl-C any more".to_owned());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            for (name, child) in &mut self.0 {
                let ended = child
                    .try_wait()
                    .map_err(|error| format!("cannot watch the {name}: {error}"))?;
                match ended {
                    Some(status) if status.success() => return Ok(()),
                    Some(status) => return Err(format!("the {name} ended: {status}")),
                    None => {}
                }
            }
        }
    }
}

impl Drop for Children {
    /// Asks all to end, and waits: the relay finishes what it has begun.
    fn drop(&mut self) {
        for (_, child) in self.0.iter().rev() {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            // An error means that it is gone already.
            let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
        }
        for (name, child) in &mut self.0 {
            let ended = (0..PATIENCE_TICKS).any(|_| {
                let ended = !matches!(child.try_wait(), Ok(None));
                if !ended {
                    pause();
                }
                ended
            });
            if !ended {
                eprintln!("the {name} does not end by itself and is killed");
                let _ = child.kill();
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the end of a child can only be asked for again and again"
)]
fn pause() {
    std::thread::sleep(PERIOD);
}
