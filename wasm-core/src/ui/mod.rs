//! What people see: the popup, the side panel, the options, the web page of a space.
//!
//! - [`parts`]: buttons, avatars, dialogs, menus: plain props, no knowledge of spaces' sources.
//! - [`space`]: one space on the screen, shared by side panel and web page; [`share`]: links.
//! - [`popup`], [`panel`], [`library`], [`options`], [`web`]: one folder per page, each with one reducer.
//! - `gallery`: every part in all its states, in a build of its own.
//! - [`backend`]: the seam to what stands behind a page. [`chrome_page`] and `open_tabs`: what pages need of Chrome.
//! - [`say`], [`appearance`], [`clock`], [`json`]: words and times, theme and language, the clock, the parser.
//!
//! No markup carries a `style` attribute: the pages' content security policy blocks it. What has to be
//! computed (the height of a spacer, the place of a pointer) is set through the element's style object.
//!
//! # Test ids (`data-testid`)
//! Everywhere: `notice`, `dismiss`, `dialog`, `close-dialog`, `menu`, `toast`, `undo`, `dismiss-toast`, `split-bar`.
//! Popup: `search`, `window-tabs`, `tab-row`, `spaces`, `space-row`, `command-row`, `saved-state`,
//! `save-window`, `share`, `stream-tab`, `stop-stream`, `link-state`, `open-panel`, `open-options`, `back`, `saved-in`. What is
//! asked, in popup and panel: `offer`, `offer-yes`, `offer-no`.
//! Share: `your-name`, `visible-tab`, `role`, `expiry`, `create-link`, `link`, `copy-link`, `invite-row`,
//! `revoke`, `try-again`. Members: `members`, `member-row`, `member-role`, `remove-member`.
//! A space: `link-state` (with `data-link`), `presence`, `person`, `more-people`, `tabs`, `tab-row` (with `data-tab`),
//! `tab-menu`, `rename-tab`, `rename-field`, `move-up`, `move-down`, `remove-tab`, `add-tab`,
//! `add-tab-field`, `add-tab-submit`, `messages`, `message` (with `data-waiting`), `waiting`,
//! `message-menu`, `edit-message`, `delete-message`, `edit-field`, `save-edit`, `typing`, `composer`,
//! `send`, `read-only`, `ended`.
//! Streams: `stream-card`, `stage`, `stage-video`, `stage-status`, `watch-again`, `click-for-sound`,
//! `mute`, `full-screen`, `watchers`, `pointers`, `pointer`, `stop-stream`.
//! Panel: `stream-tab`, `needs-click`, `space-menu`, `rename-space`, `show-members`, `all-spaces`, `delete-space`, `leave`,
//! `share-dialog`, `members-dialog`, `rename-dialog`, `end-dialog`, `confirm-end`.
//! Web: `preview`, `join-name`, `join`, `open-space`, `join-trouble`, `try-again`, `invite`,
//! `show-members`, `leave`, `confirm-leave`, `your-spaces`, `your-space`, `show-tabs`, `show-live`,
//! `show-people`, `empty-stage`, `reconnecting`, `space-trouble`. `join-trouble` and `ended` have
//! `data-code`.
//! Library: `library-search`, `library-list`, `library-row`, `library-space`, `part-recent`, `part-starred`, `part-shared`,
//! `part-duplicates`, `part-archive`, `part-bin`, `new-menu`, `new-space`, `save-this-window`,
//! `save-all-windows`, `save-window`, `to-space`, `open-all`, `share`, `library-menu`, `selection-bar`,
//! `move-selected` and its like, `target`, `target-search`, `details`, `tags`, `note`, `history`, `timeline`, `see-then`,
//! `moment`, `look-at`, `bring-back`, `bring-tab-back`, `binned`, `put-back`, `put-tab-back`, `show-tabs`, `empty-bin`, `same-page`, `merge-same`, `merge-all`, `show-more`,
//! `edit-space`, `group-menu`, `edit-group`, `ungroup`, `library-dialog`, `confirm`. Where a name is given: `name`,
//! `save-name`, and the colours by Chrome's names. To the library: `open-library`.
//! Welcome: `save-window`, `saved`. Options: `try-again`, `erase`, `confirm-erase`, `confirm-recovery`, `keep`, `relay`, `save-relay`, `your-name`, `save-name`, `ignored`, `save-ignored`, `saved`, `theme`,
//! `language`.

pub mod appearance;
pub mod backend;
pub mod chrome_page;
pub mod clock;
#[cfg(feature = "gallery")]
pub mod gallery;
pub mod json;
#[cfg(feature = "pages")]
pub mod library;
#[cfg(any(feature = "popup", feature = "pages"))]
pub mod marked;
#[cfg(feature = "pages")]
pub mod open_tabs;
#[cfg(feature = "pages")]
pub mod options;
#[cfg(feature = "pages")]
pub mod panel;
pub mod parts;
#[cfg(feature = "popup")]
pub mod popup;
#[cfg(feature = "pages")]
pub mod port_source;
pub mod say;
#[cfg(feature = "pages")]
pub mod share;
#[cfg(feature = "pages")]
pub mod space;
#[cfg(feature = "pages")]
pub mod web;
#[cfg(feature = "pages")]
pub mod welcome;

use protocol::Colour;

/// The class that sets a part's colours.
pub const fn colour_class(colour: Colour) -> &'static str {
    match colour {
        Colour::Grey => "c-grey",
        Colour::Blue => "c-blue",
        Colour::Red => "c-red",
        Colour::Yellow => "c-yellow",
        Colour::Green => "c-green",
        Colour::Pink => "c-pink",
        Colour::Purple => "c-purple",
        Colour::Cyan => "c-cyan",
        Colour::Orange => "c-orange",
    }
}
