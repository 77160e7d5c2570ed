//! Calls to the relay, typed by [`protocol::rest`].
//!
//! The relay's own page is known by its cookie, the extension by a bearer token. Nothing is tried again here.

use protocol::op::Op;
#[cfg(not(feature = "popup"))]
use protocol::recovery::RecoveryKey;
use protocol::rest::{
    Credential, EventPage, InviteMade, InvitePreview, InviteSecret, Invites, Joined, Me, NewGuest, NewInvite,
    NewSpace, NewTicket, NumberedOp, OpAnswer, OpAnswers, Rename, SpaceNow, SubmitOps, Ticket,
};
#[cfg(not(feature = "popup"))]
use protocol::rest::{Recover, RecoveryMade, RecoveryNow};
use protocol::{Code, DeviceId, Epoch, InviteId, Refusal, Role, Seq, SpaceId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fetch::{Answer, Body, answers, request};

/// A call that takes longer has failed. The relay answers within milliseconds.
const TIMEOUT_MS: u32 = 10_000;

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// The relay said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No answer came.
    #[error("the relay cannot be reached")]
    Away,
    /// The answer was not a relay's.
    #[error("this is not a TabSpace relay")]
    NotARelay,
}

impl Trouble {
    /// The refusal, if it was one.
    pub fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Away | Self::NotARelay => None,
        }
    }
}

/// A relay, and how the caller is known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Without a slash at the end.
    relay: String,
    token: Option<String>,
}

impl Rest {
    /// The relay that served this page; the caller is known by cookie.
    pub fn of_page(relay: &str) -> Self {
        Self {
            relay: relay.trim_end_matches('/').to_owned(),
            token: None,
        }
    }

    /// A relay with a bearer token; without one only what needs none can be called.
    pub fn with_token(relay: &str, token: Option<&str>) -> Self {
        Self {
            token: token.map(str::to_owned),
            ..Self::of_page(relay)
        }
    }

    /// The relay's address.
    pub fn relay(&self) -> &str {
        &self.relay
    }

    /// Where a favicon is.
    pub fn favicon_url(&self, space: SpaceId, hash: &str) -> String {
        format!("{}/api/v1/spaces/{space}/favicons/{hash}", self.relay)
    }

    async fn raw(&self, method: &str, path: &str, body: Body<'_>) -> Result<Answer, Trouble> {
        let url = format!("{}{path}", self.relay);
        request(method, &url, self.token.as_deref(), body, TIMEOUT_MS)
            .await
            .map_err(|_| Trouble::Away)
    }

