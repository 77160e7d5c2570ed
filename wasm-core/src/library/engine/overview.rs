//! What pages see of the engine's spaces: one whole, or all in short.

use std::collections::BTreeMap;

use protocol::{Role, SpaceId};

use super::Engine;
use crate::session::project::{Parts, project};
use crate::session::room::Room;
use crate::view::{LinkView, MediaView, Projection, SpaceSummary, SpaceView, StreamSummary};

impl Engine {
    /// What there is to see of a space.
    pub fn view(&mut self, space: SpaceId) -> Option<SpaceView> {
        if self.viewed.contains(&space) {
            self.mark_read(space);
        }
        let Some(private) = self.privates.get(&space) else {
            let view = self.session.view(space)?;
            let inflow = self.inflow_view(space);
            return Some(SpaceView { inflow, ..view });
        };
        let people = BTreeMap::from([(private.you, self.settings.your_name.clone())]);
        let notices = self.notices.get(&space).map(Vec::as_slice).unwrap_or_default();
        Some(project(
            &private.state,
            Parts {
                space,
                link: LinkView::Private,
                you: private.you,
                people: &people,
                room: &Room::default(),
                notices,
                unsent: 0,
                waiting: Vec::new(),
                media: &|_, _| (false, MediaView::Off),
            },
        ))
    }

    /// Everything in short.
    pub fn projection(&self) -> Projection {
        let mut spaces: Vec<SpaceSummary> = Vec::new();
        for (&space, private) in &self.privates {
            spaces.push(SpaceSummary {
                space,
                name: private.state.name.clone(),
                colour: private.state.colour,
                tabs: private.state.tabs.len(),
                link: LinkView::Private,
                role: Role::Owner,
                window: self.window_of(space),
                changed: private.state.time,
                unsent: 0,
                here: Vec::new(),
                unread: 0,
                streams: Vec::new(),
            });
        }
        for space in self
            .session
            .spaces()
            .filter(|space| !self.settings.forgotten.contains(space))
        {
            let (Some(view), Some(state)) = (self.session.view(space), self.session.state(space)) else {
                continue;
            };
            let read = self.read_until(space);
            spaces.push(SpaceSummary {
                space,
                name: view.name,
                colour: view.colour,
                tabs: state.tabs.len(),
                link: view.link,
                role: view.role,
                window: self.window_of(space),
                changed: state.time,
                unsent: view.unsent,
                here: view
                    .people
                    .iter()
                    .filter(|person| person.here && !person.you)
                    .map(|person| (person.name.clone(), person.colour))
                    .collect(),
                unread: view
                    .messages
                    .iter()
                    .filter(|message| !message.yours && !message.deleted && message.time > read)
                    .count(),
                streams: view
                    .streams
                    .iter()
                    .map(|stream| StreamSummary {
                        stream: stream.stream,
                        name: stream.name.clone(),
                        here: stream.here,
                        chrome_tab: self
                            .streamed_tabs
                            .get(&stream.stream)
                            .copied()
                            .filter(|_| stream.here),
                        watchers: stream.watchers.len(),
                        no_path: stream.here && stream.media == MediaView::NoPath,
                    })
                    .collect(),
            });
        }
        // What was put aside stands behind the others, wherever spaces are offered.
        let aside = |space: SpaceId| self.marks.get(&space).is_some_and(|marks| marks.archived);
        spaces.sort_by_key(|space| {
            (
                aside(space.space),
                std::cmp::Reverse((space.changed, space.space)),
            )
        });
        Projection {
            spaces,
            your_name: self.settings.your_name.clone(),
            relay: self.settings.relay.clone(),
        }
    }
}
