//! The shared spaces of a person who came back by a recovery key.

use protocol::Millis;
use protocol::SpaceId;
use protocol::rest::{Me, SpaceNow};

use super::Engine;

impl Engine {
    /// From now on this browser is this person at the relay that is set.
    pub fn recovered(&mut self, me: &Me) {
        let Some(token) = me.token.clone() else { return };
        self.change_settings(|settings| {
            settings.tokens.insert(settings.relay.clone(), token);
            settings.your_name.clone_from(&me.name);
        });
    }

    /// Takes in a shared space of this person as the relay has it; whether it was not here yet. It is brought up to
    /// date when somebody looks at it.
    pub fn take_in(&mut self, now: Millis, space: SpaceId, found: &SpaceNow) -> bool {
        if self.session.state(space).is_some() || self.privates.contains_key(&space) || found.state.deleted {
            return false;
        }
        let created = found.state.as_created(|_, _| true);
        self.session
            .adopt(now, space, found.you, &created, Vec::new(), Vec::new());
        self.settle(now);
        true
    }
}
