//! What a browser leaves behind for who wants to understand a failure: pictures, and its last words.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::{Failure, Result};

/// Lines of the console that are told.
const LAST_LINES: usize = 20;

/// Writes the picture (PNG) of a browser's answer, whose `data` is in base64.
pub(crate) fn write_picture(answer: &Value, path: &Path) -> Result<()> {
    let picture = STANDARD
        .decode(answer["data"].as_str().unwrap_or_default())
        .map_err(|error| Failure(format!("the browser's picture: {error}")))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, picture).map_err(|error| Failure(format!("{}: {error}", path.display())))
}

/// A failure with the picture, when one could be taken, and the end of the console.
pub(crate) fn explained(
    failure: &Failure,
    picture: &Path,
    taken: &Result<()>,
    console: &[String],
) -> Failure {
    let taken = taken.is_ok().then(|| format!("picture: {}", picture.display()));
    let last = &console[console.len().saturating_sub(LAST_LINES)..];
    let lines = [failure.to_string()].into_iter().chain(taken);
    let lines = lines.chain(last.iter().map(|line| format!("console {line}")));
    Failure(lines.collect::<Vec<_>>().join("\n  "))
}
