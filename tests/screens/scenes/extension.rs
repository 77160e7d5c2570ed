//! The extension's own pages: popup, side panel, options.

use std::time::Duration;

use protocol::{Code, Colour, Refusal, Role};
use serde_json::{Value, json};
use tabspace_tests::people::t;
use wasm_core::ask::folder::FolderState;
use wasm_core::ask::library::LibraryAnswer;
use wasm_core::ask::recovery::RecoveryState;
use wasm_core::ask::{Answer, Earlier, Never, Problem, SavedTab, Visible};
use wasm_core::library::backup::folder::standing::{Standing, Why};
use wasm_core::library::backup::{Counts, Written};
use wasm_core::library::bin::BinId;
use wasm_core::library::inflow::{Inflow, Waiting};
use wasm_core::library::journal::{BUDGET_BYTES, Point, Reason};
use wasm_core::library::undo::Undo;
use wasm_core::view::{InflowView, LinkView, MediaView, Notice, NoticeKind, Projection, SpaceView};

use super::sample::{
    self, LONG_NAME, before, chrome_groups, chrome_tabs, crowded_view, empty_view, followed, glimpse, held,
    many_chrome_tabs, many_spaces, projection, space, view, view_with_stream,
};
use super::{Deed, Scene};

/// All lines of the details.
pub(super) const DETAILS: [Deed; 2] = [
    Deed::Click("show-details"),
    Deed::Await(".details div:nth-child(7)"),
];
const POPUP: (u32, u32) = (380, 560);
const PANEL: (u32, u32) = (360, 800);
const OPTIONS: (u32, u32) = (900, 900);

pub(super) fn scenes() -> Vec<Scene> {
    [welcome(), popup(), share(), panel(), options()].concat()
}

fn chrome(tabs: &Value, projection: &Projection, answers: &Value) -> Value {
    json!({ "chrome": { "tabs": tabs, "groups": chrome_groups(), "projection": projection, "answers": answers } })
}

fn relay_away() -> Problem {
    Problem::RelayAway {
        relay: "https://tabspace.example.org".to_owned(),
    }
}

fn of_popup(name: &str, fixture: Value) -> Scene {
    Scene::new(&format!("popup-{name}"), "/extension/popup.html", POPUP, fixture).shows("tab-row")
}

pub(super) fn popup_of_live_space() -> Scene {
    let space = followed(LinkView::Live, 0, false);
    of_popup("live", chrome(&chrome_tabs(), &space, &json!({})))
}

fn popup() -> Vec<Scene> {
    let with = |projection: &Projection| chrome(&chrome_tabs(), projection, &json!({}));
    let mut no_path = followed(LinkView::Live, 0, true);
    no_path.spaces[0].streams[0].no_path = true;
    let mut loading = with(&projection());
    loading["chrome"]["tabs"] = json!("never");
    loading["chrome"]["projection"] = json!("never");
    let finding = chrome(&chrome_tabs(), &projection(), &found());
    let mut unread = with(&projection());
    unread["chrome"]["fails"] = json!("Tabs cannot be queried right now");
    let failing = chrome(
        &chrome_tabs(),
        &followed(LinkView::Live, 0, false),
        &json!({ "stream_tab": Answer::Problem(relay_away()), "restore": Answer::Problem(Problem::NotSaved("QuotaExceededError".to_owned())) }),
    );
    let asked = |offer: Answer| {
        let fixture = chrome(&chrome_tabs(), &projection(), &json!({ "offer": offer }));
        of_popup("asked", fixture).shows("offer")
    };
    let lacking = Answer::Lacking {
        space: None,
        left_out: 41,
    };
    let mut reopen = asked(lacking);
    "popup-reopen".clone_into(&mut reopen.name);
    vec![
        asked(trip()),
        reopen,
        popup_that_saves().does(&SAVING_SELECTED),
        of_popup("first", with(&Projection::default())),
        of_popup("not-saved", with(&projection())),
        of_popup("saved-elsewhere", finding.clone()).shows("saved-in"),
        of_popup("saved", with(&followed(LinkView::Private, 0, false))),
        popup_of_live_space(),
        of_popup("streaming", with(&followed(LinkView::Live, 0, true))),
        of_popup("streaming-no-path", with(&no_path)),
        of_popup("reconnecting", with(&followed(LinkView::Reconnecting, 3, false))),
        of_popup("loading", loading).has("#search"),
        of_popup("unread", unread).has(".banner"),
        of_popup("failed", failing).does(&[Deed::Type("Thesis"), Deed::Press("Enter")]),
        of_popup("search", finding).does(&[Deed::Type("re"), Deed::Await("[data-testid=saved-row]")]),
        of_popup("search-nothing", with(&projection())).does(&[Deed::Type("zebra")]),
        of_popup("keyboard", with(&projection())).does(&[Deed::Press("ArrowDown"), Deed::Press("ArrowDown")]),
        of_popup("crowded", chrome(&many_chrome_tabs(), &many_spaces(), &json!({}))),
        Scene {
            size: (320, 560),
            ..of_popup("narrow", with(&followed(LinkView::Live, 0, true)))
        },
        of_popup("large-text", with(&projection())).zoomed(2.0),
    ]
}

