//! Child processes that never outlive the test: each is the leader of a process group that is killed with its
//! value, and by a guard process if this process dies without dropping anything.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{Failure, Result};

/// Lines of output that are kept for a failure's message; older ones are forgotten.
const OUTPUT_LINES: usize = 200;

/// A child process and all that it starts.
pub struct ProcessGroup {
    name: String,
    child: Child,
    guard: Child,
    output: Output,
}

impl ProcessGroup {
    /// Starts `command` as the leader of a new process group. `scratch` is removed by the guard if this
    /// process dies. Standard output is the caller's to read ([`ProcessGroup::take_stdout`]) when the command
    /// says `Stdio::piped()`; standard error is kept for [`ProcessGroup::output`].
    ///
    /// # Errors
    /// When the program cannot be started, for example because it is not installed.
    pub fn spawn(mut command: Command, scratch: Option<&Path>) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| Failure(format!("cannot start {name}: {error}")))?;
        let guard = spawn_guard(child.id(), scratch)?;
        let output = Output::default();
        if let Some(stderr) = child.stderr.take() {
            output.keep_from(stderr);
        }
        Ok(Self {
            name,
            child,
            guard,
            output,
        })
    }

    /// The number of the process, and of its group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Standard output, once, if it was piped.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Keeps what is read from `source` along with standard error.
    pub fn keep_output_of(&self, source: impl Read + Send + 'static) {
        self.output.keep_from(source);
    }

    /// The last lines that the process wrote, for a failure's message.
    pub fn output(&self) -> String {
        self.output.last_lines()
    }

    /// All lines that tell of a panic, however long ago.
    pub fn panics(&self) -> Vec<String> {
        self.output.lock().panics.clone()
    }

    /// The exit status if the process ended by itself.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks the group to end, as a service manager does.
    pub fn terminate(&mut self) {
        self.signal(Signal::TERM);
    }

    /// `kill -9` to the whole group; returns when its leader is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        if let Err(error) = self.child.wait() {
            eprintln!("{} may still be running: {error}", self.name);
        }
    }

    fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // An error means that the group is gone, which is what a signal here is for.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

impl fmt::Debug for ProcessGroup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.child.id())
    }
}

/// The last lines of a process' output, filled by threads that end with the process.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    last: VecDeque<String>,
    /// Those that Rust's panic handler begins with, at most as many as are kept of the others.
    panics: Vec<String>,
}

impl Output {
    fn keep_from(&self, source: impl Read + Send + 'static) {
        let lines = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(source).split(b'\n') {
                let Ok(line) = line else { return };
                let line = String::from_utf8_lossy(&line).into_owned();
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.last.len() == OUTPUT_LINES {
                    lines.last.pop_front();
                }
                if line.contains("panicked") && lines.panics.len() < OUTPUT_LINES {
                    lines.panics.push(line.clone());
                }
                lines.last.push_back(line);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_lines(&self) -> String {
        self.lock()
            .last
            .iter()
            .fold(String::new(), |text, line| text + line + "\n")
    }
}

/// A shell outside our group that waits for its standard input to close, which only this process holds open.
fn spawn_guard(group: u32, scratch: Option<&Path>) -> Result<Child> {
    const SCRIPT: &str = r#"
        cat >/dev/null
        kill -s KILL -- "-$1" 2>/dev/null
        if [ -n "$2" ]; then rm -rf "$2" 2>/dev/null || { sleep 1; rm -rf "$2"; }; fi
    "#;
    Command::new("sh")
        .args(["-c", SCRIPT, "guard", &group.to_string()])
        .arg(scratch.unwrap_or(Path::new("")))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| Failure(format!("cannot start a guard process: {error}")))
}
