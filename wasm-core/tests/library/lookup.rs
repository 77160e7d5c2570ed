//! The index of what is saved is brought up to date by what changed, and finds what one finds that is made anew.

use proptest::prelude::*;
use protocol::{Colour, Millis, SpaceId, TabId};
use tabspace_wasm_core::ask::SavedTab;
use tabspace_wasm_core::ask::library::{BinnedView, LibraryAnswer, LibraryAsk, Order, Target};
use tabspace_wasm_core::library::engine::Lookup;
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::library::inflow::Inflow;
use tabspace_wasm_core::library::marks::Marking;
use tabspace_wasm_core::library::undo::Undo;
use tabspace_wasm_core::library::uses::ONCE_IN_MS;
use tabspace_wasm_core::view::ItemView;

use crate::inflow::model::{Dice, settle, two};
use crate::{Browser, WINDOW, window};

const SOUGHT: [&str; 12] = [
    "title",
    "ttile 2",
    "lisbon",
    "house",
    "balcony",
    "news",
    "is:open ",
    "is:pinned ",
    "is:duplicate ",
    "in:trip ",
    "tag:read ",
    "before:2030-01-01",
];

/// What is found of everything that is sought.
fn found(browser: &Browser, lookup: &mut Lookup) -> Vec<(&'static str, Vec<SavedTab>)> {
    let found = |text: &'static str| (text, browser.engine.find(lookup, Millis(90_000_000), text, 1_000));
    SOUGHT.map(found).into()
}

/// Somebody who does anything.
struct Somebody {
    browser: Browser,
    seen: WindowSeen,
    last_id: i32,
    undos: Vec<Undo>,
}

impl Somebody {
    fn new() -> Self {
        let mut browser = Browser::new();
        browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
        browser.engine.keep_window(browser.now, window(), "House");
        browser.write();
        Self {
            browser,
            seen: window(),
            last_id: 100,
            undos: Vec::new(),
        }
    }

    fn asks(&mut self, ask: LibraryAsk) -> Option<LibraryAnswer> {
        let answer = self.browser.engine.library(self.browser.now, ask).ok();
        self.browser.write();
        if let Some(LibraryAnswer::Changed(undo) | LibraryAnswer::Made { undo, .. }) = &answer {
            self.undos.push((**undo).clone());
        }
        answer
    }

    /// The spaces, with their tabs.
    fn spaces(&mut self) -> Vec<(SpaceId, Vec<TabId>)> {
        let Some(LibraryAnswer::Shelves(mut shelves)) = self.asks(LibraryAsk::Shelves) else {
            return Vec::new();
        };
        shelves.sort_by_key(|shelf| shelf.space);
        let tabs = |items: &[ItemView]| -> Vec<TabId> {
            let tabs = items.iter().flat_map(|item| match item {
                ItemView::Tab(tab) => vec![tab.tab],
                ItemView::Group(group) => group.tabs.iter().map(|tab| tab.tab).collect(),
            });
            tabs.collect()
        };
        let spaces = shelves.iter().map(|shelf| (shelf.space, tabs(&shelf.items)));
        spaces.collect()
    }

    fn binned(&mut self) -> Vec<BinnedView> {
        match self.asks(LibraryAsk::Bin) {
            Some(LibraryAnswer::Bin(bin)) => bin,
            _ => Vec::new(),
        }
    }

    /// Something happens in the window.
    fn looks(&mut self, pick: usize, otherwise: bool) {
        let tabs = &mut self.seen.tabs;
        match (pick % 4, tabs.len()) {
            (0, 1..) => tabs.truncate(tabs.len() - (pick % tabs.len()).min(4)),
            (1, 1..) => {
                let at = pick % tabs.len();
                tabs[at].url = format!("https://news.example/{pick}");
                tabs[at].title = format!("News {pick}");
            }
            (2, 1..) => {
                let at = pick % tabs.len();
                tabs[at].muted = otherwise;
            }
            _ => {
                self.last_id += 1;
                tabs.push(TabSeen {
                    id: self.last_id,
                    url: "https://lisbon.example/flat".into(),
                    title: "A flat".into(),
                    ..TabSeen::default()
                });
            }
        }
        self.browser
            .engine
            .observe(self.browser.now, WINDOW, self.seen.clone());
    }

