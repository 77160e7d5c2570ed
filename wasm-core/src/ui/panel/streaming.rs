//! Streaming the tab that is seen beside the panel. A click in the panel does not lend a tab to the extension, as one
//! on its icon does: where Chrome wants that first, the panel says so, and the popup that opens goes on.

use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use crate::ask::{Ask, Problem};
use crate::ui::backend::{Trouble, ask};
use crate::ui::chrome_page::{self, Wish};
use crate::ui::panel::state::{Input, Starting};

/// Streams the tab that is seen in this window.
pub fn stream(window: Option<i32>, on_input: &Callback<Input>) {
    let Some(window) = window else { return };
    on_input.emit(Input::Streams(Starting::Asked));
    let on_input = on_input.clone();
    spawn_local(async move {
        on_input.emit(match start(window).await {
            Ok(starting) => Input::Streams(starting),
            Err(why) => Input::WentWrong(Some(why.words())),
        });
    });
}

/// Does not wait for the click on the icon any more.
pub fn give_up(tab: i32, on_input: &Callback<Input>) {
    on_input.emit(Input::Streams(Starting::No));
    spawn_local(chrome_page::forget_stream_wish(tab));
}

fn failed(words: String) -> Trouble {
    Trouble::Problem(Problem::CaptureFailed(words))
}

async fn start(window: i32) -> Result<Starting, Trouble> {
    let tab = chrome_page::seen_tab(window).await.map_err(failed)?;
    let tab = tab.ok_or(Trouble::Problem(Problem::NotCapturable))?.id;
    let mut granted = chrome_page::may_capture().await;
    // Asked once; who refused gets the browser's own picker.
    if !granted && chrome_page::stream_wish(false).await != Wish::Refused {
        granted = chrome_page::ask_to_capture(tab).await;
    }
    let mut media_id = None;
    if granted {
        match chrome_page::media_id(tab).await.map_err(Problem::of_capture) {
            Ok(id) => media_id = Some(id),
            Err(Problem::NeedsClick) => {
                chrome_page::wish_for_click(tab).await.map_err(failed)?;
                return Ok(Starting::NeedsClick(tab));
            }
            Err(problem) => return Err(Trouble::Problem(problem)),
        }
        // A popup that opens later must not start it again.
        chrome_page::forget_stream_wish(tab).await;
    }
    let wish = Ask::StreamTab {
        chrome_tab: tab,
        media_id,
    };
    ask(wish).await.map(|_| Starting::No)
}
