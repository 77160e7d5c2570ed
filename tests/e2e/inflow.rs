//! What others do in a shared space flows into the window that follows it: asked, then at once, and while the host does the same.

use std::time::Duration;

use serde_json::{Value, json};
use tabspace_tests::page::Page;
use tabspace_tests::people::{ADDRESSES, World, count, shows, t};
use tabspace_tests::wait::wait_for;
use tabspace_tests::{Failure, Result};

/// Until both sides are the same, on a busy computer.
const BUSY: Duration = Duration::from_mins(1);

/// The addresses of the window's tabs in order, also of those that wait.
const WINDOW: &str = "chrome.windows.getAll({ populate: true }).then(all => all.map(({ tabs }) => tabs.map(({ url, pendingUrl }) => \
    decodeURIComponent(pendingUrl || url).match(/http:[^\"#]*/)?.[0] ?? '')).find(urls => urls.some(url => url.endsWith('/one'))))";

async fn add(guest: &Page, address: &str) -> Result<()> {
    let is_open = format!("document.querySelector('{}') !== null", t("add-tab-field"));
    if guest.evaluate(&is_open).await? == false {
        guest.click(&t("add-tab")).await?;
    }
    guest.fill(&t("add-tab-field"), address).await?;
    guest.press("Enter").await
}

/// Chooses in the panel what becomes of what others do.
async fn set(world: &World, panel: &Page, inflow: &str, picture: bool) -> Result<()> {
    panel.click(&t("space-menu")).await?;
    panel.click(&t("inflow")).await?;
    world.choose(panel, "inflow-choice", inflow).await?;
    if picture {
        world.picture(panel, "dialog").await?;
    }
    panel.click(&t("close-dialog")).await
}

/// How many events the space has, as the relay counts them for the guest.
async fn head(guest: &Page, space: &str) -> Result<u64> {
    let now = format!("fetch('/api/v1/spaces/{space}').then(answer => answer.json())");
    let now = guest.evaluate(&now).await?;
    let head = now["state"]["head"].as_u64();
    head.ok_or_else(|| Failure(format!("no space but {now}")))
}

/// Sends a tab of the space to another page, as somebody's window does that follows it.
async fn navigate(guest: &Page, space: &str, from: &str, to: &str) -> Result<()> {
    let script = format!(
        "(async () => {{
            const space = '/api/v1/spaces/{space}';
            const {{ state }} = await (await fetch(space)).json();
            const [tab] = Object.entries(state.tabs).find(([, tab]) => tab.url === {from});
            window.device ??= '1'.repeat(26);
            window.number = (window.number ?? 0) + 1;
            const op = {{ type: 'tab:updated', data: {{ tab, url: {to} }} }};
            const body = JSON.stringify({{ device, ops: [{{ n: number, op }}] }});
            const answer = await fetch(`${{space}}/ops`, {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body }});
            const {{ answers }} = await answer.json();
            return answers?.[0].refused ?? answers?.length;
        }})()",
        from = json!(from),
        to = json!(to),
    );
    let answer = guest.evaluate(&script).await?;
    if answer == 1 {
        Ok(())
    } else {
        Err(Failure(format!("the relay refuses: {answer}")))
    }
}

/// Waits until the window has these addresses, in this order if it is to be one.
async fn window_has(panel: &Page, what: &str, wanted: impl Fn(&[String]) -> bool) -> Result<Vec<String>> {
    let mut last = Value::Null;
    let found = wait_for(what, BUSY, async || {
        last = panel.evaluate(WINDOW).await?;
        let urls: Vec<String> = serde_json::from_value(last.clone()).unwrap_or_default();
        Ok(wanted(&urls).then_some(urls))
    });
    let found = found.await;
    found.map_err(|failure| Failure(format!("{failure}; the window has {last}")))
}

