//! Rules about the extension as Chrome reads it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Tree;

/// Every permission costs trust, so each says in docs/permissions.md what it is for.
pub(super) fn permissions_are_justified(tree: &Tree) -> Vec<String> {
    let Ok(manifest) = manifest(tree) else {
        return vec!["manifest.json is no JSON".to_owned()];
    };
    let Some(page) = tree.get("docs/permissions.md") else {
        return vec!["docs/permissions.md is missing".to_owned()];
    };
    let lists = [
        "permissions",
        "optional_permissions",
        "host_permissions",
        "optional_host_permissions",
    ];
    let asked: BTreeSet<&str> = lists
        .iter()
        .filter_map(|list| manifest[*list].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let unjustified = asked
        .into_iter()
        .filter(|permission| !page.contains(&format!("`{permission}`")));
    unjustified
        .map(|permission| format!("docs/permissions.md says nothing about `{permission}`"))
        .collect()
}

/// No incognito window is ever seen: Chrome itself keeps them from an extension that says so, and asks nobody.
pub(super) fn incognito_is_not_seen(tree: &Tree) -> Vec<String> {
    match manifest(tree) {
        Ok(manifest) if manifest["incognito"] == "not_allowed" => Vec::new(),
        Ok(manifest) => vec![format!(
            "manifest.json says {} of incognito windows, not \"not_allowed\"",
            manifest["incognito"]
        )],
        Err(problem) => vec![problem],
    }
}

/// There is one version, the workspace's.
pub(super) fn version_is_the_workspace_s(tree: &Tree) -> Vec<String> {
    let ours = crate::repository::version();
    match manifest(tree) {
        Ok(manifest) if manifest["version"] == ours => Vec::new(),
        Ok(manifest) => vec![format!(
            "manifest.json says {}, Cargo.toml {ours}",
            manifest["version"]
        )],
        Err(problem) => vec![problem],
    }
}

/// A message that one language lacks is shown as nothing at all.
pub(super) fn languages_are_complete(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut languages = Vec::new();
    for (path, text) in tree
        .iter()
        .filter(|(path, _)| path.starts_with("extension/_locales/"))
    {
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(messages)) => {
                languages.push((path, messages.keys().cloned().collect::<BTreeSet<_>>()));
            }
            _ => complaints.push(format!("{path} holds no messages")),
        }
    }
    let all: BTreeSet<String> = languages.iter().flat_map(|(_, names)| names.clone()).collect();
    for (path, names) in languages {
        complaints.extend(all.difference(&names).map(|name| format!("{path} lacks {name}")));
    }
    complaints
}

fn manifest(tree: &Tree) -> Result<Value, String> {
    let text = tree.get("manifest.json").ok_or("manifest.json is missing")?;
    serde_json::from_str(text).map_err(|error| format!("manifest.json is no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_permission_without_a_reason_is_found() {
        let manifest = r#"{ "permissions": ["tabs"], "optional_permissions": ["tabCapture"] }"#;
        let tree = tree(&[
            ("manifest.json", manifest),
            ("docs/permissions.md", "`tabs`: to list them"),
        ]);
        assert_eq!(
            permissions_are_justified(&tree),
            ["docs/permissions.md says nothing about `tabCapture`"]
        );
    }

    #[test]
    fn an_extension_that_may_see_incognito_windows_is_found() {
        let of = |manifest: &str| incognito_is_not_seen(&tree(&[("manifest.json", manifest)]));
        assert!(of(r#"{ "incognito": "not_allowed" }"#).is_empty());
        for manifest in [r#"{ "incognito": "split" }"#, "{}", "no JSON"] {
            assert_eq!(of(manifest).len(), 1, "{manifest}");
        }
    }

    #[test]
    fn a_message_that_one_language_lacks_is_found() {
        let tree = tree(&[
            (
                "extension/_locales/en/messages.json",
                r#"{ "name": {}, "share": {} }"#,
            ),
            ("extension/_locales/de/messages.json", r#"{ "name": {} }"#),
        ]);
        assert_eq!(
            languages_are_complete(&tree),
            ["extension/_locales/de/messages.json lacks share"]
        );
    }

    #[test]
    fn another_version_is_found() {
        let complaints = version_is_the_workspace_s(&tree(&[("manifest.json", r#"{ "version": "99.0" }"#)]));
        assert_eq!(complaints.len(), 1);
    }
}
