//! What TabSpace's client and relay agree on.
//!
//! Here live the ids, the ops and events of a space's log, the frames of the socket, the bodies of the
//! REST calls, the role table, the limits, and the two pure functions everything hangs on:
//! [`state::SpaceState::apply`], which folds an event into a space's state, and [`role::authorise`],
//! which says whether a member may do something. Extension, web page and relay compile this same code.
//!
//! There is no IO here, no clock and no randomness: ids and times are handed in. Nothing that arrives
//! from outside can make a function of this crate panic.
//!
//! Start at [`op::Op`], then [`event::Event`], then [`state::SpaceState`], then [`frame`].

pub mod code;
pub mod event;
pub mod frame;
pub mod id;
pub mod limits;
pub mod op;
pub mod position;
pub mod recovery;
pub mod rest;
pub mod role;
pub mod signal;
pub mod state;

pub use code::{Code, Refusal};
pub use event::{Author, Class, Envelope, Event, Payload};
pub use frame::{ClientFrame, ServerFrame};
pub use id::{
    DeviceId, Epoch, GroupId, InviteId, MemberId, MessageId, Millis, Seq, SpaceId, StreamId, TabId,
};
pub use op::{Colour, Op};
pub use position::Position;
pub use role::{Action, Role, authorise, authorise_private};
pub use signal::Signal;
pub use state::SpaceState;

/// The version of this protocol, offered in the first frame. A relay and a client speak the highest
/// version that both know.
pub const VERSION: u32 = 1;

/// The WebSocket subprotocol (RFC 6455, section 1.9) that names this protocol.
pub const SUBPROTOCOL: &str = "tabspace.v1";
