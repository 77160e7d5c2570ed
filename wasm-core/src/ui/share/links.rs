//! The links of a space that are good, each can be revoked.

use protocol::InviteId;
use protocol::rest::Invite;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Button, Kind};
use crate::ui::say::{ahead, count, say, say_with};
use crate::ui::share::role_name;

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The links.
    pub invites: Vec<Invite>,
    /// One shall be revoked.
    pub on_revoke: Callback<InviteId>,
}

/// The list.
#[component]
pub fn LinkList(props: &Props) -> Html {
    let good: Vec<&Invite> = props.invites.iter().filter(|invite| !invite.revoked).collect();
    if good.is_empty() {
        return Html::default();
    }
    html! {
        <section class="links" aria-labelledby="links-title">
            <h2 class="section" id="links-title">{ say(Key::Links) }</h2>
            <ul>
                { for good.into_iter().map(|invite| {
                    let (on_revoke, id) = (props.on_revoke.clone(), invite.id);
                    html! {
                        <li class="row tall" key={id.to_string()} data-testid="invite-row">
                            <span class="grow">
                                <span class="strong">{ say(role_name(invite.role)) }</span>
                                <span class="faint small block-line">
                                    { say_with(Key::LinkEnds, &[("when", &ahead(invite.expires))]) }{" · "}{ count(Key::LinkUses, invite.uses as usize, &[]) }
                                </span>
                            </span>
                            <Button kind={Kind::Danger} class="quiet" onclick={move |_: MouseEvent| on_revoke.emit(id)} testid="revoke">{ say(Key::Revoke) }</Button>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}
