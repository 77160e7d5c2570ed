//! The popup, whole.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Banner, Combobox, Tone};
use crate::ui::popup::actions::Actions;
use crate::ui::popup::deeds;
use crate::ui::popup::footer::Footer;
use crate::ui::popup::results::{LIST, Results};
use crate::ui::popup::share_slot::ShareSlot;
use crate::ui::popup::state::{Deed, Input, Popup, Row, Screen, is_shared};
use crate::ui::say::{count, say, say_with};

/// What the popup starts with.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What was typed into the static search field before this was ready.
    pub typed: AttrValue,
}

/// The popup.
#[component]
pub fn PopupApp(props: &Props) -> Html {
    let typed = props.typed.to_string();
    let popup = use_reducer(move || Popup::new(typed));
    let search = use_node_ref();

    use_effect_with((), {
        let popup = popup.clone();
        move |()| deeds::read(&popup)
    });
    use_effect_with(popup.window.is_some(), {
        let popup = popup.clone();
        move |painted| {
            if *painted {
                deeds::read_elsewhere(&popup);
            }
        }
    });
    use_effect_with(popup.finder.clone(), {
        let popup = popup.clone();
        move |_| deeds::prepare_to_find(&popup)
    });
    use_effect_with(popup.query.clone(), {
        let popup = popup.clone();
        move |_| deeds::find_saved(&popup)
    });
    use_effect_with(popup.due(), {
        let popup = popup.clone();
        move |due| {
            if let Some(deed) = *due {
                deeds::catch_up(&popup, deed);
            }
        }
    });
    use_effect_with(
        popup
            .followed()
            .filter(|space| is_shared(space))
            .map(|space| space.space),
        |space| {
            if let Some(space) = *space {
                deeds::get_ready(space);
            }
        },
    );
    use_effect_with(popup.screen, {
        let search = search.clone();
        move |screen| {
            if !matches!(screen, Screen::Share(_))
                && let Some(search) = search.cast::<HtmlInputElement>()
            {
                let _ = search.focus();
            }
        }
    });

    let rows = popup.rows(|deed| say(deed.label()));
    let on_input = {
        let popup = popup.clone();
        Callback::from(move |typed| popup.dispatch(Input::Typed(typed)))
    };
    let on_active = {
        let popup = popup.clone();
        Callback::from(move |at| popup.dispatch(Input::Pointed(at)))
    };
    let on_enter = {
        let (popup, rows) = (popup.clone(), rows.clone());
        Callback::from(move |at: usize| {
            if let Some(row) = rows.get(at) {
                deeds::choose(&popup, row);
            }
        })
    };
    let on_choose = {
        let popup = popup.clone();
        Callback::from(move |row: Row| deeds::choose(&popup, &row))
    };
    let on_panel = {
        let popup = popup.clone();
        Callback::from(move |space| deeds::open_panel(&popup, Some(space)))
    };
    let on_deed = {
        let popup = popup.clone();
        Callback::from(move |deed: Deed| deeds::perform(&popup, deed))
    };
    let on_close = {
        let popup = popup.clone();
        Callback::from(move |()| popup.dispatch(Input::Dismissed))
    };

    if let Screen::Share(space) = popup.screen {
        let on_back = {
            let popup = popup.clone();
            Callback::from(move |()| popup.dispatch(Input::Went(Screen::List)))
        };
        return html! { <ShareSlot {space} {on_back} /> };
    }

    let total = popup.tab_count();
    let lists = popup.screen == Screen::List;
    let placeholder = match (popup.screen, total) {
        (Screen::Into(deed), _) => say_with(Key::SaveInto, &[("what", say(deed.label()))]),
        (_, 0) => say(Key::SearchAll).to_owned(),
        _ => count(Key::SearchTabs, total, &[]),
    };
    let saved_in = popup.saved_in().join(", ");
    let offer = match popup.offer {
        (Some(id), _) => {
            let space = popup.spaces().find(|space| space.space == id);
            space.map(|space| say_with(Key::IsThisSpace, &[("space", &space.name)]))
        }
        (None, 0) => None,
        (None, tabs) => Some(count(Key::ReopenAsk, tabs, &[])),
    };
    let button = |key: Key, class: &'static str, testid: &'static str, act: fn(&UseReducerHandle<Popup>)| {
        let popup = popup.clone();
        html! { <button type="button" {class} data-testid={testid} onclick={move |_: MouseEvent| act(&popup)}>{ say(key) }</button> }
    };
    html! {
        <main class="popup">
            <h1 class="hidden">{"TabSpace"}</h1>
            <Combobox id="search" list={LIST} label={say(Key::SearchAll)} {placeholder} value={popup.query.clone()} options={rows.len()} active={popup.active}
                {on_input} {on_active} on_choose={on_enter} node={search} />
            if let Some(words) = &popup.failed {
                <Banner tone={Tone::Danger}>{ say_with(Key::WindowUnread, &[("words", words)]) }</Banner>
            }
            <Results popup={(*popup).clone()} {rows} {on_choose} {on_panel} />
            if lists && !popup.is_searching() {
                if offer.is_some() || !saved_in.is_empty() {
                    <div class="late"><div>
                        if let Some(words) = offer {
                            <div class="banner info" role="status" data-testid="offer">
                                <span class="grow">{ words }</span>
                                { button(Key::No, "button quiet", "offer-no", |popup| deeds::say_word(popup, false)) }
                                { button(if popup.offer.0.is_some() { Key::Follow } else { Key::Show }, "button", "offer-yes", |popup| deeds::say_word(popup, true)) }
                            </div>
                        }
                        if !saved_in.is_empty() {
                            <p class="small" role="status" data-testid="saved-in">{ say_with(Key::TabSavedIn, &[("spaces", &saved_in)]) }</p>
                        }
                    </div></div>
                }
                <Actions saved={popup.followed().is_some()} streaming={popup.streaming().is_some()}
                    watchers={popup.streaming().map_or(0, |(_, stream)| stream.watchers)}
                    no_path={popup.streaming().is_some_and(|(_, stream)| stream.no_path)}
                    ready={popup.knows_enough_to(Deed::Stream)} busy={popup.busy} on_deed={on_deed.clone()} />
                { button(Key::All, "button quiet all", "open-library", |popup| deeds::perform(popup, Deed::OpenLibrary)) }
            }
            if let Some(told) = popup.told.clone() {
                <Banner tone={if told.danger { Tone::Danger } else { Tone::Info }} {on_close}>{told.text}</Banner>
            }
            <Footer projection={popup.projection.clone()} {on_deed} />
        </main>
    }
}
