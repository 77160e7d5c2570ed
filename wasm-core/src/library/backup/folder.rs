//! Backups in a folder: what the files are called, and which of them may go.
//!
//! Several browsers may write to one folder: a file's name says when it was made and by which device, and a device
//! only ever removes its own. [`standing`] says how it stands with them and what is to be done next. Nothing here
//! touches a file.

pub mod standing;

use std::collections::BTreeSet;

use protocol::{DeviceId, Millis};

use super::time;

/// So many of the last files stay, however close together.
pub const LAST: usize = 10;
/// For so many days the last file of each day stays.
pub const DAYS: i64 = 30;
/// For so many days the last file of each month stays.
pub const YEAR_DAYS: i64 = 366;
/// At most so many files go at once: a clock that is wrong for a while does not cost the past.
pub const MOST_AT_ONCE: usize = 3;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const BEFORE: &str = "tabspace-";
const AFTER: &str = ".json";
/// Characters of a device's id in a name: 40 random bits.
const TAG: usize = 8;

/// A file that TabSpace wrote, as its name tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    /// When, to the second.
    pub at: Millis,
    /// By which device: the end of its id.
    pub by: String,
}

/// The end of a device's id, as it stands in names.
pub fn tag_of(device: DeviceId) -> String {
    let id = device.to_string();
    id.chars().skip(id.len() - TAG).collect()
}

/// The name of a file that this device makes now: `tabspace-2026-11-29T08-52-43Z-7h3k9m2p.json`.
pub fn name_of(at: Millis, device: DeviceId) -> String {
    named(at, &tag_of(device))
}

/// The same, of the next second when there is a file of that name already.
pub fn free_name(now: Millis, device: DeviceId, names: &[String]) -> String {
    let seconds = 0..=i64::try_from(names.len()).unwrap_or(i64::MAX - 1);
    let mut free = seconds.map(|second| name_of(Millis(now.0.saturating_add(1_000 * second)), device));
    free.find(|name| !names.contains(name))
        .unwrap_or_else(|| name_of(now, device))
}

fn named(at: Millis, tag: &str) -> String {
    let second: String = time::write(at).chars().take(19).collect();
    format!("{BEFORE}{}Z-{tag}{AFTER}", second.replace(':', "-"))
}

/// What a name tells; `None` for every other file.
pub fn made(name: &str) -> Option<Made> {
    let inner = name.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    let (moment, by) = inner.split_at_checked(20)?;
    let by = by.strip_prefix('-')?;
    let (day, clock) = moment.strip_suffix('Z')?.split_once('T')?;
    let at = time::read(&format!("{day}T{}.000Z", clock.replace('-', ":")))?;
    // Only what would be called like this is ours.
    let is_tag = by.len() == TAG && by.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_tag && named(at, by) == name).then(|| Made {
        at,
        by: by.to_owned(),
    })
}

/// The latest file of other devices: what a new browser may bring back.
pub fn latest_of_others(names: &[String], device: DeviceId) -> Option<(String, Millis)> {
    let own = tag_of(device);
    let others = names
        .iter()
        .filter_map(|name| Some((made(name)?, name)))
        .filter(|(made, _)| made.by != own);
    others.max().map(|(made, name)| (name.clone(), made.at))
}

/// The files that are not needed any more, the oldest first. Only such of this device as are older than the one that
/// was proven last; if that is not there, none.
pub fn not_needed(names: &[String], device: DeviceId, proven: &str, now: Millis) -> Vec<String> {
    let own = tag_of(device);
    let mut files: Vec<(Millis, &String)> = names
        .iter()
        .filter_map(|name| Some((made(name)?, name)))
        .filter(|(made, _)| made.by == own)
        .map(|(made, name)| (made.at, name))
        .collect();
    files.sort();
    let Some(&(good, _)) = files.iter().find(|(_, name)| *name == proven) else {
        return Vec::new();
    };
    // A clock that was set back, or ahead for a while, makes nothing older than it is.
    let now = now.min(good);
    let (mut days, mut months) = (BTreeSet::new(), BTreeSet::new());
    let mut go = Vec::new();
    for (nth, (at, name)) in files.iter().rev().enumerate() {
        let text = time::write(*at);
        // The first that is met is the last of its day, and of its month.
        let of_day = days.insert(text.chars().take(10).collect::<String>());
        let of_month = months.insert(text.chars().take(7).collect::<String>());
        let age_days = now.since(*at).div_euclid(DAY_MS);
        let stays =
            *at >= good || nth < LAST || (of_day && age_days < DAYS) || (of_month && age_days < YEAR_DAYS);
        if !stays {
            go.push((*name).clone());
        }
    }
    go.reverse();
    go.truncate(MOST_AT_ONCE);
    go
}
