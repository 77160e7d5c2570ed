//! The library's page on the real writer: what is done there is done to the spaces, also after the worker died.

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::page::Page;
use tabspace_tests::people::{TITLES, World, shows, t};

use crate::asking::Extension;

/// The titles of the rows, joined.
const ROWS: &str = r#"[...document.querySelectorAll('[data-testid="library-row"]')].map(row => row.querySelector('bdi').textContent).join('|')"#;

/// The spaces with how many tabs each has, in the order of their names.
const SPACES: &str = r#"[...document.querySelectorAll('[data-testid="library-space"]')].map(space => `${space.querySelector('bdi').textContent} ${space.querySelector('.end').textContent}`).sort().join('|')"#;

/// The keys go to the list.
const LIST_HAS_FOCUS: &str = "document.activeElement.id === 'library-list'";

/// A person before the library's page.
struct Desk {
    world: World,
    page: Page,
}

/// A row of the list, by its title.
fn row(title: &str) -> String {
    element("library-row", title)
}

/// A space of the left column, by its name.
fn space(name: &str) -> String {
    element("library-space", name)
}

fn element(id: &str, text: &str) -> String {
    format!(
        "[...document.querySelectorAll('{}')].find(found => found.querySelector('bdi').textContent === {})",
        t(id),
        json!(text)
    )
}

fn focus_is_in(id: &str) -> String {
    format!("document.activeElement.dataset.testid === '{id}'")
}

impl Desk {
    /// A window of three pages is saved as "Trip" and closed; the library is open on it.
    async fn with_a_trip(name: &str) -> Result<Self> {
        let world = World::new(name, &[]).await?;
        let extension = Extension::open(&world).await?;
        let pages = [3, 1, 2].map(|number| world.site.page(&format!("/page/{number}")));
        let window = extension
            .page
            .evaluate(&format!(
                "chrome.windows.create({{ url: {} }}).then(({{ id }}) => id)",
                json!(pages)
            ))
            .await?;
        let loaded = format!(
            "chrome.tabs.query({{ windowId: {window}, status: 'complete' }}).then(tabs => tabs.length === 3)"
        );
        extension.page.wait_for(&loaded, "the pages to load").await?;
        extension
            .ask(json!({ "save_window": { "window": window, "name": "Trip" } }))
            .await?;
        extension
            .page
            .evaluate(&format!("chrome.windows.remove({window})"))
            .await?;
        let page = world
            .host
            .open_window(&world.page_of_extension("library.html"))
            .await?;
        extension.page.close().await?;
        let desk = Self { world, page };
        desk.has("Trip 3").await?;
        desk.page.click(&t("library-space")).await?;
        desk.lists("Page 3|Page 1|Page 2").await?;
        Ok(desk)
    }

    /// The spaces are these, with so many tabs.
    async fn has(&self, spaces: &str) -> Result<()> {
        let are_these = format!("{SPACES} === {}", json!(spaces));
        self.page.wait_for(&are_these, spaces).await
    }

    /// The rows have these titles.
    async fn lists(&self, titles: &str) -> Result<()> {
        let are_these = format!("{ROWS} === {}", json!(titles));
        self.page.wait_for(&are_these, titles).await
    }

    async fn presses(&self, keys: &[&str]) -> Result<()> {
        for key in keys {
            self.page.press(key).await?;
        }
        Ok(())
    }

    /// A name is typed where one is asked for.
    async fn names(&self, name: &str) -> Result<()> {
        self.page
            .wait_for(&focus_is_in("name"), "the focus in the field for a name")
            .await?;
        self.page.type_text(name).await?;
        self.page.press("Enter").await
    }

    /// An empty space is made.
    async fn makes(&self, name: &str) -> Result<()> {
        self.page.click(&t("new-menu")).await?;
        self.page.click(&t("new-space")).await?;
        self.names(name).await
    }

