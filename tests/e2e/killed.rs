//! The browser is killed, as by a power cut, while windows are saved: between the click and the answer, and just after it.
//!
//! `TABSPACE_BROWSER_KILLS` says how often, `TABSPACE_SEED` repeats a run.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::dice::Dice;
use tabspace_tests::people::World;
use tabspace_tests::{Failure, Result};

use crate::asking::Extension;

/// Kills when nothing else is said.
const KILLS: u64 = 3;

fn kills() -> u64 {
    std::env::var("TABSPACE_BROWSER_KILLS").map_or(KILLS, |text| {
        text.parse().expect("TABSPACE_BROWSER_KILLS is a number")
    })
}

async fn spaces(extension: &Extension) -> Result<Vec<Value>> {
    let answer = extension.ask(json!({ "library": "shelves" })).await?;
    let spaces = answer["library"]["shelves"].as_array().cloned();
    spaces.ok_or_else(|| Failure(format!("no spaces but {answer}")))
}

/// Title and address of each tab of a window. Each has its own pages: one that looks as another did before a kill is taken
/// for that one.
fn tabs(world: &World, number: u64) -> Vec<(String, String)> {
    let pages = [2 * number, 2 * number + 1];
    let tab = |page: u64| (format!("Page {page}"), world.site.page(&format!("/page/{page}")));
    pages.map(tab).to_vec()
}

/// What is kept of the tabs of a space.
fn kept(space: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = space["items"].as_array().into_iter().flatten();
    items
        .map(|item| (text(&item["tab"]["title"]), text(&item["tab"]["url"])))
        .collect()
}

/// A window whose pages have loaded.
async fn window(world: &World, extension: &Extension, number: u64) -> Result<Value> {
    let pages: Vec<String> = tabs(world, number).into_iter().map(|(_, url)| url).collect();
    let create = format!(
        "chrome.windows.create({{ url: {} }}).then(({{ id }}) => id)",
        json!(pages)
    );
    let window = extension.page.evaluate(&create).await?;
    let loaded = format!(
        "chrome.tabs.query({{ windowId: {window} }}).then(tabs => tabs.every(({{ status }}) => status === 'complete'))"
    );
    extension.page.wait_for(&loaded, "the pages to load").await?;
    Ok(window)
}

/// How many microseconds a save takes, from the click to the answer.
async fn save_takes_us(extension: &Extension, save: &Value) -> Result<u64> {
    let timed = format!(
        "(async () => {{ const begun = performance.now(); await {}; return Math.ceil(1000 * (performance.now() - begun)); }})()",
        Extension::sends(save)
    );
    let took = extension.page.evaluate(&timed).await?;
    took.as_u64().ok_or_else(|| Failure(format!("{took} is no time")))
}

/// How often the browser was killed when, and what came of it.
#[derive(Debug, Default)]
struct Kills {
    after_the_answer: u64,
    before_it_and_saved: u64,
    before_it_and_not_saved: u64,
}

#[tokio::test]
async fn what_was_said_to_be_saved_is_there_whenever_the_browser_is_killed() -> Result<()> {
    let mut dice = Dice::announced("kills of the browser");
    let mut world = World::new("killed", &[]).await?;
    let (mut saved, mut kills_done) = (Vec::new(), Kills::default());
    // The relay is known, and hears nothing of what is saved.
    let asked_of_relay = world.relay.requests().await?;
    for round in 0..kills() {
        let extension = Extension::open(&world).await?;
        // One that is not disturbed tells how long the next one takes.
        let undisturbed = window(&world, &extension, 2 * round).await?;
        let first = json!({ "save_window": { "window": undisturbed, "name": format!("Whole {round}") } });
        let takes_us = save_takes_us(&extension, &first).await?;
        saved.push((format!("Whole {round}"), 2 * round));

        let name = format!("Round {round}");
        let window = window(&world, &extension, 2 * round + 1).await?;
        let save = json!({ "save_window": { "window": window, "name": name } });
        // Most kills come before the answer.
        let moment = Duration::from_micros(dice.below(takes_us * 5 / 4));
        let answer = tokio::time::timeout(moment, extension.ask(save)).await;
        let acknowledged = match answer {
            Ok(answer) => !answer?["space"].is_null(),
            Err(_) => false,
        };
        drop(extension);
        world = world.kill_host().await?;

        let extension = Extension::open(&world).await?;
        let there = spaces(&extension).await?;
        let of_name = |name: &str| there.iter().filter(|space| space["name"] == name).count();
        let is_there = of_name(&name);
        eprintln!(
            "round {round}: a save takes {takes_us} µs, killed after at most {moment:?}, acknowledged: {acknowledged}, there: {is_there}"
        );
        match (acknowledged, is_there) {
            (true, _) => kills_done.after_the_answer += 1,
            (false, 0) => kills_done.before_it_and_not_saved += 1,
            (false, _) => kills_done.before_it_and_saved += 1,
        }
        // What nobody was told of is there whole, or not at all.
        if acknowledged || is_there > 0 {
            saved.push((name, 2 * round + 1));
        }
        for (name, number) in &saved {
            assert_eq!(of_name(name), 1, "{name} was saved: {there:?}");
            let space = there.iter().find(|space| space["name"] == *name);
            assert_eq!(space.map(kept), Some(tabs(&world, *number)), "the tabs of {name}");
        }
        assert_eq!(
            there.len(),
            saved.len(),
            "nothing else, and nothing twice: {there:?}"
        );
    }
    assert_eq!(
        world.relay.requests().await?,
        asked_of_relay,
        "saving uploads nothing"
    );
    eprintln!("{kills_done:?}");
    Ok(())
}
