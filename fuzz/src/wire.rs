//! The bytes of a WebSocket as the relay reads them: the first byte of the input says how many come at a time. However
//! they come, the same is said, the same is answered, and it ends in the same way.

use axum::body::Bytes;
use relay::live::{Reader, Said, Unreadable};

/// Bytes of the largest message.
const LIMIT: usize = 2_000;

/// What came of some bytes.
#[derive(Debug, PartialEq)]
struct Heard {
    said: Vec<Said>,
    answers: Vec<u8>,
    end: Option<Unreadable>,
}

fn hear(bytes: &[u8], step: usize) -> Heard {
    let mut reader = Reader::new(Bytes::new(), LIMIT);
    let mut heard = Heard {
        said: Vec::new(),
        answers: Vec::new(),
        end: None,
    };
    for arrived in bytes.chunks(step) {
        reader.feed(Bytes::copy_from_slice(arrived));
        loop {
            let next = reader.read();
            heard.answers.extend(reader.take_answers().unwrap_or_default());
            match next {
                // Nobody listens any more.
                Ok(Some(Said::Close)) => {
                    heard.said.push(Said::Close);
                    return heard;
                }
                Ok(Some(said)) => heard.said.push(said),
                Ok(None) => break,
                Err(end) => {
                    heard.end = Some(end);
                    return heard;
                }
            }
        }
        assert!(reader.is_idle(), "nothing that has arrived waits");
    }
    heard
}

pub(crate) fn run(bytes: &[u8]) {
    let Some((step, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = hear(bytes, bytes.len().max(1));
    let pieces = hear(bytes, usize::from(*step).max(1));
    assert_eq!(pieces, whole);
    for said in &whole.said {
        if let Said::Text(text) = said {
            assert!(text.len() <= LIMIT);
        }
    }
}
