//! Rows of messages. They are written by the log's projection.

use protocol::rest::NumberedMessage;
use protocol::state::Message;
use protocol::{MessageId, Millis, Seq, SpaceId};

use crate::store::query::{fetch_all, fetch_optional, natural, number};
use crate::store::{StoreError, Tx};

type Row = (i64, String, String, i64, String, bool, bool);

/// Messages before `before` and not before `floor`, the newest first.
pub(crate) async fn list_before(
    tx: &mut Tx,
    space: SpaceId,
    before: Seq,
    floor: Seq,
    limit: usize,
) -> Result<Vec<NumberedMessage>, StoreError> {
    let rows = fetch_all!(
        tx,
        Row,
        "SELECT seq, message, member, time, text, edited, deleted FROM messages
         WHERE space = $1 AND seq < $2 AND seq >= $3 ORDER BY seq DESC LIMIT $4",
        space.to_string(),
        number(before.0),
        number(floor.0),
        number(limit as u64)
    )?;
    rows.into_iter().map(message).collect()
}

fn message((seq, id, by, time, text, edited, deleted): Row) -> Result<NumberedMessage, StoreError> {
    let message = Message {
        id: id.parse()?,
        by: by.parse()?,
        time: Millis(time),
        text,
        edited,
        deleted,
    };
    Ok(NumberedMessage {
        seq: Seq(natural(seq)),
        message,
    })
}

/// The event that sent a message.
pub(crate) async fn find_seq(tx: &mut Tx, space: SpaceId, id: MessageId) -> Result<Option<Seq>, StoreError> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT seq FROM messages WHERE space = $1 AND message = $2",
        space.to_string(),
        id.to_string()
    )?;
    Ok(row.map(|(seq,)| Seq(natural(seq))))
}
