//! A space of many tabs is opened as a window: one page is loaded, the others wait.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::page::Page;
use tabspace_tests::people::World;
use tabspace_tests::wait::wait_for;
use tabspace_tests::{Failure, Result};

use crate::asking::Extension;

/// More than are made in three steps, and enough to die in the middle.
const TABS: usize = 60;
/// The pages that were open when the space was saved: titles, and where they are.
const OPEN: [(&str, &str); 5] = [
    ("Page 0", "/page/0"),
    ("Page 1", "/page/1"),
    ("Page 2", "/page/2"),
    ("Page one", "/one"),
    ("Page two", "/two"),
];
/// The places of those that have a favicon.
const WITH_ICON: [usize; 2] = [3, 4];
/// How often the space is opened and closed again.
const TIMES: usize = 10;
/// Until a window is full, on a busy computer.
const FULL: Duration = Duration::from_mins(6);

/// The window with the most tabs, as Chrome tells it.
pub(crate) const WINDOW: &str = "chrome.windows.getAll({ populate: true }).then(async all => { \
    const { id, tabs } = all.sort((a, b) => b.tabs.length - a.tabs.length)[0]; \
    const groups = await chrome.tabGroups.query({ windowId: id }); \
    const looks = new Map(groups.map(g => [g.id, `${g.title} ${g.color} ${g.collapsed}`])); \
    return { id, \
        titles: tabs.map(tab => tab.title), \
        urls: tabs.map(tab => tab.url), \
        icons: tabs.flatMap((tab, at) => tab.favIconUrl?.startsWith('data:image/') ? [at] : []), \
        waiting: tabs.filter(tab => tab.url.startsWith('data:')).length, \
        asleep: tabs.filter(tab => tab.discarded).length, \
        shown: tabs.findIndex(tab => tab.active), \
        pinned: tabs.flatMap((tab, at) => tab.pinned ? [at] : []), \
        muted: tabs.flatMap((tab, at) => tab.mutedInfo.muted ? [at] : []), \
        groups: tabs.map(tab => looks.get(tab.groupId) ?? '') }; })";

impl Extension {
    /// The window with the most tabs, once it is as wanted.
    async fn window(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        wait_for(what, FULL, async || {
            let window = self.page.evaluate(WINDOW).await?;
            Ok(wanted(&window).then_some(window))
        })
        .await
    }

    /// The tabs of the space, as the popup counts them.
    async fn tabs(&self) -> Result<Value> {
        let text = "chrome.storage.local.get('projection').then(kept => kept.projection)";
        let projection: Value =
            serde_json::from_str(self.page.evaluate(text).await?.as_str().unwrap_or_default())
                .map_err(|error| Failure(error.to_string()))?;
        Ok(projection["spaces"][0]["tabs"].clone())
    }
}

fn number(window: &Value, of: &str) -> usize {
    window[of]
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or_default()
}

pub(crate) fn tabs(window: &Value) -> usize {
    window["titles"].as_array().map_or(0, Vec::len)
}

/// A space of a few tabs with two groups, which is open nowhere. Its id.
async fn saved(world: &World, extension: &Extension) -> Result<String> {
    let pages = OPEN.map(|(_, path)| world.site.page(path));
    let script = format!(
        "chrome.windows.create({{ url: {} }}).then(async ({{ id, tabs }}) => {{ \
            const group = async (of, looks) => chrome.tabGroups.update( \
                await chrome.tabs.group({{ tabIds: of.map(at => tabs[at].id), createProperties: {{ windowId: id }} }}), looks); \
            await group([1, 2], {{ title: 'Red', color: 'red' }}); \
            await group([3, 4], {{ title: 'Folded', color: 'green', collapsed: true }}); \
            await chrome.tabs.update(tabs[1].id, {{ active: true }}); \
            await chrome.tabs.update(tabs[2].id, {{ muted: true }}); \
            return id; }})",
        json!(pages)
    );
    let window = extension.page.evaluate(&script).await?;
    extension
        .window("the pages to load", |window| {
            window["titles"] == json!(OPEN.map(|(title, _)| title))
        })
        .await?;
    let favicons = format!(
        "chrome.tabs.query({{ windowId: {window} }}).then(tabs => tabs.filter(tab => tab.favIconUrl).length >= {})",
        WITH_ICON.len()
    );
    extension.page.wait_for(&favicons, "the favicons").await?;
    let answer = extension
        .ask(json!({ "save_window": { "window": window, "name": "Many" } }))
        .await?;
    let space = answer["space"].as_str().unwrap_or_default().to_owned();
    let listen = "self.done = []; \
         chrome.tabs.onUpdated.addListener((_, change) => { if (change.groupId === -1) self.done.push('ungrouped'); }); \
         chrome.windows.onRemoved.addListener(() => self.done.push('closed')); 0";
    extension.page.evaluate(listen).await?;
    close(extension, &space).await?;
    Ok(space)
}

