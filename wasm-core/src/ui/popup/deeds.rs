//! What the popup does in Chrome and asks of the writer. Everything that needs the person's click calls
//! Chrome before it waits for anything.

use gloo::timers::future::TimeoutFuture;
use protocol::SpaceId;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::{Ask, Problem, SavedTab, save_text};
use crate::language::Key;
use crate::ui::backend::Trouble;
use crate::ui::chrome_page::{self, OpenTab, Wish};
use crate::ui::popup::brief::{ask, ask_as, find};
use crate::ui::popup::state::{Busy, Deed, Input, Popup, Row, Screen, Told, is_capturable, is_shared};
use crate::ui::say::{count, say};

/// So many tabs are made findable without a pause.
const AT_ONCE: usize = 200;

type Handle = UseReducerHandle<Popup>;

fn close() {
    if let Some(window) = web_sys::window() {
        let _ = window.close();
    }
}

fn tell(popup: &Handle, key: Key) {
    tell_saved(popup, key, 0);
}

/// Tells that something was saved; or what was left out, which says it too.
fn tell_saved(popup: &Handle, key: Key, left_out: usize) {
    let text = match left_out {
        0 => say(key).to_owned(),
        _ => count(Key::TabsIgnored, left_out, &[]),
    };
    popup.dispatch(Input::Told(Told { text, danger: false }));
}

fn trouble(popup: &Handle, trouble: &Trouble) {
    popup.dispatch(Input::Told(Told {
        text: trouble.words(),
        danger: true,
    }));
}

fn failed(popup: &Handle, words: String) {
    trouble(popup, &Trouble::Problem(Problem::CaptureFailed(words)));
}

/// Reads all that the popup shows; the window and the spaces at the same time.
pub fn read(popup: &Handle) {
    let listener = popup.clone();
    chrome_page::watch_projection(move |projection| listener.dispatch(Input::ProjectionRead(projection)));
    let spaces = popup.clone();
    spawn_local(async move {
        spaces.dispatch(Input::ProjectionRead(
            chrome_page::projection().await.unwrap_or_default(),
        ));
    });
    let popup = popup.clone();
    spawn_local(async move {
        popup.dispatch(Input::WindowRead(chrome_page::window_now().await));
        let granted = chrome_page::may_capture().await;
        popup.dispatch(Input::CaptureKnown(granted));
        popup.dispatch(Input::Wished(chrome_page::stream_wish(granted).await));
    });
}

/// Lets the writer get ready to stream into a shared space. Only a head start: streaming works without it.
pub fn get_ready(space: SpaceId) {
    spawn_local(async move {
        let _ = ask(Ask::GetReady(space)).await;
    });
}

/// Reads the tabs of the other windows, and has the spaces looked at where they are kept, should what was painted from be old or
/// gone: after the first paint.
pub fn read_elsewhere(popup: &Handle) {
    let popup = popup.clone();
    spawn_local(async move {
        chrome_page::next_frame().await;
        if let Ok(tabs) = chrome_page::all_tabs().await {
            popup.dispatch(Input::AllTabsRead(tabs));
        }
        if let Some(tab) = popup.tab() {
            let [_, same] = find("", &tab.url).await;
            popup.dispatch(Input::SameRead(same));
        }
        // What is new comes as all news do.
        let _ = ask(Ask::Projection).await;
        if let Some(tab) = popup.tab()
            && let Ok(offer) = ask(Ask::Offer { window: tab.window }).await
        {
            popup.dispatch(Input::Offered(offer));
        }
    });
}

/// Has the writer find what is typed among all that is saved.
pub fn find_saved(popup: &Handle) {
    if !popup.is_finding() {
        return;
    }
    let popup = popup.clone();
    spawn_local(async move {
        let [tabs, _] = find(&popup.query, "").await;
        popup.dispatch(Input::Found(popup.query.clone(), tabs));
    });
}

/// Gets ready for the first letter that is typed: after the tabs and spaces were painted, and never for long.
pub fn prepare_to_find(popup: &Handle) {
    if popup.window.is_none() || popup.projection.is_none() {
        return;
    }
    let popup = popup.clone();
    spawn_local(async move {
        chrome_page::next_frame().await;
        loop {
            TimeoutFuture::new(0).await;
            if popup.finder.make(&popup, AT_ONCE, |deed| say(deed.label())) {
                break;
            }
        }
    });
}

