//! What clients send: a frame is read or refused with a code, and what was read is written and read as the same.

use protocol::{ClientFrame, Code};

use crate::text::{same, text};

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match ClientFrame::parse(text) {
        Ok(frame) => {
            let written = serde_json::to_string(&frame).expect("a frame is JSON");
            same(
                &frame,
                &ClientFrame::parse(&written).expect("what was written can be read"),
            );
            match frame {
                ClientFrame::Submit { space, n, op } => {
                    assert_eq!(ClientFrame::submitted_name(text), Some((space, n)));
                    if op.check_shared().is_ok() {
                        assert_eq!(op.check(), Ok(()), "what may be shared is well formed");
                    }
                }
                ClientFrame::Signal { signal, .. } => {
                    assert!(signal.coalesces_as().is_none() || !signal.is_directed());
                    let wrong = signal.check().err();
                    assert!(matches!(wrong, None | Some(Code::TooLarge | Code::Malformed)));
                }
                _ => {}
            }
        }
        Err(code) => {
            assert!(matches!(
                code,
                Code::Malformed | Code::UnknownType | Code::TooLarge
            ));
            let _ = ClientFrame::submitted_name(text);
        }
    }
}
