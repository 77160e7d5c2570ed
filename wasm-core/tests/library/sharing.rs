//! A private space becomes a shared one: what goes was shown and chosen, and nothing is lost on the way.

use std::collections::BTreeSet;

use protocol::frame::ServerFrame;
use protocol::rest::{Joined, NewSpace};
use protocol::{Code, MemberId, Op, Role, SpaceId, SpaceState, limits};
use tabspace_wasm_core::ask::library::{LibraryAnswer, LibraryAsk};
use tabspace_wasm_core::ask::{Agreed, Never, Problem, Visible};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::follow::{TITLE_EVERY_MS, TabSeen};
use tabspace_wasm_core::library::marks::Marking;

use crate::{Browser, WINDOW, titles, window};

pub(crate) fn agreed(visible: &[Visible]) -> Vec<Agreed> {
    let agreed = visible.iter().map(|tab| Agreed {
        tab: tab.tab,
        url: tab.url.clone(),
    });
    agreed.collect()
}

impl Browser {
    /// Everything that the list offers is ticked.
    pub(crate) fn all_agreed(&self, space: SpaceId) -> Vec<Agreed> {
        agreed(&self.engine.what_is_shared(space).expect("the space is there"))
    }

    pub(crate) fn prepare_share(&mut self, space: SpaceId, agreed: &[Agreed]) -> NewSpace {
        let new = self.engine.prepare_share(space, agreed).expect("it is private");
        self.write();
        new
    }

    /// The relay's answer.
    pub(crate) fn shared(&mut self, space: SpaceId, new: &NewSpace) {
        let joined = Joined {
            space: new.space,
            member: MemberId::from_bits(99),
            role: Role::Owner,
        };
        self.engine
            .shared(self.now, space, &joined, |name| format!("{name} (not shared)"));
        self.write();
    }

    /// What the relay will have: the space as it was begun, and what waits for it.
    fn on_the_relay(&mut self, new: &NewSpace) -> Vec<String> {
        let mut state = SpaceState::default();
        state.fold_local(&Op::SpaceCreated(new.created.clone()));
        for (_, op) in self.engine.session().take_waiting(new.space, 500) {
            assert_eq!(op.check_shared(), Ok(()));
            state.fold_local(&op);
        }
        let tabs = state.tab_order().into_iter();
        tabs.map(|id| format!("{} {}", state.tabs[&id].title, state.tabs[&id].url))
            .collect()
    }
}

fn urls(new: &NewSpace) -> Vec<&str> {
    new.created.tabs.iter().map(|tab| tab.url.as_str()).collect()
}

#[test]
fn only_what_was_chosen_and_may_be_shared_goes() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut settings = browser.engine.settings().clone();
    settings.ignored = "bank.example".into();
    browser.engine.set_settings(settings);
    let visible = browser.engine.what_is_shared(space).expect("there");
    let never: Vec<_> = visible.iter().map(|tab| tab.never).collect();
    assert_eq!(
        never,
        [None, None, None, Some(Never::Ignored), Some(Never::NotWeb)]
    );
    // All but the first are ticked, also those that cannot go.
    let chosen = agreed(&visible[1..]);

    let asked = browser.prepare_share(space, &chosen);
    let mut browser = browser.killed();
    let again = browser.prepare_share(space, &chosen);
    assert_eq!(asked, again, "an interrupted share goes on with the same id");
    assert!(
        urls(&asked)
            .iter()
            .all(|url| url.starts_with("https://lisbon.example/")),
        "{asked:?}"
    );

    browser.shared(space, &asked);
    let mut browser = browser.killed();
    assert!(
        browser.engine.view(space).is_none(),
        "the private one went on as the shared one"
    );
    assert_eq!(
        titles(&browser.view(asked.space)),
        ["[Lisbon]", "Title 2", "Title 3"]
    );
    assert!(browser.engine.wants_offscreen());

    // What was left out stays out, wherever it navigates; a new tab comes in; an ignored one does not.
    let mut seen = window();
    seen.tabs[0].url = "https://mail.example/secret".into();
    seen.tabs.push(TabSeen {
        id: 6,
        url: "https://new.example/".into(),
        title: "New".into(),
        ..TabSeen::default()
    });
    seen.tabs.push(TabSeen {
        id: 8,
        url: "https://bank.example/".into(),
        title: "Bank".into(),
        ..TabSeen::default()
    });
    seen.tabs[4].url = "https://was-settings.example/".into();
    seen.tabs[4].title = "Was settings".into();
    browser.look(seen);
    assert_eq!(
        titles(&browser.view(asked.space)),
        ["[Lisbon]", "Title 2", "Title 3", "Was settings", "New"]
    );
    let mut browser = browser.killed();
    assert_eq!(
        browser.view(asked.space).unsent,
        2,
        "what was done waits on disk for the relay"
    );
}

