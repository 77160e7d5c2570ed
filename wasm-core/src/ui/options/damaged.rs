//! Records that cannot be read: told, saved as a file, and only then removed. Nothing is shown while there are none.
//!
//! The page reads them itself, as the export does; the writer removes them.

use std::collections::BTreeMap;

use serde::Serialize;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::backup::download;
use crate::ask::Ask;
use crate::browser::store::Store;
use crate::browser::{Failure, clock};
use crate::language::Key;
use crate::library::backup::day_of;
use crate::library::engine::library_of;
use crate::record::DATABASE;
use crate::ui::backend::ask;
use crate::ui::parts::{Banner, Button, Kind, Tone};
use crate::ui::say::{count, say, say_with};

/// The file: each record's text under its key, as it stands on disk.
#[derive(Serialize)]
struct Damaged<'a> {
    format: &'static str,
    records: BTreeMap<&'a str, &'a str>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Shown {
    keys: Vec<String>,
    saved: bool,
    problem: Option<String>,
}

/// What cannot be read.
#[component]
pub fn DamagedRecords() -> Html {
    let shown = use_state(Shown::default);
    use_effect_with((), {
        let shown = shown.clone();
        move |()| {
            spawn_local(async move {
                // Storage that cannot be read at all is told by everything else on the page.
                if let Ok((_, keys)) = read().await {
                    shown.set(Shown {
                        keys,
                        ..Shown::default()
                    });
                }
            });
        }
    });
    let save = {
        let shown = shown.clone();
        move |_: MouseEvent| {
            let shown = shown.clone();
            spawn_local(async move {
                shown.set(match saved().await {
                    Ok(keys) => Shown {
                        keys,
                        saved: true,
                        problem: None,
                    },
                    Err(Failure(words)) => Shown {
                        problem: Some(say_with(Key::BrowserRefused, &[("words", &words)])),
                        ..(*shown).clone()
                    },
                });
            });
        }
    };
    let remove = {
        let shown = shown.clone();
        move |_: MouseEvent| {
            let (shown, now) = (shown.clone(), (*shown).clone());
            spawn_local(async move {
                shown.set(match ask(Ask::Discard(now.keys.clone())).await {
                    Ok(_) => Shown::default(),
                    Err(why) => Shown {
                        problem: Some(why.words()),
                        ..now
                    },
                });
            });
        }
    };
    if shown.keys.is_empty() {
        return Html::default();
    }
    html! {
        <section aria-labelledby="damaged-title" data-testid="damaged">
            <h2 id="damaged-title">{ say(Key::Damaged) }</h2>
            <Banner tone={Tone::Warning}>{ count(Key::DamagedRecords, shown.keys.len(), &[]) }</Banner>
            if let Some(words) = &shown.problem { <Banner tone={Tone::Danger}>{ words.clone() }</Banner> }
            <div class="buttons">
                <Button onclick={save} testid="save-damaged">{ say(Key::DamagedSave) }</Button>
                if shown.saved {
                    <Button kind={Kind::Danger} onclick={remove} testid="remove-damaged">{ say(Key::DamagedRemove) }</Button>
                }
            </div>
        </section>
    }
}

async fn read() -> Result<(Vec<(String, String)>, Vec<String>), Failure> {
    let records = Store::open(DATABASE).await?.load_present().await?;
    let keys = library_of(&records).1;
    Ok((records, keys))
}

async fn saved() -> Result<Vec<String>, Failure> {
    let (records, keys) = read().await?;
    let damaged = Damaged {
        format: "tabspace-damaged",
        records: records
            .iter()
            .filter(|(key, _)| keys.contains(key))
            .map(|(key, text)| (key.as_str(), text.as_str()))
            .collect(),
    };
    let text = serde_json::to_string_pretty(&damaged).map_err(|error| Failure(error.to_string()))?;
    download(&text, &format!("tabspace-damaged-{}.json", day_of(clock::now())))?;
    Ok(keys)
}
