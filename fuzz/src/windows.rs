//! What Chrome says of a window that a private space follows: a look a line. Whatever is seen, the space stays
//! whole and is the same when the service worker starts again between two looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::{Millis, SpaceId};
use wasm_core::library::engine::Engine;
use wasm_core::library::follow::WindowSeen;
use wasm_core::session::Effect;
use wasm_core::view::SpaceView;

use crate::disk::Disk;
use crate::text::text;

const WINDOW: i32 = 1;

struct Browser {
    engine: Engine,
    disk: Disk,
    seed: Arc<AtomicU64>,
    now: Millis,
}

impl Browser {
    fn start(disk: Disk, seed: Arc<AtomicU64>, now: Millis) -> Self {
        let random = Arc::clone(&seed);
        let next = move || u128::from(random.fetch_add(1, Ordering::Relaxed)) + 1;
        let (engine, damaged) = Engine::restore(&disk.records(), next);
        assert_eq!(damaged, Vec::<String>::new(), "what was written can be read");
        let mut browser = Self {
            engine,
            disk,
            seed,
            now,
        };
        browser.write();
        browser
    }

    fn write(&mut self) {
        while let Some(effect) = self.engine.poll() {
            if let Effect::Commit(batch) = effect {
                let number = batch.number;
                self.disk.write(batch);
                self.engine.session().committed(self.now, number);
            }
        }
    }

    fn look(&mut self, seen: WindowSeen) {
        self.now = self.now.plus(700);
        if self.engine.follows(WINDOW).is_none() {
            self.engine.save_window(self.now, WINDOW, seen, "Fuzzed");
        } else {
            self.engine.observe(self.now, WINDOW, seen);
        }
        self.write();
    }

    fn view(&mut self, space: SpaceId) -> SpaceView {
        self.engine.view(space).expect("the space is there")
    }

    /// The service worker dies and is started again.
    fn restart(mut self, space: SpaceId) -> Self {
        let before = self.view(space);
        let mut next = Self::start(self.disk, self.seed, self.now);
        assert_eq!(next.view(space), before);
        next
    }
}

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut browser = Browser::start(Disk::default(), Arc::default(), Millis(1_000));
    for line in text.lines() {
        match (line.split_once(' '), browser.engine.follows(WINDOW)) {
            (_, Some(space)) if line == "restart" => browser = browser.restart(space),
            (Some(("replaced", ids)), _) => {
                let mut ids = ids.split(' ').map(|id| id.parse().unwrap_or(0));
                if let (Some(old), Some(new)) = (ids.next(), ids.next()) {
                    browser.engine.tab_replaced(old, new);
                }
            }
            _ => {
                if let Ok(seen) = serde_json::from_str(line) {
                    browser.look(seen);
                }
            }
        }
    }
    if let Some(space) = browser.engine.follows(WINDOW) {
        browser.restart(space);
    }
}
