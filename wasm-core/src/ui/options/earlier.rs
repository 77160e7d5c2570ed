//! Earlier windows: what the journal has, to be brought back as spaces.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::{Answer, Ask, Earlier};
use crate::language::Key;
use crate::library::journal::{Point, Reason};
use crate::ui::backend::{Trouble, ask};
use crate::ui::parts::{Banner, Button, Tone};
use crate::ui::say::{ago, count, say, say_with, tenths, time_of};

/// So many are shown at first.
const FIRST: usize = 8;
const MEBIBYTE: f64 = 1_048_576.0;

/// How it stands with bringing something back.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    Idle,
    Bringing(String),
    /// Under a name, but for so many tabs.
    Brought(String, usize),
    Failed(Trouble),
}

/// The list.
#[component]
pub fn EarlierWindows() -> Html {
    let earlier = use_state(|| None::<Result<Earlier, Trouble>>);
    let standing = use_state(|| Standing::Idle);
    let all = use_state(|| false);
    let place = use_node_ref();
    use_effect_with(earlier.is_some(), {
        let place = place.clone();
        move |known| {
            let is_meant = || web_sys::window().and_then(|window| window.location().hash().ok());
            if *known
                && is_meant().as_deref() == Some("#earlier")
                && let Some(place) = place.cast::<web_sys::Element>()
            {
                place.scroll_into_view();
            }
        }
    });
    use_effect_with((), {
        let earlier = earlier.clone();
        move |()| {
            spawn_local(async move {
                earlier.set(Some(match ask(Ask::Earlier).await {
                    Ok(Answer::Earlier(found)) => Ok(found),
                    Ok(_) => Err(Trouble::NoAnswer),
                    Err(why) => Err(why),
                }));
            });
        }
    });
    let bring_back = {
        let standing = standing.clone();
        Callback::from(move |point: Point| {
            let (standing, name) = (standing.clone(), time_of(point.at));
            standing.set(Standing::Bringing(point.key()));
            spawn_local(async move {
                let wish = Ask::BringBack {
                    point,
                    name: name.clone(),
                };
                standing.set(match ask(wish).await {
                    Ok(Answer::Lacking { left_out, .. }) => Standing::Brought(name, left_out),
                    Ok(_) => Standing::Brought(name, 0),
                    Err(why) => Standing::Failed(why),
                });
            });
        })
    };
    let show_all = {
        let all = all.clone();
        move |_: MouseEvent| all.set(true)
    };
    let body = match &*earlier {
        None => Html::default(),
        Some(Err(why)) => html! { <Banner tone={Tone::Danger}>{ why.words() }</Banner> },
        Some(Ok(found)) => {
            let shown = if *all { found.points.len() } else { FIRST };
            html! {
                <>
                    <p class="muted">{ say_with(Key::EarlierHint, &[("size", &mebibytes(found.size_bytes)), ("budget", &mebibytes(found.budget_bytes))]) }</p>
                    if let Some(words) = &found.failure {
                        <Banner tone={Tone::Danger}>{ say_with(Key::EarlierFailing, &[("words", words)]) }</Banner>
                    }
                    if found.aside > 0 {
                        <Banner tone={Tone::Warning}>{ count(Key::EarlierAside, found.aside, &[]) }</Banner>
                    }
                    if found.points.is_empty() {
                        <p class="faint" data-testid="nothing-earlier">{ say(Key::EarlierNothing) }</p>
                    }
                    <ul>
                        { for found.points.iter().take(shown).map(|point| row(point, &standing, &bring_back)) }
                    </ul>
                    if found.points.len() > shown {
                        <div class="buttons">
                            <Button onclick={show_all} testid="show-all-earlier">{ count(Key::ShowAllEarlier, found.points.len(), &[]) }</Button>
                        </div>
                    }
                </>
            }
        }
    };
    html! {
        <section ref={place} aria-labelledby="earlier-title" data-testid="earlier">
            <h2 id="earlier-title">{ say(Key::EarlierWindows) }</h2>
            { body }
            {
                match &*standing {
                    Standing::Failed(why) => html! { <Banner tone={Tone::Danger}>{ why.words() }</Banner> },
                    Standing::Brought(name, left_out) => html! {
                        <>
                            <p class="ok-text small" role="status" data-testid="brought-back">{ say_with(Key::BroughtBack, &[("name", name)]) }</p>
                            if *left_out > 0 {
                                <Banner tone={Tone::Info}>{ count(Key::TabsIgnored, *left_out, &[]) }</Banner>
                            }
                        </>
                    },
                    Standing::Idle | Standing::Bringing(_) => Html::default(),
                }
            }
        </section>
    }
}

fn row(point: &Point, standing: &Standing, bring_back: &Callback<Point>) -> Html {
    let what = say(match point.reason {
        Reason::Session => Key::EarlierSession,
        Reason::Closed => Key::EarlierClosed,
        Reason::Hour => Key::EarlierHour,
    });
    let when = time_of(point.at);
    let is_busy = matches!(standing, Standing::Bringing(key) if *key == point.key());
    let is_other = !is_busy && matches!(standing, Standing::Bringing(_));
    let onclick = {
        let (bring_back, point) = (bring_back.clone(), point.clone());
        move |_: MouseEvent| bring_back.emit(point.clone())
    };
    html! {
        <li class="row tall" key={point.key()} data-testid="earlier-row">
            <span class="grow">
                <span class="strong">{ &when }</span>{" · "}{ what }
                <span class="faint small block-line">
                    { count(Key::WindowCount, point.windows, &[]) }{" · "}{ count(Key::TabCount, point.tabs, &[]) }{" · "}{ ago(point.at) }
                </span>
            </span>
            <Button label={say_with(Key::BringBackOf, &[("what", what), ("when", &when)])} busy={is_busy}
                disabled={is_other} {onclick} testid="bring-back">
                { say(if is_busy { Key::BringingBack } else { Key::BringBack }) }
            </Button>
        </li>
    }
}

fn mebibytes(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "sizes on a screen are rounded")]
    tenths(bytes as f64 / MEBIBYTE)
}
