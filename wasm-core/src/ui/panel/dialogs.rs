//! What stands over the panel: sharing, members, another name, leaving or deleting.

use std::rc::Rc;

use protocol::Role;
use protocol::op::name as check_name;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ask::Ask;
use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::{LinkMaker, Source, WriterLinks, ask};
use crate::ui::panel::state::{Chosen, Input, Over};
use crate::ui::parts::{Button, Dialog, Field, Kind};
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
        Some(Over::Rename) => html! {
            <Dialog title={say(Key::Rename)} on_close={on_close.clone()} testid="rename-dialog">
                <RenameSpace name={view.name.clone()} on_done={
                    let source = source.clone();
                    Callback::from(move |name| { source.wish(Command::Rename(name)); on_close.emit(()); })
                } />
            </Dialog>
        },
        Some(Over::End) => end_dialog(props, on_close),
    }
}

fn end_dialog(props: &Props, on_close: Callback<()>) -> Html {
    let owner = props.view.role == Role::Owner;
    let shared = props.view.link != LinkView::Private;
    let (title, text, yes) = match (owner, shared) {
        (true, true) => (Key::DeleteSpace, Key::DeleteSharedSure, Key::Delete),
        (true, false) => (Key::DeleteSpace, Key::DeleteSure, Key::Delete),
        (false, _) => (Key::LeaveSpace, Key::LeaveSure, Key::Leave),
    };
    let onclick = {
        let (on_input, source, space, close) = (
            props.on_input.clone(),
            props.source.clone(),
            props.view.space,
            on_close.clone(),
        );
        move |_: MouseEvent| {
            close.emit(());
            if !owner {
                source.wish(Command::Leave);
                return;
            }
            let on_input = on_input.clone();
            spawn_local(async move {
                match ask(Ask::Forget(space)).await {
                    Ok(_) => on_input.emit(Input::Chose(Chosen::List)),
                    Err(why) => on_input.emit(Input::WentWrong(Some(why.words()))),
                }
            });
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

#[derive(Clone, PartialEq, Properties)]
struct RenameProps {
    name: String,
    on_done: Callback<String>,
}

/// The field for a space's name.
#[component]
fn RenameSpace(props: &RenameProps) -> Html {
    let name = use_state(|| props.name.clone());
    let on_input = {
        let name = name.clone();
        Callback::from(move |typed| name.set(typed))
    };
    let field = use_node_ref();
    use_effect_with((), {
        let field = field.clone();
        move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let _ = field.focus();
            }
        }
    });
    let good = check_name(&name).is_ok();
    let onsubmit = {
        let (name, on_done) = (name.clone(), props.on_done.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            on_done.emit(name.trim().to_owned());
        }
    };
    html! {
        <form {onsubmit}>
            <Field label={say(Key::SpaceName)} value={(*name).clone()} {on_input} maxlength={100} node={field} testid="space-name" />
            <div class="buttons"><Button submit=true kind={Kind::Primary} disabled={!good} testid="save-name">{ say(Key::Save) }</Button></div>
        </form>
    }
}
