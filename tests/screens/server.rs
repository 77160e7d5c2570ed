//! Serves what was built, as files: the extension's pages under `/extension`, the web page at the root.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tabspace_tests::{Result, extension, target_folder};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server. Ends with its value.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let pages = Router::new()
            .route("/_favicon/", get(favicon))
            .fallback(file)
            .with_state(Folders {
                extension: extension(),
                web: target_folder().join("web"),
                gallery: target_folder().join("gallery"),
            });
        let task = tokio::spawn(async move {
            // Ends only by being aborted.
            let _ = axum::serve(listener, pages).await;
        });
        Ok(Self { url, task })
    }

    /// The address of a path.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Folders {
    extension: PathBuf,
    web: PathBuf,
    gallery: PathBuf,
}

async fn file(State(folders): State<Folders>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.split('/').any(|part| part == "..") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (folder, path) = match path.split_once('/') {
        Some(("extension", rest)) => (&folders.extension, rest),
        Some(("gallery", rest)) => (&folders.gallery, rest),
        _ if Path::new(path).extension().is_none() => (&folders.web, "index.html"),
        _ => (&folders.web, path),
    };
    let file = folder.join(path);
    let content_type = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    match std::fs::read(&file) {
        Ok(bytes) => ([(CONTENT_TYPE, content_type)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "pageUrl")]
    page_url: String,
}

/// A favicon for any address: a square in one of a few colours.
async fn favicon(Query(wanted): Query<Wanted>) -> impl IntoResponse {
    const COLOURS: [&str; 6] = ["#b5410c", "#1a1d24", "#2457c5", "#a855f7", "#ff5a5f", "#0f766e"];
    let sum: usize = wanted.page_url.bytes().map(usize::from).sum();
    let picture = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='4' fill='{}'/></svg>",
        COLOURS[sum % COLOURS.len()]
    );
    ([(CONTENT_TYPE, "image/svg+xml")], picture)
}