/// Closes the space's window. Chrome keeps the groups of a window that is closed: they are dissolved before.
async fn close(extension: &Extension, space: &str) -> Result<()> {
    extension.page.evaluate("self.done = []; 0").await?;
    assert_eq!(extension.ask(json!({ "close": space })).await?, json!("done"));
    extension
        .window("the window to close", |window| tabs(window) < OPEN.len())
        .await?;
    let mut expected = vec!["ungrouped"; 4];
    expected.push("closed");
    wait_for("the groups to go before the window", FULL, async || {
        Ok((extension.page.evaluate("self.done").await? == json!(expected)).then_some(()))
    })
    .await?;
    let groups = extension.page.evaluate("chrome.tabGroups.query({})").await?;
    assert_eq!(groups, json!([]), "no group is left");
    Ok(())
}

/// Gives the space more tabs.
async fn add(world: &World, extension: &Extension, space: &str, count: usize) -> Result<()> {
    for n in OPEN.len()..count {
        let tab = json!({ "url": world.site.page(&format!("/page/{n}")), "title": format!("Saved {n}") });
        extension
            .ask(json!({ "do": { "space": space, "command": { "add_tab": tab } } }))
            .await?;
    }
    Ok(())
}

/// Shows the tab at a place of a window, as a click on it does.
pub(crate) async fn click(world: &World, window: &Value, at: usize) -> Result<()> {
    let click = format!(
        "chrome.tabs.query({{ windowId: {} }}).then(tabs => chrome.tabs.update(tabs[{at}].id, {{ active: true }})).then(() => 0)",
        window["id"]
    );
    world.in_chrome(&click).await.map(drop)
}

/// The window with the most tabs, once it is as wanted, as the worker sees it: a headless browser loads no tab that is shown
/// in a window behind one that was opened later, as a page of the extension would be.
async fn look(world: &World, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    wait_for(what, FULL, async || {
        let window = world.in_chrome(WINDOW).await?;
        Ok(wanted(&window).then_some(window))
    })
    .await
}

/// The page at an address, once it is there with its own title.
pub(crate) async fn shown(world: &World, path: &str, title: &str) -> Result<Page> {
    let address = world.site.page(path);
    let page = world
        .host
        .wait_for_target(title, |target| target.kind == "page" && target.url == address)
        .await?;
    page.wait_for(&format!("document.title === '{title}'"), "its own title")
        .await?;
    Ok(page)
}

/// The titles of all tabs while they wait.
fn titles() -> Value {
    let saved = (OPEN.len()..TABS).map(|n| format!("Saved {n}"));
    let open = OPEN.iter().map(|(title, _)| (*title).to_owned());
    open.chain(saved).map(Value::from).collect()
}

/// Says to be a developer: for anybody else Chromium reloads no unpacked extension.
async fn be_a_developer(world: &World) -> Result<()> {
    let extensions = world.host.open_window("chrome://extensions/").await?;
    let is_one =
        "chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }).then(() => true)";
    extensions.wait_for(is_one, "the page of the extensions").await?;
    extensions.close().await
}

/// Reloads the extension, as an update of it does.
async fn reload_extension(world: &World) -> Result<()> {
    let worker = world.host.service_worker(&world.id).await?;
    // It ends the worker, which may be gone before it answers: that it goes is what is waited for.
    drop(worker.evaluate("chrome.runtime.reload()").await);
    world.host.wait_until_gone(worker.target_id()).await
}

/// Ends the worker while it works. What happens in the window starts it again at once, as the same target.
async fn kill_worker(world: &World) -> Result<()> {
    let worker = world.host.service_worker(&world.id).await?;
    worker.evaluate("self.before = true").await?;
    let target = json!({ "targetId": worker.target_id() });
    drop(worker);
    let connection = world.host.connection();
    connection.call(None, "Target.closeTarget", target).await?;
    wait_for("another worker", FULL, async || {
        let before = world.in_chrome("self.before === true").await?;
        Ok((before == false).then_some(()))
    })
    .await
}

