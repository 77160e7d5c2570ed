//! The parts of a space: a tab's row and the stage, each in its states.

use std::rc::Rc;

use protocol::{Colour, GroupId, MemberId, Role, SpaceId, StreamId, TabId};
use serde_json::json;
use yew::prelude::*;

use crate::ui::backend::Source;
use crate::ui::gallery::sample;
use crate::ui::space::stage::Stage;
use crate::ui::space::tab_row::{InGroup, TabRow};
use crate::ui::space::tabs::Tabs;
use crate::view::{GroupView, ItemView, LinkView, MediaView, PersonView, SpaceView, StreamView, TabView};

const NAMES: [&str; 3] = ["Ada", "Bruno", "شهرزاد"];

fn member(number: usize) -> MemberId {
    MemberId::from_bits(number as u128 + 1)
}

/// Ada is the one who looks.
fn people() -> Vec<PersonView> {
    let person = |(number, name): (usize, &str)| PersonView {
        member: member(number),
        name: name.to_owned(),
        colour: Colour::ALL[number + 1],
        role: Role::Editor,
        you: number == 0,
        here: true,
        idle: false,
        typing: false,
        tab: None,
        watching: None,
    };
    NAMES.into_iter().enumerate().map(person).collect()
}

fn space(items: Vec<ItemView>, streams: Vec<StreamView>, role: Role) -> SpaceView {
    SpaceView {
        space: SpaceId::from_bits(1),
        name: "Sample".to_owned(),
        colour: Colour::Blue,
        link: LinkView::Live,
        you: Some(member(0)),
        role,
        read_only: false,
        unsent: 0,
        items,
        people: people(),
        messages: Vec::new(),
        streams,
        notices: Vec::new(),
        inflow: None,
    }
}

fn tab(number: u128, title: &str, host: &str) -> TabView {
    TabView {
        tab: TabId::from_bits(number),
        url: ["https://", host, "/"].concat(),
        opens: true,
        title: title.to_owned(),
        favicon: None,
        pinned: false,
        viewers: Vec::new(),
        stream: None,
    }
}

/// Tabs in all states, as an editor has them: with a menu, to be renamed, moved, removed and had back.
fn items() -> Vec<ItemView> {
    let group = |number, title: &str, colour, tabs| {
        ItemView::Group(GroupView {
            group: GroupId::from_bits(number),
            title: title.to_owned(),
            colour,
            collapsed: false,
            tabs,
        })
    };
    let pinned = TabView {
        pinned: true,
        ..tab(1, "Pinned", "mail.example.org")
    };
    let seen = TabView {
        viewers: vec![member(1), member(2)],
        ..tab(3, "Two people look at it", "docs.example.org")
    };
    let live = TabView {
        stream: Some(StreamId::from_bits(1)),
        viewers: vec![member(1)],
        ..tab(4, "Streamed", "video.example.org")
    };
    let closed = TabView {
        url: "chrome://settings".to_owned(),
        opens: false,
        ..tab(7, "An address that is not opened", "settings.example.org")
    };
    let long = "A title that is longer than any list is wide, as some pages have it, with their name at the end – Example";
    vec![
        ItemView::Tab(pinned),
        ItemView::Tab(tab(2, "Plain", "rust-lang.org")),
        group(1, "A group", Colour::Purple, vec![seen, live]),
        group(
            2,
            "",
            Colour::Orange,
            vec![tab(5, "A group without a title", "xkcd.com"), closed],
        ),
        ItemView::Tab(tab(8, long, "long.example.org")),
        ItemView::Tab(tab(9, "مقدمة إلى البث المباشر بين المتصفحات", "ar.example.org")),
    ]
}

#[component]
fn Rows() -> Html {
    let source = use_memo((), |()| {
        let live = stream(1, &json!({ "tab": TabId::from_bits(4) }));
        sample::source(space(items(), live.into_iter().collect(), Role::Editor))
    });
    let redraw = use_force_update();
    use_effect_with((), {
        let source = source.clone();
        move |()| {
            let subscription = source
                .0
                .subscribe(Callback::from(move |()| redraw.force_update()));
            move || drop(subscription)
        }
    });
    html! {
        if let Some(view) = source.0.view() {
            <div class="framed tall-frame"><Tabs {view} source={(*source).clone()} /></div>
        }
    }
}