/// The question whether a window is a space's.
fn trip() -> Answer {
    Answer::Space(space(2))
}

/// Goes to where the selected tabs are saved.
const SAVING_SELECTED: [Deed; 3] = [
    Deed::Type("select"),
    Deed::Press("Enter"),
    Deed::Await("#search:placeholder-shown"),
];

/// A popup over a window with some tabs selected; of what is saved something is left out.
pub(super) fn popup_that_saves() -> Scene {
    let made = Answer::Library(LibraryAnswer::Made {
        spaces: vec![space(2)],
        tabs: 2,
        left_out: 1,
        undo: Box::default(),
    });
    let answers = json!({ "library_save": made, "offer": trip() });
    of_popup("into", chrome(&chrome_tabs(), &projection(), &answers))
}

/// A popup with more tabs and spaces than fit, over a tab that is saved elsewhere.
pub(super) fn crowded_popup_of_a_saved_tab() -> Scene {
    of_popup(
        "crowded-saved",
        chrome(&many_chrome_tabs(), &many_spaces(), &found()),
    )
}

/// What the library answers to who seeks something.
fn found() -> Value {
    json!({ "find": Answer::Found { tabs: saved(), same: saved()[..1].to_vec() } })
}

/// Tabs of spaces, and one of the bin.
fn saved() -> Vec<SavedTab> {
    let tab = |number: u128, title: &str, url: &str, name: &str, colour: Colour| SavedTab {
        space: space(number),
        tab: protocol::TabId::from_bits(number),
        title: title.to_owned(),
        url: url.to_owned(),
        name: name.to_owned(),
        colour,
        chrome: None,
        removed: false,
    };
    let trains = "https://trains.example.org/lisbon";
    vec![
        tab(
            1,
            "Trains to Lisbon: reservations",
            trains,
            "Trip to Lisbon",
            Colour::Orange,
        ),
        tab(
            2,
            "Relays, compared",
            "https://relays.example.org/",
            "Thesis",
            Colour::Blue,
        ),
        SavedTab {
            removed: true,
            ..tab(
                3,
                "A recipe for bread",
                "https://bread.example.org/",
                "Kitchen",
                Colour::Green,
            )
        },
    ]
}

fn visible() -> Vec<Visible> {
    let list = view();
    let tabs = list.items.iter().flat_map(|item| match item {
        wasm_core::view::ItemView::Tab(tab) => vec![tab.clone()],
        wasm_core::view::ItemView::Group(group) => group.tabs.clone(),
    });
    let mut visible: Vec<Visible> = tabs
        .map(|tab| Visible {
            tab: tab.tab,
            title: tab.title,
            url: tab.url,
            never: None,
        })
        .collect();
    visible[3].never = Some(Never::Ignored);
    visible[5].never = Some(Never::NotWeb);
    visible
}

