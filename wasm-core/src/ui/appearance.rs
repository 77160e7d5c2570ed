//! Light or dark, and the language: kept in `localStorage`, applied when a page starts.

use web_sys::Storage;

use crate::language::Language;
use crate::ui::say;

const THEME: &str = "theme";
const LANGUAGE: &str = "language";

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the system.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All three.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As it is kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this name; the system's for one that is not known.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == name)
            .unwrap_or(Self::System)
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// What is kept in this browser under a name.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps something in this browser that is about how a page looks.
pub fn keep(name: &str, value: &str) {
    // A browser that forbids storage keeps the choice until the page closes: nothing else depends on it.
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

/// The kept theme.
pub fn theme() -> Theme {
    kept(THEME).map_or(Theme::System, |name| Theme::from_name(&name))
}

/// Keeps a theme and applies it.
pub fn set_theme(theme: Theme) {
    keep(THEME, theme.as_str());
    apply_theme(theme);
}

fn apply_theme(theme: Theme) {
    let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element()) else {
        return;
    };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.as_str()),
    };
}

/// The language that was chosen; `None` follows the browser.
pub fn chosen_language() -> Option<Language> {
    kept(LANGUAGE)
        .filter(|tag| tag != "auto")
        .map(|tag| Language::from_tag(&tag))
}

/// Keeps a language; `None` follows the browser. It is spoken when the page is loaded again.
pub fn set_language(language: Option<Language>) {
    keep(LANGUAGE, language.map_or("auto", Language::tag));
}

/// Forgets what was chosen.
pub fn forget() {
    if let Some(storage) = storage() {
        let _ = storage.clear();
    }
}

/// Applies theme and language: the first thing every page does.
pub fn begin() {
    apply_theme(theme());
    let browser = || {
        web_sys::window()
            .and_then(|window| window.navigator().language())
            .unwrap_or_default()
    };
    let language = chosen_language().unwrap_or_else(|| Language::from_tag(&browser()));
    say::speak(language);
    if let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element()) {
        let _ = root.set_attribute("lang", language.tag());
    }
}
