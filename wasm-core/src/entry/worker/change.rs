//! Doing in a window what others did in its space.

use std::rc::Rc;

use protocol::{GroupId, TabId};

use super::State;
use super::fill::is_for_now;
use crate::browser::Failure;
use crate::browser::timer::pause;
use crate::chrome::tabs;
use crate::library::engine::{RestoreGroup, RestoreTab};
use crate::library::follow::{TabSeen, WindowSeen, is_same_page};
use crate::library::inflow::{Change, Outcome, Turn};

/// A tab that is still there after so many looks does not want to be closed.
const LOOKS: u32 = 20;
const LOOK_EVERY_MS: u32 = 50;

impl State {
    /// Does a turn, one at a time. What was done of it before, by a worker that died, is found.
    pub(super) async fn change(self: &Rc<Self>, window: i32, turn: &Turn) -> Result<Outcome, Failure> {
        self.undisturbed(window, self.change_all(window, turn)).await
    }

    async fn change_all(&self, window: i32, turn: &Turn) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        for (at, change) in turn.changes.iter().enumerate() {
            match self.change_one(window, turn, change, &mut outcome).await {
                Ok(true) => drop(outcome.done.insert(at)),
                Err(failure) if is_for_now(&failure) => return Err(failure),
                // What Chrome refuses must not cost the rest.
                Ok(false) | Err(_) => {}
            }
        }
        let there = seen(window).await?;
        outcome.order = there.tabs.iter().map(|tab| tab.id).collect();
        Ok(outcome)
    }

    async fn change_one(
        &self,
        window: i32,
        turn: &Turn,
        change: &Change,
        outcome: &mut Outcome,
    ) -> Result<bool, Failure> {
        match change {
            Change::Open(tab, after) => {
                let there = seen(window).await?;
                let made = there.tabs.iter().find(|seen| seen.waits == Some(tab.tab));
                let id = if let Some(made) = made {
                    made.id
                } else {
                    let index = behind(&there, turn, outcome, *after, |_| true);
                    let index = u32::try_from(index).unwrap_or(u32::MAX);
                    let (id, has_icon) = self.begin_tab(window, index, tab).await?;
                    self.put_to_sleep(id, has_icon).await
                };
                outcome.placed.tabs.insert(id, tab.tab);
                if tab.group.is_some() {
                    into_group(window, turn, outcome, id, tab.group).await?;
                }
                Ok(true)
            }
            Change::Close(id) => close(window, *id).await,
            Change::Send(id, tab) => self.send(window, turn, *id, tab, outcome).await,
            Change::Pin(id, pinned) => tabs::set_pinned(*id, *pinned).await.map(|()| true),
            Change::Place(id, group, after) => {
                into_group(window, turn, outcome, *id, *group).await?;
                let there = seen(window).await?;
                let index = behind(&there, turn, outcome, *after, |tab| tab != *id);
                for_now(tabs::put_at(*id, index).await)?;
                Ok(true)
            }
            Change::Dress(group) => {
                let Some(wanted) = wanted(turn, outcome, *group, Vec::new()) else {
                    return Ok(false);
                };
                tabs::make_group(window, &wanted).await.map(|made| made.is_some())
            }
            Change::PlaceGroup(group, after) => {
                let Some(&chrome) = turn.groups.get(group) else {
                    return Ok(false);
                };
                let there = seen(window).await?;
                let inside = there.tabs.iter().filter(|tab| tab.group == Some(chrome));
                let inside: Vec<i32> = inside.map(|tab| tab.id).collect();
                let index = behind(&there, turn, outcome, *after, |tab| !inside.contains(&tab));
                for_now(tabs::put_group_at(chrome, index).await)?;
                Ok(true)
            }
        }
    }

    /// Sends a tab to another page, unless the person has just come to look at it. One that waits goes on waiting: Chrome
    /// sends no tab to a waiting page, so another one takes its place.
    async fn send(
        &self,
        window: i32,
        turn: &Turn,
        id: i32,
        tab: &RestoreTab,
        outcome: &mut Outcome,
    ) -> Result<bool, Failure> {
        let there = seen(window).await?;
        let now = there.tabs.iter().find(|seen| seen.id == id);
        let waits = |seen: &&TabSeen| seen.waits == Some(tab.tab) && seen.url == tab.url;
        let new = match (now, there.tabs.iter().find(waits)) {
            (Some(now), _) if now.active => return Ok(false),
            (_, Some(made)) => made.id,
            (None, None) => return Ok(false),
            (Some(now), None) if now.waits.is_none() => {
                tabs::send(id, &tab.url).await?;
                return Ok(arrives(id, &tab.url).await);
            }
            (Some(_), None) => {
                let index = there.tabs.iter().position(|seen| seen.id == id);
                let index = u32::try_from(index.unwrap_or_default()).unwrap_or(u32::MAX);
                let (new, has_icon) = self.begin_tab(window, index, tab).await?;
                self.put_to_sleep(new, has_icon).await
            }
        };
        if new != id {
            into_group(window, turn, outcome, new, tab.group).await?;
            if !close(window, id).await? {
                close(window, new).await?;
                return Ok(false);
            }
            outcome.renamed.push((id, new));
        }
        Ok(true)
    }
}

