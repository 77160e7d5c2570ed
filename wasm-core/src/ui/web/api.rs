//! The relay's REST calls as the pages need them: same origin, known by cookie.

use protocol::rest::{Invite, SpaceNow};
use protocol::{Code, InviteId, MemberId, Refusal, SpaceId};

use crate::ask::{Problem, Visible};
use crate::browser::fetch::{Body, request};
use crate::browser::rest::{self, Rest};
use crate::ui::backend::{Later, LinkWish, Links, Trouble};

/// A call that takes longer has failed.
const TIMEOUT_MS: u32 = 10_000;

/// The address of the relay that served this page.
pub fn origin() -> String {
    web_sys::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default()
}

/// The relay that served this page.
pub fn relay() -> Rest {
    Rest::of_page(&origin())
}

/// A call's trouble as the pages say it.
pub fn trouble(why: rest::Trouble) -> Trouble {
    Trouble::Problem(match why {
        rest::Trouble::Refused(refusal) => Problem::Refused(refusal),
        rest::Trouble::Away => Problem::RelayAway { relay: origin() },
        rest::Trouble::NotARelay => Problem::NotARelay { relay: origin() },
    })
}

/// The code, when the relay refused.
pub fn code_of(trouble: &Trouble) -> Option<Code> {
    match trouble {
        Trouble::Problem(Problem::Refused(refusal)) => Some(refusal.code),
        _ => None,
    }
}

/// Who this person is in a space.
pub async fn member_of(space: SpaceId) -> Result<MemberId, Trouble> {
    let url = format!("{}/api/v1/spaces/{space}", origin());
    let answer = request("GET", &url, None, Body::Empty, TIMEOUT_MS)
        .await
        .map_err(|_| trouble(rest::Trouble::Away))?;
    if answer.status == 200 {
        let now: Result<SpaceNow, _> = serde_json::from_slice(&answer.bytes);
        return now
            .map(|now| now.you)
            .map_err(|_| trouble(rest::Trouble::NotARelay));
    }
    let refusal: Result<Refusal, _> = serde_json::from_slice(&answer.bytes);
    Err(trouble(
        refusal.map_or(rest::Trouble::NotARelay, rest::Trouble::Refused),
    ))
}

/// The links of a shared space, by the relay's calls.
pub struct RelayLinks {
    space: SpaceId,
}

impl RelayLinks {
    /// For this space.
    pub fn new(space: SpaceId) -> Self {
        Self { space }
    }
}

async fn list(space: SpaceId) -> Result<Vec<Invite>, Trouble> {
    relay()
        .invites(space)
        .await
        .map(|list| list.invites)
        .map_err(trouble)
}

impl Links for RelayLinks {
    fn visible(&self) -> Later<Result<Vec<Visible>, Trouble>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn make(&self, wish: LinkWish) -> Later<Result<(SpaceId, String), Trouble>> {
        let space = self.space;
        Box::pin(async move {
            let made = relay()
                .new_invite(space, wish.role, wish.life_ms)
                .await
                .map_err(trouble)?;
            Ok((space, made.link))
        })
    }

    fn list(&self) -> Later<Result<Vec<Invite>, Trouble>> {
        Box::pin(list(self.space))
    }

    fn revoke(&self, invite: InviteId) -> Later<Result<Vec<Invite>, Trouble>> {
        let space = self.space;
        Box::pin(async move {
            relay().revoke(space, invite).await.map_err(trouble)?;
            list(space).await
        })
    }
}
