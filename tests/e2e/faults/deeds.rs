//! The parts of a walk that a person does in the library: with saved tabs, with the past, with backups.

use serde_json::{Value, json};
use tabspace_tests::wait::wait_for;
use tabspace_tests::{Failure, Result};
use wasm_core::library::backup;

use super::{BUSY, Kept, Walk, list, page_of, text};
use crate::asking::Extension;
use crate::folder::PICK;

/// The files in the folder of the backups: name and text of each.
const FILES: &str = "(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('backups', { create: true });
    const found = [];
    for await (const [name, file] of folder.entries()) found.push([name, await (await file.getFile()).text()]);
    return found;
})()";

const NO_FOLDER: &str =
    "navigator.storage.getDirectory().then((root) => root.removeEntry('backups', { recursive: true }))";

/// Where a page is of two spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Here,
    There,
}

/// How often a page is among these.
fn times(page: u64, pages: &[(String, Vec<u64>)]) -> usize {
    let pages = pages.iter().flat_map(|(_, pages)| pages);
    pages.filter(|other| **other == page).count()
}

/// What takes a deed back that was done.
fn undo_of(answer: &Value) -> Result<Value> {
    let undo = &answer["library"]["changed"];
    if undo.is_null() {
        return Err(Failure(format!("nothing was changed, but {answer}")));
    }
    Ok(json!({ "library": { "undo": undo } }))
}

