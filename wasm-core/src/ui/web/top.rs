//! The web page's head: which space, how it stands, who is here, invite, leave.

use std::rc::Rc;

use protocol::Role;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Button, Chip, Icon, Kind, Logo, Name, People, Tooltip};
use crate::ui::say::say;
use crate::ui::space::link_state::LinkState;
use crate::ui::space::{here, may};
use crate::view::SpaceView;

/// What stands over the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Links.
    Invite,
    /// Members.
    Members,
    /// Whether to leave.
    Leave,
}

/// What the head needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// Something shall stand over the page.
    pub on_open: Callback<Over>,
}

/// The head.
#[component]
pub fn Top(props: &Props) -> Html {
    let view = &props.view;
    let open = |over: Over| {
        let on_open = props.on_open.clone();
        move |_: MouseEvent| on_open.emit(over)
    };
    html! {
        <header class="top">
            <a class="logo-link" href="/" aria-label={say(Key::ToStart)}><Logo /></a>
            <h1 class="clip"><Chip name={view.name.clone()} colour={view.colour} big=true /></h1>
            <LinkState link={view.link.clone()} role={view.role} unsent={view.unsent} />
            <span class="grow"></span>
            <Tooltip text={say(Key::Members)}>
                <button type="button" class="people-button" onclick={open(Over::Members)} data-testid="show-members">
                    <People people={here(view)} /><Icon name={Name::Users} /><span class="hidden">{ say(Key::Members) }</span>
                </button>
            </Tooltip>
            if may(view, Role::Editor) {
                <Button icon={Name::Share} onclick={open(Over::Invite)} testid="invite"><span class="wide-only">{ say(Key::Invite) }</span></Button>
            }
            <Button kind={Kind::Quiet} onclick={open(Over::Leave)} testid="leave">{ say(Key::Leave) }</Button>
        </header>
    }
}
