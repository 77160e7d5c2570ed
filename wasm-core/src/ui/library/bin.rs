//! The bin: what was removed in the last 30 days.

use std::collections::BTreeSet;

use yew::prelude::*;

use crate::ask::library::{BinnedTab, BinnedView, LibraryAsk};
use crate::language::Key;
use crate::library::bin::BinId;
use crate::ui::chrome_page::favicon_of;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::more::use_more;
use crate::ui::library::state::{Input, Over};
use crate::ui::parts::{Button, Chip, Empty, Favicon, Kind, Name};
use crate::ui::say::{ago, count, say, say_with};

/// So many tabs of an entry are named.
const NAMED: usize = 4;

/// What the bin needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
}

/// The bin.
#[component]
pub fn Bin(props: &Props) -> Html {
    let library = &props.library;
    let (shown, more) = use_more(library.bin.len());
    // Those whose tabs are all named.
    let whole = use_state(BTreeSet::<BinId>::new);
    let empty = {
        let library = library.clone();
        move |_: MouseEvent| library.dispatch(Input::Opened(Some(Over::EmptyBin)))
    };
    html! {
        <>
            <header class="library-head">
                <div class="library-title-row"><h1 class="grow">{ say(Key::LibraryBin) }</h1>
                    if !library.bin.is_empty() { <Button kind={Kind::Danger} icon={Name::Bin} onclick={empty} testid="empty-bin">{ say(Key::LibraryEmptyBin) }</Button> }
                </div>
                <p class="muted">{ say(Key::LibraryBinHint) }</p>
            </header>
            if library.bin.is_empty() {
                <Empty icon={Name::Bin} text={say(Key::LibraryBinEmpty)} />
            } else {
                <div class="scroll library-cards" tabindex="0" role="region" aria-label={say(Key::LibraryBin)}>
                    <ul class="library-plain">{ for library.bin.iter().take(shown).map(|entry| card(library, entry, &whole)) }</ul>
                    { more }
                </div>
            }
        </>
    }
}

fn card(library: &Handle, entry: &BinnedView, whole: &UseStateHandle<BTreeSet<BinId>>) -> Html {
    let put_back = {
        let (library, id) = (library.clone(), entry.id);
        move |_: MouseEvent| {
            deeds::perform(
                &library,
                vec![LibraryAsk::TakeOut(id)],
                Some(say(Key::LibraryPutBackDone).to_owned()),
            );
        }
    };
    let is_whole = whole.contains(&entry.id);
    let show = {
        let (whole, id) = (whole.clone(), entry.id);
        move |_: MouseEvent| {
            let mut shown = (*whole).clone();
            shown.insert(id);
            whole.set(shown);
        }
    };
    let rest = entry.tabs.len().saturating_sub(NAMED);
    html! {
        <li class="library-card" key={format!("{:?}", entry.id)} data-testid="binned">
            <div class="flex">
                <span class="grow">
                    <Chip name={entry.name.clone()} colour={entry.colour} />{" "}
                    <span class="muted">{ if entry.whole { say(Key::LibraryWhole).to_owned() + " · " } else { String::new() } }{ count(Key::TabCount, entry.tabs.len(), &[]) }{" · "}{ ago(entry.removed) }</span>
                </span>
                <Button onclick={put_back} label={say_with(Key::LibraryPutBackOf, &[("space", &entry.name), ("when", &ago(entry.removed))])} testid="put-back">{ say(Key::LibraryPutBack) }</Button>
            </div>
            { for entry.tabs.iter().take(NAMED).map(|tab| line(library, entry, tab)) }
            if rest > 0 && is_whole {
                { for entry.tabs.iter().skip(NAMED).map(|tab| line(library, entry, tab)) }
            } else if rest > 0 {
                <p><Button kind={Kind::Quiet} class="library-one" onclick={show} testid="show-tabs">{ count(Key::LibraryMore, rest, &[]) }</Button></p>
            }
        </li>
    }
}

/// A tab of an entry; one of several can be put back alone.
fn line(library: &Handle, entry: &BinnedView, tab: &BinnedTab) -> Html {
    let title = if tab.title.is_empty() {
        tab.url.clone()
    } else {
        tab.title.clone()
    };
    let put_back = {
        let (library, id, tab) = (library.clone(), entry.id, tab.tab);
        move |_: MouseEvent| {
            let words = say(Key::LibraryPutBackDone).to_owned();
            deeds::perform(&library, vec![LibraryAsk::TakeOutTab { id, tab }], Some(words));
        }
    };
    html! {
        <div class="library-line" title={tab.url.clone()}>
            <Favicon src={Some(AttrValue::from(favicon_of(&tab.url)))} url={tab.url.clone()} /><bdi class="grow clip">{ title.clone() }</bdi>
            if entry.tabs.len() > 1 {
                <Button kind={Kind::Quiet} class="library-one" onclick={put_back} label={say_with(Key::LibraryPutBackTab, &[("title", &title)])} testid="put-tab-back">{ say(Key::LibraryPutBack) }</Button>
            }
        </div>
    }
}
