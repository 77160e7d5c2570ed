//! Backups in a folder: the person picks it here, allows it again when the browser wants that, and reads when a
//! backup was last proven. The worker writes the files.

use protocol::{DeviceId, Millis};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::backup::{BYTES_PER_MB, Report, import_bytes, report_of};
use crate::ask::folder::{FolderAsk, FolderState};
use crate::ask::{Answer, Ask};
use crate::browser::Failure;
use crate::browser::folder::{Folder, Kept};
use crate::browser::store::Store;
use crate::language::Key;
use crate::library::backup::FILE_BYTES;
use crate::library::backup::folder::latest_of_others;
use crate::library::backup::folder::standing::{Mishap, Standing, Why};
use crate::record::{DATABASE, DEVICE_KEY};
use crate::ui::backend::{Trouble, ask};
use crate::ui::parts::{Banner, Button, Tone};
use crate::ui::say::{count, number, say, say_with, time_of};

/// What a folder holds that another browser wrote.
#[derive(Debug, Clone, PartialEq)]
struct Offer {
    name: String,
    made: Millis,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
struct Shown {
    state: Option<FolderState>,
    busy: bool,
    offer: Option<Offer>,
    report: Option<std::rc::Rc<Report>>,
    problem: Option<String>,
}

/// The folder of the backups.
#[component]
pub fn BackupFolder() -> Html {
    let shown = use_state(Shown::default);
    use_effect_with((), {
        let shown = shown.clone();
        move |()| spawn_local(async move { shown.set(asked(Shown::default(), FolderAsk::State).await) })
    });
    let pick = {
        let shown = shown.clone();
        let next = Shown {
            state: shown.state.clone(),
            ..Shown::default()
        };
        move |_: MouseEvent| {
            let (shown, next) = (shown.clone(), next.clone());
            spawn_local(async move { shown.set(picked(next).await) });
        }
    };
    let allow = {
        let shown = shown.clone();
        move |_: MouseEvent| {
            let (shown, next) = (shown.clone(), (*shown).clone());
            spawn_local(async move { shown.set(allowed(next).await) });
        }
    };
    let bring = {
        let shown = shown.clone();
        move |_: MouseEvent| {
            let (shown, next) = (shown.clone(), (*shown).clone());
            shown.set(Shown {
                busy: true,
                ..next.clone()
            });
            spawn_local(async move { shown.set(brought(next).await) });
        }
    };
    let Some(state) = &shown.state else {
        return html! {
            <section aria-labelledby="folder-title" data-testid="folder">
                <h2 id="folder-title">{ say(Key::Folder) }</h2>
                if let Some(words) = &shown.problem { <Banner tone={Tone::Danger}>{ words.clone() }</Banner> }
            </section>
        };
    };
    let deed = |what: FolderAsk| {
        let shown = shown.clone();
        move |_: MouseEvent| {
            let (shown, next) = (shown.clone(), (*shown).clone());
            shown.set(Shown {
                busy: true,
                problem: None,
                ..next.clone()
            });
            spawn_local(async move { shown.set(asked(next, what).await) });
        }
    };
    let take_back = Callback::noop();
    html! {
        <section aria-labelledby="folder-title" data-testid="folder">
            <h2 id="folder-title">{ say(Key::Folder) }</h2>
            <p class="muted">{ say(Key::FolderHint) }</p>
            if let Some(name) = &state.name {
                <p><span class="strong">{ say_with(Key::FolderIs, &[("name", name)]) }</span></p>
                { standing_of(&state.standing) }
                if !state.allowed {
                    <Banner tone={Tone::Warning} testid="folder-lapsed">
                        { say(Key::FolderLapsed) }<Button onclick={allow} testid="folder-allow">{ say(Key::FolderAllow) }</Button>
                    </Banner>
                }
                if let Some(why) = state.standing.trouble().filter(|why| state.allowed || **why != Why::NotAllowed) {
                    <Banner tone={Tone::Danger} testid="folder-failing">
                        <p>{ say(if why.is_of_drill() { Key::FolderDrillFails } else { Key::FolderFails }) }{" "}{ words_of(why) }</p>
                    </Banner>
                }
            }
            if let Some(offer) = &shown.offer {
                <Banner tone={Tone::Info} testid="folder-offer">
                    { say_with(Key::FolderOffer, &[("time", &time_of(offer.made))]) }
                    <Button onclick={bring} busy={shown.busy} testid="folder-bring">{ say(Key::FolderBring) }</Button>
                </Banner>
            }
            if let Some(report) = &shown.report { { report_of(report, &take_back, false) } }
            if let Some(words) = &shown.problem { <Banner tone={Tone::Danger}>{ words.clone() }</Banner> }
            <div class="buttons">
                if state.standing.trouble() == Some(&Why::Forgotten) {
                    <Button onclick={pick} disabled={shown.busy} testid="folder-pick">{ say(Key::FolderPick) }</Button>
                    <Button onclick={deed(FolderAsk::Forget)} disabled={shown.busy} testid="folder-stop">{ say(Key::FolderStop) }</Button>
                } else if state.name.is_some() {
                    <Button onclick={deed(FolderAsk::BackUp)} busy={shown.busy} disabled={!state.allowed} testid="folder-now">{ say(Key::FolderNow) }</Button>
                    <Button onclick={pick} disabled={shown.busy} testid="folder-pick">{ say(Key::FolderOther) }</Button>
                    <Button onclick={deed(FolderAsk::Forget)} disabled={shown.busy} testid="folder-stop">{ say(Key::FolderStop) }</Button>
                } else {
                    <Button onclick={pick} disabled={shown.busy} testid="folder-pick">{ say(Key::FolderPick) }</Button>
                }
            </div>
        </section>
    }
}

fn standing_of(standing: &Standing) -> Html {
    let holds = |spaces: usize, tabs: usize| {
        let spaces = count(Key::SpaceCount, spaces, &[]);
        (spaces, count(Key::TabCount, tabs, &[]))
    };
    let past = |failure: &Mishap| {
        let values = [("time", time_of(failure.at)), ("why", words_of(&failure.why))];
        say_with(
            Key::FolderFailed,
            &values.each_ref().map(|(name, value)| (*name, value.as_str())),
        )
    };
    html! {
        <div class="small" role="status">
            if let Some(proof) = &standing.proof {
                <p class="ok-text" data-testid="folder-proof">{{
                    let (spaces, tabs) = holds(proof.spaces, proof.tabs);
                    say_with(Key::FolderProof, &[("time", &time_of(proof.at)), ("spaces", &spaces), ("tabs", &tabs), ("file", &proof.name)])
                }}</p>
            } else {
                <p class="faint" data-testid="folder-unproven">{ say(Key::FolderUnproven) }</p>
            }
            if let Some(failure) = standing.failure.as_ref().filter(|_| !standing.failing) {
                <p class="faint" data-testid="folder-failed">{ past(failure) }</p>
            }
        </div>
    }
}

fn words_of(why: &Why) -> String {
    match why {
        Why::NotAllowed => say(Key::FolderLapsed).to_owned(),
        Why::FolderGone => say(Key::FolderGone).to_owned(),
        Why::Forgotten => say(Key::FolderForgotten).to_owned(),
        Why::DiskFull => say(Key::FolderDiskFull).to_owned(),
        Why::TooLarge => say_with(
            Key::FolderTooLarge,
            &[("most", &number(FILE_BYTES / BYTES_PER_MB))],
        ),
        Why::Busy => say(Key::FolderBusy).to_owned(),
        Why::FileGone => say(Key::FolderFileGone).to_owned(),
        Why::Unreadable => say(Key::FolderUnreadable).to_owned(),
        Why::Damaged(spaces) | Why::Otherwise(spaces) => count(Key::FolderDamaged, *spaces, &[]),
        Why::Another => say(Key::FolderAnother).to_owned(),
        Why::Browser(words) => say_with(Key::BrowserRefused, &[("words", words)]),
    }
}

// --- deeds ---

/// What the worker says, on the page.
async fn asked(shown: Shown, what: FolderAsk) -> Shown {
    let shown = Shown { busy: false, ..shown };
    match ask(Ask::Folder(what)).await {
        Ok(Answer::Folder(state)) => Shown {
            state: Some(state),
            ..shown
        },
        Ok(_) => trouble(shown, &Trouble::NoAnswer),
        Err(why) => trouble(shown, &why),
    }
}

fn trouble(shown: Shown, why: &Trouble) -> Shown {
    Shown {
        problem: Some(why.words()),
        busy: false,
        ..shown
    }
}

fn refused(shown: Shown, words: &str) -> Shown {
    Shown {
        problem: Some(say_with(Key::BrowserRefused, &[("words", words)])),
        busy: false,
        ..shown
    }
}

async fn picked(shown: Shown) -> Shown {
    let folder = match Folder::pick().await {
        Ok(Some(folder)) => folder,
        Ok(None) => return shown,
        Err(why) => {
            return Shown {
                problem: Some(words_of(&why)),
                ..shown
            };
        }
    };
    // Before this browser writes there: what others wrote is offered.
    let names = folder.names().await.unwrap_or_default();
    let kept = async { Kept::open().await?.keep_folder(&folder).await };
    if let Err(Failure(words)) = kept.await {
        return refused(shown, &words);
    }
    let offer = device()
        .await
        .and_then(|device| latest_of_others(&names, device))
        .map(|(name, made)| Offer { name, made });
    asked(Shown { offer, ..shown }, FolderAsk::BackUp).await
}

async fn device() -> Option<DeviceId> {
    let store = Store::open(DATABASE).await.ok()?;
    let text = store.find(DEVICE_KEY).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

async fn allowed(shown: Shown) -> Shown {
    let folder = async { Kept::open().await?.folder().await };
    match folder.await {
        Ok(Some(folder)) if folder.ask().await => asked(shown, FolderAsk::BackUp).await,
        Ok(_) => asked(shown, FolderAsk::State).await,
        Err(Failure(words)) => refused(shown, &words),
    }
}

/// Brings in what another browser wrote.
async fn brought(shown: Shown) -> Shown {
    let Some(offer) = shown.offer.clone() else {
        return shown;
    };
    let folder = async { Kept::open().await?.folder().await };
    let folder = match folder.await {
        Ok(Some(folder)) => folder,
        Ok(None) => return asked(shown, FolderAsk::State).await,
        Err(Failure(words)) => return refused(shown, &words),
    };
    let bytes = match folder.read(&offer.name).await {
        Ok(bytes) => bytes,
        Err(why) => {
            return Shown {
                problem: Some(words_of(&why)),
                busy: false,
                ..shown
            };
        }
    };
    match import_bytes(bytes).await {
        Ok(report) => Shown {
            report: Some(std::rc::Rc::new(report)),
            offer: None,
            busy: false,
            ..shown
        },
        Err(words) => Shown {
            problem: Some(words),
            busy: false,
            ..shown
        },
    }
}
