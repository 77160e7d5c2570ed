//! The icons' drawings, taken from Lucide as it is released on npm.
//!
//! `wasm-core/src/ui/parts/icon.rs` says which are needed (`lucide::ARROW_LEFT`); [`write()`] puts exactly those
//! into the file beside it and the licence into what is shipped, and [`check`] compares both with the release.
//! The popup's page shows one icon before its code runs; that one is drawn there.
//! An icon's shapes become one path: one element on the page for each icon, and no markup to be parsed there.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::repository::{self, Files, read_text, root};
use crate::setup;
use crate::shell::Result;

const NAMED_IN: &str = "wasm-core/src/ui/parts/icon.rs";
const DRAWN_IN: &str = "wasm-core/src/ui/parts/icon/lucide.rs";
const SHELL: (&str, &str) = ("extension/popup.html", "search");
const LICENCE: &str = "extension/icons/LICENSE-lucide.txt";

/// What rustfmt keeps on one line.
const LINE_CHARS: usize = 110;

/// Writes the drawings and the licence.
pub(crate) fn write() -> Result<()> {
    files()?
        .iter()
        .try_for_each(|(path, bytes)| repository::write(&root().join(path), bytes))
}

/// Complains when what is in the repository is not what [`write()`] would write.
pub(crate) fn check() -> Result<()> {
    for (path, wanted) in files()? {
        let found = repository::read(&root().join(&path)).unwrap_or_default();
        if found != wanted {
            let path = path.display();
            return Err(format!("{path} is not as released; run `cargo xtask icons`"));
        }
    }
    Ok(())
}

fn files() -> Result<Files> {
    let release = setup::lucide()?;
    let shapes: Value = serde_json::from_str(&read_text(&release.join("icon-nodes.json"))?)
        .map_err(|error| format!("icon-nodes.json: {error}"))?;
    let named = names_in(&read_text(&root().join(NAMED_IN))?);
    let drawings = table(&named, &shapes)?;
    let licence = repository::read(&release.join("LICENSE"))?;
    let (shell, icon) = SHELL;
    let page = redrawn(&read_text(&root().join(shell))?, &drawing(icon, &shapes)?);
    Ok(Files::from([
        (DRAWN_IN.into(), drawings.into_bytes()),
        (shell.into(), page.into_bytes()),
        (LICENCE.into(), licence),
    ]))
}

/// The constants that a source file takes from the table.
fn names_in(source: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let after = source.split("lucide::").skip(1);
    after
        .map(|text| text.chars().take_while(|c| is_part(*c)).collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}

fn table(names: &BTreeSet<String>, shapes: &Value) -> Result<String> {
    let mut text = format!(
        "//! Drawings of Lucide {}, on a grid of 24, to be stroked. Its licence is ISC and, for some, MIT:\n\
         //! `{LICENCE}`. Written by `cargo xtask icons`; do not edit.\n",
        setup::LUCIDE.1
    );
    for name in names {
        let path = drawing(&name.to_lowercase().replace('_', "-"), shapes)?;
        let (name, value) = (format!("pub(super) const {name}: &str ="), format!("\"{path}\";"));
        let gap = gap_between(&name, &value);
        text.extend(["\n", &name, gap, &value]);
    }
    Ok(text + "\n")
}

/// An icon as one path.
fn drawing(icon: &str, shapes: &Value) -> Result<String> {
    let nodes = shapes[icon]
        .as_array()
        .ok_or_else(|| format!("Lucide has no icon `{icon}`"))?;
    let paths: Result<String> = nodes.iter().map(path_of).collect();
    paths.map_err(|problem| format!("{icon}: {problem}"))
}

/// A page whose one drawing is this path.
fn redrawn(page: &str, path: &str) -> String {
    let mark = "<path d=\"";
    match page.split_once(mark) {
        Some((before, drawn)) => {
            let after = drawn.find('"').map_or("", |end| &drawn[end..]);
            [before, mark, path, after].concat()
        }
        None => page.to_owned(),
    }
}

/// What rustfmt puts before a value: a new line when that makes it fit.
fn gap_between(name: &str, value: &str) -> &'static str {
    let below = "\n    ";
    let fits = |chars: usize| chars <= LINE_CHARS;
    if !fits(name.len() + 1 + value.len()) && fits(below.trim_start_matches('\n').len() + value.len()) {
        below
    } else {
        " "
    }
}

/// One shape, as `["circle", {"cx": "12", …}]`, as part of a path.
fn path_of(node: &Value) -> Result<String> {
    let shape = node[0].as_str().unwrap_or_default();
    let attributes = node[1].as_object().ok_or("a shape without attributes")?;
    let known: &[&str] = match shape {
        "path" => &["d"],
        "circle" => &["cx", "cy", "r"],
        "line" => &["x1", "y1", "x2", "y2"],
        "rect" => &["x", "y", "width", "height", "rx", "ry"],
        other => return Err(format!("no rule makes a path of `{other}`")),
    };
    if let Some(other) = attributes.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("`{shape}` with `{other}` is not only stroked"));
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let number = |name: &str| -> Result<f64> {
        let number = text(name).and_then(|text| text.parse().ok());
        number.ok_or_else(|| format!("`{shape}` has no number `{name}`"))
    };
    Ok(match shape {
        "path" => absolute(text("d").unwrap_or_default())?,
        "circle" => {
            let (x, y, r) = (number("cx")?, number("cy")?, number("r")?);
            let half = |way: &str| format!("a{r} {r} 0 1 0 {way}{} 0", 2.0 * r);
            format!("M{} {y}{}{}z", x - r, half(""), half("-"))
        }
        "line" => {
            let (from, to) = ((number("x1")?, number("y1")?), (number("x2")?, number("y2")?));
            format!("M{} {}L{} {}", from.0, from.1, to.0, to.1)
        }
        _ => {
            let r = number("rx")?;
            if text("ry").is_some_and(|ry| text("rx") != Some(ry)) {
                return Err("a corner that is not round".to_owned());
            }
            let (left, top) = (number("x")? + r, number("y")?);
            let (across, down) = (number("width")? - 2.0 * r, number("height")? - 2.0 * r);
            let corner = |x: &str, y: &str| format!("a{r} {r} 0 0 1 {x}{r} {y}{r}");
            let [first, second] = [corner("", ""), corner("-", "")];
            let [third, fourth] = [corner("-", "-"), corner("", "-")];
            format!("M{left} {top}h{across}{first}v{down}{second}h-{across}{third}v-{down}{fourth}z")
        }
    })
}

