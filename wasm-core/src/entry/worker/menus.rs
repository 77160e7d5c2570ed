//! The context menu: made when the spaces change, and what is chosen in it done.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::{SAVED_MS, State};
use crate::ask::library::{LibraryAnswer, LibraryAsk};
use crate::ask::{Answer, Ask, Problem};
use crate::browser::timer::pause;
use crate::chrome::{badge, menus, runtime, tabs};
use crate::library::menu::{Spot, Thing, choice, items, what};
use crate::view::{Projection, SpaceSummary};

/// How long the icon says why something was not saved.
const FAILED_MS: u32 = 10_000;

impl State {
    /// Makes the menu what it is to be with these spaces: a projection, as a JSON text.
    pub(super) async fn make_menu(self: Rc<Self>, projection: String) {
        let Ok(projection) = serde_json::from_str::<Projection>(&projection) else {
            return;
        };
        let _turn = self.menu.take().await;
        let writable = |space: &&SpaceSummary| space.role >= protocol::Role::Editor;
        let spaces = projection.spaces.iter().filter(writable);
        let spaces: Vec<_> = spaces.map(|space| (space.space, space.name.as_str())).collect();
        let items = items(&spaces);
        // A menu that could not be made is made with the next change of the spaces.
        let _ = menus::make(&items).await;
    }

    /// Saves what was chosen in the menu over a tab.
    pub(super) async fn menu_chosen(self: Rc<Self>, item: String, link: String, tab: i32, window: i32) {
        let Some((thing, to)) = choice(&item) else { return };
        let mut spot = Spot {
            tab,
            window,
            link,
            ..Spot::default()
        };
        if matches!(thing, Thing::Selected | Thing::Group)
            && let Ok(there) = tabs::list(Some(window)).await
        {
            spot.group = there
                .iter()
                .find(|other| other.id == tab)
                .and_then(|tab| tab.group);
            spot.selected = there.into_iter().map(|tab| tab.id).collect();
        }
        let Some(what) = what(thing, &spot) else {
            self.say_failed("failed_no_group");
            return;
        };
        let ask = Ask::Library(LibraryAsk::Save { what, to });
        let answer = match runtime::write(&ask) {
            Ok(ask) => self.answer(ask).await,
            Err(_) => None,
        };
        let answer = answer.and_then(|answer| serde_json::from_str(&answer).ok());
        match answer {
            Some(Answer::Problem(problem)) => self.say_failed(reason(&problem)),
            Some(Answer::Library(LibraryAnswer::Made { left_out, .. })) if left_out > 0 => {
                self.say_lacking(left_out);
            }
            Some(_) => {}
            None => self.say_failed("sign_not_saved"),
        }
    }

    /// Says on the icon for a while that so many tabs were not saved with the others.
    fn say_lacking(self: &Rc<Self>, left_out: usize) {
        let state = Rc::clone(self);
        spawn_local(async move {
            // The sign that something was saved is taken off first.
            pause(SAVED_MS).await;
            // They are only signs.
            let _ = badge::show_lacking(left_out).await;
            pause(FAILED_MS).await;
            let _ = badge::show(state.shown_sign()).await;
        });
    }

    /// Says on the icon for a while why something was not saved.
    fn say_failed(self: &Rc<Self>, why: &'static str) {
        let state = Rc::clone(self);
        spawn_local(async move {
            // They are only signs.
            let _ = badge::show_failed(why).await;
            pause(FAILED_MS).await;
            let _ = badge::show(state.shown_sign()).await;
        });
    }
}

/// The name of what is said of a problem.
const fn reason(problem: &Problem) -> &'static str {
    match problem {
        Problem::NothingToSave | Problem::Incognito => "failed_nothing",
        Problem::Ignored => "failed_ignored",
        Problem::NoSuchSpace => "failed_no_space",
        Problem::Refused(_) => "failed_refused",
        _ => "sign_not_saved",
    }
}
