//! What stands over the library: names, where tabs go, questions before what is not seen to be undone.

use std::rc::Rc;

use protocol::{Colour, Role, SpaceId};
use yew::prelude::*;

use crate::ask::library::{LibraryAnswer, LibraryAsk, OpenIn, Target};
use crate::language::Key;
use crate::library::catalogue::Part;
use crate::ui::backend::{LinkMaker, WriterLinks};
use crate::ui::library::choosing::Choosing;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::keys;
use crate::ui::library::placing;
use crate::ui::library::state::{Input, Over};
use crate::ui::parts::{Button, Dialog, Kind, Naming};
use crate::ui::say::{count, say, say_with};
use crate::ui::share::ShareForm;
use crate::view::LinkView;

/// What the dialogs need.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
}

/// What a form for a name begins with.
#[derive(Default)]
struct Start {
    name: String,
    may_be_empty: bool,
    colour: Option<Colour>,
}

/// What is done with a name and, where it was asked for, a colour.
type Then = Box<dyn Fn(String, Option<Colour>)>;

/// The open dialog, if there is one.
#[component]
pub fn Dialogs(props: &Props) -> Html {
    let library = &props.library;
    let on_close = {
        let library = library.clone();
        Callback::from(move |()| library.dispatch(Input::Opened(None)))
    };
    let Some(over) = library.over.clone() else {
        return Html::default();
    };
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let name_of = |space: SpaceId| Some(catalogue.shelf(space)?.name.clone());
    let titled = |title: Key, on_close: Callback<()>, inner: Html| {
        html! { <Dialog title={say(title)} {on_close} testid="library-dialog">{ inner }</Dialog> }
    };
    let named = |title: Key, label: Key, start: Start, then: Then| {
        let close = on_close.clone();
        let on_done = Callback::from(move |(name, colour)| {
            close.emit(());
            then(name, colour);
        });
        let inner = html! {
            <Naming label={say(label)} value={start.name} may_be_empty={start.may_be_empty} colour={start.colour} {on_done} />
        };
        titled(title, on_close.clone(), inner)
    };
    let desk = library.clone();
    match over {
        Over::To { copy } => {
            let chosen = library.selected();
            let title = match copy {
                _ if deeds::by_space(&chosen).is_empty() => Key::LibrarySaveInto,
                true => Key::LibraryCopyTo,
                false => Key::LibraryMoveTo,
            };
            let then = Callback::from(move |to: Target| placing::put(&desk, &chosen, &to, copy));
            titled(
                title,
                on_close.clone(),
                html! { <Choosing library={library.clone()} {then} {on_close} /> },
            )
        }
        Over::Merge(from) => {
            let then = Callback::from(move |to: Target| {
                if let Target::Space { space: into, .. } = to {
                    let wish = LibraryAsk::Merge { from, into };
                    deeds::perform(&desk, vec![wish], Some(say(Key::LibrarySpacesMerged).to_owned()));
                    desk.dispatch(Input::Chose(Part::Space(into)));
                }
            });
            titled(
                Key::LibraryMerge,
                on_close.clone(),
                html! { <Choosing library={library.clone()} {then} {on_close} not={Some(from)} /> },
            )
        }
        Over::NewSpace => {
            let start = Start {
                colour: Some(Colour::Blue),
                ..Start::default()
            };
            let then = move |name, colour: Option<Colour>| new_space(&desk, name, colour.unwrap_or_default());
            named(Key::LibraryNewSpace, Key::SpaceName, start, Box::new(then))
        }
        Over::Edit(space) => {
            let start = Start {
                name: name_of(space).unwrap_or_default(),
                colour: catalogue.shelf(space).map(|shelf| shelf.colour),
                ..Start::default()
            };
            let then = move |name, colour| {
                let name = Some(name);
                let wish = LibraryAsk::EditSpace { space, name, colour };
                deeds::perform(&desk, vec![wish], Some(say(Key::LibraryChanged).to_owned()));
            };
            named(Key::LibraryEdit, Key::SpaceName, start, Box::new(then))
        }
        Over::EditGroup(space, group) => {
            let view = catalogue.group(space, group);
            let start = Start {
                name: view.map(|view| view.title.clone()).unwrap_or_default(),
                may_be_empty: true,
                colour: view.map(|view| view.colour),
            };
            let then = move |title, colour: Option<Colour>| {
                let colour = colour.unwrap_or_default();
                let wish = LibraryAsk::EditGroup {
                    space,
                    group,
                    title,
                    colour,
                };
                deeds::perform(&desk, vec![wish], Some(say(Key::LibraryChanged).to_owned()));
            };
            named(Key::LibraryEdit, Key::LibraryGroupTitle, start, Box::new(then))
        }
        Over::Group => {
            let start = Start {
                may_be_empty: true,
                colour: Some(Colour::Blue),
                ..Start::default()
            };
            let then = move |title, colour: Option<Colour>| {
                if let Some((space, tabs)) = deeds::by_space(&desk.selected()).into_iter().next() {
                    let colour = colour.unwrap_or_default();
                    let words = count(Key::LibraryGroupDone, tabs.len(), &[]);
                    let wish = LibraryAsk::Group {
                        space,
                        tabs,
                        title,
                        colour,
                    };
                    deeds::perform(&desk, vec![wish], Some(words));
                }
            };
            named(
                Key::LibraryMakeGroup,
                Key::LibraryGroupTitle,
                start,
                Box::new(then),
            )
        }
        Over::Tag => {
            let then = move |tag: String, _| deeds::tag(&desk, &desk.selected(), &tag);
            named(
                Key::LibraryAddTag,
                Key::LibraryTag,
                Start::default(),
                Box::new(then),
            )
        }
        Over::Delete(space) => {
            let shelf = catalogue.shelf(space);
            let shared = shelf.is_some_and(|shelf| shelf.link != LinkView::Private);
            let owner = shelf.is_some_and(|shelf| shelf.role == Role::Owner);
            let (title, text, yes) = match (shared, owner) {
                (true, true) => (Key::DeleteSpace, Key::DeleteSharedSure, Key::Delete),
                (true, false) => (Key::LeaveSpace, Key::LeaveSure, Key::Leave),
                (false, _) => (Key::DeleteSpace, Key::LibraryDeleteSure, Key::Delete),
            };
            let text = say_with(text, &[("space", &name_of(space).unwrap_or_default())]);
            let then = move || deeds::forget(&desk, space, shared, owner);
            titled(title, on_close.clone(), question(text, yes, on_close, then))
        }
        Over::Replace(space) => {
            let then = move || {
                if let Some(window) = desk.window {
                    let wish = LibraryAsk::Open {
                        space,
                        tabs: None,
                        place: OpenIn::Replacing(window),
                    };
                    deeds::perform(&desk, vec![wish], Some(say(Key::LibraryReplaced).to_owned()));
                }
            };
            let text = say(Key::LibraryReplaceSure).to_owned();
            titled(
                Key::LibraryReplace,
                on_close.clone(),
                question(text, Key::LibraryReplace, on_close, then),
            )
        }
        Over::EmptyBin => {
            let then = move || {
                let words = say(Key::LibraryBinEmpty).to_owned();
                deeds::perform(&desk, vec![LibraryAsk::EmptyBin(None)], Some(words));
            };
            let text = say(Key::LibraryEmptyBinSure).to_owned();
            titled(
                Key::LibraryEmptyBin,
                on_close.clone(),
                question(text, Key::LibraryEmptyBin, on_close, then),
            )
        }
        Over::Share(space) => titled(
            Key::Share,
            on_close,
            html! { <Sharing library={library.clone()} {space} /> },
        ),
        Over::Keys => titled(Key::LibraryKeysTitle, on_close, keys::list()),
    }
}

