//! What is on the ignore list enters no space, whichever way it comes; what was in one before stays, and comes back.

use protocol::{Colour, Millis, SpaceId, TabId};
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk, SaveWhat, Target};
use tabspace_wasm_core::ask::{Never, Problem};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::backup::{Item, Kind, Space};
use tabspace_wasm_core::library::chosen::chosen;
use tabspace_wasm_core::library::engine::{BroughtIn, LeftOut, library_of};
use tabspace_wasm_core::library::follow::{TabSeen, WindowSeen};
use tabspace_wasm_core::library::marks::Marks;
use tabspace_wasm_core::view::{ItemView, NoticeKind};

use super::backup::tab;
use super::ways::{into, link};
use super::{Browser, WINDOW, records, titles, window};

/// The tab of [`window`] that is ignored.
const BANK: &str = "https://bank.example/account";

impl Browser {
    fn ignores(&mut self, patterns: &str) {
        let mut settings = self.engine.settings().clone();
        settings.ignored = patterns.into();
        self.engine.set_settings(settings);
        self.write();
    }

    /// Saves of two windows of which the second is all ignored: how many tabs are kept, how many left out.
    fn saves(&mut self, what: &SaveWhat, to: &Target) -> Result<(Vec<SpaceId>, usize, usize), Problem> {
        let windows = [(WINDOW, window()), (2, only_bank())];
        let answer = self.engine.save(self.now, chosen(what, &windows), to, "Sunday");
        self.write();
        match answer? {
            LibraryAnswer::Made {
                spaces,
                tabs,
                left_out,
                ..
            } => Ok((spaces, tabs, left_out)),
            other => panic!("not {other:?}"),
        }
    }

    fn asks_library(&mut self, ask: LibraryAsk) -> Result<LibraryAnswer, Problem> {
        let answer = self.engine.library(self.now, ask);
        self.write();
        answer
    }

    fn tab_at(&mut self, space: SpaceId, url: &str) -> TabId {
        let tabs = self.view(space).items.into_iter().flat_map(|item| match item {
            ItemView::Tab(tab) => vec![tab],
            ItemView::Group(group) => group.tabs,
        });
        let mut tabs = tabs.filter(|tab| tab.url == url);
        tabs.next().expect("it is there").tab
    }

    /// Whether a space, its log or its past on disk speaks of something.
    fn knows(&self, what: &str) -> bool {
        let spaces = |key: &str| {
            ["space/", "log/", "history/", "bin/"]
                .iter()
                .any(|name| key.starts_with(name))
        };
        self.disk
            .iter()
            .any(|(key, text)| spaces(key) && text.to_lowercase().contains(what))
    }
}

fn only_bank() -> WindowSeen {
    let mut seen = window();
    seen.tabs.retain(|tab| tab.url == BANK);
    seen.tabs[0].id = 90;
    seen.groups.clear();
    seen
}

/// A space of a file that another program wrote.
fn empty_space() -> Space {
    Space {
        name: String::new(),
        colour: Colour::Blue,
        id: None,
        kind: Kind::Private,
        changed: Millis(1_000),
        marks: Marks::default(),
        archived: false,
        items: Vec::new(),
        exact: None,
    }
}

