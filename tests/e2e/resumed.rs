//! The browser ends while most tabs of a space's window wait, and comes back with its last session, as it does for who lets
//! it continue where it was left: tabs and space are what they were.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::people::{End, World};
use tabspace_tests::wait::wait_for;
use tabspace_tests::{Failure, Result};

use crate::asking::Extension;
use crate::restore::{WINDOW, click, shown, tabs};

/// The window's tabs: titles, and where they are.
const TABS: [(&str, &str); 6] = [
    ("Page 0", "/page/0"),
    ("Page one", "/one"),
    ("Page 2", "/page/2"),
    ("Page 3", "/page/3"),
    ("Page 4", "/page/4"),
    ("Page 5", "/page/5"),
];
/// The place of the one that is pinned.
const PINNED: usize = 0;
/// The place of the one that has a favicon.
const WITH_ICON: usize = 1;
/// The places of those that are in a group.
const GROUPED: [usize; 2] = [2, 3];
/// The place of the one that is shown.
const SHOWN: usize = 4;
/// The place of one that waits until it is shown at last.
const LATER: usize = 5;
/// Until something is as it is to be, on a busy computer.
const BUSY: Duration = Duration::from_mins(1);

/// The tabs of all windows that are at the site, or wait to go there.
const OF_SITE: &str = "chrome.tabs.query({}).then(all => all.filter(({ url }) => url.startsWith('data:') || url.includes('/page/') || url.endsWith('/one')).length)";

/// The windows that are followed.
const FOLLOWED: &str = "chrome.storage.session.get('followed').then(({ followed }) => followed ?? [])";

/// The window with the most tabs, once it is as wanted.
async fn look(world: &World, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    wait_for(what, BUSY, async || {
        let window = world.in_chrome(WINDOW).await?;
        if wanted(&window) {
            Ok(Some(window))
        } else {
            Err(Failure(format!("there is {window}")))
        }
    })
    .await
}

/// Tabs and groups of the only space.
async fn held(extension: &Extension) -> Result<Vec<Value>> {
    let answer = extension.ask(json!({ "library": "shelves" })).await?;
    match answer["library"]["shelves"].as_array().map(Vec::as_slice) {
        Some([shelf]) => Ok(shelf["items"].as_array().cloned().unwrap_or_default()),
        _ => Err(Failure(format!("not one space but {answer}"))),
    }
}

/// A window of the tabs is saved and closed, and the space opened again: one of its tabs is loaded, the others wait. Tabs and
/// groups of the space.
async fn opened(world: &World) -> Result<Vec<Value>> {
    let extension = Extension::open(world).await?;
    let pages = TABS.map(|(_, path)| world.site.page(path));
    let create = format!(
        "chrome.windows.create({{ url: {} }}).then(async ({{ id, tabs }}) => {{ \
            await chrome.tabs.update(tabs[{PINNED}].id, {{ pinned: true }}); \
            const tabIds = {GROUPED:?}.map(at => tabs[at].id); \
            const group = await chrome.tabs.group({{ tabIds, createProperties: {{ windowId: id }} }}); \
            await chrome.tabGroups.update(group, {{ title: 'Red', color: 'red' }}); \
            await chrome.tabs.update(tabs[{SHOWN}].id, {{ active: true }}); \
            return id; }})",
        json!(pages)
    );
    let window = extension.page.evaluate(&create).await?;
    look(world, "the pages to load", has_titles).await?;
    let icon =
        format!("chrome.tabs.query({{ windowId: {window} }}).then(tabs => !!tabs[{WITH_ICON}].favIconUrl)");
    extension.page.wait_for(&icon, "the favicon").await?;
    let save = json!({ "save_window": { "window": window, "name": "Trip" } });
    let space = extension.ask(save).await?["space"].clone();
    assert_eq!(extension.ask(json!({ "close": space })).await?, json!("done"));
    look(world, "the window to close", |window| tabs(window) < TABS.len()).await?;
    world.site.asked();

    assert_eq!(extension.ask(json!({ "restore": space })).await?, json!("done"));
    look(world, "all tabs, asleep", |window| {
        is_whole(window) && window["asleep"] == TABS.len() - 1
    })
    .await?;
    assert_eq!(world.site.asked(), [SHOWN], "one page was asked for");
    let held = held(&extension).await?;
    extension.page.close().await?;
    Ok(held)
}

