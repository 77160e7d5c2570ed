//! The list the search field controls: one listbox with a group of tabs, one of saved tabs, of spaces, of deeds.
//!
//! It is the list of the [`crate::ui::parts::Combobox`] above it.

use protocol::{Colour, SpaceId};
use yew::prelude::*;

use crate::ask::SavedTab;
use crate::find::Query;
use crate::language::Key;
use crate::ui::chrome_page::{OpenTab, favicon_of};
use crate::ui::colour_class;
use crate::ui::marked::marked;
use crate::ui::parts::combobox::{keep_focus, option_id};
use crate::ui::parts::{Empty, Favicon, Icon, LiveBadge, Name, People, window};
use crate::ui::popup::state::{Popup, Row, Screen};
use crate::ui::say::{ago, count, say};
use crate::view::SpaceSummary;

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The popup's state.
    pub popup: Popup,
    /// The rows, as the state gives them.
    pub rows: Vec<Row>,
    /// A row was chosen.
    pub on_choose: Callback<Row>,
    /// A space shall be shown in the side panel.
    pub on_panel: Callback<SpaceId>,
}

/// The list's DOM id.
pub const LIST: &str = "results";

/// The list.
#[component]
pub fn Results(props: &Props) -> Html {
    let Props {
        popup,
        rows,
        on_choose,
        on_panel,
    } = props;
    let tabs = rows.iter().take_while(|row| matches!(row, Row::Tab(_))).count();
    let saved = rows.iter().filter(|row| matches!(row, Row::Saved(_))).count();
    let spaces = rows.iter().filter(|row| matches!(row, Row::Space(_))).count();
    let before_spaces = tabs + saved;
    let searching = popup.is_searching() || popup.screen != Screen::List;
    let query = Query::parse(&popup.query);
    let in_tabs = popup.active.filter(|at| *at < tabs);
    let in_spaces = popup
        .active
        .and_then(|at| at.checked_sub(before_spaces))
        .filter(|at| *at < spaces);
    let tab_window = window::use_window(tabs, in_tabs, "div");
    let space_window = window::use_window(spaces, in_spaces, "div");

    if searching && rows.is_empty() {
        return html! {
            <div class="results searching">
                if !popup.is_finding() { <Empty icon={Name::Search} text={say(Key::NothingFound)} /> }
            </div>
        };
    }
    let option = |at: usize| {
        rows.get(at).map(|row| {
            let group = tab_group(popup, rows, at, searching);
            option(
                at,
                row,
                group,
                &query,
                popup.active == Some(at),
                (on_choose, on_panel),
            )
        })
    };
    let tabs_title = if searching {
        say(Key::Tabs).to_owned()
    } else {
        count(Key::ThisWindow, tabs, &[])
    };
    let followed = popup.followed();
    html! {
        <div class={classes!("results", searching.then_some("searching"))} id={LIST} role={(!rows.is_empty()).then_some("listbox")} aria-label={(!rows.is_empty()).then(|| say(Key::Results))}>
            if tabs > 0 {
                <div class="block tabs-block" role="presentation">
                    <div class="section" role="presentation">
                        <span class="grow" id="tabs-title">{tabs_title}</span>
                        if !searching && popup.projection.is_some() {
                            <span class={classes!("saved-state", followed.is_some().then_some("ok"))} data-testid="saved-state">
                                { say(if followed.is_some() { Key::SavedFollows } else { Key::NotSavedYet }) }
                            </span>
                        }
                    </div>
                    <div class="scroll" ref={tab_window.scroller.clone()} onscroll={tab_window.onscroll.clone()} role="group" aria-labelledby="tabs-title" tabindex="0" data-testid="window-tabs">
                        { tab_window.list(tab_window.rows.clone().filter_map(option)) }
                    </div>
                </div>
            }
            if saved > 0 {
                <div class="block saved-block" role="presentation">
                    <div class="section" role="presentation"><span class="grow" id="saved-title">{ say(Key::SavedTabs) }</span></div>
                    <div class="scroll" role="group" aria-labelledby="saved-title" tabindex="0" data-testid="saved-tabs">
                        { for (tabs..before_spaces).filter_map(option) }
                    </div>
                </div>
            }
            if spaces > 0 || !searching {
                <div class="block spaces-block" role="presentation">
                    <div class="section" role="presentation"><span class="grow" id="spaces-title">{ say(Key::Spaces) }</span></div>
                    <div class="scroll" ref={space_window.scroller.clone()} onscroll={space_window.onscroll.clone()} role={if spaces > 0 { "group" } else { "presentation" }} aria-labelledby={(spaces > 0).then_some("spaces-title")} tabindex={(spaces > 0).then_some("0")} data-testid="spaces">
                        { space_window.list(space_window.rows.clone().filter_map(|at| option(before_spaces + at))) }
                        if spaces == 0 && popup.projection.is_some() {
                            <p class="hint" role="presentation">{ say(Key::NoSpaces) }</p>
                        }
                    </div>
                </div>
            }
            if rows.len() > before_spaces + spaces {
                <div class="block" role="group" aria-labelledby="deeds-title">
                    <div class="section" role="presentation"><span class="grow" id="deeds-title">{ say(Key::Commands) }</span></div>
                    { for (before_spaces + spaces..rows.len()).filter_map(option) }
                </div>
            }
        </div>
    }
}

