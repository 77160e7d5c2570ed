//! Events and states as they are stored and sent, one JSON text a line: what can be read is written and read as the
//! same, an op that a newer version wrote is kept as it came, and any event may be folded into any state.

use protocol::event::{Event, Payload};
use protocol::{Code, Op, SpaceState};

use crate::apply::whole;
use crate::text::{read_back, text};

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut state = SpaceState::default();
    for line in text.lines() {
        if let Some(event) = read_back::<Event>(line) {
            fold(&mut state, event);
        } else if let Some(stored) = read_back::<SpaceState>(line) {
            state = stored;
        } else {
            payload(line);
        }
        let _ = (state.layout(), state.as_created(|_, tab| tab.pinned));
        read_back::<SpaceState>(&serde_json::to_string(&state).expect("a state is JSON"));
    }
}

/// The event in its turn; where it says it stands does not matter here.
fn fold(state: &mut SpaceState, mut event: Event) {
    let is_whole = state.head.0 == 0;
    event.envelope.seq = state.head.next();
    assert!(state.apply(&event));
    if is_whole {
        whole(state);
    }
}

/// What a row or a frame may hold in place of an op.
fn payload(line: &str) {
    match (Op::parse(line), serde_json::from_str::<Payload>(line)) {
        (Ok(op), payload) => {
            assert_eq!(payload.ok(), Some(Payload::Op(op.clone())));
            read_back::<Op>(line);
        }
        (Err(code), Ok(payload)) => {
            assert!(matches!(code, Code::Malformed | Code::UnknownType));
            match payload {
                // Of a name that stands twice the last counts here; an op that is submitted is refused for it.
                Payload::Op(op) => assert_eq!(
                    Op::parse(&serde_json::to_string(&op).expect("an op is JSON")),
                    Ok(op)
                ),
                Payload::Unknown(value) => {
                    let written = serde_json::to_value(Payload::Unknown(value.clone()));
                    assert_eq!(written.ok(), Some(value), "it is kept as it came");
                }
                Payload::Erased => assert_eq!(line.trim(), "null"),
            }
        }
        (Err(_), Err(_)) => {}
    }
}