#[tokio::test]
async fn of_many_tabs_one_page_is_loaded_and_the_others_when_they_are_shown() -> Result<()> {
    let world = World::new("restore-many", &[]).await?;
    be_a_developer(&world).await?;
    let extension = Extension::open(&world).await?;
    let space = saved(&world, &extension).await?;

    // Opened and closed again and again it leaves nothing behind.
    for round in 0..TIMES {
        assert_eq!(extension.ask(json!({ "restore": space })).await?, json!("done"));
        let full = extension
            .window("all tabs and groups", |window| {
                number(window, "asleep") == OPEN.len() - 1 && window["groups"][4] == "Folded green true"
            })
            .await?;
        assert_eq!(tabs(&full), OPEN.len(), "round {round}");
        let groups = extension.page.evaluate("chrome.tabGroups.query({})").await?;
        assert_eq!(
            groups.as_array().map(Vec::len),
            Some(2),
            "round {round}: {groups}"
        );
        close(&extension, &space).await?;
    }
    add(&world, &extension, &space, TABS).await?;
    world.site.asked();

    // Control is there again long before the tabs are; and the worker may die over them.
    let answer = extension.ask(json!({ "restore": space })).await?;
    assert_eq!(answer, json!("done"));
    let begun = extension.page.evaluate(WINDOW).await?;
    assert!(tabs(&begun) < TABS, "the answer waited for {} tabs", tabs(&begun));
    extension
        .window("some tabs", |window| tabs(window) > TABS / 5)
        .await?;
    kill_worker(&world).await?;
    extension.ask(json!("settings")).await?;

    let full = extension
        .window("all tabs, asleep", |window| number(window, "asleep") == TABS - 1)
        .await?;
    assert_eq!(tabs(&full), TABS, "none twice");
    assert_eq!(number(&full, "waiting"), TABS - 1);
    assert_eq!(
        world.site.asked(),
        [1],
        "the page of the tab that was shown alone was asked for"
    );
    assert_eq!((&full["shown"], &full["muted"]), (&json!(1), &json!([2])));
    assert_eq!(full["titles"], titles());
    assert_eq!(
        full["icons"],
        json!(WITH_ICON),
        "the favicons before a page is loaded"
    );
    let (red, folded) = ("Red red false", "Folded green true");
    let full = extension
        .window("the groups", |window| window["groups"][4] == folded)
        .await?;
    let groups: Vec<&str> = full["groups"].as_array().map_or(Vec::new(), |groups| {
        groups.iter().take(6).filter_map(Value::as_str).collect()
    });
    assert_eq!(groups, ["", red, red, folded, folded, ""]);

    // One is shown: it has an ordinary address, and nothing behind it.
    click(&world, &full, 7).await?;
    let page = shown(&world, "/page/7", "Page 7").await?;
    assert_eq!(page.evaluate("history.length").await?, 1);
    assert_eq!(world.site.asked(), [7]);

    // One that was muted still is when it is there.
    click(&world, &full, 2).await?;
    shown(&world, "/page/2", "Page 2").await?;
    let now = extension.page.evaluate(WINDOW).await?;
    assert_eq!((&now["shown"], &now["muted"]), (&json!(2), &json!([2])));

    // The space is what it was, and is not opened twice.
    assert_eq!(extension.ask(json!({ "restore": space })).await?, json!("done"));
    let again = extension
        .page
        .evaluate("chrome.windows.getAll({ populate: true })")
        .await?;
    let big = again.as_array().map_or(0, |all| {
        all.iter()
            .filter(|window| window["tabs"].as_array().is_some_and(|tabs| tabs.len() > 1))
            .count()
    });
    assert_eq!(big, 1, "one window has its tabs");
    assert_eq!(extension.tabs().await?, json!(TABS));

    // The extension is reloaded: the tabs that wait are what they were.
    let what = |window: &Value| {
        (
            window["titles"].clone(),
            window["urls"].clone(),
            window["icons"].clone(),
        )
    };
    let before = extension.page.evaluate(WINDOW).await?;
    drop(extension);
    reload_extension(&world).await?;
    let now = look(&world, "the tabs after a reload of the extension", |window| {
        tabs(window) == TABS
    })
    .await?;
    assert_eq!(what(&now), what(&before), "after a reload of the extension");
    click(&world, &now, 9).await?;
    shown(&world, "/page/9", "Page 9").await?;
    Ok(())
}
