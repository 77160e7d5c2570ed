//! What others do flows into the window: two people with windows, a relay between them, and everything at once.

#[path = "inflow/model.rs"]
pub(crate) mod model;

use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::library::follow::TabSeen;
use tabspace_wasm_core::library::inflow::Inflow;

use crate::titles;
use model::{Chrome, Dice, Relay, Someone, page, settle, space_as_window, two};

#[test]
fn by_default_what_others_do_stays_in_the_space() {
    let (mut relay, mut ann, mut bruno) = two();
    let before = bruno.chrome.window.clone();
    ann.chrome.window.tabs.remove(3);
    ann.chrome.window.tabs.push(page(50, "https://new.example/"));
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(bruno.chrome.window, before);
    assert!(titles(&bruno.browser.view(bruno.space)).contains(&"Title of https://new.example/".to_owned()));
}

#[test]
fn what_ann_does_happens_in_brunos_window_and_nothing_comes_back() {
    let (mut relay, mut ann, mut bruno) = two();
    bruno.sets(Inflow::On);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    let begun = relay.log.len();
    let tabs = &mut ann.chrome.window.tabs;
    tabs[1].url = "https://lisbon.example/other-flat".into();
    tabs[1].title = "Other flat".into();
    tabs.remove(3);
    tabs.push(TabSeen {
        group: Some(7),
        ..page(50, "https://lisbon.example/tram")
    });
    ann.chrome.window.groups[0].title = "Lisboa".into();
    ann.chrome.tidy();
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(bruno.window(), space_as_window(&relay.state));
    assert_eq!(ann.window(), bruno.window());
    assert_eq!(relay.log.len() - begun, 4, "{:?}", &relay.log[begun..]);
    // What came is not loaded, and the person still looks at the same page.
    let shown = bruno.chrome.window.tabs.iter().find(|tab| tab.active);
    assert_eq!(shown.map(|tab| tab.url.as_str()), Some("chrome://newtab/"));
    let new = bruno
        .chrome
        .window
        .tabs
        .iter()
        .find(|tab| tab.url.ends_with("/tram"));
    assert!(new.is_some_and(|tab| tab.waits.is_some()));
}

#[test]
fn who_wants_to_be_asked_is_asked_once_and_told_who_it_was() {
    let (mut relay, mut ann, mut bruno) = two();
    bruno.sets(Inflow::Ask);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    ann.chrome.window.tabs.remove(3);
    ann.chrome.window.tabs.push(page(50, "https://new.example/"));
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    let waiting = |bruno: &mut Someone| {
        let view = bruno.browser.view(bruno.space);
        view.inflow.expect("the window follows it").waiting
    };
    let asked = waiting(&mut bruno).expect("it waits");
    assert_eq!((asked.opens, asked.closes, asked.others), (1, 1, 0));
    assert_eq!(asked.by, ["Ann"]);
    assert_ne!(bruno.window(), ann.window());
    let now = bruno.browser.now;
    bruno
        .browser
        .engine
        .command(now, bruno.space, Command::TakeOver(true));
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(bruno.window(), ann.window());
    assert_eq!(waiting(&mut bruno), None);
    // The next time he says no: it is not asked again.
    ann.chrome.window.tabs.pop();
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert!(waiting(&mut bruno).is_some());
    bruno
        .browser
        .engine
        .command(now, bruno.space, Command::TakeOver(false));
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(waiting(&mut bruno), None);
    assert_eq!(bruno.window().len(), ann.window().len() + 1);
}

#[test]
fn many_tabs_at_once_do_not_go_without_a_word() {
    let (mut relay, mut ann, mut bruno) = two();
    bruno.sets(Inflow::On);
    for id in 60..70 {
        ann.chrome
            .window
            .tabs
            .push(page(id, &format!("https://news.example/{id}")));
    }
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(bruno.window(), ann.window());
    ann.chrome.window.tabs.truncate(3);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert!(bruno.window().len() > 10, "{:?}", bruno.window());
    let view = bruno.browser.view(bruno.space).inflow.expect("it follows");
    assert_eq!(view.waiting.map(|waiting| waiting.closes), Some(11));
}

#[test]
fn a_tab_that_is_looked_at_or_does_not_want_to_be_closed_stays() {
    let (mut relay, mut ann, mut bruno) = two();
    bruno.sets(Inflow::On);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    let of = |chrome: &Chrome, url: &str| {
        chrome
            .window
            .tabs
            .iter()
            .find(|tab| tab.url == url)
            .map(|tab| tab.id)
    };
    let bank = of(&bruno.chrome, "https://bank.example/account").expect("there");
    let map = of(&bruno.chrome, "https://lisbon.example/map").expect("there");
    bruno.chrome.unsaved.insert(map);
    for tab in &mut bruno.chrome.window.tabs {
        tab.active = tab.id == bank;
    }
    ann.chrome.window.tabs.drain(2..4);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert_eq!(relay.state.tabs.len(), 2);
    assert!(of(&bruno.chrome, "https://bank.example/account").is_some());
    // Another tab is shown: the bank's goes. What was typed on the map stays, and does not come back to the space.
    for tab in &mut bruno.chrome.window.tabs {
        tab.active = tab.id == 2_000;
    }
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert!(of(&bruno.chrome, "https://bank.example/account").is_none());
    assert!(of(&bruno.chrome, "https://lisbon.example/map").is_some());
    assert_eq!(relay.state.tabs.len(), 2);
}

