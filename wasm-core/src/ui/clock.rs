//! The pages' one clock: for relative times on the screen and for throttling, never for what is stored.

use js_sys::Date;
use protocol::Millis;

/// Now.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit 64 bits"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the pages read the clock"
)]
pub fn now() -> Millis {
    Millis(Date::now() as i64)
}

/// Today, as a date of the person's time zone.
pub fn today() -> Date {
    Date::new_0()
}
