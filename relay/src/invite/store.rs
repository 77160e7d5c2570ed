//! Rows of invites.

use protocol::rest::Invite;
use protocol::{Action, Code, InviteId, MemberId, Millis, Role, SpaceId, SpaceState, authorise};

use crate::account::store::hash;
use crate::store::query::{execute, fetch_all, fetch_optional, natural};
use crate::store::{StoreError, Tx};

/// An invite, as its row tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InviteRow {
    pub(crate) id: InviteId,
    pub(crate) space: SpaceId,
    pub(crate) role: Role,
    pub(crate) by: MemberId,
    pub(crate) expires: Millis,
    pub(crate) uses: u32,
    pub(crate) revoked: bool,
}

impl InviteRow {
    /// Whether somebody new may join its space, which is in this state, with it. Time is the later of the
    /// clock's and the log's, because in a log it never runs back.
    pub(crate) fn check(&self, state: &SpaceState, now: Millis) -> Result<(), Code> {
        if self.revoked {
            return Err(Code::InviteRevoked);
        }
        if now.max(state.time) >= self.expires {
            return Err(Code::InviteExpired);
        }
        // A link is worth what its maker could give now.
        authorise(state, self.by, &Action::Invite(self.role)).map_err(|_| Code::InviteRevoked)
    }

    /// As editors see it.
    pub(crate) fn shown(self) -> Invite {
        let Self {
            id,
            role,
            by,
            expires,
            uses,
            revoked,
            ..
        } = self;
        Invite {
            id,
            role,
            by,
            expires,
            uses,
            revoked,
        }
    }
}

type Row = (String, String, String, String, i64, i64, bool);

fn invite((id, space, role, by, expires, uses, revoked): Row) -> Result<InviteRow, StoreError> {
    Ok(InviteRow {
        id: id.parse()?,
        space: space.parse()?,
        role: Role::from_name(&role)
            .ok_or_else(|| StoreError::Damaged("a role that does not exist".to_owned()))?,
        by: by.parse()?,
        expires: Millis(expires),
        uses: u32::try_from(natural(uses)).unwrap_or(u32::MAX),
        revoked,
    })
}

/// An invite by its id.
pub(crate) async fn find(tx: &mut Tx, id: InviteId) -> Result<Option<InviteRow>, StoreError> {
    let row = fetch_optional!(
        tx,
        Row,
        "SELECT invite, space, role, member, expires, uses, revoked FROM invites WHERE invite = $1",
        id.to_string()
    )?;
    row.map(invite).transpose()
}

/// An invite by its secret.
pub(crate) async fn find_by_secret(tx: &mut Tx, secret: &str) -> Result<Option<InviteRow>, StoreError> {
    let row = fetch_optional!(
        tx,
        Row,
        "SELECT invite, space, role, member, expires, uses, revoked FROM invites WHERE hash = $1",
        hash(secret)
    )?;
    row.map(invite).transpose()
}

/// The invites of a space in this state that are still good, the newest first.
pub(crate) async fn list_good(
    tx: &mut Tx,
    space: SpaceId,
    state: &SpaceState,
    now: Millis,
) -> Result<Vec<InviteRow>, StoreError> {
    let rows = fetch_all!(
        tx,
        Row,
        "SELECT invite, space, role, member, expires, uses, revoked FROM invites
         WHERE space = $1 AND NOT revoked AND expires > $2 ORDER BY created DESC, invite DESC",
        space.to_string(),
        now.0
    )?;
    let mut invites: Vec<InviteRow> = rows.into_iter().map(invite).collect::<Result<_, _>>()?;
    invites.retain(|invite| invite.check(state, now).is_ok());
    Ok(invites)
}

/// A new invite.
pub(crate) async fn insert(
    tx: &mut Tx,
    invite: &InviteRow,
    secret: &str,
    now: Millis,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO invites (invite, space, hash, role, member, created, expires, uses, revoked)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
        invite.id.to_string(),
        invite.space.to_string(),
        hash(secret),
        invite.role.as_str(),
        invite.by.to_string(),
        now.0,
        invite.expires.0,
        false
    )?;
    Ok(())
}

/// Nobody joins with it any more.
pub(crate) async fn revoke(tx: &mut Tx, id: InviteId) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE invites SET revoked = $2 WHERE invite = $1",
        id.to_string(),
        true
    )?;
    Ok(())
}

/// Somebody joins with it. `false` when it was revoked in the meantime.
pub(crate) async fn count_use(tx: &mut Tx, id: InviteId) -> Result<bool, StoreError> {
    let rows = execute!(
        tx,
        "UPDATE invites SET uses = uses + 1 WHERE invite = $1 AND NOT revoked",
        id.to_string()
    )?;
    Ok(rows == 1)
}
