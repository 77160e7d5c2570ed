//! `cargo xtask test`: every check there is, in parts, and a line at the end for each that says how long it took, and one that
//! sums them up.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use crate::build::{self, Audience};
use crate::repository::{root, target};
use crate::shell::{Result, Step, cargo};
use crate::{fuzz, icons, setup, tidy};

mod counts;
mod types;

use counts::Counts;

/// A part of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Formatting.
    Fmt,
    /// Pure logic, natively, and a short search for inputs that break what reads them.
    Unit,
    /// The relay's store and its HTTP and socket surface, on `SQLite` and on a private Postgres.
    Store,
    /// Relay and clients in one process.
    Stories,
    /// Clippy for both targets, rustdoc, the scripts' types, and the repository's own rules.
    Lint,
    /// The browser adapters, in Chromium.
    Wasm,
    /// The harness, then everything for real.
    EndToEnd,
}

/// In the order of running: quick ones first, and those that share builds next to each other.
const PARTS: [(&str, Part); 7] = [
    ("fmt", Part::Fmt),
    ("unit", Part::Unit),
    ("store", Part::Store),
    ("stories", Part::Stories),
    ("lint", Part::Lint),
    ("wasm", Part::Wasm),
    ("e2e", Part::EndToEnd),
];

/// Runs the named parts, or all. The last line is `N passed, N failed`.
pub(crate) fn test(names: &[&str]) -> Result<ExitCode> {
    for name in names {
        if !PARTS.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "there is no part `{name}`; the parts are {}",
                known.join(", ")
            ));
        }
    }
    let mut total = Counts::default();
    let mut summary = Vec::new();
    for (name, part) in PARTS
        .iter()
        .filter(|(name, _)| names.is_empty() || names.contains(name))
    {
        println!("\n== {name}");
        #[expect(clippy::disallowed_methods, reason = "the one clock of the summary")]
        let begun = Instant::now();
        let mut counts = Counts::default();
        if let Err(problem) = run_part(*part, &mut counts) {
            println!("error: {problem}");
            counts.failed += 1;
        }
        if counts == Counts::default() {
            println!("error: nothing was checked");
            counts.failed += 1;
        }
        let seconds = begun.elapsed().as_secs();
        summary.push(format!("{name:8} {seconds:5} s  {counts}"));
        total += counts;
    }
    println!("\n{}\n{total}", summary.join("\n"));
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Takes the pictures of all screens, and accepts those whose names begin with one of `accepted`.
pub(crate) fn screenshots(accepted: &[&str]) -> Result<ExitCode> {
    let folder = target().join("screenshots/screens");
    // Old pictures would look like new ones.
    let _ = std::fs::remove_dir_all(&folder);
    let step = screens()?.env("TABSPACE_ACCEPT", accepted.join(" "));
    let good = step.run().is_ok();
    println!("the pictures are in {}", folder.display());
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tests of what every screen looks like.
fn screens() -> Result<Step> {
    setup::install_browsers_and_database()?;
    let axe_core = setup::axe_core()?;
    let extension = build::everything(Audience::Test)?;
    build::gallery()?;
    Ok(cargo_test()
        .args(["--package", "tabspace-tests", "--test", "screens"])
        .env("TABSPACE_EXTENSION", extension)
        .env("TABSPACE_AXE", axe_core))
}

/// An `Err` is something that kept the part from running to its end; what failed in it is counted.
fn run_part(part: Part, counts: &mut Counts) -> Result<()> {
    match part {
        Part::Fmt => {
            setup::rust_component("fmt", "rustfmt")?;
            counts.check("cargo fmt", cargo().args(["fmt", "--all", "--check"]).run());
            Ok(())
        }
        Part::Unit => {
            let packages = ["tabspace-protocol", "tabspace-wasm-core", "tabspace-xtask"];
            let step = packages
                .iter()
                .fold(cargo_test(), |step, package| step.args(["--package", *package]));
            counts.run(step)?;
            // The kept inputs with the relay, of which they are half, so that both are built of the same parts.
            let packages = ["--package", "tabspace-relay", "--package", "tabspace-fuzz"];
            let step = cargo_test().args(packages);
            counts.run(step.args(["--lib", "--bins", "--test", "corpus"]))?;
            fuzz::fuzz_briefly(|target, outcome| counts.check(format_args!("fuzzing {target}"), outcome))
        }
        Part::Store => {
            setup::install_browsers_and_database()?;
            counts.run(cargo_test().args(["--package", "tabspace-private-postgres", "--lib"]))?;
            counts.run(cargo_test().args(["--package", "tabspace-relay", "--test", "*"]))
        }
        Part::Stories => {
            setup::install_browsers_and_database()?;
            setup::install_tracer()?;
            let relay = build::relay_for_tests()?;
            let step = cargo_test().args([
                "--package",
                "tabspace-tests",
                "--lib",
                "--test",
                "stories",
                "--test",
                "fire",
            ]);
            counts.run(step.env("TABSPACE_RELAY_BIN", relay))
        }
        Part::Lint => lint(counts),
        Part::Wasm => wasm(counts),
        Part::EndToEnd => end_to_end(counts),
    }
}

/// One failing test program must not hide the others.
fn cargo_test() -> Step {
    cargo().args(["test", "--no-fail-fast"])
}

fn lint(counts: &mut Counts) -> Result<()> {
    setup::rust_component("clippy", "clippy")?;
    setup::add_wasm_target()?;
    // They take a core for minutes, in a profile of their own, which nothing else waits for.
    let clients = std::thread::spawn(build::clients);
    let clippy = || cargo().arg("clippy");
    let deny = ["--", "--deny", "warnings"];
    counts.check(
        "clippy",
        clippy()
            .args(["--workspace", "--all-targets", "--keep-going"])
            .args(deny)
            .run(),
    );
    // The popup leaves out what the others have. What only one of these does not use, its own build says.
    for clients in ["worker,gallery", "popup"] {
        let options = ["--package", "tabspace-wasm-core", "--target", setup::WASM_TARGET];
        let step = clippy()
            .args(options)
            .args(["--no-default-features", "--features", clients]);
        counts.check(
            format_args!("clippy of the clients {clients}"),
            step.args(deny).run(),
        );
    }
    let doc = cargo().args([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--quiet",
    ]);
    counts.check("rustdoc", doc.env("RUSTDOCFLAGS", "--deny warnings").run());
    let clients = clients.join().unwrap_or_else(|_| Err("panicked".to_owned()));
    let clients = clients.and_then(|()| build::clients_are_clean());
    counts.check("the clients, built without a warning", clients);
    counts.check("types of the scripts", types::check());
    counts.check("the icons are as released", icons::check());
    for (rule, complaints) in tidy::check()? {
        for complaint in &complaints {
            println!("{rule}: {complaint}");
        }
        let outcome = if complaints.is_empty() {
            Ok(())
        } else {
            Err(format!("{} found", complaints.len()))
        };
        counts.check(rule, outcome);
    }
    Ok(())
}

fn wasm(counts: &mut Counts) -> Result<()> {
    setup::install_browsers_and_database()?;
    setup::wasm_tools()?;
    let step = Step::new("wasm-pack")
        .args([
            "test",
            "--headless",
            "--chrome",
            "--mode",
            "no-install",
            "--chromedriver",
        ])
        .arg(setup::find_on_path("chromedriver")?)
        .arg("wasm-core")
        .args(["--features", "pages"])
        .env("PATH", setup::path_with_tools()?)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", root().join("webdriver.json"))
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    counts.run(step)
}

fn end_to_end(counts: &mut Counts) -> Result<()> {
    setup::install_browsers_and_database()?;
    setup::install_firefox()?;
    let extension = build::everything(Audience::Test)?;
    counts.check("the popup's size", build::popup_is_small(&extension));
    let relay: PathBuf = build::relay_for_tests()?;
    let step = cargo_test()
        .args([
            "--package",
            "tabspace-tests",
            "--test",
            "harness",
            "--test",
            "e2e",
            "--",
            "--test-threads=1",
        ])
        .env("TABSPACE_EXTENSION", extension)
        .env("TABSPACE_RELAY_BIN", relay);
    counts.run(step)?;
    counts.run(screens()?)
}

impl Counts {
    /// Counts one check that is not a test of libtest's.
    fn check(&mut self, what: impl Display, outcome: Result<()>) {
        match outcome {
            Ok(()) => {
                println!("{what}: ok");
                self.passed += 1;
            }
            Err(problem) => {
                println!("{what}: FAILED: {problem}");
                self.failed += 1;
            }
        }
    }

    /// Runs test programs and adds what they report. A step that fails without a failed test, because it did
    /// not build or a test program died, counts as one failure.
    fn run(&mut self, step: Step) -> Result<()> {
        let mut counts = Counts::default();
        let succeeded = step.watch(|line| counts += Counts::from_line(line))?;
        if !succeeded && counts.failed == 0 {
            counts.failed = 1;
        }
        *self += counts;
        Ok(())
    }
}
