//! The options, whole. What concerns the writer is saved by its button; appearance applies at once.

use std::rc::Rc;

use protocol::op::person_name;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::{Answer, Ask};
use crate::language::{Key, Language};
use crate::ui::appearance::{self, Theme};
use crate::ui::backend::{Trouble, ask, erase_everything};
use crate::ui::open_tabs;
use crate::ui::options::backup::Backup;
use crate::ui::options::damaged::DamagedRecords;
use crate::ui::options::earlier::EarlierWindows;
use crate::ui::options::folder::BackupFolder;
use crate::ui::options::recovery::Recovery;
use crate::ui::parts::{Banner, Button, Choice, Dialog, Field, Kind, Name, Tone};
use crate::ui::say::{count, say};

/// A setting the writer keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    Relay,
    Name,
    Ignored,
}

/// How it stands with saving a setting.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    Idle,
    Saving(Setting),
    Saved(Setting),
    Failed(Setting, Trouble),
}

#[derive(Debug, Clone, PartialEq)]
struct Options {
    loaded: bool,
    load_failed: Option<Trouble>,
    relay: String,
    ignored: String,
    name: String,
    /// Spaces that went with the browser's storage, until the person has read of it.
    lost: usize,
    standing: Standing,
}

enum Input {
    Loaded(Result<Answer, Trouble>),
    Typed(Setting, String),
    Began(Setting),
    LossRead,
    Ended(Setting, Result<(), Trouble>),
}

impl Reducible for Options {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::Loaded(Ok(Answer::Settings {
                relay,
                ignored,
                your_name,
                lost,
            })) => {
                next = Self {
                    loaded: true,
                    load_failed: None,
                    relay,
                    ignored,
                    name: your_name,
                    lost,
                    standing: Standing::Idle,
                };
            }
            Input::Loaded(Ok(_)) => next.load_failed = Some(Trouble::NoAnswer),
            Input::Loaded(Err(why)) => next.load_failed = Some(why),
            Input::Typed(field, text) => {
                match field {
                    Setting::Relay => next.relay = text,
                    Setting::Name => next.name = text,
                    Setting::Ignored => next.ignored = text,
                }
                next.standing = Standing::Idle;
            }
            Input::Began(field) => next.standing = Standing::Saving(field),
            Input::Ended(field, Ok(())) => next.standing = Standing::Saved(field),
            Input::LossRead => next.lost = 0,
            Input::Ended(field, Err(why)) => next.standing = Standing::Failed(field, why),
        }
        Rc::new(next)
    }
}

fn save(options: &UseReducerHandle<Options>, field: Setting) {
    let wish = match field {
        Setting::Relay => Ask::SetRelay(options.relay.trim().to_owned()),
        Setting::Name => Ask::SetName(options.name.trim().to_owned()),
        Setting::Ignored => Ask::SetIgnored(options.ignored.clone()),
    };
    options.dispatch(Input::Began(field));
    let options = options.clone();
    spawn_local(async move { options.dispatch(Input::Ended(field, ask(wish).await.map(drop))) });
}

fn load(options: UseReducerHandle<Options>) {
    spawn_local(async move { options.dispatch(Input::Loaded(ask(Ask::Settings).await)) });
}

/// The options.
#[component]
pub fn OptionsApp() -> Html {
    let options = use_reducer(|| Options {
        loaded: false,
        load_failed: None,
        relay: String::new(),
        ignored: String::new(),
        name: String::new(),
        lost: 0,
        standing: Standing::Idle,
    });
    use_effect_with((), {
        let options = options.clone();
        move |()| load(options)
    });
    let again = {
        let options = options.clone();
        move |_: MouseEvent| load(options.clone())
    };
    let library = |_: MouseEvent| {
        spawn_local(async {
            // Refused by no browser that shows this page; if it were, the button does nothing.
            let _ = open_tabs::show_library(None).await;
        });
    };
    let submit = |field: Setting| {
        let options = options.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            save(&options, field);
        }
    };
    let typed = |field: Setting| {
        let options = options.clone();
        Callback::from(move |text| options.dispatch(Input::Typed(field, text)))
    };
    let understood = {
        let options = options.clone();
        move |_: MouseEvent| {
            let options = options.clone();
            spawn_local(async move {
                // Where it was not kept it is told again.
                if ask(Ask::LossIsRead).await.is_ok() {
                    options.dispatch(Input::LossRead);
                }
            });
        }
    };
    let button = |field: Setting, label: Key, busy: Key, testid: &'static str, good: bool| {
        let saving = options.standing == Standing::Saving(field);
        html! {
            <Button submit=true busy={saving} disabled={!options.loaded || !good} {testid}>{ say(if saving { busy } else { label }) }</Button>
        }
    };
    let standing = |field: Setting, done: Key| match &options.standing {
        Standing::Saved(saved) if *saved == field => {
            html! { <p class="ok-text small" role="status" data-testid="saved">{ say(done) }</p> }
        }
        _ => Html::default(),
    };
    let error = |field: Setting| match &options.standing {
        Standing::Failed(failed, why) if *failed == field => Some(why.words()),
        _ => None,
    };
    html! {
        <main class="options">
            <div class="options-title">
                <h1 class="grow">{ say(Key::Options) }</h1>
                <Button icon={Name::Open} onclick={library} testid="open-library">{ say(Key::LibraryOpenPage) }</Button>
            </div>
            if let Some(why) = &options.load_failed {
                <Banner tone={Tone::Danger}>
                    { why.words() }<Button kind={Kind::Link} onclick={again} testid="try-again">{ say(Key::TryAgain) }</Button>
                </Banner>
            }
            if options.lost > 0 {
                <Banner tone={Tone::Danger} testid="cleared">
                    { count(Key::Cleared, options.lost, &[]) }
                    <div class="buttons"><Button onclick={understood} testid="cleared-read">{ say(Key::ClearedRead) }</Button></div>
                </Banner>
            }
            <DamagedRecords />
            <section>
                <h2>{ say(Key::Relay) }</h2>
                <p class="muted">{ say(Key::RelayHint) }</p>
                <form class="inline" onsubmit={submit(Setting::Relay)}>
                    <Field label={say(Key::RelayAddress)} bare=true value={options.relay.clone()} on_input={typed(Setting::Relay)} error={error(Setting::Relay)} mono=true inputmode="url"
                        disabled={!options.loaded} testid="relay" />
                    { button(Setting::Relay, Key::CheckAndSave, Key::Checking, "save-relay", !options.relay.trim().is_empty()) }
                </form>
                { standing(Setting::Relay, Key::RelayGood) }
            </section>
            <section>
                <h2>{ say(Key::YourName) }</h2>
                <p class="muted">{ say(Key::YourNameHint) }</p>
                <form class="inline" onsubmit={submit(Setting::Name)}>
                    <Field label={say(Key::YourName)} bare=true value={options.name.clone()} on_input={typed(Setting::Name)} error={error(Setting::Name)} maxlength={50} autocomplete="name"
                        disabled={!options.loaded} testid="your-name" />
                    { button(Setting::Name, Key::Save, Key::Saving, "save-name", person_name(&options.name).is_ok()) }
                </form>
                { standing(Setting::Name, Key::Saved) }
            </section>
            <section>
                <h2>{ say(Key::NeverSaved) }</h2>
                <form onsubmit={submit(Setting::Ignored)}>
                    <Field label={say(Key::NeverSaved)} bare=true value={options.ignored.clone()} on_input={typed(Setting::Ignored)} error={error(Setting::Ignored)} hint={say(Key::NeverSavedHint)}
                        placeholder="*://*.bank.example/*" lines={5} mono=true disabled={!options.loaded} testid="ignored" />
                    <div class="buttons">{ button(Setting::Ignored, Key::Save, Key::Saving, "save-ignored", true) }</div>
                </form>
                { standing(Setting::Ignored, Key::Saved) }
            </section>
            <Backup />
            <BackupFolder />
            <Recovery />
            <EarlierWindows />
            <Look />
            <Erase />
        </main>
    }
}