/// What a thousand tabs are whose titles are hard to lay out.
fn many_visible() -> Vec<Visible> {
    let tabs = crowded_view().items.into_iter().filter_map(|item| match item {
        wasm_core::view::ItemView::Tab(tab) => Some(tab),
        wasm_core::view::ItemView::Group(_) => None,
    });
    tabs.enumerate()
        .map(|(at, tab)| Visible {
            tab: tab.tab,
            title: tab.title,
            url: tab.url,
            never: (at % 5 == 1).then_some(Never::Ignored),
        })
        .collect()
}

/// Opens the share screen, which is loaded then: the form is there once the pointer can go to it.
const SHARING: [Deed; 2] = [Deed::Click("share"), Deed::Hover("role")];

/// The share screen of a private space whose tabs could not be read.
pub(super) fn share_that_nobody_answers() -> Scene {
    let private = followed(LinkView::Private, 0, false);
    let answers = json!({ "what_is_shared": Answer::Done, "invites": Answer::Invites(Vec::new()) });
    let scene = of_popup("share", chrome(&chrome_tabs(), &private, &answers));
    let scene = scene.has(".button.primary:not(:disabled)").does(&SHARING);
    Scene {
        name: "share-silent".to_owned(),
        ..scene
    }
}

/// What the writer would answer.
pub(super) fn tabs_to_share() -> Answer {
    Answer::Visible(visible())
}

fn share() -> Vec<Scene> {
    let link = format!("https://tabspace.example.org/join#{}", "k3x9".repeat(8));
    let with = |answers: &Value, projection: &Projection| {
        let fixture = chrome(&chrome_tabs(), projection, answers);
        of_popup("share", fixture)
            .has(".button.primary:not(:disabled)")
            .does(&SHARING)
    };
    let private = followed(LinkView::Private, 0, false);
    let shared = followed(LinkView::Live, 0, false);
    let lists =
        json!({ "what_is_shared": Answer::Visible(visible()), "invites": Answer::Invites(Vec::new()) });
    let mut done = lists.clone();
    done["share"] = json!(Answer::Link {
        space: space(1),
        link
    });
    done["invites"] = json!(Answer::Invites(vec![
        invite(1, Role::Editor, 3),
        invite(2, Role::Viewer, 0)
    ]));
    let mut refused = lists.clone();
    refused["share"] = json!(Answer::Problem(relay_away()));
    let named = |name: &str, scene: Scene| Scene {
        name: format!("share-{name}"),
        ..scene
    };
    let make = [Deed::Click("share"), Deed::Click("create-link")];
    let mut links = with(&done, &shared);
    links.fixture["chrome"]["view"] = json!(view());
    let mut revoked = links.clone();
    revoked.fixture["chrome"]["answers"]["revoke"] = json!(Answer::Invites(vec![invite(2, Role::Viewer, 0)]));
    let mut many = lists.clone();
    many["what_is_shared"] = json!(Answer::Visible(many_visible()));
    let mut crowd = links.clone();
    crowd.fixture["chrome"]["view"] = json!(crowded_view());
    crowd.fixture["chrome"]["answers"]["invites"] = json!(Answer::Invites(
        (1..=30)
            .map(|number| invite(number, Role::Commenter, 12_345))
            .collect()
    ));
    vec![
        named(
            "links",
            links.does(&[Deed::Click("share"), Deed::Hover("member-role")]),
        ),
        named(
            "revoked",
            revoked.does(&[Deed::Click("share"), Deed::Click("revoke")]),
        ),
        share_that_nobody_answers(),
        named("crowded", with(&many, &private)),
        named(
            "crowded-links",
            crowd.does(&[Deed::Click("share"), Deed::Hover("member-role")]),
        ),
        named("what", with(&lists, &private)),
        named(
            "loading",
            with(
                &json!({ "what_is_shared": "never", "invites": "never" }),
                &private,
            ),
        ),
        named("link", with(&done, &shared).does(&make)),
        named("away", with(&refused, &private).does(&make)),
    ]
}