/// Does what was chosen.
pub fn choose(popup: &Handle, row: &Row) {
    match row {
        Row::Tab(tab) => {
            let (tab, window) = (tab.id, tab.window);
            go(popup, chrome_page::show_tab(tab, window));
        }
        Row::Saved(saved) => open_saved(popup, saved),
        Row::Space(space) if popup.screen != Screen::List => {
            save_into(popup, Some(space.space));
        }
        Row::Space(space) => match space.window {
            Some(window) => go(popup, chrome_page::show_window(window)),
            None => restore(popup, space.space),
        },
        Row::Deed(deed) => perform(popup, *deed),
    }
}

fn go(popup: &Handle, what: impl Future<Output = Result<(), String>> + 'static) {
    let popup = popup.clone();
    spawn_local(async move {
        match what.await {
            Ok(()) => close(),
            Err(words) => failed(&popup, words),
        }
    });
}

fn restore(popup: &Handle, space: SpaceId) {
    ask_and_close(popup, Ask::Restore(space));
}

fn open_saved(popup: &Handle, saved: &SavedTab) {
    if let Some(window) = popup.window.as_ref().map(|window| window.window) {
        let (space, tab) = (saved.space, saved.tab);
        ask_and_close(popup, Ask::OpenSaved { space, tab, window });
    }
}

fn ask_and_close(popup: &Handle, wish: Ask) {
    let popup = popup.clone();
    spawn_local(async move {
        match ask(wish).await {
            Ok(_) => close(),
            Err(why) => trouble(&popup, &why),
        }
    });
}

/// Saves what is to be saved into a space, or into a new one.
fn save_into(popup: &Handle, into: Option<SpaceId>) {
    let Screen::Into(deed) = popup.screen else { return };
    let Some(what) = popup.what(deed) else { return };
    let text = save_text(&what, into);
    let popup = popup.clone();
    spawn_local(async move {
        match ask_as(&text).await {
            Ok((_, left_out)) => {
                popup.dispatch(Input::Went(Screen::List));
                tell_saved(&popup, Key::Saved, left_out);
            }
            Err(why) => trouble(&popup, &why),
        }
    });
}

/// Says the person's word on what was asked. What was open is brought back in the options.
pub fn say_word(popup: &Handle, yes: bool) {
    let (Some(tab), space) = (popup.tab(), popup.offer.0) else {
        return;
    };
    let word = Ask::Word {
        window: tab.window,
        space,
        yes,
    };
    popup.dispatch(Input::Offered((None, 0)));
    let popup = popup.clone();
    spawn_local(async move {
        match ask(word).await {
            Err(why) => trouble(&popup, &why),
            // Not before it was heard: the popup closes when a page opens.
            Ok(_) if yes && space.is_none() => {
                let opened = chrome_page::open_own("options.html#earlier");
                go(&popup, std::future::ready(opened));
            }
            Ok(_) => {}
        }
    });
}

/// Does a deed, as soon as what it needs is known.
pub fn perform(popup: &Handle, deed: Deed) {
    if !popup.knows_enough_to(deed) {
        return popup.dispatch(Input::Waits(Some(deed)));
    }
    match deed {
        Deed::Save => save(popup, false),
        Deed::Close => {
            if let Some(space) = popup.followed() {
                ask_and_close(popup, Ask::Close(space.space));
            }
        }
        Deed::SaveTab | Deed::SaveSelected | Deed::SaveGroup | Deed::SaveAll => {
            popup.dispatch(Input::Went(Screen::Into(deed)));
        }
        Deed::IntoNew => save_into(popup, None),
        Deed::Back => popup.dispatch(Input::Went(Screen::List)),
        Deed::Share => match popup.followed() {
            Some(space) => popup.dispatch(Input::Went(Screen::Share(space.space))),
            None => save(popup, true),
        },
        Deed::Stream => stream(popup),
        Deed::Stop => stop(popup),
        Deed::OpenPanel => open_panel(popup, popup.followed().map(|space| space.space)),
        Deed::OpenLibrary => go(popup, std::future::ready(chrome_page::open_own("library.html"))),
        Deed::OpenOptions => go(popup, chrome_page::open_options()),
    }
}

