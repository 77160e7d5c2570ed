//! What the extension's contexts tell each other, and the bodies of the REST calls: what can be read is written and
//! read as the same.

use protocol::rest;
use wasm_core::ask::{Answer, FromPage, Glimpse, ToPage, ToWriter};
use wasm_core::command::Command;
use wasm_core::library::follow::{Binding, WindowSeen};
use wasm_core::library::settings::Settings;
use wasm_core::view::Projection;

use crate::text::{read_back, text};

/// Reads a text as each of these.
macro_rules! read_each {
    ($text:expr, $($kind:ty),+ $(,)?) => { $(read_back::<$kind>($text);)+ };
}

/// Between the contexts of the extension.
pub(crate) fn asks(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    read_each!(
        text, ToWriter, Answer, FromPage, ToPage, Command, Glimpse, Projection, Binding, WindowSeen, Settings
    );
}

/// Between client and relay.
pub(crate) fn bodies(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    read_each!(
        text,
        rest::NewGuest,
        rest::Me,
        rest::Rename,
        rest::NewSpace,
        rest::Joined,
        rest::SpaceNow,
        rest::SubmitOps,
        rest::OpAnswers,
        rest::EventPage,
        rest::MessagePage,
        rest::NewInvite,
        rest::InviteMade,
        rest::Invites,
        rest::InviteSecret,
        rest::InvitePreview,
        rest::NewTicket,
        rest::Ticket,
        protocol::Refusal,
    );
}
