//! Requests to a relay, each a head, an empty line and a body, with a line `---` between two. `$token`, `$space`,
//! `$device` and `$secret` stand for what Alice has. Whatever is asked is answered, with a refusal that has the status
//! of its code when it is refused, and never with a mistake of the relay's.

use protocol::Refusal;

use crate::place::{Answer, DEVICE, Place};
use crate::text::text;

/// Requests of one input.
const MOST: usize = 8;
/// Who says another length than that of the body waits for the rest, as he should.
const FRAMING: [&str; 5] = [
    "content-length",
    "transfer-encoding",
    "expect",
    "connection",
    "host",
];

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    Place::with(|place| {
        let space = place.space();
        let secret = if text.contains("$secret") {
            place.secret(space)
        } else {
            String::new()
        };
        let text = text
            // It would end the head early.
            .replace('\r', "")
            .replace("$token", &place.token)
            .replace("$space", &space.to_string())
            .replace("$device", &DEVICE.to_string())
            .replace("$secret", &secret);
        for request in text.split("\n---\n").take(MOST) {
            let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
            let head: Vec<&str> = head.lines().filter(|line| !is_framing(line)).collect();
            judge(&place.ask(&head.join("\n"), body.as_bytes()));
        }
    });
}

fn is_framing(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().trim();
    FRAMING.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn judge(answer: &Answer) {
    assert!(answer.status < 500, "{}", answer.head);
    let head = answer.head.to_ascii_lowercase();
    let is_plain_json = head.contains("application/json") && !head.contains("content-encoding");
    if answer.status >= 400 && is_plain_json && !answer.body.is_empty() {
        let refusal: Refusal = serde_json::from_slice(&answer.body).expect("an error is a refusal");
        assert_eq!(refusal.code.status(), answer.status, "{refusal}");
    }
}
