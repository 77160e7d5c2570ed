//! The repository's own rules: small checks of the files themselves, each with the reason for it.
//!
//! A rule is a function from the files to complaints; `cargo xtask test lint` counts each as one check.

mod docs;
mod extension;
mod licences;
mod literals;
mod sources;

use std::collections::BTreeMap;
use std::path::Path;

use crate::repository::{root, tracked_files};
use crate::shell::Result;

/// The repository's text files by their path from its root.
pub(crate) type Tree = BTreeMap<String, String>;

/// A rule, named by what it promises.
type Rule = (&'static str, fn(&Tree) -> Vec<String>);

const RULES: &[Rule] = &[
    ("files named in the docs exist", docs::name_files_that_exist),
    ("every promise names its tests", docs::promises_name_tests),
    (
        "every permission is justified",
        extension::permissions_are_justified,
    ),
    (
        "incognito windows are never seen",
        extension::incognito_is_not_seen,
    ),
    (
        "the manifest has the workspace's version",
        extension::version_is_the_workspace_s,
    ),
    (
        "every language has every message",
        extension::languages_are_complete,
    ),
    (
        "components say messages, not words of their own",
        literals::components_say_messages,
    ),
    ("scripts are type-checked", sources::scripts_are_type_checked),
    (
        "scripts leave no debugging behind",
        sources::scripts_leave_no_debugging,
    ),
    ("no file of Rust is too long", sources::rust_files_are_short),
    (
        "exceptions from lints have a reason",
        sources::lint_exceptions_have_reasons,
    ),
    (
        "every crate has the workspace's lints",
        sources::crates_have_the_lints,
    ),
    ("no address of somebody's machine", sources::no_machine_paths),
    ("nothing is left to do", sources::nothing_left_to_do),
    ("lines end cleanly", sources::lines_end_cleanly),
    (
        "both databases have the same migrations",
        sources::migrations_are_paired,
    ),
];

/// Applies all rules and returns each with its complaints.
pub(crate) fn check() -> Result<Vec<(&'static str, Vec<String>)>> {
    let tree = read_tree()?;
    let mut results: Vec<_> = RULES.iter().map(|(name, rule)| (*name, rule(&tree))).collect();
    results.push(("every dependency's licence is allowed", licences::are_allowed()?));
    Ok(results)
}

fn read_tree() -> Result<Tree> {
    let files = tracked_files()?.into_iter().filter_map(|path| {
        // What is not text has no lines to judge.
        let text = String::from_utf8(std::fs::read(root().join(&path)).ok()?).ok()?;
        Some((path.to_string_lossy().into_owned(), text))
    });
    Ok(files.collect())
}

/// The files of a tree whose name ends in one of these.
fn ending_in<'a>(tree: &'a Tree, extensions: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let extension = |path: &str| {
        Path::new(path)
            .extension()
            .and_then(|e| e.to_str().map(str::to_owned))
    };
    tree.iter()
        .filter(move |(path, _)| extension(path).is_some_and(|e| extensions.contains(&e.as_str())))
        .map(|(path, text)| (path.as_str(), text.as_str()))
}

/// The lines of a file as a complaint names them.
fn numbered<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = (String, &'a str)> {
    text.lines()
        .enumerate()
        .map(move |(index, line)| (format!("{path}:{}", index + 1), line))
}

#[cfg(test)]
fn tree(files: &[(&str, &str)]) -> Tree {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_itself_is_readable() {
        let tree = read_tree().expect("files");
        assert!(tree.contains_key("Cargo.toml"));
        assert!(ending_in(&tree, &["rs"]).count() > 10);
    }
}
