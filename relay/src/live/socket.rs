//! `GET /api/v1/realtime`: from the HTTP upgrade to a connection that has introduced itself.
//!
//! The upgrade is made here, not by axum, because what follows needs the TCP connection itself: a room's
//! frames go straight to it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::{Parts, downcast};
use protocol::{ClientFrame, Code, Refusal, SUBPROTOCOL, ServerFrame, VERSION, frame::IceServer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;
use tungstenite::handshake::derive_accept_key;

use super::connection::Connection;
use super::outbox::{Kind, Outbox, Turn};
use super::wire::{self, Reader, Said, Unreadable};
use crate::App;
use crate::account::origin;
use crate::account::tickets::Bearer;
use crate::address::Address;
use crate::error::Failure;

/// Bytes of the first frame: what strangers say takes little memory.
const HELLO_BYTES: usize = 4 * 1024;
/// When somebody should come again who found too many strangers before him.
const COME_AGAIN_MS: u64 = 1_000;

/// Opens the socket. The first frame is `session:hello` with a ticket.
#[utoipa::path(
    get, path = "/api/v1/realtime", tag = "realtime",
    responses(
        (status = 101, description = "The connection goes on as a WebSocket with the subprotocol tabspace.v1."),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    address: Address,
    mut request: Request,
) -> Result<Response, Failure> {
    if !origin::may_open_socket(&app, request.headers()) {
        return Err(Code::ForeignOrigin.into());
    }
    if !offers_subprotocol(request.headers()) {
        return Err(Code::Version.into());
    }
    let accept = accept_key(request.method(), request.headers()).ok_or(Code::Malformed)?;
    let upgrade = request
        .extensions_mut()
        .remove::<OnUpgrade>()
        .ok_or(Code::Malformed)?;
    // Anybody may open a socket; who is behind it is known with the first frame.
    let Ok(stranger) = Arc::clone(&app.strangers).try_acquire_owned() else {
        return Err(Failure::Refused(Refusal {
            retry_after_ms: Some(COME_AGAIN_MS),
            ..Code::TooFast.into()
        }));
    };
    // While it is a stranger's, the log tells of it under the request's id.
    let greeted = Box::pin(greet(app, upgrade, address, stranger).in_current_span());
    tokio::spawn(serve(greeted));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    Ok(response)
}

fn offers_subprotocol(headers: &HeaderMap) -> bool {
    has_word(headers, header::SEC_WEBSOCKET_PROTOCOL, |offer| {
        offer == SUBPROTOCOL
    })
}

/// Whether one of the words of a header, which may be there several times, is as wanted.
fn has_word(headers: &HeaderMap, name: HeaderName, wanted: impl Fn(&str) -> bool) -> bool {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| wanted(word.trim()))
}

/// The proof that the upgrade was understood (RFC 6455, section 4.2). `None` when it is none.
fn accept_key(method: &Method, headers: &HeaderMap) -> Option<HeaderValue> {
    let upgrades = has_word(headers, header::CONNECTION, |word| {
        word.eq_ignore_ascii_case("upgrade")
    }) && has_word(headers, header::UPGRADE, |word| {
        word.eq_ignore_ascii_case("websocket")
    }) && headers.get(header::SEC_WEBSOCKET_VERSION)? == "13";
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    (method == Method::GET && upgrades)
        .then(|| derive_accept_key(key.as_bytes()))
        .and_then(|accept| accept.try_into().ok())
}

/// A socket's life, from when the answer to its upgrade is written.
async fn serve(greeted: Pin<Box<impl Future<Output = Option<Box<Connection>>>>>) {
    if let Some(connection) = greeted.await {
        connection.serve().await;
    }
}

/// Lets somebody introduce himself. What this takes is given back before the connection goes on.
async fn greet(
    app: Arc<App>,
    upgrade: OnUpgrade,
    address: Address,
    stranger: OwnedSemaphorePermit,
) -> Option<Box<Connection>> {
    let upgraded = match upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!(%error, "a connection went away during its upgrade");
            return None;
        }
    };
    let Ok(Parts { io, read_buf, .. }) = downcast::<TokioIo<TcpStream>>(upgraded) else {
        tracing::error!("a connection that is not TCP cannot become a socket; it is closed");
        return None;
    };
    let outbox = Arc::new(Outbox::new(
        io.into_inner(),
        app.outbox_bytes,
        app.metrics.signals_too_slow.clone(),
    ));
    let mut reader = Reader::new(read_buf, HELLO_BYTES);
    let introduced = tokio::time::timeout(app.timings.introduction, hello(&app, &outbox, &mut reader)).await;
    match introduced {
        Ok(Some(Ok(bearer))) => {
            drop(stranger);
            reader.trust();
            welcome(&app, &outbox, &bearer);
            return Some(Connection::attach(app, &bearer, address, outbox, reader));
        }
        Ok(Some(Err(code))) => {
            app.metrics.count_refusal(code);
            outbox.push_last_words(wire::encode(&code.into()));
            outbox.push_last_words(wire::close(None));
            // The other side may be gone already or not listen; there is nobody else to tell.
            drop(tokio::time::timeout(app.timings.introduction, outbox.parted()).await);
        }
        // It went away, or said nothing for too long.
        Ok(None) | Err(_) => {}
    }
    outbox.close();
    None
}

/// Waits for the first frame. `None` when the other side went away.
async fn hello(app: &App, outbox: &Outbox, reader: &mut Reader) -> Option<Result<Bearer, Code>> {
    loop {
        let said = reader.read();
        if let Some(answers) = reader.take_answers() {
            outbox.push(&answers, Kind::Event);
        }
        let text = match said {
            Ok(Some(Said::Text(text))) => text,
            Ok(Some(Said::Binary)) => return Some(Err(Code::HelloFirst)),
            Err(Unreadable::TooLarge) => return Some(Err(Code::TooLarge)),
            Ok(Some(Said::Close)) | Err(Unreadable::Broken) => return None,
            Ok(None) => {
                match outbox.turn(false).await {
                    Turn::Heard(arrived) => reader.feed(arrived),
                    Turn::Over(_) => return None,
                    Turn::Room | Turn::Unlisted(_) => {}
                }
                continue;
            }
        };
        return Some(match ClientFrame::parse(&text) {
            Ok(ClientFrame::Hello { versions, .. }) if !versions.contains(&VERSION) => Err(Code::Version),
            Ok(ClientFrame::Hello { ticket, .. }) => {
                app.tickets.take(&ticket, app.clock.now()).ok_or(Code::BadTicket)
            }
            Ok(_) => Err(Code::HelloFirst),
            Err(code) => Err(code),
        });
    }
}

fn welcome(app: &App, outbox: &Outbox, bearer: &Bearer) {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let ice_servers = if app.stun.is_empty() {
        Vec::new()
    } else {
        vec![IceServer {
            urls: app.stun.clone(),
        }]
    };
    outbox.send(&ServerFrame::Welcome {
        version: VERSION,
        device: bearer.device,
        time: app.clock.now(),
        heartbeat_ms: millis(app.timings.heartbeat),
        dead_after_ms: millis(app.timings.dead_after),
        ice_servers,
    });
}
