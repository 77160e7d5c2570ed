//! What the popup asks of the writer: only whether it was done, and which space came of it. Reading no more
//! than that keeps the popup small; the pages read whole answers with [`crate::ui::backend::ask`].

use protocol::SpaceId;
use serde_json::Value;

use crate::ask::Ask;
use crate::quiet;
use crate::ui::backend::Trouble;
use crate::ui::chrome_page;

/// Asks; the space of [`crate::ask::Answer::Space`], if that was the answer.
///
/// # Errors
/// [`crate::ask::Answer::Problem`] as [`Trouble::Problem`], or [`Trouble::NoAnswer`].
pub async fn ask(ask: Ask) -> Result<Option<SpaceId>, Trouble> {
    let text = serde_json::to_string(&ask).map_err(|_| Trouble::NoAnswer)?;
    let answer = chrome_page::answer_of_writer(&text)
        .await
        .ok_or(Trouble::NoAnswer)?;
    let Value::Object(mut answer) = answer else {
        return Ok(None);
    };
    if let Some(problem) = answer.remove("problem") {
        return Err(quiet::read(problem).map_or(Trouble::NoAnswer, Trouble::Problem));
    }
    Ok(answer
        .get("space")
        .and_then(Value::as_str)
        .and_then(|space| space.parse().ok()))
}
