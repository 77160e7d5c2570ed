//! The right column: what is known of the selected tab, else of the space, and what the space was.

use yew::prelude::*;

use crate::ask::library::LibraryAsk;
use crate::language::Key;
use crate::library::catalogue::{Part, Shown, Spot};
use crate::library::marks::{Marking, Marks};
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::history::History;
use crate::ui::library::opening;
use crate::ui::parts::{Button, Chip, Field, Name};
use crate::ui::say::say;

/// What the column needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
}

/// The column; nothing where there is nothing to say.
#[component]
pub fn Aside(props: &Props) -> Html {
    let library = &props.library;
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let one = (library.selection.len() == 1)
        .then(|| library.selection.cursor())
        .flatten()
        .filter(|spot| library.selection.holds(*spot))
        .and_then(|spot| catalogue.tab(spot.saved()?));
    let space = match library.part {
        Part::Space(space) if !library.is_searching() => catalogue.shelf(space),
        _ => None,
    };
    if one.is_none() && space.is_none() {
        return Html::default();
    }
    html! {
        <aside class="library-aside scroll" aria-label={say(Key::Details)} tabindex="0">
            if let Some(shown) = one { { details(library, shown) } }
            else if let Some(shelf) = space {
                <History key={shelf.space.to_string()} library={library.clone()} space={shelf.space} changed={shelf.changed.0} name={shelf.name.clone()} />
            }
        </aside>
    }
}

fn details(library: &Handle, shown: Shown<'_>) -> Html {
    let place = shown.place();
    let spot = Spot::Saved(place);
    let marks = shown.marks().cloned().unwrap_or_default();
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let others: Vec<_> = catalogue
        .others(place)
        .filter_map(|other| catalogue.tab(other))
        .collect();
    let open = {
        let library = library.clone();
        move |_: MouseEvent| opening::open(&library, vec![spot])
    };
    html! {
        <section class="library-details" data-testid="details">
            <h2><bdi>{ shown.tab.title.clone() }</bdi></h2>
            <p class="mono small muted">{ shown.tab.url.clone() }</p>
            <div class="flex">
                <Chip name={shown.shelf.name.clone()} colour={shown.shelf.colour} />
                if let Some(group) = shown.group.filter(|group| !group.title.is_empty()) { <Chip name={group.title.clone()} colour={group.colour} /> }
            </div>
            <Button icon={Name::Open} onclick={open} testid="open-tab">{ say(Key::LibraryOpen) }</Button>
            <Notes key={format!("{place:?}")} library={library.clone()} {place} {marks} />
            if !others.is_empty() {
                <h3>{ say(Key::LibraryElsewhere) }</h3>
                <ul class="library-plain">{ for others.iter().map(|other| html! {
                    <li><Chip name={other.shelf.name.clone()} colour={other.shelf.colour} /></li>
                }) }</ul>
            }
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NotesProps {
    library: Handle,
    place: crate::library::duplicates::Place,
    marks: Marks,
}

/// Tags and note; kept when their field is left.
#[component]
fn Notes(props: &NotesProps) -> Html {
    let before = props.marks.tags.join(", ");
    let tags = use_state_eq(|| before.clone());
    let note = use_state_eq(|| props.marks.note.clone());
    // What was marked or taken back elsewhere is seen, and not overwritten by what stood here.
    use_effect_with(before, {
        let tags = tags.clone();
        move |marked| tags.set(marked.clone())
    });
    use_effect_with(props.marks.note.clone(), {
        let note = note.clone();
        move |marked| note.set(marked.clone())
    });
    let save = {
        let (props, tags, note) = (props.clone(), tags.clone(), note.clone());
        Callback::from(move |()| {
            let mut given: Vec<String> = Vec::new();
            for tag in tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
                if !given.iter().any(|there| there == tag) {
                    given.push(tag.to_owned());
                }
            }
            let marking = Marking {
                tags: (given != props.marks.tags).then_some(given),
                note: (*note != props.marks.note).then(|| (*note).clone()),
                ..Marking::default()
            };
            if marking != Marking::default() {
                let wish = LibraryAsk::Mark {
                    space: props.place.space,
                    tabs: Some(vec![props.place.tab]),
                    marking,
                };
                deeds::perform(&props.library, vec![wish], Some(say(Key::Saved).to_owned()));
            }
        })
    };
    let on_tags = {
        let tags = tags.clone();
        Callback::from(move |typed| tags.set(typed))
    };
    let on_note = {
        let note = note.clone();
        Callback::from(move |typed| note.set(typed))
    };
    let onfocusout = {
        let save = save.clone();
        move |_: FocusEvent| save.emit(())
    };
    let onsubmit = move |event: SubmitEvent| {
        event.prevent_default();
        save.emit(());
    };
    html! {
        <form class="library-notes" {onfocusout} {onsubmit}>
            <Field label={say(Key::LibraryTags)} value={(*tags).clone()} on_input={on_tags} hint={say(Key::LibraryTagsHint)} maxlength={500} testid="tags" />
            <Field label={say(Key::LibraryNote)} value={(*note).clone()} on_input={on_note} lines={4} maxlength={4000} testid="note" />
        </form>
    }
}