fn invite(number: u128, role: Role, uses: u32) -> protocol::rest::Invite {
    protocol::rest::Invite {
        id: protocol::InviteId::from_bits(number),
        role,
        by: protocol::MemberId::from_bits(1),
        expires: protocol::Millis(sample::NOW.0 + 6 * 86_400_000),
        uses,
        revoked: false,
    }
}

fn of_panel(name: &str, view: &SpaceView) -> Scene {
    let mut fixture = chrome(
        &chrome_tabs(),
        &followed(view.link.clone(), view.unsent, false),
        &json!({}),
    );
    fixture["chrome"]["view"] = json!(view);
    let path = format!("/extension/panel.html?space={}", space(1));
    Scene::new(&format!("panel-{name}"), &path, PANEL, fixture).shows("tabs")
}

pub(super) fn panel_of_live_space() -> Scene {
    of_panel("live", &view())
}

fn panel() -> Vec<Scene> {
    let linked = |link: LinkView, unsent: usize| SpaceView {
        link,
        unsent,
        ..view()
    };
    let ended = SpaceView {
        link: LinkView::Ended {
            reason: Refusal::from(Code::SpaceDeleted),
        },
        ..view()
    };
    let refused = SpaceView {
        notices: vec![
            Notice {
                id: 1,
                kind: NoticeKind::Refused {
                    reason: Refusal::from(Code::TooLarge),
                    text: Some("A long text".to_owned()),
                },
            },
            Notice {
                id: 2,
                kind: NoticeKind::RoleChanged { role: Role::Viewer },
            },
            Notice {
                id: 3,
                kind: NoticeKind::ManyClosed(BinId(sample::NOW, 0)),
            },
        ],
        ..view()
    };
    let inflow = |set: Inflow, waiting: Option<Waiting>| SpaceView {
        inflow: Some(InflowView { set, waiting }),
        ..view()
    };
    let waits = Waiting {
        opens: 3,
        closes: 1,
        others: 2,
        by: vec!["Bob".to_owned(), "Clara".to_owned()],
    };
    let mut list = of_panel("list", &view());
    "/extension/panel.html".clone_into(&mut list.path);
    list.fixture["chrome"]["projection"] = json!(projection());
    let mut list_asked = list.clone();
    "panel-list-asked".clone_into(&mut list_asked.name);
    list_asked.fixture["chrome"]["answers"] = json!({ "offer": trip() });
    let mut empty_list = list.clone();
    "panel-list-empty".clone_into(&mut empty_list.name);
    empty_list.fixture["chrome"]["projection"] = json!(Projection::default());
    let mut loading = of_panel("loading", &view()).has(".loading");
    loading.fixture["chrome"]["view"] = json!("never");
    let streaming = |name: &str, paused: bool| {
        let view = held(view_with_stream(true, MediaView::Playing), paused, paused);
        let mut scene = of_panel(name, &view);
        scene.fixture["chrome"]["glimpse"] = json!(glimpse());
        scene
    };
    let picture = format!("{} img", t("thumbnail"));
    let mut needs_click = of_panel("needs-click", &view()).does(&[Deed::Click("stream-tab")]);
    needs_click.fixture["chrome"]["captureFails"] =
        json!("Extension has not been invoked for the current page");
    let mut away = of_panel("share-away", &linked(LinkView::Reconnecting, 2));
    away.fixture["chrome"]["answers"] = json!({ "invites": Answer::Problem(relay_away()) });
    let away = away.does(&[Deed::Click("space-menu"), Deed::Click("share")]);
    let undo = Undo {
        binned: vec![BinId(sample::NOW, 0)],
        ..Undo::default()
    };
    let mut deleted = of_panel("deleted", &linked(LinkView::Private, 0));
    deleted.fixture["chrome"]["answers"] =
        json!({ "library_forget": Answer::Library(LibraryAnswer::Changed(Box::new(undo))) });
    let deleted = deleted.does(&[
        Deed::Click("space-menu"),
        Deed::Click("delete-space"),
        Deed::Click("confirm-end"),
        Deed::Await("[data-testid=undo]"),
    ]);
    vec![
        away,
        deleted,
        list_asked.shows("offer"),
        list.shows("spaces"),
        empty_list.shows("save-window"),
        loading,
        panel_of_live_space(),
        needs_click,
        of_panel("private", &linked(LinkView::Private, 0)),
        of_panel("empty", &empty_view()),
        of_panel("reconnecting", &linked(LinkView::Reconnecting, 2)),
        streaming("streaming", false).has(&picture),
        streaming("streaming-details", false).has(&picture).does(&DETAILS),
        streaming("streaming-paused", true),
        of_panel("streaming-no-path", &view_with_stream(true, MediaView::NoPath)),
        of_panel("watching", &view_with_stream(false, MediaView::Off)),
        of_panel("notices", &refused),
        of_panel("ended", &ended).shows("ended"),
        of_panel("crowded", &crowded_view()),
        of_panel("menu", &view()).does(&[Deed::Click("space-menu")]),
        of_panel("members", &view()).does(&[Deed::Click("space-menu"), Deed::Click("show-members")]),
        of_panel("inflow", &inflow(Inflow::On, None))
            .does(&[Deed::Click("space-menu"), Deed::Click("inflow")]),
        of_panel("inflow-asked", &inflow(Inflow::Ask, Some(waits))).shows("inflow-waiting"),
        of_panel("large-text", &view()).zoomed(2.0),
    ]
}

