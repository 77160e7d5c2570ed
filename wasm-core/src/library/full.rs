//! Whether a space has room for the tabs of its window.

use serde::{Deserialize, Serialize};

/// Whether tabs of a window are not in its space, which has no room for them. They come into it when there is some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Full {
    /// There is room for all of them.
    #[default]
    No,
    /// There is none, and the person has not read so.
    Unread,
    /// There is none, and the person knows.
    Known,
}

impl Full {
    /// As of another look.
    pub(super) const fn then(self, is_full: bool) -> Self {
        match (is_full, self) {
            (false, _) => Self::No,
            (true, Self::Known) => Self::Known,
            (true, _) => Self::Unread,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) const fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}
