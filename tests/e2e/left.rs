//! A person leaves a shared space, on the web page and in the extension: it is gone for them, what they had open stays, the
//! others go on, and a link leads back.

use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::page::Page;
use tabspace_tests::people::{ADDRESSES, TITLES, World, count, say, shows, t};

/// The names of the spaces that the popup knows.
const SPACES: &str = "chrome.storage.local.get('projection').then(({ projection }) => \
    JSON.parse(projection).spaces.map(({ name }) => name))";

/// The windows that are followed.
const FOLLOWED: &str = "chrome.storage.session.get('followed').then(({ followed }) => followed ?? [])";

/// A tab comes into the space by hand.
async fn add(page: &Page, url: &str) -> Result<()> {
    page.click(&t("add-tab")).await?;
    page.fill(&t("add-tab-field"), url).await?;
    page.press("Enter").await
}

/// In the dialog of the members there are so many.
async fn has_members(page: &Page, members: usize) -> Result<()> {
    let rows = format!(
        "document.querySelectorAll('{} {}').length === {members}",
        t("members-dialog"),
        t("member-row")
    );
    page.wait_for(&rows, &format!("{members} members")).await
}

/// Ada shares a window of two pages, and Bob is in the space; the link that leads there, and his page.
async fn shared_with_bob(world: &World) -> Result<(String, Page)> {
    let one = world.host.open_window(&world.site.page("/one")).await?;
    world.host.open(&world.site.page("/two")).await?;
    let popup = world.save(&one).await?;
    let link = world.share(&popup, "editor").await?;
    popup.close().await?;
    let bob = world.join(&link, "Bob").await?;
    Ok((link, bob))
}

#[tokio::test]
async fn a_guest_who_leaves_has_the_space_no_more_until_a_link_leads_back() -> Result<()> {
    let world = World::new("left-page", &[]).await?;
    let (link, bob) = shared_with_bob(&world).await?;
    let clara = world.join_apart(&link, "Clara").await?;
    say(&clara, "With Bob").await?;
    bob.wait_for(&shows("message", "With Bob"), "Clara's message")
        .await?;
    clara.click(&t("show-members")).await?;
    has_members(&clara, 3).await?;
    let address = bob.evaluate("location.href").await?;
    let address = address.as_str().unwrap_or_default().to_owned();

    bob.click(&t("leave")).await?;
    world.picture(&bob, "leaving").await?;
    bob.click(&t("confirm-leave")).await?;
    bob.wait_for_text("No spaces in this browser yet").await?;
    assert_eq!(bob.evaluate("location.pathname").await?, "/");
    world.picture(&bob, "left").await?;

    // The others go on, as if nothing had been.
    has_members(&clara, 2).await?;
    clara.press("Escape").await?;
    let new = world.site.page("/plain?by-clara");
    add(&clara, &new).await?;
    say(&clara, "Without Bob").await?;
    let panel = world.panel().await?;
    panel
        .wait_for(&shows("message", "Without Bob"), "Clara's message")
        .await?;
    panel
        .wait_for(&format!("{ADDRESSES}.includes('{new}')"), "Clara's tab")
        .await?;
    say(&panel, "Just us").await?;
    clara
        .wait_for(&shows("message", "Just us"), "Ada's message")
        .await?;

    // The address alone leads nowhere now.
    bob.navigate(&address).await?;
    let ended = format!(
        "document.querySelector('{}[data-code=\"not_a_member\"]')",
        t("ended")
    );
    bob.wait_for(&ended, "that Bob is no member").await?;
    world.picture(&bob, "no-member").await?;

    // A link leads back, to all that is there.
    let bob = world.join(&link, "Bob").await?;
    for said in ["With Bob", "Without Bob", "Just us"] {
        bob.wait_for(&shows("message", said), said).await?;
    }
    bob.wait_for(&format!("{ADDRESSES}.includes('{new}')"), "Clara's tab")
        .await?;
    say(&bob, "I am back").await?;
    for page in [&clara, &panel] {
        page.wait_for(&shows("message", "I am back"), "Bob's message")
            .await?;
    }
    clara.click(&t("show-members")).await?;
    has_members(&clara, 3).await
}

