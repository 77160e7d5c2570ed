//! The technical numbers of a stream: shown to who asks for them, renewed each second.

use gloo::timers::callback::Interval;
use protocol::StreamId;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::language::Key;
use crate::statistics::{Numbers, Reading, Route};
use crate::ui::backend::Source;
use crate::ui::say::{say, say_with, tenths};

/// From one reading to the next.
const EVERY_MS: u32 = 1_000;
const BITS_PER_MEGABIT: f64 = 1_000_000.0;

/// What the details need.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The stream.
    pub stream: StreamId,
    /// Where the readings come from.
    pub source: Source,
}

/// The last two readings that differ.
#[derive(Default, PartialEq)]
struct Readings {
    earlier: Vec<Reading>,
    later: Vec<Reading>,
}

impl Reducible for Readings {
    type Action = Vec<Reading>;

    fn reduce(self: std::rc::Rc<Self>, read: Vec<Reading>) -> std::rc::Rc<Self> {
        if read == self.later {
            return self;
        }
        let earlier = self.later.clone();
        std::rc::Rc::new(Self { earlier, later: read })
    }
}

/// Reads, now and each second.
#[hook]
fn use_numbers(source: &Source, stream: StreamId) -> Numbers {
    let readings = use_reducer(Readings::default);
    use_effect_with((source.clone(), stream), {
        let readings = readings.dispatcher();
        move |(source, stream)| {
            let (source, stream) = (source.clone(), *stream);
            let read = move || {
                let (reading, readings) = (source.0.readings(stream), readings.clone());
                spawn_local(async move { readings.dispatch(reading.await) });
            };
            read();
            let interval = Interval::new(EVERY_MS, read);
            move || drop(interval)
        }
    });
    Numbers::between(&readings.earlier, &readings.later)
}

/// Each number that is known, with its name.
fn lines(numbers: &Numbers) -> Vec<(Key, String)> {
    let size = numbers.size.map(|(width, height)| {
        let (width, height) = (width.to_string(), height.to_string());
        say_with(Key::PictureSize, &[("width", &width), ("height", &height)])
    });
    let one = |key: Key, value: f64| say_with(key, &[("number", &tenths(value))]);
    let frames = numbers.frames_per_second;
    let rate = numbers.bits_per_second;
    let route = numbers.route.map(|route| match route {
        Route::Direct => say(Key::RouteDirect).to_owned(),
        Route::Relayed => say(Key::RouteRelayed).to_owned(),
    });
    [
        (Key::DetailsSize, size),
        (
            Key::DetailsFrames,
            frames.map(|frames| one(Key::PerSecond, frames.round())),
        ),
        (
            Key::DetailsRate,
            rate.map(|rate| one(Key::MegabitsPerSecond, rate / BITS_PER_MEGABIT)),
        ),
        (Key::DetailsCodec, numbers.codec.clone()),
        (
            Key::DetailsRoundTrip,
            numbers
                .round_trip_ms
                .map(|trip| one(Key::Milliseconds, trip.round())),
        ),
        (
            Key::DetailsLost,
            numbers.lost.map(|lost| one(Key::Percent, lost * 100.0)),
        ),
        (Key::DetailsRoute, route),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .collect()
}

/// The details.
#[component]
pub fn Details(props: &Props) -> Html {
    let numbers = use_numbers(&props.source, props.stream);
    let lines = lines(&numbers);
    html! {
        <div class="details" data-testid="details" role="group" aria-label={say(Key::Details)}>
            if lines.is_empty() {
                <p class="muted">{ say(Key::NoDetails) }</p>
            } else {
                <dl>
                    { for lines.into_iter().map(|(key, value)| html! {
                        <div key={say(key)}><dt>{ say(key) }</dt><dd>{value}</dd></div>
                    }) }
                </dl>
            }
        </div>
    }
}
