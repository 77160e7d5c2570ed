//! The settings in a file, each with its line.
//!
//! Nothing here knows which settings there are: a key is the long name of a flag, and a table puts its name
//! before those of its keys (`[a] b = 1` is `a-b`).

use std::ffi::OsString;
use std::io;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sources::Complaint;

/// One setting of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The long name of the flag.
    pub(super) name: String,
    /// Its values, as they would stand behind the flag.
    pub(super) values: Vec<OsString>,
    /// The line of its key, from 1.
    pub(super) line: usize,
}

/// The settings of a file, in the order of their lines.
pub(super) fn read(
    path: &Path,
    files: impl Fn(&Path) -> io::Result<String>,
) -> Result<Vec<Entry>, Vec<Complaint>> {
    let text = files(path).map_err(|error| {
        vec![Complaint::new(
            path.display().to_string(),
            format!("the file with settings cannot be read: {error}"),
        )]
    })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Entry>, Vec<Complaint>> {
    let line_at = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let place = |line: usize| format!("{}:{line}", path.display());
    let table = DeTable::parse(text).map_err(|error| {
        let line = line_at(error.span().map_or(0, |span| span.start));
        vec![Complaint::new(place(line), error.message().to_owned())]
    })?;
    let mut found = Vec::new();
    flatten("", table.get_ref(), &mut found);
    let mut entries: Vec<Entry> = Vec::new();
    let mut complaints = Vec::new();
    found.sort_by_key(|(_, offset, _)| *offset);
    for (name, offset, value) in found {
        let line = line_at(offset);
        if let Some(first) = entries.iter().find(|entry| entry.name == name) {
            let problem = format!("`{name}` stands here and on line {}", first.line);
            complaints.push(Complaint::new(place(line), problem));
            continue;
        }
        match values(value) {
            Some(values) => entries.push(Entry { name, values, line }),
            None => complaints.push(Complaint::new(
                place(line),
                format!("`{name}` is a list of lists or tables; a list of plain values is right"),
            )),
        }
    }
    if complaints.is_empty() {
        Ok(entries)
    } else {
        Err(complaints)
    }
}

type Found<'a> = (String, usize, &'a DeValue<'a>);

fn flatten<'a>(before: &str, table: &'a DeTable<'a>, found: &mut Vec<Found<'a>>) {
    for (key, value) in table {
        let name = format!("{before}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => flatten(&format!("{name}-"), inner, found),
            plain => found.push((name, key.span().start, plain)),
        }
    }
}

fn values(value: &DeValue<'_>) -> Option<Vec<OsString>> {
    match value {
        DeValue::Array(values) => values.iter().map(Spanned::get_ref).map(text).collect(),
        value => Some(vec![text(value)?]),
    }
}

fn text(value: &DeValue<'_>) -> Option<OsString> {
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, Vec<OsString>, usize)>, String> {
        match parse(Path::new("relay.toml"), text) {
            Ok(entries) => Ok(entries
                .into_iter()
                .map(|entry| (entry.name, entry.values, entry.line))
                .collect()),
            Err(complaints) => Err(complaints
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")),
        }
    }

    #[test]
    fn a_table_puts_its_name_before_its_keys_and_every_key_has_its_line() {
        let text = "# settings\nlisten = \"127.0.0.1:1\"\nlist = [\"a\", 2]\n\n[rates]\nmessages = 1_000\nyes = true\n";
        let expected = [
            ("listen", vec!["127.0.0.1:1"], 2),
            ("list", vec!["a", "2"], 3),
            ("rates-messages", vec!["1000"], 6),
            ("rates-yes", vec!["true"], 7),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, values, line)| {
                (
                    name.to_owned(),
                    values.into_iter().map(OsString::from).collect::<Vec<_>>(),
                    line,
                )
            })
            .collect();
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn what_is_no_toml_or_stands_twice_is_named_with_its_line() {
        let broken = read("listen = 1\ndata = \"x\n").unwrap_err();
        assert!(broken.starts_with("relay.toml:2: "), "{broken}");
        let twice = read("a-b = 1\n[a]\nb = 2\n").unwrap_err();
        assert!(
            twice.contains("relay.toml:3: `a-b` stands here and on line 1"),
            "{twice}"
        );
        let lists = read("\nstun = [[1]]\n").unwrap_err();
        assert!(
            lists.contains("relay.toml:2: `stun` is a list of lists"),
            "{lists}"
        );
    }
}
