//! The service worker stops at every step of what it does: before and after each call that changes something in the browser,
//! between the writes of a batch, before it is committed and just after, before an answer. Then it is ended, and another one
//! goes on. The steps are made by `tests/faults/faults.js`, which only the extension for tests has.
//!
//! A walk is one window's life: saved, changed by a person, closed, opened again, deleted and taken out of the bin; and then
//! what a person does with the space in the library (`faults/deeds.rs`). In each part of it the worker stops once, at a step
//! that the dice choose and `TABSPACE_SEED` repeats. `TABSPACE_FAULTS` is how many such walks are taken. With `all`, or with
//! the names of some parts (`Undo,Merge`), the first walk counts the steps of these, and as many follow as the longest of them
//! has, so that each is stopped at every step; then as many with a worker that is only woken by the part.

mod asked;
mod deeds;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::dice::Dice;
use tabspace_tests::people::World;
use tabspace_tests::wait::wait_for;
use tabspace_tests::{Failure, Result};
use wasm_core::library::backup::Space;

use self::asked::{Asked, Stop, asked, every_step};
use crate::asking::Extension;

/// Until the browser and another worker are where they should be, on a busy computer.
const BUSY: Duration = Duration::from_mins(1);
/// A part has no more steps when there was none for so long: what happens in a window is in the journal a second later.
const QUIET_MS: u64 = 1_400;
/// The steps of a worker's start, about.
const STARTING: u64 = 25;
/// The tabs of the window at first.
const TABS: u64 = 3;

/// All windows with their tabs, by the numbers of their pages: also of those that wait, or are not loaded yet.
const WINDOWS: &str = "chrome.windows.getAll({ populate: true }).then(all => all.map(({ id, tabs }) => ({ id, pages: tabs.map(tab => \
    Number((tab.pendingUrl || tab.url).match(/\\/page\\/(\\d+)/)?.[1] ?? tab.title.match(/^Page (\\d+)$/)?.[1] ?? -1)).filter(page => page >= 0) })))";

/// A part of the life of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Save,
    Open,
    Navigate,
    Move,
    CloseTab,
    CloseWindow,
    Remove,
    Restore,
    Forget,
    TakeOut,
    Undo,
    SaveLink,
    SaveTabs,
    MoveTab,
    Merge,
    Mark,
    BringBack,
    BackUp,
    Import,
    Replace,
    CloseAndKeep,
}

/// All parts in their order, and about how many steps each has.
const LIFE: [(Part, u64); 21] = [
    (Part::Save, 30),
    (Part::Open, 30),
    (Part::Navigate, 30),
    (Part::Move, 30),
    (Part::CloseTab, 30),
    (Part::CloseWindow, 30),
    (Part::Remove, 30),
    (Part::Restore, 30),
    (Part::Forget, 30),
    (Part::TakeOut, 30),
    (Part::Undo, 13),
    (Part::SaveLink, 9),
    (Part::SaveTabs, 24),
    (Part::MoveTab, 8),
    (Part::Merge, 19),
    (Part::Mark, 4),
    (Part::BringBack, 13),
    (Part::BackUp, 22),
    (Part::Import, 18),
    (Part::Replace, 96),
    (Part::CloseAndKeep, 30),
];

/// What the writer has of the walk: pages by space and by entry of the bin.
#[derive(Debug, Default)]
struct Kept {
    /// Of each space of the name: its id, and its pages in order.
    spaces: Vec<(String, Vec<u64>)>,
    /// Of each entry of the bin: its id, whether it is a whole space, and its pages in order.
    bin: Vec<(Value, bool, Vec<u64>)>,
}

struct Walk<'a> {
    world: &'a World,
    extension: &'a Extension,
    name: String,
    /// The worker sleeps until it is to do something.
    woken: bool,
    window: i64,
    space: String,
    /// The pages that are to be in the space, in order.
    pages: Vec<u64>,
    /// The page that was removed from the space, and is in the bin.
    removed: Option<u64>,
    /// A page that went to another space, and that space.
    moved: Option<(String, u64)>,
    /// The space in a backup.
    backup: Option<Space>,
    next_page: u64,
}

