//! What becomes in this window of what others do: the setting, and the question.

use std::rc::Rc;

use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::library::inflow::Inflow;
use crate::ui::backend::Source;
use crate::ui::parts::{Banner, Button, Choice, Kind, Tone};
use crate::ui::say::{count, say};
use crate::view::SpaceView;

/// What the setting and the question need.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// Where wishes go.
    pub source: Source,
}

const CHOICES: [(&str, Inflow, Key); 3] = [
    ("off", Inflow::Off, Key::InflowOff),
    ("ask", Inflow::Ask, Key::InflowAsk),
    ("on", Inflow::On, Key::InflowOn),
];

/// The setting.
#[component]
pub fn InflowSetting(props: &Props) -> Html {
    let set = props
        .view
        .inflow
        .as_ref()
        .map(|inflow| inflow.set)
        .unwrap_or_default();
    let options = CHOICES.map(|(value, _, words)| (value.into(), say(words).into()));
    let value = CHOICES.iter().find(|(_, inflow, _)| *inflow == set);
    let value = value.map_or("off", |(value, ..)| value);
    let source = props.source.clone();
    let on_change = Callback::from(move |chosen: String| {
        if let Some((_, inflow, _)) = CHOICES.iter().find(|(value, ..)| *value == chosen) {
            source.wish(Command::SetInflow(*inflow));
        }
    });
    html! {
        <>
            <Choice label={say(Key::InflowInWindow)} options={options.to_vec()} {value} {on_change} testid="inflow-choice" />
            <p class="hint after">{ say(Key::InflowHint) }</p>
        </>
    }
}

/// The question what becomes of what waits, if something does.
#[component]
pub fn InflowWaiting(props: &Props) -> Html {
    let Some(waiting) = props
        .view
        .inflow
        .as_ref()
        .and_then(|inflow| inflow.waiting.as_ref())
    else {
        return Html::default();
    };
    let all = waiting.count();
    let head = if waiting.by.is_empty() {
        count(Key::InflowWaiting, all, &[])
    } else {
        count(Key::InflowWaitingBy, all, &[("names", &waiting.by.join(", "))])
    };
    let parts = [
        (Key::InflowOpens, waiting.opens),
        (Key::InflowCloses, waiting.closes),
        (Key::InflowOthers, waiting.others),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(key, number)| count(key, number, &[]))
        .collect();
    let answer = |all: bool| {
        let source = props.source.clone();
        move |_: MouseEvent| source.wish(Command::TakeOver(all))
    };
    html! {
        <Banner tone={Tone::Info} testid="inflow-waiting">
            {head}{" "}{parts.join(", ")}{"."}
            <div class="buttons">
                <Button onclick={answer(false)} testid="inflow-no">{ say(Key::InflowNotNow) }</Button>
                <Button kind={Kind::Primary} onclick={answer(true)} testid="inflow-yes">{ say(Key::InflowTake) }</Button>
            </div>
        </Banner>
    }
}
