//! What pictures do not show of the popup: what it leaves behind when Chrome closes it, and what it does for who is
//! quicker than Chrome.

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::people::{shows, t};

use crate::scenes::{crowded_popup_of_a_saved_tab, popup_that_must_ask, popup_that_saves};
use crate::{PLAIN, Photographer};

/// Chrome's question closes the popup, on a busy machine before it comes to its next word.
#[tokio::test]
async fn what_was_to_be_streamed_is_kept_before_chrome_asks() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&popup_that_must_ask(), PLAIN).await?;
    let page = &photographer.page;
    page.click(&t("stream-tab")).await?;
    page.wait_for("fixture.chrome.asked", "the question").await?;
    let kept = page.evaluate("fixture.chrome.session?.stream_wish").await?;
    let seen = page
        .evaluate("fixture.chrome.tabs.find((tab) => tab.active).id")
        .await?;
    assert_eq!(kept, json!({ "tab": seen, "until": 0 }));
    Ok(())
}

/// A command can be typed and chosen before all that the popup reads is there.
#[tokio::test]
async fn a_command_chosen_too_early_is_done_once_it_can_be() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let mut scene = popup_that_must_ask();
    scene.fixture["chrome"]["holds"] = json!(true);
    photographer.open(&scene, PLAIN).await?;
    let page = &photographer.page;
    page.type_text("stream this").await?;
    let command = format!("document.querySelector('{}.active')", t("command-row"));
    page.wait_for(&command, "the command").await?;
    page.press("Enter").await?;
    assert_eq!(
        page.evaluate("Boolean(fixture.chrome.asked)").await?,
        json!(false)
    );
    page.evaluate("fixture.chrome.release()").await?;
    page.wait_for("fixture.chrome.asked", "what was chosen").await
}

/// Where a tab is saved is told late, when somebody may be about to click: nothing moves under the pointer.
#[tokio::test]
async fn what_is_told_late_moves_nothing() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&crowded_popup_of_a_saved_tab(), PLAIN).await?;
    let page = &photographer.page;
    let told = format!("document.querySelector('{}')", t("saved-in"));
    page.wait_for(&told, "where the tab is saved").await?;
    let places = "JSON.stringify([...document.querySelectorAll('main button, main [role=option]')]
        .map((seen) => [seen.textContent, seen.getBoundingClientRect().y]))";
    let with = page.evaluate(places).await?;
    page.evaluate(&format!("{told}.remove()")).await?;
    assert_eq!(page.evaluate(places).await?, with);
    Ok(())
}

async fn saved(page: &Page) -> Result<Value> {
    let asked = "fixture.asks?.findLast((ask) => ask.library)?.library.save";
    page.wait_for(asked, "the library to be asked").await?;
    let asked = page.evaluate(asked).await?;
    page.evaluate("fixture.asks.length = 0").await?;
    Ok(asked)
}

/// Types a command, and Enter.
async fn command(page: &Page, words: &str) -> Result<()> {
    page.type_text(words).await?;
    let command = format!("document.querySelector('{}.active')", t("command-row"));
    page.wait_for(&command, "the command").await?;
    page.press("Enter").await?;
    page.wait_for(
        "document.querySelector('#search').value === ''",
        "the choice of a space",
    )
    .await
}

#[tokio::test]
async fn the_selected_tabs_a_group_and_all_windows_are_saved_into_a_chosen_or_a_new_space() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&popup_that_saves(), PLAIN).await?;
    let page = &photographer.page;
    let new = json!({ "new": null });

    command(page, "save selected").await?;
    page.click(&t("space-row")).await?;
    let asked = saved(page).await?;
    assert_eq!(asked["what"], json!({ "tabs": [1, 2, 3] }));
    assert_eq!(asked["to"]["space"]["before"], json!(null));
    assert!(asked["to"]["space"]["space"].is_string(), "{asked}");
    page.wait_for(&shows("notice", "1 tab was left out"), "what was left out")
        .await?;

    command(page, "save this group").await?;
    page.click(&t("command-row")).await?;
    assert_eq!(saved(page).await?, json!({ "what": { "group": 1 }, "to": new }));
    page.wait_for(&shows("notice", "1 tab was left out"), "what was left out")
        .await?;

    command(page, "save all windows").await?;
    page.click(&t("command-row")).await?;
    assert_eq!(saved(page).await?, json!({ "what": "all_windows", "to": new }));
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_cannot_be_saved() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let mut scene = popup_that_saves();
    for tab in scene.fixture["chrome"]["tabs"]
        .as_array_mut()
        .expect("they are a list")
    {
        tab["highlighted"] = tab["active"].clone();
        tab["groupId"] = json!(-1);
    }
    photographer.open(&scene, PLAIN).await?;
    let page = &photographer.page;
    page.type_text("save").await?;
    let all = format!(
        "[...document.querySelectorAll('{}')].map((row) => row.textContent)",
        t("command-row")
    );
    page.wait_for(&format!("{all}.length > 0"), "the commands")
        .await?;
    assert_eq!(
        page.evaluate(&all).await?,
        json!(["Save this window", "Save this tab", "Save all windows"])
    );
    Ok(())
}

#[tokio::test]
async fn the_persons_word_on_what_is_asked_goes_to_the_writer_and_the_question_goes() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    for (button, yes) in [("offer-no", false), ("offer-yes", true)] {
        photographer.open(&popup_that_saves(), PLAIN).await?;
        let page = &photographer.page;
        page.click(&t(button)).await?;
        let asked = "fixture.asks?.find((ask) => ask.word)?.word";
        page.wait_for(asked, "the writer to be told").await?;
        let asked = page.evaluate(asked).await?;
        assert_eq!((&asked["window"], &asked["yes"]), (&json!(1), &json!(yes)));
        assert!(asked["space"].is_string(), "{asked}");
        page.wait_for(&format!("!document.querySelector('{}')", t("offer")), "it to go")
            .await?;
    }
    Ok(())
}

/// Beside the title of the spaces is the way to all of them.
#[tokio::test]
async fn a_click_opens_the_library() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    photographer.open(&popup_that_saves(), PLAIN).await?;
    let page = &photographer.page;
    page.evaluate("globalThis.open = (page) => { fixture.opened = page; }; true")
        .await?;
    page.click(&t("open-library")).await?;
    page.wait_for("fixture.opened === 'library.html'", "the library")
        .await
}
