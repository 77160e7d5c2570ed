//! The gallery: every part in all its states.

use serde_json::json;

use super::{Deed, Scene};

/// As wide as a tablet in a hand, so that rows of states break.
const WIDTH: u32 = 640;

pub(super) fn scenes() -> Vec<Scene> {
    let of = |name: &str, height: u32| {
        Scene::new(
            &format!("parts-{name}"),
            &format!("/gallery/index.html#parts/{name}"),
            (WIDTH, height),
            json!({}),
        )
        .has(".specimen")
    };
    let named = |name: &str, scene: Scene| Scene {
        name: format!("parts-{name}"),
        ..scene
    };
    let plain = [
        ("button", 300),
        ("field", 540),
        ("naming", 260),
        ("choice", 260),
        ("combobox", 660),
        ("tab-row", 400),
        ("copy-field", 130),
        ("toast", 280),
        ("banner", 230),
        ("progress", 170),
        ("loading", 220),
        ("empty", 280),
        ("split-pane", 440),
        ("list", 440),
        ("avatar", 170),
        ("chip", 170),
        ("favicon", 110),
        ("icon", 140),
        ("live-badge", 110),
        ("shortcut-hint", 110),
    ];
    let mut scenes: Vec<Scene> = plain.into_iter().map(|(name, height)| of(name, height)).collect();
    // Two beside each other, as wide as in a window.
    let stage = Scene {
        size: (980, 1790),
        ..of("stage", 0)
    };
    let mut silent = named("stage-silent", stage.clone().shows("click-for-sound"));
    silent.fixture["silent"] = json!(true);
    scenes.extend([
        named(
            "combobox-keys",
            of("combobox", 660).does(&[Deed::Press("Tab"), Deed::Press("End")]),
        ),
        named(
            "tab-row-renaming",
            of("tab-row", 400).does(&[
                Deed::Hover("tab-row"),
                Deed::Click("tab-menu"),
                Deed::Click("rename-tab"),
            ]),
        ),
        named(
            "tab-row-removed",
            of("tab-row", 400).does(&[
                Deed::Hover("tab-row"),
                Deed::Click("tab-menu"),
                Deed::Click("remove-tab"),
            ]),
        ),
        stage,
        silent,
        named("button-focused", of("button", 300).does(&[Deed::Press("Tab")])),
        of("icon-button", 150).does(&[Deed::Press("Tab")]),
        of("tooltip", 160).does(&[Deed::Press("Tab")]),
        of("tab-bar", 230).does(&[Deed::Press("Tab"), Deed::Press("ArrowRight")]),
        of("menu", 220).does(&[Deed::Click("menu")]),
        of("dialog", 320).does(&[Deed::Click("open-dialog")]),
        named(
            "split-pane-moved",
            of("split-pane", 440).does(&[
                Deed::Press("Tab"),
                Deed::Press("ArrowDown"),
                Deed::Press("ArrowDown"),
            ]),
        ),
    ]);
    scenes
}
