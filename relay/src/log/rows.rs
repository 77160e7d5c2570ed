//! What one transaction of the log writes, gathered while it decides and written in few statements.

use std::collections::{BTreeSet, HashMap};

use protocol::event::OpName;
use protocol::{Code, Envelope, Event, MessageId, Seq, SpaceId, SpaceState, TabId};

use super::store::{Decided, class_name};
use crate::store::bulk::{Filled, Statement, execute_all};
use crate::store::query::{execute, number};
use crate::store::{StoreError, Tx};

const EVENTS: Statement = Statement::insert(
    "INSERT INTO events (space, seq, member, device, n, time, class)",
    "INSERT INTO events (space, seq, member, device, n, time, class) SELECT * FROM",
    "",
);
const PAYLOADS: Statement = Statement::insert(
    "INSERT INTO payloads (space, seq, body)",
    "INSERT INTO payloads (space, seq, body) SELECT * FROM",
    "",
);
const OPS: Statement = Statement::insert(
    "INSERT INTO ops (space, device, n, hash, seq, code)",
    "INSERT INTO ops (space, device, n, hash, seq, code) SELECT * FROM",
    "",
);
const MESSAGES: Statement = Statement::insert(
    "INSERT INTO messages (space, message, seq, member, time, text, edited, deleted)",
    "INSERT INTO messages (space, message, seq, member, time, text, edited, deleted) SELECT * FROM",
    "ON CONFLICT (space, message) DO NOTHING",
);
const TABS: Statement = Statement::insert(
    "INSERT INTO tabs (space, tab, url, title, favicon, pinned, tab_group, position)",
    "INSERT INTO tabs (space, tab, url, title, favicon, pinned, tab_group, position) SELECT * FROM",
    "ON CONFLICT (space, tab) DO UPDATE SET url = excluded.url, title = excluded.title, favicon = excluded.favicon,
     pinned = excluded.pinned, tab_group = excluded.tab_group, position = excluded.position",
);
const HEADS: Statement = Statement {
    sqlite_before: "UPDATE spaces SET head = rows.column2 FROM (",
    postgres_before: "UPDATE spaces SET head = rows.head FROM",
    after: "WHERE spaces.space = rows.space",
    sqlite_close: ") AS rows",
    postgres_close: " AS rows (space, head)",
};
/// As [`HEADS`], but `SQLite` names the columns of `VALUES` itself.
const SQLITE_HEADS: Statement = Statement {
    after: "WHERE spaces.space = rows.column1",
    ..HEADS
};

#[derive(Debug, Default)]
struct Events {
    space: Vec<String>,
    seq: Vec<i64>,
    member: Vec<String>,
    device: Vec<Option<String>>,
    n: Vec<Option<i64>>,
    time: Vec<i64>,
    class: Vec<String>,
    body: Vec<String>,
}

#[derive(Debug, Default)]
struct Ops {
    space: Vec<String>,
    device: Vec<String>,
    n: Vec<i64>,
    hash: Vec<Vec<u8>>,
    seq: Vec<Option<i64>>,
    code: Vec<Option<String>>,
}

#[derive(Debug, Default)]
struct Messages {
    /// Where a message of this transaction stands.
    places: HashMap<(SpaceId, MessageId), usize>,
    space: Vec<String>,
    message: Vec<String>,
    seq: Vec<i64>,
    member: Vec<String>,
    time: Vec<i64>,
    text: Vec<String>,
    edited: Vec<bool>,
    deleted: Vec<bool>,
    /// Changes of messages that stand in the table already: text, edited, deleted.
    changed: Vec<(SpaceId, MessageId, Change)>,
}

/// What becomes of a message.
#[derive(Debug)]
enum Change {
    Edited(String),
    Deleted,
}

#[derive(Debug, Default)]
struct Tabs {
    space: Vec<String>,
    tab: Vec<String>,
    url: Vec<String>,
    title: Vec<String>,
    favicon: Vec<Option<String>>,
    pinned: Vec<bool>,
    group: Vec<Option<String>>,
    position: Vec<String>,
    gone: Vec<(SpaceId, TabId)>,
}

