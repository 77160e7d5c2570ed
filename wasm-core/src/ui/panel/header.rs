//! The panel's head: which space, how it stands, who is here, what can be done with it.

use std::rc::Rc;

use protocol::Role;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::panel::library::show_library;
use crate::ui::panel::state::{Chosen, Input, Over};
use crate::ui::parts::{Button, Chip, Icon, Menu, MenuItem, Name, People, Tooltip};
use crate::ui::say::say;
use crate::ui::space::link_state::LinkState;
use crate::ui::space::{here, may};
use crate::view::{LinkView, SpaceView};

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// What the person did.
    pub on_input: Callback<Input>,
    /// Streams the tab that is seen beside the panel, where that can be.
    pub on_stream: Option<Callback<()>>,
    /// A stream is being started.
    pub starting: bool,
}

/// The head.
#[component]
pub fn Header(props: &Props) -> Html {
    let view = &props.view;
    let item = |label: Key, icon: Name, testid: &'static str, input: Input| {
        let (on_input, danger) = (props.on_input.clone(), input == Input::Opened(Over::End));
        MenuItem::new(say(label), icon, testid, move |()| on_input.emit(input.clone())).danger(danger)
    };
    let shared = view.link != LinkView::Private;
    let owner = view.role == Role::Owner;
    let mut items = Vec::new();
    if may(view, Role::Editor) {
        items.push(item(Key::Share, Name::Share, "share", Input::Opened(Over::Share)));
    }
    if owner {
        items.push(item(
            Key::Rename,
            Name::Pen,
            "rename-space",
            Input::Opened(Over::Rename),
        ));
    }
    if shared {
        items.push(item(
            Key::Members,
            Name::Users,
            "show-members",
            Input::Opened(Over::Members),
        ));
    }
    if view.inflow.is_some() {
        items.push(item(
            Key::Inflow,
            Name::Down,
            "inflow",
            Input::Opened(Over::Inflow),
        ));
    }
    let space = view.space;
    let library = MenuItem::new(say(Key::LibraryOpenPage), Name::Open, "open-library", {
        let on_input = props.on_input.clone();
        move |()| show_library(Some(space), &on_input)
    });
    items.push(library);
    items.push(item(
        Key::AllSpaces,
        Name::Stack,
        "all-spaces",
        Input::Chose(Chosen::List),
    ));
    let end = if owner { Key::DeleteSpace } else { Key::LeaveSpace };
    items.push(item(
        end,
        Name::Bin,
        if owner { "delete-space" } else { "leave" },
        Input::Opened(Over::End),
    ));
    let onclick = {
        let on_input = props.on_input.clone();
        move |_: MouseEvent| on_input.emit(Input::Opened(Over::Members))
    };
    html! {
        <header class="head">
            <div class="head-row">
                <h1 class="clip"><Chip name={view.name.clone()} colour={view.colour} big=true /></h1>
                <span class="grow"></span>
                if shared {
                    <Tooltip text={say(Key::Members)}>
                        <button type="button" class="people-button" {onclick} data-testid="presence">
                            <People people={here(view)} /><Icon name={Name::Users} /><span class="hidden">{ say(Key::Members) }</span>
                        </button>
                    </Tooltip>
                }
                <Menu label={say(Key::SpaceMenu)} {items} testid="space-menu" />
            </div>
            <div class="state-row">
                <LinkState link={view.link.clone()} role={view.role} unsent={view.unsent} />
                if let Some(on_stream) = &props.on_stream {
                    <Button icon={Name::Stream} busy={props.starting} onclick={on_stream.reform(|_: MouseEvent| ())} testid="stream-tab">
                        { say(if props.starting { Key::Starting } else { Key::StreamTab }) }
                    </Button>
                }
            </div>
        </header>
    }
}
