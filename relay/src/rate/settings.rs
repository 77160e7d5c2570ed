//! How much of what a relay allows: the settings and their defaults.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Kind;
use super::bucket::Flow;
use crate::address::Network;

/// How much of what a relay allows. Numbers are of one minute, of one person where nothing else is said;
/// 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Whether anything is limited by time at all.
    pub on: bool,
    /// Messages: sent, edited and deleted ones.
    pub messages: u32,
    /// All other changes of spaces, and pictures of tabs.
    pub ops: u32,
    /// Spaces joined by a link.
    pub joins: u32,
    /// Spaces begun.
    pub spaces: u32,
    /// Links made and revoked.
    pub invites: u32,
    /// New names.
    pub renames: u32,
    /// Tickets for sockets.
    pub tickets: u32,
    /// Calls of the API, and subscriptions.
    pub requests: u32,
    /// Guests made from one address.
    pub guests: u32,
    /// Links looked at from one address. One that does not exist counts tenfold.
    pub previews: u32,
    /// Signals of one connection.
    pub signals: u32,
    /// How many seconds' worth may come at once.
    pub burst_s: u32,
    /// How many people's worth may come from one address.
    pub people_per_address: u32,
    /// How long somebody is new and gets half.
    pub new_for: Duration,
    /// Spaces that a person may be in; 0 is no limit.
    pub spaces_per_person: usize,
    /// Tabs that may be saved with one request; 0 is no limit of its own.
    pub tabs_per_save: usize,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<Network>,
}

impl Rates {
    /// As a relay usually is.
    const DEFAULT: Self = Self {
        on: true,
        messages: 60,
        ops: 3_000,
        joins: 10,
        spaces: 3,
        invites: 20,
        renames: 10,
        tickets: 60,
        requests: 6_000,
        guests: 60,
        previews: 120,
        signals: 6_000,
        burst_s: 60,
        people_per_address: 20,
        new_for: Duration::from_mins(10),
        spaces_per_person: 100,
        tabs_per_save: protocol::limits::SAVE_TABS,
        trusted_proxies: Vec::new(),
    };

    /// Nothing is limited by time.
    pub fn off() -> Self {
        Self {
            on: false,
            ..Self::default()
        }
    }

    /// What a person may do of a kind, or everybody at an address if that is what the kind is about.
    pub(super) fn flow(&self, kind: Kind) -> Flow {
        let per_minute = match kind {
            Kind::Messages => self.messages,
            Kind::Ops => self.ops,
            Kind::Joins => self.joins,
            Kind::Spaces => self.spaces,
            Kind::Invites => self.invites,
            Kind::Renames => self.renames,
            Kind::Tickets => self.tickets,
            Kind::Requests => self.requests,
            Kind::Guests => self.guests,
            Kind::Previews => self.previews,
            Kind::Signals => self.signals,
        };
        let per_minute = if self.on { per_minute } else { 0 };
        let burst = u64::from(per_minute) * u64::from(self.burst_s) / 60;
        Flow::new(per_minute, u32::try_from(burst).unwrap_or(u32::MAX))
    }

    /// What all people at one address may do of a kind.
    pub(super) fn flow_of_address(&self, kind: Kind) -> Flow {
        self.flow(kind).times(self.people_per_address)
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            trusted_proxies: Network::LOOPBACK.to_vec(),
            ..Self::DEFAULT
        }
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is in force.
    On,
    /// It is not.
    Off,
}

