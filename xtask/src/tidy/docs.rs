//! Rules about prose.

use super::{Tree, ending_in, numbered};

/// A document that names a file that is gone misleads; so every path in code type or behind a link must exist.
/// Paths are recognised by their first folder or, at the root, by their ending.
pub(super) fn name_files_that_exist(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (document, text) in ending_in(tree, &["md"]) {
        // What is quoted in a block is a session or an example, not a reference.
        let mut in_block = false;
        for (place, line) in numbered(document, text) {
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            }
            if in_block {
                continue;
            }
            let named = in_code_type(line)
                .filter(|word| looks_like_a_path(tree, word))
                .map(str::to_owned);
            let linked = link_targets(line).filter_map(|link| resolve(document, link));
            for path in named.chain(linked) {
                if !exists(tree, &path) {
                    complaints.push(format!("{place} names {path}, which does not exist"));
                }
            }
        }
    }
    complaints
}

/// The document and the heading under which a table names the tests of each promise.
const PROMISES: (&str, &str) = (
    "ARCHITECTURE.md",
    "## Promises and the tests that try to break them",
);

/// A promise without a test is a hope: every row of the table names some, and each is a function that exists.
pub(super) fn promises_name_tests(tree: &Tree) -> Vec<String> {
    let (document, heading) = PROMISES;
    let text = tree.get(document).map_or("", String::as_str);
    let rows = numbered(document, text)
        .skip_while(|(_, line)| *line != heading)
        .skip(1)
        .take_while(|(_, line)| !line.starts_with("## "))
        .filter(|(_, line)| line.starts_with("| ") && line.contains(". "));
    let mut complaints = Vec::new();
    let mut count = 0;
    for (place, row) in rows {
        count += 1;
        let mut tests = in_code_type(row).peekable();
        if tests.peek().is_none() {
            complaints.push(format!("{place} names no test"));
        }
        for test in tests {
            let function = format!("fn {test}(");
            if !ending_in(tree, &["rs"]).any(|(_, source)| source.contains(&function)) {
                complaints.push(format!("{place} names the test {test}, which does not exist"));
            }
        }
    }
    if count == 0 {
        complaints.push(format!("{document} has no table under \"{heading}\""));
    }
    complaints
}

fn in_code_type(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// Whether a word is meant as a file of this repository.
fn looks_like_a_path(tree: &Tree, word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if word.starts_with('/') || word.ends_with("://") || !word.chars().all(plain) {
        return false;
    }
    match word.split_once('/') {
        Some((first, _)) => tree
            .keys()
            .any(|path| path.split_once('/').is_some_and(|(top, _)| top == first)),
        None => [".md", ".toml"]
            .iter()
            .any(|ending| word.ends_with(ending) && word.len() > ending.len()),
    }
}

/// A link's target as a path from the root; `None` for one that leaves the repository.
fn resolve(document: &str, link: &str) -> Option<String> {
    let link = link.split(['#', ' ']).next().unwrap_or_default();
    if link.is_empty() || link.contains(':') {
        return None;
    }
    let mut folders: Vec<&str> = document.split('/').collect();
    folders.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

fn exists(tree: &Tree, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let as_folder = format!("{path}/");
    // Files that are not text are not in the tree.
    tree.contains_key(path)
        || tree.keys().any(|known| known.starts_with(&as_folder))
        || crate::repository::root().join(path).exists()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_document_may_only_name_what_is_there() {
        let tree = tree(&[
            (
                "docs/guide.md",
                "See `relay/src/here.rs`, `relay/src/gone.rs`, [a](../relay/) and [b](lost.md).\n\
              `application/json`, `GET /api`, `https://` and [c](https://example.org/x.md) are no files.\n\
              ```\n`relay/src/example.rs`\n```\n`GONE.md`",
            ),
            ("relay/src/here.rs", ""),
        ]);
        let complaints = name_files_that_exist(&tree);
        assert_eq!(
            complaints,
            [
                "docs/guide.md:1 names relay/src/gone.rs, which does not exist",
                "docs/guide.md:1 names docs/lost.md, which does not exist",
                "docs/guide.md:6 names GONE.md, which does not exist",
            ]
        );
    }

    #[test]
    fn a_promise_without_a_test_is_found() {
        let table = "## Promises and the tests that try to break them\n| promise | attacked by |\n|---|---|\n\
                     | 1. It holds. | `it_holds`, `it_holds_twice` |\n| 2. It is quick. | |\n\n## Next\n| 3. No. | |\n";
        let sources = "fn it_holds() {}";
        let complaints = promises_name_tests(&tree(&[("ARCHITECTURE.md", table), ("a.rs", sources)]));
        assert_eq!(
            complaints,
            [
                "ARCHITECTURE.md:4 names the test it_holds_twice, which does not exist",
                "ARCHITECTURE.md:5 names no test",
            ]
        );
        assert_eq!(promises_name_tests(&tree(&[])).len(), 1);
    }
}
