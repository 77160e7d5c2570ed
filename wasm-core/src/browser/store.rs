//! Storage: one IndexedDB database with one object store, text keys to JSON texts.
//!
//! A batch is one transaction with strict durability: when [`Store::commit`] resolves, it is on the disk.
//! Transactions are started in the order of the calls, and IndexedDB runs those that write one after another.

use std::future::Future;

use js_sys::{Array, Promise};
use protocol::SpaceId;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction};

use super::{Failure, object, settled};
use crate::library::past;
use crate::record::{Batch, PAST, Write, log_prefix, space_key};

const RECORDS: &str = "records";
/// Comes after every character that stands in a key.
const AFTER: char = '\u{ffff}';

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = indexedDB)]
    static FACTORY: Option<web_sys::IdbFactory>;

    #[wasm_bindgen(catch, js_namespace = indexedDB, js_name = databases)]
    fn databases() -> Result<Promise, JsValue>;

    /// `IDBDatabase.transaction` with its third argument, which web-sys has only as unstable.
    #[wasm_bindgen(extends = IdbDatabase)]
    type Transactions;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn begin(
        this: &Transactions,
        store: &str,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    database: IdbDatabase,
}

impl Store {
    /// Opens the database of this name, making it if there is none.
    pub async fn open(name: &str) -> Result<Self, Failure> {
        let factory = FACTORY
            .with(Clone::clone)
            .ok_or_else(|| Failure("IndexedDB is not available".to_owned()))?;
        let opening: IdbOpenDbRequest = factory.open_with_u32(name, 1)?;
        let upgrading = opening.clone();
        let upgrade = Closure::once(move || {
            // A failure here fails the whole opening.
            if let Ok(database) = upgrading.result().and_then(JsCast::dyn_into::<IdbDatabase>) {
                let _ = database.create_object_store(RECORDS);
            }
        });
        opening.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database: IdbDatabase = done(&opening).await?.dyn_into()?;
        let closing = database.clone();
        // Another version of TabSpace wants to upgrade: it must not be kept waiting.
        let outdated = Closure::once_into_js(move || closing.close());
        database.set_onversionchange(Some(outdated.unchecked_ref()));
        Ok(Self { database })
    }

    /// Calls back when the connection is over: the browser's data was cleared.
    pub fn on_lost(&self, act: impl Fn() + 'static) {
        let closing = self.database.clone();
        let lost = Closure::<dyn Fn()>::new(move || {
            // Who deletes or upgrades it must not be kept waiting.
            closing.close();
            act();
        });
        let lost = lost.into_js_value();
        self.database.set_onversionchange(Some(lost.unchecked_ref()));
        self.database.set_onclose(Some(lost.unchecked_ref()));
    }

    /// The database's name.
    pub fn name(&self) -> String {
        self.database.name()
    }

    /// Everything there is, in the order of the keys.
    pub async fn load_all(&self) -> Result<Vec<(String, String)>, Failure> {
        self.load(&[JsValue::UNDEFINED]).await
    }

    /// Everything but what is past, in the order of the keys: however long the past is, this takes no longer.
    pub async fn load_present(&self) -> Result<Vec<(String, String)>, Failure> {
        let before = IdbKeyRange::upper_bound_with_open(&PAST.into(), true)?;
        let after = IdbKeyRange::lower_bound_with_open(&format!("{PAST}{AFTER}").into(), true)?;
        self.load(&[before.into(), after.into()]).await
    }

    /// Everything that tells what a private space was and is.
    pub async fn load_log(&self, space: SpaceId) -> Result<Vec<(String, String)>, Failure> {
        let now = IdbKeyRange::only(&space_key(space).into())?;
        let (past, log) = (past::prefix(space), log_prefix(space));
        self.load(&[between(&past)?, between(&log)?, now.into()]).await
    }

    /// Everything whose key begins like this.
    pub async fn load_prefix(&self, prefix: &str) -> Result<Vec<(String, String)>, Failure> {
        self.load(&[between(prefix)?]).await
    }

    /// All keys, in order.
    pub async fn keys(&self) -> Result<Vec<String>, Failure> {
        let store = self
            .database
            .transaction_with_str(RECORDS)?
            .object_store(RECORDS)?;
        let keys: Array = done(&store.get_all_keys()?).await?.unchecked_into();
        Ok(keys.into_iter().filter_map(|key| key.as_string()).collect())
    }

