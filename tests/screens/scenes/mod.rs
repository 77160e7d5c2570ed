//! The scenes: every screen in each of its states.

mod extension;
mod library;
mod parts;
mod sample;
mod web;

use serde_json::{Value, json};
use tabspace_tests::people::t;

/// A screen in one state.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// What its picture is called.
    pub(crate) name: String,
    /// The path of its page.
    pub(crate) path: String,
    /// Width and height in CSS pixels.
    pub(crate) size: (u32, u32),
    /// It is held in a hand: touch instead of a pointer.
    pub(crate) touch: bool,
    /// The size of text, 1 is usual.
    pub(crate) zoom: f64,
    /// What else the person asked the system for: a media feature and its value.
    pub(crate) wants: Option<(&'static str, &'static str)>,
    /// What stands behind the page; see `fake.js`.
    pub(crate) fixture: Value,
    /// A script that is true once the screen is as it will be.
    pub(crate) ready: String,
    /// What is done before the picture.
    pub(crate) deeds: Vec<Deed>,
}

/// Something a person does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// A click on the element with this test id.
    Click(&'static str),
    /// The pointer goes to the first element with this test id.
    Hover(&'static str),
    /// Text typed where the focus is.
    Type(&'static str),
    /// A key or chord.
    Press(&'static str),
    /// Nothing, until a CSS selector matches.
    Await(&'static str),
}

impl Scene {
    fn new(name: &str, path: &str, size: (u32, u32), fixture: Value) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            size,
            touch: false,
            zoom: 1.0,
            wants: None,
            fixture,
            ready: String::new(),
            deeds: Vec::new(),
        }
    }

    /// Ready when an element with this test id is there.
    fn shows(mut self, id: &str) -> Self {
        self.ready = format!("document.querySelector('{}')", t(id));
        self
    }

    /// Ready when a CSS selector matches.
    fn has(mut self, selector: &str) -> Self {
        self.ready = format!("document.querySelector({})", json!(selector));
        self
    }

    fn does(mut self, deeds: &[Deed]) -> Self {
        self.deeds = deeds.to_vec();
        self
    }

    fn zoomed(mut self, zoom: f64) -> Self {
        self.zoom = zoom;
        self
    }

    fn on_phone(mut self) -> Self {
        self.size = (390, 780);
        self.touch = true;
        self
    }
}

/// A live space.
pub(crate) fn sample_view() -> wasm_core::view::SpaceView {
    sample::view()
}

/// A popup over a live space's window, before Chrome was asked for the permission to capture tabs.
pub(crate) fn popup_that_must_ask() -> Scene {
    let mut scene = extension::popup_of_live_space();
    scene.fixture["now"] = json!(sample::NOW.0);
    scene.fixture["chrome"]["asks"] = json!(true);
    scene
}

/// A popup with more tabs and spaces than fit, over a tab that is saved elsewhere.
pub(crate) fn crowded_popup_of_a_saved_tab() -> Scene {
    let mut scene = extension::crowded_popup_of_a_saved_tab();
    scene.fixture["now"] = json!(sample::NOW.0);
    scene
}

/// A popup over a window with selected tabs in a group, which may be a space's.
pub(crate) fn popup_that_saves() -> Scene {
    let mut scene = extension::popup_that_saves();
    scene.fixture["now"] = json!(sample::NOW.0);
    scene
}

/// A side panel beside a live space's window; `words` are Chrome's when it does not let the tab be captured.
pub(crate) fn panel_that_streams(words: Option<&str>) -> Scene {
    let mut scene = extension::panel_of_live_space();
    scene.fixture["now"] = json!(sample::NOW.0);
    scene.fixture["chrome"]["captureFails"] = json!(words);
    scene
}

/// The share screen whose question for the tabs was not answered, and the answer.
pub(crate) fn share_that_nobody_answers() -> (Scene, wasm_core::ask::Answer) {
    let mut scene = extension::share_that_nobody_answers();
    scene.fixture["now"] = json!(sample::NOW.0);
    (scene, extension::tabs_to_share())
}

/// The main screens, to be seen with more contrast too.
const MAIN: [&str; 7] = [
    "popup-keyboard",
    "panel-streaming",
    "space-live",
    "join-editor",
    "options-relay-wrong",
    "share-what",
    "parts-button",
];

/// The main screens as those see them who have the system choose the colours, or want more contrast.
fn in_contrast(scenes: &[Scene]) -> Vec<Scene> {
    let kinds = [
        ("forced", ("forced-colors", "active")),
        ("contrast", ("prefers-contrast", "more")),
    ];
    let main = scenes.iter().filter(|scene| MAIN.contains(&scene.name.as_str()));
    main.flat_map(|scene| {
        kinds.map(|(kind, wants)| Scene {
            name: format!("{kind}-{}", scene.name),
            wants: Some(wants),
            ..scene.clone()
        })
    })
    .collect()
}

/// All scenes. Their names are unique.
pub(crate) fn all() -> Vec<Scene> {
    let mut scenes = extension::scenes();
    scenes.extend(library::scenes());
    scenes.extend(web::scenes());
    scenes.extend(parts::scenes());
    scenes.extend(in_contrast(&scenes));
    for scene in &mut scenes {
        scene.fixture["now"] = json!(sample::NOW.0);
    }
    scenes
}