#[tokio::test]
async fn who_leaves_in_the_extension_keeps_the_tabs_and_a_copy_and_the_others_the_space() -> Result<()> {
    let world = World::new("left-extension", &[]).await?;
    let (link, bob) = shared_with_bob(&world).await?;
    let panel = world.panel().await?;
    world.is_in(&panel).await?;

    // Only who owns no space alone may leave it: Bob is to own it, and Ada is not.
    panel.click(&t("space-menu")).await?;
    panel.click(&t("show-members")).await?;
    has_members(&panel, 2).await?;
    world.choose(&panel, "member-role", "owner").await?;
    bob.click(&t("show-members")).await?;
    let may = format!("document.querySelector('{}')", t("member-role"));
    bob.wait_for(&may, "that Bob owns the space").await?;
    world.choose(&bob, "member-role", "editor").await?;
    panel
        .wait_for(&format!("!{may}"), "that Ada owns it no more")
        .await?;
    panel.press("Escape").await?;
    let shared = bob.evaluate(ADDRESSES).await?;

    panel.click(&t("space-menu")).await?;
    panel.click(&t("leave")).await?;
    world.picture(&panel, "leaving").await?;
    panel.click(&t("confirm-end")).await?;
    panel
        .wait_for(&shows("toast", "copy"), "that a copy is kept")
        .await?;
    world.picture(&panel, "left").await?;
    panel
        .wait_for(
            &format!("{SPACES}.then((spaces) => spaces.length === 0)"),
            "the space to be gone",
        )
        .await?;
    panel
        .wait_for(
            &format!("{FOLLOWED}.then((windows) => windows.length === 0)"),
            "the window to go its own way",
        )
        .await?;
    let open = "chrome.tabs.query({}).then((tabs) => tabs.filter(({ url }) => /\\/(one|two)$/.test(url)).map(({ title }) => title))";
    assert_eq!(
        panel.evaluate(open).await?,
        json!(["Page one", "Page two"]),
        "the tabs stay open"
    );

    // A private copy comes back.
    panel.click(&t("undo")).await?;
    panel
        .wait_for(&format!("{TITLES} === 'Page one|Page two'"), "the copy")
        .await?;
    assert_eq!(
        panel.evaluate(&count("composer", 0)).await?,
        true,
        "it is private"
    );

    // The others go on, and what Ada does is none of theirs.
    has_members(&bob, 1).await?;
    bob.press("Escape").await?;
    add_in_window(&world, "/plain?by-ada").await?;
    let new = world.site.page("/plain?by-bob");
    add(&bob, &new).await?;
    let both = format!("{}|{new}", shared.as_str().unwrap_or_default());
    bob.wait_for(&format!("{ADDRESSES} === '{both}'"), "Bob's tab, and no other")
        .await?;

    // A link of Bob's leads back: Ada's own went with her.
    let gone = world.host.open_window(&link).await?;
    let trouble = format!(
        "document.querySelector('{}[data-code=\"invite_revoked\"]')",
        t("join-trouble")
    );
    gone.wait_for(&trouble, "that the link is good no more").await?;
    gone.close().await?;
    bob.click(&t("invite")).await?;
    let link = world.create_link(&bob, "editor").await?;
    bob.press("Escape").await?;
    let ada = world.join_on(world.host.open_window(&link).await?, "Ada").await?;
    ada.wait_for(&format!("{ADDRESSES} === '{both}'"), "the tabs of the space")
        .await?;
    say(&ada, "I am back").await?;
    bob.wait_for(&shows("message", "I am back"), "Ada's message")
        .await
}

/// Opens a page in the window of page one, and waits until it is there.
async fn add_in_window(world: &World, path: &str) -> Result<()> {
    let open = format!(
        "chrome.tabs.query({{}}).then((tabs) => chrome.tabs.create({{ url: '{}', \
         windowId: tabs.find(({{ url }}) => url.endsWith('/one')).windowId }})).then(() => 0)",
        world.site.page(path)
    );
    world.in_chrome(&open).await?;
    let loaded =
        |target: &tabspace_tests::browser::Target| target.kind == "page" && target.url.ends_with(path);
    world.host.wait_for_target("the new page", loaded).await.map(drop)
}