/// The rows of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    events: Events,
    ops: Ops,
    messages: Messages,
    tabs: Tabs,
    heads: (Vec<String>, Vec<i64>),
    /// Spaces of which nothing may be seen any more.
    wiped: BTreeSet<SpaceId>,
}

impl Rows {
    /// Events that wait to be written.
    pub(crate) fn events(&self) -> usize {
        self.events.seq.len()
    }

    /// An event, its envelope and its payload apart.
    pub(crate) fn event(&mut self, space: SpaceId, event: &Event) -> Result<(), StoreError> {
        let Envelope {
            seq,
            author,
            time,
            class,
        } = &event.envelope;
        let body = serde_json::to_string(&event.payload)?;
        let rows = &mut self.events;
        rows.space.push(space.to_string());
        rows.seq.push(number(seq.0));
        rows.member.push(author.member.to_string());
        rows.device.push(author.op.map(|name| name.device.to_string()));
        rows.n.push(author.op.map(|name| number(name.n)));
        rows.time.push(time.0);
        rows.class.push(class_name(*class).to_owned());
        rows.body.push(body);
        Ok(())
    }

    /// What was decided of an op.
    pub(crate) fn decided(&mut self, space: SpaceId, op: OpName, decided: &Decided) {
        let rows = &mut self.ops;
        rows.space.push(space.to_string());
        rows.device.push(op.device.to_string());
        rows.n.push(number(op.n));
        rows.hash.push(decided.hash.clone());
        rows.seq.push(decided.answer.ok().map(|seq| number(seq.0)));
        rows.code
            .push(decided.answer.err().map(|code| Code::as_str(code).to_owned()));
    }

    /// Whether this transaction sends this message.
    pub(crate) fn sends(&self, space: SpaceId, message: MessageId) -> bool {
        self.messages.places.contains_key(&(space, message))
    }

    /// A message that was sent.
    pub(crate) fn message(&mut self, space: SpaceId, envelope: &Envelope, message: MessageId, text: &str) {
        let rows = &mut self.messages;
        rows.places.insert((space, message), rows.seq.len());
        rows.space.push(space.to_string());
        rows.message.push(message.to_string());
        rows.seq.push(number(envelope.seq.0));
        rows.member.push(envelope.author.member.to_string());
        rows.time.push(envelope.time.0);
        rows.text.push(text.to_owned());
        rows.edited.push(false);
        rows.deleted.push(false);
    }

    /// A message has another text.
    pub(crate) fn message_edited(&mut self, space: SpaceId, message: MessageId, text: &str) {
        let rows = &mut self.messages;
        if let Some(&at) = rows.places.get(&(space, message)) {
            text.clone_into(&mut rows.text[at]);
            rows.edited[at] = true;
        } else {
            rows.changed
                .push((space, message, Change::Edited(text.to_owned())));
        }
    }

    /// A message is gone; that there was one stays.
    pub(crate) fn message_deleted(&mut self, space: SpaceId, message: MessageId) {
        let rows = &mut self.messages;
        if let Some(&at) = rows.places.get(&(space, message)) {
            rows.text[at].clear();
            rows.deleted[at] = true;
        } else {
            rows.changed.push((space, message, Change::Deleted));
        }
    }

    /// A tab as the state shows it, or that it is gone. Once for each tab.
    pub(crate) fn tab(&mut self, space: SpaceId, id: TabId, state: &SpaceState) {
        let rows = &mut self.tabs;
        let Some(tab) = state.tabs.get(&id) else {
            rows.gone.push((space, id));
            return;
        };
        rows.space.push(space.to_string());
        rows.tab.push(id.to_string());
        rows.url.push(tab.url.clone());
        rows.title.push(tab.title.clone());
        rows.favicon.push(tab.favicon.clone());
        rows.pinned.push(tab.pinned);
        rows.group.push(tab.group.map(|group| group.to_string()));
        rows.position.push(tab.position.as_str().to_owned());
    }

    /// The last event of a space. Once for each space.
    pub(crate) fn head(&mut self, space: SpaceId, head: Seq) {
        self.heads.0.push(space.to_string());
        self.heads.1.push(number(head.0));
    }

