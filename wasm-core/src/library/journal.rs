//! What every window held, whether somebody saved it or not: what was open when the browser ended, each window that was
//! closed, and all of them at the end of each hour.
//!
//! The journal is kept in a database of its own, which the service worker alone writes. It takes what was seen and gives
//! what is to be written:
//!
//! | key | what |
//! |---|---|
//! | `window/{id}` | a window as it was last seen; Chrome's id is good until the browser ends |
//! | `point/{time}/{reason}/{windows}/{tabs}/{bytes}` | windows as they were at one moment |
//! | `aside/{key}` | a record that could not be read; nobody writes it again |
//!
//! A point's key tells what is in it, so that a list of points reads none of them.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Millis;
use serde::{Deserialize, Serialize};

use super::follow::{TabSeen, WindowSeen, clean_title, clean_url};
use crate::record::Write;

/// Points of all windows are this far apart.
pub const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Points younger than this are all kept; of older ones the last of each day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Nothing older is kept.
pub const KEEP_MS: i64 = 30 * DAY_MS;
/// What all points together may take, in bytes of their texts; the oldest go first.
pub const BUDGET_BYTES: usize = 32 * 1024 * 1024;
/// Windows that were closed are kept up to this many.
const CLOSED: usize = 100;
/// Windows that close within this time of each other and are the last ones: the browser was quit.
const QUIT_MS: i64 = 10_000;

const WINDOW: &str = "window/";
const POINT: &str = "point/";

/// Why a point was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The browser ended, or was killed: what was open then.
    Session,
    /// A window was closed.
    Closed,
    /// An hour ended.
    Hour,
}

impl Reason {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Session, "session"),
        (Self::Closed, "closed"),
        (Self::Hour, "hour"),
    ];

    fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(each, _)| *each == self)
            .map_or("", |(_, name)| name)
    }
}

/// Windows as they were at one moment, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: Millis,
    /// Why it was kept.
    pub reason: Reason,
    /// How many windows it holds.
    pub windows: usize,
    /// How many tabs they have together.
    pub tabs: usize,
    /// Bytes of its text.
    pub bytes: usize,
}

impl Point {
    /// The key of its record.
    pub fn key(&self) -> String {
        let Self {
            at,
            reason,
            windows,
            tabs,
            bytes,
        } = self;
        format!(
            "{POINT}{:016}/{}/{windows}/{tabs}/{bytes}",
            at.0.max(0),
            reason.as_str()
        )
    }

    /// The point whose record has this key.
    pub fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(POINT)?.split('/');
        let at = Millis(parts.next()?.parse().ok()?);
        let reason = parts.next()?;
        let (reason, _) = Reason::ALL.into_iter().find(|(_, name)| *name == reason)?;
        let mut number = || parts.next()?.parse::<usize>().ok();
        let point = Self {
            at,
            reason,
            windows: number()?,
            tabs: number()?,
            bytes: number()?,
        };
        (point.key() == key).then_some(point)
    }
}

/// A window as it was last seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Page {
    seen: WindowSeen,
    at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<Millis>,
}

/// The record of all windows.
#[derive(Debug, Default)]
pub struct Journal {
    pages: BTreeMap<i32, Page>,
    points: Vec<Point>,
    /// Records that were set aside, now and before.
    aside: usize,
}

impl Journal {
    /// The journal of what is on disk: all keys, and the records of windows. What cannot be read is set aside.
    pub fn restore(keys: &[String], windows: &[(String, String)]) -> (Self, Vec<Write>) {
        let mut journal = Self {
            points: keys.iter().filter_map(|key| Point::from_key(key)).collect(),
            aside: keys.iter().filter(|key| key.starts_with("aside/")).count(),
            ..Self::default()
        };
        let mut writes = Vec::new();
        for (key, text) in windows {
            let id = key.strip_prefix(WINDOW).and_then(|id| id.parse::<i32>().ok());
            if let (Some(id), Ok(page)) = (id, serde_json::from_str(text)) {
                journal.pages.insert(id, page);
            } else {
                journal.aside += 1;
                writes.push(Write::Put(format!("aside/{key}"), text.clone()));
                writes.push(Write::Delete(key.clone()));
            }
        }
        (journal, writes)
    }

    /// The points, the latest first.
    pub fn points(&self) -> Vec<Point> {
        let mut points = self.points.clone();
        points.sort_by_key(|point| std::cmp::Reverse((point.at, point.bytes)));
        points
    }