impl Walk<'_> {
    /// The name of a second space.
    fn elsewhere(&self) -> String {
        format!("{} elsewhere", self.name)
    }

    /// The space as the library shows it.
    async fn shelf(&self) -> Result<Value> {
        let shelves = self.ask(json!({ "library": "shelves" })).await?;
        let mut shelves = list(&shelves["library"]["shelves"]);
        let shelf = shelves.find(|shelf| shelf["space"] == self.space.as_str());
        Ok(shelf.cloned().unwrap_or_default())
    }

    /// The id of the space's tab at this page.
    async fn tab(&self, page: u64) -> Result<Value> {
        let shelf = self.shelf().await?;
        let mut items = list(&shelf["items"]);
        let item = items.find(|item| page_of(&item["tab"]["url"]) == Some(page));
        Ok(item.map(|item| item["tab"]["tab"].clone()).unwrap_or_default())
    }

    /// A tab that was removed comes back: it is in the space or in the bin, and not in both.
    pub(super) async fn undo(&mut self, at: Option<u64>) -> Result<u64> {
        let page = self.pages[0];
        let remove = json!({ "space": self.space, "tabs": [self.tab(page).await?] });
        let undo = undo_of(&self.ask(json!({ "library": { "remove": remove } })).await?)?;
        let (steps, answer) = self.stopped(at, &Extension::sends(&undo)).await?;
        let kept = self.kept().await?;
        let in_space = times(page, &kept.spaces);
        let in_bin = kept.bin.iter().filter(|(_, _, pages)| *pages == [page]).count();
        assert_eq!(in_space + in_bin, 1, "space or bin: {kept:?}");
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || in_space == 1, "it was said to be back: {kept:?}");
        if in_bin == 1 {
            self.ask(undo).await?;
        }
        self.space_is_whole("the space after an undo").await?;
        Ok(steps)
    }

    /// Pages come into the space, all or none; who was not told asks again when they are not there.
    async fn saved(&mut self, at: Option<u64>, what: Value, pages: &[u64]) -> Result<u64> {
        let to = json!({ "space": { "space": self.space, "group": null, "before": null } });
        let save = json!({ "library": { "save": { "what": what, "to": to } } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&save)).await?;
        let kept = self.kept().await?;
        let before = self.pages.clone();
        self.pages.extend(pages);
        let now = kept.spaces.first().map(|(_, pages)| pages.clone());
        let there = now.as_ref() == Some(&self.pages);
        assert!(
            there || now.as_ref() == Some(&before),
            "all or none of {pages:?}: {kept:?}"
        );
        let said = answer.is_some_and(|answer| !answer["library"]["made"].is_null());
        assert!(!said || there, "it was said to be saved: {kept:?}");
        if !there {
            self.ask(save).await?;
        }
        self.space_is_whole("the space after something was saved into it")
            .await?;
        Ok(steps)
    }

    pub(super) async fn save_link(&mut self, at: Option<u64>) -> Result<u64> {
        let page = self.new_page();
        let link = json!({ "link": { "url": self.address(page), "title": "" } });
        self.saved(at, link, &[page]).await
    }

    pub(super) async fn save_tabs(&mut self, at: Option<u64>) -> Result<u64> {
        let pages = [self.new_page(), self.new_page()];
        let (window, tabs) = self.open_window(&pages).await?;
        let steps = self.saved(at, json!({ "tabs": tabs }), &pages).await?;
        let close = format!("chrome.windows.remove({window})");
        self.extension.page.evaluate(&close).await?;
        Ok(steps)
    }

    /// Makes the second space, and an ask that moves the page there.
    async fn move_of(&self, page: u64) -> Result<(String, Value)> {
        let new = json!({ "new_space": { "name": self.elsewhere(), "colour": "red" } });
        let made = self.ask(json!({ "library": new })).await?;
        let other = text(&made["library"]["made"]["spaces"][0]);
        let to = json!({ "space": { "space": other, "group": null, "before": null } });
        let moves = json!({ "from": self.space, "tabs": [self.tab(page).await?], "to": to, "copy": false });
        Ok((other, json!({ "library": { "move": moves } })))
    }

    /// A tab goes to another space.
    pub(super) async fn move_tab(&mut self, at: Option<u64>) -> Result<u64> {
        let page = self.pages[1];
        let (other, moves) = self.move_of(page).await?;
        let (steps, answer) = self.stopped(at, &Extension::sends(&moves)).await?;
        let place = self.place_of(page).await?;
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || place == Place::There, "it was said to be moved");
        if place != Place::There {
            self.ask(moves).await?;
            assert_eq!(self.place_of(page).await?, Place::There, "it was moved");
        }
        self.pages.remove(1);
        self.space_is_whole("the space that a tab left").await?;
        self.moved = Some((other, page));
        Ok(steps)
    }

    /// Where a page is: somewhere, and nowhere twice.
    async fn place_of(&self, page: u64) -> Result<Place> {
        let (here, there) = (self.kept().await?, self.kept_of(&self.elsewhere()).await?);
        match (times(page, &here.spaces), times(page, &there.spaces)) {
            (1, 0) => Ok(Place::Here),
            (0, 1) => Ok(Place::There),
            _ => Err(Failure(format!("not once somewhere: {here:?}, {there:?}"))),
        }
    }

    /// The other space's tab comes back with all of it, and the emptied space goes.
    pub(super) async fn merge(&mut self, at: Option<u64>) -> Result<u64> {
        let (other, page) = self.moved.take().ok_or("nothing was moved")?;
        let merge = json!({ "library": { "merge": { "from": other, "into": self.space } } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&merge)).await?;
        let place = self.place_of(page).await?;
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || place == Place::Here, "it was said to be merged");
        if place == Place::There {
            self.ask(merge).await?;
        }
        let left = self.kept_of(&self.elsewhere()).await?.spaces;
        assert!(left.is_empty(), "it was merged: {left:?}");
        self.pages.push(page);
        self.space_is_whole("the space that took another in").await?;
        Ok(steps)
    }

    pub(super) async fn mark(&mut self, at: Option<u64>) -> Result<u64> {
        let tab = self.tab(self.pages[0]).await?;
        let marking = json!({ "starred": true, "tag": self.name, "note": "Read it" });
        let mark =
            json!({ "library": { "mark": { "space": self.space, "tabs": [tab], "marking": marking } } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&mark)).await?;
        let whole = json!({ "tags": [self.name], "note": "Read it", "starred": true });
        let marks = async || Ok::<_, Failure>(self.shelf().await?["marks"]["tabs"][text(&tab)].clone());
        let marked = marks().await?;
        assert!(
            marked == whole || marked.is_null(),
            "marked or not at all: {marked}"
        );
        let said = answer.is_some_and(|answer| !answer["library"]["changed"].is_null());
        assert!(!said || marked == whole, "it was said to be marked");
        self.ask(mark).await?;
        assert_eq!(marks().await?, whole);
        self.space_is_whole("the space after a tab was marked").await?;
        Ok(steps)
    }

    /// What the space held comes back from its history, as a space of its own.
    pub(super) async fn bring_back(&mut self, at: Option<u64>) -> Result<u64> {
        let history = json!({ "library": { "history": { "space": self.space, "before": null } } });
        let history = self.ask(history).await?;
        let last = &history["library"]["history"]["moments"][0]["seq"];
        let name = format!("{} again", self.name);
        let bring = json!({ "space": self.space, "seq": last, "tabs": null, "name": name });
        let bring = json!({ "library": { "bring_back": bring } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&bring)).await?;
        let mut again = self.kept_of(&name).await?;
        let whole = |kept: &Kept| kept.spaces.iter().all(|(_, pages)| *pages == self.pages);
        assert!(
            again.spaces.len() <= 1 && whole(&again),
            "once and whole, or not at all: {again:?}"
        );
        let said = answer.is_some_and(|answer| !answer["library"]["made"].is_null());
        assert!(
            !said || again.spaces.len() == 1,
            "it was said to be back: {again:?}"
        );
        if again.spaces.is_empty() {
            self.ask(bring).await?;
            again = self.kept_of(&name).await?;
        }
        assert!(again.spaces.len() == 1 && whole(&again), "{again:?}");
        self.space_is_whole("the space whose past was brought back")
            .await?;
        let forget = json!({ "library": { "forget": again.spaces[0].0 } });
        self.ask(forget).await?;
        Ok(steps)
    }

    /// A backup is written into a folder: whatever has a backup's name and something in it is whole.
    pub(super) async fn back_up(&mut self, at: Option<u64>) -> Result<u64> {
        self.extension.page.evaluate(FILES).await?;
        self.extension.page.evaluate(PICK).await?;
        let back_up = json!({ "folder": "back_up" });
        let (steps, answer) = self.stopped(at, &Extension::sends(&back_up)).await?;
        let proven = |state: &Value| {
            let standing = &state["folder"]["standing"];
            standing["failing"] == false && !standing["proof"].is_null()
        };
        let said = answer.is_some_and(|answer| proven(&answer));
        let mut whole = self.backups().await?;
        assert!(!said || !whole.is_empty(), "it was said to be written");
        if whole.is_empty() {
            let answer = self.ask(back_up).await?;
            assert!(proven(&answer), "{answer}");
            whole = self.backups().await?;
        }
        self.backup = Some(whole.pop().ok_or("there is no backup")?);
        Ok(steps)
    }

    /// The space of each file in the folder that is not empty.
    async fn backups(&self) -> Result<Vec<backup::Space>> {
        // Another worker may be writing: what is seen may be gone before it is read.
        let read = async || Ok(Some(self.extension.page.evaluate(FILES).await?));
        let files = wait_for("the files in the folder", BUSY, read).await?;
        let mut spaces = Vec::new();
        for file in list(&files) {
            let (name, bytes) = (text(&file[0]), text(&file[1]));
            if bytes.is_empty() || name.ends_with(".crswap") {
                continue;
            }
            let found = backup::read(bytes.as_bytes())
                .map_err(|why| Failure(format!("{name} is no backup: {why:?}")))?;
            assert!(found.whole, "{name} is whole: {found:?}");
            let mut of_name = found
                .library
                .spaces
                .into_iter()
                .filter(|space| space.name == self.name);
            let space = of_name.next().ok_or(format!("{name} lacks the space"))?;
            spaces.push(space);
        }
        Ok(spaces)
    }

    /// A backup is brought in after the space was deleted: it is there whole and once, or not at all.
    pub(super) async fn import(&mut self, at: Option<u64>) -> Result<u64> {
        // Whatever else is to be: nothing is left of the space and its bin.
        self.ask(json!({ "folder": "forget" })).await?;
        self.extension.page.evaluate(NO_FOLDER).await?;
        self.ask(json!({ "library": { "forget": self.space } })).await?;
        self.ask(json!({ "library": { "empty_bin": null } })).await?;
        self.removed = None;
        let space = serde_json::to_value(&self.backup).map_err(|error| error.to_string())?;
        let bring_in = json!({ "bring_in": { "space": space, "copy_name": "A copy" } });
        let (steps, answer) = self.stopped(at, &Extension::sends(&bring_in)).await?;
        let kept = self.kept().await?;
        let whole = kept.spaces.iter().all(|(_, pages)| *pages == self.pages);
        assert!(whole && kept.spaces.len() <= 1, "whole or not at all: {kept:?}");
        let said = answer.is_some_and(|answer| !answer["brought_in"].is_null());
        assert!(
            !said || kept.spaces.len() == 1,
            "it was said to be brought in: {kept:?}"
        );
        self.ask(bring_in).await?;
        self.space_is_whole("the space that was brought in").await?;
        Ok(steps)
    }

    /// The space is opened instead of what a window has. What made room never enters it.
    pub(super) async fn replace(&mut self, at: Option<u64>) -> Result<u64> {
        let others = [self.new_page(), self.new_page()];
        let (window, _) = self.open_window(&others).await?;
        let place = json!({ "replacing": window });
        let open = json!({ "library": { "open": { "space": self.space, "tabs": null, "place": place } } });
        let (steps, _) = self.stopped(at, &Extension::sends(&open)).await?;
        self.space_is_whole("the space that is opened instead of others")
            .await?;
        self.ask(open).await?;
        let opened = async || {
            let windows = self.windows().await?;
            let mut ours = windows.into_iter().filter(|(id, _)| *id == window);
            let Some((_, pages)) = ours.next() else {
                return Err(Failure("the window is gone".to_owned()));
            };
            let ours: Vec<u64> = pages
                .iter()
                .copied()
                .filter(|page| !others.contains(page))
                .collect();
            if ours == self.pages && pages.len() == ours.len() {
                Ok(Some(()))
            } else {
                Err(Failure(format!("there is {pages:?}")))
            }
        };
        wait_for("the window with the space's tabs and no other", BUSY, opened).await?;
        self.space_is_whole("the space that was opened instead of others")
            .await?;
        self.window = window;
        Ok(steps)
    }

    /// The window is closed, and the space is kept.
    pub(super) async fn close_and_keep(&mut self, at: Option<u64>) -> Result<u64> {
        let close = json!({ "close": self.space });
        let (steps, _) = self.stopped(at, &Extension::sends(&close)).await?;
        self.space_is_whole("the space whose window is closed").await?;
        // Who was not told asks again. What was begun is ended without that.
        self.ask(close).await?;
        wait_for("the window to close", BUSY, async || {
            let windows = self.windows().await?;
            let left = windows.iter().any(|(id, _)| *id == self.window);
            Ok((!left).then_some(()))
        })
        .await?;
        self.space_is_whole("the space after its window was closed and it was kept")
            .await?;
        Ok(steps)
    }
}