/// The same on the command line and in the environment.
#[derive(Debug, Clone, Args)]
#[command(
    next_help_heading = "Limits and rates (a minute and person where nothing else is said; 0: no limit)"
)]
pub struct RateArgs {
    /// Whether anything is limited by time.
    #[arg(long, env = "TABSPACE_RATES", value_enum, default_value = "on")]
    pub rates: Switch,
    /// Messages sent, edited and deleted.
    #[arg(long, env = "TABSPACE_RATE_MESSAGES", default_value_t = Rates::DEFAULT.messages)]
    pub rate_messages: u32,
    /// All other changes of spaces, and pictures of tabs.
    #[arg(long, env = "TABSPACE_RATE_OPS", default_value_t = Rates::DEFAULT.ops)]
    pub rate_ops: u32,
    /// Spaces joined by a link.
    #[arg(long, env = "TABSPACE_RATE_JOINS", default_value_t = Rates::DEFAULT.joins)]
    pub rate_joins: u32,
    /// Spaces begun.
    #[arg(long, env = "TABSPACE_RATE_SPACES", default_value_t = Rates::DEFAULT.spaces)]
    pub rate_spaces: u32,
    /// Links made and revoked.
    #[arg(long, env = "TABSPACE_RATE_INVITES", default_value_t = Rates::DEFAULT.invites)]
    pub rate_invites: u32,
    /// New names.
    #[arg(long, env = "TABSPACE_RATE_RENAMES", default_value_t = Rates::DEFAULT.renames)]
    pub rate_renames: u32,
    /// Tickets for sockets.
    #[arg(long, env = "TABSPACE_RATE_TICKETS", default_value_t = Rates::DEFAULT.tickets)]
    pub rate_tickets: u32,
    /// Calls of the API, and subscriptions.
    #[arg(long, env = "TABSPACE_RATE_REQUESTS", default_value_t = Rates::DEFAULT.requests)]
    pub rate_requests: u32,
    /// Guests made, for each address.
    #[arg(long, env = "TABSPACE_RATE_GUESTS", default_value_t = Rates::DEFAULT.guests)]
    pub rate_guests: u32,
    /// Links looked at, for each address; one that does not exist counts tenfold.
    #[arg(long, env = "TABSPACE_RATE_PREVIEWS", default_value_t = Rates::DEFAULT.previews)]
    pub rate_previews: u32,
    /// Signals, for each connection: more are dropped.
    #[arg(long, env = "TABSPACE_RATE_SIGNALS", default_value_t = Rates::DEFAULT.signals)]
    pub rate_signals: u32,
    /// How many seconds' worth may come at once.
    #[arg(long, env = "TABSPACE_RATE_BURST_S", default_value_t = Rates::DEFAULT.burst_s)]
    pub rate_burst_s: u32,
    /// How many people's worth may come from one address (IPv6: one /64).
    #[arg(long, env = "TABSPACE_RATE_PEOPLE_PER_ADDRESS", default_value_t = Rates::DEFAULT.people_per_address)]
    pub rate_people_per_address: u32,
    /// Minutes during which somebody is new and gets half of everything.
    #[arg(long, env = "TABSPACE_RATE_NEW_MINUTES", default_value_t = 10)]
    pub rate_new_minutes: u32,
    /// Spaces that a person may be in.
    #[arg(long, env = "TABSPACE_MAX_SPACES", default_value_t = Rates::DEFAULT.spaces_per_person)]
    pub max_spaces: usize,
    /// Tabs that may be saved with one request.
    #[arg(long, env = "TABSPACE_MAX_SAVE_TABS", default_value_t = Rates::DEFAULT.tabs_per_save)]
    pub max_save_tabs: usize,
    /// Proxies whose word is taken for where a request comes from: addresses or networks such as 10.0.0.0/8.
    #[arg(
        long,
        env = "TABSPACE_TRUSTED_PROXIES",
        value_delimiter = ',',
        default_values_t = Network::LOOPBACK
    )]
    pub trusted_proxies: Vec<Network>,
}

impl From<RateArgs> for Rates {
    fn from(args: RateArgs) -> Self {
        Self {
            on: args.rates == Switch::On,
            messages: args.rate_messages,
            ops: args.rate_ops,
            joins: args.rate_joins,
            spaces: args.rate_spaces,
            invites: args.rate_invites,
            renames: args.rate_renames,
            tickets: args.rate_tickets,
            requests: args.rate_requests,
            guests: args.rate_guests,
            previews: args.rate_previews,
            signals: args.rate_signals,
            burst_s: args.rate_burst_s,
            people_per_address: args.rate_people_per_address,
            new_for: Duration::from_secs(60 * u64::from(args.rate_new_minutes)),
            spaces_per_person: args.max_spaces,
            tabs_per_save: args.max_save_tabs,
            trusted_proxies: args.trusted_proxies,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        rates: RateArgs,
    }

    #[test]
    fn what_nobody_sets_is_as_usual() {
        let line = Line::parse_from(["relay"]);
        assert_eq!(Rates::from(line.rates), Rates::default());
    }

    #[test]
    fn what_is_set_is_in_force() {
        let line = Line::parse_from([
            "relay",
            "--rate-messages",
            "5",
            "--rate-joins",
            "0",
            "--trusted-proxies",
            "10.0.0.0/8,::1",
        ]);
        let rates = Rates::from(line.rates);
        assert_eq!(rates.flow(Kind::Messages), Flow::new(5, 5));
        assert!(!rates.flow(Kind::Joins).is_limited());
        assert_eq!(rates.trusted_proxies.len(), 2);
        assert!(!Rates::off().flow(Kind::Messages).is_limited());
    }
}