fn has_titles(window: &Value) -> bool {
    window["titles"] == json!(TABS.map(|(title, _)| title))
}

/// Whether a window is the space's: each tab is there and waits, but for the one that is shown.
fn is_whole(window: &Value) -> bool {
    let groups = (0..TABS.len()).map(|at| {
        if GROUPED.contains(&at) {
            "Red red false"
        } else {
            ""
        }
    });
    has_titles(window)
        && window["icons"] == json!([WITH_ICON])
        && window["waiting"] == TABS.len() - 1
        && window["shown"] == SHOWN
        && window["pinned"] == json!([PINNED])
        && window["groups"] == json!(groups.collect::<Vec<_>>())
}

#[tokio::test]
async fn tabs_that_wait_and_their_space_are_what_they_were_after_the_browser_was_quit() -> Result<()> {
    comes_back("resumed-quit", End::Quit).await
}

#[tokio::test]
async fn tabs_that_wait_and_their_space_are_what_they_were_after_the_browser_was_killed() -> Result<()> {
    comes_back("resumed-killed", End::Killed).await
}

async fn comes_back(name: &str, end: End) -> Result<()> {
    let mut world = World::new(name, &[]).await?;
    if end == End::Killed {
        // Of a profile that is just being made Chrome restores nothing.
        world = world.restart_host().await?;
        world.host.first_page(&world.id).await?.close().await?;
    }
    let before = opened(&world).await?;
    // Another window is in front; the first page of the extension comes there.
    let last = world.site.page("/plain?last");
    world.host.open_window(&last).await?;
    if end == End::Killed {
        world.session_holds(&last).await?;
    }

    let world = world.resume_host(end).await?;
    let in_front = world.host.wait_for_target("the window in front", |target| {
        target.kind == "page" && target.url == last
    });
    in_front.await?.close().await?;
    let window = look(&world, "the tabs to come back", is_whole).await?;
    assert_eq!(
        world.in_chrome(OF_SITE).await?,
        TABS.len(),
        "each tab is there once"
    );
    let follows = wait_for("the space to follow its window", BUSY, async || {
        let followed = world.in_chrome(FOLLOWED).await?;
        Ok((followed != json!([])).then_some(followed))
    });
    assert_eq!(follows.await?, json!([window["id"]]));

    // What is shown is loaded again, and nothing else before it is shown, too.
    let first = shown(&world, TABS[SHOWN].1, TABS[SHOWN].0).await?;
    click(&world, &window, LATER).await?;
    let page = shown(&world, TABS[LATER].1, TABS[LATER].0).await?;
    assert_eq!(page.evaluate("history.length").await?, 1, "nothing is behind it");
    // Chrome may have what was shown in its cache.
    let asked = world.site.asked();
    assert!(
        matches!(asked[..], [SHOWN, LATER] | [LATER]),
        "these pages were asked for: {asked:?}"
    );
    // The way back leads to it.
    page.navigate(&world.site.page("/two")).await?;
    page.evaluate("history.back()").await?;
    let page = shown(&world, TABS[LATER].1, TABS[LATER].0).await?;
    drop((first, page));

    // What comes into the window comes into the space, which is otherwise what it was.
    let new = world.site.page("/plain?new");
    let open = format!(
        "chrome.tabs.create({{ windowId: {}, url: '{new}', active: false }}).then(() => 0)",
        window["id"]
    );
    world.in_chrome(&open).await?;
    let extension = Extension::open(&world).await?;
    wait_for(
        "the space to hold what it held, and the new tab",
        BUSY,
        async || match held(&extension).await?.as_slice() {
            [all @ .., last] if all == before && last["tab"]["url"] == new => Ok(Some(())),
            other => Err(Failure(format!("{other:?} and not {before:?}"))),
        },
    )
    .await
}
