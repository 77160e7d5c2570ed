//! What becomes visible: every tab of the space, each can stay here.

use std::collections::BTreeSet;

use protocol::TabId;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ask::{Never, Visible};
use crate::language::Key;
use crate::ui::parts::{Favicon, window};
use crate::ui::say::{count, say};

/// What the list needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The tabs; `None` while they are asked for, empty when there is nothing to choose.
    pub visible: Option<Vec<Visible>>,
    /// Those that stay here.
    pub left_out: BTreeSet<TabId>,
    /// A tab was ticked or unticked.
    pub on_tick: Callback<(TabId, bool)>,
}

/// The list.
#[component]
pub fn VisibleList(props: &Props) -> Html {
    let none = Vec::new();
    let visible = props.visible.as_ref().unwrap_or(&none);
    let windowed = window::use_window(visible.len(), None, "div");
    if props.visible.is_none() {
        return html! { <p class="hint" role="status">{ say(Key::Loading) }</p> };
    }
    if visible.is_empty() {
        return Html::default();
    }
    let going = visible
        .iter()
        .filter(|tab| tab.never.is_none() && !props.left_out.contains(&tab.tab))
        .count();
    let staying = visible.len() - going;
    let row = |tab: &Visible| {
        let goes = tab.never.is_none() && !props.left_out.contains(&tab.tab);
        let onchange = {
            let (on_tick, id) = (props.on_tick.clone(), tab.tab);
            move |event: Event| {
                on_tick.emit((id, event.target_unchecked_into::<HtmlInputElement>().checked()));
            }
        };
        let why = tab.never.map(|never| {
            say(match never {
                Never::NotWeb => Key::NeverNotWeb,
                Never::Ignored => Key::NeverIgnored,
                Never::NoRoom => Key::NeverNoRoom,
            })
        });
        html! {
            <label class={classes!("row", "tick", why.map(|_| "off"))} key={tab.tab.to_string()} title={tab.url.clone()} data-testid="visible-tab">
                <input type="checkbox" checked={goes} disabled={why.is_some()} {onchange} />
                <Favicon url={tab.url.clone()} />
                <bdi class="grow clip">{tab.title.clone()}</bdi>
                if let Some(why) = why { <span class="end">{why}</span> }
            </label>
        }
    };
    html! {
        <fieldset class="visible">
            <legend class="section">{ count(Key::BecomesVisible, going, &[]) }</legend>
            <div class="scroll" ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()}>
                { windowed.list(visible[windowed.rows.clone()].iter().map(row)) }
            </div>
            if staying > 0 {
                <p class="hint" data-testid="staying">{ count(Key::StayingPrivate, staying, &[]) }</p>
            }
        </fieldset>
    }
}