    /// Something else is asked of the writer meanwhile.
    async fn elsewhere(&self, ask: &Value) -> Result<()> {
        let message = json!({ "to": "writer", "ask": ask.to_string() });
        let asked = format!("chrome.runtime.sendMessage({message}).then(() => null)");
        self.page.evaluate(&asked).await.map(drop)
    }

    async fn looks_at(&self, name: &str) -> Result<()> {
        self.page
            .click_text(&format!("{} bdi", t("library-space")), name)
            .await
    }

    async fn says(&self, words: &str) -> Result<()> {
        self.page.wait_for(&shows("toast", words), words).await
    }

    /// The worker dies, and the page is read again from what is on disk.
    async fn comes_back(&self) -> Result<()> {
        self.world.host.stop_service_worker(&self.world.id).await?;
        self.page.reload().await
    }

    /// A line of the space's menu is chosen.
    async fn chooses(&self, line: &str) -> Result<()> {
        self.page.click(&t("library-menu")).await?;
        self.page.click(&t(line)).await
    }

    /// Chooses a space in the open dialog, by typing its name.
    async fn picks(&self, name: &str) -> Result<()> {
        self.page
            .wait_for(
                &focus_is_in("target-search"),
                "the focus in the search for a space",
            )
            .await?;
        self.page.type_text(name).await?;
        let only = format!(
            "document.querySelector('{}[aria-selected=\"true\"] bdi')?.textContent === {}",
            t("target"),
            json!(name)
        );
        self.page.wait_for(&only, &format!("{name} to be found")).await?;
        self.page.press("Enter").await
    }
}

