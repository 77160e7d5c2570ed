//! A shared space: how long what the host does in the window takes to show at the guest's.
//!
//! Beside the goals of DESIGN.md: the tabs within a second, their titles within two.

use tabspace_tests::people::{TITLES, ready_to_stream, t};
use tabspace_tests::{Result, page::Page, people::World};

use crate::line::{Line, percentile, print, say};

const TRIES: usize = 20;

/// Makes the page remember when it first showed this.
async fn watch(guest: &Page, what: &str, shown: &str) -> Result<()> {
    guest
        .evaluate(&format!(
            "(() => {{ const look = () => {{ if ({shown}) window['{what}'] = Date.now(); else requestAnimationFrame(look); }}; \
             window['{what}'] = undefined; look(); }})()"
        ))
        .await
        .map(drop)
}

/// Milliseconds from a time of the host's clock (the same machine's) until the page showed this.
async fn shown_after(guest: &Page, what: &str, began: f64) -> Result<f64> {
    guest
        .wait_for(&format!("window['{what}'] !== undefined"), what)
        .await?;
    let at = guest.evaluate(&format!("window['{what}']")).await?;
    at.as_f64()
        .map(|at| at - began)
        .ok_or_else(|| "the page has no clock".into())
}

/// Does something in the host's browser; when it began.
async fn at_the_host(world: &World, deed: &str) -> Result<f64> {
    let script = format!("(async () => {{ const began = Date.now(); {deed}; return began; }})()");
    let began = world.in_chrome(&script).await?;
    began
        .as_f64()
        .ok_or_else(|| "the host's browser has no clock".into())
}

pub(crate) async fn measure() -> Result<()> {
    say("live: starting a relay, two browsers and a space");
    let streaming = ready_to_stream("bench-live").await?;
    let (world, guest) = (&streaming.world, &streaming.guest);
    let rows = |rows: usize| format!("document.querySelectorAll('{}').length === {rows}", t("tab-row"));
    let window = world
        .in_chrome("chrome.tabs.query({url: '*://*/counter'}).then(([tab]) => tab.windowId)")
        .await?;
    let before = guest
        .evaluate(&format!("document.querySelectorAll('{}').length", t("tab-row")))
        .await?;
    let before = usize::try_from(before.as_u64().unwrap_or_default()).unwrap_or_default();
    let (mut opened, mut titled, mut went, mut closed) = (vec![], vec![], vec![], vec![]);
    for round in 1..=TRIES {
        let (first, second) = (format!("Try {round} begins"), format!("Try {round} goes on"));
        let title = |title: &str| format!("{TITLES}.includes('{title}')");
        let address = |title: &str| world.site.page(&format!("/plain?{}", title.replace(' ', "%20")));

        watch(guest, "tab", &rows(before + 1)).await?;
        watch(guest, "title", &title(&first)).await?;
        let deed = format!(
            "globalThis.opened = (await chrome.tabs.create({{ windowId: {window}, url: '{}', active: false }})).id",
            address(&first)
        );
        let began = at_the_host(world, &deed).await?;
        opened.push(shown_after(guest, "tab", began).await?);
        titled.push(shown_after(guest, "title", began).await?);

        watch(guest, "title", &title(&second)).await?;
        let deed = format!(
            "await chrome.tabs.update(globalThis.opened, {{ url: '{}' }})",
            address(&second)
        );
        let began = at_the_host(world, &deed).await?;
        went.push(shown_after(guest, "title", began).await?);

        watch(guest, "tab", &rows(before)).await?;
        let began = at_the_host(world, "await chrome.tabs.remove(globalThis.opened)").await?;
        closed.push(shown_after(guest, "tab", began).await?);
    }
    for (metric, sample, goal, goal_name) in [
        (
            "a tab opened, to the guest's list",
            &opened,
            1_000.0,
            "the goal of 1 s",
        ),
        (
            "a tab opened, to its title at the guest",
            &titled,
            2_000.0,
            "the goal of 2 s",
        ),
        (
            "a tab navigated, to its new title at the guest",
            &went,
            2_000.0,
            "the goal of 2 s",
        ),
        (
            "a tab closed, to the guest's list",
            &closed,
            1_000.0,
            "the goal of 1 s",
        ),
    ] {
        for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
            print(&Line {
                bench: "live",
                metric: &format!("{metric}, {name}"),
                unit: "ms",
                ours: percentile(sample, share),
                rival: goal,
                rival_name: goal_name,
                lower_is_better: true,
            });
        }
    }
    Ok(())
}
