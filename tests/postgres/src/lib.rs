//! A real Postgres for tests and measurements, private to the process that started it.
//!
//! The cluster lives in a temporary folder and listens only on a Unix socket inside it, so any number of
//! them run side by side and nothing outside can reach them. It is stopped and its folder removed when the
//! value is dropped, and also when the process ends without dropping it (a `static`, a kill): a guard
//! process waits for the end of a pipe that only this process holds open.
//!
//! Nothing of TabSpace is known here; it is a crate of its own so that the relay's tests can use it.

use std::fmt;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// The superuser of every private cluster; there is no password, the socket's folder is the protection.
const SUPERUSER: &str = "postgres";

/// The system user that owns the cluster when the tests run as root, which Postgres itself refuses.
const UNPRIVILEGED_USER: &str = "postgres";

/// How carefully the cluster writes to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// No fsync: survives the kill of any process, not the loss of power. What tests need.
    ProcessKill,
    /// Postgres' defaults. What measurements need.
    PowerLoss,
}

/// A running cluster.
pub struct PrivatePostgres {
    bin: PathBuf,
    folder: TempDir,
    durability: Durability,
    /// Databases made so far; their numbers are their names.
    databases: AtomicU32,
    /// Cleans up when its standard input closes.
    guard: Child,
}

impl PrivatePostgres {
    /// Starts a cluster for tests: it survives `kill -9`, but does not wait for the disk.
    ///
    /// # Errors
    /// A sentence that says what is missing (for example the package) or what Postgres wrote.
    pub fn start() -> Result<Self, String> {
        Self::start_with(Durability::ProcessKill)
    }

    /// Starts a cluster that syncs every commit, for measurements.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_durable() -> Result<Self, String> {
        Self::start_with(Durability::PowerLoss)
    }

    fn start_with(durability: Durability) -> Result<Self, String> {
        let bin = find_server_programs().ok_or(
            "no Postgres server programs (initdb, pg_ctl) found; install the package `postgresql`, \
             or put the folder with initdb on PATH",
        )?;
        let folder = tempfile::Builder::new()
            .prefix("tabspace-pg-")
            .tempdir()
            .map_err(|error| format!("cannot make a temporary folder for Postgres: {error}"))?;
        if running_as_root() {
            give_to_unprivileged_user(folder.path())?;
        }
        let guard = spawn_guard(&bin, folder.path())?;
        let postgres = Self {
            bin,
            folder,
            durability,
            databases: AtomicU32::new(0),
            guard,
        };
        postgres.initialise()?;
        postgres.start_again()?;
        Ok(postgres)
    }

    /// Address of the database `postgres`, which every cluster has.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes a new, empty database and returns its address.
    ///
    /// # Panics
    /// When the cluster is stopped or refuses: a test cannot go on without it.
    pub fn fresh_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("fresh_{number}");
        let mut command = Command::new(self.bin.join("createdb"));
        command
            .arg("--host")
            .arg(self.folder.path())
            .args(["--username", SUPERUSER, &name]);
        if let Err(problem) = run(&mut command, "createdb") {
            panic!("{problem}");
        }
        self.url_of(&name)
    }

    /// Stops the cluster at once, as a crash would: open connections break. Its data stay.
    ///
    /// # Errors
    /// What `pg_ctl` wrote.
    pub fn stop(&self) -> Result<(), String> {
        let mut command = self.pg_ctl();
        command.args(["-m", "immediate", "-w", "stop"]);
        run(&mut command, "pg_ctl stop")
    }

    /// `kill -9` to the cluster's first process. The others end once they notice; until then
    /// [`PrivatePostgres::start_again`] fails and may be tried again.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> Result<(), String> {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid"));
        let file = file.map_err(|error| format!("Postgres does not run: {error}"))?;
        let pid = file.lines().next().unwrap_or_default().trim();
        let mut command = as_unprivileged(Path::new("kill"));
        run(command.args(["-KILL", pid]), "kill")
    }

    /// Starts the stopped cluster again, at the same addresses and with its data.
    ///
    /// # Errors
    /// What `pg_ctl` wrote, with the end of the server's log.
    pub fn start_again(&self) -> Result<(), String> {
        let mut command = self.pg_ctl();
        command
            .arg("-l")
            .arg(self.log())
            .arg("-o")
            .arg(self.server_options())
            .args(["-w", "start"]);
        run(&mut command, "pg_ctl start").map_err(|problem| {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            format!("{problem}\nthe server's log:\n{log}")
        })
    }

    fn initialise(&self) -> Result<(), String> {
        let mut command = as_unprivileged(&self.bin.join("initdb"));
        command
            .arg("--pgdata")
            .arg(self.data())
            .args([
                "--username",
                SUPERUSER,
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
            ])
            .arg("--no-sync");
        run(&mut command, "initdb")
    }

    fn server_options(&self) -> String {
        let mut options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c max_connections=200",
            self.folder.path().display()
        );
        if self.durability == Durability::ProcessKill {
            options.push_str(" -c fsync=off -c full_page_writes=off");
        }
        options
    }

    fn pg_ctl(&self) -> Command {
        let mut command = as_unprivileged(&self.bin.join("pg_ctl"));
        command.arg("-D").arg(self.data());
        command
    }

    fn url_of(&self, database: &str) -> String {
        let socket = self.folder.path().display();
        format!("postgres:///{database}?host={socket}&user={SUPERUSER}&sslmode=disable")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // The folder may only go once the server in it is gone.
        if let Err(error) = self.guard.wait() {
            eprintln!("the private Postgres may still be running: {error}");
        }
    }
}