#[tokio::test]
async fn by_keyboard_tabs_are_moved_marked_and_removed_and_all_is_taken_back() -> Result<()> {
    let desk = Desk::with_a_trip("library-keyboard").await?;
    let page = &desk.page;
    desk.makes("Garden").await?;
    desk.has("Garden 0|Trip 3").await?;

    // Why a deed was not done stands there until one is, whatever is read meanwhile.
    desk.chooses("open-here").await?;
    let refused = "!!document.querySelector('.library-main > .banner')";
    page.wait_for(refused, "why an empty space is not opened").await?;
    let shed = json!({ "library": { "new_space": { "name": "Shed", "colour": "red" } } });
    desk.elsewhere(&shed).await?;
    desk.has("Garden 0|Shed 0|Trip 3").await?;
    page.wait_for(refused, "it to stay").await?;
    desk.looks_at("Shed").await?;
    desk.chooses("delete-space").await?;
    page.click(&t("confirm")).await?;
    desk.has("Garden 0|Trip 3").await?;
    page.wait_for(&format!("!({refused})"), "it to be gone").await?;

    desk.looks_at("Trip").await?;
    page.click(&t("library-row")).await?;
    page.wait_for(LIST_HAS_FOCUS, "the focus in the list").await?;

    // The first two go to the garden; the focus stays where it was.
    desk.presses(&["Shift+ArrowDown", "m"]).await?;
    desk.picks("Garden").await?;
    desk.has("Garden 2|Trip 1").await?;
    desk.lists("Page 2").await?;
    desk.says("2 tabs moved").await?;
    page.wait_for(LIST_HAS_FOCUS, "the focus in the list again")
        .await?;
    desk.presses(&["Control+z"]).await?;
    desk.has("Garden 0|Trip 3").await?;
    desk.presses(&["Control+Shift+Z"]).await?;
    desk.has("Garden 2|Trip 1").await?;
    desk.presses(&["Control+z"]).await?;
    desk.lists("Page 3|Page 1|Page 2").await?;

    // A group, whose menu has keys of its own.
    desk.presses(&["Home", "Shift+ArrowDown", "g"]).await?;
    desk.names("Pair").await?;
    desk.says("2 tabs grouped").await?;
    let menu = format!("document.querySelector('{}')", t("group-menu"));
    page.wait_for(&menu, "the menu of the group").await?;
    page.evaluate(&format!("{menu}.focus()")).await?;
    desk.presses(&["Enter", "ArrowDown", "Enter"]).await?;
    desk.says("The group is dissolved").await?;
    page.wait_for(&shows("selection-bar", "2 selected"), "the selection as it was")
        .await?;
    page.click(&t("library-row")).await?;

    // A star, a tag, a note, another place.
    desk.presses(&["Home", "s"]).await?;
    desk.says("1 tab has a star now").await?;
    desk.presses(&["t"]).await?;
    desk.names("quiet").await?;
    page.wait_for(&shows("library-row", "quiet"), "the tag").await?;
    page.fill(&t("note"), "Ask Ada").await?;
    page.click(&t("library-row")).await?;
    desk.says("Saved").await?;
    desk.presses(&["Alt+ArrowDown"]).await?;
    desk.lists("Page 1|Page 3|Page 2").await?;

    // What is removed leaves the keys where it was.
    desk.presses(&["End", "Delete"]).await?;
    desk.lists("Page 1|Page 3").await?;
    desk.says("1 tab moved to the bin").await?;
    let cursor = "document.querySelector('.library-row.cursor bdi')?.textContent === 'Page 3'";
    page.wait_for(cursor, "the keys to be at the tab before").await?;

    desk.comes_back().await?;
    desk.has("Garden 0|Trip 2").await?;
    desk.looks_at("Trip").await?;
    desk.lists("Page 1|Page 3").await?;
    let kept = format!(
        "{}?.querySelector('[aria-pressed=\"true\"]') && {}",
        row("Page 3"),
        shows("library-row", "quiet")
    );
    page.wait_for(&kept, "star and tag to be kept").await?;
    page.click_text(&format!("{} bdi", t("library-row")), "Page 3")
        .await?;
    let note = format!("document.querySelector('{}')?.value === 'Ask Ada'", t("note"));
    page.wait_for(&note, "the note to be kept").await?;

    // The bin gives it back.
    page.click(&t("part-bin")).await?;
    page.wait_for(&shows("binned", "Page 2"), "the tab in the bin")
        .await?;
    page.click(&t("put-back")).await?;
    desk.has("Garden 0|Trip 3").await?;
    desk.looks_at("Trip").await?;
    desk.lists("Page 1|Page 3|Page 2").await?;

    // What was put aside is opened and taken up again.
    desk.chooses("archive").await?;
    desk.has("Garden 0").await?;
    page.click(&t("part-archive")).await?;
    page.click(&t("to-space")).await?;
    page.wait_for(LIST_HAS_FOCUS, "the focus in the list of the space")
        .await?;
    desk.chooses("archive").await?;
    desk.has("Garden 0|Trip 3").await?;

    // An open tab is found and saved by a key.
    page.evaluate(&format!(
        "chrome.tabs.create({{ url: {}, active: false }}).then(() => null)",
        json!(desk.world.site.page("/plain"))
    ))
    .await?;
    page.click(&t("library-search")).await?;
    page.type_text("plain is:open").await?;
    page.wait_for(&shows("library-row", "open now"), "the open tab to be found")
        .await?;
    page.click(&t("library-row")).await?;
    desk.presses(&["m"]).await?;
    desk.picks("Garden").await?;
    desk.says("1 tab saved").await?;
    desk.has("Garden 1|Trip 3").await?;

    // One tab of a deleted space comes back as a space of its name, and the deleted one comes out of the bin without it.
    page.click(&t("library-search")).await?;
    desk.presses(&["Control+a", "Delete"]).await?;
    desk.looks_at("Trip").await?;
    desk.chooses("delete-space").await?;
    page.click(&t("confirm")).await?;
    desk.has("Garden 1").await?;
    page.click(&t("part-bin")).await?;
    let alone = format!(
        "[...document.querySelectorAll('{}')].find(button => button.ariaLabel.includes('Page 1'))",
        t("put-tab-back")
    );
    page.wait_for(&alone, "the tab of the deleted space").await?;
    page.evaluate(&format!("{alone}.focus()")).await?;
    desk.presses(&["Enter"]).await?;
    desk.has("Garden 1|Trip 1").await?;
    desk.comes_back().await?;
    desk.has("Garden 1|Trip 1").await?;
    page.click(&t("part-bin")).await?;
    page.wait_for(&shows("binned", "Page 2"), "the space in the bin")
        .await?;
    page.click(&t("put-back")).await?;
    desk.has("Garden 1|Trip 1|Trip 2").await
}

