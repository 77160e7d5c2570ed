//! The library, whole.

use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use gloo::timers::future::TimeoutFuture;
use protocol::SpaceId;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use crate::ask::library::SaveWhat;
use crate::language::Key;
use crate::library::catalogue::{Catalogue, Part};
use crate::ui::chrome_page;
use crate::ui::library::aside::Aside;
use crate::ui::library::bin::Bin;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::dialogs::Dialogs;
use crate::ui::library::duplicates::Duplicates;
use crate::ui::library::head::Head;
use crate::ui::library::list::{List, focus_list};
use crate::ui::library::placing;
use crate::ui::library::sidebar::Sidebar;
use crate::ui::library::state::{Input, Library, Over, Way};
use crate::ui::open_tabs;
use crate::ui::parts::{Banner, Button, Empty, Kind, Loading, Name, Said, Toast, Tone};
use crate::ui::port_source::PortSource;
use crate::ui::say::say;

/// After the last of several changes, all is read again.
const SETTLED_MS: u32 = 150;

/// What the page starts with.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// From the address.
    pub space: Option<SpaceId>,
}

fn is_text(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// Whether a dialog stands over the page: nothing behind it is to change unseen.
fn has_dialog() -> bool {
    let open = gloo::utils::document().query_selector("dialog[open]");
    matches!(open, Ok(Some(_)))
}

/// Keys that count wherever the focus is, but in a field or a dialog.
#[hook]
fn use_keys(library: &Handle, field: &NodeRef) {
    let (library, field) = (library.clone(), field.clone());
    use_effect(move || {
        let listener = EventListener::new_with_options(
            &gloo::utils::document(),
            "keydown",
            EventListenerOptions::enable_prevent_default(),
            move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                    return;
                };
                if event.is_composing() || is_text(event) || has_dialog() {
                    return;
                }
                let control = event.ctrl_key() || event.meta_key();
                match (event.key().to_lowercase().as_str(), control) {
                    ("/", false) => {
                        if let Some(field) = field.cast::<HtmlInputElement>() {
                            let _ = field.focus();
                            field.select();
                        }
                    }
                    ("?", false) => library.dispatch(Input::Opened(Some(Over::Keys))),
                    ("z", true) if !event.shift_key() => deeds::take(&library, Way::Back),
                    ("z" | "y", true) => deeds::take(&library, Way::Again),
                    _ => return,
                }
                event.prevent_default();
            },
        );
        move || drop(listener)
    });
}

fn focus_list_if_nothing_has_it() {
    let nothing = gloo::utils::document()
        .active_element()
        .is_none_or(|element| element.tag_name() == "BODY");
    if nothing {
        focus_list();
    }
}

/// Puts what there is into the index, a little at a time, once it is painted.
fn prepare(library: &Handle) {
    if !library.finder.wants_attention() {
        return;
    }
    let library = library.clone();
    spawn_local(async move {
        chrome_page::next_frame().await;
        while !library.finder.make() {
            TimeoutFuture::new(0).await;
        }
        library.dispatch(Input::Indexed);
    });
}

