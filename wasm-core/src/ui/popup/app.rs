//! The popup, whole.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::{Banner, Icon, Name, Tone};
use crate::ui::popup::actions::Actions;
use crate::ui::popup::deeds;
use crate::ui::popup::footer::Footer;
use crate::ui::popup::results::{Results, row_id};
use crate::ui::popup::share_slot::ShareSlot;
use crate::ui::popup::state::{Deed, Input, Popup, Row, Screen, is_shared};
use crate::ui::say::{count, say};

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
    use_effect_with(popup.meets_wish(), {
        let popup = popup.clone();
        move |meets| {
            if *meets {
                deeds::stream(&popup);
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
            if *screen == Screen::List
                && let Some(search) = search.cast::<HtmlInputElement>()
            {
                let _ = search.focus();
            }
        }
    });

    let rows = popup.rows(|deed| say(deed.label()));
    let oninput = {
        let popup = popup.clone();
        move |event: InputEvent| {
            popup.dispatch(Input::Typed(
                event.target_unchecked_into::<HtmlInputElement>().value(),
            ));
        }
    };
    let onkeydown = {
        let (popup, rows) = (popup.clone(), rows.clone());
        move |event: KeyboardEvent| {
            if event.is_composing() {
                return;
            }
            match event.key().as_str() {
                "ArrowDown" => popup.dispatch(Input::Moved(1)),
                "ArrowUp" => popup.dispatch(Input::Moved(-1)),
                "Enter" => match popup.active.and_then(|at| rows.get(at)) {
                    Some(row) => deeds::choose(&popup, row),
                    None => return,
                },
                "Escape" if !popup.query.is_empty() => popup.dispatch(Input::Typed(String::new())),
                _ => return,
            }
            event.prevent_default();
        }
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
    let placeholder = if total == 0 {
        say(Key::SearchAll).to_owned()
    } else {
        count(Key::SearchTabs, total, &[])
    };
    html! {
        <main class="popup">
            <h1 class="hidden">{"TabSpace"}</h1>
            <label class="search" for="search">
                <Icon name={Name::Search} />
                <input id="search" type="text" role="combobox" aria-expanded={(!rows.is_empty()).to_string()} aria-controls={(!rows.is_empty()).then_some("results")} aria-autocomplete="list"
                    aria-activedescendant={popup.active.filter(|at| *at < rows.len()).map(row_id)} aria-label={say(Key::SearchAll)} autocomplete="off" spellcheck="false"
                    {placeholder} value={popup.query.clone()} ref={search} {oninput} {onkeydown} data-testid="search" />
            </label>
            if let Some(words) = &popup.failed {
                <Banner tone={Tone::Danger}>{ crate::ui::say::say_with(Key::WindowUnread, &[("words", words)]) }</Banner>
            }
            <Results popup={(*popup).clone()} {rows} {on_choose} {on_panel} />
            if popup.query.trim().is_empty() {
                <Actions saved={popup.followed().is_some()} streaming={popup.streaming().is_some()}
                    watchers={popup.streaming().map_or(0, |(_, stream)| stream.watchers)}
                    no_path={popup.streaming().is_some_and(|(_, stream)| stream.no_path)}
                    ready={popup.window.is_some() && popup.projection.is_some() && popup.wish.is_some()} busy={popup.busy} on_deed={on_deed.clone()} />
            }
            if let Some(told) = popup.told.clone() {
                <Banner tone={if told.danger { Tone::Danger } else { Tone::Info }} {on_close}>{told.text}</Banner>
            }
            <Footer projection={popup.projection.clone()} {on_deed} />
        </main>
    }
}
