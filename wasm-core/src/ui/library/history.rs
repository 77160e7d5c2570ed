//! What happened in a space, and the space as it was; tabs or all of it can be brought back.

use std::rc::Rc;

use protocol::{Role, Seq, SpaceId};
use yew::prelude::*;

use crate::ask::library::{Deed, HistoryView, LibraryAnswer, LibraryAsk, Moment};
use crate::language::Key;
use crate::library::duplicates::Place;
use crate::ui::backend::Trouble;
use crate::ui::chrome_page::favicon_of;
use crate::ui::library::deeds::{self, Handle};
use crate::ui::library::timeline::Timeline;
use crate::ui::parts::{Banner, Button, Chip, Dialog, Favicon, Kind, Loading, Tone};
use crate::ui::say::{count, say, say_with, time_of};
use crate::view::{GroupView, ItemView, TabView};

/// So many tabs of the past are shown at once.
const SHOWN: usize = 200;

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The page's state.
    pub library: Handle,
    /// Which space.
    pub space: SpaceId,
    /// When it last changed: then it is read again.
    pub changed: i64,
    /// The space's name.
    pub name: String,
}

/// A space as it was.
#[derive(Clone, PartialEq)]
struct Was {
    moment: Moment,
    items: Rc<Result<Vec<ItemView>, Trouble>>,
}

fn read(
    library: &Handle,
    space: SpaceId,
    before: Option<Seq>,
    moments: UseStateHandle<Option<Result<HistoryView, Trouble>>>,
) {
    let earlier = before.and_then(|_| (*moments).clone()?.ok());
    deeds::look(library, LibraryAsk::History { space, before }, move |answer| {
        moments.set(Some(match answer {
            Ok(LibraryAnswer::History(mut view)) => {
                if let Some(mut earlier) = earlier {
                    earlier.moments.append(&mut view.moments);
                    view.moments = earlier.moments;
                }
                Ok(view)
            }
            Ok(_) => Err(Trouble::NoAnswer),
            Err(why) => Err(why),
        }));
    });
}

/// What happened, the latest first.
#[component]
pub fn History(props: &Props) -> Html {
    let moments = use_state(|| None::<Result<HistoryView, Trouble>>);
    let was = use_state(|| None::<Was>);
    use_effect_with((props.space, props.changed), {
        let (library, moments) = (props.library.clone(), moments.clone());
        move |(space, _)| read(&library, *space, None, moments)
    });
    let more = {
        let (library, space, moments) = (props.library.clone(), props.space, moments.clone());
        move |_: MouseEvent| {
            let before = moments.as_ref().and_then(|moments| moments.as_ref().ok()?.before);
            read(&library, space, before, moments.clone());
        }
    };
    let on_look = {
        let (library, space, was) = (props.library.clone(), props.space, was.clone());
        Callback::from(move |moment| look_at(&library, space, moment, was.clone()))
    };
    let body = match &*moments {
        None => html! { <Loading /> },
        Some(Err(why)) => html! { <Banner tone={Tone::Warning}>{ why.words() }</Banner> },
        Some(Ok(view)) if view.moments.is_empty() => {
            html! { <p class="muted">{ say(Key::LibraryNoHistory) }</p> }
        }
        Some(Ok(view)) => html! {
            <>
                if view.moments.len() > 1 { <Timeline moments={view.moments.clone()} {on_look} /> }
                <ol class="library-history">{ for view.moments.iter().map(|moment| line(props, moment, &was)) }</ol>
                if view.before.is_some() { <Button kind={Kind::Quiet} onclick={more} testid="more-history">{ say(Key::LibraryEarlier) }</Button> }
            </>
        },
    };
    html! {
        <section aria-labelledby="history-title" data-testid="history">
            <h2 id="history-title">{ say(Key::LibraryHistory) }</h2>
            { body }
            if let Some(shown) = (*was).clone() { { as_it_was(props, &shown, &was) } }
        </section>
    }
}

