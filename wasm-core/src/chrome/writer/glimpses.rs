//! What the host sees of the own streams while a page shows their space: a small picture and how it goes out.

use std::rc::Rc;

use protocol::StreamId;

use super::Writer;
use crate::ask::{Glimpse, ToPage};
use crate::browser::capture::Capture;
use crate::browser::timer::pause;

/// From one glimpse to the next.
const EVERY_MS: u32 = 1_000;

impl Writer {
    /// Sends glimpses as long as pages show spaces that this device streams into. Started again while it runs, it
    /// does nothing.
    pub(super) async fn send_glimpses(self: Rc<Self>) {
        if self.glimpsing.replace(true) {
            return;
        }
        loop {
            let shown = self.streams_shown();
            if shown.is_empty() {
                break;
            }
            for stream in shown {
                self.send_glimpse(stream).await;
            }
            pause(EVERY_MS).await;
        }
        self.glimpsing.set(false);
    }

    /// The streams of this device that a page shows.
    pub(super) fn streams_shown(&self) -> Vec<StreamId> {
        let shown = self.pages.shown();
        let captures = self.captures.borrow();
        if shown.is_empty() || captures.is_empty() {
            return Vec::new();
        }
        self.performer.look(|engine| {
            let streams = shown
                .into_iter()
                .flat_map(|space| engine.session().hosted_in(space));
            streams.filter(|stream| captures.contains_key(stream)).collect()
        })
    }

    async fn send_glimpse(self: &Rc<Self>, stream: StreamId) {
        let readings = self.performer.readings(stream).await;
        let picture = self.captures.borrow().get(&stream).and_then(Capture::thumbnail);
        let space = self.performer.look(|engine| engine.session().space_of(stream));
        let glimpse = ToPage::Glimpse(Box::new(Glimpse {
            stream,
            picture,
            readings,
        }));
        // Text and finite numbers only.
        if let (Some(space), Ok(text)) = (space, serde_json::to_string(&glimpse)) {
            self.pages.tell(space, &text);
        }
    }
}
