//! Running other programs: said before it is done, and a failure is a sentence.

use std::ffi::OsStr;
use std::fmt::Write;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// The outcome of a command of this crate: what went wrong is a sentence for whoever typed it.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// A program about to be run, at the root of the repository unless told otherwise.
#[derive(Debug)]
pub(crate) struct Step(Command);

/// The cargo that runs this program.
pub(crate) fn cargo() -> Step {
    Step::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Step {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(crate::repository::root());
        Self(command)
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Runs it to its end, its output in the terminal.
    pub(crate) fn run(mut self) -> Result<()> {
        eprintln!("$ {}", self.line());
        let status = self.0.status().map_err(|error| self.cannot(&error))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("`{}` failed ({status})", self.line()))
        }
    }

    /// Runs it to its end as a preparation: what it says goes to standard error, as standard output is for what was asked for.
    pub(crate) fn prepare(mut self) -> Result<()> {
        self.0.stdout(io::stderr());
        self.run()
    }

    /// Runs it to its end and returns what it wrote, without surrounding white space.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self
            .0
            .stderr(Stdio::piped())
            .output()
            .map_err(|error| self.cannot(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "`{}` failed ({}): {}",
            self.line(),
            output.status,
            complaint.trim()
        ))
    }

    /// Runs it to its end, its output in the terminal, and shows every line of it to `each_line` too. Says
    /// whether it succeeded.
    pub(crate) fn watch(mut self, mut each_line: impl FnMut(&str)) -> Result<bool> {
        eprintln!("$ {}", self.line());
        let mut child = self
            .0
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| self.cannot(&error))?;
        if let Some(stdout) = child.stdout.take() {
            let heard = lines(stdout, |line| {
                println!("{line}");
                each_line(line);
            });
            heard.map_err(|error| self.cannot(&error))?;
        }
        Ok(child.wait().map_err(|error| self.cannot(&error))?.success())
    }

    /// Runs it to its end, its output in the terminal. Returns cargo's lines that say of which crates the compiler complained;
    /// what else is called a warning, as a slow network, says nothing of the code.
    pub(crate) fn warnings(mut self) -> Result<Vec<String>> {
        eprintln!("$ {}", self.line());
        let mut child = self
            .0
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.cannot(&error))?;
        let mut warnings = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            let heard = lines(stderr, |line| {
                eprintln!("{line}");
                if line.starts_with("warning: `") {
                    warnings.push(line.to_owned());
                }
            });
            heard.map_err(|error| self.cannot(&error))?;
        }
        let status = child.wait().map_err(|error| self.cannot(&error))?;
        if status.success() {
            Ok(warnings)
        } else {
            Err(format!("`{}` failed ({status})", self.line()))
        }
    }

    /// The command itself, for a process that goes on beside this one.
    pub(crate) fn into_command(self) -> Command {
        eprintln!("$ {}", self.line());
        self.0
    }

    /// What a person would type for it. Addresses inside the repository are shortened.
    fn line(&self) -> String {
        let root = format!("{}/", crate::repository::root().display());
        let mut line = String::new();
        for part in std::iter::once(self.0.get_program()).chain(self.0.get_args()) {
            let part = part.to_string_lossy().replace(&root, "");
            let part = part.rsplit_once("/bin/cargo").map_or(part.as_str(), |_| "cargo");
            let separator = if line.is_empty() { "" } else { " " };
            // Writing into a string cannot fail.
            let _ = write!(line, "{separator}{part}");
        }
        line
    }

    fn cannot(&self, error: &io::Error) -> String {
        format!("cannot run `{}`: {error}", self.0.get_program().to_string_lossy())
    }
}

fn lines(from: impl Read, mut each: impl FnMut(&str)) -> io::Result<()> {
    for line in BufReader::new(from).split(b'\n') {
        each(&String::from_utf8_lossy(&line?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_with_warnings_is_named_and_a_slow_network_is_none() {
        let says = |line: &str| {
            Step::new("sh")
                .args(["-c", "echo \"$1\" >&2", "sh", line])
                .warnings()
        };
        let complaint = "warning: `a-crate` (lib) generated 1 warning";
        assert_eq!(says(complaint), Ok(vec![complaint.to_owned()]));
        assert_eq!(
            says("warning: spurious network error (3 tries remaining)"),
            Ok(Vec::new())
        );
        assert!(Step::new("false").warnings().is_err());
    }
}
