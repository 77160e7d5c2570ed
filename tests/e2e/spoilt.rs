//! Files that are no backup, and a record on disk that cannot be read: the person is told, and the spaces stay what they are.

use std::path::Path;

use protocol::Millis;
use protocol::op::Colour;
use serde_json::json;
use tabspace_tests::Result;
use tabspace_tests::page::Page;
use tabspace_tests::people::{World, t};
use tabspace_tests::wait::{PATIENCE, wait_for};
use wasm_core::library::backup::{self, FILE_BYTES, Item, Kind, Library, Space, Tab};
use wasm_core::library::marks::Marks;

use crate::asking::Extension;
use crate::cleaned::forget_memory;
use crate::folder::shown;

/// Some time in 2026.
const NOW: Millis = Millis(1_780_000_000_000);

/// Writes over the record of an empty space what is no record.
fn spoils(space: &str) -> String {
    format!(
        "(async () => {{
            const opening = indexedDB.open('tabspace');
            await new Promise((resolve) => {{ opening.onsuccess = resolve; }});
            const writing = opening.result.transaction('records', 'readwrite');
            const store = writing.objectStore('records');
            const asking = store.getKey('space/{space}');
            asking.onsuccess = () => store.put('{{ \"name\": \"Por', asking.result);
            await new Promise((resolve) => {{ writing.oncomplete = resolve; }});
            opening.result.close();
            return asking.result;
        }})()"
    )
}

/// Chooses a file as a person does in the options.
async fn choose(page: &Page, file: &Path) -> Result<()> {
    let field = format!("document.querySelector('{}')", t("import-file"));
    let field = page
        .call("Runtime.evaluate", json!({ "expression": field }))
        .await?;
    let files = json!({ "files": [file], "objectId": field["result"]["objectId"] });
    page.call("DOM.setFileInputFiles", files).await.map(drop)
}

/// A backup of one space of many tabs.
fn backup_of_many() -> String {
    let tab = |number: u32| Tab {
        url: format!("https://example.org/{number}"),
        title: format!("Page {number}"),
        ..Tab::default()
    };
    let space = Space {
        name: "Faro".to_owned(),
        colour: Colour::Red,
        id: None,
        kind: Kind::Private,
        changed: NOW,
        marks: Marks::default(),
        archived: false,
        items: (0..100).map(|number| Item::Tab(tab(number))).collect(),
        exact: None,
    };
    let library = Library {
        spaces: vec![space],
        bin: Vec::new(),
    };
    backup::write(&library, NOW).0
}

#[tokio::test]
async fn what_is_no_backup_and_what_cannot_be_read_is_told_and_the_spaces_stay() -> Result<()> {
    let world = World::new("spoilt", &[]).await?;
    let extension = Extension::open(&world).await?;
    let one = world.site.page("/one");
    let create = format!(
        "chrome.windows.create({{ url: {} }}).then(({{ id }}) => id)",
        json!([one, world.site.page("/two")])
    );
    let window = extension.page.evaluate(&create).await?;
    let loaded = format!(
        "chrome.tabs.query({{ windowId: {window} }}).then(tabs => tabs.every(({{ status }}) => status === 'complete'))"
    );
    extension.page.wait_for(&loaded, "the pages to load").await?;
    let save = json!({ "save_window": { "window": window, "name": "Lisbon" } });
    let lisbon = extension.ask(save).await?["space"].clone();
    let porto = json!({ "library": { "new_space": { "name": "Porto", "colour": "red" } } });
    let porto = extension.ask(porto).await?["library"]["made"]["spaces"][0].clone();
    let both = [("Lisbon", 2), ("Porto", 0)];
    extension.spaces("two spaces", &both).await?;

    // Files: cut off, of another program, larger than any is read, empty.
    let folder = tempfile::tempdir()?;
    let text = backup_of_many();
    let cut_off = &text.as_bytes()[..text.len() / 2];
    let files: [(&str, &[u8], &str); 4] = [
        ("cut-off.json", cut_off, "Damaged in the file and not read: Faro."),
        (
            "recipes.json",
            br#"{ "recipes": [{ "cake": ["eggs", "flour"] }] }"#,
            "This file is none that TabSpace knows",
        ),
        ("large.json", b"{", "This file is too large"),
        ("empty.json", b"", "This file is empty."),
    ];
    extension.page.bring_to_front().await?;
    for (name, bytes, words) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        if name == "large.json" {
            let length = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX) + 1;
            std::fs::OpenOptions::new()
                .write(true)
                .open(&path)?
                .set_len(length)?;
        }
        choose(&extension.page, &path).await?;
        extension.page.wait_for_text(words).await?;
        extension
            .spaces(&format!("the same spaces after {name}"), &both)
            .await?;
    }
    world.picture(&extension.page, "no-backup").await?;

    // A record on disk: it is told and kept, and the other space opens as ever.
    assert_eq!(extension.ask(json!({ "close": lisbon })).await?, json!("done"));
    let porto = porto.as_str().unwrap_or_default();
    let key = extension.page.evaluate(&spoils(porto)).await?;
    assert_eq!(key, format!("space/{porto}"));
    forget_memory(&world, &extension).await?;
    extension
        .spaces("the space that can be read", &[("Lisbon", 2)])
        .await?;
    extension.icon_says("sign_damaged").await?;
    extension.page.reload().await?;
    extension
        .page
        .wait_for(&shown("damaged"), "what is told of it")
        .await?;
    extension
        .page
        .wait_for_text("of what was saved cannot be read")
        .await?;
    world.picture(&extension.page, "damaged").await?;
    assert_eq!(extension.ask(json!({ "restore": lisbon })).await?, json!("done"));
    let pages = "chrome.tabs.query({}).then(tabs => tabs.filter(({ title }) => /^Page (one|two)$/.test(title)).length)";
    wait_for("the window of the space that can be read", PATIENCE, async || {
        Ok((extension.page.evaluate(pages).await? == 2).then_some(()))
    })
    .await?;
    extension
        .spaces("the space after it was opened", &[("Lisbon", 2)])
        .await
}
