//! A folder that the person picked, by the File System Access API: its files, and the right to use it.
//!
//! A file is written to a temporary one beside it, which takes its place when it is whole (`createWritable`).

use js_sys::{AsyncIterator, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::store::Store;
use super::{Failure, object, property};
use crate::library::backup::FILE_BYTES;
use crate::library::backup::folder::standing::{Standing, Why};
use crate::record::FOLDER_DATABASE;

/// Names that are read of a folder. A backup folder holds some dozens.
const MOST_NAMES: usize = 10_000;
const HANDLE: &str = "handle";
const STANDING: &str = "standing";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = showDirectoryPicker)]
    fn pick_directory(options: &JsValue) -> Result<Promise, JsValue>;

    #[derive(Debug, Clone)]
    type Directory;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Directory) -> String;
    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    fn file(this: &Directory, name: &str, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEntry)]
    fn remove(this: &Directory, name: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn keys(this: &Directory) -> Result<AsyncIterator, JsValue>;
    #[wasm_bindgen(method, catch, js_name = queryPermission)]
    fn query_permission(this: &Directory, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = requestPermission)]
    fn request_permission(this: &Directory, options: &JsValue) -> Result<Promise, JsValue>;

    type Handle;
    #[wasm_bindgen(method, catch, js_name = createWritable)]
    fn writable(this: &Handle) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFile)]
    fn get_file(this: &Handle) -> Result<Promise, JsValue>;

    type Writing;
    #[wasm_bindgen(method, catch)]
    fn write(this: &Writing, text: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &Writing) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn abort(this: &Writing) -> Result<Promise, JsValue>;
}

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder(Directory);

impl Folder {
    /// Asks the person for one. To be called straight from a click. `None` when the person picked none.
    ///
    /// # Errors
    /// What the browser refused.
    pub async fn pick() -> Result<Option<Self>, Why> {
        let options = object([("mode", "readwrite".into()), ("id", "tabspace".into())]);
        let picked = match pick_directory(&options) {
            Ok(promise) => JsFuture::from(promise).await,
            Err(refused) => Err(refused),
        };
        match picked {
            Ok(handle) => Ok(Some(Self::of(handle))),
            Err(error) if name_of(&error) == "AbortError" => Ok(None),
            Err(error) => Err(why(error)),
        }
    }

    /// The folder of a `FileSystemDirectoryHandle`.
    pub fn of(handle: JsValue) -> Self {
        Self(handle.unchecked_into())
    }

    /// Its name, without where it is.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Whether it may be used without asking.
    pub async fn is_allowed(&self) -> bool {
        granted(self.0.query_permission(&both())).await
    }

    /// Asks the person to allow it again. To be called straight from a click.
    pub async fn ask(&self) -> bool {
        granted(self.0.request_permission(&both())).await
    }

    /// The names of what is in it.
    ///
    /// # Errors
    /// What the browser refused.
    pub async fn names(&self) -> Result<Vec<String>, Why> {
        let names = self.0.keys().map_err(why)?;
        let mut list = Vec::new();
        while list.len() < MOST_NAMES {
            let next = settled(names.next()).await?;
            if property(&next, "done").is_truthy() {
                break;
            }
            list.extend(property(&next, "value").as_string());
        }
        Ok(list)
    }

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// What the browser refused; then a file of this name is as it was, or not there.
    pub async fn write(&self, name: &str, text: &str) -> Result<(), Why> {
        let was_there = settled(self.0.file(name, &JsValue::UNDEFINED)).await.is_ok();
        let written = self.write_to(name, text).await;
        if written.is_err() && !was_there {
            // The empty one that stood for it.
            let _ = self.remove(name).await;
        }
        written
    }

    async fn write_to(&self, name: &str, text: &str) -> Result<(), Why> {
        let create = object([("create", true.into())]);
        let file: Handle = settled(self.0.file(name, &create)).await?.unchecked_into();
        let writing: Writing = settled(file.writable()).await?.unchecked_into();
        if let Err(why) = settled(writing.write(text)).await {
            let _ = settled(writing.abort()).await;
            return Err(why);
        }
        settled(writing.close()).await.map(drop)
    }

    /// Reads a file back.
    ///
    /// # Errors
    /// [`Why::FileGone`], or what the browser refused.
    pub async fn read(&self, name: &str) -> Result<Vec<u8>, Why> {
        let file = settled(self.0.file(name, &JsValue::UNDEFINED)).await;
        let file: Handle = match file {
            Err(Why::FolderGone) => return Err(Why::FileGone),
            file => file?.unchecked_into(),
        };
        let file: File = settled(file.get_file()).await?.unchecked_into();
        #[expect(
            clippy::cast_precision_loss,
            reason = "the largest file that is read is far from the limit"
        )]
        if file.size() > FILE_BYTES as f64 {
            return Err(Why::Unreadable);
        }
        let bytes = settled(Ok(file.array_buffer())).await?;
        Ok(Uint8Array::new(&bytes).to_vec())
    }

    /// Removes a file.
    ///
    /// # Errors
    /// What the browser refused.
    pub async fn remove(&self, name: &str) -> Result<(), Why> {
        settled(self.0.remove(name)).await.map(drop)
    }
}

/// The folder that was picked, and how it stands with it, as this browser keeps them.
pub struct Kept(Store);

impl Kept {
    /// Opens what is kept.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub async fn open() -> Result<Self, Failure> {
        Store::open(FOLDER_DATABASE).await.map(Self)
    }

    /// The folder.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub async fn folder(&self) -> Result<Option<Folder>, Failure> {
        let handle = self.0.find(HANDLE).await?;
        Ok(handle.is_object().then(|| Folder::of(handle)))
    }

    /// How it stands with it. What cannot be read is as if nothing had been done yet.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub async fn standing(&self) -> Result<Standing, Failure> {
        let text = self.0.find(STANDING).await?.as_string();
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    /// Keeps another folder, with which nothing was done yet.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub async fn keep_folder(&self, folder: &Folder) -> Result<(), Failure> {
        self.0.clear().await?;
        self.0.keep(HANDLE, folder.0.as_ref()).await
    }

    /// Keeps how it stands.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub async fn keep_standing(&self, standing: &Standing) -> Result<(), Failure> {
        let text = serde_json::to_string(standing).map_err(|error| Failure(error.to_string()))?;
        self.0.keep(STANDING, &text.into()).await
    }

    /// Forgets the folder. What is in it stays.
    ///
    /// # Errors
    /// When the browser's storage fails.
    pub async fn forget(&self) -> Result<(), Failure> {
        self.0.clear().await
    }
}

fn both() -> JsValue {
    object([("mode", "readwrite".into())])
}

async fn granted(asked: Result<Promise, JsValue>) -> bool {
    settled(asked).await.is_ok_and(|answer| answer == "granted")
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, Why> {
    JsFuture::from(promise.map_err(why)?).await.map_err(why)
}

fn name_of(error: &JsValue) -> String {
    property(error, "name").as_string().unwrap_or_default()
}

fn why(error: JsValue) -> Why {
    let name = name_of(&error);
    Why::of_browser(&name, Failure::from(error).0)
}