#[test]
fn whatever_is_saved_what_is_ignored_is_left_out_and_told() {
    let mut browser = Browser::new();
    browser.ignores("bank.example");
    let (spaces, kept, left_out) = browser
        .saves(&SaveWhat::AllWindows, &Target::New(None))
        .expect("there is something to save");
    assert_eq!((spaces.len(), kept, left_out), (1, 4, 2));
    let trip = spaces[0];
    let without = ["Title 1", "[Lisbon]", "Title 2", "Title 3", "Title 5"];
    assert_eq!(titles(&browser.view(trip)), without);
    let told: Vec<NoticeKind> = browser
        .view(trip)
        .notices
        .into_iter()
        .map(|notice| notice.kind)
        .collect();
    assert_eq!(told, [NoticeKind::LeftOut(1)]);

    // Some tabs, a tab, a group with it in it, a link: into a new space, and into one that is there.
    for to in [Target::New(None), into(trip)] {
        let some = browser
            .saves(&SaveWhat::Tabs(vec![3, 4]), &to)
            .expect("one of them is kept");
        assert_eq!((some.1, some.2), (1, 1));
        for nothing in [
            SaveWhat::Tabs(vec![4]),
            SaveWhat::Window(2),
            link("https://www.bank.example/?q"),
        ] {
            assert_eq!(browser.saves(&nothing, &to), Err(Problem::Ignored), "{nothing:?}");
        }
        let open = browser
            .saves(&link("chrome://settings/"), &to)
            .expect("what is not of the web is kept");
        assert_eq!((open.1, open.2), (1, 0));
    }
    let blank = browser.saves(&link("about:blank"), &Target::New(None));
    assert_eq!(blank, Err(Problem::NothingToSave));
    assert!(!browser.knows("bank.example"));
}

#[test]
fn a_group_goes_without_what_is_ignored_in_it() {
    let mut browser = Browser::new();
    browser.ignores("https://lisbon.example/map");
    let (spaces, kept, left_out) = browser
        .saves(&SaveWhat::Group(7), &Target::New(None))
        .expect("one of its tabs is kept");
    assert_eq!((kept, left_out), (1, 1));
    assert_eq!(titles(&browser.view(spaces[0])), ["[Lisbon]", "Title 2"]);
}

#[test]
fn a_followed_tab_that_goes_to_an_ignored_page_stays_what_it_was_until_it_goes_on() {
    let mut browser = Browser::new();
    browser.ignores("bank.example");
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    browser.write();
    let before = titles(&browser.view(space));
    let mut seen = window();
    seen.tabs[1].url = "https://login.bank.example/".into();
    seen.tabs[1].title = "Your secret account".into();
    seen.tabs.push(TabSeen {
        id: 6,
        url: BANK.into(),
        title: "Another secret".into(),
        ..TabSeen::default()
    });
    browser.look(seen.clone());
    seen.tabs[1].title = "More that is secret".into();
    browser.now = browser.now.plus(60_000);
    browser.look(seen.clone());
    assert_eq!(titles(&browser.view(space)), before);
    assert!(!browser.knows("secret") && !browser.knows("bank.example"));

    // The window closes and comes back as it was: the page from before is still there.
    browser.engine.window_gone(browser.now, WINDOW);
    let now = browser.now;
    let mut browser = browser.killed();
    browser.now = now.plus(1_000);
    assert!(browser.engine.recognise(browser.now, WINDOW, &seen));
    browser.write();
    assert_eq!(titles(&browser.view(space)), before);
    assert_eq!(
        browser.tab_at(space, "https://lisbon.example/flat"),
        browser
            .engine
            .space_tab(WINDOW, 2)
            .and_then(|(_, tab)| tab)
            .expect("it is that tab")
    );

    // They go on to where the space may follow.
    browser.now = browser.now.plus(60_000);
    seen.tabs[1].url = "https://lisbon.example/hotel".into();
    seen.tabs[1].title = "Hotel".into();
    seen.tabs[5].url = "https://tram.example/".into();
    seen.tabs[5].title = "Tram".into();
    browser.look(seen);
    let after = ["Title 1", "[Lisbon]", "Hotel", "Title 3", "Title 5", "Tram"];
    assert_eq!(titles(&browser.view(space)), after);
    assert!(!browser.knows("secret") && !browser.knows("bank.example"));
}