/// A path's own first step may be relative, which before another path would be relative to that one's end.
fn absolute(path: &str) -> Result<String> {
    if path.starts_with('M') {
        return Ok(path.to_owned());
    }
    let numbers = path.strip_prefix('m').ok_or("a path that begins nowhere")?;
    let (_, after_x) = split_number(numbers)?;
    let (_, rest) = split_number(after_x)?;
    let start = &numbers[..numbers.len() - rest.len()];
    let rest = rest.trim_start();
    // More numbers are lines, still relative ones.
    let lines = rest.starts_with(|c: char| c.is_ascii_digit() || "-.".contains(c));
    Ok(format!("M{start}{}{rest}", if lines { "l" } else { "" }))
}

/// A number, as paths write it, and what follows.
fn split_number(text: &str) -> Result<(&str, &str)> {
    let text = text.trim_start_matches([' ', ',']);
    let mut point = false;
    let end = text.char_indices().find(|(at, c)| {
        let belongs = c.is_ascii_digit() || (*at == 0 && *c == '-') || (*c == '.' && !point);
        point |= *c == '.';
        !belongs
    });
    let at = end.map_or(text.len(), |(at, _)| at);
    if text[..at].parse::<f64>().is_err() {
        return Err(format!("a path with no number at `{text}`"));
    }
    Ok(text.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_shape_becomes_a_path() {
        let path = |node: Value| path_of(&node).expect("a path");
        assert_eq!(
            path(json!(["circle", {"cx": "12", "cy": "12", "r": "3"}])),
            "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"
        );
        assert_eq!(
            path(json!(["line", {"x1": "8.59", "x2": "15.42", "y1": "13.51", "y2": "17.49"}])),
            "M8.59 13.51L15.42 17.49"
        );
        assert_eq!(
            path(json!(["rect", {"width": "14", "height": "12", "x": "8", "y": "4", "rx": "2", "ry": "2"}])),
            "M10 4h10a2 2 0 0 1 2 2v8a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2v-8a2 2 0 0 1 2 -2z"
        );
    }

    #[test]
    fn a_path_that_begins_relatively_can_follow_another() {
        let path = |d: &str| absolute(d).expect("a path");
        assert_eq!(path("m12 19-7-7 7-7"), "M12 19l-7-7 7-7");
        assert_eq!(
            path("m21.73 18-8-14a2 2 0 0 0-3.48 0"),
            "M21.73 18l-8-14a2 2 0 0 0-3.48 0"
        );
        assert_eq!(path("m-.5.5h3"), "M-.5.5h3");
        assert_eq!(path("M19 12H5"), "M19 12H5");
        assert!(absolute("h3").is_err() && absolute("m3").is_err());
    }

    #[test]
    fn what_would_be_drawn_otherwise_is_refused() {
        let dot = json!(["circle", {"cx": "1", "cy": "1", "r": "1", "fill": "currentColor"}]);
        assert_eq!(
            path_of(&dot),
            Err("`circle` with `fill` is not only stroked".to_owned())
        );
        assert!(path_of(&json!(["text", {}])).is_err());
        assert!(
            path_of(
                &json!(["rect", {"x": "1", "y": "1", "width": "1", "height": "1", "rx": "1", "ry": "2"}])
            )
            .is_err()
        );
    }

    #[test]
    fn the_drawing_of_a_page_is_replaced() {
        let page = "<svg class=\"icon\"><path d=\"M1 1\"></path></svg><input id=\"search\">";
        assert_eq!(
            redrawn(page, "M2 2"),
            "<svg class=\"icon\"><path d=\"M2 2\"></path></svg><input id=\"search\">"
        );
    }

    #[test]
    fn the_table_has_what_is_named_and_no_more() {
        let names = names_in("use lucide; lucide::X_2, lucide::X_2 | lucide::ARROW }");
        let shapes =
            json!({"arrow": [["path", {"d": "M1 1"}], ["path", {"d": "m2 2"}]], "x-2": [], "other": []});
        let table = table(&names, &shapes).expect("a table");
        assert!(
            table.ends_with("do not edit.\n\npub(super) const ARROW: &str = \"M1 1M2 2\";\npub(super) const X_2: &str = \"\";\n"),
            "{table}"
        );
        let problem = super::table(&names_in("lucide::GONE"), &shapes);
        assert_eq!(problem, Err("Lucide has no icon `gone`".to_owned()));
    }
}
