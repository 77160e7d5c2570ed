//! The one clock of the client.

use protocol::Millis;

/// The time of day. It may jump; the session copes.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn now() -> Millis {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 are far below 2^53"
    )]
    Millis(js_sys::Date::now() as i64)
}