#[test]
fn what_came_after_the_list_was_shown_stays_here() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let chosen = browser.all_agreed(space);
    let mut seen = window();
    seen.tabs[1].url = "https://clinic.example/results".into();
    seen.tabs.push(TabSeen {
        id: 6,
        url: "https://diary.example/".into(),
        title: "Diary".into(),
        ..TabSeen::default()
    });
    browser.look(seen.clone());
    let new = browser.prepare_share(space, &chosen);
    let shared = [
        "https://mail.example/",
        "https://lisbon.example/map",
        "https://bank.example/account",
    ];
    let mut sent = urls(&new);
    sent.sort_unstable();
    let mut expected = shared;
    expected.sort_unstable();
    assert_eq!(sent, expected);
    browser.shared(space, &new);
    let mut browser = browser.killed();
    seen.tabs[1].title = "Your results".into();
    seen.tabs[5].url = "https://diary.example/today".into();
    browser.look(seen);
    let urls = browser.on_the_relay(&new);
    assert_eq!(urls.len(), 3, "{urls:?}");
}

#[test]
fn what_happens_while_the_relay_is_asked_is_not_lost() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let mut settings = browser.engine.settings().clone();
    settings.ignored = "bank.example".into();
    browser.engine.set_settings(settings);
    let chosen = browser.all_agreed(space);
    let new = browser.prepare_share(space, &chosen);
    // Meanwhile: a tab comes, one goes on, one goes where nobody may follow, one is closed, the space is renamed.
    let mut seen = window();
    seen.tabs[0].url = "https://bank.example/secret".into();
    seen.tabs[0].title = "Secret".into();
    seen.tabs[1].url = "https://lisbon.example/other-flat".into();
    seen.tabs.remove(2);
    seen.tabs.push(TabSeen {
        id: 6,
        url: "https://new.example/".into(),
        title: "New".into(),
        ..TabSeen::default()
    });
    browser.look(seen.clone());
    let rename = Command::Rename("Lisbon in May".into());
    browser.engine.command(browser.now, space, rename);
    browser.write();

    browser.shared(space, &new);
    let mut browser = browser.killed();
    let expected = [
        "Title 1 https://mail.example/",
        "Title 2 https://lisbon.example/other-flat",
        "New https://new.example/",
    ];
    assert_eq!(browser.on_the_relay(&new), expected);
    assert_eq!(browser.view(new.space).name, "Lisbon in May");

    // The window is followed from there: nothing is said twice, and nothing is missed.
    let unsent = browser.view(new.space).unsent;
    browser.look(seen.clone());
    assert_eq!(browser.view(new.space).unsent, unsent);
    browser.now = browser.now.plus(60_000);
    seen.tabs[0].url = "https://mail.example/inbox".into();
    seen.tabs[0].title = "Inbox".into();
    browser.look(seen);
    assert_eq!(browser.on_the_relay(&new)[0], "Inbox https://mail.example/inbox");
}

#[test]
fn a_share_that_was_cut_short_is_finished_with_what_the_relay_knows() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let first = browser.prepare_share(space, &browser.all_agreed(space));
    // The relay took it, but its answer was lost; the window went on.
    let mut browser = browser.killed();
    let mut seen = window();
    seen.tabs[2].title = "(1) Map".into();
    browser.now = browser.now.plus(TITLE_EVERY_MS);
    browser.look(seen.clone());
    let again = browser.prepare_share(space, &browser.all_agreed(space));
    assert_eq!(again, first, "the relay takes the same content only");
    browser.shared(space, &again);
    let shown = browser.on_the_relay(&again);
    assert!(
        shown.contains(&"(1) Map https://lisbon.example/map".to_owned()),
        "{shown:?}"
    );
    assert!(browser.disk.keys().all(|key| !key.starts_with("sharing/")));
}