#[tokio::test]
async fn by_mouse_tabs_are_dragged_spaces_merged_and_opened_and_the_past_comes_back() -> Result<()> {
    let desk = Desk::with_a_trip("library-mouse").await?;
    let page = &desk.page;
    desk.makes("Garden").await?;
    desk.has("Garden 0|Trip 3").await?;
    desk.looks_at("Trip").await?;
    desk.lists("Page 3|Page 1|Page 2").await?;

    // Within the space, to another one, and there once more as a copy.
    page.drag(&row("Page 2"), &row("Page 3"), false).await?;
    desk.lists("Page 2|Page 3|Page 1").await?;
    page.drag(&row("Page 1"), &space("Garden"), false).await?;
    desk.has("Garden 1|Trip 2").await?;
    desk.lists("Page 2|Page 3").await?;
    page.drag(&row("Page 2"), &space("Garden"), true).await?;
    desk.has("Garden 2|Trip 2").await?;
    desk.world.picture(page, "dragged").await?;

    desk.looks_at("Garden").await?;
    desk.lists("Page 1|Page 2").await?;
    page.click_text(&format!("{} bdi", t("library-row")), "Page 1")
        .await?;
    page.click(&t("remove-selected")).await?;
    desk.lists("Page 2").await?;
    page.click(&t("undo")).await?;
    desk.lists("Page 1|Page 2").await?;

    // Merged, taken back, merged again, after the worker died.
    desk.chooses("merge").await?;
    desk.picks("Trip").await?;
    desk.has("Trip 4").await?;
    page.click(&t("undo")).await?;
    desk.has("Garden 2|Trip 2").await?;
    desk.comes_back().await?;
    desk.has("Garden 2|Trip 2").await?;
    desk.looks_at("Garden").await?;
    desk.chooses("merge").await?;
    desk.picks("Trip").await?;
    desk.has("Trip 4").await?;
    desk.lists("Page 2|Page 3|Page 1|Page 2").await?;
    desk.chooses("sort-title").await?;
    desk.lists("Page 1|Page 2|Page 2|Page 3").await?;

    // What was removed long ago comes back out of the past.
    page.click_text(&format!("{} bdi", t("library-row")), "Page 3")
        .await?;
    page.click(&t("remove-selected")).await?;
    desk.lists("Page 1|Page 2|Page 2").await?;
    desk.comes_back().await?;
    desk.looks_at("Trip").await?;
    page.click(&t("bring-back")).await?;
    desk.lists("Page 1|Page 2|Page 2|Page 3").await?;
    desk.world.picture(page, "brought-back").await?;
    page.click(&t("undo")).await?;
    desk.lists("Page 1|Page 2|Page 2").await?;
    let sorted = format!(
        "[...document.querySelectorAll('{}')].findLast(moment => moment.textContent.includes('closed Page 3'))?.nextElementSibling",
        t("moment")
    );
    page.wait_for(&sorted, "the moment before the tab was removed")
        .await?;
    page.evaluate(&format!("{sorted}.querySelector('{}').click()", t("look-at")))
        .await?;
    page.click(&t("bring-tab-back")).await?;
    desk.lists("Page 1|Page 2|Page 2|Page 3").await?;

    // Open, in a window that it follows.
    page.click(&t("open-all")).await?;
    let open = "chrome.tabs.query({}).then(tabs => Object.values(Object.groupBy(tabs, tab => tab.windowId)) \
        .some(window => window.map(tab => tab.title).join('|') === 'Page 1|Page 2|Page 2|Page 3'))";
    page.wait_for(open, "the space in a window").await
}

