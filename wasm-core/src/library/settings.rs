//! What a person set.

use std::collections::BTreeMap;

use protocol::{Millis, SpaceId};
use serde::{Deserialize, Deserializer, Serialize};

use super::inflow::Inflow;

/// The relay that `cargo xtask run` starts.
pub const DEFAULT_RELAY: &str = "http://127.0.0.1:8320";

/// What a person set. Stored under `settings`; never leaves the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The relay's address, without a slash at the end.
    pub relay: String,
    /// The credentials, by the relay's address: whoever comes back to a relay is the same person there.
    #[serde(alias = "token", deserialize_with = "tokens")]
    pub tokens: BTreeMap<String, String>,
    /// The name others see; empty before the first share.
    pub your_name: String,
    /// Addresses that never enter a space nor a stream, one pattern a line.
    pub ignored: String,
    /// The private spaces that were shared, and as which: a page may still know one by its old id. Only of those
    /// that are here.
    pub sharing: Vec<(SpaceId, SpaceId)>,
    /// Until when the conversation of a space was read.
    pub read: Vec<(SpaceId, Millis)>,
    /// What the person wants of what others do in a shared space, where that is not nothing.
    pub inflow: Vec<(SpaceId, Inflow)>,
    /// Spaces that the person does not want any more, until the relay knows too.
    pub forgotten: Vec<SpaceId>,
    /// How many spaces were here when the browser's storage was found cleared, until the person has read of it.
    pub lost: usize,
    /// Windows that the person said are not a space's, the last last: nobody asks about them again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strangers: Vec<Stranger>,
}

/// A window that the person said is not a space's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// The space.
    pub space: SpaceId,
    /// Chrome's id, until the browser ends.
    pub window: Option<i32>,
    /// The addresses of its first tabs: by them it is known after that.
    pub addresses: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            relay: DEFAULT_RELAY.to_owned(),
            tokens: BTreeMap::new(),
            your_name: String::new(),
            ignored: String::new(),
            sharing: Vec::new(),
            read: Vec::new(),
            inflow: Vec::new(),
            forgotten: Vec::new(),
            lost: 0,
            strangers: Vec::new(),
        }
    }
}

impl Settings {
    /// The credential for the relay that is set.
    pub fn token(&self) -> Option<&str> {
        self.tokens.get(&self.relay).map(String::as_str)
    }
}

/// Tokens by relay; or, as they were kept first, one with its relay.
fn tokens<'de, D: Deserializer<'de>>(stored: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Each(BTreeMap<String, String>),
        One(Option<(String, String)>),
    }
    Ok(match Stored::deserialize(stored)? {
        Stored::Each(tokens) => tokens,
        Stored::One(token) => token.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_was_kept_alone_is_still_known() {
        let old = r#"{"relay":"https://a.example","token":["https://a.example","secret"],"your_name":"Ada"}"#;
        let settings: Settings = serde_json::from_str(old).expect("it is read");
        assert_eq!(
            (settings.token(), settings.your_name.as_str()),
            (Some("secret"), "Ada")
        );
        let text = serde_json::to_string(&settings).expect("it is JSON");
        assert_eq!(
            serde_json::from_str::<Settings>(&text).expect("it is read"),
            settings
        );
        let none: Settings = serde_json::from_str(r#"{"token":null}"#).expect("it is read");
        assert_eq!(none, Settings::default());
    }

    #[test]
    fn whoever_comes_back_to_a_relay_is_known_there() {
        let mut settings = Settings::default();
        for relay in ["https://a.example", "https://b.example"] {
            settings.tokens.insert(relay.into(), format!("token of {relay}"));
        }
        for relay in ["https://b.example", "https://a.example"] {
            settings.relay = relay.into();
            assert_eq!(settings.token(), Some(format!("token of {relay}").as_str()));
        }
        settings.relay = "https://c.example".into();
        assert_eq!(settings.token(), None);
    }
}
