//! The keys that do the same, as they are written on this machine's keyboard.

use yew::prelude::*;

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// The keys as `aria-keyshortcuts` has them: `Alt+ArrowUp`. `Mod` is Ctrl, on a Mac ⌘.
    pub keys: AttrValue,
}

fn is_mac() -> bool {
    let platform = web_sys::window().and_then(|window| window.navigator().platform().ok());
    platform.is_some_and(|platform| platform.starts_with("Mac"))
}

/// A key as it is written; the words are those on the keys, in every language.
fn written(key: &str, mac: bool) -> &str {
    match (key, mac) {
        ("Mod" | "Meta", true) => "⌘",
        ("Mod" | "Control", false) => "Ctrl",
        ("Control", true) => "⌃",
        ("Alt", true) => "⌥",
        ("Shift", _) => "⇧",
        ("Enter", _) => "↵",
        ("ArrowUp", _) => "↑",
        ("ArrowDown", _) => "↓",
        ("ArrowLeft", _) => "←",
        ("ArrowRight", _) => "→",
        (other, _) => other,
    }
}

/// `Mod` in the words of `aria-keyshortcuts`.
pub fn spoken(keys: &str) -> String {
    keys.replace("Mod", if is_mac() { "Meta" } else { "Control" })
}

/// The keys as they are written on this machine's keyboard.
pub fn on_keyboard(keys: &str) -> String {
    let mac = is_mac();
    let keys: Vec<&str> = keys.split('+').map(|key| written(key, mac)).collect();
    keys.join(if mac { "" } else { "+" })
}

/// The keys. Screen readers have them from `aria-keyshortcuts` of what they stand beside.
#[component]
pub fn ShortcutHint(props: &Props) -> Html {
    html! { <kbd class="shortcut" aria-hidden="true">{ on_keyboard(&props.keys) }</kbd> }
}
