//! One space on the screen: the parts that side panel and web page share.
//!
//! They take a [`crate::view::SpaceView`] and say wishes to a [`crate::ui::backend::Source`]; none of them
//! knows where either comes from.

pub mod composer;
pub mod conversation;
pub mod details;
pub mod draft;
pub mod link_state;
pub mod live;
pub mod members;
pub mod message;
pub mod notices;
pub mod people_strip;
pub mod pointers;
pub mod removal;
pub mod stage;
pub mod stream_card;
pub mod tab_row;
pub mod tabs;

use protocol::{Colour, MemberId, Role};

use crate::view::SpaceView;

/// Names and colours of some members.
pub fn faces(view: &SpaceView, members: &[MemberId]) -> Vec<(String, Colour)> {
    let person = |member: &MemberId| view.people.iter().find(|person| person.member == *member);
    members
        .iter()
        .filter_map(person)
        .map(|person| (person.name.clone(), person.colour))
        .collect()
}

/// Names and colours of the others who are here.
pub fn here(view: &SpaceView) -> Vec<(String, Colour)> {
    let others = view.people.iter().filter(|person| person.here && !person.you);
    others
        .map(|person| (person.name.clone(), person.colour))
        .collect()
}

/// Whether this person may do what takes a role, in this space as it is.
pub fn may(view: &SpaceView, role: Role) -> bool {
    view.role >= role && !view.read_only && !matches!(view.link, crate::view::LinkView::Ended { .. })
}
