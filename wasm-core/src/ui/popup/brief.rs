//! What the popup asks of the writer: only whether it was done, which space came of it, how many tabs were left out, and
//! which saved tabs were found.
//! Reading no more than that keeps the popup small; the pages read whole answers with [`crate::ui::backend::ask`].

use protocol::{Colour, SpaceId};
use serde_json::Value;

use crate::ask::{Ask, SavedTab};
use crate::quiet;
use crate::ui::backend::Trouble;
use crate::ui::chrome_page;

/// Asks; the space of [`crate::ask::Answer::Space`] or [`crate::ask::Answer::Lacking`], if that was the answer, and how many
/// tabs were left out of what was saved.
///
/// # Errors
/// [`crate::ask::Answer::Problem`] as [`Trouble::Problem`], or [`Trouble::NoAnswer`].
pub async fn ask(ask: Ask) -> Result<(Option<SpaceId>, usize), Trouble> {
    let text = serde_json::to_string(&ask).map_err(|_| Trouble::NoAnswer)?;
    ask_as(&text).await
}

/// Asks what stands in a text, and answers as [`ask`].
///
/// # Errors
/// As [`ask`].
pub async fn ask_as(text: &str) -> Result<(Option<SpaceId>, usize), Trouble> {
    let answer = chrome_page::answer_of_writer(text)
        .await
        .ok_or(Trouble::NoAnswer)?;
    let Value::Object(mut answer) = answer else {
        return Ok((None, 0));
    };
    if let Some(problem) = answer.remove("problem") {
        return Err(quiet::read(problem).map_or(Trouble::NoAnswer, Trouble::Problem));
    }
    let lacking = answer.get("lacking");
    let space = lacking.map_or_else(|| answer.get("space"), |lacking| lacking.get("space"));
    let made = answer.get("library").and_then(|library| library.get("made"));
    let left_out = lacking
        .or(made)
        .and_then(|lacking| lacking.get("left_out"))
        .and_then(Value::as_u64)
        .and_then(|tabs| usize::try_from(tabs).ok());
    let space = space.and_then(Value::as_str).and_then(|space| space.parse().ok());
    Ok((space, left_out.unwrap_or(0)))
}

/// The saved tabs that are found, and those that are a page; none where nothing answers.
pub async fn find(text: &str, page: &str) -> [Vec<SavedTab>; 2] {
    let ask = Ask::Find {
        text: text.to_owned(),
        page: page.to_owned(),
    };
    let answer = match serde_json::to_string(&ask) {
        Ok(text) => chrome_page::answer_of_writer(&text).await,
        Err(_) => None,
    };
    let found = answer.as_ref().and_then(|answer| answer.get("found"));
    ["tabs", "same"].map(|list| {
        let tabs = found.and_then(|found| found.get(list)).and_then(Value::as_array);
        tabs.into_iter().flatten().filter_map(saved_tab).collect()
    })
}

fn saved_tab(value: &Value) -> Option<SavedTab> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    Some(SavedTab {
        space: text("space")?.parse().ok()?,
        tab: text("tab")?.parse().ok()?,
        title: text("title")?.to_owned(),
        url: text("url")?.to_owned(),
        name: text("name")?.to_owned(),
        colour: Colour::from_name(text("colour")?),
        chrome: value
            .get("chrome")
            .and_then(Value::as_i64)
            .and_then(|id| i32::try_from(id).ok()),
        removed: value.get("removed").is_some(),
    })
}
