//! People as small coloured circles.

use protocol::Colour;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::colour_class;
use crate::ui::say;

/// How many are shown before "+4".
const SHOWN: usize = 3;

/// What an avatar needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct AvatarProps {
    /// The person's name.
    pub name: AttrValue,
    /// What is said of the person, when it is more than the name.
    #[prop_or_default]
    pub words: Option<AttrValue>,
    /// The person's colour.
    pub colour: Colour,
    /// 28 px instead of 22.
    #[prop_or_default]
    pub big: bool,
    /// The person is away or idle.
    #[prop_or_default]
    pub away: bool,
}

/// The first letter of a name; the style makes it a capital.
pub fn initial(name: &str) -> String {
    name.trim()
        .chars()
        .next()
        .map_or_else(|| "?".to_owned(), String::from)
}

/// Somebody.
#[component]
pub fn Avatar(props: &AvatarProps) -> Html {
    let class = classes!(
        "avatar",
        colour_class(props.colour),
        props.big.then_some("big"),
        props.away.then_some("away")
    );
    let words = props.words.clone().unwrap_or_else(|| props.name.clone());
    html! { <span {class} title={words.clone()} role="img" aria-label={words}>{initial(&props.name)}</span> }
}

/// What a stack of people needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PeopleProps {
    /// Names and colours, in order.
    pub people: Vec<(String, Colour)>,
}

/// Several people, the first three and how many more.
#[component]
pub fn People(props: &PeopleProps) -> Html {
    let more = props.people.len().saturating_sub(SHOWN);
    let more_names = props
        .people
        .iter()
        .skip(SHOWN)
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    html! {
        <span class="people">
            { for props.people.iter().take(SHOWN).map(|(name, colour)| html! { <Avatar name={name.clone()} colour={*colour} /> }) }
            if more > 0 {
                <span class="avatar c-grey" title={more_names.clone()} role="img" aria-label={more_names}>
                    { say::say_with(Key::AndMore, &[("count", &say::number(more))]) }
                </span>
            }
        </span>
    }
}