#[test]
fn what_the_relay_refuses_of_a_window_stays_in_the_window() {
    let (mut relay, mut ann, mut bruno) = two();
    bruno.sets(Inflow::On);
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    // Ann makes him a viewer while he is away and goes on.
    relay.demotes(ann.member, bruno.member);
    let tabs = &mut bruno.chrome.window.tabs;
    tabs[1].url = "https://lisbon.example/my-flat".into();
    tabs[1].title = "My flat".into();
    tabs.push(page(51, "https://my.example/1"));
    tabs.push(page(52, "https://my.example/2"));
    let gone = tabs.remove(2).url;
    bruno.looks();
    let window = bruno.chrome.window.clone();
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert!(relay.decided.values().any(Result::is_err), "it was refused");
    assert_eq!(bruno.chrome.window, window);
    assert!(relay.state.tabs.values().any(|tab| tab.url == gone));
    assert!(!relay.state.tabs.values().any(|tab| tab.url.contains("my")));
    // What others do goes on to come.
    ann.chrome.window.tabs.push(page(60, "https://new.example/"));
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    let urls: Vec<&str> = bruno
        .chrome
        .window
        .tabs
        .iter()
        .map(|tab| tab.url.as_str())
        .collect();
    assert!(urls.contains(&"https://my.example/1") && urls.contains(&"https://my.example/2"));
    assert!(urls.contains(&"https://lisbon.example/my-flat") && !urls.contains(&gone.as_str()));
    assert!(
        bruno
            .window()
            .iter()
            .any(|(url, _)| url == "https://new.example/"),
        "{urls:?}"
    );
}

#[test]
fn what_is_ignored_here_does_not_come() {
    let (mut relay, mut ann, mut bruno) = two();
    bruno.sets(Inflow::On);
    let mut settings = bruno.browser.engine.settings().clone();
    settings.ignored = "casino.example".into();
    bruno.browser.engine.set_settings(settings);
    ann.chrome.window.tabs.push(page(50, "https://casino.example/"));
    settle(&mut relay, &mut [&mut ann, &mut bruno]);
    assert!(
        relay
            .state
            .tabs
            .values()
            .any(|tab| tab.url == "https://casino.example/")
    );
    assert!(
        bruno
            .window()
            .iter()
            .all(|(url, _)| url != "https://casino.example/")
    );
}

#[test]
fn whatever_two_people_do_at_once_their_windows_end_the_same_and_nothing_echoes() {
    for seed in 0..40 {
        let (mut relay, mut ann, mut bruno) = two();
        let mut dice = Dice(seed);
        ann.sets(Inflow::On);
        bruno.sets(Inflow::On);
        settle(&mut relay, &mut [&mut ann, &mut bruno]);
        let begun = relay.log.len();
        let mut deeds = 0;
        for _ in 0..60 {
            let someone = if dice.below(2) == 0 { &mut ann } else { &mut bruno };
            match dice.below(5) {
                0 | 1 => {
                    someone.chrome.person(&mut dice);
                    deeds += 1;
                }
                2 => someone.looks(),
                3 => someone.syncs(&mut relay),
                _ => {
                    let (dies, acts) = (dice.below(4) == 0, dice.below(3) == 0);
                    let mut acted = 0;
                    someone.takes_in(dies, |chrome| {
                        if acts {
                            chrome.person(&mut dice);
                            acted += 1;
                        }
                    });
                    deeds += acted;
                }
            }
        }
        for someone in [&mut ann, &mut bruno] {
            let id = someone.chrome.new_id();
            someone.chrome.window.tabs.push(page(id, "chrome://newtab/"));
            for tab in &mut someone.chrome.window.tabs {
                tab.active = tab.id == id;
            }
        }
        let agree = |relay: &mut Relay, ann: &mut Someone, bruno: &mut Someone| {
            for someone in [&mut *ann, &mut *bruno] {
                let (now, space) = (someone.browser.now, someone.space);
                someone
                    .browser
                    .engine
                    .command(now, space, Command::TakeOver(true));
            }
            settle(relay, &mut [ann, bruno]);
        };
        agree(&mut relay, &mut ann, &mut bruno);
        agree(&mut relay, &mut ann, &mut bruno);
        let ends = relay.log.len();
        for author in [ann.member, bruno.member] {
            let told = relay.log[begun..].iter();
            let told = told.filter(|event| event.envelope.author.member == author);
            assert!(told.count() > 0, "seed {seed}: {author:?} did nothing");
        }
        let told = ends - begun;
        assert!(told <= deeds * 3, "seed {seed}: {told} ops of {deeds} deeds");
        let there = space_as_window(&relay.state);
        for someone in [&ann, &bruno] {
            assert_eq!(someone.window(), there, "seed {seed}");
        }
        // Nothing is left to say.
        settle(&mut relay, &mut [&mut ann, &mut bruno]);
        assert_eq!(relay.log.len(), ends, "seed {seed}: {:?}", &relay.log[ends..]);
    }
}
