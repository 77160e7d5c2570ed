//! The keys of the page, in a dialog.

use yew::prelude::*;

use crate::language::Key;
use crate::ui::parts::shortcut_hint::on_keyboard;
use crate::ui::say::say;

/// What is done by which keys, as [`ShortcutHint`](crate::ui::parts::ShortcutHint) takes them.
const KEYS: [(&str, Key); 15] = [
    ("/", Key::LibrarySearch),
    ("Enter", Key::LibraryOpen),
    ("Shift+ArrowDown", Key::LibraryKeySelect),
    ("Space", Key::LibraryKeyToggle),
    ("Mod+A", Key::LibraryKeyAll),
    ("S", Key::LibraryStar),
    ("T", Key::LibraryAddTag),
    ("M", Key::LibraryMoveTo),
    ("C", Key::LibraryCopyTo),
    ("G", Key::LibraryMakeGroup),
    ("Delete", Key::RemoveTab),
    ("Alt+ArrowDown", Key::LibraryKeyStep),
    ("Mod+Z", Key::Undo),
    ("Mod+Y", Key::LibraryKeyRedo),
    ("?", Key::LibraryKeyHelp),
];

/// The list of them.
pub fn list() -> Html {
    html! {
        <ul class="library-plain library-keys">{ for KEYS.iter().map(|(keys, what)| html! {
            <li class="flex"><span class="grow">{ say(*what) }</span><kbd>{ on_keyboard(keys) }</kbd></li>
        }) }</ul>
    }
}
