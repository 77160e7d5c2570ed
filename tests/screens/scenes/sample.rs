//! What the screens show: people, tabs, a conversation. Always the same, and as of the same moment.

use std::time::Duration;

use protocol::{Colour, GroupId, MemberId, MessageId, Millis, Role, SpaceId, StreamId, TabId};
use serde_json::{Value, json};
use wasm_core::ask::Glimpse;
use wasm_core::statistics::{Reading, Route};
use wasm_core::view::{
    GroupView, ItemView, LinkView, MediaView, MessageView, PersonView, PointerView, Projection, SpaceSummary,
    SpaceView, StreamSummary, StreamView, TabView,
};

/// The moment at which all pictures are taken: Wednesday, 4 March 2026, 10:45 UTC.
pub(super) const NOW: Millis = Millis(1_772_621_100_000);

/// So long before [`NOW`].
pub(super) fn before(duration: Duration) -> Millis {
    Millis(NOW.0 - i64::try_from(duration.as_millis()).unwrap_or_default())
}

/// A small page, as a picture.
const PICTURE: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 160 100'%3E\
    %3Crect width='160' height='100' fill='%23f5f6f8'/%3E%3Crect x='12' y='12' width='64' height='8' fill='%233353d4'/%3E\
    %3Cpath d='M12 34h130M12 46h96M12 58h118M12 70h84' stroke='%23c8ccd4' stroke-width='5'/%3E%3C/svg%3E";

const TABS: [(&str, &str); 7] = [
    ("The Rust Programming Language", "https://doc.rust-lang.org/book/"),
    (
        "WebRTC API – MDN Web Docs",
        "https://developer.mozilla.org/docs/Web/API/WebRTC_API",
    ),
    (
        "str0m: a sans-IO WebRTC library",
        "https://github.com/algesten/str0m",
    ),
    (
        "chrome.tabCapture – Extensions reference",
        "https://developer.chrome.com/docs/extensions/reference/api/tabCapture",
    ),
    (
        "PostgreSQL: LISTEN and NOTIFY",
        "https://www.postgresql.org/docs/current/sql-notify.html",
    ),
    ("Trip board – final v3", "https://www.figma.com/board/trip"),
    ("Lisbon, 4 nights, Alfama", "https://www.airbnb.com/rooms/lisbon"),
];

const PEOPLE: [(&str, Colour, Role); 4] = [
    ("Ada", Colour::Blue, Role::Owner),
    ("Bruno", Colour::Green, Role::Editor),
    ("Clara", Colour::Orange, Role::Commenter),
    ("Dmitri", Colour::Purple, Role::Viewer),
];

/// Titles that are hard to lay out: right to left, without a place to break, emoji, nearly nothing.
const HARD: [&str; 6] = [
    "مرحبا بالعالم – صفحة طويلة جدا عن البرمجة والويب والشبكات",
    "שלום עולם",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "👩‍👩‍👧‍👦🏳️‍🌈 Emoji all the way 🎉🎉🎉",
    "…",
    "A title that goes on and on, as those of shops do: buy two, pay for one, today only, free delivery – Shop",
];

/// A name of fifty characters, the longest there is.
pub(super) const LONG_NAME: &str = "Maximiliane-Theodora von Hohenstein-Wittelsbach II";

pub(super) fn space(number: u128) -> SpaceId {
    SpaceId::from_bits(0x5ace_0000_0000_0000_0000 + number)
}

fn member(number: usize) -> MemberId {
    MemberId::from_bits(0x3e3b_e500_0000 + number as u128)
}

fn tab_id(number: usize) -> TabId {
    TabId::from_bits(0x7ab0_0000_0000 + number as u128)
}

/// One of Chrome's tabs, as `chrome.tabs.query` gives it.
fn chrome_tab(number: usize, title: &str, url: &str, group: i32) -> Value {
    json!({
        "id": number + 1, "windowId": 1, "title": title, "url": url, "active": number == 2, "highlighted": number < 3,
        "pinned": false,
        "audible": number == 2, "groupId": group,
    })
}

/// A window of five tabs in two groups.
pub(super) fn chrome_tabs() -> Value {
    let of_groups = [(0, 1), (1, 1), (2, 1), (5, 2), (6, 2)];
    of_groups
        .iter()
        .map(|(at, group)| chrome_tab(*at, TABS[*at].0, TABS[*at].1, *group))
        .collect()
}

/// Its groups.
pub(super) fn chrome_groups() -> Value {
    json!([
        { "id": 1, "windowId": 1, "title": "Relay", "color": "blue" },
        { "id": 2, "windowId": 1, "title": "Lisbon", "color": "orange" },
    ])
}

/// A window of a thousand tabs whose titles are hard to lay out.
pub(super) fn many_chrome_tabs() -> Value {
    (0..1_000)
        .map(|at| {
            let title = HARD[at % HARD.len()];
            chrome_tab(
                at,
                title,
                &format!("https://example.org/{at}"),
                if at % 9 < 4 { 1 } else { -1 },
            )
        })
        .collect()
}

