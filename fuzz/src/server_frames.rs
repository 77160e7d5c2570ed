//! What a relay sends: a frame is read or passed over, and what was read is written and read as the same.

use protocol::{Code, ServerFrame};

use crate::text::{same, text};

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match ServerFrame::parse(text) {
        Ok(frame) => {
            let written = serde_json::to_string(&frame).expect("a frame is JSON");
            same(
                &frame,
                &ServerFrame::parse(&written).expect("what was written can be read"),
            );
        }
        Err(code) => assert!(matches!(code, Code::Malformed | Code::UnknownType)),
    }
}
