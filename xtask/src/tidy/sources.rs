//! Rules about source files, beyond what the compilers check.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Tree, ending_in, numbered};
use crate::repository;

/// A file is one idea; beyond this it has become several.
const RUST_LINES: usize = 600;

/// The first line that makes the checker look at a script.
const TYPE_CHECKED: &str = "// @ts-check";

/// Where on their disk people keep things.
const HOMES: [&str; 3] = ["/home/", "/root/", "/Users/"];

pub(super) fn rust_files_are_short(tree: &Tree) -> Vec<String> {
    ending_in(tree, &["rs"])
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > RUST_LINES)
        .map(|(path, lines)| format!("{path} has {lines} lines; split it by concept below {RUST_LINES}"))
        .collect()
}

pub(super) fn scripts_are_type_checked(tree: &Tree) -> Vec<String> {
    ending_in(tree, &["js", "mjs"])
        .filter(|(_, text)| text.lines().next() != Some(TYPE_CHECKED))
        .map(|(path, _)| format!("{path} does not begin with `{TYPE_CHECKED}`"))
        .collect()
}

pub(super) fn scripts_leave_no_debugging(tree: &Tree) -> Vec<String> {
    ending_in(tree, &["js", "mjs", "html"])
        .flat_map(|(path, text)| numbered(path, text))
        .filter(|(_, line)| line.contains("console.log(") || line.trim() == "debugger;")
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

/// An exception says why; `expect` also reports when it is not needed any more, `allow` never does.
pub(super) fn lint_exceptions_have_reasons(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in ending_in(tree, &["rs"]) {
        for (place, line) in numbered(path, text) {
            let line = line.trim_start();
            if line.starts_with("#[allow(") || line.starts_with("#![allow(") {
                complaints.push(format!("{place} allows; use `expect` with a reason"));
            }
        }
        let attributes = text
            .match_indices("#[expect(")
            .chain(text.match_indices("#![expect("));
        for (start, _) in attributes.filter(|(start, _)| is_attribute(text, *start)) {
            let attribute = text[start..].split(")]").next().unwrap_or_default();
            if !attribute.contains("reason") {
                let line = text[..start].matches('\n').count() + 1;
                complaints.push(format!("{path}:{line} expects without a reason"));
            }
        }
    }
    complaints
}

/// Whether only white space is before it on its line, so that it is no part of a string or comment.
fn is_attribute(text: &str, start: usize) -> bool {
    text[..start]
        .rsplit('\n')
        .next()
        .is_some_and(|before| before.trim().is_empty())
}

pub(super) fn crates_have_the_lints(tree: &Tree) -> Vec<String> {
    tree.iter()
        .filter(|(path, text)| path.ends_with("/Cargo.toml") && text.contains("[package]"))
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true"))
        .map(|(path, _)| format!("{path} has no `[lints] workspace = true`"))
        .collect()
}

/// No path below somebody's home, nor below this checkout.
pub(super) fn no_machine_paths(tree: &Tree) -> Vec<String> {
    let here = format!("{}/", repository::root().display());
    let is_path = |line: &str| {
        let mut folders = HOMES.into_iter().chain([here.as_str()]);
        folders.any(|folder| starts_a_path(line, folder))
    };
    let judged = tree
        .iter()
        .filter(|(path, _)| path.as_str() != "xtask/src/tidy/sources.rs");
    judged
        .flat_map(|(path, text)| numbered(path, text))
        .filter(|(_, line)| is_path(line))
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

/// Whether a line holds an absolute path below `folder`: not `https://host/home/` nor `./home/`.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-~/}".contains(c))
    })
}

