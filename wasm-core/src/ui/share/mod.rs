//! Sharing: what becomes visible, the link that is made, the links there are. The same in popup, side panel
//! and web page; where links come from is [`crate::ui::backend::Links`]'s business.

pub mod form;
pub mod links;
pub mod screen;
pub mod visible;

pub use form::ShareForm;

use protocol::Role;

use crate::language::Key;

/// What a role is called.
pub const fn role_name(role: Role) -> Key {
    match role {
        Role::Viewer => Key::Viewer,
        Role::Commenter => Key::Commenter,
        Role::Editor => Key::Editor,
        Role::Owner => Key::Owner,
    }
}

/// What a role may do, in a sentence.
pub const fn role_means(role: Role) -> Key {
    match role {
        Role::Viewer => Key::ViewerMay,
        Role::Commenter => Key::CommenterMay,
        Role::Editor => Key::EditorMay,
        Role::Owner => Key::OwnerMay,
    }
}
