//! Pages that are in the library more than once: where, and merging them. The rules stand below.

use yew::prelude::*;

use crate::ask::library::LibraryAsk;
use crate::language::Key;
use crate::library::catalogue::{Catalogue, Shown};
use crate::library::duplicates::{Place, RULES};
use crate::ui::chrome_page::favicon_of;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::more::use_more;
use crate::ui::parts::{Button, Chip, Empty, Favicon, Name};
use crate::ui::say::{count, say, say_with};

/// The rules in words, in the order of [`RULES`].
const WORDS: [Key; 5] = [
    Key::LibraryRuleCase,
    Key::LibraryRulePort,
    Key::LibraryRuleSlashes,
    Key::LibraryRuleTracking,
    Key::LibraryRuleFragment,
];

const _: () = assert!(WORDS.len() == RULES.len(), "every rule has its words");

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
}

fn merge(places: &[Place], keep: Option<Place>) -> LibraryAsk {
    LibraryAsk::MergeDuplicates {
        places: places.to_vec(),
        keep,
    }
}

/// The list.
#[component]
pub fn Duplicates(props: &Props) -> Html {
    let library = &props.library;
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let same = catalogue.same_pages();
    let (shown, more) = use_more(same.len());
    let merge_all = {
        let (library, catalogue) = (library.clone(), catalogue.clone());
        move |_: MouseEvent| {
            let wishes: Vec<_> = catalogue
                .same_pages()
                .iter()
                .map(|places| merge(places, None))
                .collect();
            let words = count(Key::LibraryMerged, wishes.len(), &[]);
            deeds::perform(&library, wishes, Some(words));
        }
    };
    html! {
        <>
            <header class="library-head">
                <div class="library-title-row"><h1 class="grow">{ say(Key::LibraryDuplicates) }</h1>
                    if !same.is_empty() { <Button icon={Name::Copy} onclick={merge_all} testid="merge-all">{ say(Key::LibraryMergeAll) }</Button> }
                </div>
                <p class="muted">{ say(Key::LibraryDuplicatesHint) }</p>
            </header>
            if same.is_empty() {
                <Empty icon={Name::Copy} text={say(Key::LibraryNoDuplicates)} />
            }
            <div class="scroll library-cards" tabindex="0" role="region" aria-label={say(Key::LibraryDuplicates)}>
                <ul class="library-plain">{ for same.iter().take(shown).filter_map(|places| card(library, &catalogue, places)) }</ul>
                { more }
                <details class="library-rules">
                    <summary>{ say(Key::LibraryRules) }</summary>
                    <ul>{ for RULES.iter().zip(WORDS).map(|(rule, words)| html! {
                        <li><p class="strong">{ say(words) }</p><p class="mono small muted">{ rule.example.0 }<br />{ rule.example.1 }</p></li>
                    }) }</ul>
                </details>
            </div>
        </>
    }
}

fn card(library: &Handle, catalogue: &Catalogue, places: &[Place]) -> Option<Html> {
    let shown: Vec<Shown<'_>> = places.iter().filter_map(|place| catalogue.tab(*place)).collect();
    let first = shown.first()?;
    let onclick = {
        let (library, places) = (library.clone(), places.to_vec());
        move |_: MouseEvent| {
            deeds::perform(
                &library,
                vec![merge(&places, None)],
                Some(count(Key::LibraryMerged, 1, &[])),
            );
        }
    };
    Some(html! {
        <li class="library-card" key={format!("{:?}", places.first())} data-testid="same-page">
            <div class="flex">
                <Favicon src={Some(AttrValue::from(favicon_of(&first.tab.url)))} url={first.tab.url.clone()} />
                <span class="grow clip strong" title={first.tab.url.clone()}><bdi>{ first.tab.title.clone() }</bdi></span>
                <Button {onclick} label={say_with(Key::LibraryMergeOf, &[("title", &first.tab.title)])} testid="merge-same">{ say(Key::LibraryMergeOne) }</Button>
            </div>
            { for shown.iter().map(|shown| html! {
                <div class="library-line"><Chip name={shown.shelf.name.clone()} colour={shown.shelf.colour} />
                    if let Some(group) = shown.group.filter(|group| !group.title.is_empty()) { <span class="muted clip">{ group.title.clone() }</span> }
                    <span class="faint clip">{ shown.tab.url.clone() }</span>
                </div>
            }) }
        </li>
    })
}