fn page_of(url: &Value) -> Option<u64> {
    url.as_str()?.split("/page/").nth(1)?.parse().ok()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Walk<'_> {
    fn address(&self, page: u64) -> String {
        self.world.site.page(&format!("/page/{page}"))
    }

    fn new_page(&mut self) -> u64 {
        self.next_page += 1;
        self.next_page
    }

    async fn state(&self) -> Result<Value> {
        self.world.in_chrome("faults.state()").await
    }

    async fn ask(&self, ask: Value) -> Result<Value> {
        self.extension.ask_within(ask, BUSY).await
    }

    /// Does what a page does without waiting for it; the worker stops at this step of it, or goes on and its steps are counted
    /// when it is 0. The steps that were done, and the answer, if there was one. With no step it is only done.
    async fn stopped(&self, at: Option<u64>, deed: &str) -> Result<(u64, Option<Value>)> {
        let Some(at) = at else {
            let answer = self.extension.page.evaluate_within(BUSY, deed).await?;
            let answer = answer
                .as_str()
                .and_then(|answer| serde_json::from_str(answer).ok());
            return Ok((0, answer));
        };
        if self.woken {
            let arm = format!("chrome.storage.session.set({{ fault: {at} }})");
            self.extension.page.evaluate(&arm).await?;
            self.close_worker().await?;
        } else {
            self.world.in_chrome(&format!("faults.arm({at})")).await?;
        }
        self.extension.begin(deed).await?;
        let mut last = Value::Null;
        let done = wait_for("the worker to stop or to be quiet", BUSY, async || {
            last = self.state().await?;
            let quiet = last["quiet"].as_u64().is_some_and(|quiet| quiet > QUIET_MS);
            Ok((last["reached"] != "" || quiet).then_some(()))
        });
        done.await
            .map_err(|failure| Failure(format!("{failure}: {last}")))?;
        if self.woken {
            self.extension
                .page
                .evaluate("chrome.storage.session.remove('fault')")
                .await?;
        }
        if at > 0 {
            self.close_worker().await?;
            self.another_worker().await?;
        }
        let answer = self.extension.answer().await?;
        let steps = last["step"].as_u64().unwrap_or_default();
        let place = last["reached"].as_str().filter(|reached| !reached.is_empty());
        eprintln!(
            "{}: step {at}, {}, answer: {answer:?}",
            self.name,
            place.unwrap_or("not reached")
        );
        Ok((steps, answer))
    }

    /// Ends the worker. What happens in the browser may start another at once.
    async fn close_worker(&self) -> Result<()> {
        let worker = self.world.host.service_worker(&self.world.id).await?;
        worker.evaluate("self.before = true").await?;
        let target = json!({ "targetId": worker.target_id() });
        drop(worker);
        let connection = self.world.host.connection();
        connection
            .call(None, "Target.closeTarget", target)
            .await
            .map(drop)
    }

    /// Waits until another worker answers than the one that was ended.
    async fn another_worker(&self) -> Result<()> {
        let another = wait_for("another worker that answers", BUSY, async || {
            // Asking is what starts it.
            let answer = self
                .extension
                .ask_within(json!("settings"), Duration::from_secs(3));
            let answer = answer.await?;
            let before = self.world.in_chrome("self.before === true").await?;
            Ok((before == false && answer["settings"].is_object()).then_some(()))
        });
        another.await
    }

    async fn kept(&self) -> Result<Kept> {
        self.kept_of(&self.name).await
    }

    /// What is kept under a name.
    async fn kept_of(&self, name: &str) -> Result<Kept> {
        let shelves = self.ask(json!({ "library": "shelves" })).await?;
        let bin = self.ask(json!({ "library": "bin" })).await?;
        let mut kept = Kept::default();
        for shelf in list(&shelves["library"]["shelves"]).filter(|shelf| shelf["name"] == name) {
            let mut pages = Vec::new();
            for item in list(&shelf["items"]) {
                pages.extend(page_of(&item["tab"]["url"]));
                pages.extend(list(&item["group"]["tabs"]).filter_map(|tab| page_of(&tab["url"])));
            }
            kept.spaces.push((text(&shelf["space"]), pages));
        }
        for entry in list(&bin["library"]["bin"]).filter(|entry| entry["name"] == name) {
            let pages = list(&entry["tabs"])
                .filter_map(|tab| page_of(&tab["url"]))
                .collect();
            kept.bin
                .push((entry["id"].clone(), entry["whole"] == true, pages));
        }
        Ok(kept)
    }

    /// Waits until what is kept is as wanted.
    async fn kept_as(&self, what: &str, wanted: impl Fn(&Kept) -> bool) -> Result<Kept> {
        let mut last = String::new();
        let found = wait_for(format!("{}: {what}", self.name), BUSY, async || {
            let kept = self.kept().await?;
            last = format!("{kept:?}");
            Ok(wanted(&kept).then_some(kept))
        });
        let found = found.await;
        found.map_err(|failure| Failure(format!("{failure}; wanted {:?}, there is {last}", self.pages)))
    }

    /// The pages of each window that has some of this walk.
    async fn windows(&self) -> Result<Vec<(i64, Vec<u64>)>> {
        let all = self.extension.page.evaluate(WINDOWS).await?;
        let windows = list(&all).map(|window| {
            let pages: Vec<u64> = list(&window["pages"]).filter_map(Value::as_u64).collect();
            (window["id"].as_i64().unwrap_or_default(), pages)
        });
        Ok(windows.filter(|(_, pages)| !pages.is_empty()).collect())
    }

    /// The space has exactly these pages, once.
    async fn space_is_whole(&self, what: &str) -> Result<()> {
        let whole = |kept: &Kept| {
            kept.spaces.len() == 1
                && kept.spaces[0].1 == self.pages
                && kept.bin.len() == usize::from(self.removed.is_some())
        };
        self.kept_as(what, whole).await.map(drop)
    }

    /// One part, with the worker stopped at this step of it. The steps that were done.
    async fn part(&mut self, part: Part, at: Option<u64>) -> Result<u64> {
        match part {
            Part::Save => self.save(at).await,
            Part::Open => {
                let page = self.new_page();
                self.pages.push(page);
                let tab = json!({ "windowId": self.window, "url": self.address(page), "active": false });
                self.change(at, &format!("chrome.tabs.create({tab})")).await
            }
            Part::Navigate => {
                let page = self.new_page();
                self.pages[1] = page;
                let url = json!({ "url": self.address(page) });
                self.change(at, &self.of_tab(1, &format!("chrome.tabs.update(id, {url})")))
                    .await
            }
            Part::Move => {
                let first = self.pages.remove(0);
                self.pages.push(first);
                self.change(at, &self.of_tab(0, "chrome.tabs.move(id, { index: -1 })"))
                    .await
            }
            Part::CloseTab => {
                self.pages.remove(1);
                self.change(at, &self.of_tab(1, "chrome.tabs.remove(id)")).await
            }
            Part::CloseWindow => {
                let close = format!("chrome.windows.remove({})", self.window);
                let (steps, _) = self.stopped(at, &close).await?;
                // Neither the window that goes nor its tabs that go with it take anything from the space.
                self.space_is_whole("the space after its window was closed")
                    .await?;
                Ok(steps)
            }
            Part::Remove => self.remove(at).await,
            Part::Restore => self.restore(at).await,
            Part::Forget => self.forget(at).await,
            Part::TakeOut => self.take_out(at).await,
            Part::Undo => self.undo(at).await,
            Part::SaveLink => self.save_link(at).await,
            Part::SaveTabs => self.save_tabs(at).await,
            Part::MoveTab => self.move_tab(at).await,
            Part::Merge => self.merge(at).await,
            Part::Mark => self.mark(at).await,
            Part::BringBack => self.bring_back(at).await,
            Part::BackUp => self.back_up(at).await,
            Part::Import => self.import(at).await,
            Part::Replace => self.replace(at).await,
            Part::CloseAndKeep => self.close_and_keep(at).await,
        }
    }

    /// A script that does something with the tab at a place of the window.
    fn of_tab(&self, place: usize, deed: &str) -> String {
        format!(
            "chrome.tabs.query({{ windowId: {}, index: {place} }}).then(([{{ id }}]) => {deed})",
            self.window
        )
    }

    /// A window with these pages, which have loaded: its id, and those of its tabs.
    async fn open_window(&self, pages: &[u64]) -> Result<(i64, Value)> {
        let urls: Vec<String> = pages.iter().map(|page| self.address(*page)).collect();
        let create = format!(
            "chrome.windows.create({{ url: {}, focused: false }}).then(({{ id }}) => id)",
            json!(urls)
        );
        let window = self.extension.page.evaluate(&create).await?;
        let tabs = format!("chrome.tabs.query({{ windowId: {window} }})");
        let loaded = format!("{tabs}.then(tabs => tabs.every(({{ status }}) => status === 'complete'))");
        self.extension.page.wait_for(&loaded, "the pages to load").await?;
        let ids = format!("{tabs}.then(tabs => tabs.map(({{ id }}) => id))");
        let ids = self.extension.page.evaluate(&ids).await?;
        Ok((window.as_i64().unwrap_or_default(), ids))
    }

    async fn save(&mut self, at: Option<u64>) -> Result<u64> {
        self.pages = (0..TABS).map(|_| self.new_page()).collect();
        (self.window, _) = self.open_window(&self.pages).await?;
        let save = json!({ "save_window": { "window": self.window, "name": self.name } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&save)).await?;
        let said = answer.is_some_and(|answer| !answer["space"].is_null());
        let kept = self.kept().await?;
        let whole = kept.spaces.iter().all(|(_, pages)| *pages == self.pages);
        assert!(whole, "whole or not at all: {kept:?}, saved {:?}", self.pages);
        assert!(kept.spaces.len() <= 1, "once: {kept:?}");
        assert!(
            !said || kept.spaces.len() == 1,
            "it was said to be saved: {kept:?}"
        );
        // Who was not told asks again, and it is there once.
        let answer = self.ask(save).await?;
        self.space = text(&answer["space"]);
        self.space_is_whole("the space after it was saved").await?;
        Ok(steps)
    }

    /// A person changes something in the window: the space has it, whatever becomes of the worker.
    async fn change(&self, at: Option<u64>, deed: &str) -> Result<u64> {
        let (steps, _) = self.stopped(at, deed).await?;
        let ours = async || {
            let windows = self.windows().await?;
            Ok(windows.contains(&(self.window, self.pages.clone())).then_some(()))
        };
        wait_for("Chrome to do it", BUSY, ours).await?;
        self.space_is_whole("the space to follow its window").await?;
        Ok(steps)
    }

    /// A tab is in the space or in the bin, and not in both.
    async fn remove(&mut self, at: Option<u64>) -> Result<u64> {
        let page = self.pages[1];
        let shelves = self.ask(json!({ "library": "shelves" })).await?;
        let shelf = list(&shelves["library"]["shelves"]).find(|shelf| shelf["space"] == self.space.as_str());
        let tab = shelf
            .and_then(|shelf| list(&shelf["items"]).find(|item| page_of(&item["tab"]["url"]) == Some(page)));
        let tab = tab.map(|item| item["tab"]["tab"].clone());
        let remove = json!({ "library": { "remove": { "space": self.space, "tabs": [tab] } } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&remove)).await?;
        let kept = self.kept().await?;
        let in_space = kept.spaces.iter().flat_map(|(_, pages)| pages);
        let in_space = in_space.filter(|other| **other == page).count();
        let in_bin = kept.bin.iter().filter(|(_, _, pages)| *pages == [page]).count();
        assert_eq!(in_space + in_bin, 1, "space or bin: {kept:?}");
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || in_bin == 1, "it was said to be removed: {kept:?}");
        self.ask(remove).await?;
        self.pages.remove(1);
        self.removed = Some(page);
        self.space_is_whole("the space after a tab was removed").await?;
        Ok(steps)
    }

    async fn restore(&mut self, at: Option<u64>) -> Result<u64> {
        let restore = json!({ "restore": self.space });
        let (steps, _) = self.stopped(at, &Extension::sends(&restore)).await?;
        self.ask(restore).await?;
        let mut last = Vec::new();
        let full = wait_for("the window with all its tabs", BUSY, async || {
            last = self.windows().await?;
            let full = last.iter().filter(|(_, pages)| *pages == self.pages);
            Ok(full.map(|(id, _)| *id).next_back())
        });
        let window = full.await;
        self.window = window.map_err(|failure| Failure(format!("{failure}; there is {last:?}")))?;
        assert_eq!(last.len(), 1, "a window is left over: {last:?}");
        self.space_is_whole("the space after it was opened").await?;
        Ok(steps)
    }

    /// The space is there, or whole in the bin.
    fn is_in_one_place(&self, kept: &Kept) -> (bool, bool) {
        let here = kept
            .spaces
            .iter()
            .filter(|(_, pages)| *pages == self.pages)
            .count();
        let binned = kept
            .bin
            .iter()
            .filter(|(_, whole, pages)| *whole && *pages == self.pages);
        let binned = binned.count();
        let partly = kept.spaces.len() != here;
        assert!(
            here + binned == 1 && !partly,
            "there or in the bin, whole: {kept:?}, {:?}",
            self.pages
        );
        (here == 1, binned == 1)
    }

    async fn forget(&mut self, at: Option<u64>) -> Result<u64> {
        let forget = json!({ "library": { "forget": self.space } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&forget)).await?;
        let (here, binned) = self.is_in_one_place(&self.kept().await?);
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || binned, "it was said to be deleted");
        if here {
            self.ask(forget).await?;
        }
        let gone = |kept: &Kept| kept.spaces.is_empty();
        self.kept_as("the space in the bin alone", gone).await?;
        Ok(steps)
    }

    async fn take_out(&mut self, at: Option<u64>) -> Result<u64> {
        let kept = self.kept().await?;
        let entry = kept
            .bin
            .iter()
            .find(|(_, whole, _)| *whole)
            .map(|(id, ..)| id.clone());
        let take_out = json!({ "library": { "take_out": entry } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&take_out)).await?;
        let (here, binned) = self.is_in_one_place(&self.kept().await?);
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || here, "it was said to be back");
        if binned {
            self.ask(take_out).await?;
        }
        self.space_is_whole("the space out of the bin").await?;
        Ok(steps)
    }

    /// Leaves nothing behind but what a person would.
    async fn tidy(&self) -> Result<()> {
        self.ask(json!({ "library": { "forget": self.space } })).await?;
        self.ask(json!({ "library": { "empty_bin": null } })).await?;
        for (window, _) in self.windows().await? {
            self.extension
                .page
                .evaluate(&format!("chrome.windows.remove({window})"))
                .await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn wherever_the_worker_stops_nothing_saved_is_lost_or_there_twice() -> Result<()> {
    let mut dice = Dice::announced("faults");
    let asked = asked()?;
    let world = World::new("faults", &[]).await?;
    let extension = Extension::open(&world).await?;
    let mut steps = BTreeMap::from(LIFE);
    let mut to_take = match &asked {
        Asked::Walks(many) => {
            let first = dice.below(2);
            let walks = first..first + many;
            walks.map(|number| (number % 2 == 1, Stop::Anywhere)).collect()
        }
        Asked::Parts(_) => vec![(false, Stop::Never)],
    };
    let mut number = 0;
    while let Some((woken, stop)) = to_take.pop() {
        let mut walk = Walk {
            world: &world,
            extension: &extension,
            name: format!("Walk {number}"),
            woken,
            window: 0,
            space: String::new(),
            pages: Vec::new(),
            removed: None,
            moved: None,
            backup: None,
            next_page: number * 100,
        };
        for (part, _) in LIFE {
            let known = steps[&part] + if woken { STARTING } else { 1 };
            let wanted = match &asked {
                Asked::Walks(_) => true,
                Asked::Parts(parts) => parts.contains(&part),
            };
            let at = match stop {
                Stop::Never => 0,
                Stop::At(at) => at,
                Stop::Anywhere => 1 + dice.below(known),
            };
            let at = Some(at).filter(|at| wanted && *at <= known);
            let done = walk.part(part, at).await;
            let done =
                done.map_err(|failure| Failure(format!("{part:?}, stopped at step {at:?}: {failure}")))?;
            if matches!(stop, Stop::Never) && wanted {
                steps.insert(part, done);
            }
        }
        walk.tidy().await?;
        if let (Stop::Never, Asked::Parts(parts)) = (stop, &asked) {
            steps.retain(|part, _| parts.contains(part));
            eprintln!("steps: {steps:?}");
            to_take = every_step(steps.values().copied().max().unwrap_or_default());
            steps = BTreeMap::from(LIFE).into_iter().chain(steps).collect();
        }
        number += 1;
    }
    Ok(())
}
