//! Removing a tab from a space, and taking that back for as long as the toast stays.

use std::rc::Rc;

use protocol::TabId;
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::reorder;
use crate::ui::backend::Source;
use crate::ui::parts::Said;
use crate::ui::say::say;
use crate::view::SpaceView;

/// What the list needs to remove tabs.
pub struct Removal {
    /// Removes a tab.
    pub remove: Callback<TabId>,
    /// What the toast says.
    pub said: Option<Said>,
    /// The toast is over.
    pub on_close: Callback<()>,
}

/// Removes tabs with a word about it; taking it back brings the tab back to where it stood.
#[hook]
pub fn use_removal(view: &Rc<SpaceView>, source: &Source) -> Removal {
    let said = use_state(|| None::<Said>);
    let count = use_mut_ref(|| 0_u32);
    let latest = use_mut_ref(|| view.clone());
    latest.borrow_mut().clone_from(view);
    let remove = {
        let (said, source, latest) = (said.clone(), source.clone(), latest.clone());
        Callback::from(move |tab: TabId| {
            let view = latest.borrow().clone();
            let Some(again) = reorder::put_back(&view.items, tab) else {
                return;
            };
            let on_undo = {
                let source = source.clone();
                Callback::from(move |()| source.wish(again.clone()))
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