    async fn load(&self, ranges: &[JsValue]) -> Result<Vec<(String, String)>, Failure> {
        let store = self
            .database
            .transaction_with_str(RECORDS)?
            .object_store(RECORDS)?;
        // All requests see the same transaction, hence the same records; they are answered in their order.
        let mut requests = Vec::with_capacity(ranges.len());
        for range in ranges {
            requests.push((
                store.get_all_keys_with_key(range)?,
                store.get_all_with_key(range)?,
            ));
        }
        let texts = |array: Array| array.into_iter().map(|text| text.as_string().unwrap_or_default());
        let mut records = Vec::new();
        for (keys, values) in requests {
            let (keys, values): (Array, Array) = (
                done(&keys).await?.unchecked_into(),
                done(&values).await?.unchecked_into(),
            );
            records.extend(texts(keys).zip(texts(values)));
        }
        Ok(records)
    }

    /// Writes a batch, all or nothing. The transaction begins now, not when the future is polled.
    pub fn commit(&self, batch: &Batch) -> impl Future<Output = Result<(), Failure>> + use<> {
        let begun = self.begin(batch).map(ended);
        async move { begun?.await }
    }

    /// What is kept under a key as the browser's own value, which need not be text; `undefined` for nothing.
    pub async fn find(&self, key: &str) -> Result<JsValue, Failure> {
        let store = self
            .database
            .transaction_with_str(RECORDS)?
            .object_store(RECORDS)?;
        done(&store.get(&key.into())?).await
    }

    /// Keeps a value as the browser has it.
    pub async fn keep(&self, key: &str, value: &JsValue) -> Result<(), Failure> {
        let options = object([("durability", JsValue::from_str("strict"))]);
        let database: &Transactions = self.database.unchecked_ref();
        let transaction = database.begin(RECORDS, "readwrite", &options)?;
        let store = transaction.object_store(RECORDS)?;
        store.put_with_key(value, &key.into())?;
        ended(transaction).await
    }

    /// Deletes everything.
    pub async fn clear(&self) -> Result<(), Failure> {
        let options = object([("durability", JsValue::from_str("strict"))]);
        let database: &Transactions = self.database.unchecked_ref();
        let transaction = database.begin(RECORDS, "readwrite", &options)?;
        transaction.object_store(RECORDS)?.clear()?;
        ended(transaction).await
    }

    fn begin(&self, batch: &Batch) -> Result<IdbTransaction, Failure> {
        let options = object([("durability", JsValue::from_str("strict"))]);
        let database: &Transactions = self.database.unchecked_ref();
        let transaction = database.begin(RECORDS, "readwrite", &options)?;
        let written = transaction
            .object_store(RECORDS)
            .map_err(Failure::from)
            .and_then(|store| write(&store, batch));
        if let Err(failure) = written {
            // Half a batch must not be committed.
            let _ = transaction.abort();
            return Err(failure);
        }
        Ok(transaction)
    }
}

/// The keys that begin like this.
fn between(prefix: &str) -> Result<JsValue, Failure> {
    let range = IdbKeyRange::bound(&prefix.into(), &format!("{prefix}{AFTER}").into())?;
    Ok(range.into())
}

fn write(store: &IdbObjectStore, batch: &Batch) -> Result<(), Failure> {
    for write in &batch.writes {
        match write {
            Write::Put(key, text) => store.put_with_key(&text.into(), &key.into())?,
            Write::Delete(key) => store.delete(&key.into())?,
        };
    }
    Ok(())
}

/// Waits for a request.
async fn done(request: &IdbRequest) -> Result<JsValue, Failure> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match settled(promise).await {
        Ok(_) => Ok(request.result()?),
        Err(_) => Err(reason(request.error().ok().flatten())),
    }
}

/// Waits until a transaction is on the disk. It listens from now on: when the future is first polled, the
/// transaction may have ended.
fn ended(transaction: IdbTransaction) -> impl Future<Output = Result<(), Failure>> {
    let promise = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    let listening = JsFuture::from(promise);
    async move { listening.await.map(drop).map_err(|_| reason(transaction.error())) }
}

fn reason(error: Option<web_sys::DomException>) -> Failure {
    Failure(error.map_or_else(
        || "the browser's storage failed".to_owned(),
        |error| error.message(),
    ))
}

/// Whether there is a database of this name. Where the browser does not tell: no.
pub async fn exists(name: &str) -> bool {
    let Ok(promise) = databases() else { return false };
    let Ok(list) = settled(promise).await else {
        return false;
    };
    Array::from(&list)
        .iter()
        .any(|database| super::property(&database, "name").as_string().as_deref() == Some(name))
}
