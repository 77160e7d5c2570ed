//! The context menu and the keyword in the address bar. Chrome draws both outside of any page: their events are dispatched in
//! the worker, as Chrome does when a person chooses something.

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::people::World;
use tabspace_tests::wait::{PATIENCE, wait_for};

use crate::asking::Extension;

/// Chooses an item of the context menu over a tab.
async fn choose(world: &World, item: &str, link: Option<&str>, tab: &Value) -> Result<()> {
    let info = json!({ "menuItemId": item, "linkUrl": link });
    let over = json!({ "id": tab["id"], "windowId": tab["windowId"] });
    let dispatch = format!("chrome.contextMenus.onClicked.dispatch({info}, {over})");
    world.in_chrome(&dispatch).await.map(drop)
}

/// Presses Enter behind the keyword in the address bar.
async fn enter(world: &World, typed: &str, disposition: &str) -> Result<()> {
    let dispatch = format!(
        "chrome.omnibox.onInputEntered.dispatch({}, '{disposition}')",
        json!(typed)
    );
    world.in_chrome(&dispatch).await.map(drop)
}

#[tokio::test]
async fn what_is_chosen_in_the_menu_is_saved_and_found_in_the_address_bar() -> Result<()> {
    let world = World::new("menus", &[]).await?;
    let extension = Extension::open(&world).await?;
    let pages = ["/one", "/two"].map(|path| world.site.page(path));
    let create = format!(
        "chrome.windows.create({{ url: {} }}).then(({{ tabs }}) => tabs.map(({{ id, windowId }}) => ({{ id, windowId }})))",
        json!(pages)
    );
    let tabs = extension.page.evaluate(&create).await?;
    let window = &tabs[0]["windowId"];
    let loaded = format!(
        "chrome.tabs.query({{ windowId: {window} }}).then(tabs => tabs.every(({{ title }}) => title.startsWith('Page ')))"
    );
    extension.page.wait_for(&loaded, "the pages to load").await?;
    let new = json!({ "library": { "new_space": { "name": "Faro", "colour": "red" } } });
    let made = extension.ask(new).await?["library"]["made"]["spaces"][0].clone();
    let faro = made.as_str().unwrap_or_default();

    // The menu offers the space.
    let offers = format!("chrome.contextMenus.update('link/{faro}', {{}}).then(() => true)");
    let is_offered = async || Ok((world.in_chrome(&offers).await? == true).then_some(()));
    wait_for("the space in the menu", PATIENCE, is_offered).await?;

    // A link, then the tabs that are selected.
    let seven = world.site.page("/page/7");
    choose(&world, &format!("link/{faro}"), Some(&seven), &tabs[0]).await?;
    extension.spaces("the link", &[("Faro", 1)]).await?;
    let select = format!("chrome.tabs.highlight({{ windowId: {window}, tabs: [0, 1] }}).then(() => 0)");
    extension.page.evaluate(&select).await?;
    choose(&world, &format!("selected/{faro}"), None, &tabs[0]).await?;
    extension.spaces("the selected tabs", &[("Faro", 3)]).await?;

    // What cannot be done is said.
    choose(&world, "group/new", None, &tabs[0]).await?;
    extension.icon_says("failed_no_group").await?;

    // What was saved is among what is suggested, and Enter on its line opens it.
    let suggest = "new Promise((resolve) => chrome.omnibox.onInputChanged.dispatch('page', resolve))";
    let lines = world.in_chrome(suggest).await?;
    let lines = lines.as_array().cloned().unwrap_or_default();
    let line = lines.iter().find(|line| line["content"] == seven.as_str());
    let line = line.ok_or(format!("no line leads to {seven}: {lines:?}"))?;
    let description = line["description"].as_str().unwrap_or_default();
    assert!(
        description.contains("Faro"),
        "the line names the space: {description}"
    );
    enter(&world, &seven, "newForegroundTab").await?;
    world
        .host
        .wait_for_target("the saved page", |target| {
            target.kind == "page" && target.url == seven
        })
        .await?;
    assert_eq!(world.site.asked(), [7]);

    // Enter behind words goes to the best of what is found, where it is open.
    enter(&world, "page two", "currentTab").await?;
    let shown = format!(
        "chrome.tabs.query({{ windowId: {window}, active: true }}).then(([{{ title }}]) => title === 'Page two')"
    );
    extension.page.wait_for(&shown, "the tab that is open").await
}
