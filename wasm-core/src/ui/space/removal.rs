//! Removing a tab from a space, and taking that back for as long as the toast stays.

use std::collections::BTreeSet;
use std::rc::Rc;

use protocol::TabId;
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::reorder::{self, Place};
use crate::ui::backend::Source;
use crate::ui::parts::Said;
use crate::ui::say::say;
use crate::view::{ItemView, SpaceView};

/// What the list needs to remove tabs.
pub struct Removal {
    /// Removes a tab.
    pub remove: Callback<TabId>,
    /// What the toast says.
    pub said: Option<Said>,
    /// The toast is over.
    pub on_close: Callback<()>,
}

/// A tab that was added again and is not in the list yet. The list tells it by what it did not hold before.
struct Returning {
    before: BTreeSet<TabId>,
    place: Place,
}

fn all_tabs(view: &SpaceView) -> impl Iterator<Item = TabId> {
    let tabs = view.items.iter().flat_map(|item| match item {
        ItemView::Tab(tab) => std::slice::from_ref(tab),
        ItemView::Group(group) => &group.tabs,
    });
    tabs.map(|tab| tab.tab)
}

/// Removes tabs with a word about it. Taking it back adds a tab of the same address and title at the end, and
/// moves it to its place as soon as it has come.
#[hook]
pub fn use_removal(view: &Rc<SpaceView>, source: &Source) -> Removal {
    let said = use_state(|| None::<Said>);
    let count = use_mut_ref(|| 0_u32);
    let returning = use_mut_ref(|| None::<Returning>);
    let latest = use_mut_ref(|| view.clone());
    latest.borrow_mut().clone_from(view);
    use_effect_with((view.clone(), source.clone()), {
        let returning = returning.clone();
        move |(view, source)| {
            let mut slot = returning.borrow_mut();
            let came = slot
                .as_ref()
                .and_then(|wanted| all_tabs(view).find(|tab| !wanted.before.contains(tab)));
            if let Some(tab) = came
                && let Some(wanted) = slot.take()
                && let Some(wish) = reorder::put_at(&view.items, tab, wanted.place)
            {
                // Wishing shows the list again, before this is over.
                drop(slot);
                source.wish(wish);
            }
        }
    });
    let remove = {
        let (said, source, latest) = (said.clone(), source.clone(), latest.clone());
        Callback::from(move |tab: TabId| {
            let view = latest.borrow().clone();
            let Some((removed, place)) = reorder::place_of(&view.items, tab) else {
                return;
            };
            let title = if removed.title == removed.url {
                String::new()
            } else {
                removed.title.clone()
            };
            let again = Command::AddTab {
                url: removed.url.clone(),
                title,
            };
            let on_undo = {
                let (source, latest, returning) = (source.clone(), latest.clone(), returning.clone());
                Callback::from(move |()| {
                    let before = all_tabs(&latest.borrow()).collect();
                    *returning.borrow_mut() = Some(Returning { before, place });
                    source.wish(again.clone());
                })
            };
            let number = {
                let mut count = count.borrow_mut();
                *count += 1;
                *count
            };
            source.wish(Command::RemoveTab(tab));
            said.set(Some(Said {
                number,
                text: say(Key::TabRemoved).into(),
                on_undo: Some(on_undo),
            }));
        })
    };
    let on_close = {
        let said = said.clone();
        Callback::from(move |()| said.set(None))
    };
    Removal {
        remove,
        said: (*said).clone(),
        on_close,
    }
}
