//! `GET /api/v1/realtime`: from the HTTP upgrade to a connection that has introduced itself.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::{ClientFrame, Code, Refusal, SUBPROTOCOL, ServerFrame, VERSION, frame::IceServer, limits};
use tokio::sync::OwnedSemaphorePermit;

use super::connection::Connection;
use super::outbox::{Outbox, encode};
use crate::App;
use crate::account::origin;
use crate::account::tickets::Bearer;
use crate::error::Failure;

/// Bytes of a connection's read buffer; axum's 128 KiB would be most of an idle connection.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes of the first frame. The library reads any frame up to the limit it was given for all, so this
/// bounds what is parsed; what is held is bounded by how many may be open without an introduction.
const HELLO_BYTES: usize = 4 * 1024;
/// When somebody should come again who found too many strangers before him.
const COME_AGAIN_MS: u64 = 1_000;
/// Bytes that are gathered before they are written.
const WRITE_BUFFER: usize = 16 * 1024;

/// Opens the socket. The first frame is `session:hello` with a ticket.
#[utoipa::path(
    get, path = "/api/v1/realtime", tag = "realtime",
    responses(
        (status = 101, description = "The connection goes on as a WebSocket with the subprotocol tabspace.v1."),
        (status = "4XX", body = protocol::Refusal),
        (status = "5XX", body = protocol::Refusal),
    )
)]
pub(crate) async fn open(State(app): State<Arc<App>>, request: Request) -> Result<Response, Failure> {
    let (mut parts, _) = request.into_parts();
    if !origin::may_open_socket(&app, &parts.headers) {
        return Err(Code::ForeignOrigin.into());
    }
    if !offers_subprotocol(&parts.headers) {
        return Err(Code::Version.into());
    }
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &app).await else {
        return Err(Code::Malformed.into());
    };
    // Anybody may open a socket; who is behind it is known with the first frame.
    let Ok(stranger) = Arc::clone(&app.strangers).try_acquire_owned() else {
        return Err(Failure::Refused(Refusal {
            retry_after_ms: Some(COME_AGAIN_MS),
            ..Code::TooFast.into()
        }));
    };
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        // What is a little too large is answered with a code; only what is far too large ends the connection.
        .max_message_size(2 * limits::FRAME_BYTES)
        .max_frame_size(2 * limits::FRAME_BYTES)
        .on_upgrade(move |socket| greet(app, socket, stranger)))
}

fn offers_subprotocol(headers: &HeaderMap) -> bool {
    let offered = headers
        .get_all("sec-websocket-protocol")
        .iter()
        .filter_map(|value| value.to_str().ok());
    offered
        .flat_map(|value| value.split(','))
        .any(|offer| offer.trim() == SUBPROTOCOL)
}

async fn greet(app: Arc<App>, mut socket: WebSocket, stranger: OwnedSemaphorePermit) {
    let introduced = tokio::time::timeout(app.timings.introduction, hello(&app, &mut socket)).await;
    if matches!(introduced, Ok(Some(Ok(_)))) {
        drop(stranger);
    }
    match introduced {
        Ok(Some(Ok(bearer))) => welcome(app, socket, bearer).await,
        Ok(Some(Err(code))) => {
            app.metrics.count_refusal(code);
            // The other side may be gone already or not listen; there is nobody else to tell.
            drop(tokio::time::timeout(app.timings.introduction, turn_away(&mut socket, code)).await);
        }
        // It went away, or said nothing for too long.
        Ok(None) | Err(_) => {}
    }
}

async fn turn_away(socket: &mut WebSocket, code: Code) -> Result<(), axum::Error> {
    socket.send(Message::Text(encode(&code.into()))).await?;
    socket.send(Message::Close(None)).await
}

/// Waits for the first frame. `None` when the other side went away.
async fn hello(app: &App, socket: &mut WebSocket) -> Option<Result<Bearer, Code>> {
    loop {
        let text = match socket.recv().await?.ok()? {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Binary(_) => return Some(Err(Code::HelloFirst)),
            Message::Close(_) => return None,
        };
        if text.len() > HELLO_BYTES {
            return Some(Err(Code::TooLarge));
        }
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

async fn welcome(app: Arc<App>, socket: WebSocket, bearer: Bearer) {
    let outbox = Arc::new(Outbox::new(app.outbox_bytes));
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
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
    Connection::attach(app, bearer, outbox).serve(socket).await;
}
