//! A small site on this machine with the pages that the tests save, visit and stream.
//!
//! - `/one` and `/two`: a title, a favicon, a link to each other.
//! - `/plain`: no favicon; its title is the query, `/plain?Some%20title`.
//! - `/counter`: draws a frame counter that survives a lossy video, and plays 440 Hz after a click on
//!   `#sound`. [`PROBE`] reads both.
//! - `/page/N`: one of many, each with a title; [`Site::asked`] says which were asked for.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Result;

/// Script that defines `readCounter(source)` and `measureTone(stream, milliseconds)`, to be evaluated in
/// the page that shows the streamed tab. `source` is a video, a canvas, an image or a video frame; the answer
/// is `{counter, drawnAtMs}`, or `null` when there is no whole code in the picture. A tone is `{hz, rms}`.
pub const PROBE: &str = include_str!("../site/probe.js");

/// Frequency of the tone that the counter page plays, in hertz.
pub const TONE_HZ: f64 = 440.0;

/// Root mean square of that tone as it is played: a sine of amplitude 0.3.
pub const TONE_RMS: f64 = 0.3 * std::f64::consts::FRAC_1_SQRT_2;

/// The numbered pages that were asked for.
type Asked = Arc<Mutex<Vec<usize>>>;

/// A running site. Ends with its value.
#[derive(Debug)]
pub struct Site {
    url: String,
    asked: Asked,
    server: JoinHandle<()>,
}

impl Site {
    /// Starts the site on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let asked = Asked::default();
        let pages = pages(&asked);
        let server = tokio::spawn(async move {
            // Ends only by being aborted; a connection's trouble is that connection's.
            let _ = axum::serve(listener, pages).await;
        });
        Ok(Self { url, asked, server })
    }

    /// The address of a page: `site.page("/one")`.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Site {
    /// The numbers of the pages `/page/N` that were asked for until now, each as often as it was; they are forgotten.
    pub fn asked(&self) -> Vec<usize> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn pages(asked: &Asked) -> Router {
    const HTML: &str = "text/html; charset=utf-8";
    const PNG: &str = "image/png";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let file = |content_type: &'static str, bytes: &'static [u8]| {
        get(move || async move { ([(CONTENT_TYPE, content_type)], bytes) })
    };
    let asked = Arc::clone(asked);
    let numbered = async move |Path(number): Path<usize>| {
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        ([(CONTENT_TYPE, HTML)], format!("<title>Page {number}</title>"))
    };
    Router::new()
        .route("/page/{number}", get(numbered))
        .route("/one", file(HTML, include_bytes!("../site/one.html")))
        .route("/two", file(HTML, include_bytes!("../site/two.html")))
        .route("/plain", file(HTML, include_bytes!("../site/plain.html")))
        .route("/counter", file(HTML, include_bytes!("../site/counter.html")))
        .route("/counter.js", file(SCRIPT, include_bytes!("../site/counter.js")))
        .route("/one.png", file(PNG, include_bytes!("../site/one.png")))
        .route("/two.png", file(PNG, include_bytes!("../site/two.png")))
}
