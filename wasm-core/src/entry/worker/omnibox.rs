//! The keyword in the address bar: open and saved tabs, found while a person types.
//!
//! Saved tabs and those in the bin are found by the writer, wherever it is; open ones here, because only the worker sees
//! them.

use std::collections::BTreeSet;
use std::rc::Rc;

use protocol::op::is_web_address;
use wasm_bindgen::JsValue;

use super::State;
use crate::ask::{Answer, Ask, SavedTab};
use crate::browser::{Failure, clock};
use crate::chrome::omnibox::{Suggestion, lines, say_first};
use crate::chrome::tabs::{self, OpenNow};
use crate::chrome::{badge, runtime};
use crate::find::{Document, Index, Query, markup};
use crate::library::duplicates::normalise;

/// Chrome shows no more lines than these.
const MOST: usize = 8;

/// Something that is found.
struct Hit {
    title: String,
    url: String,
    /// The name of its space, that it is open, or that it is in the bin.
    place: String,
    /// Chrome's tab, if it is open.
    open: Option<i32>,
}

impl State {
    /// Lets the writer get ready for the first letter.
    pub(super) async fn get_ready_to_suggest(self: Rc<Self>) {
        self.saved("", "").await;
    }

    /// What is suggested for what was typed: the best is what Enter opens, the others are lines of their own.
    pub(super) async fn suggest(self: Rc<Self>, typed: String) -> JsValue {
        let query = Query::parse(&typed);
        let hits = self.hits(&typed).await;
        let described = |hit: &Hit| markup::line(&query, &hit.title, &hit.url, &hit.place);
        let first = match hits.first() {
            Some(hit) => described(hit),
            None if query.is_empty() => markup::plain(&badge::message("omnibox_type").unwrap_or_default()),
            None => markup::plain(&badge::message("omnibox_nothing").unwrap_or_default()),
        };
        // The lines are of use without it.
        let _ = say_first(&first);
        let others = hits.iter().skip(1).map(|hit| Suggestion {
            content: hit.url.clone(),
            description: described(hit),
        });
        lines(&others.collect::<Vec<_>>())
    }

    /// Opens what was chosen, or the best of what is found: where it is open, else as Chrome says.
    pub(super) async fn open_suggested(self: Rc<Self>, typed: String, disposition: String) {
        let chosen = self.with_address(&typed).await;
        let hit = match chosen {
            Some(hit) => hit,
            None => match self.hits(&typed).await.into_iter().next() {
                Some(hit) => hit,
                None => return,
            },
        };
        if let Some(tab) = hit.open
            && tabs::show(tab).await.is_ok()
        {
            return;
        }
        // Chrome refuses some addresses; there is no page here that could say so.
        let _ = match disposition.as_str() {
            "newForegroundTab" => tabs::open_beside(&hit.url, true).await,
            "newBackgroundTab" => tabs::open_beside(&hit.url, false).await,
            _ => match tabs::seen_now().await {
                Ok(Some((tab, _))) => tabs::go_to(tab, &hit.url).await,
                _ => tabs::open_beside(&hit.url, true).await,
            },
        };
    }

    /// A line that was chosen stands in the bar as its address, also when what it stood for is in the bin.
    async fn with_address(self: &Rc<Self>, typed: &str) -> Option<Hit> {
        let page = normalise(typed);
        let open = tabs::list(None).await.unwrap_or_default();
        if let Some(tab) = open.into_iter().find(|tab| normalise(&tab.url) == page) {
            return Some(of_open(tab));
        }
        let (_, same) = self.saved("", typed).await?;
        let saved = same.into_iter().next().map(of_saved);
        saved.or_else(|| {
            is_web_address(typed).then(|| Hit {
                title: String::new(),
                url: typed.to_owned(),
                place: String::new(),
                open: None,
            })
        })
    }

    async fn hits(self: &Rc<Self>, typed: &str) -> Vec<Hit> {
        let query = Query::parse(typed);
        if query.is_empty() {
            return Vec::new();
        }
        let mut open: Vec<Option<OpenNow>> = tabs::list(None)
            .await
            .unwrap_or_default()
            .into_iter()
            .map(Some)
            .collect();
        let mut index = Index::new();
        for (at, tab) in open.iter().flatten().enumerate() {
            let document = Document {
                title: &tab.title,
                address: &tab.url,
                open: true,
                ..Document::default()
            };
            index.put(at, &document);
        }
        let found = index.search(&query, clock::now(), MOST).keys;
        let open = found.into_iter().filter_map(|at| open.get_mut(at)?.take());
        let mut hits: Vec<Hit> = open.map(of_open).collect();
        if let Some((saved, _)) = self.saved(typed, "").await {
            hits.extend(saved.into_iter().map(of_saved));
        }
        let mut pages = BTreeSet::new();
        hits.retain(|hit| pages.insert(normalise(&hit.url)));
        hits.truncate(MOST);
        hits
    }

    async fn saved(self: &Rc<Self>, text: &str, page: &str) -> Option<(Vec<SavedTab>, Vec<SavedTab>)> {
        let ask = Ask::Find {
            text: text.to_owned(),
            page: page.to_owned(),
        };
        let answer = self.answer(runtime::write(&ask).ok()?).await?;
        match runtime::read(&JsValue::from_str(&answer)) {
            Ok::<_, Failure>(Answer::Found { tabs, same }) => Some((tabs, same)),
            _ => None,
        }
    }
}

fn of_open(tab: OpenNow) -> Hit {
    Hit {
        title: if tab.title.is_empty() {
            tab.url.clone()
        } else {
            tab.title
        },
        url: tab.url,
        place: badge::message("omnibox_open").unwrap_or_default(),
        open: Some(tab.id),
    }
}

fn of_saved(tab: SavedTab) -> Hit {
    Hit {
        title: tab.title,
        url: tab.url,
        place: if tab.removed {
            badge::message("omnibox_bin").unwrap_or_default()
        } else {
            tab.name
        },
        open: tab.chrome,
    }
}
