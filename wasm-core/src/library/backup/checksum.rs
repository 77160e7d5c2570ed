//! Checksums of JSON objects that carry their own: the SHA-256 of the object without white space between its tokens
//! and without its last member, `"sha256"`.

use sha2::{Digest, Sha256};

const MEMBER: &str = "\"sha256\"";

/// What an object's checksum says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// It has none.
    Missing,
    /// It is as it was written.
    Holds,
    /// It is not.
    Wrong,
}

/// The checksum of the object that begins like this; the brace at its end is added.
pub(super) fn of(beginning: &str) -> String {
    let mut hash = Sha256::new();
    pieces(beginning, |piece| hash.update(piece));
    hash.update("}");
    hex(&hash.finalize())
}

/// Whether an object is what its checksum says.
pub(super) fn check(object: &str) -> Check {
    let Some(at) = object.rfind(MEMBER) else {
        return Check::Missing;
    };
    let stated = object[at + MEMBER.len()..]
        .trim()
        .strip_prefix(':')
        .and_then(|rest| rest.trim_end().strip_suffix('}'))
        .map(str::trim)
        .and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    let before = object[..at].trim_end().strip_suffix(',');
    match (stated, before) {
        (Some(stated), Some(before)) if stated == of(before) => Check::Holds,
        _ => Check::Wrong,
    }
}

/// JSON without the white space between its tokens.
pub(super) fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    pieces(json, |piece| text.push_str(piece));
    text
}

/// Calls back with what lies between the white space outside of strings.
fn pieces(json: &str, mut piece: impl FnMut(&str)) {
    let (mut from, mut in_string, mut escaped) = (0, false, false);
    for (at, byte) in json.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            piece(&json[from..at]);
            from = at + 1;
        } else {
            in_string = byte == b'"';
        }
    }
    piece(&json[from..]);
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_between_tokens_does_not_count_and_everything_else_does() {
        let beginning = r#"{"a": "x \" y", "b": [1, 2]"#;
        let sum = of(beginning);
        assert_eq!(sum, of("{\n\t\"a\":\"x \\\" y\",\"b\":[1,2]"));
        let whole = format!("{beginning},\n  \"sha256\": \"{sum}\"\n}}");
        assert_eq!(check(&whole), Check::Holds);
        assert_eq!(check(&compact(&whole)), Check::Holds);
        for (from, to) in [
            ("x \\\" y", "x \\\"  y"),
            ("[1, 2]", "[12]"),
            ("\n}", "0\n}"),
            ("{", ""),
        ] {
            assert_eq!(check(&whole.replacen(from, to, 1)), Check::Wrong, "{from}");
        }
        assert_eq!(check("{}"), Check::Missing);
        assert_eq!(check("\"sha256\""), Check::Wrong);
    }
}