/// Appearance and language.
#[component]
fn Look() -> Html {
    let theme = use_state(appearance::theme);
    let on_theme = {
        let theme = theme.clone();
        Callback::from(move |name: String| {
            let chosen = Theme::from_name(&name);
            appearance::set_theme(chosen);
            theme.set(chosen);
        })
    };
    let on_language = Callback::from(|tag: String| {
        appearance::set_language((tag != "auto").then(|| Language::from_tag(&tag)));
        if let Some(window) = web_sys::window() {
            let _ = window.location().reload();
        }
    });
    let theme_name = |theme: Theme| match theme {
        Theme::System => Key::ThemeSystem,
        Theme::Light => Key::ThemeLight,
        Theme::Dark => Key::ThemeDark,
    };
    let themes: Vec<_> = Theme::ALL
        .into_iter()
        .map(|theme| (theme.as_str().into(), say(theme_name(theme)).into()))
        .collect();
    let languages: Vec<(AttrValue, AttrValue)> = vec![
        ("auto".into(), say(Key::LanguageAuto).into()),
        ("en".into(), "English".into()),
        ("fr".into(), "Français".into()),
    ];
    html! {
        <section>
            <h2>{ say(Key::Appearance) }</h2>
            <div class="two">
                <Choice label={say(Key::Theme)} options={themes} value={theme.as_str()} on_change={on_theme} testid="theme" />
                <Choice label={say(Key::Language)} options={languages} value={appearance::chosen_language().map_or("auto", Language::tag)} on_change={on_language} testid="language" />
            </div>
        </section>
    }
}

/// Erasing everything, after a question.
#[component]
fn Erase() -> Html {
    let asking = use_state(|| false);
    let trouble = use_state(|| None::<Trouble>);
    let ask_first = {
        let asking = asking.clone();
        move |_: MouseEvent| asking.set(true)
    };
    let on_close = {
        let asking = asking.clone();
        Callback::from(move |()| asking.set(false))
    };
    let erase = {
        let (asking, trouble) = (asking.clone(), trouble.clone());
        move |_: MouseEvent| {
            let (asking, trouble) = (asking.clone(), trouble.clone());
            spawn_local(async move {
                match erase_everything().await {
                    Ok(()) => {
                        appearance::forget();
                        // All that is on the page is of yesterday.
                        if let Some(window) = web_sys::window() {
                            let _ = window.location().reload();
                        }
                    }
                    Err(why) => {
                        asking.set(false);
                        trouble.set(Some(why));
                    }
                }
            });
        }
    };
    html! {
        <section>
            <h2>{ say(Key::EraseEverything) }</h2>
            <p class="muted">{ say(Key::EraseHint) }</p>
            if let Some(why) = &*trouble { <Banner tone={Tone::Danger}>{ why.words() }</Banner> }
            <div class="buttons"><Button kind={Kind::Danger} onclick={ask_first} testid="erase">{ say(Key::EraseEverything) }</Button></div>
            if *asking {
                <Dialog title={say(Key::EraseEverything)} on_close={on_close.clone()}>
                    <p>{ say(Key::EraseQuestion) }</p>
                    <div class="buttons">
                        <Button onclick={on_close.reform(|_: MouseEvent| ())} testid="keep">{ say(Key::Cancel) }</Button>
                        <Button kind={Kind::Danger} onclick={erase} testid="confirm-erase">{ say(Key::EraseNow) }</Button>
                    </div>
                </Dialog>
            }
        </section>
    }
}