fn bring_back(props: &Props, moment: &Moment) -> impl Fn(MouseEvent) + 'static {
    let (library, wish) = (
        props.library.clone(),
        LibraryAsk::BringBack {
            space: props.space,
            seq: moment.seq_before,
            tabs: Some(moment.taken.clone()),
            name: props.name.clone(),
        },
    );
    move |_: MouseEvent| {
        deeds::perform(
            &library,
            vec![wish.clone()],
            Some(say(Key::LibraryBroughtBack).to_owned()),
        );
    }
}

/// Shows the space as it was.
fn look_at(library: &Handle, space: SpaceId, moment: Moment, was: UseStateHandle<Option<Was>>) {
    let wish = LibraryAsk::At {
        space,
        seq: moment.seq,
    };
    deeds::look(library, wish, move |answer| {
        let items = match answer {
            Ok(LibraryAnswer::At { items, .. }) => Ok(items),
            Ok(_) => Err(Trouble::NoAnswer),
            Err(why) => Err(why),
        };
        was.set(Some(Was {
            moment,
            items: Rc::new(items),
        }));
    });
}

fn line(props: &Props, moment: &Moment, was: &UseStateHandle<Option<Was>>) -> Html {
    let when = time_of(moment.time);
    let look = {
        let (library, space, moment, was) = (props.library.clone(), props.space, moment.clone(), was.clone());
        move |_: MouseEvent| look_at(&library, space, moment.clone(), was.clone())
    };
    html! {
        <li key={moment.seq.0.to_string()} data-testid="moment">
            <p><span class="strong">{ moment.by.clone().unwrap_or_else(|| say(Key::LibraryYou).to_owned()) }</span>{" · "}{ told_with_chip(&moment.deed) }
                if !moment.taken.is_empty() { <Button kind={Kind::Link} onclick={bring_back(props, moment)} testid="bring-back">{ say(Key::BringBack) }</Button> }
            </p>
            <Button kind={Kind::Quiet} class="library-when" onclick={look} label={say_with(Key::LibraryLookAt, &[("when", &when)])} testid="look-at">{ when.clone() }</Button>
        </li>
    }
}

/// What was done, with the group's chip where there is one.
fn told_with_chip(deed: &Deed) -> Html {
    let words = words_of(deed);
    let Deed::Grouped(title, colour, _) = deed else {
        return html! { <bdi>{ words }</bdi> };
    };
    html! { <>{ words }{" "}<Chip name={group_name(title)} colour={*colour} /></> }
}

fn group_name(title: &str) -> String {
    if title.is_empty() {
        say(Key::LibraryGroup).to_owned()
    } else {
        title.to_owned()
    }
}

/// What was done at a moment and by whom, in words alone.
pub fn told(moment: &Moment) -> String {
    let by = moment.by.as_deref().unwrap_or(say(Key::LibraryYou));
    let words = words_of(&moment.deed);
    match &moment.deed {
        Deed::Grouped(title, ..) => format!("{by} · {words} {}", group_name(title)),
        _ => format!("{by} · {words}"),
    }
}

fn words_of(deed: &Deed) -> String {
    let some = |one: Key, many: Key, titles: &[String]| match titles {
        [title] => say_with(one, &[("title", title)]),
        titles => count(many, titles.len(), &[]),
    };
    match deed {
        Deed::Made(tabs) => count(Key::DeedMade, *tabs, &[]),
        Deed::Renamed(name) => say_with(Key::DeedRenamed, &[("name", name)]),
        Deed::Recoloured(_) => say(Key::DeedRecoloured).to_owned(),
        Deed::Added(titles) => some(Key::DeedAdded, Key::DeedAddedMany, titles),
        Deed::Removed(titles) => some(Key::DeedRemoved, Key::DeedRemovedMany, titles),
        Deed::Navigated(title) => say_with(Key::DeedNavigated, &[("title", title)]),
        Deed::Moved(titles) => some(Key::DeedMoved, Key::DeedMovedMany, titles),
        Deed::Grouped(_, _, tabs) => count(Key::DeedGrouped, *tabs, &[]),
        Deed::Ungrouped(title) => say_with(Key::DeedUngrouped, &[("title", title)]),
        Deed::Joined(name) => say_with(Key::DeedJoined, &[("name", name)]),
        Deed::Left(name) => say_with(Key::DeedLeft, &[("name", name)]),
        Deed::Streamed(title) => say_with(Key::DeedStreamed, &[("title", title)]),
        Deed::Other => say(Key::DeedOther).to_owned(),
    }
}

