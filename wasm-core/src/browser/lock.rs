//! Web Locks: one holder of a name among all contexts of an origin. A lock ends with its context, whatever
//! kills it.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::{Failure, object, settled};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request(name: &str, options: &JsValue, granted: &JsValue) -> Result<Promise, JsValue>;
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Lock {
    release: Function,
}

impl Lock {
    /// Waits until the lock is free and takes it.
    pub async fn take(name: &str) -> Result<Self, Failure> {
        Self::ask(name, false)
            .await?
            .ok_or_else(|| Failure("the lock was not granted".to_owned()))
    }

    /// Takes the lock if it is free.
    pub async fn try_take(name: &str) -> Result<Option<Self>, Failure> {
        Self::ask(name, true).await
    }

    async fn ask(name: &str, only_if_free: bool) -> Result<Option<Self>, Failure> {
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let Some(release) = release else {
            return Err(Failure("no promise".to_owned()));
        };
        let mut tell = None;
        let answer = Promise::new(&mut |resolve, reject| tell = Some((resolve, reject)));
        let Some((tell, tell_failure)) = tell else {
            return Err(Failure("no promise".to_owned()));
        };
        let granted = Closure::once_into_js(move |lock: JsValue| -> Promise {
            let got = lock.is_truthy();
            // Calling a promise's own resolver does not throw.
            let _ = tell.call1(&JsValue::NULL, &JsValue::from_bool(got));
            if got {
                held
            } else {
                Promise::resolve(&JsValue::UNDEFINED)
            }
        });
        let options = object([("ifAvailable", JsValue::from_bool(only_if_free))]);
        let whole = request(name, &options, &granted)?;
        // The request itself ends when the lock is given back, or at once when it is refused.
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(failure) = settled(whole).await {
                let _ = tell_failure.call1(&JsValue::NULL, &JsValue::from_str(&failure.0));
            }
        });
        let got = settled(answer).await?.is_truthy();
        let lock = Self { release };
        Ok(if got { Some(lock) } else { None })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::NULL);
    }
}