fn welcome() -> Vec<Scene> {
    let of = |name: &str, answers: &Value| {
        let fixture = chrome(&chrome_tabs(), &Projection::default(), answers);
        Scene::new(
            &format!("welcome-{name}"),
            "/extension/welcome.html",
            OPTIONS,
            fixture,
        )
        .shows("save-window")
    };
    let failing =
        json!({ "save_window": Answer::Problem(Problem::NotSaved("QuotaExceededError".to_owned())) });
    vec![
        of("first", &json!({})),
        of("saved", &json!({ "save_window": Answer::Space(space(1)) })).does(&[Deed::Click("save-window")]),
        of("failed", &failing).does(&[Deed::Click("save-window")]),
    ]
}

/// A journal with so many points, and what went wrong with it.
fn earlier(points: usize, aside: usize, failure: Option<String>) -> Answer {
    let reasons = [Reason::Session, Reason::Closed, Reason::Hour];
    let point = |at: usize| Point {
        at: before(Duration::from_mins(7 + 61 * at as u64)),
        reason: reasons[at % 3],
        windows: 1 + at % 3,
        tabs: 1 + 17 * (at % 5),
        bytes: 40_000,
    };
    let points: Vec<Point> = (0..points).map(point).collect();
    Answer::Earlier(Earlier {
        size_bytes: points.iter().map(|point| point.bytes).sum(),
        budget_bytes: BUDGET_BYTES,
        points,
        aside,
        failure,
    })
}

/// A folder with backups; or one that fails, with the proof of better days.
fn folder(fails: bool) -> Answer {
    let mut standing = Standing::default();
    let counts = Counts {
        spaces: 23,
        tabs: 1_204,
        removed: 6,
    };
    let at = before(Duration::from_hours(26));
    let sha256 = String::new();
    let name = "tabspace-2026-11-29T08-52-43Z-48sk6h24.json".to_owned();
    standing.wrote(name, at, &Written { counts, sha256 });
    standing.proven(at);
    if fails {
        standing.failed(before(Duration::from_mins(7)), Why::DiskFull);
    }
    Answer::Folder(FolderState {
        name: Some("Backups".to_owned()),
        allowed: !fails,
        standing,
    })
}

