//! What a person can do, from saving a window to deleting the space, once on each database.

use tabspace_tests::{PrivatePostgres, Result};

use tabspace_tests::page::Page;
use tabspace_tests::people::{ADDRESSES, TITLES, World, count, say, shows, t};

/// The tabs of the host's window, as Chrome has them.
const WINDOW: &str = "(async () => {
    const [{windowId}] = await chrome.tabs.query({url: '*://127.0.0.1/one'});
    const tabs = await chrome.tabs.query({windowId});
    return tabs.map(({url, title, pinned, groupId}) => ({url, title, pinned, groupId}));
})()";

/// The window that the only space follows; `null` when there is none.
const FOLLOWED: &str =
    "chrome.storage.local.get('projection').then(({projection}) => JSON.parse(projection).spaces[0].window)";

/// The title of the tab that is not shared.
const LEFT_OUT: &str = "Stays-here";

/// Watches a page for that title and its address, from now on.
fn watch_for_what_was_left_out() -> String {
    let shown = format!("document.documentElement.innerHTML.includes('{LEFT_OUT}')");
    format!(
        "window.shown = {shown}; new MutationObserver(() => {{ window.shown ||= {shown}; }}) \
         .observe(document, {{childList: true, subtree: true, attributes: true, characterData: true}})"
    )
}

/// The CSS selector of a tab of the space, by the end of its address.
fn tab(path: &str) -> String {
    format!("{}:has(a[href$=\"{path}\"])", t("tab-row"))
}

/// Chooses in the menu of a tab, which shows when the pointer is over the tab.
async fn choose_for_tab(page: &Page, path: &str, item: &str) -> Result<()> {
    let tab = tab(path);
    page.hover(&tab).await?;
    page.click(&format!("{tab} {}", t("tab-menu"))).await?;
    page.click(&t(item)).await
}

#[tokio::test]
async fn the_seven_points_on_sqlite() -> Result<()> {
    the_seven_points("sqlite", &[]).await
}

#[tokio::test]
async fn the_seven_points_on_postgres() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    the_seven_points("postgres", &[("DATABASE_URL", &postgres.fresh_database())]).await
}

