//! Rules about what others wrote and we ship.

use serde_json::Value;

use crate::repository::{read_text, root};
use crate::shell::{Result, cargo};

/// Every dependency must be usable under a licence that deny.toml allows.
pub(super) fn are_allowed() -> Result<Vec<String>> {
    let metadata = cargo()
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let configuration = read_text(&root().join("deny.toml"))?;
    let packages = metadata["packages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let complaints = packages.iter().filter_map(|package| {
        let text = |field: &str| package[field].as_str().unwrap_or("none");
        let (name, licence) = (text("name"), text("license"));
        let allowed = allowed_in(&configuration, name);
        (!satisfies(licence, &allowed)).then(|| format!("{name} {}: {licence}", text("version")))
    });
    Ok(complaints.collect())
}

/// What the section `[licenses]` allows to a package: the list for all, and the exceptions made for it.
fn allowed_in(configuration: &str, package: &str) -> Vec<String> {
    let section = configuration.split("[licenses]").nth(1).unwrap_or_default();
    let quoted =
        |text: &str| -> Vec<String> { text.split('"').skip(1).step_by(2).map(str::to_owned).collect() };
    let list = |name: &str, end: &str| {
        let list = section.split(&format!("\n{name} = [")).nth(1).unwrap_or_default();
        list.split(end).next().unwrap_or_default().to_owned()
    };
    let exceptions = list("exceptions", "\n]");
    let own = exceptions
        .lines()
        .map(quoted)
        .filter(|words| words.first().is_some_and(|name| name == package));
    quoted(&list("allow", "]"))
        .into_iter()
        .chain(own.flat_map(|words| words.into_iter().skip(1)))
        .collect()
}

/// Whether an SPDX expression can be met with the allowed licences. The slash is what crates wrote for OR
/// before there was SPDX; AND binds tighter than OR, and brackets group.
fn satisfies(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (outcome, rest) = any_of(&words, allowed);
    outcome && rest.is_empty()
}

fn any_of<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let (mut outcome, mut rest) = all_of(words, allowed);
    while let ["OR", after @ ..] = rest {
        let (next, after) = all_of(after, allowed);
        (outcome, rest) = (outcome | next, after);
    }
    (outcome, rest)
}

fn all_of<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let (mut outcome, mut rest) = one_of(words, allowed);
    while let ["AND", after @ ..] = rest {
        let (next, after) = one_of(after, allowed);
        (outcome, rest) = (outcome & next, after);
    }
    (outcome, rest)
}

fn one_of<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let is_allowed = |licence: &str| allowed.iter().any(|known| known == licence);
    match words {
        ["(", inside @ ..] => match any_of(inside, allowed) {
            (outcome, [")", rest @ ..]) => (outcome, rest),
            (_, rest) => (false, rest),
        },
        [licence, "WITH", exception, rest @ ..] => (is_allowed(&format!("{licence} WITH {exception}")), rest),
        [licence, rest @ ..] => (is_allowed(licence), rest),
        [] => (false, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_met_or_not() {
        let configuration = "[bans]\nallow = [\"no\"]\n[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n\
                             exceptions = [\n  { crate = \"macro\", allow = [\"MPL-2.0\"] },\n]\n";
        let allowed = allowed_in(configuration, "other");
        assert_eq!(allowed, ["MIT", "ISC"]);
        assert_eq!(allowed_in(configuration, "macro"), ["MIT", "ISC", "MPL-2.0"]);
        for met in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "MIT AND ISC",
            "(GPL-3.0 OR ISC) AND MIT",
        ] {
            assert!(satisfies(met, &allowed), "{met}");
        }
        for unmet in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "none",
            "",
            "(MIT",
            "MIT WITH strings",
        ] {
            assert!(!satisfies(unmet, &allowed), "{unmet}");
        }
    }
}
