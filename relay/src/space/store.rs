//! Rows of members, and what they tell of spaces and people.

use protocol::frame::Person;
use protocol::rest::MySpace;
use protocol::{Code, DeviceId, MemberId, Role, Seq, SpaceId};

use crate::account::PersonId;
use crate::store::query::{execute, fetch_all, fetch_one, fetch_optional, natural, number};
use crate::store::{StoreError, Tx};

/// What became of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// A member.
    Active,
    /// Left; may come again.
    Left,
    /// Removed by an owner.
    Removed,
}

impl Status {
    /// The word in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Left => "left",
            Self::Removed => "removed",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "active" => Self::Active,
            "removed" => Self::Removed,
            _ => Self::Left,
        }
    }

    /// What somebody is told who is not a member any more.
    pub(crate) const fn refusal(self) -> Code {
        match self {
            Self::Removed => Code::Removed,
            Self::Active | Self::Left => Code::NotAMember,
        }
    }
}

/// Somebody who is or was a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemberRow {
    /// Who the person is in the space; never another.
    pub(crate) member: MemberId,
    /// What became of it.
    pub(crate) status: Status,
}

/// Who a person is in a space.
pub(crate) async fn find_member(
    tx: &mut Tx,
    space: SpaceId,
    person: PersonId,
) -> Result<Option<MemberRow>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String, String),
        "SELECT member, status FROM members WHERE space = $1 AND person = $2",
        space.to_string(),
        person.to_string()
    )?;
    row.map(|(member, status)| {
        Ok(MemberRow {
            member: member.parse()?,
            status: Status::from_name(&status),
        })
    })
    .transpose()
}

/// Who a person is in a space, and where its log ends.
pub(crate) async fn find_seat(
    tx: &mut Tx,
    space: SpaceId,
    person: PersonId,
) -> Result<Option<(MemberRow, Seq)>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String, String, i64),
        "SELECT m.member, m.status, s.head FROM members m JOIN spaces s ON s.space = m.space
         WHERE m.space = $1 AND m.person = $2",
        space.to_string(),
        person.to_string()
    )?;
    row.map(|(member, status, head)| {
        let row = MemberRow {
            member: member.parse()?,
            status: Status::from_name(&status),
        };
        Ok((row, Seq(natural(head))))
    })
    .transpose()
}

/// Who a person is in a space, the number of the device's last op that was decided there, and a head of the log
/// that is not before that op.
pub(crate) async fn find_place(
    tx: &mut Tx,
    space: SpaceId,
    person: PersonId,
    device: DeviceId,
) -> Result<Option<(MemberRow, u64, Seq)>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String, String, i64, Option<i64>),
        "SELECT m.member, m.status, s.head,
             (SELECT MAX(o.n) FROM ops o WHERE o.space = m.space AND o.device = $3)
         FROM members m JOIN spaces s ON s.space = m.space WHERE m.space = $1 AND m.person = $2",
        space.to_string(),
        person.to_string(),
        device.to_string()
    )?;
    row.map(|(member, status, head, last_n)| {
        let row = MemberRow {
            member: member.parse()?,
            status: Status::from_name(&status),
        };
        Ok((row, last_n.map_or(0, natural), Seq(natural(head))))
    })
    .transpose()
}

/// What became of a member; somebody unknown left.
pub(crate) async fn find_status(tx: &mut Tx, space: SpaceId, member: MemberId) -> Result<Status, StoreError> {
    let row = fetch_optional!(
        tx,
        (String,),
        "SELECT status FROM members WHERE space = $1 AND member = $2",
        space.to_string(),
        member.to_string()
    )?;
    Ok(row.map_or(Status::Left, |(status,)| Status::from_name(&status)))
}

/// Somebody becomes a member for the first time.
pub(crate) async fn insert_member(
    tx: &mut Tx,
    space: SpaceId,
    person: PersonId,
    member: MemberId,
    role: Role,
    since: Seq,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO members (space, person, member, role, since, status) VALUES ($1, $2, $3, $4, $5, $6)",
        space.to_string(),
        person.to_string(),
        member.to_string(),
        role.as_str(),
        number(since.0),
        Status::Active.as_str()
    )?;
    Ok(())
}

/// The names of everyone who is or was a member.
pub(crate) async fn list_people(tx: &mut Tx, space: SpaceId) -> Result<Vec<Person>, StoreError> {
    let rows = fetch_all!(
        tx,
        (String, String),
        "SELECT m.member, p.name FROM members m JOIN people p ON p.person = m.person WHERE m.space = $1
         ORDER BY m.member",
        space.to_string()
    )?;
    rows.into_iter()
        .map(|(member, name)| {
            Ok(Person {
                member: member.parse()?,
                name,
            })
        })
        .collect()
}

/// A member's name; empty when nobody is known by this id.
pub(crate) async fn find_name(tx: &mut Tx, space: SpaceId, member: MemberId) -> Result<String, StoreError> {
    let row = fetch_optional!(
        tx,
        (String,),
        "SELECT p.name FROM members m JOIN people p ON p.person = m.person WHERE m.space = $1 AND m.member = $2",
        space.to_string(),
        member.to_string()
    )?;
    Ok(row.map_or_else(String::new, |(name,)| name))
}

/// The spaces of a person, by name.
pub(crate) async fn list_spaces_of(tx: &mut Tx, person: PersonId) -> Result<Vec<MySpace>, StoreError> {
    let rows = fetch_all!(
        tx,
        (String, String, String),
        "SELECT s.space, s.name, m.role FROM members m JOIN spaces s ON s.space = m.space
         WHERE m.person = $1 AND m.status = 'active' AND NOT s.deleted",
        person.to_string()
    )?;
    let mine = |(space, name, role): (String, String, String)| {
        let role = Role::from_name(&role)
            .ok_or_else(|| StoreError::Damaged("a role that does not exist".to_owned()))?;
        Ok(MySpace {
            space: space.parse()?,
            name,
            role,
        })
    };
    let mut spaces: Vec<MySpace> = rows.into_iter().map(mine).collect::<Result<_, StoreError>>()?;
    // Here, because databases order texts by their locale.
    spaces.sort_by(|a, b| (&a.name, a.space).cmp(&(&b.name, b.space)));
    Ok(spaces)
}

/// In how many spaces a person is, besides this one.
pub(crate) async fn count_other_spaces(
    tx: &mut Tx,
    person: PersonId,
    space: SpaceId,
) -> Result<u64, StoreError> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM members m JOIN spaces s ON s.space = m.space
         WHERE m.person = $1 AND m.status = 'active' AND NOT s.deleted AND m.space <> $2",
        person.to_string(),
        space.to_string()
    )?;
    Ok(natural(count))
}

/// Where a person is a member, and as whom.
pub(crate) async fn list_memberships(
    tx: &mut Tx,
    person: PersonId,
) -> Result<Vec<(SpaceId, MemberId)>, StoreError> {
    let rows = fetch_all!(
        tx,
        (String, String),
        "SELECT space, member FROM members WHERE person = $1 AND status = 'active'",
        person.to_string()
    )?;
    rows.into_iter()
        .map(|(space, member)| Ok((space.parse()?, member.parse()?)))
        .collect()
}
