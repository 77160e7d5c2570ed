//! Who asks: by a bearer token, or by the cookie of the relay's own page.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use protocol::Code;

use super::{PersonId, origin, store};
use crate::App;
use crate::address::Address;
use crate::error::Failure;
use crate::rate::{Kind, Payer};

/// The cookie's name.
const COOKIE: &str = "tabspace";
/// How long a browser keeps it: the longest that browsers allow.
const COOKIE_LIFE_S: u32 = 400 * 24 * 60 * 60;

/// Somebody with a valid credential.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(pub(crate) PersonId);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let payer = Payer::from_request_parts(parts, app).await?;
        Ok(Self(payer.person))
    }
}

/// Every call costs a token. A route that does something dearer takes the [`Payer`] and charges for it too.
impl FromRequestParts<Arc<App>> for Payer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Ok(address) = Address::from_request_parts(parts, app).await;
        let token = token(app, &parts.headers)?.ok_or(Code::Unauthenticated)?;
        let bearer = app.bearers.find(app, token).await?;
        let (person, since) = bearer.ok_or(Code::Unauthenticated)?;
        let payer = Self {
            person,
            since,
            address,
        };
        app.charge(Kind::Requests, payer)?;
        Ok(payer)
    }
}

/// The hash of the credential that is shown, whether it is good or not.
#[derive(Debug)]
pub(crate) struct Shown(pub(crate) Vec<u8>);

impl FromRequestParts<Arc<App>> for Shown {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let token = token(app, &parts.headers)?.ok_or(Code::Unauthenticated)?;
        Ok(Self(store::hash(token)))
    }
}

/// For what may be asked without a credential too. One that is not valid counts as none.
impl OptionalFromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Failure> {
        match <Self as FromRequestParts<Arc<App>>>::from_request_parts(parts, app).await {
            Ok(caller) => Ok(Some(caller)),
            Err(Failure::Refused(refusal)) if refusal.code == Code::Unauthenticated => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn token<'a>(app: &App, headers: &'a HeaderMap) -> Result<Option<&'a str>, Code> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().map_err(|_| Code::Unauthenticated)?;
        let (scheme, token) = text.split_once(' ').ok_or(Code::Unauthenticated)?;
        return if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Some(token.trim()))
        } else {
            Ok(None)
        };
    }
    let Some(token) = cookie(headers) else {
        return Ok(None);
    };
    if origin::is_own(app, headers) {
        Ok(Some(token))
    } else {
        Err(Code::ForeignOrigin)
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// The header that gives a browser its credential.
pub(crate) fn set_cookie(app: &App, token: &str) -> HeaderValue {
    let secure = if app.public_url.scheme() == "https" {
        "; Secure"
    } else {
        ""
    };
    let text = format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={COOKIE_LIFE_S}{secure}");
    let mut value = HeaderValue::try_from(text).expect("a token is URL-safe base 64");
    value.set_sensitive(true);
    value
}
