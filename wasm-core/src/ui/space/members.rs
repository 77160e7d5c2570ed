//! The members of a space: who they are, what they may do; an owner changes and removes.

use std::rc::Rc;

use protocol::{MemberId, Role};
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::parts::{Avatar, Button, Choice, IconButton, Kind, Name};
use crate::ui::say::{count, say, say_with};
use crate::ui::share::role_name;
use crate::ui::space::may;
use crate::view::{PersonView, SpaceView};

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// Where wishes go.
    pub source: Source,
}

/// The list. Removing asks once more, in place.
#[component]
pub fn Members(props: &Props) -> Html {
    let asked = use_state(|| None::<MemberId>);
    let owner = may(&props.view, Role::Owner);
    let row = |person: &PersonView| {
        let member = person.member;
        let on_change = {
            let source = props.source.clone();
            Callback::from(move |name: String| {
                if let Some(role) = Role::from_name(&name) {
                    source.wish(Command::SetRole { member, role });
                }
            })
        };
        let on_remove = {
            let (source, asked) = (props.source.clone(), asked.clone());
            move |_: MouseEvent| {
                if *asked == Some(member) {
                    source.wish(Command::Remove(member));
                    asked.set(None);
                } else {
                    asked.set(Some(member));
                }
            }
        };
        let options: Vec<_> = Role::ALL
            .into_iter()
            .map(|role| (role.as_str().into(), say(role_name(role)).into()))
            .collect();
        html! {
            <li class="row tall" key={member.to_string()} data-testid="member-row">
                <Avatar name={person.name.clone()} colour={person.colour} big=true away={!person.here} />
                <span class="grow">
                    <bdi class="strong clip block-line">{ if person.you { say_with(Key::NameYou, &[("name", &person.name)]) } else { person.name.clone() } }</bdi>
                    <span class="faint small clip block-line">{ say(if !person.here { Key::Away } else if person.idle { Key::Idle } else { Key::Here }) }</span>
                </span>
                if owner && !person.you {
                    <Choice label={say_with(Key::RoleOf, &[("name", &person.name)])} {options} value={person.role.as_str()} {on_change} bare=true testid="member-role" />
                    if *asked == Some(member) {
                        <Button kind={Kind::Danger} onclick={on_remove} testid="remove-member">{ say(Key::ReallyRemove) }</Button>
                    } else {
                        <IconButton icon={Name::Bin} label={say(Key::Remove)} onclick={on_remove} testid="remove-member" />
                    }
                } else {
                    <span class="end">{ say(role_name(person.role)) }</span>
                }
            </li>
        }
    };
    html! {
        <section class="members" aria-labelledby="members-title">
            <h2 class="section" id="members-title">{ count(Key::MemberCount, props.view.people.len(), &[]) }</h2>
            <ul data-testid="members">{ for props.view.people.iter().map(row) }</ul>
        </section>
    }
}