/// What remains to be done belongs where people look for work.
pub(super) fn nothing_left_to_do(tree: &Tree) -> Vec<String> {
    ending_in(tree, &["rs", "js", "mjs", "css", "html", "sql", "toml"])
        .filter(|(path, _)| *path != "xtask/src/tidy/sources.rs")
        .flat_map(|(path, text)| numbered(path, text))
        .filter(|(_, line)| ["TODO", "FIXME", "XXX"].iter().any(|word| line.contains(word)))
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

pub(super) fn lines_end_cleanly(tree: &Tree) -> Vec<String> {
    // Snapshots hold what a program wrote, as it wrote it.
    let is_snapshot = |path: &str| {
        Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "snap")
    };
    let judged = tree.iter().filter(|(path, _)| !is_snapshot(path));
    let mut complaints = Vec::new();
    for (path, text) in judged {
        let untidy = |line: &str| line.ends_with([' ', '\t', '\r']);
        complaints.extend(
            numbered(path, text)
                .filter(|(_, line)| untidy(line))
                .map(|(place, _)| format!("{place} ends in white space")),
        );
        if !text.is_empty() && !text.ends_with('\n') {
            complaints.push(format!("{path} does not end with a new line"));
        }
    }
    complaints
}

/// A relay may move from one database to the other; both must be at the same point of the same history.
pub(super) fn migrations_are_paired(tree: &Tree) -> Vec<String> {
    let names = |backend: &str| -> BTreeSet<&str> {
        tree.keys()
            .filter_map(|path| {
                path.strip_prefix("migrations/")?
                    .strip_prefix(backend)?
                    .strip_prefix('/')
            })
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    let only_here = |name: &&str| format!("migrations: {name} is there for one database only");
    sqlite.symmetric_difference(&postgres).map(only_here).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn an_exception_without_a_reason_is_found() {
        let text = "#[allow(dead_code)]\nfn a() {}\n#[expect(\n    unused,\n    reason = \"so\"\n)]\nfn b() {}\n#[expect(unused)]\n\
                    fn c() {}\n// says #[expect(x)] in prose\n";
        let complaints = lint_exceptions_have_reasons(&tree(&[("a.rs", text)]));
        assert_eq!(
            complaints,
            [
                "a.rs:1 allows; use `expect` with a reason",
                "a.rs:8 expects without a reason"
            ]
        );
    }

    #[test]
    fn only_paths_of_a_machine_are_found() {
        let text = "cd /home/me\nhttps://example.org/home/x\n./home/x\n\"/Users/me\"\n";
        let here = format!("see {}/README.md", repository::root().display());
        let complaints = no_machine_paths(&tree(&[("a.md", text), ("b.md", &here)]));
        let own = format!("b.md:1: {here}");
        assert_eq!(complaints, ["a.md:1: cd /home/me", "a.md:4: \"/Users/me\"", &own]);
    }

    #[test]
    fn a_migration_of_one_database_only_is_found() {
        let tree = tree(&[
            ("migrations/sqlite/0001_a.sql", ""),
            ("migrations/postgres/0001_a.sql", ""),
            ("migrations/postgres/0002_b.sql", ""),
        ]);
        assert_eq!(
            migrations_are_paired(&tree),
            ["migrations: 0002_b.sql is there for one database only"]
        );
    }

    #[test]
    fn untidy_files_are_found() {
        let long = "\n".repeat(RUST_LINES + 1);
        let tree = tree(&[
            ("long.rs", long.as_str()),
            ("a.js", "'use strict';  \nconsole.log(1);"),
            ("b.js", "// @ts-check\n"),
            ("c/Cargo.toml", "[package]\n"),
        ]);
        assert_eq!(rust_files_are_short(&tree).len(), 1);
        assert_eq!(
            scripts_are_type_checked(&tree),
            ["a.js does not begin with `// @ts-check`"]
        );
        assert_eq!(scripts_leave_no_debugging(&tree), ["a.js:2: console.log(1);"]);
        assert_eq!(
            lines_end_cleanly(&tree),
            ["a.js:1 ends in white space", "a.js does not end with a new line"]
        );
        assert_eq!(
            crates_have_the_lints(&tree),
            ["c/Cargo.toml has no `[lints] workspace = true`"]
        );
    }
}