    async fn call<A: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Body<'_>,
    ) -> Result<A, Trouble> {
        let answer = self.raw(method, &format!("/api/v1{path}"), body).await?;
        serde_json::from_slice(&accepted(answer)?).map_err(|_| Trouble::NotARelay)
    }

    async fn post<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<A, Trouble> {
        self.call("POST", path, Body::Json(&json(body)?)).await
    }

    /// Whether there is a TabSpace relay at this address at all.
    ///
    /// # Errors
    /// [`Trouble::Away`] or [`Trouble::NotARelay`].
    pub async fn check(&self) -> Result<(), Trouble> {
        let path = "/api/v1/openapi.json";
        let document = match self.raw("GET", path, Body::Empty).await {
            // What is not a relay does not let other origins read its answers.
            Err(Trouble::Away) if answers(&format!("{}{path}", self.relay), TIMEOUT_MS).await => {
                return Err(Trouble::NotARelay);
            }
            answer => answer?,
        };
        let title = serde_json::from_slice::<serde_json::Value>(&document.bytes)
            .ok()
            .and_then(|document| {
                document
                    .pointer("/info/title")
                    .and_then(|title| title.as_str().map(str::to_owned))
            });
        let known = title.is_some_and(|title| title.contains("TabSpace"));
        if document.status == 200 && known {
            Ok(())
        } else {
            Err(Trouble::NotARelay)
        }
    }

    /// Becomes a guest.
    pub async fn new_guest(&self, name: &str, credential: Credential) -> Result<Me, Trouble> {
        self.post(
            "/guests",
            &NewGuest {
                name: name.to_owned(),
                credential,
            },
        )
        .await
    }

    /// Who the caller is.
    pub async fn me(&self) -> Result<Me, Trouble> {
        self.call("GET", "/me", Body::Empty).await
    }

    /// When this person's recovery key was made and used.
    #[cfg(not(feature = "popup"))]
    pub async fn recovery(&self) -> Result<RecoveryNow, Trouble> {
        self.call("GET", "/me/recovery", Body::Empty).await
    }

    /// Another recovery key; it is told this once.
    #[cfg(not(feature = "popup"))]
    pub async fn make_recovery(&self) -> Result<RecoveryMade, Trouble> {
        self.call("POST", "/me/recovery", Body::Empty).await
    }

    /// All other browsers of this person are nobody at the relay any more.
    #[cfg(not(feature = "popup"))]
    pub async fn sign_out_others(&self) -> Result<(), Trouble> {
        accepted(self.raw("DELETE", "/api/v1/me/others", Body::Empty).await?).map(drop)
    }

    /// The recovery key is not good any more.
    #[cfg(not(feature = "popup"))]
    pub async fn revoke_recovery(&self) -> Result<(), Trouble> {
        accepted(self.raw("DELETE", "/api/v1/me/recovery", Body::Empty).await?).map(drop)
    }

    /// Becomes the person whose key this is.
    #[cfg(not(feature = "popup"))]
    pub async fn recover(&self, key: &RecoveryKey) -> Result<Me, Trouble> {
        let key = key.to_string();
        self.post("/recovery", &Recover { key }).await
    }

    /// Another name.
    pub async fn rename(&self, name: &str) -> Result<Me, Trouble> {
        self.call(
            "PATCH",
            "/me",
            Body::Json(&json(&Rename {
                name: name.to_owned(),
            })?),
        )
        .await
    }

    /// Begins a shared space. Again: the same answer.
    pub async fn new_space(&self, space: &NewSpace) -> Result<Joined, Trouble> {
        self.post("/spaces", space).await
    }

    /// A space as it is now, and how far the relay got with the ops of a device.
    pub async fn space_now(&self, space: SpaceId, device: DeviceId) -> Result<SpaceNow, Trouble> {
        self.call("GET", &format!("/spaces/{space}?device={device}"), Body::Empty)
            .await
    }

    /// Submits ops in order, by REST instead of the socket. The epoch is the one in which they got their numbers.
    pub async fn submit(
        &self,
        space: SpaceId,
        device: DeviceId,
        epoch: Option<Epoch>,
        ops: Vec<(u64, Op)>,
    ) -> Result<Vec<OpAnswer>, Trouble> {
        let ops = ops.into_iter().map(|(n, op)| NumberedOp { n, op }).collect();
        let submitted = SubmitOps { device, epoch, ops };
        let answers: OpAnswers = self.post(&format!("/spaces/{space}/ops"), &submitted).await?;
        Ok(answers.answers)
    }

    /// What happened in a space after an event; one page of it.
    pub async fn events(&self, space: SpaceId, since: Seq) -> Result<EventPage, Trouble> {
        self.call(
            "GET",
            &format!("/spaces/{space}/events?since={since}"),
            Body::Empty,
        )
        .await
    }

    /// Makes an invite. The secret in its link is told this once.
    pub async fn new_invite(&self, space: SpaceId, role: Role, life_ms: i64) -> Result<InviteMade, Trouble> {
        self.post(&format!("/spaces/{space}/invites"), &NewInvite { role, life_ms })
            .await
    }

    /// The invites that are good.
    pub async fn invites(&self, space: SpaceId) -> Result<Invites, Trouble> {
        self.call("GET", &format!("/spaces/{space}/invites"), Body::Empty)
            .await
    }

    /// Revokes an invite.
    pub async fn revoke(&self, space: SpaceId, invite: InviteId) -> Result<(), Trouble> {
        let path = format!("/api/v1/spaces/{space}/invites/{invite}");
        accepted(self.raw("DELETE", &path, Body::Empty).await?).map(drop)
    }

    /// Who invites to what.
    pub async fn preview(&self, secret: &str) -> Result<InvitePreview, Trouble> {
        self.post(
            "/invites/preview",
            &InviteSecret {
                secret: secret.to_owned(),
            },
        )
        .await
    }

    /// Joins by an invite.
    pub async fn redeem(&self, secret: &str) -> Result<Joined, Trouble> {
        self.post(
            "/invites/redeem",
            &InviteSecret {
                secret: secret.to_owned(),
            },
        )
        .await
    }

    /// A ticket to open a socket with.
    pub async fn ticket(&self, device: DeviceId) -> Result<Ticket, Trouble> {
        self.post("/realtime/tickets", &NewTicket { device }).await
    }

    /// Gives the relay a favicon.
    pub async fn put_favicon(&self, space: SpaceId, hash: &str, png: &[u8]) -> Result<(), Trouble> {
        let path = format!("/api/v1/spaces/{space}/favicons/{hash}");
        accepted(self.raw("PUT", &path, Body::Png(png)).await?).map(drop)
    }
}

fn json(body: &impl Serialize) -> Result<String, Trouble> {
    serde_json::to_string(body).map_err(|_| Trouble::Refused(Code::Malformed.into()))
}

/// The body of a success; the refusal in anything else.
fn accepted(answer: Answer) -> Result<Vec<u8>, Trouble> {
    if (200..300).contains(&answer.status) {
        return Ok(answer.bytes);
    }
    match serde_json::from_slice::<Refusal>(&answer.bytes) {
        Ok(refusal) => Err(Trouble::Refused(refusal)),
        // A proxy in between answers for a relay that is down.
        Err(_) if matches!(answer.status, 502..=504) => Err(Trouble::Away),
        Err(_) => Err(Trouble::NotARelay),
    }
}