fn summary(number: u128, name: &str, colour: Colour, tabs: usize, changed: Duration) -> SpaceSummary {
    SpaceSummary {
        space: space(number),
        name: name.to_owned(),
        colour,
        tabs,
        link: LinkView::Private,
        role: Role::Owner,
        window: None,
        changed: before(changed),
        unsent: 0,
        here: Vec::new(),
        unread: 0,
        streams: Vec::new(),
    }
}

fn others(count: usize) -> Vec<(String, Colour)> {
    (0..count)
        .map(|at| {
            let (name, colour, _) = PEOPLE[(at + 1) % PEOPLE.len()];
            (name.to_owned(), colour)
        })
        .collect()
}

/// Four spaces: one live, one with news, two at rest. None follows the window.
pub(super) fn projection() -> Projection {
    const DAY: Duration = Duration::from_hours(24);
    let mut live = summary(1, "Relay research", Colour::Blue, 12, Duration::from_mins(2));
    live.link = LinkView::Live;
    live.here = others(6);
    live.streams = vec![stream_summary(false)];
    let mut news = summary(2, "Lisbon in May", Colour::Orange, 23, Duration::from_hours(3));
    news.link = LinkView::Live;
    news.here = others(1);
    news.unread = 2;
    Projection {
        spaces: vec![
            live,
            news,
            summary(3, "Thesis, chapter 3", Colour::Green, 41, DAY),
            summary(4, "Read later", Colour::Grey, 138, 2 * DAY),
        ],
        your_name: "Ada".to_owned(),
        relay: "https://tabspace.example.org".to_owned(),
    }
}

fn stream_summary(here: bool) -> StreamSummary {
    StreamSummary {
        stream: StreamId::from_bits(9),
        name: "Ada".to_owned(),
        here,
        chrome_tab: here.then_some(3),
        watchers: 3,
        no_path: false,
    }
}

/// The first space follows the window, and what is told of it is this.
pub(super) fn followed(link: LinkView, unsent: usize, streams: bool) -> Projection {
    let mut projection = projection();
    let space = &mut projection.spaces[0];
    space.window = Some(1);
    space.link = link;
    space.unsent = unsent;
    space.streams = if streams {
        vec![stream_summary(true)]
    } else {
        Vec::new()
    };
    projection
}

/// A hundred spaces with the longest names.
pub(super) fn many_spaces() -> Projection {
    let spaces = (0..100).map(|at| {
        let mut space = summary(
            at + 1,
            HARD[usize::try_from(at).unwrap_or_default() % HARD.len()],
            Colour::ALL[usize::try_from(at).unwrap_or_default() % 9],
            1_000,
            Duration::from_hours(1),
        );
        space.here = others(99);
        space.unread = 12_345;
        space
    });
    Projection {
        spaces: spaces.collect(),
        your_name: LONG_NAME.to_owned(),
        relay: "https://tabspace.example.org".to_owned(),
    }
}

fn person(number: usize, name: &str, colour: Colour, role: Role) -> PersonView {
    PersonView {
        member: member(number),
        name: name.to_owned(),
        colour,
        role,
        you: number == 0,
        here: number < 3,
        idle: false,
        typing: number == 2,
        tab: (number < 3).then(|| tab_id(number)),
        watching: None,
    }
}

fn tab(number: usize, title: &str, url: &str) -> TabView {
    TabView {
        tab: tab_id(number),
        url: url.to_owned(),
        opens: true,
        title: title.to_owned(),
        favicon: None,
        pinned: false,
        viewers: match number {
            1 => vec![member(1), member(2)],
            0 => vec![member(1)],
            _ => Vec::new(),
        },
        stream: None,
    }
}

fn message(number: u128, by: usize, minutes: u64, text: &str) -> MessageView {
    let (name, colour, _) = PEOPLE[by];
    MessageView {
        message: MessageId::from_bits(number),
        by: member(by),
        name: name.to_owned(),
        colour,
        yours: by == 0,
        time: before(Duration::from_mins(minutes)),
        text: text.to_owned(),
        edited: false,
        deleted: false,
        waiting: false,
    }
}