/// The group bar of a tab's row: its colour, title, and whether it begins and ends here.
fn tab_group<'a>(
    popup: &'a Popup,
    rows: &[Row],
    at: usize,
    searching: bool,
) -> Option<(Colour, &'a str, bool, bool)> {
    let Row::Tab(tab) = rows.get(at)? else { return None };
    let (colour, title) = popup.group_of(tab)?;
    let same = |other: Option<&Row>| matches!(other, Some(Row::Tab(other)) if other.group == tab.group);
    let first = searching || at == 0 || !same(rows.get(at - 1));
    let last = searching || !same(rows.get(at + 1));
    Some((colour, title, first, last))
}

fn option(
    at: usize,
    row: &Row,
    group: Option<(Colour, &str, bool, bool)>,
    query: &Query,
    active: bool,
    (on_choose, on_panel): (&Callback<Row>, &Callback<SpaceId>),
) -> Html {
    let onclick = {
        let (on_choose, row) = (on_choose.clone(), row.clone());
        move |_: MouseEvent| on_choose.emit(row.clone())
    };
    let testid = match row {
        Row::Tab(_) => "tab-row",
        Row::Saved(_) => "saved-row",
        Row::Space(_) => "space-row",
        Row::Deed(_) => "command-row",
    };
    let here = matches!(row, Row::Tab(tab) if tab.active) && matches!(row, Row::Tab(_));
    let class = classes!(
        "row",
        active.then_some("active"),
        here.then_some("here"),
        group.map(|(colour, _, first, last)| {
            classes!(
                "grouped",
                colour_class(colour),
                first.then_some("first"),
                last.then_some("last")
            )
        })
    );
    html! {
        <div key={at} {class} id={option_id(LIST, at)} role="option" aria-selected={active.to_string()} {onclick} onmousedown={|event: MouseEvent| keep_focus(&event)} data-testid={testid}>
            { match row {
                Row::Tab(tab) => tab_row(tab, group.map(|(_, title, ..)| title), query),
                Row::Saved(tab) => saved_row(tab, query),
                Row::Space(space) => space_row(space, query, on_panel),
                Row::Deed(deed) => html! { <><Icon name={deed.icon()} /><span class="grow clip">{ marked(say(deed.label()), query) }</span></> },
            } }
        </div>
    }
}

fn tab_row(tab: &OpenTab, group: Option<&str>, query: &Query) -> Html {
    let end = html! {
        <>
            if tab.pinned { <Icon name={Name::Pin} /> }
            if tab.audible { <Icon name={Name::Sound} /> }
        </>
    };
    page_row(&tab.url, &tab.title, group, query, end)
}

fn saved_row(tab: &SavedTab, query: &Query) -> Html {
    let end = if tab.removed {
        html! { <><Icon name={Name::Bin} />{ say(Key::LibraryBin) }</> }
    } else {
        html! { <><span class={classes!("dot", colour_class(tab.colour))}></span><bdi class="clip">{ tab.name.clone() }</bdi></> }
    };
    page_row(&tab.url, &tab.title, None, query, end)
}

fn page_row(url: &str, title: &str, group: Option<&str>, query: &Query, end: Html) -> Html {
    html! {
        <>
            <Favicon src={Some(AttrValue::from(favicon_of(url)))} url={url.to_owned()} />
            <bdi class="grow clip" title={url.to_owned()}>{ marked(title, query) }</bdi>
            if let Some(group) = group.filter(|group| !group.is_empty()) {
                <span class="hidden">{group.to_owned()}</span>
            }
            <span class="end">{end}</span>
        </>
    }
}

fn space_row(space: &SpaceSummary, query: &Query, on_panel: &Callback<SpaceId>) -> Html {
    let on_panel = on_panel.clone();
    let id = space.space;
    // Pointer only: with the keyboard the panel is a command of its own.
    let onclick = move |event: MouseEvent| {
        event.stop_propagation();
        on_panel.emit(id);
    };
    html! {
        <>
            <span class={classes!("dot", colour_class(space.colour))}></span>
            <span class="grow clip"><bdi class="strong">{ marked(&space.name, query) }</bdi><span class="faint">{" · "}{ count(Key::TabCount, space.tabs, &[]) }</span></span>
            <span class="end">
                if !space.streams.is_empty() { <LiveBadge /> }
                if !space.here.is_empty() { <People people={space.here.clone()} /> }
                if space.unread > 0 {
                    <span class="unread">{ count(Key::Unread, space.unread, &[]) }</span>
                } else if space.streams.is_empty() && space.here.is_empty() {
                    <span>{ ago(space.changed) }</span>
                }
                <span class="hover-action" title={say(Key::OpenPanel)} {onclick} aria-hidden="true"><Icon name={Name::Panel} /></span>
            </span>
        </>
    }
}