    /// Bytes that the points take.
    pub fn size_bytes(&self) -> usize {
        self.points.iter().map(|point| point.bytes).sum()
    }

    /// Records that could not be read.
    pub const fn aside(&self) -> usize {
        self.aside
    }

    /// The browser was started, or this extension anew: these windows are there now. If they are others than those of
    /// the journal, what is in the journal is what was open when the browser ended.
    pub fn begin(&mut self, now: Millis, there: &BTreeMap<i32, WindowSeen>) -> Vec<Write> {
        let known = self.pages.iter().filter(|(_, page)| page.closed.is_none());
        let goes_on = known
            .filter_map(|(id, page)| there.get(id).map(|seen| is_same_window(&page.seen, seen)))
            .any(|same| same);
        if goes_on {
            return Vec::new();
        }
        // What closed last and was not settled closed with the browser.
        let (mut writes, mut windows, mut at) = (Vec::new(), Vec::new(), Millis(0));
        for (id, page) in std::mem::take(&mut self.pages) {
            writes.push(Write::Delete(window_key(id)));
            at = at.max(page.closed.unwrap_or(page.at));
            windows.push(page.seen);
        }
        self.point(at, Reason::Session, &windows, &mut writes);
        self.thin(now, &mut writes);
        writes
    }

    /// A window was looked at.
    pub fn seen(&mut self, now: Millis, window: i32, seen: &WindowSeen) -> Vec<Write> {
        let seen = worth_keeping(seen);
        let mut writes = Vec::new();
        if let Some(page) = self.pages.get_mut(&window)
            && page.closed.is_none()
            && is_hardly_other(&page.seen, &seen)
        {
            // Which tab is shown changes too often to be worth the writing; it goes with the next change.
            page.seen = seen;
            return writes;
        }
        self.end_hour(now, &mut writes);
        self.settle_closed(now, &mut writes);
        let page = Page {
            seen,
            at: now,
            closed: None,
        };
        if page.seen.tabs.is_empty() {
            if self.pages.remove(&window).is_some() {
                writes.push(Write::Delete(window_key(window)));
            }
        } else {
            writes.extend(put(window_key(window), &page));
            self.pages.insert(window, page);
        }
        writes
    }

    /// A window was closed, or is about to.
    pub fn closed(&mut self, now: Millis, window: i32) -> Vec<Write> {
        let mut writes = Vec::new();
        self.settle_closed(now, &mut writes);
        if let Some(page) = self.pages.get_mut(&window)
            && page.closed.is_none()
        {
            page.closed = Some(now);
            writes.extend(put(window_key(window), page));
        }
        writes
    }

    /// Windows that were closed a while ago were not closed by the end of the browser: each becomes a point of its own.
    fn settle_closed(&mut self, now: Millis, writes: &mut Vec<Write>) {
        let closed = |page: &Page| page.closed.filter(|at| now.since(*at).abs() > QUIT_MS);
        let done: Vec<(i32, Millis)> = self
            .pages
            .iter()
            .filter_map(|(id, page)| closed(page).map(|at| (*id, at)))
            .collect();
        for (id, at) in &done {
            if let Some(page) = self.pages.remove(id) {
                writes.push(Write::Delete(window_key(*id)));
                self.point(*at, Reason::Closed, &[page.seen], writes);
            }
        }
        if !done.is_empty() {
            self.thin(now, writes);
        }
    }

    /// Keeps what is open as of the last change, when that was in another hour.
    fn end_hour(&mut self, now: Millis, writes: &mut Vec<Write>) {
        let open: Vec<&Page> = self.pages.values().filter(|page| page.closed.is_none()).collect();
        let Some(last) = open.iter().map(|page| page.at).max() else {
            return;
        };
        let hour = |time: Millis| time.0.div_euclid(HOUR_MS);
        let is_kept = |point: &Point| point.reason == Reason::Hour && point.at == last;
        if hour(last) == hour(now) || self.points.iter().any(is_kept) {
            return;
        }
        let windows: Vec<WindowSeen> = open.into_iter().map(|page| page.seen.clone()).collect();
        self.point(last, Reason::Hour, &windows, writes);
        self.thin(now, writes);
    }

