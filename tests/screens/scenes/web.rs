//! What the relay serves to collaborators: start, invitation, and a space, which the gallery shows on a sample.

use protocol::rest::{InvitePreview, Me, MySpace};
use protocol::{Code, Colour, Millis, Refusal, Role};
use serde_json::{Value, json};

use wasm_core::view::{LinkView, MediaView, SpaceView};

use super::extension::DETAILS;
use super::sample::{
    self, LONG_NAME, crowded_view, empty_view, held, pointed, space, view, view_with_stream, viewer,
};
use super::{Deed, Scene};

const WINDOW: (u32, u32) = (1280, 760);

pub(super) fn scenes() -> Vec<Scene> {
    [home(), join(), space_page()].concat()
}

fn refused(code: Code) -> Value {
    json!({ "status": code.status(), "body": Refusal::from(code) })
}

fn good(body: &impl serde::Serialize) -> Value {
    json!({ "status": 200, "body": body })
}

fn me(spaces: &[(&str, Role)]) -> Me {
    Me {
        name: "Bruno".to_owned(),
        token: None,
        spaces: (1_u128..)
            .zip(spaces)
            .map(|(number, (name, role))| MySpace {
                space: space(number),
                name: (*name).to_owned(),
                role: *role,
            })
            .collect(),
    }
}

fn home() -> Vec<Scene> {
    let of = |name: &str, answer: &Value| {
        let fixture = json!({ "relay": { "GET /api/v1/me": answer } });
        Scene::new(&format!("home-{name}"), "/", WINDOW, fixture).has("main")
    };
    let spaces = [
        ("Relay research", Role::Editor),
        ("Lisbon in May", Role::Commenter),
    ];
    vec![
        of("stranger", &refused(Code::Unauthenticated)),
        of("guest", &good(&me(&spaces))).shows("your-space"),
        of("away", &refused(Code::StoreAway)),
        of("phone", &good(&me(&spaces))).shows("your-space").on_phone(),
    ]
}

fn preview(role: Role) -> InvitePreview {
    InvitePreview {
        space: space(1),
        space_name: "Relay research".to_owned(),
        colour: Colour::Blue,
        tabs: 12,
        members: 4,
        inviter: "Ada".to_owned(),
        role,
        expires: Millis(sample::NOW.0 + 6 * 86_400_000),
        already_in: false,
    }
}

fn join() -> Vec<Scene> {
    let of = |name: &str, me: &Value, preview: &Value| {
        let fixture = json!({ "relay": { "GET /api/v1/me": me, "POST /api/v1/invites/preview": preview } });
        Scene::new(&format!("join-{name}"), "/join#k3x9k3x9", WINDOW, fixture).has(".card")
    };
    let stranger = refused(Code::Unauthenticated);
    let guest = good(&me(&[]));
    let already = InvitePreview {
        already_in: true,
        ..preview(Role::Editor)
    };
    let long = InvitePreview {
        space_name: LONG_NAME.to_owned(),
        inviter: LONG_NAME.to_owned(),
        tabs: 2_000,
        members: 1_000,
        ..preview(Role::Viewer)
    };
    vec![
        of("editor", &stranger, &good(&preview(Role::Editor))).does(&[Deed::Type("Bruno")]),
        of("viewer", &stranger, &good(&preview(Role::Viewer))),
        of("known", &guest, &good(&preview(Role::Commenter))),
        of("already-in", &guest, &good(&already)),
        of("long-names", &stranger, &good(&long)),
        of("loading", &json!("never"), &json!("never")).has(".loading"),
        of("expired", &stranger, &refused(Code::InviteExpired)),
        of("revoked", &stranger, &refused(Code::InviteRevoked)),
        of("full", &stranger, &refused(Code::SpaceFull)),
        of("removed", &guest, &refused(Code::Removed)),
        of("away", &stranger, &refused(Code::StoreAway)),
        of("phone", &stranger, &good(&preview(Role::Editor))).on_phone(),
    ]
}

fn of_space(name: &str, view: &SpaceView) -> Scene {
    let fixture = json!({ "view": view, "media": true });
    Scene::new(
        &format!("space-{name}"),
        "/gallery/index.html#space",
        WINDOW,
        fixture,
    )
    .has(".space-page")
}

fn space_page() -> Vec<Scene> {
    let playing = view_with_stream(false, MediaView::Playing);
    let with_media = |media: MediaView| view_with_stream(false, media);
    let linked = |link: LinkView, media: MediaView, unsent: usize| SpaceView {
        link,
        unsent,
        ..view_with_stream(false, media)
    };
    let mut silent = of_space("click-for-sound", &playing).shows("click-for-sound");
    silent.fixture["silent"] = json!(true);
    let mut loading = of_space("loading", &playing).has(".loading");
    loading.fixture["view"] = json!(null);
    let ended = |code: Code| SpaceView {
        link: LinkView::Ended {
            reason: Refusal::from(code),
        },
        ..view()
    };
    let phone = |name: &str, view: &SpaceView, pane: Option<&'static str>| {
        let deeds: Vec<Deed> = pane.map(Deed::Click).into_iter().collect();
        of_space(name, view).on_phone().does(&deeds)
    };
    // The menu of a tab shows itself when the pointer is on its row.
    let menu = [Deed::Hover("tab-row"), Deed::Click("tab-menu")];
    let remove = [menu.as_slice(), &[Deed::Click("remove-tab")]].concat();
    vec![
        loading,
        of_space("live", &pointed(playing.clone())),
        of_space("own-stream", &view_with_stream(true, MediaView::Playing)),
        of_space("nothing-live", &view()),
        of_space("stream-off", &with_media(MediaView::Off)),
        of_space("stream-connecting", &with_media(MediaView::Connecting)),
        of_space("stream-interrupted", &with_media(MediaView::Interrupted)),
        of_space("stream-no-path", &with_media(MediaView::NoPath)),
        of_space("stream-paused", &held(playing.clone(), true, false)),
        of_space("stream-muted", &held(playing.clone(), false, true)),
        of_space("stream-details", &playing).does(&DETAILS),
        silent,
        of_space(
            "reconnecting",
            &linked(LinkView::Reconnecting, MediaView::Interrupted, 2),
        ),
        of_space("empty", &empty_view()),
        of_space("crowded", &crowded_view()),
        of_space("crowded-members", &crowded_view()).does(&[Deed::Click("show-members")]),
        of_space("viewer", &viewer(playing.clone())),
        of_space("removed", &ended(Code::Removed)).shows("ended"),
        of_space("deleted", &ended(Code::SpaceDeleted)).shows("ended"),
        of_space("invite", &view()).does(&[Deed::Click("invite"), Deed::Click("create-link")]),
        of_space("members", &view()).does(&[Deed::Click("show-members")]),
        of_space("leave", &viewer(view())).does(&[Deed::Click("leave")]),
        of_space("tab-menu", &view()).does(&menu),
        of_space("tab-removed", &view()).does(&remove),
        Scene {
            size: (900, 760),
            ..of_space("narrow", &playing)
        },
        of_space("large-text", &playing).zoomed(2.0),
        phone("phone-tabs", &playing, Some("show-tabs")),
        phone("phone-tab-menu", &playing, None).does(&[Deed::Click("show-tabs"), Deed::Click("tab-menu")]),
        phone("phone-invite", &view(), Some("invite")),
        phone("phone-live", &playing, None),
        phone("phone-people", &playing, Some("show-people")),
        phone("phone-nothing-live", &view(), None),
        phone("phone-empty", &empty_view(), Some("show-tabs")),
        phone("phone-crowded", &crowded_view(), Some("show-tabs")),
    ]
}