#[tokio::test]
async fn what_is_done_to_a_shared_space_reaches_the_others_and_is_taken_back() -> Result<()> {
    let desk = Desk::with_a_trip("library-shared").await?;
    let page = &desk.page;
    desk.makes("Garden").await?;
    desk.looks_at("Trip").await?;
    desk.lists("Page 3|Page 1|Page 2").await?;
    let link = desk.world.share(page, "editor").await?;
    page.press("Escape").await?;
    let guest = desk.world.join(&link, "Bob").await?;
    let guest_has = async |titles: &str| {
        guest
            .wait_for(&format!("{TITLES} === {}", json!(titles)), titles)
            .await
    };
    guest_has("Page 3|Page 1|Page 2").await?;

    // A tab goes to a private space and comes back; one goes to the bin and comes back; the order too.
    page.click_text(&format!("{} bdi", t("library-row")), "Page 1")
        .await?;
    desk.presses(&["m"]).await?;
    desk.picks("Garden").await?;
    guest_has("Page 3|Page 2").await?;
    desk.has("Garden 1|Trip 2").await?;
    desk.presses(&["Control+z"]).await?;
    guest_has("Page 3|Page 1|Page 2").await?;
    desk.has("Garden 0|Trip 3").await?;
    page.click_text(&format!("{} bdi", t("library-row")), "Page 3")
        .await?;
    desk.presses(&["Delete"]).await?;
    guest_has("Page 1|Page 2").await?;
    desk.presses(&["Control+z"]).await?;
    guest_has("Page 3|Page 1|Page 2").await?;
    desk.presses(&["Escape"]).await?;
    desk.chooses("sort-title").await?;
    guest_has("Page 1|Page 2|Page 3").await?;
    desk.says("Sorted").await?;

    // Opened instead of what the window has, and taken back: nobody else hears of it.
    let plain = desk.world.site.page("/plain");
    let has_plain = format!(
        "(async () => {{ const {{ id }} = await chrome.windows.getCurrent(); \
         return (await chrome.tabs.query({{ windowId: id }})).some(({{ url, pendingUrl }}) => (pendingUrl || url) === {}); }})()",
        json!(plain)
    );
    page.evaluate(&format!(
        "chrome.tabs.create({{ url: {}, active: false }}).then(() => null)",
        json!(plain)
    ))
    .await?;
    page.wait_for(&has_plain, "another tab in this window").await?;
    desk.chooses("open-replacing").await?;
    page.click(&t("confirm")).await?;
    page.wait_for(
        &format!("{has_plain}.then(has => !has)"),
        "the other tab to be closed",
    )
    .await?;
    let follows = "(async () => { const { id } = await chrome.windows.getCurrent(); \
        const { projection } = await chrome.storage.local.get('projection'); \
        return JSON.parse(projection).spaces.some(({ name, window }) => name === 'Trip' && window === id); })()";
    page.wait_for(follows, "the space to follow this window").await?;
    // The space's tab is in front now.
    page.bring_to_front().await?;
    desk.says("open here").await?;
    page.click(&t("undo")).await?;
    page.wait_for(&has_plain, "the other tab to be back").await?;
    page.wait_for(
        &format!("{follows}.then(follows => !follows)"),
        "the window to go its own way",
    )
    .await?;
    desk.has("Garden 0|Trip 3").await?;
    guest_has("Page 1|Page 2|Page 3").await?;
    guest.click(&t("add-tab")).await?;
    guest
        .fill(&t("add-tab-field"), &desk.world.site.page("/page/4"))
        .await?;
    guest.press("Enter").await?;
    page.bring_to_front().await?;
    desk.has("Garden 0|Trip 4").await
}