    #[expect(clippy::too_many_lines, reason = "a list of what can be done")]
    fn does(&mut self, deed: u8, picks: &[usize], otherwise: bool) {
        let pick = picks.first().copied().unwrap_or_default();
        let spaces = self.spaces();
        if spaces.is_empty() {
            let now = self.browser.now;
            self.browser.engine.keep_window(now, window(), "Trip again");
            return;
        }
        let (space, ids) = spaces[pick % spaces.len()].clone();
        let other = spaces[(pick + 1) % spaces.len()].0;
        let tabs: Vec<TabId> = picks.iter().filter_map(|pick| ids.get(*pick).copied()).collect();
        let group = self.browser.view(space).items.iter().find_map(|item| match item {
            ItemView::Group(group) => Some(group.group),
            ItemView::Tab(_) => None,
        });
        let now = self.browser.now;
        let ask = match deed {
            0 => LibraryAsk::Remove { space, tabs },
            1 | 2 => LibraryAsk::Move {
                from: space,
                tabs,
                to: match deed {
                    1 => Target::Space {
                        space: other,
                        group: None,
                        before: None,
                    },
                    _ => Target::New(Some("Another trip".into())),
                },
                copy: otherwise,
            },
            3 => LibraryAsk::Merge {
                from: space,
                into: other,
            },
            4 => LibraryAsk::Mark {
                space,
                tabs: (!tabs.is_empty()).then_some(tabs),
                marking: Marking {
                    starred: None,
                    tags: Some(if otherwise {
                        vec!["read".into()]
                    } else {
                        Vec::new()
                    }),
                    tag: None,
                    note: Some(if pick % 2 == 0 { "with a balcony" } else { "" }.into()),
                },
            },
            5 => LibraryAsk::Archive {
                space,
                archived: otherwise,
            },
            6 => LibraryAsk::EditSpace {
                space,
                name: Some(if otherwise { "My house" } else { "The trip" }.into()),
                colour: None,
            },
            7 => LibraryAsk::Group {
                space,
                tabs,
                title: "House".into(),
                colour: Colour::Pink,
            },
            8 => LibraryAsk::EditGroup {
                space,
                group: group.unwrap_or(protocol::GroupId::from_bits(0)),
                title: "Balcony".into(),
                colour: Colour::Cyan,
            },
            9 => LibraryAsk::Pin {
                space,
                tabs,
                pinned: otherwise,
            },
            10 => LibraryAsk::Forget(space),
            11 | 12 => {
                let bin = self.binned();
                let Some(entry) = bin.get(pick % bin.len().max(1)) else {
                    return;
                };
                let id = entry.id;
                match entry.tabs.get(picks.last().copied().unwrap_or_default()) {
                    Some(tab) if deed == 11 && otherwise => LibraryAsk::TakeOutTab { id, tab: tab.tab },
                    _ if deed == 11 => LibraryAsk::TakeOut(id),
                    _ => LibraryAsk::EmptyBin(otherwise.then_some(id)),
                }
            }
            13 | 14 => match self.undos.pop() {
                Some(undo) => LibraryAsk::Undo(Box::new(undo)),
                None => return,
            },
            15 => LibraryAsk::Sort {
                space,
                by: Order::Title,
            },
            16 => {
                let chrome = (0..).zip(ids).collect();
                self.browser.engine.bind(now, 2, space, chrome);
                return;
            }
            17 => {
                return self
                    .browser
                    .engine
                    .window_gone(now, if otherwise { WINDOW } else { 2 });
            }
            18 => return self.browser.now = now.plus(10),
            _ => return self.looks(pick, otherwise),
        };
        self.asks(ask);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_done_what_is_found_is_what_is_there(
        deeds in prop::collection::vec((0_u8..22, prop::collection::vec(0_usize..6, 0..4), any::<bool>()), 1..30),
    ) {
        let mut somebody = Somebody::new();
        let mut kept = Lookup::default();
        for (at, (deed, picks, otherwise)) in deeds.into_iter().enumerate() {
            somebody.does(deed, &picks, otherwise);
            somebody.browser.write();
            match at % 3 {
                // What changes meanwhile is changed between two parts of it.
                0 => drop(kept.prepare(&somebody.browser.engine, 1)),
                1 => {}
                _ => prop_assert_eq!(
                    found(&somebody.browser, &mut kept),
                    found(&somebody.browser, &mut Lookup::default())
                ),
            }
        }
        prop_assert_eq!(
            found(&somebody.browser, &mut kept),
            found(&somebody.browser, &mut Lookup::default())
        );
        let mut tabs: Vec<TabId> = somebody.spaces().into_iter().flat_map(|(_, tabs)| tabs).collect();
        let all = tabs.len();
        tabs.sort_unstable();
        tabs.dedup();
        prop_assert_eq!(tabs.len(), all, "a tab stands in two spaces");
    }
}

#[test]
fn what_others_do_in_a_shared_space_is_found_as_it_is() {
    for seed in 0..12 {
        let (mut relay, mut ann, mut bruno) = two();
        let mut dice = Dice(seed);
        ann.sets(Inflow::On);
        bruno.sets(Inflow::On);
        settle(&mut relay, &mut [&mut ann, &mut bruno]);
        let mut kept = [Lookup::default(), Lookup::default()];
        for step in 0..60 {
            let someone = if dice.below(2) == 0 { &mut ann } else { &mut bruno };
            match dice.below(5) {
                0 | 1 => someone.chrome.person(&mut dice),
                2 => someone.looks(),
                3 => someone.syncs(&mut relay),
                _ => drop(someone.takes_in(false, |_| {})),
            }
            for (someone, kept) in [&ann, &bruno].into_iter().zip(&mut kept) {
                assert_eq!(
                    found(&someone.browser, kept),
                    found(&someone.browser, &mut Lookup::default()),
                    "seed {seed}, step {step}"
                );
            }
        }
    }
}

#[test]
fn a_library_is_made_ready_a_little_at_a_time_and_the_last_changed_first() {
    let mut browser = Browser::new();
    for number in 0..5 {
        browser.now = browser.now.plus(10);
        browser
            .engine
            .keep_window(browser.now, window(), &format!("Space {number}"));
    }
    browser.write();
    let mut lookup = Lookup::default();
    let mut parts = 1;
    while !lookup.prepare(&browser.engine, 1) {
        parts += 1;
    }
    assert_eq!(parts, 5, "one space each time");
    assert!(lookup.prepare(&browser.engine, 1), "nothing is left to do");
    let titles = |lookup: &mut Lookup| browser.engine.find(lookup, browser.now, "lisbon flat", 10).len();
    assert_eq!(titles(&mut lookup), 5);
}

#[test]
fn of_two_equal_tabs_the_one_that_was_opened_is_found_first() {
    let mut browser = Browser::new();
    let twins = |seen: &mut WindowSeen| {
        for tab in &mut seen.tabs[1..3] {
            tab.title = "Flat in Alfama".into();
            tab.url = "https://flats.example/alfama".into();
        }
    };
    let mut seen = window();
    twins(&mut seen);
    let kept = browser.engine.keep_window(browser.now, seen.clone(), "Kept");
    browser.write();
    let mut lookup = Lookup::default();
    let first = |browser: &Browser, lookup: &mut Lookup| -> TabId {
        let found = browser.engine.find(lookup, browser.now, "alfama in:kept", 10);
        assert_eq!(found.len(), 2);
        found[0].tab
    };
    let ids = browser.engine.what_is_shared(kept).expect("it is there");
    let twins: Vec<TabId> = ids[1..3].iter().map(|tab| tab.tab).collect();
    // Whichever it is; also with an index that knew them before, and after the worker died.
    for (minute, twin) in (1..).zip([twins[0], twins[1], twins[1]]) {
        browser.now = Millis(minute * ONCE_IN_MS);
        browser.engine.opened(browser.now, kept, &[twin]);
        browser = browser.killed();
    }
    assert_eq!(first(&browser, &mut lookup), twins[1]);
    for minute in 10..12 {
        browser.now = Millis(minute * ONCE_IN_MS);
        browser.engine.opened(browser.now, kept, &[twins[0]]);
        browser.write();
    }
    assert_eq!(first(&browser, &mut lookup), twins[0]);

    // So it is with tabs that are shown in a window; not more than once a minute, however often the person changes over.
    let space = browser
        .engine
        .save_window(browser.now, WINDOW, seen.clone(), "Followed");
    browser.write();
    let ids = browser.engine.what_is_shared(space).expect("it is there");
    let uses = |browser: &mut Browser| -> Vec<u32> {
        let Ok(LibraryAnswer::Shelves(shelves)) = browser.engine.library(browser.now, LibraryAsk::Shelves)
        else {
            panic!("no spaces");
        };
        let shelf = shelves.iter().find(|shelf| shelf.space == space);
        let shelf = shelf.expect("it is there");
        ids[1..3]
            .iter()
            .map(|tab| shelf.uses.get(&tab.tab).map_or(0, |used| used.0))
            .collect()
    };
    for shown in [2, 1, 2, 1, 2, 1] {
        browser.now = browser.now.plus(1_000);
        seen.tabs.iter_mut().for_each(|tab| tab.active = false);
        seen.tabs[shown].active = true;
        browser.look(seen.clone());
    }
    assert_eq!(uses(&mut browser), [1, 1]);
    browser.now = browser.now.plus(ONCE_IN_MS);
    seen.tabs[1].active = false;
    seen.tabs[2].active = true;
    browser.look(seen);
    let mut browser = browser.killed();
    assert_eq!(uses(&mut browser), [1, 2]);
    let found = browser
        .engine
        .find(&mut lookup, browser.now, "alfama in:followed", 10);
    assert_eq!(found[0].tab, ids[2].tab);

    // What is deleted leaves nothing behind.
    browser.engine.forget(browser.now, space);
    let browser = browser.killed();
    assert!(!browser.disk.contains_key(&format!("uses/{space}")));
    assert!(browser.disk.contains_key(&format!("uses/{kept}")));
}