#[test]
fn a_share_that_was_cut_short_does_not_bind_who_changes_his_mind() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let first = browser.prepare_share(space, &browser.all_agreed(space));
    let fewer = &browser.all_agreed(space)[1..];
    let second = browser.prepare_share(space, fewer);
    assert_ne!(second.space, first.space);
    assert!(!urls(&second).contains(&"https://mail.example/"));
    browser.shared(space, &first);
    assert!(
        !browser.engine.is_shared(first.space),
        "that answer came too late"
    );

    // The relay has something else under that id.
    browser.engine.drop_share(space);
    let third = browser.prepare_share(space, fewer);
    assert_ne!(third.space, second.space);
    assert_eq!(third.created, second.created);
    browser.engine.forget(browser.now, space);
    browser.shared(space, &third);
    assert!(!browser.engine.is_shared(third.space), "it was deleted meanwhile");
    assert!(browser.disk.keys().all(|key| !key.starts_with("sharing/")));
}

#[test]
fn a_page_that_knows_the_old_id_finds_the_shared_space() {
    let mut browser = Browser::new();
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let new = browser.prepare_share(space, &browser.all_agreed(space));
    assert_eq!(browser.engine.current(space), space, "it is not shared yet");
    browser.shared(space, &new);
    let mut browser = browser.killed();
    assert_eq!(browser.engine.current(space), new.space);
    assert_eq!(browser.engine.current(new.space), new.space);
    let shelves = browser.engine.library(browser.now, LibraryAsk::Shelves);
    let Ok(LibraryAnswer::Shelves(shelves)) = shelves else {
        panic!("no spaces");
    };
    let was = shelves.iter().find(|shelf| shelf.space == new.space);
    assert_eq!(was.map(|shelf| shelf.was), Some(Some(space)));

    // Its tabs are looked at, in no window: it is live meanwhile.
    browser.engine.window_gone(browser.now, WINDOW);
    assert!(!browser.engine.wants_offscreen());
    let listed = BTreeSet::from([new.space]);
    browser.engine.set_viewed(browser.now, BTreeSet::new(), listed);
    assert!(browser.engine.wants_offscreen());
    browser
        .engine
        .set_viewed(browser.now, BTreeSet::new(), BTreeSet::new());
    assert!(!browser.engine.wants_offscreen());
}

#[test]
fn another_relay_is_not_set_while_spaces_are_shared_through_this_one() {
    let (ours, other) = ("https://ours.example", "https://other.example");
    let mut browser = Browser::new();
    assert_eq!(browser.engine.set_relay(ours.into()), Ok(()));
    let space = browser.engine.save_window(browser.now, WINDOW, window(), "Trip");
    let new = browser.prepare_share(space, &browser.all_agreed(space));
    browser.shared(space, &new);
    let mut browser = browser.killed();
    let in_use = Err(Problem::RelayInUse { relay: ours.into() });
    assert_eq!(browser.engine.set_relay(other.into()), in_use);
    assert_eq!(browser.engine.settings().relay, ours);
    assert_eq!(browser.engine.set_relay(ours.into()), Ok(()), "it is this one");

    // Deleted, but the relay does not know yet.
    browser.engine.forget(browser.now, new.space);
    assert_eq!(browser.engine.set_relay(other.into()), in_use);
    let closed = ServerFrame::Closed {
        space: new.space,
        reason: Code::SpaceDeleted.into(),
    };
    let text = serde_json::to_string(&closed).expect("frames are JSON");
    browser.engine.session().frame_arrived(browser.now, &text);
    assert_eq!(browser.engine.set_relay(other.into()), Ok(()));
    assert_eq!(browser.engine.settings().relay, other);
}

