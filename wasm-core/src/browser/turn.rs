//! Taking turns: a lock among the tasks of one context, given to them in the order in which they asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;

use super::settled;

#[derive(Default)]
struct Line {
    taken: bool,
    waiting: VecDeque<Function>,
}

/// Something that one task at a time does.
#[derive(Clone, Default)]
pub struct Turns(Rc<RefCell<Line>>);

/// A turn, until it is dropped.
pub struct Turn(Rc<RefCell<Line>>);

impl Turns {
    /// Waits for a turn.
    pub async fn take(&self) -> Turn {
        let waits = {
            let mut line = self.0.borrow_mut();
            std::mem::replace(&mut line.taken, true)
        };
        if waits {
            let promise = Promise::new(&mut |resolve, _| self.0.borrow_mut().waiting.push_back(resolve));
            // It is only ever resolved.
            let _ = settled(promise).await;
        }
        Turn(Rc::clone(&self.0))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut line = self.0.borrow_mut();
            let next = line.waiting.pop_front();
            line.taken = next.is_some();
            next
        };
        if let Some(next) = next {
            // A promise's own resolver does not throw.
            let _ = next.call0(&JsValue::NULL);
        }
    }
}
