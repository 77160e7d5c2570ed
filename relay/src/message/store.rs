//! Rows of messages. They are written by the log's projection.

use protocol::rest::NumberedMessage;
use protocol::state::Message;
use protocol::{MessageId, Millis, Seq, SpaceId};

use crate::store::query::{fetch_all, natural, number};
use crate::store::{StoreError, Tx};

type Row = (i64, String, String, i64, String, bool, bool, Option<String>);

/// Messages before `before`, the newest first, with their authors' names. The oldest is that of `floor`, or the
/// message `shown` when that is older.
pub(crate) async fn list_before(
    tx: &mut Tx,
    space: SpaceId,
    before: Seq,
    floor: Seq,
    shown: Option<MessageId>,
    limit: usize,
) -> Result<Vec<(NumberedMessage, String)>, StoreError> {
    let rows = fetch_all!(
        tx,
        Row,
        "SELECT m.seq, m.message, m.member, m.time, m.text, m.edited, m.deleted, p.name FROM messages m
         LEFT JOIN members a ON a.space = m.space AND a.member = m.member
         LEFT JOIN people p ON p.person = a.person
         WHERE m.space = $1 AND m.seq < $2 AND m.seq >= COALESCE(
             (SELECT o.seq FROM messages o WHERE o.space = $1 AND o.message = $4 AND o.seq < $3), $3)
         ORDER BY m.seq DESC LIMIT $5",
        space.to_string(),
        number(before.0),
        number(floor.0),
        shown.map(|message| message.to_string()),
        number(limit as u64)
    )?;
    rows.into_iter().map(message).collect()
}

fn message(
    (seq, id, by, time, text, edited, deleted, name): Row,
) -> Result<(NumberedMessage, String), StoreError> {
    let message = Message {
        id: id.parse()?,
        by: by.parse()?,
        time: Millis(time),
        text,
        edited,
        deleted,
    };
    let seq = Seq(natural(seq));
    Ok((NumberedMessage { seq, message }, name.unwrap_or_default()))
}
