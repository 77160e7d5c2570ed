//! The favicons of shared tabs: Chrome has them, the relay keeps them for people without the extension.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Weak;

use js_sys::{Promise, Uint8Array};
use protocol::{SpaceId, limits};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Writer;
use crate::browser::timer::pause;
use crate::browser::{Failure, settled};
use crate::chrome::favicon::Kept;

/// Chrome needs a moment to fetch a new page's favicon; it is looked for at most this often.
const EVERY_MS: u32 = 700;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = digest)]
    fn digest(algorithm: &str, data: &Uint8Array) -> Result<Promise, JsValue>;
}

pub(super) struct Favicons {
    writer: Weak<Writer>,
    looking: Cell<bool>,
    /// Something changed while it was looking.
    again: Cell<bool>,
    /// What the relay has already, so that it is not sent twice.
    given: RefCell<BTreeSet<(SpaceId, String)>>,
    kept: Kept,
}

impl Favicons {
    pub(super) fn new(writer: Weak<Writer>) -> Self {
        Self {
            writer,
            looking: Cell::new(false),
            again: Cell::new(false),
            given: RefCell::default(),
            kept: Kept::default(),
        }
    }

    /// Looks for favicons that shared tabs lack.
    pub(super) fn look(&self) {
        self.again.set(true);
        if self.looking.replace(true) {
            return;
        }
        let weak = Weak::clone(&self.writer);
        spawn_local(async move {
            while let Some(writer) = weak.upgrade().filter(|writer| writer.favicons.again.take()) {
                let found = writer.find_favicons().await;
                // Without the relay, or without anything to find, the next change is soon enough.
                drop(writer);
                if found.is_err() {
                    break;
                }
                pause(EVERY_MS).await;
            }
            if let Some(writer) = weak.upgrade() {
                writer.favicons.looking.set(false);
            }
        });
    }
}

impl Writer {
    async fn find_favicons(&self) -> Result<(), Failure> {
        let wanted = self
            .performer
            .look(crate::library::engine::Engine::favicons_wanted);
        for (space, tab, url) in wanted {
            let Some(png) = self.favicons.kept.find(&url, limits::FAVICON_BYTES).await? else {
                continue;
            };
            let hash = sha256(&png).await?;
            let key = (space, hash.clone());
            if !self.favicons.given.borrow().contains(&key) {
                let put = self.performer.rest().put_favicon(space, &hash, &png).await;
                put.map_err(|trouble| Failure(trouble.to_string()))?;
                self.favicons.given.borrow_mut().insert(key);
            }
            self.performer
                .with(|engine, now| engine.favicon_found(now, space, tab, &url, hash));
        }
        Ok(())
    }
}

async fn sha256(bytes: &[u8]) -> Result<String, Failure> {
    let hash = settled(digest("SHA-256", &Uint8Array::from(bytes))?).await?;
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    Ok(Uint8Array::new(&hash)
        .to_vec()
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect())
}
