//! Who is here and what they look at, as a strip under the stage.

use std::rc::Rc;

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::Avatar;
use crate::ui::say::{rich, say};
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

fn doing(view: &SpaceView, person: &PersonView) -> Html {
    let name = html! { <bdi class="strong">{person.name.clone()}</bdi> };
    let mut values = vec![("name", name)];
    let key = if let Some(stream) = view.streams.iter().find(|stream| stream.by == person.member) {
        values.push(("what", html! { <bdi>{stream.title.clone()}</bdi> }));
        if person.you {
            Key::YouStreaming
        } else {
            Key::PersonStreaming
        }
    } else if person.watching.is_some() {
        if person.you {
            Key::YouWatching
        } else {
            Key::PersonWatching
        }
    } else if let Some(title) = tab_title(view, person) {
        values.push(("what", html! { <bdi>{title}</bdi> }));
        if person.you { Key::YouOn } else { Key::PersonOn }
    } else if person.you {
        Key::YouHere
    } else if person.idle {
        Key::PersonIdle
    } else {
        Key::PersonHere
    };
    rich(key, &values)
}

/// The strip.
#[component]
pub fn PeopleStrip(props: &Props) -> Html {
    html! {
        <ul class="who-now" aria-label={say(Key::WhoIsHere)} data-testid="presence">
            { for props.view.people.iter().filter(|person| person.here || person.you).map(|person| html! {
                <li class="person" key={person.member.to_string()} data-testid="person">
                    <Avatar name={person.name.clone()} colour={person.colour} big=true away={person.idle} />
                    <span class="clip muted">{ doing(&props.view, person) }</span>
                </li>
            }) }
        </ul>
    }
}