    fn point(&mut self, at: Millis, reason: Reason, windows: &[WindowSeen], writes: &mut Vec<Write>) {
        let tabs = windows.iter().map(|window| window.tabs.len()).sum();
        let Ok(text) = serde_json::to_string(windows) else {
            return;
        };
        if tabs == 0 {
            return;
        }
        let mut point = Point {
            at,
            reason,
            windows: windows.len(),
            tabs,
            bytes: text.len(),
        };
        // Two windows may close at the same moment.
        while self.points.iter().any(|other| other.key() == point.key()) {
            point.at = point.at.plus(1);
        }
        writes.push(Write::Put(point.key(), text));
        self.points.push(point);
    }

    /// Lets go of points that are too old, too close, or too much.
    fn thin(&mut self, now: Millis, writes: &mut Vec<Write>) {
        self.points.sort_by_key(|point| std::cmp::Reverse(point.at));
        let (mut days, mut closed, mut size) = (BTreeSet::new(), 0, 0);
        let last_session = self.points.iter().find(|point| point.reason == Reason::Session);
        let last_session = last_session.map(Point::key);
        self.points.retain(|point| {
            // One from the future, before the clock was set back, is as of now.
            let age = now.since(point.at).max(0);
            let stays = match point.reason {
                Reason::Hour => age < DAY_MS || days.insert(point.at.0.div_euclid(DAY_MS)),
                Reason::Closed => {
                    closed += 1;
                    closed <= CLOSED
                }
                Reason::Session => true,
            };
            let stays = stays && age < KEEP_MS && size + point.bytes <= BUDGET_BYTES
                || last_session.as_ref() == Some(&point.key());
            if stays {
                size += point.bytes;
            } else {
                writes.push(Write::Delete(point.key()));
            }
            stays
        });
    }
}

/// The windows of a point, from the text of its record. `None` when it cannot be read.
pub fn windows_of(text: &str) -> Option<Vec<WindowSeen>> {
    serde_json::from_str(text).ok()
}

/// Which of some windows are none of those that are there: less than half of their tabs are in any of them.
pub fn not_back(before: Vec<WindowSeen>, there: &[WindowSeen]) -> Vec<WindowSeen> {
    let is_there = |gone: &WindowSeen| {
        there.iter().any(|now| {
            let addresses: BTreeSet<&str> = now.tabs.iter().map(|tab| tab.url.as_str()).collect();
            let same = gone
                .tabs
                .iter()
                .filter(|tab| addresses.contains(tab.url.as_str()));
            same.count() * 2 >= gone.tabs.len()
        })
    };
    before.into_iter().filter(|gone| !is_there(gone)).collect()
}

/// A window without what nobody would want back: tabs that are nowhere, addresses without end.
fn worth_keeping(seen: &WindowSeen) -> WindowSeen {
    let mut kept = seen.clone();
    kept.tabs.retain(|tab| clean_url(&tab.url).is_some());
    for tab in &mut kept.tabs {
        tab.title = clean_title(&tab.title);
    }
    for group in &mut kept.groups {
        group.title = clean_title(&group.title);
    }
    kept
}

/// Whether looks differ at most in which tab is shown and what Chrome knows of icons.
fn is_hardly_other(before: &WindowSeen, now: &WindowSeen) -> bool {
    let same = |(old, new): (&TabSeen, &TabSeen)| {
        let new = TabSeen {
            active: old.active,
            has_favicon: old.has_favicon,
            ..new.clone()
        };
        *old == new
    };
    before.groups == now.groups
        && before.tabs.len() == now.tabs.len()
        && before.tabs.iter().zip(&now.tabs).all(same)
}

/// Whether a look may be one at the same window: it shares at least half of its addresses.
fn is_same_window(before: &WindowSeen, now: &WindowSeen) -> bool {
    let addresses: BTreeSet<&str> = now.tabs.iter().map(|tab| tab.url.as_str()).collect();
    let shared = before
        .tabs
        .iter()
        .filter(|tab| addresses.contains(tab.url.as_str()))
        .count();
    shared * 2 >= before.tabs.len()
        && before
            .tabs
            .iter()
            .any(|tab| now.tabs.iter().any(|other| other.id == tab.id))
}

fn window_key(window: i32) -> String {
    format!("{WINDOW}{window}")
}

fn put(key: String, page: &Page) -> Option<Write> {
    serde_json::to_string(page).ok().map(|text| Write::Put(key, text))
}