#[test]
fn a_space_of_more_tabs_than_are_saved_at_once_is_shared_whole() {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.groups.clear();
    let many = i64::try_from(limits::SAVE_TABS).expect("a number") + 200;
    seen.tabs = (0..many)
        .map(|number| TabSeen {
            id: i32::try_from(number).expect("a number"),
            url: format!("https://many.example/{number}"),
            title: format!("Tab {number}"),
            ..TabSeen::default()
        })
        .collect();
    let space = browser.engine.save_window(browser.now, WINDOW, seen, "Many");
    let chosen = browser.all_agreed(space);
    let new = browser.prepare_share(space, &chosen);
    assert_eq!(new.created.tabs.len(), limits::SAVE_TABS);
    browser.shared(space, &new);
    assert_eq!(browser.on_the_relay(&new).len(), limits::SAVE_TABS + 200);
}

/// The space of this name, and its titles as they are seen.
fn named(browser: &mut Browser, name: &str) -> Option<(SpaceId, Vec<String>)> {
    let projection = browser.engine.projection();
    let space = projection.spaces.iter().find(|space| space.name == name)?.space;
    Some((space, titles(&browser.view(space))))
}

#[test]
fn what_is_not_shared_stays_in_a_private_space_of_its_own() {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs[2].muted = true;
    seen.tabs[4].url = "file:///home/ada/ticket.pdf".into();
    seen.tabs[4].pinned = true;
    let space = browser.engine.save_window(browser.now, WINDOW, seen, "Trip");
    let mut settings = browser.engine.settings().clone();
    settings.ignored = "bank.example".into();
    browser.engine.set_settings(settings);
    let visible = browser.engine.what_is_shared(space).expect("there");
    let by_title = |title: &str| {
        let tab = visible.iter().find(|tab| tab.title == title);
        tab.expect("it is listed").tab
    };
    let marking = |starred| Marking {
        starred: Some(starred),
        note: Some("Ask Ada".into()),
        ..Marking::default()
    };
    for title in ["Title 2", "Title 3"] {
        let marked = browser.engine.library(
            browser.now,
            LibraryAsk::Mark {
                space,
                tabs: Some(vec![by_title(title)]),
                marking: marking(title == "Title 3"),
            },
        );
        assert!(marked.is_ok(), "{marked:?}");
    }
    // The first is unticked, and so is one of two in a group.
    let ticked: Vec<Visible> = visible
        .iter()
        .filter(|tab| !["Title 1", "Title 3"].contains(&tab.title.as_str()))
        .cloned()
        .collect();
    let new = browser.prepare_share(space, &agreed(&ticked));
    browser.shared(space, &new);

    let mut browser = browser.killed();
    assert_eq!(titles(&browser.view(new.space)), ["[Lisbon]", "Title 2"]);
    let (rest, stays) = named(&mut browser, "Trip (not shared)").expect("the rest is there");
    assert_eq!(stays, ["Title 1", "Title 5", "[Lisbon]", "Title 3", "Title 4"]);
    assert!(!browser.engine.is_shared(rest));
    let (of_rest, of_shared) = (browser.engine.marks(rest), browser.engine.marks(new.space));
    assert!(of_rest.tabs[&by_title("Title 3")].starred);
    assert!(of_rest.muted.contains(&by_title("Title 3")));
    assert_eq!(of_shared.tabs[&by_title("Title 2")].note, "Ask Ada");
    assert_eq!((of_rest.tabs.len(), of_shared.tabs.len()), (1, 1));
    // A page that knows the old id is with the shared one, whose window leaves alone what stays.
    assert_eq!(browser.engine.current(space), new.space);
    assert_eq!(browser.engine.follows(WINDOW), Some(new.space));

    // Leaving takes the shared one only.
    browser.engine.forget(browser.now, new.space);
    let mut browser = browser.killed();
    assert_eq!(named(&mut browser, "Trip (not shared)"), Some((rest, stays)));
}

#[test]
fn a_space_that_is_shared_whole_leaves_nothing_behind() {
    let mut browser = Browser::new();
    let mut seen = window();
    seen.tabs.pop();
    let space = browser.engine.save_window(browser.now, WINDOW, seen, "Trip");
    let new = browser.prepare_share(space, &browser.all_agreed(space));
    browser.shared(space, &new);
    let browser = browser.killed();
    let spaces = browser.engine.projection().spaces;
    let ids: Vec<SpaceId> = spaces.iter().map(|space| space.space).collect();
    assert_eq!(ids, [new.space]);
}
