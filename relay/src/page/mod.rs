//! The web page that collaborators open, from inside the binary.
//!
//! In debug builds the files are read from disk each time, so that the page can change without a rebuild.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use protocol::Code;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::App;
use crate::error::Failure;

#[derive(RustEmbed)]
#[folder = "$TABSPACE_WEB_DIR"]
struct Files;

/// Every part in all its states, where `cargo xtask test e2e` built them; for those who work on them.
#[cfg(debug_assertions)]
#[derive(RustEmbed)]
#[folder = "$TABSPACE_WEB_DIR/../gallery"]
#[allow_missing = true]
struct Gallery;

const INDEX: &str = "index.html";

/// The page itself, whatever it shows: it reads its own address.
pub(crate) async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    serve(&app, &headers, INDEX)
}

/// A file of the page, or an answer for what is not there.
pub(crate) async fn file(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    serve(&app, &headers, uri.path().trim_start_matches('/'))
}

fn serve(app: &App, headers: &HeaderMap, path: &str) -> Response {
    let Some(file) = Files::get(path).or_else(|| of_gallery(path)) else {
        return Failure::from(Code::NotFound).into_response();
    };
    let etag = etag(&file.metadata.sha256_hash());
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = file.metadata.mimetype();
        let charset = if kind.starts_with("text/") {
            "; charset=utf-8"
        } else {
            ""
        };
        let kind = HeaderValue::try_from(format!("{kind}{charset}")).ok();
        let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        ([(header::CONTENT_TYPE, kind)], Body::from(file.data)).into_response()
    };
    let own = response.headers_mut();
    own.insert(
        header::ETAG,
        HeaderValue::try_from(etag).expect("hexadecimal digits in quotes"),
    );
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    own.insert(header::CONTENT_SECURITY_POLICY, policy(app, headers));
    for (name, value) in GUARDS {
        own.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(debug_assertions)]
fn of_gallery(path: &str) -> Option<EmbeddedFile> {
    match path.strip_prefix("gallery")? {
        "" | "/" => Gallery::get(INDEX),
        rest => Gallery::get(rest.strip_prefix('/')?),
    }
}

#[cfg(not(debug_assertions))]
const fn of_gallery(_path: &str) -> Option<EmbeddedFile> {
    None
}

/// Weak: compression on the way changes the bytes, not what they say.
fn etag(hash: &[u8]) -> String {
    let mut text = String::from("W/\"");
    for byte in hash.iter().take(16) {
        write!(text, "{byte:02x}").expect("writing to a text cannot fail");
    }
    text + "\""
}

const GUARDS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=(), autoplay=(self), \
         fullscreen=(self), picture-in-picture=(self)",
    ),
];

/// Nothing but what the page is made of. Sockets to the relay itself are named, because not every browser
/// counts them to `'self'`.
fn policy(app: &App, headers: &HeaderMap) -> HeaderValue {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let asked = host
        .and_then(|host| host.parse::<Authority>().ok())
        .filter(|host| !host.as_str().contains('@'));
    let public = app.public_url.host_str().map(|host| match app.public_url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    });
    let host = asked.map(|host| host.to_string()).or(public).unwrap_or_default();
    let text = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         media-src 'self' blob: mediastream:; connect-src 'self' ws://{host} wss://{host}; font-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
