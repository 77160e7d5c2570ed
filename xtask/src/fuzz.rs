//! `cargo xtask fuzz`: looks for inputs that break something that reads what comes from outside.
//!
//! The fuzzer is LLVM's libFuzzer, built with the compiler we have: our own crates are compiled once more with their
//! branches counted (`fuzz/rustc.sh`), the others are taken as they are. What is found is kept in `target/fuzz`; what is
//! worth it is copied to `fuzz/corpus` by hand, under a name that says what it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::repository::{root, target};
use crate::setup;
use crate::shell::{Result, Step, cargo};

/// How long all targets together are given inputs when nothing else is said.
const SECONDS: u64 = 60;
/// The same in `cargo xtask test`: long enough to see that the fuzzer works, and to find what is shallow.
const SECONDS_IN_TESTS: u64 = 20;
/// An input that takes longer counts as one that breaks something.
const LONGEST_INPUT_SECONDS: u32 = 10;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Order<'a> {
    /// All of them without one.
    target: Option<&'a str>,
    seconds: u64,
    /// One input instead of a search.
    input: Option<&'a str>,
}

impl<'a> Order<'a> {
    fn read(words: &[&'a str]) -> Result<Self> {
        let mut order = Self {
            target: None,
            seconds: SECONDS,
            input: None,
        };
        let mut rest = words;
        loop {
            rest = match rest {
                [] => break,
                ["--seconds", seconds, rest @ ..] => {
                    let number = seconds.parse().ok().filter(|seconds| *seconds > 0);
                    order.seconds = number.ok_or(format!("`{seconds}` is no number of seconds"))?;
                    rest
                }
                ["--input", file, rest @ ..] => {
                    order.input = Some(file);
                    rest
                }
                [name, rest @ ..] if order.target.is_none() && !name.starts_with('-') => {
                    order.target = Some(name);
                    rest
                }
                [other, ..] => return Err(format!("`{other}` is not understood here")),
            };
        }
        if order.input.is_some() && order.target.is_none() {
            return Err("an input is for one target: cargo xtask fuzz TARGET --input FILE".to_owned());
        }
        Ok(order)
    }
}

/// Fuzzes the named target or all, or gives one input to a target.
pub(crate) fn fuzz(words: &[&str]) -> Result<()> {
    let order = Order::read(words)?;
    let all = targets()?;
    let chosen: Vec<&String> = all
        .iter()
        .filter(|name| order.target.is_none_or(|target| target == *name))
        .collect();
    if chosen.is_empty() {
        return Err(format!(
            "there is no such target; the targets are {}",
            all.join(", ")
        ));
    }
    let fuzzer = build()?;
    if let (Some(file), [target]) = (order.input, chosen.as_slice()) {
        return run(&fuzzer, target).arg(file).run();
    }
    let seconds = share(order.seconds, chosen.len());
    let found = target().join("fuzz/corpus");
    let broken: Vec<String> = chosen
        .iter()
        .filter_map(|target| search(&fuzzer, target, seconds, &found).err())
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(broken.join("\nerror: "))
}

/// Fuzzes every target for a short while; `tell` hears of each.
pub(crate) fn fuzz_briefly(mut tell: impl FnMut(&str, Result<()>)) -> Result<()> {
    let all = targets()?;
    let fuzzer = build()?;
    let seconds = share(SECONDS_IN_TESTS, all.len());
    // What was found before is not tried again: the time is short.
    let found = target().join("fuzz/brief");
    let _ = fs::remove_dir_all(&found);
    for target in &all {
        tell(target, search(&fuzzer, target, seconds, &found));
    }
    Ok(())
}

fn share(seconds: u64, targets: usize) -> u64 {
    (seconds / targets as u64).max(1)
}

/// The targets by name: each has a folder of inputs.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/corpus");
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let entries = fs::read_dir(&folder).map_err(cannot)?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// Builds the fuzzer with all its targets.
fn build() -> Result<PathBuf> {
    setup::install_cpp_compiler()?;
    cargo()
        .args([
            "build",
            "--package",
            "tabspace-fuzz",
            "--bin",
            "tabspace-fuzz",
            "--features",
            "fuzzer",
        ])
        .env("RUSTC_WORKSPACE_WRAPPER", root().join("fuzz/rustc.sh"))
        // Of our own crates; that of the others is set in Cargo.toml and stays, so that they need not be built again.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .run()?;
    Ok(target().join("debug/tabspace-fuzz"))
}

fn run(fuzzer: &Path, target: &str) -> Step {
    Step::new(fuzzer)
        .env("TABSPACE_FUZZ", target)
        .arg(format!("-timeout={LONGEST_INPUT_SECONDS}"))
}

/// Gives a target inputs for so long. What reaches something new is kept below `found`, and so is what breaks something.
fn search(fuzzer: &Path, name: &str, seconds: u64, found: &Path) -> Result<()> {
    let place = |kind: &str| target().join("fuzz").join(kind).join(name);
    let (found, broke, log) = (found.join(name), place("broke"), place("log"));
    let cannot = |path: &Path, error: io::Error| format!("cannot make {}: {error}", path.display());
    for folder in [found.as_path(), broke.as_path(), log.parent().unwrap_or(&log)] {
        fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    }
    let told = File::create(&log).map_err(|error| cannot(&log, error))?;
    let status = run(fuzzer, name)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-dict={}", root().join("fuzz/words.dict").display()))
        .arg(format!("-artifact_prefix={}/", broke.display()))
        .arg(&found)
        .arg(root().join("fuzz/corpus").join(name))
        .into_command()
        .stderr(told)
        .status();
    let status = status.map_err(|error| format!("cannot run {}: {error}", fuzzer.display()))?;
    let log_text = fs::read_to_string(&log).unwrap_or_default();
    if status.success() {
        let reached = reached(&log_text).ok_or(format!("{name}: the fuzzer does not see what it reaches"))?;
        println!("{name}: {reached}");
        return Ok(());
    }
    let input = newest_in(&broke).unwrap_or(broke);
    Err(format!(
        "{name} broke: {why}\n  all of it: {log}\n  again: cargo xtask fuzz {name} --input {input}",
        why = why(&log_text),
        log = log.display(),
        input = input.display()
    ))
}

/// What was tried, and how much of our crates that reached. `None` when no branch was counted.
fn reached(log: &str) -> Option<String> {
    let done = log.lines().rfind(|line| line.contains("DONE"))?;
    let words: Vec<&str> = done.split_whitespace().collect();
    let inputs = words.first()?.strip_prefix('#')?;
    let counted = words.windows(2).find(|pair| pair[0] == "cov:")?[1];
    (counted != "0").then(|| format!("{inputs} inputs, {counted} branches"))
}

/// What the fuzzer's log says of what broke: the panic, or its own words for what took too long or too much.
fn why(log: &str) -> String {
    let is_why = |line: &&str| line.contains("panicked at") || line.contains("ERROR: libFuzzer");
    let lines: Vec<&str> = log.lines().skip_while(|line| !is_why(line)).take(4).collect();
    lines.join("\n    ")
}

fn newest_in(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    let newest = files.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok())?;
    Some(newest.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_a_target_a_time_or_an_input() {
        let order = |target, seconds, input| {
            Ok(Order {
                target,
                seconds,
                input,
            })
        };
        assert_eq!(Order::read(&[]), order(None, 60, None));
        assert_eq!(
            Order::read(&["apply", "--seconds", "5"]),
            order(Some("apply"), 5, None)
        );
        assert_eq!(
            Order::read(&["apply", "--input", "file"]),
            order(Some("apply"), 60, Some("file"))
        );
        for wrong in [
            ["--seconds", "soon"],
            ["apply", "wire"],
            ["--input", "file"],
            ["apply", "--loud"],
        ] {
            assert!(Order::read(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_log_says_what_was_reached_and_why_something_broke() {
        let log = "#2 INITED\n\nthread 'main' panicked at src/a.rs:1:2:\nit is odd\nstack backtrace:\n";
        assert!(why(log).contains("panicked at src/a.rs:1:2:\n    it is odd"));
        assert_eq!(
            reached("#7\tDONE   cov: 12 ft: 9 corp: 3/3b\nDone 7 runs\n").as_deref(),
            Some("7 inputs, 12 branches")
        );
        assert_eq!(reached("#7\tDONE   corp: 1/1b\n"), None);
        assert!(why("x\n==1== ERROR: libFuzzer: timeout after 10 seconds\n").contains("timeout"));
    }

    #[test]
    fn every_target_gets_its_share_and_at_least_a_second() {
        assert_eq!(share(60, 10), 6);
        assert_eq!(share(5, 10), 1);
    }
}