fn new_space(library: &Handle, name: String, colour: Colour) {
    let words = say_with(Key::LibraryMadeSpace, &[("name", &name)]);
    let wish = LibraryAsk::NewSpace { name, colour };
    let desk = library.clone();
    deeds::look(library, wish, move |answer| match answer {
        Ok(LibraryAnswer::Made { spaces, undo, .. }) => {
            desk.dispatch(Input::Done {
                words: Some(words),
                undo: Some(*undo),
            });
            if let Some(space) = spaces.first() {
                desk.dispatch(Input::Chose(Part::Space(*space)));
            }
        }
        Ok(_) => desk.dispatch(Input::Changed),
        Err(why) => desk.dispatch(Input::WentWrong(Some(why.words()))),
    });
}

fn question(text: String, yes: Key, on_close: Callback<()>, then: impl Fn() + 'static) -> Html {
    let cancel = on_close.reform(|_: MouseEvent| ());
    let onclick = move |_: MouseEvent| {
        on_close.emit(());
        then();
    };
    html! {
        <>
            <p>{ text }</p>
            <div class="buttons">
                <Button onclick={cancel} testid="cancel">{ say(Key::Cancel) }</Button>
                <Button kind={Kind::Danger} {onclick} testid="confirm">{ say(yes) }</Button>
            </div>
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SharingProps {
    library: Handle,
    space: SpaceId,
}

/// The share form over the library.
#[component]
fn Sharing(props: &SharingProps) -> Html {
    let shelf = use_memo((), |()| {
        let catalogue = props.library.catalogue.as_ref();
        let shelf = catalogue.and_then(|catalogue| catalogue.shelf(props.space));
        shelf.map(|shelf| (shelf.link != LinkView::Private, shelf.role))
    });
    let (shared, role) = (*shelf).unwrap_or((false, Role::Owner));
    let space = props.space;
    let links = use_memo((), move |()| LinkMaker(Rc::new(WriterLinks::new(space, shared))));
    let on_shared = {
        let library = props.library.clone();
        Callback::from(move |_| library.dispatch(Input::Changed))
    };
    html! { <ShareForm links={(*links).clone()} your_name={props.library.your_name.clone()} ask_name={true} {role} {on_shared} /> }
}
