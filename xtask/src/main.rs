//! Every command that a developer of TabSpace needs: `cargo xtask help` lists them.
//!
//! Each command first sees to what it needs ([`setup`]), so there is no separate installation to remember.
//! Nothing here is part of what users run.

#![expect(
    clippy::print_stdout,
    reason = "a command of the terminal speaks to the terminal"
)]

mod build;
mod fuzz;
mod icons;
mod package;
mod repository;
mod run;
mod setup;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use build::{Audience, Product};
use shell::{Result, cargo};

const HELP: &str = "\
cargo xtask run [--demo]   build everything, start the relay, say how to load the extension;
                           --demo also opens Chromium with it and a sample space
cargo xtask test [PART…]   check everything, or only: fmt unit store stories lint wasm e2e
cargo xtask build          build the extension (dist/extension), the web page and the relay
cargo xtask bench [PART]   measure; without a part, everything; the parts: library find live stream list popup relay
  library [PART…]          or of the library only: windows 10 10000 100000 (saved tabs)
  relay [PART…]            or of the relay only: fan-out idle durable rest storm slow
cargo xtask fuzz [TARGET]  look for inputs that break something, of one target or of all
  [--seconds N]            for so long, all together (60)
  [--input FILE]           or give this one to the target
cargo xtask screenshots    take the pictures of every screen in each state into target/screenshots/screens;
  [--accept NAME…]         accept those whose names begin like this (or `all`) as they are now
cargo xtask icons          take the drawings of the icons that are named in the code from Lucide's release
cargo xtask package        make what is published: the store's zip, the relay, the container's folder
cargo xtask help           this text";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<ExitCode> {
    match words {
        ["run"] => run::run(false)?,
        ["run", "--demo"] => run::run(true)?,
        ["test", parts @ ..] => return test::test(parts),
        ["build"] => build_all()?,
        ["bench"] => {
            bench_find()?;
            bench_in_browsers(&[])?;
            bench_relay(&[])?;
        }
        ["bench", "find"] => bench_find()?,
        ["bench", "library"] => {
            bench_find()?;
            bench_in_browsers(&["library"])?;
        }
        ["bench", "relay", parts @ ..] => bench_relay(parts)?,
        ["bench", arguments @ ..] => bench_in_browsers(arguments)?,
        ["fuzz", words @ ..] => fuzz::fuzz(words)?,
        ["screenshots"] => return test::screenshots(&[]),
        ["screenshots", "--accept", names @ ..] => return test::screenshots(names),
        ["icons"] => icons::write()?,
        ["package"] => package::package()?,
        [] | ["help" | "--help" | "-h"] => println!("{HELP}"),
        other => return Err(format!("there is no command `{}`\n\n{HELP}", other.join(" "))),
    }
    Ok(ExitCode::SUCCESS)
}

fn build_all() -> Result<()> {
    let Product { extension, relay } = build::product(Audience::User)?;
    println!(
        "The extension is in {}\nThe relay is {}",
        extension.display(),
        relay.display()
    );
    Ok(())
}

/// Measures the release builds in real browsers; the numbers in docs/measurements.md come from here.
fn bench_in_browsers(arguments: &[&str]) -> Result<()> {
    setup::install_browsers_and_database()?;
    let Product { extension, relay } = build::product(Audience::Measured)?;
    cargo()
        .args(["run", "--package", "tabspace-bench", "--"])
        .args(arguments)
        .env("TABSPACE_EXTENSION", extension)
        .env("TABSPACE_RELAY_BIN", relay)
        .run()
}

/// Measures the library's search without a browser, built for release.
fn bench_find() -> Result<()> {
    cargo()
        .args(["run", "--release", "--package", "tabspace-bench"])
        .args(["--no-default-features", "--features", "library", "--", "find"])
        .run()
}

/// Measures the released relay beside others. What loads it, and what it is held against, is built like it.
fn bench_relay(parts: &[&str]) -> Result<()> {
    setup::install_database_and_npm()?;
    let relay = build::relay()?;
    cargo()
        .args(["run", "--release", "--package", "tabspace-bench"])
        .args(["--no-default-features", "--features", "relay", "--", "relay"])
        .args(parts)
        .env("TABSPACE_RELAY_BIN", relay)
        .run()
}