/// A line of a space as it was.
enum Row<'a> {
    Group(&'a GroupView),
    Tab(&'a TabView),
}

fn rows_of(items: &[ItemView]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for item in items {
        match item {
            ItemView::Tab(tab) => rows.push(Row::Tab(tab)),
            ItemView::Group(group) => {
                rows.push(Row::Group(group));
                rows.extend(group.tabs.iter().map(Row::Tab));
            }
        }
    }
    rows
}

/// A tab of a space as it was; one that is not there any more can be brought back.
fn was_tab(props: &Props, seq: Seq, when: &str, tab: &TabView, on_close: &Callback<()>) -> Html {
    let catalogue = props.library.catalogue.clone().unwrap_or_default();
    let shelf = catalogue.shelf(props.space);
    let may = shelf.is_some_and(|shelf| shelf.role >= Role::Editor);
    let is_there = catalogue
        .tab(Place {
            space: props.space,
            tab: tab.tab,
        })
        .is_some_and(|now| now.tab.url == tab.url);
    let onclick = {
        let (library, on_close) = (props.library.clone(), on_close.clone());
        let wish = LibraryAsk::BringBack {
            space: props.space,
            seq,
            tabs: Some(vec![tab.tab]),
            name: props.name.clone(),
        };
        move |_: MouseEvent| {
            on_close.emit(());
            let words = say(Key::LibraryBroughtBack).to_owned();
            deeds::perform(&library, vec![wish.clone()], Some(words));
        }
    };
    let label = say_with(Key::BringBackOf, &[("what", &tab.title), ("when", when)]);
    html! {
        <li class="library-line"><Favicon src={Some(AttrValue::from(favicon_of(&tab.url)))} url={tab.url.clone()} /><bdi class="grow clip">{ tab.title.clone() }</bdi>
            if may && !is_there { <Button kind={Kind::Quiet} class="library-one" {onclick} {label} testid="bring-tab-back">{ say(Key::BringBack) }</Button> }
        </li>
    }
}

fn as_it_was(props: &Props, shown: &Was, was: &UseStateHandle<Option<Was>>) -> Html {
    let on_close = {
        let was = was.clone();
        Callback::from(move |()| was.set(None))
    };
    let (seq, when) = (shown.moment.seq, time_of(shown.moment.time));
    let whole = {
        let (library, on_close) = (props.library.clone(), on_close.clone());
        let wish = LibraryAsk::BringBack {
            space: props.space,
            seq,
            tabs: None,
            name: say_with(Key::LibraryAsOf, &[("space", &props.name), ("when", &when)]),
        };
        move |_: MouseEvent| {
            on_close.emit(());
            deeds::perform(
                &library,
                vec![wish.clone()],
                Some(say(Key::LibraryBroughtBack).to_owned()),
            );
        }
    };
    let body = match &*shown.items {
        Err(why) => html! { <Banner tone={Tone::Warning}>{ why.words() }</Banner> },
        Ok(items) => {
            let rows = rows_of(items);
            let hidden = rows.iter().skip(SHOWN);
            let hidden = hidden.filter(|row| matches!(row, Row::Tab(_))).count();
            html! {
                <>
                    <ul class="library-plain library-was scroll" tabindex="0">{ for rows.iter().take(SHOWN).map(|row| match row {
                        Row::Tab(tab) => was_tab(props, seq, &when, tab, &on_close),
                        Row::Group(group) => html! { <li class="library-line"><Chip name={group_name(&group.title)} colour={group.colour} /></li> },
                    }) }</ul>
                    if hidden > 0 { <p class="faint small">{ count(Key::LibraryMore, hidden, &[]) }</p> }
                    <div class="buttons"><Button kind={Kind::Primary} onclick={whole} testid="bring-all-back">{ say(Key::LibraryAsSpace) }</Button></div>
                </>
            }
        }
    };
    html! { <Dialog title={say_with(Key::LibraryAsOf, &[("space", &props.name), ("when", &when)])} {on_close} testid="was-dialog">{ body }</Dialog> }
}
