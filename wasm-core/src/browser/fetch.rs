//! HTTP requests, in a page as in a worker.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Request, RequestInit, Response};

use super::{Failure, settled};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn start(request: &Request) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = AbortSignal, js_name = timeout)]
    fn abort_after(milliseconds: u32) -> Result<web_sys::AbortSignal, JsValue>;
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// A JSON text.
    Json(&'a str),
    /// A PNG.
    Png(&'a [u8]),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Makes a request. Any status is an answer.
///
/// # Errors
/// When no whole answer came in time.
pub async fn request(
    method: &str,
    url: &str,
    token: Option<&str>,
    body: Body<'_>,
    timeout_ms: u32,
) -> Result<Answer, Failure> {
    let headers = Headers::new()?;
    if let Some(token) = token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let init = RequestInit::new();
    init.set_method(method);
    match body {
        Body::Empty => {}
        Body::Json(text) => {
            headers.set("content-type", "application/json")?;
            init.set_body(&JsValue::from_str(text));
        }
        Body::Png(bytes) => {
            headers.set("content-type", "image/png")?;
            init.set_body(&Uint8Array::from(bytes));
        }
    }
    init.set_headers(&headers);
    init.set_signal(Some(&abort_after(timeout_ms)?));
    let response: Response = settled(start(&Request::new_with_str_and_init(url, &init)?)?)
        .await?
        .dyn_into()?;
    let bytes = Uint8Array::new(&settled(response.array_buffer()?).await?).to_vec();
    Ok(Answer {
        status: response.status(),
        bytes,
    })
}

/// Whether anything at all answers there, even if it does not let this page read what.
pub async fn answers(url: &str, timeout_ms: u32) -> bool {
    let knock = async {
        let init = RequestInit::new();
        init.set_mode(web_sys::RequestMode::NoCors);
        init.set_signal(Some(&abort_after(timeout_ms)?));
        settled(start(&Request::new_with_str_and_init(url, &init)?)?).await
    };
    knock.await.is_ok()
}
