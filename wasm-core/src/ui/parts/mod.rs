//! The parts every screen is built with: plain props in, events out, no knowledge of spaces' sources.

pub mod avatar;
pub mod banner;
pub mod button;
pub mod chip;
pub mod choice;
#[cfg(not(feature = "popup"))]
pub mod colours;
pub mod combobox;
pub mod copy_field;
pub mod dialog;
pub mod empty;
pub mod favicon;
pub mod field;
pub mod icon;
pub mod id;
pub mod live_badge;
pub mod loading;
pub mod logo;
pub mod menu;
#[cfg(not(feature = "popup"))]
pub mod naming;
pub mod place;
pub mod progress;
pub mod shortcut_hint;
pub mod split_pane;
pub mod tab_bar;
pub mod toast;
pub mod tooltip;
pub mod window;

pub use avatar::{Avatar, People};
pub use banner::{Banner, Tone};
pub use button::{Button, IconButton, Kind};
pub use chip::Chip;
pub use choice::Choice;
#[cfg(not(feature = "popup"))]
pub use colours::Colours;
pub use combobox::Combobox;
pub use copy_field::CopyField;
pub use dialog::Dialog;
pub use empty::Empty;
pub use favicon::Favicon;
pub use field::Field;
pub use icon::{Icon, Name};
pub use live_badge::LiveBadge;
pub use loading::Loading;
pub use logo::Logo;
pub use menu::{Menu, MenuItem, focus_menu};
#[cfg(not(feature = "popup"))]
pub use naming::Naming;
pub use progress::Progress;
pub use shortcut_hint::ShortcutHint;
pub use split_pane::SplitPane;
pub use tab_bar::{TabBar, View};
pub use toast::{Said, Toast};
pub use tooltip::Tooltip;
