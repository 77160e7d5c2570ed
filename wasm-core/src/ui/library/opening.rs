//! Opening what is chosen: tabs of spaces, of the bin, of other windows.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::ask::library::{LibraryAsk, OpenIn};
use crate::language::Key;
use crate::library::catalogue::Spot;
use crate::library::duplicates::normalise;
use crate::ui::chrome_page::{self, OpenTab};
use crate::ui::library::deeds::{Handle, by_space, joined, perform, size_of};
use crate::ui::library::placing::open_among;
use crate::ui::library::state::Input;
use crate::ui::say::count;

/// Opens what is chosen: goes to a tab that is open, opens one that is not. Several are opened at the end of this window,
/// waiting until they are shown; those among them that are open in other windows are shown there.
pub fn open(library: &Handle, spots: Vec<Spot>) {
    let library = library.clone();
    spawn_local(async move {
        if let [spot] = spots.as_slice()
            && show(&library, *spot).await
        {
            return;
        }
        let place = library.window.map_or(OpenIn::NewWindow, OpenIn::Window);
        let (spaces, open) = (by_space(&spots), open_among(&spots));
        let binned: Vec<_> = spots.iter().filter_map(|spot| library.binned(*spot)).collect();
        let opened = size_of(&spaces) + binned.len();
        // The first of them is in front then.
        for tab in open.iter().rev().filter_map(|id| library.open_tab(*id)) {
            go_to(&library, tab).await;
        }
        if opened == 0 {
            return;
        }
        let of_bin = binned
            .into_iter()
            .map(|(entry, tab)| (entry.space, vec![tab.tab]));
        let wishes = spaces
            .into_iter()
            .chain(of_bin)
            .map(|(space, tabs)| LibraryAsk::Open {
                space,
                tabs: Some(tabs),
                place,
            });
        // One is seen.
        let words = (spots.len() > 1).then(|| count(Key::LibraryOpened, opened, &[]));
        let there = (!open.is_empty()).then(|| count(Key::LibraryWereOpen, open.len(), &[]));
        perform(&library, wishes.collect(), joined([words, there]));
    });
}

/// Shows the page of a spot if a window has it; whether one has.
async fn show(library: &Handle, spot: Spot) -> bool {
    let catalogue = library.catalogue.clone().unwrap_or_default();
    let url = match spot {
        Spot::Saved(place) => catalogue.tab(place).map(|shown| shown.tab.url.clone()),
        Spot::Open(id) => library.open_tab(id).map(|tab| tab.url.clone()),
        Spot::Binned(..) => library.binned(spot).map(|(_, tab)| tab.url.clone()),
    };
    let Some(url) = url else { return true };
    let open = chrome_page::all_tabs().await.unwrap_or_default();
    let page = normalise(&url);
    let by_id = open.iter().find(|tab| spot == Spot::Open(tab.id));
    let there = by_id.or_else(|| open.iter().find(|tab| normalise(&tab.url) == page));
    if let Some(tab) = there {
        go_to(library, tab).await;
    }
    there.is_some()
}

async fn go_to(library: &Handle, tab: &Rc<OpenTab>) {
    if let Err(words) = chrome_page::show_tab(tab.id, tab.window).await {
        library.dispatch(Input::WentWrong(Some(words)));
    }
}