/// The library.
#[component]
pub fn LibraryApp(props: &Props) -> Html {
    let start = props.space;
    let library: Handle = use_reducer(move || Library::new(start));
    let field = use_node_ref();
    // Whoever changed a space: its summary says so, and all is read again.
    let port = use_memo((), {
        let library = library.clone();
        let told = Callback::from(move |projection| library.dispatch(Input::Told(projection)));
        move |()| PortSource::open(None, told)
    });
    let listed = library.shared_in_sight();
    use_effect_with(listed, move |listed| port.list(*listed));
    use_effect_with((), {
        let library = library.clone();
        move |()| {
            let listener = library.clone();
            open_tabs::watch(move || listener.dispatch(Input::TabsChanged));
            spawn_local(async move {
                if let Ok(window) = chrome_page::current_window().await {
                    library.dispatch(Input::WindowKnown(window));
                }
            });
        }
    });
    use_effect_with(library.revision, {
        let library = library.clone();
        move |revision| {
            let pause = if *revision == 0 { 0 } else { SETTLED_MS };
            let timer = Timeout::new(pause, move || deeds::read(&library));
            move || drop(timer)
        }
    });
    use_effect_with((library.revision, library.tabs_revision), {
        let library = library.clone();
        move |_| deeds::read_tabs(&library)
    });
    // What was selected is gone, and with it the button that had the focus: the keys go on in the list.
    use_effect_with(library.selection.is_empty(), |is_empty| {
        if *is_empty {
            focus_list_if_nothing_has_it();
        }
    });
    use_effect_with(
        (
            library.catalogue.clone(),
            library.bin.clone(),
            library.open.clone(),
        ),
        {
            let library = library.clone();
            move |_| prepare(&library)
        },
    );
    use_keys(&library, &field);
    let said = library.word.as_ref().map(|word| Said {
        number: word.number,
        text: word.text.clone().into(),
        on_undo: word.undo.then(|| {
            let library = library.clone();
            Callback::from(move |()| deeds::take(&library, Way::Back))
        }),
    });
    let on_close = {
        let library = library.clone();
        Callback::from(move |()| library.dispatch(Input::WordRead))
    };
    let dismiss = |input: fn(Option<String>) -> Input| {
        let library = library.clone();
        Callback::from(move |()| library.dispatch(input(None)))
    };
    html! {
        <div class="library">
            <Sidebar library={library.clone()} {field} />
            <main class="library-main">
                if let Some(words) = library.trouble.clone() {
                    <Banner tone={Tone::Danger} on_close={dismiss(Input::WentWrong)}>{ words }</Banner>
                }
                if let Some(words) = library.unread.clone().filter(|_| library.catalogue.is_some()) {
                    <Banner tone={Tone::Danger} on_close={dismiss(Input::NotRead)}>{ words }</Banner>
                }
                { middle(&library) }
                <p class="hidden" id="library-keys">{ say(Key::LibraryKeys) }</p>
                <Toast {said} {on_close} />
            </main>
            if library.catalogue.is_some() { <Aside library={library.clone()} /> }
            <Dialogs library={library.clone()} />
        </div>
    }
}

/// Saves this window where no space is there yet.
fn save_window(library: &Handle, catalogue: &Catalogue) -> Option<Callback<MouseEvent>> {
    let window = library.window.filter(|_| catalogue.shelves().is_empty())?;
    let library = library.clone();
    Some(Callback::from(move |_| {
        placing::save(&library, SaveWhat::Window(window));
    }))
}

fn middle(library: &Handle) -> Html {
    let Some(catalogue) = library.catalogue.clone() else {
        let Some(words) = library.unread.clone() else {
            return html! { <Loading /> };
        };
        let onclick = {
            let library = library.clone();
            move |_: MouseEvent| {
                library.dispatch(Input::NotRead(None));
                library.dispatch(Input::Changed);
            }
        };
        return html! {
            <Empty icon={Name::Warning} text={words} whole=true><Button {onclick} testid="try-again">{ say(Key::TryAgain) }</Button></Empty>
        };
    };
    if library.part == Part::Bin && !library.is_searching() {
        return html! { <Bin library={library.clone()} /> };
    }
    if library.part == Part::Duplicates && !library.is_searching() {
        return html! { <Duplicates library={library.clone()} /> };
    }
    let empty = if library.is_searching() {
        library
            .lines()
            .is_empty()
            .then_some((Name::Search, Key::NothingFound))
    } else if catalogue.shelves().is_empty() {
        Some((Name::Stack, Key::NoSpaces))
    } else if catalogue.size_of(library.part) > 0 {
        None
    } else {
        Some(match library.part {
            Part::Starred => (Name::Star, Key::LibraryNoStars),
            Part::Shared => (Name::Users, Key::LibraryNoShared),
            Part::Archive => (Name::Archive, Key::LibraryNoArchive),
            _ => (Name::Stack, Key::NoTabs),
        })
    };
    html! {
        <>
            <Head library={library.clone()} />
            if empty.is_some() && library.is_searching() && !library.finder.is_whole() {
                <Loading />
            } else if let Some((icon, words)) = empty {
                <Empty {icon} text={say(words)}>
                    if let Some(onclick) = save_window(library, &catalogue) {
                        <Button kind={Kind::Primary} {onclick} testid="save-window">{ say(Key::SaveThisWindow) }</Button>
                    }
                </Empty>
            } else {
                <List library={library.clone()} />
            }
        </>
    }
}