#[test]
fn what_was_in_a_space_before_it_was_ignored_stays_there_and_goes_nowhere_else() {
    let mut browser = Browser::new();
    let trip = browser.engine.keep_window(browser.now, window(), "Trip");
    let other = browser
        .engine
        .keep_window(browser.now, WindowSeen::default(), "Other");
    let all = titles(&browser.view(trip));
    browser.ignores("bank.example");
    let mut browser = browser.killed();
    assert_eq!(titles(&browser.view(trip)), all);
    let (bank, mail) = (
        browser.tab_at(trip, BANK),
        browser.tab_at(trip, "https://mail.example/"),
    );
    let moves = |tabs: &[TabId], to: Target, copy| LibraryAsk::Move {
        from: trip,
        tabs: tabs.to_vec(),
        to,
        copy,
    };
    for to in [into(other), Target::New(None)] {
        for copy in [false, true] {
            assert_eq!(
                browser.asks_library(moves(&[bank], to.clone(), copy)),
                Err(Problem::Ignored)
            );
        }
    }
    assert_eq!(
        browser.asks_library(moves(&[bank], into(trip), true)),
        Err(Problem::Ignored)
    );

    // With others it stays alone; within its space it goes where it is put.
    let moved = browser.asks_library(moves(&[bank, mail], into(other), false));
    assert!(
        matches!(moved, Ok(LibraryAnswer::Lacking { left_out: 1, .. })),
        "{moved:?}"
    );
    assert_eq!(titles(&browser.view(other)), ["Title 1"]);
    let alone = browser.asks_library(moves(&[mail, bank], Target::New(None), true));
    assert_eq!(alone, Err(Problem::Ignored), "the mail is not in it any more");
    let put = browser.asks_library(moves(&[bank], into(trip), false));
    assert!(matches!(put, Ok(LibraryAnswer::Changed(_))), "{put:?}");

    // A space of which something stays is not merged away.
    let merge = LibraryAsk::Merge {
        from: trip,
        into: other,
    };
    let merged = browser.asks_library(merge.clone());
    assert!(
        matches!(merged, Ok(LibraryAnswer::Lacking { left_out: 1, .. })),
        "{merged:?}"
    );
    assert_eq!(titles(&browser.view(trip)), ["Title 4"]);
    assert_eq!(browser.asks_library(merge), Err(Problem::Ignored));
    let Ok(LibraryAnswer::Lacking { undo, .. }) = merged else {
        return;
    };
    assert!(browser.asks_library(LibraryAsk::Undo(undo)).is_ok());
    assert_eq!(titles(&browser.view(other)), ["Title 1"]);
    assert_eq!(browser.view(trip).items.len(), 3);
}

#[test]
fn what_is_removed_comes_back_although_it_is_ignored_now() {
    let mut browser = Browser::new();
    let trip = browser.engine.keep_window(browser.now, window(), "Trip");
    let all = titles(&browser.view(trip));
    browser.ignores("bank.example");
    let bank = browser.tab_at(trip, BANK);
    let removed = browser.asks_library(LibraryAsk::Remove {
        space: trip,
        tabs: vec![bank],
    });
    let Ok(LibraryAnswer::Changed(undo)) = removed else {
        panic!("it may be removed: {removed:?}");
    };
    assert!(browser.asks_library(LibraryAsk::Undo(undo)).is_ok());
    assert_eq!(titles(&browser.view(trip)), all, "by an undo");

    let forgotten = browser
        .engine
        .forget(browser.now, trip)
        .expect("it is in the bin");
    browser
        .engine
        .take_out(browser.now, forgotten)
        .expect("it comes out");
    browser.write();
    assert_eq!(titles(&browser.view(trip)), all, "out of the bin");
}