/// A live space: seven tabs in two groups, four people, a conversation.
pub(super) fn view() -> SpaceView {
    let tabs = |places: &[usize]| -> Vec<TabView> {
        places
            .iter()
            .map(|at| tab(*at, TABS[*at].0, TABS[*at].1))
            .collect()
    };
    let group = |number: u128, title: &str, colour: Colour, places: &[usize]| {
        ItemView::Group(GroupView {
            group: GroupId::from_bits(number),
            title: title.to_owned(),
            colour,
            collapsed: false,
            tabs: tabs(places),
        })
    };
    let mut edited = message(
        3,
        0,
        3,
        "One. It is on the page I am showing – I’ll scroll to it.",
    );
    edited.edited = true;
    let mut waiting = message(5, 0, 0, "See you there");
    waiting.waiting = true;
    SpaceView {
        space: space(1),
        name: "Relay research".to_owned(),
        colour: Colour::Blue,
        link: LinkView::Live,
        you: Some(member(0)),
        role: Role::Owner,
        read_only: false,
        unsent: 0,
        items: vec![
            group(1, "Relay", Colour::Blue, &[2, 0, 1, 3]),
            group(2, "", Colour::Purple, &[4, 5]),
            ItemView::Tab(tab(6, TABS[6].0, TABS[6].1)),
        ],
        people: PEOPLE
            .iter()
            .enumerate()
            .map(|(number, (name, colour, role))| person(number, name, *colour, *role))
            .collect(),
        messages: vec![
            message(1, 1, 60 * 26, "Shall we look at it tomorrow?"),
            message(
                2,
                1,
                4,
                "The TURN part is what I never get right. Which ports do we need open?",
            ),
            edited,
            message(4, 2, 1, "Found the paper: https://www.rfc-editor.org/rfc/rfc8656"),
            waiting,
        ],
        streams: Vec::new(),
        notices: Vec::new(),
        inflow: None,
    }
}

/// The same with a stream: this person's, or Bruno's.
pub(super) fn view_with_stream(here: bool, media: MediaView) -> SpaceView {
    let mut view = view();
    let by = usize::from(!here);
    view.streams = vec![StreamView {
        stream: StreamId::from_bits(9),
        by: member(by),
        name: PEOPLE[by].0.to_owned(),
        yours: here,
        here,
        tab: Some(tab_id(2)),
        title: TABS[2].0.to_owned(),
        audio: true,
        paused: false,
        muted: false,
        started: before(Duration::from_mins(12)),
        watchers: vec![member(usize::from(here)), member(2)],
        media,
        pointers: Vec::new(),
    }];
    if let Some(ItemView::Group(group)) = view.items.first_mut() {
        group.tabs[0].stream = Some(StreamId::from_bits(9));
    }
    view
}

/// The same with something held back by the host.
pub(super) fn held(mut view: SpaceView, paused: bool, muted: bool) -> SpaceView {
    for stream in &mut view.streams {
        (stream.paused, stream.muted) = (paused, muted);
    }
    view
}

/// What the host sees of the own stream, as `fake.js` repeats it: with each turn the counters grow by this.
pub(super) fn glimpse() -> Glimpse {
    Glimpse {
        stream: StreamId::from_bits(9),
        picture: Some(PICTURE.to_owned()),
        readings: vec![Reading {
            peer: "bruno".to_owned(),
            at_ms: 1_000.0,
            bytes: 262_000.0,
            frames: 30.0,
            packets: 240.0,
            lost: 0.5,
            size: Some((1280, 800)),
            codec: Some("VP8".to_owned()),
            round_trip_ms: Some(24.0),
            route: Some(Route::Direct),
        }],
    }
}

/// Two of the viewers point into the picture.
pub(super) fn pointed(mut view: SpaceView) -> SpaceView {
    let pointer = |by: usize, x: f32, y: f32| PointerView {
        member: member(by),
        name: PEOPLE[by].0.to_owned(),
        colour: PEOPLE[by].1,
        x,
        y,
    };
    for stream in &mut view.streams {
        stream.pointers = vec![pointer(2, 0.32, 0.4), pointer(3, 0.7, 0.62)];
    }
    view
}

/// The same as somebody sees it who may only look.
pub(super) fn viewer(mut view: SpaceView) -> SpaceView {
    view.role = Role::Viewer;
    for person in &mut view.people {
        person.role = match person.role {
            _ if person.you => Role::Viewer,
            Role::Editor => Role::Owner,
            other => other,
        };
    }
    view
}

/// The same, with nothing in it.
pub(super) fn empty_view() -> SpaceView {
    let mut view = view();
    view.items.clear();
    view.messages.clear();
    view.people.truncate(1);
    view
}

/// Names that are hard to lay out.
const HARD_NAMES: [&str; 4] = [LONG_NAME, "عبد الرحمن بن محمد الأندلسي", "👩🏽‍🚀 Zoë", "W"];

/// A thousand tabs, a hundred people with names that are hard to lay out, two hundred messages.
pub(super) fn crowded_view() -> SpaceView {
    let mut view = view();
    LONG_NAME.clone_into(&mut view.name);
    view.items = (0..1_000)
        .map(|at| {
            ItemView::Tab(tab(
                at,
                HARD[at % HARD.len()],
                &format!("https://example.org/{at}"),
            ))
        })
        .collect();
    view.people = (0..100)
        .map(|at| {
            let mut person = person(
                at,
                HARD_NAMES[at % HARD_NAMES.len()],
                Colour::ALL[at % 9],
                Role::Editor,
            );
            person.here = at < 60;
            person.typing = at < 20;
            person
        })
        .collect();
    view.messages = (0..200)
        .map(|at| {
            let number = usize::try_from(at).unwrap_or_default();
            let mut message = message(
                at + 1,
                number % 4,
                200 - u64::try_from(at).unwrap_or_default(),
                HARD[number % HARD.len()],
            );
            LONG_NAME.clone_into(&mut message.name);
            message
        })
        .collect();
    view
}
