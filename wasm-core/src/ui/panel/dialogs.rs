//! What stands over the panel: sharing, members, what becomes of what others do, another name, leaving or deleting.

use std::rc::Rc;

use protocol::{Role, SpaceId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::library::{LibraryAnswer, LibraryAsk};
use crate::ask::{Answer, Ask};
use crate::command::Command;
use crate::language::Key;
use crate::library::undo::Undo;
use crate::ui::backend::{LinkMaker, Source, WriterLinks, ask};
use crate::ui::panel::inflow::InflowSetting;
use crate::ui::panel::state::{Chosen, Input, Over};
use crate::ui::parts::{Button, Dialog, Kind, Naming, Said};
use crate::ui::say::{say, say_with};
use crate::ui::share::ShareForm;
use crate::ui::space::members::Members;
use crate::view::{LinkView, SpaceView};

/// What the dialogs need.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Which is open.
    pub over: Option<Over>,
    /// The space, for sharing also as it was before it had its present id.
    pub view: Rc<SpaceView>,
    /// Where wishes go.
    pub source: Source,
    /// The name others see.
    pub your_name: String,
    /// What the person did.
    pub on_input: Callback<Input>,
}

/// The open dialog, if there is one.
#[component]
pub fn Dialogs(props: &Props) -> Html {
    let Props {
        over,
        view,
        source,
        your_name,
        on_input,
    } = props;
    let on_close = {
        let on_input = on_input.clone();
        Callback::from(move |()| on_input.emit(Input::Closed))
    };
    match over {
        None => Html::default(),
        Some(Over::Share) => html! {
            <Dialog title={say(Key::Share)} {on_close} testid="share-dialog">
                <Sharing view={view.clone()} your_name={your_name.clone()} on_input={on_input.clone()} />
            </Dialog>
        },
        Some(Over::Members) => html! {
            <Dialog title={say(Key::Members)} {on_close} testid="members-dialog"><Members view={view.clone()} source={source.clone()} /></Dialog>
        },
        Some(Over::Inflow) => html! {
            <Dialog title={say(Key::Inflow)} {on_close} testid="inflow-dialog"><InflowSetting view={view.clone()} source={source.clone()} /></Dialog>
        },
        Some(Over::Rename) => html! {
            <Dialog title={say(Key::Rename)} on_close={on_close.clone()} testid="rename-dialog">
                <Naming label={say(Key::SpaceName)} value={view.name.clone()} on_done={
                    let source = source.clone();
                    Callback::from(move |(name, _)| { source.wish(Command::Rename(name)); on_close.emit(()); })
                } />
            </Dialog>
        },
        Some(Over::End) => end_dialog(props, on_close),
    }
}

fn end_dialog(props: &Props, on_close: Callback<()>) -> Html {
    let (owner, space) = (props.view.role == Role::Owner, props.view.space);
    let shared = props.view.link != LinkView::Private;
    let (title, text, yes) = match (owner, shared) {
        (true, true) => (Key::DeleteSpace, Key::DeleteSharedSure, Key::Delete),
        (true, false) => (Key::DeleteSpace, Key::DeleteSure, Key::Delete),
        (false, _) => (Key::LeaveSpace, Key::LeaveSure, Key::Leave),
    };
    let onclick = {
        let (on_input, close) = (props.on_input.clone(), on_close.clone());
        move |_: MouseEvent| {
            close.emit(());
            spawn_local(end(space, shared, on_input.clone()));
        }
    };
    let cancel = {
        let on_close = on_close.clone();
        move |_: MouseEvent| on_close.emit(())
    };
    html! {
        <Dialog title={say(title)} {on_close} testid="end-dialog">
            <p>{ say_with(text, &[("space", &props.view.name)]) }</p>
            <div class="buttons">
                <Button onclick={cancel}>{ say(Key::Cancel) }</Button>
                <Button kind={Kind::Danger} {onclick} testid="confirm-end">{ say(yes) }</Button>
            </div>
        </Dialog>
    }
}

/// Deletes a space, or leaves it, with a word that takes it back: of one that was shared a private copy comes back.
async fn end(space: SpaceId, shared: bool, on_input: Callback<Input>) {
    let undo = match ask(Ask::Library(LibraryAsk::Forget(space))).await {
        Ok(Answer::Library(LibraryAnswer::Changed(undo))) => undo,
        Ok(_) => return,
        Err(why) => return on_input.emit(Input::WentWrong(Some(why.words()))),
    };
    on_input.emit(Input::Chose(Chosen::List));
    let on_undo = {
        let (on_input, undo) = (on_input.clone(), undo.clone());
        Callback::from(move |()| spawn_local(take_back(undo.clone(), on_input.clone())))
    };
    // An empty shared space leaves nothing behind.
    let kept = !undo.binned.is_empty();
    let text = match (shared, kept) {
        (true, true) => Key::CopyInBin,
        (true, false) => Key::LeftSpace,
        (false, _) => Key::LibraryDeleted,
    };
    on_input.emit(Input::Said(Some(Said {
        number: 0,
        text: say(text).into(),
        on_undo: kept.then_some(on_undo),
    })));
}

async fn take_back(undo: Box<Undo>, on_input: Callback<Input>) {
    match ask(Ask::Library(LibraryAsk::Undo(undo))).await {
        Ok(Answer::Library(LibraryAnswer::Changed(again))) => {
            if let Some(&space) = again.made.first() {
                on_input.emit(Input::Chose(Chosen::Space(space)));
            }
        }
        Ok(_) => {}
        Err(why) => on_input.emit(Input::WentWrong(Some(why.words()))),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SharingProps {
    view: Rc<SpaceView>,
    your_name: String,
    on_input: Callback<Input>,
}

/// The share form over the panel's space.
#[component]
fn Sharing(props: &SharingProps) -> Html {
    let (space, shared) = (props.view.space, props.view.link != LinkView::Private);
    let links = use_memo((), move |()| LinkMaker(Rc::new(WriterLinks::new(space, shared))));
    let before = use_memo((), move |()| space);
    let on_shared = {
        let (on_input, before) = (props.on_input.clone(), *before);
        Callback::from(move |now| on_input.emit(Input::Shared { before, now }))
    };
    html! { <ShareForm links={(*links).clone()} your_name={props.your_name.clone()} ask_name={true} role={props.view.role} {on_shared} /> }
}