impl fmt::Debug for PrivatePostgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivatePostgres")
            .field("folder", &self.folder.path())
            .finish_non_exhaustive()
    }
}

/// The folder with the server's programs: one on PATH that has them all, or the newest of Debian's versioned
/// folders, which are not on PATH.
fn find_server_programs() -> Option<PathBuf> {
    let complete = |folder: &Path| {
        ["initdb", "pg_ctl", "createdb"]
            .iter()
            .all(|p| folder.join(p).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| complete(folder))
        .or_else(|| {
            let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
            let of_version = |entry: io::Result<std::fs::DirEntry>| {
                let entry = entry.ok()?;
                let version: u32 = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            };
            let usable = versions.filter_map(of_version).filter(|(_, bin)| complete(bin));
            usable.max().map(|(_, bin)| bin)
        })
}

/// Whether this process is root. Every process owns its own folder under `/proc`.
fn running_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn give_to_unprivileged_user(folder: &Path) -> Result<(), String> {
    let uid = id_of_unprivileged_user("-u")?;
    let gid = id_of_unprivileged_user("-g")?;
    chown(folder, Some(uid), Some(gid))
        .and_then(|()| std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)))
        .map_err(|error| {
            format!(
                "cannot give {} to the user {UNPRIVILEGED_USER}: {error}",
                folder.display()
            )
        })
}

fn id_of_unprivileged_user(flag: &str) -> Result<u32, String> {
    let missing = || {
        format!(
            "Postgres refuses to run as root and there is no user `{UNPRIVILEGED_USER}` to run it as; \
             install the package `postgresql`, which makes one, or run as another user"
        )
    };
    let output = Command::new("id")
        .args([flag, UNPRIVILEGED_USER])
        .output()
        .map_err(|_| missing())?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|_| missing())
}

/// A command that runs `program` as the unprivileged user if this process is root, else as itself.
fn as_unprivileged(program: &Path) -> Command {
    let mut command = if running_as_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", UNPRIVILEGED_USER, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The present folder may be one that the other user must not enter.
    command.current_dir("/");
    command
}

/// A shell that outlives this process by a moment, to stop the server and remove the folder.
fn spawn_guard(bin: &Path, folder: &Path) -> Result<Child, String> {
    const SCRIPT: &str = r#"
        folder=$1; shift
        cat >/dev/null
        "$@" >/dev/null 2>&1
        rm -rf "$folder"
    "#;
    let stop = as_unprivileged(&bin.join("pg_ctl"));
    Command::new("sh")
        .args(["-c", SCRIPT, "guard"])
        .arg(folder)
        .arg(stop.get_program())
        .args(stop.get_args())
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-m", "immediate", "-w", "stop"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Out of the terminal's group, so that Ctrl-C does not end the guard before its work.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start the guard of the private Postgres: {error}"))
}

/// Runs a command to its end. Its output goes to a file, not a pipe: the server that `pg_ctl` leaves
/// behind would hold a pipe open for ever.
fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let cannot = |error: io::Error| format!("cannot run {what}: {error}");
    let output = tempfile::NamedTempFile::new().map_err(cannot)?;
    let stdout = output.reopen().map_err(cannot)?;
    let stderr = stdout.try_clone().map_err(cannot)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .status()
        .map_err(cannot)?;
    if status.success() {
        return Ok(());
    }
    let written = std::fs::read_to_string(output.path()).unwrap_or_default();
    Err(format!("{what} failed ({status}): {}", written.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(url: &str, sql: &str) -> Result<String, String> {
        let output = Command::new("psql")
            .args(["-XAtc", sql, url])
            .output()
            .map_err(|e| e.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    #[test]
    fn a_cluster_keeps_its_data_while_it_is_away_and_leaves_nothing_behind() {
        let postgres = PrivatePostgres::start().expect("a private Postgres");
        let folder = postgres.folder.path().to_owned();
        let (one, other) = (postgres.fresh_database(), postgres.fresh_database());
        assert_ne!(one, other);
        query(&one, "create table kept (n int); insert into kept values (7)").expect("a table");
        assert!(
            query(&other, "select n from kept").is_err(),
            "databases are apart"
        );

        postgres.stop().expect("stops");
        assert!(
            query(&one, "select 1").is_err(),
            "a stopped cluster answers nobody"
        );
        postgres.start_again().expect("starts again");
        assert_eq!(query(&one, "select n from kept"), Ok("7".to_owned()));

        drop(postgres);
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}
