//! The web page, whole: which of its screens the address means.

use protocol::{MemberId, SpaceId};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::Storage;
use yew::prelude::*;

use crate::address::{self, Page};
use crate::language::Key;
use crate::ui::parts::{Empty, Name};
use crate::ui::say::say;
use crate::ui::web::home::Home;
use crate::ui::web::join::Join;
use crate::ui::web::opening::Opening;

const SECRET: &str = "join-secret";

/// A screen of the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// What this is, and the person's spaces.
    Home,
    /// Joining with the secret of a link; `None` when there is none.
    Join(Option<String>),
    /// A space.
    Space(SpaceId),
    /// No such page.
    Lost,
}

fn session_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn local_storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// Who this person is in a space, as it was told last: a reload needs no call for it, and works offline.
pub fn remembered_member(space: SpaceId) -> Option<MemberId> {
    local_storage()?
        .get_item(&format!("you:{space}"))
        .ok()??
        .parse()
        .ok()
}

/// Remembers who this person is in a space; `None` forgets it.
pub fn remember_member(space: SpaceId, member: Option<MemberId>) {
    let Some(storage) = local_storage() else { return };
    let key = format!("you:{space}");
    let _ = match member {
        Some(member) => storage.set_item(&key, &member.to_string()),
        None => storage.remove_item(&key),
    };
}

/// The invite was used: its secret is forgotten.
pub fn forget_secret() {
    if let Some(storage) = session_storage() {
        let _ = storage.remove_item(SECRET);
    }
}

/// Shows another address without loading a page.
fn set_address(path: &str, replace: bool) {
    let Some(history) = web_sys::window().and_then(|window| window.history().ok()) else {
        return;
    };
    let _ = if replace {
        history.replace_state_with_url(&JsValue::NULL, "", Some(path))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(path))
    };
}

/// The secret of the link: taken out of the address at once, kept for a reload until it was used.
fn take_secret(fragment: &str) -> Option<String> {
    let storage = session_storage();
    let Some(secret) = address::secret(fragment) else {
        return storage?.get_item(SECRET).ok().flatten();
    };
    set_address("/join", true);
    if let Some(storage) = storage {
        let _ = storage.set_item(SECRET, secret);
    }
    Some(secret.to_owned())
}

/// The screen that the address means.
pub fn route() -> Route {
    let Some(location) = web_sys::window().map(|window| window.location()) else {
        return Route::Lost;
    };
    let path = location.pathname().unwrap_or_default();
    match Page::at(&path) {
        Page::Home => Route::Home,
        Page::Join => Route::Join(take_secret(&location.hash().unwrap_or_default())),
        Page::Space(space) => Route::Space(space),
        Page::Lost => Route::Lost,
    }
}

/// The web page.
#[component]
pub fn WebApp() -> Html {
    let screen = use_state(route);
    use_effect_with((), {
        let screen = screen.clone();
        move |()| {
            let listener = Closure::<dyn Fn()>::new(move || screen.set(route()));
            let window = web_sys::window();
            for event in ["popstate", "hashchange"] {
                if let Some(window) = &window {
                    let _ = window.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
                }
            }
            move || {
                for event in ["popstate", "hashchange"] {
                    if let Some(window) = &window {
                        let _ = window
                            .remove_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
                    }
                }
                drop(listener);
            }
        }
    });
    let on_space = {
        let screen = screen.clone();
        Callback::from(move |space: SpaceId| {
            // From the join screen the way back would lead to a used secret.
            set_address(&format!("/s/{space}"), matches!(*screen, Route::Join(_)));
            screen.set(Route::Space(space));
        })
    };
    let on_home = {
        let screen = screen.clone();
        Callback::from(move |()| {
            set_address("/", false);
            screen.set(Route::Home);
        })
    };
    match &*screen {
        Route::Home => html! { <Home {on_space} /> },
        Route::Join(secret) => {
            html! { <Join key={secret.clone().unwrap_or_default()} secret={secret.clone()} {on_space} /> }
        }
        Route::Space(space) => html! { <Opening key={space.to_string()} space={*space} {on_home} /> },
        Route::Lost => html! {
            <main class="plain"><Empty icon={Name::Warning} text={say(Key::CodeNotFound)} whole=true><a class="button" href="/">{ say(Key::ToStart) }</a></Empty></main>
        },
    }
}