#[tokio::test]
async fn what_a_guest_does_flows_into_the_hosts_window_without_an_echo() -> Result<()> {
    let world = World::new("inflow", &[]).await?;
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.host.open(&world.site.page("/two")).await?;
    let guest = world.save_and_share(&one).await?;
    let panel = world.panel().await?;
    world.is_in(&panel).await?;
    let projection = world.projection().await?;
    let space = projection["spaces"][0]["space"]
        .as_str()
        .unwrap_or_default()
        .to_owned();

    // Asked: nothing comes before the person says so.
    set(&world, &panel, "ask", true).await?;
    let asked = world.site.page("/page/1");
    add(&guest, &asked).await?;
    panel
        .wait_for(&shows("inflow-waiting", "Bob"), "the question")
        .await?;
    world.picture(&panel, "asked").await?;
    let urls = window_has(&panel, "the window", |urls| !urls.is_empty()).await?;
    assert_eq!(urls.len(), 2, "nothing came yet: {urls:?}");
    panel.click(&t("inflow-yes")).await?;
    window_has(&panel, "the tab that was asked about", |urls| {
        urls.contains(&asked)
    })
    .await?;
    panel
        .wait_for(&count("inflow-waiting", 0), "that nothing waits")
        .await?;

    // At once.
    set(&world, &panel, "on", false).await?;
    let at_once = world.site.page("/page/2");
    add(&guest, &at_once).await?;
    window_has(&panel, "the next tab", |urls| urls.contains(&at_once)).await?;
    assert_eq!(
        panel.evaluate(&count("inflow-waiting", 0)).await?,
        true,
        "nobody was asked"
    );

    // Both at once: the host opens tabs and closes one, the guest adds some.
    let of_window =
        "const { windowId } = (await chrome.tabs.query({})).find(({ url }) => url.endsWith('/one'));";
    let hosts = [world.site.page("/page/3"), world.site.page("/page/4")];
    let guests = [world.site.page("/page/5"), world.site.page("/page/6")];
    let host_edits = async {
        for url in &hosts {
            let create = json!({ "url": url, "active": false });
            let open = format!(
                "(async () => {{ {of_window} await chrome.tabs.create({{ windowId, ...{create} }}); }})()"
            );
            world.in_chrome(&open).await?;
        }
        let close = format!(
            "(async () => {{ {of_window} const tabs = await chrome.tabs.query({{ windowId }}); \
             await chrome.tabs.remove(tabs.find(({{ url, pendingUrl }}) => (pendingUrl || url).includes('/page/1')).id); }})()"
        );
        world.in_chrome(&close).await.map(drop)
    };
    let guest_edits = async {
        for url in &guests {
            add(&guest, url).await?;
        }
        Ok(())
    };
    tokio::try_join!(host_edits, guest_edits)?;
    let wanted: Vec<&String> = [&at_once].into_iter().chain(&hosts).chain(&guests).collect();
    let all = |urls: &[String]| {
        urls.len() == 2 + wanted.len()
            && wanted
                .iter()
                .all(|url| urls.iter().filter(|other| other == url).count() == 1)
    };
    window_has(&panel, "what both did, each once", all).await?;
    let same = wait_for("the same on both sides", BUSY, async || {
        let there = guest.evaluate(ADDRESSES).await?;
        let window = panel.evaluate(WINDOW).await?;
        let urls: Vec<String> = serde_json::from_value(window).unwrap_or_default();
        Ok((there == urls.join("|").as_str() && all(&urls)).then_some(()))
    });
    if let Err(failure) = same.await {
        let there = guest.evaluate(ADDRESSES).await?;
        return Err(Failure(format!(
            "{failure}: the guest has {there}, the window {}",
            panel.evaluate(WINDOW).await?
        )));
    }

    // Tabs that others send elsewhere: one that waits, and one that is loaded.
    let loaded = &hosts[0];
    for (from, to) in [(&at_once, "/page/8"), (loaded, "/page/9")] {
        let to = world.site.page(to);
        navigate(&guest, &space, from, &to).await?;
        window_has(&panel, "the page that a tab was sent to", |urls| {
            urls.contains(&to) && !urls.contains(from) && urls.len() == 2 + wanted.len()
        })
        .await?;
    }

    // What came does not go back: one more deed of the guest is what the relay hears of it.
    let before = head(&guest, &space).await?;
    let last = world.site.page("/page/7");
    add(&guest, &last).await?;
    window_has(&panel, "the last tab", |urls| urls.contains(&last)).await?;
    let said = "Is that all?";
    tabspace_tests::people::say(&panel, said).await?;
    guest
        .wait_for(&shows("message", said), "the message behind it")
        .await?;
    assert_eq!(head(&guest, &space).await?, before + 2, "a tab and a message");
    world.picture(&guest, "same").await
}
