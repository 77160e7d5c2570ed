//! Timers that are cancelled when they are dropped.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use gloo::timers::future::TimeoutFuture;
use protocol::Millis;

use super::clock;

/// The longest that is waited in one go; who waits for longer is called early and looks again.
const LONGEST_MS: i64 = 60 * 60 * 1000;

/// Resolves after so many milliseconds.
pub async fn pause(milliseconds: u32) {
    TimeoutFuture::new(milliseconds).await;
}

/// An alarm clock that is set to one moment at a time.
#[derive(Default)]
pub struct Alarm {
    set: RefCell<Option<(Millis, Timeout)>>,
}

impl Alarm {
    /// Calls back at this moment, instead of at the one it was set to; `None`: not at all.
    pub fn set(&self, at: Option<Millis>, then: impl FnOnce() + 'static) {
        let Some(at) = at else {
            self.set.replace(None);
            return;
        };
        if self.set.borrow().as_ref().is_some_and(|(set, _)| *set == at) {
            return;
        }
        let wait = at.since(clock::now()).clamp(0, LONGEST_MS);
        let timeout = Timeout::new(u32::try_from(wait).unwrap_or(0), then);
        self.set.replace(Some((at, timeout)));
    }

    /// It has rung.
    pub fn rang(&self) {
        if let Some((_, timeout)) = self.set.take() {
            timeout.forget();
        }
    }
}

/// Something that is done a little later, once, however often it is asked for meanwhile.
pub struct Soon {
    waiting: Rc<RefCell<Option<Timeout>>>,
    after_ms: u32,
    then: Rc<dyn Fn()>,
}

impl Soon {
    /// To be done this long after the first time it is asked for.
    pub fn new(after_ms: u32, then: impl Fn() + 'static) -> Self {
        Self {
            waiting: Rc::default(),
            after_ms,
            then: Rc::new(then),
        }
    }

    /// Asks for it.
    pub fn ask(&self) {
        if self.waiting.borrow().is_some() {
            return;
        }
        let (waiting, then) = (Rc::clone(&self.waiting), Rc::clone(&self.then));
        let timeout = Timeout::new(self.after_ms, move || {
            if let Some(timeout) = waiting.take() {
                timeout.forget();
            }
            then();
        });
        self.waiting.replace(Some(timeout));
    }
}