    /// A deleted space shows nothing any more.
    pub(crate) fn wipe(&mut self, space: SpaceId) {
        self.wiped.insert(space);
    }

    /// Writes everything. [`StoreError::MessageTaken`]: a message would be sent under the id of another, which
    /// the state has forgotten and the table has not; nothing may be committed.
    pub(crate) async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        let Self {
            events,
            ops,
            mut messages,
            mut tabs,
            heads,
            wiped,
        } = self;
        let heads_of = match tx {
            Tx::Sqlite(_) => SQLITE_HEADS,
            Tx::Postgres(_) => HEADS,
        };
        let Messages { changed, .. } = &mut messages;
        let changed = std::mem::take(changed);
        let gone = std::mem::take(&mut tabs.gone);
        let [events, payloads] = events.statements();
        let messages = messages.statement();
        let sends = messages.rows() > 0;
        let statements = vec![
            events,
            payloads,
            ops.statement(),
            messages,
            tabs.statement(),
            heads_of.with(vec![heads.0.into(), heads.1.into()]),
        ];
        let rows: usize = statements.iter().map(Filled::rows).sum();
        if execute_all(tx, statements).await? < rows as u64 && sends {
            return Err(StoreError::MessageTaken);
        }
        for (space, message, change) in changed {
            change.write(tx, space, message).await?;
        }
        for (space, tab) in gone {
            execute!(
                tx,
                "DELETE FROM tabs WHERE space = $1 AND tab = $2",
                space.to_string(),
                tab.to_string()
            )?;
        }
        for space in wiped {
            wipe(tx, space).await?;
        }
        Ok(())
    }
}

impl Events {
    /// Of the envelopes and of the payloads.
    fn statements(self) -> [Filled; 2] {
        let (space, seq) = (self.space.clone(), self.seq.clone());
        let envelopes = EVENTS.with(vec![
            self.space.into(),
            self.seq.into(),
            self.member.into(),
            self.device.into(),
            self.n.into(),
            self.time.into(),
            self.class.into(),
        ]);
        [
            envelopes,
            PAYLOADS.with(vec![space.into(), seq.into(), self.body.into()]),
        ]
    }
}

impl Ops {
    fn statement(self) -> Filled {
        OPS.with(vec![
            self.space.into(),
            self.device.into(),
            self.n.into(),
            self.hash.into(),
            self.seq.into(),
            self.code.into(),
        ])
    }
}

impl Messages {
    /// Of those that were sent.
    fn statement(self) -> Filled {
        MESSAGES.with(vec![
            self.space.into(),
            self.message.into(),
            self.seq.into(),
            self.member.into(),
            self.time.into(),
            self.text.into(),
            self.edited.into(),
            self.deleted.into(),
        ])
    }
}

impl Change {
    async fn write(self, tx: &mut Tx, space: SpaceId, message: MessageId) -> Result<(), StoreError> {
        match self {
            Self::Edited(text) => execute!(
                tx,
                "UPDATE messages SET text = $3, edited = $4 WHERE space = $1 AND message = $2",
                space.to_string(),
                message.to_string(),
                text,
                true
            )?,
            Self::Deleted => execute!(
                tx,
                "UPDATE messages SET text = '', deleted = $3 WHERE space = $1 AND message = $2",
                space.to_string(),
                message.to_string(),
                true
            )?,
        };
        Ok(())
    }
}

impl Tabs {
    /// Of those that are there.
    fn statement(self) -> Filled {
        TABS.with(vec![
            self.space.into(),
            self.tab.into(),
            self.url.into(),
            self.title.into(),
            self.favicon.into(),
            self.pinned.into(),
            self.group.into(),
            self.position.into(),
        ])
    }
}

async fn wipe(tx: &mut Tx, space: SpaceId) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM tabs WHERE space = $1", space.to_string())?;
    execute!(tx, "DELETE FROM messages WHERE space = $1", space.to_string())?;
    execute!(tx, "DELETE FROM favicons WHERE space = $1", space.to_string())?;
    Ok(())
}
