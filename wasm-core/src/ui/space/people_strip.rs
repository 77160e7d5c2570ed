//! Who is here and what they look at, as a strip under the stage.

use std::rc::Rc;

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::Avatar;
use crate::ui::say::{number, rich, say, say_with};
use crate::view::{ItemView, PersonView, SpaceView};

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
}

fn tab_title(view: &SpaceView, person: &PersonView) -> Option<String> {
    let wanted = person.tab?;
    view.items
        .iter()
        .flat_map(|item| match item {
            ItemView::Tab(tab) => std::slice::from_ref(tab),
            ItemView::Group(group) => &group.tabs,
        })
        .find(|tab| tab.tab == wanted)
        .map(|tab| tab.title.clone())
}

/// So many are told of in words; of more only the first faces are shown.
const IN_WORDS: usize = 6;
const FACES: usize = 15;

/// What somebody does: a message and what fills its place.
fn doing(view: &SpaceView, person: &PersonView) -> (Key, String) {
    if let Some(stream) = view.streams.iter().find(|stream| stream.by == person.member) {
        let key = if person.you {
            Key::YouStreaming
        } else {
            Key::PersonStreaming
        };
        (key, stream.title.clone())
    } else if person.watching.is_some() {
        let key = if person.you {
            Key::YouWatching
        } else {
            Key::PersonWatching
        };
        (key, String::new())
    } else if let Some(title) = tab_title(view, person) {
        (if person.you { Key::YouOn } else { Key::PersonOn }, title)
    } else if person.you {
        (Key::YouHere, String::new())
    } else if person.idle {
        (Key::PersonIdle, String::new())
    } else {
        (Key::PersonHere, String::new())
    }
}

fn in_words(view: &SpaceView, person: &PersonView) -> Html {
    let (key, what) = doing(view, person);
    let name = html! { <bdi class="strong">{person.name.clone()}</bdi> };
    let what = html! { <bdi>{what}</bdi> };
    html! {
        <li class="person" key={person.member.to_string()} data-testid="person">
            <Avatar name={person.name.clone()} colour={person.colour} big=true away={person.idle} />
            <span class="clip muted">{ rich(key, &[("name", name), ("what", what)]) }</span>
        </li>
    }
}

fn as_face(view: &SpaceView, person: &PersonView) -> Html {
    let (key, what) = doing(view, person);
    let words = say_with(key, &[("name", &person.name), ("what", &what)]);
    html! {
        <li key={person.member.to_string()} data-testid="person">
            <Avatar name={person.name.clone()} {words} colour={person.colour} big=true away={person.idle} />
        </li>
    }
}

/// The strip.
#[component]
pub fn PeopleStrip(props: &Props) -> Html {
    let view = &props.view;
    let people = view.people.iter().filter(|person| person.here || person.you);
    let people: Vec<&PersonView> = people.collect();
    let crowded = people.len() > IN_WORDS;
    let more = if crowded {
        people.len().saturating_sub(FACES)
    } else {
        0
    };
    let show = if crowded { as_face } else { in_words };
    html! {
        <ul class="who-now" aria-label={say(Key::WhoIsHere)} data-testid="presence">
            { for people.iter().take(people.len() - more).map(|person| show(view, person)) }
            if more > 0 {
                <li class="muted small more" data-testid="more-people">{ say_with(Key::AndMore, &[("count", &number(more))]) }</li>
            }
        </ul>
    }
}
