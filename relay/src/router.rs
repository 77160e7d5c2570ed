//! The whole HTTP surface.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use axum::{Json, Router};
use protocol::{Code, limits};
use tokio::time::Instant;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;
use utoipa::OpenApi;

use crate::account::{recovery, routes as account};
use crate::error::{Broken, Failure};
use crate::favicon::routes as favicon;
use crate::health::routes as health;
use crate::invite::routes as invite;
use crate::live::socket;
use crate::log::routes as log;
use crate::message::routes as message;
use crate::request_id::{self, RequestId};
use crate::space::routes as space;
use crate::{App, page};

/// One method of one path of the API.
struct Route(
    &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the handler knows it too; the test compares")
    )]
    Method,
    MethodRouter<Arc<App>>,
);

fn api() -> Vec<Route> {
    vec![
        Route("/api/v1/guests", Method::POST, post(account::create_guest)),
        Route("/api/v1/me", Method::GET, get(account::get_me)),
        Route("/api/v1/me", Method::PATCH, patch(account::rename_me)),
        Route("/api/v1/me/recovery", Method::GET, get(recovery::get_recovery)),
        Route("/api/v1/me/recovery", Method::POST, post(recovery::make_recovery)),
        Route(
            "/api/v1/me/recovery",
            Method::DELETE,
            delete(recovery::revoke_recovery),
        ),
        Route(
            "/api/v1/me/others",
            Method::DELETE,
            delete(recovery::sign_out_others),
        ),
        Route("/api/v1/recovery", Method::POST, post(recovery::recover)),
        Route("/api/v1/spaces", Method::POST, post(space::create_space)),
        Route("/api/v1/spaces/{space}", Method::GET, get(space::get_space)),
        Route("/api/v1/spaces/{space}/ops", Method::POST, post(log::submit_ops)),
        Route(
            "/api/v1/spaces/{space}/events",
            Method::GET,
            get(log::list_events),
        ),
        Route(
            "/api/v1/spaces/{space}/messages",
            Method::GET,
            get(message::list_messages),
        ),
        Route(
            "/api/v1/spaces/{space}/invites",
            Method::POST,
            post(invite::create_invite),
        ),
        Route(
            "/api/v1/spaces/{space}/invites",
            Method::GET,
            get(invite::list_invites),
        ),
        Route(
            "/api/v1/spaces/{space}/invites/{invite}",
            Method::DELETE,
            delete(invite::revoke_invite),
        ),
        Route(
            "/api/v1/spaces/{space}/favicons/{hash}",
            Method::PUT,
            put(favicon::put_favicon),
        ),
        Route(
            "/api/v1/spaces/{space}/favicons/{hash}",
            Method::GET,
            get(favicon::get_favicon),
        ),
        Route(
            "/api/v1/invites/preview",
            Method::POST,
            post(invite::preview_invite),
        ),
        Route(
            "/api/v1/invites/redeem",
            Method::POST,
            post(invite::redeem_invite),
        ),
        Route(
            "/api/v1/realtime/tickets",
            Method::POST,
            post(account::create_ticket),
        ),
        Route("/api/v1/realtime", Method::GET, get(socket::open)),
        Route("/api/v1/openapi.json", Method::GET, get(openapi)),
    ]
}

/// What [`api`] says, for programs.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "TabSpace relay",
        description = "Spaces of tabs, shared live. Errors are a Refusal; of those with 503 (store_away, going_away) \
                       nothing was lost, and the same request may succeed later."
    ),
    paths(
        account::create_guest,
        account::get_me,
        account::rename_me,
        recovery::get_recovery,
        recovery::make_recovery,
        recovery::revoke_recovery,
        recovery::sign_out_others,
        recovery::recover,
        account::create_ticket,
        space::create_space,
        space::get_space,
        log::submit_ops,
        log::list_events,
        message::list_messages,
        invite::create_invite,
        invite::list_invites,
        invite::revoke_invite,
        invite::preview_invite,
        invite::redeem_invite,
        favicon::put_favicon,
        favicon::get_favicon,
        socket::open,
        openapi,
    )
)]
struct Document;

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", responses((status = 200)))]
async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

/// Everything that the relay answers.
pub(crate) fn router(app: Arc<App>) -> Router {
    let never_kept =
        SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let api = api()
        .into_iter()
        .fold(Router::new(), |router, Route(path, _, handler)| {
            router.route(path, handler)
        })
        // Before the layers: another origin's preflight asks with a method of its own.
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(limits::FRAME_BYTES))
        .layer(never_kept)
        .layer(any_origin());
    let pages = Router::new()
        .route("/", get(page::index))
        .route("/join", get(page::index))
        .route("/s/{space}", get(page::index))
        .fallback(page::file)
        .layer(CompressionLayer::new());
    let health = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    pages
        .merge(api)
        .merge(health)
        .layer(from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

async fn no_such_method() -> Failure {
    Code::NotFound.into()
}

/// Any page may call with a bearer token; none gets to read what a cookie would give it, because answers are
/// never shared "with credentials".
fn any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
        ])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, request_id::HEADER])
        .expose_headers([header::RETRY_AFTER, request_id::HEADER])
        .max_age(std::time::Duration::from_hours(24))
}

/// Names, counts and logs a request: method, route and status; never its path or what it bears.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = RequestId::of_request(request.headers(), &app.random);
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("(page)", MatchedPath::as_str);
    let began = Instant::now();
    let span = tracing::debug_span!("request", id = id.as_str(), method, route);
    let mut response = next.run(request).instrument(span).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    app.metrics.count_request(method, route, status, took);
    let code = response.extensions().get::<Code>().copied();
    if let Some(code) = code {
        app.metrics.count_refusal(code);
    }
    if let Some(Broken(error)) = response.extensions().get() {
        // Made now, so that requests that go well need none.
        let span = tracing::error_span!("request", id = id.as_str(), method, route);
        span.in_scope(|| error.handle(&app.metrics));
    }
    let (code, seconds) = (code.map(Code::as_str), took.as_secs_f64());
    tracing::debug!(id = id.as_str(), method, route, status, code, seconds, "answered");
    if let Some(id) = id.into_header() {
        response.headers_mut().insert(request_id::HEADER, id);
    }
    response
}

/// The method, if it is a usual one: anybody may invent others, and each would be a series.
fn method_name(method: &Method) -> &'static str {
    const USUAL: [&Method; 7] = [
        &Method::GET,
        &Method::POST,
        &Method::PATCH,
        &Method::PUT,
        &Method::DELETE,
        &Method::HEAD,
        &Method::OPTIONS,
    ];
    let usual = USUAL.into_iter().find(|usual| *usual == method);
    usual.map_or("other", |method| method.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_tells_of_every_route_and_of_no_other() {
        let routes: BTreeSet<(String, String)> = api()
            .iter()
            .map(|Route(path, method, _)| ((*path).to_owned(), method.to_string()))
            .collect();
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let told = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (path.clone(), method.to_uppercase()))
        });
        assert_eq!(told.collect::<BTreeSet<_>>(), routes);
        for (path, methods) in paths.iter().filter(|(path, _)| !path.ends_with("openapi.json")) {
            for method in methods.as_object().unwrap().values() {
                let answers = method["responses"].as_object().unwrap();
                assert!(
                    answers.contains_key("4XX") && answers.contains_key("5XX"),
                    "{path}"
                );
            }
        }
    }
}