/// Rows of one who may change nothing: what is looked at, alone and in a group.
fn fixed_rows() -> Html {
    let row = |tab: TabView, on: bool, group: Option<InGroup>| {
        html! { <TabRow {tab} favicon={None::<AttrValue>} {group} viewers={Vec::new()} {on} may_edit=false target=false on_change={Callback::noop()} /> }
    };
    let place = |first: bool, last: bool| {
        Some(InGroup {
            colour: Colour::Green,
            first,
            last,
        })
    };
    html! {
        <div class="framed">
            <ul class="tab-list">
                { row(tab(11, "Not to be changed", "rust-lang.org"), false, None) }
                { row(tab(12, "Looked at", "mdn.dev"), true, None) }
                { row(tab(13, "First of a group", "docs.rs"), false, place(true, false)) }
                { row(tab(14, "Looked at, in a group", "crates.io"), true, place(false, false)) }
                { row(tab(15, "Last of a group", "w3.org"), false, place(false, true)) }
                { row(tab(16, "Alone in a group", "whatwg.org"), false, place(true, true)) }
            </ul>
        </div>
    }
}

/// A tab's rows: all that an editor can do, and what one sees who may change nothing.
pub fn tab_rows() -> Html {
    html! { <><Rows />{ fixed_rows() }</> }
}

/// A stream of Bruno's with sound that plays and two watch, but for what is said otherwise.
fn stream(number: u128, otherwise: &serde_json::Value) -> Option<StreamView> {
    let mut stream = json!({
        "stream": StreamId::from_bits(number),
        "by": member(1),
        "name": NAMES[1],
        "yours": false,
        "here": false,
        "tab": null,
        "title": "Two clocks and one page",
        "audio": true,
        "started": 0,
        "watchers": [member(0), member(2)],
        "media": MediaView::Playing,
        "pointers": [],
    });
    for (name, value) in otherwise.as_object()? {
        stream[name.as_str()] = value.clone();
    }
    serde_json::from_value(stream).ok()
}

/// What a sample of the stage needs.
#[derive(Debug, Clone, PartialEq, Properties)]
struct StagedProps {
    /// Which state it is.
    name: &'static str,
    stream: StreamView,
    role: Role,
}

#[component]
fn Staged(props: &StagedProps) -> Html {
    let source: Rc<Source> = use_memo(props.clone(), |props| {
        sample::source(space(Vec::new(), vec![props.stream.clone()], props.role))
    });
    html! {
        if let Some(view) = source.0.view() {
            <div class="staged"><p class="small muted">{props.name}</p><Stage {view} stream={props.stream.clone()} source={(*source).clone()} /></div>
        }
    }
}

/// The stage with its controls, in all states of a stream.
pub fn stages() -> Html {
    let pointer = |by: usize, x: f32, y: f32| json!({ "member": member(by), "name": NAMES[by], "colour": Colour::ALL[by + 1], "x": x, "y": y });
    let states = [
        (
            "Plays, and others point",
            Role::Editor,
            json!({ "pointers": [pointer(1, 0.2, 0.4), pointer(2, 0.7, 0.6)] }),
        ),
        (
            "Without sound, to one who may stop it",
            Role::Owner,
            json!({ "audio": false }),
        ),
        (
            "Connecting",
            Role::Editor,
            json!({ "media": MediaView::Connecting }),
        ),
        (
            "Interrupted",
            Role::Editor,
            json!({ "media": MediaView::Interrupted }),
        ),
        ("No path", Role::Editor, json!({ "media": MediaView::NoPath })),
        ("Not watched", Role::Viewer, json!({ "media": MediaView::Off })),
        ("Paused by its host", Role::Editor, json!({ "paused": true })),
        ("Muted by its host", Role::Editor, json!({ "muted": true })),
        (
            "One’s own",
            Role::Editor,
            json!({ "yours": true, "here": true, "by": member(0), "name": NAMES[0] }),
        ),
    ];
    html! {
        <>{ for states.into_iter().zip(1..).map(|((name, role, otherwise), number)| match stream(number, &otherwise) {
            Some(stream) => html! { <Staged {name} {stream} {role} /> },
            None => html! { <p role="alert">{name}{" is no stream"}</p> },
        }) }</>
    }
}
