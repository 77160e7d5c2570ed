//! The recovery key: made, shown once, replaced, revoked; and used on a new machine.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::recovery::{RecoveryAsk, RecoveryState};
use crate::ask::{Answer, Ask};
use crate::language::Key;
use crate::ui::backend::{Trouble, ask};
use crate::ui::parts::{Banner, Button, CopyField, Dialog, Field, Kind, Tone};
use crate::ui::say::{count, say, say_with, time_of};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
struct Shown {
    state: RecoveryState,
    /// The writer has said how things stand.
    read: bool,
    busy: bool,
    problem: Option<Trouble>,
}

/// What cannot be taken back, and is asked about first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grave {
    Revoke,
    SignOut,
}

impl Grave {
    const fn label(self) -> Key {
        match self {
            Self::Revoke => Key::Revoke,
            Self::SignOut => Key::RecoverySignOut,
        }
    }

    const fn question(self) -> Key {
        match self {
            Self::Revoke => Key::RecoveryRevokeSure,
            Self::SignOut => Key::RecoverySignOutSure,
        }
    }

    const fn ask(self) -> RecoveryAsk {
        match self {
            Self::Revoke => RecoveryAsk::Revoke,
            Self::SignOut => RecoveryAsk::SignOutOthers,
        }
    }
}

async fn asked(shown: Shown, what: RecoveryAsk) -> Shown {
    let shown = Shown {
        read: true,
        busy: false,
        problem: None,
        ..shown
    };
    match ask(Ask::Recovery(what)).await {
        Ok(Answer::Recovery(state)) => Shown { state, ..shown },
        Ok(_) => Shown {
            problem: Some(Trouble::NoAnswer),
            ..shown
        },
        Err(why) => Shown {
            problem: Some(why),
            ..shown
        },
    }
}

/// The recovery key.
#[component]
pub fn Recovery() -> Html {
    let shown = use_state(Shown::default);
    let typed = use_state(String::new);
    let sure = use_state(|| None::<Grave>);
    use_effect_with((), {
        let shown = shown.clone();
        move |()| {
            spawn_local(async move {
                // A relay that is away is told of when something is asked of it.
                let found = asked(Shown::default(), RecoveryAsk::State).await;
                shown.set(Shown {
                    problem: None,
                    ..found
                });
            });
        }
    });
    let begin = {
        let shown = shown.clone();
        move |what: RecoveryAsk| {
            let (shown, now) = (shown.clone(), (*shown).clone());
            shown.set(Shown {
                busy: true,
                problem: None,
                ..now.clone()
            });
            spawn_local(async move { shown.set(asked(now, what).await) });
        }
    };
    let make = {
        let begin = begin.clone();
        move |_: MouseEvent| begin(RecoveryAsk::Make)
    };
    let ask_first = |grave: Grave| {
        let sure = sure.clone();
        move |_: MouseEvent| sure.set(Some(grave))
    };
    let on_close = {
        let sure = sure.clone();
        Callback::from(move |()| sure.set(None))
    };
    let do_it = {
        let (begin, on_close) = (begin.clone(), on_close.clone());
        move |grave: Grave| {
            let (begin, on_close) = (begin.clone(), on_close.clone());
            move |_: MouseEvent| {
                on_close.emit(());
                begin(grave.ask());
            }
        }
    };
    let fetch = {
        let begin = begin.clone();
        move |_: MouseEvent| begin(RecoveryAsk::Fetch)
    };
    let submit = {
        let typed = typed.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            begin(RecoveryAsk::Use((*typed).clone()));
        }
    };
    let on_input = {
        let (shown, typed) = (shown.clone(), typed.clone());
        Callback::from(move |text| {
            typed.set(text);
            shown.set(Shown {
                problem: None,
                ..(*shown).clone()
            });
        })
    };
    let Shown { state, busy, .. } = &*shown;
    let words = shown.problem.as_ref().map(Trouble::words);
    html! {
        <section aria-labelledby="recovery-title" data-testid="recovery">
            <h2 id="recovery-title">{ say(Key::Recovery) }</h2>
            <p class="muted">{ say(if state.known { Key::RecoveryHint } else { Key::RecoveryUseHint }) }</p>
            if let Some(came) = state.came {
                <p class="ok-text small" role="status" data-testid="recovered">{ count(Key::RecoveryCame, came, &[]) }</p>
            }
            if state.known {
                if let Some(key) = &state.key {
                    <Banner tone={Tone::Info} testid="recovery-made">{ say(Key::RecoveryOnce) }</Banner>
                    <CopyField label={say(Key::Recovery)} text={key.clone()} />
                } else if let Some(made) = state.made {
                    <p class="small" data-testid="recovery-since">
                        { say_with(Key::RecoverySince, &[("time", &time_of(made))]) }
                        if let Some(used) = state.used {
                            {" "}{ say_with(Key::RecoveryUsed, &[("time", &time_of(used))]) }
                        }
                    </p>
                }
                if state.alone {
                    <p class="ok-text small" role="status" data-testid="recovery-alone">{ say(Key::RecoverySignedOut) }</p>
                }
                if let Some(words) = words { <Banner tone={Tone::Danger}>{ words }</Banner> }
                <div class="buttons">
                    <Button onclick={make} busy={*busy} testid="recovery-make">{ say(if state.made.is_some() { Key::RecoveryReplace } else { Key::RecoveryMake }) }</Button>
                    <Button onclick={fetch} disabled={*busy} testid="recovery-fetch">{ say(Key::RecoveryFetch) }</Button>
                    if state.made.is_some() {
                        <Button onclick={ask_first(Grave::Revoke)} disabled={*busy} testid="recovery-revoke">{ say(Key::Revoke) }</Button>
                    }
                </div>
                <p class="muted">{ say(Key::RecoverySignOutHint) }</p>
                <div class="buttons"><Button onclick={ask_first(Grave::SignOut)} disabled={*busy} testid="recovery-sign-out">{ say(Key::RecoverySignOut) }</Button></div>
                if let Some(grave) = *sure {
                    <Dialog title={say(grave.label())} on_close={on_close.clone()} testid="recovery-sure">
                        <p>{ say(grave.question()) }</p>
                        <div class="buttons">
                            <Button onclick={on_close.reform(|_: MouseEvent| ())} testid="keep">{ say(Key::Cancel) }</Button>
                            <Button kind={Kind::Danger} onclick={do_it(grave)} testid="confirm-recovery">{ say(grave.label()) }</Button>
                        </div>
                    </Dialog>
                }
            } else if shown.read {
                <form class="inline" onsubmit={submit}>
                    <Field label={say(Key::Recovery)} bare=true value={(*typed).clone()} {on_input} error={words} mono=true maxlength={60} autocomplete="off" testid="recovery-key" />
                    <Button submit=true busy={*busy} disabled={typed.trim().is_empty()} testid="recovery-use">{ say(Key::RecoveryUse) }</Button>
                </form>
            }
        </section>
    }
}
