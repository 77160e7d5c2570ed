//! The favicons that Chrome keeps: no site is asked.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::browser::Failure;
use crate::browser::fetch::{Body, request};

const TIMEOUT_MS: u32 = 2_000;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn btoa(bytes: &str) -> Result<String, JsValue>;
}

/// Reads them.
#[derive(Default)]
pub(crate) struct Kept {
    /// What Chrome shows for a page without a favicon.
    none: RefCell<Option<Vec<u8>>>,
}

impl Kept {
    /// The favicon of an address, a PNG; `None` when there is none, or it is larger than this.
    pub(crate) async fn find(&self, url: &str, most_bytes: usize) -> Result<Option<Vec<u8>>, Failure> {
        if self.none.borrow().is_none() {
            let none = fetch("https://none.invalid/").await?;
            self.none.replace(Some(none));
        }
        let png = fetch(url).await?;
        let usable = png.starts_with(PNG) && png.len() <= most_bytes;
        Ok(Some(png).filter(|png| usable && self.none.borrow().as_ref() != Some(png)))
    }
}

/// A picture as a `data:` address.
pub(crate) fn data_address(png: &[u8]) -> Result<String, Failure> {
    let letters: String = png.iter().copied().map(char::from).collect();
    Ok(format!("data:image/png;base64,{}", btoa(&letters)?))
}

async fn fetch(url: &str) -> Result<Vec<u8>, Failure> {
    let address = format!(
        "/_favicon/?pageUrl={}&size=32",
        String::from(js_sys::encode_uri_component(url))
    );
    Ok(request("GET", &address, None, Body::Empty, TIMEOUT_MS)
        .await?
        .bytes)
}