async fn the_seven_points(name: &str, settings: &[(&str, &str)]) -> Result<()> {
    let mut world = World::new(name, settings).await?;

    // Save: a window with a group, a pinned tab, titles.
    let one = world.host.open(&world.site.page("/one")).await?;
    for path in ["/two", "/plain"] {
        world.host.open(&world.site.page(path)).await?;
    }
    let left_out = world.site.page(&format!("/plain?{LEFT_OUT}"));
    let stays = world.host.open(&left_out).await?;
    world
        .in_chrome(
            "(async () => {
                const tabs = await chrome.tabs.query({});
                const find = (end) => tabs.find((tab) => tab.url.endsWith(end)).id;
                await chrome.tabs.update(find('/plain'), {pinned: true});
                const group = await chrome.tabs.group({tabIds: [find('/one'), find('/two')]});
                await chrome.tabGroups.update(group, {title: 'Lisbon', color: 'orange'});
            })()",
        )
        .await?;
    let popup = world.save(&one).await?;
    world.picture(&popup, "saved").await?;

    // Share: one tab stays out; the guest joins with a name, and is the same guest after a reload.
    popup.click(&t("share")).await?;
    popup
        .wait_for(&count("visible-tab", 4), "what becomes visible")
        .await?;
    popup.click(&t("back")).await?;
    let link = world.share_without(&popup, "editor", &left_out).await?;
    world.picture(&popup, "link").await?;
    popup.close().await?;
    let guest = world.join(&link, "Bob").await?;
    guest.wait_for_text("Lisbon").await?;
    guest
        .wait_for(&format!("{TITLES}.includes('Page one')"), "the host's tabs")
        .await?;
    world.picture(&guest, "guest-in").await?;
    assert!(
        guest.evaluate("location.hash").await? == "",
        "the secret has left the address bar"
    );
    guest.reload().await?;
    world.is_in(&guest).await?;
    guest
        .wait_for(
            &format!("{TITLES}.includes('Page one')"),
            "the tabs after a reload",
        )
        .await?;
    assert!(
        guest.evaluate(&count("join-name", 0)).await? == true,
        "it is still the same guest"
    );
    guest.evaluate(&watch_for_what_was_left_out()).await?;
    guest
        .wait_for(
            &format!("document.querySelector('{} img')?.naturalWidth > 0", tab("/one")),
            "the favicon of page one",
        )
        .await?;

    // The host's window: open, navigate, move, close; a group gets another title and colour.
    let panel = world.panel().await?;
    panel
        .wait_for(&shows("presence", "B"), "that Bob is here")
        .await?;
    let rows = |rows: usize| count("tab-row", rows);
    stays
        .evaluate(&format!("document.title = '{LEFT_OUT}, with another title'"))
        .await?;
    let of_window = "const [{windowId}] = await chrome.tabs.query({url: '*://127.0.0.1/one'});";
    let new = world.site.page("/plain?new");
    world
        .in_chrome(&format!(
            "(async () => {{ {of_window} await chrome.tabs.create({{windowId, url: '{new}'}}); }})()"
        ))
        .await?;
    guest.wait_for(&rows(4), "the new tab").await?;
    let elsewhere = world.site.page("/two?navigated");
    let find_new = "const [{id}] = await chrome.tabs.query({url: '*://127.0.0.1/plain?new'});";
    world
        .in_chrome(&format!(
            "(async () => {{ {find_new} await chrome.tabs.update(id, {{url: '{elsewhere}'}}); }})()"
        ))
        .await?;
    guest
        .wait_for(
            &format!("{TITLES}.split('Page two').length === 3"),
            "the navigated tab",
        )
        .await?;
    world
        .in_chrome(&format!("(async () => {{ {of_window} const [{{id}}] = await chrome.tabs.query({{url: '*://127.0.0.1/two?navigated'}}); await chrome.tabs.move(id, {{index: 1, windowId}}); }})()"))
        .await?;
    guest
        .wait_for(
            &format!("{TITLES}.indexOf('Page two') < {TITLES}.indexOf('Page one')"),
            "the moved tab",
        )
        .await?;
    world
        .in_chrome("(async () => { const [{id}] = await chrome.tabs.query({url: '*://127.0.0.1/two?navigated'}); await chrome.tabs.remove(id); })()")
        .await?;
    guest.wait_for(&rows(3), "the closed tab").await?;
    world
        .in_chrome("(async () => { const [{id}] = await chrome.tabGroups.query({title: 'Lisbon'}); await chrome.tabGroups.update(id, {title: 'Porto', color: 'green'}); })()")
        .await?;
    guest
        .wait_for(
            "document.querySelector('.group-title.c-green')?.textContent === 'Porto'",
            "the group's new title and colour",
        )
        .await?;

    // The guest, an editor, adds, renames, reorders and removes tabs; the host's window stays as it is.
    let window = panel.evaluate(WINDOW).await?;
    guest.click(&t("add-tab")).await?;
    guest
        .fill(&t("add-tab-field"), &world.site.page("/plain?from-bob"))
        .await?;
    guest.press("Enter").await?;
    panel
        .wait_for(
            &format!("document.querySelector('{}')", tab("/plain?from-bob")),
            "the guest's tab",
        )
        .await?;
    guest.wait_for(&rows(4), "the guest's tab").await?;
    guest
        .wait_for(&shows("link-state", "you can edit"), "that all is sent")
        .await?;
    choose_for_tab(&guest, "/two", "rename-tab").await?;
    guest.fill(&t("rename-field"), "By Bob").await?;
    guest.press("Enter").await?;
    panel
        .wait_for(&shows("tab-row", "By Bob"), "the new title")
        .await?;
    for (item, order) in [("move-up", "<"), ("move-down", ">")] {
        choose_for_tab(&guest, "/two", item).await?;
        panel
            .wait_for(
                &format!("{TITLES}.indexOf('By Bob') {order} {TITLES}.indexOf('Page one')"),
                "the new order",
            )
            .await?;
    }
    world.picture(&guest, "edited").await?;
    choose_for_tab(&guest, "/two", "remove-tab").await?;
    panel
        .wait_for(
            &format!("{} && !({})", rows(3), shows("tab-row", "By Bob")),
            "the removed tab to go",
        )
        .await?;
    assert_eq!(
        panel.evaluate(WINDOW).await?,
        window,
        "the host's window stays as it is"
    );

    // They talk, in one order.
    say(&guest, "Hello from Bob").await?;
    panel
        .wait_for(&shows("message", "Hello from Bob"), "Bob's message")
        .await?;
    say(&panel, "Hello from Ada").await?;
    guest
        .wait_for(&shows("message", "Hello from Ada"), "Ada's message")
        .await?;
    world.picture(&panel, "panel").await?;
    world.picture(&guest, "conversation").await?;

    // The relay is killed; what is typed meanwhile is sent once.
    world.relay.kill();
    guest
        .wait_for(
            &format!(
                "document.querySelector('{}[data-link=\"reconnecting\"]')",
                t("link-state")
            ),
            "the lost relay",
        )
        .await?;
    say(&guest, "Typed while the relay was away").await?;
    guest
        .wait_for(
            &format!(
                "document.querySelector('{}[data-waiting=\"true\"]')",
                t("message")
            ),
            "the waiting message",
        )
        .await?;
    world.picture(&guest, "reconnecting").await?;
    world.relay.start_again()?;
    world.is_in(&guest).await?;
    panel
        .wait_for(&shows("message", "Typed while"), "the message")
        .await?;
    guest
        .wait_for(
            &format!(
                "!document.querySelector('{}[data-waiting=\"true\"]')",
                t("message")
            ),
            "no waiting message",
        )
        .await?;
    for page in [&guest, &panel] {
        page.wait_for(&count("message", 3), "three messages, each once")
            .await?;
    }

    // The host quits the browser and comes back: the space stays as it was.
    guest.wait_for(&rows(3), "the tabs").await?;
    let before = guest.evaluate(ADDRESSES).await?;
    world = world.restart_host().await?;
    let panel = world.panel().await?;
    world.is_in(&panel).await?;
    say(&panel, "I am back").await?;
    guest
        .wait_for(&shows("message", "I am back"), "Ada's message")
        .await?;
    for page in [&guest, &panel] {
        assert_eq!(
            page.evaluate(ADDRESSES).await?,
            before,
            "the space is not emptied"
        );
    }

    // Opened again it follows a window, which closes: the space stays as it was.
    let elsewhere = world.host.open_window(&world.site.page("/one")).await?;
    let popup = world.popup(&elsewhere).await?;
    popup.click(&t("space-row")).await?;
    panel
        .wait_for(
            &format!("{FOLLOWED}.then(async (windowId) => windowId && (await chrome.tabs.query({{windowId}})).length === 3)"),
            "a window with the tabs of the space",
        )
        .await?;
    panel
        .evaluate(&format!("{FOLLOWED}.then((id) => chrome.windows.remove(id))"))
        .await?;
    panel
        .wait_for(
            &format!("{FOLLOWED}.then((id) => id === null)"),
            "that no window is followed",
        )
        .await?;
    panel.bring_to_front().await?;
    say(&panel, "My window is closed").await?;
    guest
        .wait_for(&shows("message", "My window is closed"), "Ada's message")
        .await?;
    assert_eq!(
        guest.evaluate(ADDRESSES).await?,
        before,
        "the space is not emptied"
    );
    assert_eq!(
        guest.evaluate("window.shown").await?,
        false,
        "what was left out never showed"
    );

    // Roles and the end.
    panel.click(&t("space-menu")).await?;
    panel.click(&t("show-members")).await?;
    panel
        .wait_for(
            &format!("document.querySelector('{}')", t("member-role")),
            "the members",
        )
        .await?;
    world.choose(&panel, "member-role", "viewer").await?;
    guest
        .wait_for(
            &format!(
                "!document.querySelector('{}') || document.querySelector('{0}').disabled",
                t("composer")
            ),
            "that Bob only looks",
        )
        .await?;
    world.picture(&guest, "viewer").await?;
    world.picture(&panel, "members").await?;
    // The first click asks, the second does.
    panel.click(&t("remove-member")).await?;
    panel.click(&format!("{}.danger", t("remove-member"))).await?;
    let ended = |code: &str| format!("document.querySelector('{}[data-code=\"{code}\"]')", t("ended"));
    guest.wait_for(&ended("removed"), "that Bob was removed").await?;
    world.picture(&guest, "removed").await?;
    panel.press("Escape").await?;

    // Clara joins with the same link; then it is revoked, and Dora comes too late.
    let clara = world.join_apart(&link, "Clara").await?;
    clara
        .wait_for(&format!("{ADDRESSES}.includes('/one')"), "the tabs")
        .await?;
    panel.click(&t("space-menu")).await?;
    panel.click(&t("share")).await?;
    panel.click(&t("revoke")).await?;
    panel
        .wait_for(&count("invite-row", 0), "the revoked link to go")
        .await?;
    panel.press("Escape").await?;
    let dora = world.guest.open_apart(&link).await?;
    let trouble = format!(
        "document.querySelector('{}[data-code=\"invite_revoked\"]')",
        t("join-trouble")
    );
    dora.wait_for(&trouble, "that the link was revoked").await?;
    world.picture(&dora, "revoked").await?;

    // The space is deleted.
    panel.click(&t("space-menu")).await?;
    panel.click(&t("delete-space")).await?;
    panel.click(&t("confirm-end")).await?;
    clara
        .wait_for(&ended("space_deleted"), "that the space was deleted")
        .await?;
    world.picture(&clara, "deleted").await?;
    Ok(())
}