/// Does what could not be done before, if it is still offered: a window may turn out to be saved.
pub fn catch_up(popup: &Handle, deed: Deed) {
    popup.dispatch(Input::Waits(None));
    if popup.deeds().contains(&deed) {
        perform(popup, deed);
    }
}

/// Opens the side panel on a space, or where it was.
pub fn open_panel(popup: &Handle, space: Option<SpaceId>) {
    let Some(window) = popup.window.as_ref().map(|window| window.window) else {
        return;
    };
    let popup = popup.clone();
    // Not through `go`: the panel needs the click, so Chrome is called at the future's first step.
    spawn_local(async move {
        match chrome_page::open_panel(window, space.map(|space| space.to_string()).as_deref()).await {
            Ok(()) => close(),
            Err(words) => failed(&popup, words),
        }
    });
}

fn save(popup: &Handle, then_share: bool) {
    let Some(window) = popup.window.as_ref().map(|window| window.window) else {
        return;
    };
    if popup.busy.is_some() {
        return;
    }
    popup.dispatch(Input::Began(Busy::Saving));
    let popup = popup.clone();
    spawn_local(async move {
        match ask(Ask::SaveWindow { window, name: None }).await {
            Ok((Some(space), left_out)) => {
                if let Ok(projection) = chrome_page::projection().await
                    && projection.spaces.iter().any(|known| known.space == space)
                {
                    popup.dispatch(Input::ProjectionRead(projection));
                }
                if then_share {
                    popup.dispatch(Input::Went(Screen::Share(space)));
                } else {
                    tell_saved(&popup, Key::SavedFollows, left_out);
                }
            }
            Ok((None, _)) => trouble(&popup, &Trouble::NoAnswer),
            Err(why) => trouble(&popup, &why),
        }
    });
}

/// Streams the tab that is seen. Also what a person wanted when Chrome asked for the permission: the click that
/// opened this popup lends the tab.
fn stream(popup: &Handle) {
    let (Some(tab), None, Some(wish)) = (popup.tab().cloned(), popup.busy, popup.wish) else {
        return;
    };
    if !is_capturable(&tab.url) {
        return trouble(popup, &Trouble::Problem(Problem::NotCapturable));
    }
    if !popup.followed().is_some_and(is_shared) {
        return trouble(popup, &Trouble::Problem(Problem::NotShared));
    }
    let granted = popup.may_capture;
    if matches!(wish, Wish::Stream(_)) {
        popup.dispatch(Input::Wished(Wish::None));
    }
    popup.dispatch(Input::Began(Busy::Streaming));
    let popup = popup.clone();
    spawn_local(async move {
        // Asked once; who refused gets the browser's own picker.
        let asks = !granted && wish != Wish::Refused;
        let granted = granted || (asks && chrome_page::ask_to_capture(tab.id).await);
        popup.dispatch(Input::CaptureKnown(granted));
        let waited = granted && (asks || matches!(wish, Wish::Stream(_)));
        match start_stream(&tab, granted, waited).await {
            Ok(()) => tell(&popup, Key::YouAreLive),
            Err(why) => trouble(&popup, &why),
        }
    });
}

/// Without the permission the writer falls back to the browser's own picker.
async fn start_stream(tab: &OpenTab, granted: bool, waited: bool) -> Result<(), Trouble> {
    let media_id = if granted {
        let id = chrome_page::media_id(tab.id).await;
        Some(id.map_err(|words| Trouble::Problem(Problem::of_capture(words)))?)
    } else {
        None
    };
    if waited {
        // Before the capture begins: Chrome closes the popup then.
        chrome_page::forget_stream_wish(tab.id).await;
    }
    ask(Ask::StreamTab {
        chrome_tab: tab.id,
        media_id,
    })
    .await
    .map(drop)
}

fn stop(popup: &Handle) {
    let Some((space, stream)) = popup.streaming().map(|(space, stream)| (space, stream.stream)) else {
        return;
    };
    let popup = popup.clone();
    spawn_local(async move {
        match ask(Ask::StopStream { space, stream }).await {
            Ok(_) => tell(&popup, Key::StreamStopped),
            Err(why) => trouble(&popup, &why),
        }
    });
}