fn options() -> Vec<Scene> {
    let settings = json!({ "settings": Answer::Settings {
        relay: "https://tabspace.example.org".to_owned(),
        ignored: "*://*.bank.example/*\nmail.example.org".to_owned(),
        your_name: "Ada".to_owned(),
        lost: 0,
    }, "earlier": earlier(4, 0, None), "bring_back": Answer::Lacking { space: None, left_out: 2 }, "folder": folder(false),
        "recovery": Answer::Recovery(RecoveryState::default()) });
    let of = |name: &str, answers: &Value| {
        let fixture = chrome(&chrome_tabs(), &projection(), answers);
        Scene::new(
            &format!("options-{name}"),
            "/extension/options.html",
            OPTIONS,
            fixture,
        )
        .has(&format!("{}:not(:disabled)", t("relay")))
    };
    let mut wrong = settings.clone();
    wrong["set_relay"] = json!(Answer::Problem(Problem::NotARelay {
        relay: "https://example.org".to_owned()
    }));
    let refusing = |problem: Problem| {
        let mut answers = settings.clone();
        answers["set_relay"] = json!(Answer::Problem(problem));
        answers
    };
    let in_use = Problem::RelayInUse {
        relay: "https://tabspace.example.org".to_owned(),
    };
    let mut checking = settings.clone();
    checking["set_relay"] = json!("never");
    let silent =
        json!({ "settings": Answer::Done, "earlier": "never", "folder": "never", "recovery": "never" });
    let mut nothing = settings.clone();
    nothing["earlier"] = json!(earlier(0, 0, None));
    let mut troubled = settings.clone();
    troubled["earlier"] = json!(earlier(60, 2, Some("QuotaExceededError".to_owned())));
    troubled["bring_back"] = json!(Answer::Problem(Problem::NoSuchPoint));
    let ignored: Vec<String> = (0..300)
        .map(|at| format!("*://*.a-long-name-of-a-site-{at}.example/*"))
        .collect();
    let crowded = json!({ "settings": Answer::Settings {
        relay: format!("https://{}.example.org", "a-long-name-of-a-relay-".repeat(6)),
        ignored: ignored.join("\n"),
        your_name: LONG_NAME.to_owned(),
        lost: 12_345,
    }, "earlier": earlier(60, 0, None), "folder": folder(true),
        "recovery": Answer::Recovery(RecoveryState {
            known: true,
            made: Some(before(Duration::from_hours(300))),
            used: Some(before(Duration::from_hours(30))),
            ..RecoveryState::default()
        }) });
    let mut known = settings.clone();
    known["recovery"] = crowded["recovery"].clone();
    vec![
        of("recovery-sure", &known)
            .shows("recovery-sign-out")
            .does(&[Deed::Click("recovery-sign-out")]),
        of("relay-away", &refusing(relay_away())).does(&[Deed::Click("save-relay")]),
        of("relay-in-use", &refusing(in_use)).does(&[Deed::Click("save-relay")]),
        of("relay-checking", &checking).does(&[Deed::Click("save-relay")]),
        of("silent", &silent).has(".banner"),
        of("crowded", &crowded),
        of("filled", &settings),
        of(
            "loading",
            &json!({ "settings": "never", "earlier": "never", "folder": "never", "recovery": "never" }),
        )
        .shows("relay"),
        of("relay-good", &settings).does(&[Deed::Click("save-relay")]),
        of("relay-wrong", &wrong).does(&[Deed::Click("save-relay")]),
        of("earlier-nothing", &nothing).shows("nothing-earlier"),
        of("earlier-brought", &settings).does(&[
            Deed::Click("bring-back"),
            Deed::Await("[data-testid=brought-back]"),
        ]),
        of("earlier-troubled", &troubled).does(&[Deed::Click("show-all-earlier"), Deed::Click("bring-back")]),
        of("erase", &settings).does(&[Deed::Click("erase")]),
        of("exported", &settings).does(&[Deed::Click("export"), Deed::Await("[data-testid=exported]")]),
    ]
}