/// Where something stands is seen afterwards: what Chrome refuses for good is no failure.
fn for_now(moved: Result<(), Failure>) -> Result<(), Failure> {
    match moved {
        Err(failure) if is_for_now(&failure) => Err(failure),
        _ => Ok(()),
    }
}

async fn seen(window: i32) -> Result<WindowSeen, Failure> {
    let there = tabs::look_at(window).await?;
    there.ok_or_else(|| Failure("the window was closed".to_owned()))
}

/// Whether a tab comes to the page that it was sent to; a server may take its time, and it is not waited for long.
async fn arrives(id: i32, url: &str) -> bool {
    for _ in 0..LOOKS {
        match tabs::find(id).await {
            Some(now) if now.going.is_none() && is_same_page(&now.url, url) => return true,
            Some(_) => pause(LOOK_EVERY_MS).await,
            None => return false,
        }
    }
    false
}

/// Closes a tab, but never the last of its window. Whether it is gone.
async fn close(window: i32, id: i32) -> Result<bool, Failure> {
    let there = seen(window).await?;
    let Some(tab) = there.tabs.iter().find(|tab| tab.id == id) else {
        return Ok(true);
    };
    if tab.active || there.tabs.len() < 2 {
        return Ok(false);
    }
    tabs::begin_to_close(id)?;
    for _ in 0..LOOKS {
        if tabs::find(id).await.is_none() {
            return Ok(true);
        }
        pause(LOOK_EVERY_MS).await;
    }
    Ok(false)
}

/// The place behind a tab among those that count, or the first.
fn behind(
    there: &WindowSeen,
    turn: &Turn,
    outcome: &Outcome,
    after: Option<TabId>,
    counts: impl Fn(i32) -> bool,
) -> usize {
    let made = |tab: TabId| {
        let made = outcome.placed.tabs.iter().find(|(_, id)| **id == tab);
        made.map(|(id, _)| *id)
    };
    let id = after.and_then(|tab| made(tab).or_else(|| turn.tabs.get(&tab).copied()));
    let renamed = id.map(|id| {
        let new = outcome.renamed.iter().find(|(old, _)| *old == id);
        new.map_or(id, |(_, new)| *new)
    });
    let counting = there.tabs.iter().filter(|tab| counts(tab.id));
    counting
        .enumerate()
        .find(|(_, tab)| Some(tab.id) == renamed)
        .map_or(0, |(place, _)| place + 1)
}

fn wanted(turn: &Turn, outcome: &Outcome, group: GroupId, members: Vec<i32>) -> Option<RestoreGroup> {
    let dress = turn.dresses.get(&group)?;
    let made = outcome.placed.groups.iter().find(|(_, made)| **made == group);
    let chrome = made
        .map(|(chrome, _)| *chrome)
        .or_else(|| turn.groups.get(&group).copied());
    // A group that gets tabs keeps its fold: another change says otherwise.
    let collapsed = (members.is_empty() || chrome.is_none()).then_some(dress.collapsed);
    Some(RestoreGroup {
        group,
        chrome,
        title: dress.title.clone(),
        colour: dress.colour,
        collapsed,
        members,
    })
}

async fn into_group(
    window: i32,
    turn: &Turn,
    outcome: &mut Outcome,
    id: i32,
    group: Option<GroupId>,
) -> Result<(), Failure> {
    let Some(wanted) = group.and_then(|group| wanted(turn, outcome, group, vec![id])) else {
        let there = seen(window).await?;
        let is_grouped = there.tabs.iter().any(|tab| tab.id == id && tab.group.is_some());
        return if is_grouped {
            tabs::ungroup(&[id]).await
        } else {
            Ok(())
        };
    };
    if let Some(chrome) = tabs::make_group(window, &wanted).await? {
        outcome.placed.groups.insert(chrome, wanted.group);
    }
    Ok(())
}