#[test]
fn an_address_that_is_typed_is_left_out_in_private_and_in_shared_spaces() {
    let mut browser = Browser::new();
    browser.ignores("bank.example");
    let mut space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let dismissed = browser.view(space).notices[0].id;
    browser
        .engine
        .command(browser.now, space, Command::Dismiss(dismissed));
    for is_shared in [false, true] {
        if is_shared {
            let agreed = browser.all_agreed(space);
            let new = browser.prepare_share(space, &agreed);
            browser.shared(space, &new);
            space = new.space;
        }
        let before = titles(&browser.view(space));
        let typed = |url: &str| Command::AddTab {
            url: url.into(),
            title: String::new(),
        };
        browser
            .engine
            .command(browser.now, space, typed("bank.example/login"));
        browser.write();
        let view = browser.view(space);
        assert_eq!(titles(&view), before);
        assert!(
            view.notices
                .iter()
                .any(|notice| notice.kind == NoticeKind::LeftOut(1))
        );
        browser
            .engine
            .command(browser.now, space, typed("https://tram.example/"));
        assert_eq!(titles(&browser.view(space)).len(), before.len() + 1);
    }
}

#[test]
fn a_window_that_is_shared_afterwards_keeps_its_ignored_tabs_to_itself() {
    let mut browser = Browser::new();
    browser.ignores("bank.example");
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let visible = browser.engine.what_is_shared(space).expect("there");
    assert!(
        visible.iter().all(|tab| tab.never != Some(Never::Ignored)),
        "none is in it"
    );
    let agreed = browser.all_agreed(space);
    let new = browser.prepare_share(space, &agreed);
    browser.shared(space, &new);
    let mut browser = browser.killed();
    let shared = ["Title 1", "[Lisbon]", "Title 2", "Title 3"];
    assert_eq!(titles(&browser.view(new.space)), shared);

    // It was no tab of the space when that was shown: wherever it goes, it does not come in.
    let mut seen = window();
    seen.tabs[3].url = "https://diary.example/".into();
    seen.tabs[3].title = "Diary".into();
    browser.look(seen);
    assert_eq!(titles(&browser.view(new.space)), shared);
}

#[test]
fn an_earlier_window_comes_back_without_what_is_ignored() {
    let mut browser = Browser::new();
    browser.ignores("bank.example");
    let (space, left_out) = browser.engine.keep_earlier(browser.now, window(), "Yesterday");
    let space = space.expect("there is more in it");
    assert_eq!(left_out, 1);
    assert_eq!(titles(&browser.view(space)).len(), 5);
    assert_eq!(
        browser.engine.keep_earlier(browser.now, only_bank(), "Yesterday"),
        (None, 1)
    );
    let (empty, left_out) = browser
        .engine
        .keep_earlier(browser.now, WindowSeen::default(), "Empty");
    assert!(empty.is_some() && left_out == 0, "as before");
}

#[test]
fn another_programs_file_comes_without_what_is_ignored_and_an_own_backup_whole() {
    let mut browser = Browser::new();
    browser.ignores("bank.example");
    let theirs = Space {
        name: "Money".into(),
        items: vec![
            Item::Tab(tab("Bank", BANK)),
            Item::Tab(tab("Tram", "https://tram.example/")),
        ],
        ..empty_space()
    };
    let brought = browser.engine.bring_in(browser.now, &theirs, "a copy");
    let BroughtIn::Added(space, LeftOut(1)) = brought else {
        panic!("one is left out: {brought:?}");
    };
    assert_eq!(titles(&browser.view(space)), ["Tram"]);
    let only = Space {
        items: theirs.items[..1].to_vec(),
        ..theirs
    };
    assert_eq!(
        browser.engine.bring_in(browser.now, &only, "a copy"),
        BroughtIn::Nothing
    );

    let mut before = Browser::new();
    before.engine.keep_window(before.now, window(), "Trip");
    before.write();
    let (ours, _) = library_of(&records(&before.disk));
    let brought = browser.engine.bring_in(browser.now, &ours.spaces[0], "a copy");
    let BroughtIn::Added(space, LeftOut(0)) = brought else {
        panic!("it comes as it was: {brought:?}");
    };
    assert!(titles(&browser.view(space)).contains(&"Title 4".to_owned()));
}
