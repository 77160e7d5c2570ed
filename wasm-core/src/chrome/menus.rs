//! `chrome.contextMenus`: the menu on pages, links and the icon.

use std::hash::{DefaultHasher, Hash, Hasher};

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::{badge, storage};
use crate::browser::{Failure, object, settled};
use crate::library::menu::{Item, Title};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "contextMenus"], js_name = removeAll)]
    fn remove_all() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "contextMenus"], js_name = create)]
    fn create(item: &JsValue) -> Result<JsValue, JsValue>;
}

/// Makes the menu what it is to be. Chrome keeps it when the worker dies: one that is there already is left.
pub(crate) async fn make(items: &[Item]) -> Result<(), Failure> {
    let mut made_of = DefaultHasher::new();
    items.hash(&mut made_of);
    let made_of = made_of.finish().to_string();
    if storage::menu().await?.as_ref() == Some(&made_of) {
        return Ok(());
    }
    settled(remove_all()?).await?;
    for item in items {
        let title = match &item.title {
            Title::Message(name) => badge::message(name)?,
            Title::Name(name) => name.clone(),
        };
        let places: &[&str] = if item.on_links {
            &["link"]
        } else {
            &["page", "frame", "action"]
        };
        let places: Array = places.iter().map(|place| JsValue::from_str(place)).collect();
        let looks = object([
            ("id", item.id.as_str().into()),
            ("title", title.into()),
            ("contexts", places.into()),
            (
                "parentId",
                item.under
                    .as_deref()
                    .map_or(JsValue::UNDEFINED, JsValue::from_str),
            ),
        ]);
        create(&looks)?;
    }
    storage::keep_menu(&made_of).await
}
