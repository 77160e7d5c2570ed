//! A space of many tabs is opened as a window: one page is loaded, the others wait.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::people::World;
use tabspace_tests::wait::wait_for;
use tabspace_tests::{Failure, Result};

use crate::asking::Extension;

/// More than are made in one step, and enough to die in the middle.
const TABS: usize = 120;
/// Until a window is full, on a busy computer.
const FULL: Duration = Duration::from_mins(6);

/// The window with the most tabs, as Chrome tells it.
const WINDOW: &str = "chrome.windows.getAll({ populate: true }).then(async all => { \
    const { id, tabs } = all.sort((a, b) => b.tabs.length - a.tabs.length)[0]; \
    const groups = await chrome.tabGroups.query({ windowId: id }); \
    const looks = new Map(groups.map(g => [g.id, `${g.title} ${g.color} ${g.collapsed}`])); \
    return { id, \
        titles: tabs.map(tab => tab.title), \
        waiting: tabs.filter(tab => tab.url.startsWith('data:')).length, \
        asleep: tabs.filter(tab => tab.discarded).length, \
        shown: tabs.findIndex(tab => tab.active), \
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

fn tabs(window: &Value) -> usize {
    window["titles"].as_array().map_or(0, Vec::len)
}

/// A space of so many tabs with two groups, which is open nowhere. Its id.
async fn saved(world: &World, extension: &Extension, count: usize) -> Result<String> {
    let pages: Vec<String> = (0..5).map(|n| world.site.page(&format!("/page/{n}"))).collect();
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
            window["titles"] == json!(["Page 0", "Page 1", "Page 2", "Page 3", "Page 4"])
        })
        .await?;
    let answer = extension
        .ask(json!({ "save_window": { "window": window, "name": "Many" } }))
        .await?;
    let space = answer["space"].as_str().unwrap_or_default().to_owned();
    // Chrome keeps the groups of a window that is closed: they are dissolved before.
    let listen = format!(
        "self.done = []; \
         chrome.tabs.onUpdated.addListener((_, change) => {{ if (change.groupId === -1) self.done.push('ungrouped'); }}); \
         chrome.windows.onRemoved.addListener(id => {{ if (id === {window}) self.done.push('closed'); }}); 0"
    );
    extension.page.evaluate(&listen).await?;
    assert_eq!(extension.ask(json!({ "close": space })).await?, json!("done"));
    extension
        .window("the window to close", |window| tabs(window) < 5)
        .await?;
    let mut expected = vec!["ungrouped"; 4];
    expected.push("closed");
    wait_for("the groups to go before the window", FULL, async || {
        Ok((extension.page.evaluate("self.done").await? == json!(expected)).then_some(()))
    })
    .await?;
    for n in 5..count {
        let tab = json!({ "url": world.site.page(&format!("/page/{n}")), "title": format!("Saved {n}") });
        extension
            .ask(json!({ "do": { "space": space, "command": { "add_tab": tab } } }))
            .await?;
    }
    world.site.asked();
    Ok(space)
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
    let extension = Extension::open(&world).await?;
    let space = saved(&world, &extension, TABS).await?;

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
    let titles = full["titles"].as_array().cloned().unwrap_or_default();
    let expected = (0..TABS).map(|n| {
        if n < 5 {
            format!("Page {n}")
        } else {
            format!("Saved {n}")
        }
    });
    assert_eq!(titles, expected.map(Value::from).collect::<Vec<_>>());
    let (red, folded) = ("Red red false", "Folded green true");
    let full = extension
        .window("the groups", |window| window["groups"][4] == folded)
        .await?;
    let groups: Vec<&str> = full["groups"].as_array().map_or(Vec::new(), |groups| {
        groups.iter().take(6).filter_map(Value::as_str).collect()
    });
    assert_eq!(groups, ["", red, red, folded, folded, ""]);

    // One is shown: it has an ordinary address, and nothing behind it.
    let click = format!(
        "chrome.tabs.query({{ windowId: {} }}).then(tabs => chrome.tabs.update(tabs[7].id, {{ active: true }})).then(() => 0)",
        full["id"]
    );
    extension.page.evaluate(&click).await?;
    let address = world.site.page("/page/7");
    let page = world
        .host
        .wait_for_target("the page", |target| {
            target.kind == "page" && target.url == address
        })
        .await?;
    page.wait_for("document.title === 'Page 7'", "its own title")
        .await?;
    assert_eq!(page.evaluate("history.length").await?, 1);
    assert_eq!(world.site.asked(), [7]);

    // One that was muted still is when it is there.
    let click = format!(
        "chrome.tabs.query({{ windowId: {} }}).then(tabs => chrome.tabs.update(tabs[2].id, {{ active: true }})).then(() => 0)",
        full["id"]
    );
    extension.page.evaluate(&click).await?;
    let address = world.site.page("/page/2");
    let page = world
        .host
        .wait_for_target("the muted page", |target| {
            target.kind == "page" && target.url == address
        })
        .await?;
    page.wait_for("document.title === 'Page 2'", "its own title")
        .await?;
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
    Ok(())
}
