//! Every screen in each of its states, once light and once dark, once in English and once in French: that its picture
//! is the accepted one, and that it breaks no rule of accessibility (axe-core).
//!
//! The pages are the real ones; only what stands behind them (Chrome's API, the relay, the clock) is given by
//! the scene. `TABSPACE_SCENES` names the scenes to look at (parts of names, separated by spaces);
//! `TABSPACE_ACCEPT` those whose picture is accepted as it is now.

mod motion;
mod panel_at_work;
mod parts_at_work;
mod pictures;
mod popup_at_work;
mod scenes;
mod server;
mod share_at_work;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pictures::Picture;
use scenes::{Deed, Scene};
use serde_json::{Value, json};
use server::Server;
use tabspace_tests::browser::Browser;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::people::t;
use tabspace_tests::{Failure, Result, repository, screenshots, target_folder};

/// Light or dark, and the language.
#[derive(Clone, Copy)]
struct Variant {
    theme: &'static str,
    language: &'static str,
}

const fn variant(theme: &'static str, language: &'static str) -> Variant {
    Variant { theme, language }
}

/// Where neither theme nor language matters.
const PLAIN: Variant = variant("light", "en");

/// The variants of a scene: both themes and both languages, each once. Which language is seen dark changes from scene to
/// scene. The gallery of the parts speaks no language but its samples', and contrast has nothing to do with language.
fn variants(scene: &Scene) -> [Variant; 2] {
    let speaks = !scene.name.starts_with("parts-") && scene.wants.is_none();
    let dark_in_french = scene.name.bytes().fold(0_u8, u8::wrapping_add) % 2 == 0;
    match (speaks, dark_in_french) {
        (false, _) => [variant("light", "en"), variant("dark", "en")],
        (true, true) => [variant("light", "en"), variant("dark", "fr")],
        (true, false) => [variant("dark", "en"), variant("light", "fr")],
    }
}

/// What axe-core is asked for: the WCAG 2.2 rules of levels A and AA, and its own best practices.
const AXE: &str = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map( \
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html + ' ' + \
    (node.any[0]?.message ?? '')).slice(0, 3).join(' | ')}`))";

fn words(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn axe_core() -> PathBuf {
    let installed = || target_folder().join("tools/npm/node_modules/axe-core/axe.min.js");
    std::env::var_os("TABSPACE_AXE").map_or_else(installed, PathBuf::from)
}

struct Photographer {
    page: Page,
    server: Server,
    axe: String,
}

impl Photographer {
    async fn new(browser: &Browser, axe: String) -> Result<Self> {
        let page = browser.open("about:blank").await?;
        page.call("Emulation.setTimezoneOverride", json!({ "timezoneId": "UTC" }))
            .await?;
        // Else scripts to be run in new documents are not.
        page.call("Page.enable", json!({})).await?;
        let server = Server::start().await?;
        Ok(Self { page, server, axe })
    }

    /// Opens a scene and does what it says.
    async fn open(&self, scene: &Scene, variant: Variant) -> Result<()> {
        let page = &self.page;
        let (width, height) = scene.size;
        page.call("Page.navigate", json!({ "url": "about:blank" }))
            .await?;
        page.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": scene.touch }),
        )
        .await?;
        page.call(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": scene.touch }),
        )
        .await?;
        let features: Value = [("prefers-color-scheme", variant.theme)]
            .into_iter()
            .chain(scene.wants)
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        page.call("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await?;
        let mut fixture = scene.fixture.clone();
        fixture["stored"] = json!({ "language": variant.language });
        let larger = format!(
            "addEventListener('DOMContentLoaded', () => {{ document.documentElement.style.fontSize = '{}%'; }});",
            scene.zoom * 100.0
        );
        let script = format!(
            "globalThis.fixture = {fixture};\n{larger}\n{}",
            include_str!("fake.js")
        );
        let added = page
            .call(
                "Page.addScriptToEvaluateOnNewDocument",
                json!({ "source": script }),
            )
            .await?;
        let opened = self.act(scene).await;
        let identifier = json!({ "identifier": added["identifier"] });
        page.call("Page.removeScriptToEvaluateOnNewDocument", identifier)
            .await?;
        opened
    }

    async fn act(&self, scene: &Scene) -> Result<()> {
        let page = &self.page;
        page.navigate(&self.server.address(&scene.path)).await?;
        page.wait_for(&scene.ready, "the screen").await?;
        for deed in &scene.deeds {
            match deed {
                Deed::Click(id) => page.click(&t(id)).await?,
                Deed::Hover(id) => page.hover(&t(id)).await?,
                Deed::Type(text) => page.type_text(text).await?,
                Deed::Press(key) => page.press(key).await?,
                Deed::Await(selector) => {
                    let there = format!("document.querySelector({})", json!(selector));
                    page.wait_for(&there, selector).await?;
                }
            }
        }
        // A click leaves the pointer where it was, over something.
        page.call(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseMoved", "x": 0, "y": 0 }),
        )
        .await?;
        page.wait_for(QUIET, "the screen to rest").await
    }

    /// What axe-core finds wrong.
    async fn violations(&self) -> Result<Vec<String>> {
        self.page.evaluate(&self.axe).await?;
        let found: Value = self.page.evaluate(AXE).await?;
        let found = found.as_array().cloned().unwrap_or_default();
        Ok(found
            .iter()
            .map(|text| text.as_str().unwrap_or_default().to_owned())
            .collect())
    }
}

/// True when fonts and pictures are there and nothing was painted anew for some frames.
const QUIET: &str = "new Promise((resolve) => { \
    const still = () => [...document.images].every((image) => image.complete); \
    let before = document.body.innerHTML; let calm = 0; \
    const look = () => { const now = document.body.innerHTML; \
        calm = now === before && still() ? calm + 1 : 0; before = now; \
        if (calm > 5) document.fonts.ready.then(() => resolve(true)); else requestAnimationFrame(look); }; \
    requestAnimationFrame(look); })";

fn picture_name(scene: &Scene, variant: Variant) -> String {
    format!("{}.{}.{}", scene.name, variant.theme, variant.language)
}

fn accepted(name: &str) -> PathBuf {
    repository()
        .join("tests/screens/accepted")
        .join(format!("{name}.png"))
}

/// Compares a picture with the accepted one; what is to be said when it differs.
fn compare(name: &str, taken: &Path, accept: &[String]) -> Result<Option<String>> {
    let (now, path) = (Picture::of_screen(taken)?, accepted(name));
    let before = path.exists().then(|| Picture::read(&path)).transpose()?;
    if before.as_ref().is_some_and(|before| before.looks_like(&now)) {
        return Ok(None);
    }
    if accept
        .iter()
        .any(|wanted| wanted == "all" || name.starts_with(wanted.as_str()))
    {
        now.write(&path)?;
        return Ok(None);
    }
    let how = if before.is_some() {
        "looks different"
    } else {
        "is new"
    };
    Ok(Some(format!(
        "{name} {how}: see {}; when it is right, `cargo xtask screenshots --accept {name}`",
        taken.display()
    )))
}

/// Browsers that take pictures side by side; a picture is mostly waited for.
const PHOTOGRAPHERS: usize = 2;

/// The pictures still to be taken, shared by the photographers.
type Left = Mutex<std::vec::IntoIter<(Scene, Variant)>>;

/// Takes pictures until none is left; what is to be complained about.
async fn take_pictures(axe: String, left: &Left, accept: &[String]) -> Result<Vec<String>> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, axe).await?;
    let mut complaints = Vec::new();
    loop {
        let next = left.lock().expect("nobody panics with the lock").next();
        let Some((scene, variant)) = next else {
            return Ok(complaints);
        };
        let name = picture_name(&scene, variant);
        let taken = screenshots().join("screens").join(format!("{name}.png"));
        if let Err(failure) = photographer.open(&scene, variant).await {
            complaints.push(format!("{name}: {failure}"));
            continue;
        }
        photographer.page.screenshot(&taken).await?;
        complaints.extend(compare(&name, &taken, accept)?);
        for violation in photographer.violations().await? {
            complaints.push(format!("{name}: {violation}"));
        }
    }
}

#[test]
fn every_screen_looks_as_accepted_and_is_accessible() -> Result<()> {
    let axe = axe_core();
    let axe = std::fs::read_to_string(&axe).map_err(|error| {
        Failure(format!(
            "{}: {error}; `cargo xtask test e2e` installs it",
            axe.display()
        ))
    })?;
    let (wanted, accept) = (words("TABSPACE_SCENES"), words("TABSPACE_ACCEPT"));
    let mut scenes = scenes::all();
    scenes.retain(|scene| wanted.is_empty() || wanted.iter().any(|part| scene.name.contains(part.as_str())));
    let pictures: Vec<(Scene, Variant)> = scenes
        .iter()
        .flat_map(|scene| variants(scene).map(|variant| (scene.clone(), variant)))
        .collect();
    let left = Arc::new(Mutex::new(pictures.into_iter()));
    let accept: Arc<[String]> = accept.into();
    let at_work: Vec<_> = (0..PHOTOGRAPHERS)
        .map(|_| {
            let (axe, left, accept) = (axe.clone(), Arc::clone(&left), Arc::clone(&accept));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(take_pictures(axe, &left, &accept))
            })
        })
        .collect();
    let mut complaints = Vec::new();
    for photographer in at_work {
        let found = photographer.join();
        complaints.extend(found.map_err(|_| Failure("a photographer panicked".to_owned()))??);
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failure(format!(
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    )))
}

/// What is to be tapped and is smaller than a finger's 44 pixels; words within a sentence may be.
const TOO_SMALL: &str = "[...document.querySelectorAll('a, button, input, select, textarea, label:has(input), [role=tab], [role=menuitem]')] \
    .filter((target) => target.checkVisibility() && !target.matches('.link, label *')) \
    .map((target) => [target, (target.closest('.search') ?? target).getBoundingClientRect()]) \
    .filter(([target, box]) => box.width > 1 && (box.width < 44 || box.height < 44)) \
    .map(([target, box]) => `${target.dataset.testid ?? target.outerHTML.slice(0, 80)}: ${box.width} by ${box.height}`)";

#[tokio::test]
async fn what_is_tapped_is_as_large_as_a_finger() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let mut complaints = Vec::new();
    for scene in scenes::all().iter().filter(|scene| scene.touch) {
        photographer.open(scene, PLAIN).await?;
        let small = photographer.page.evaluate(TOO_SMALL).await?;
        if small != json!([]) {
            complaints.push(format!("{}: {small}", scene.name));
        }
    }
    assert_eq!(complaints, Vec::<String>::new());
    Ok(())
}

#[test]
fn scenes_have_names_of_their_own_and_no_accepted_picture_is_left_over() -> Result<()> {
    let mut names: Vec<String> = scenes::all()
        .iter()
        .flat_map(|scene| variants(scene).map(|variant| picture_name(scene, variant) + ".png"))
        .collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two scenes have one name");
    for entry in std::fs::read_dir(repository().join("tests/screens/accepted"))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        assert!(names.contains(&file), "no scene has the picture {file}");
    }
    Ok(())
}

#[test]
fn every_scene_is_seen_in_both_themes_and_every_speaking_one_in_both_languages() {
    for scene in scenes::all() {
        let [one, other] = variants(&scene);
        assert_ne!(one.theme, other.theme, "{}", scene.name);
        let silent = scene.name.starts_with("parts-") || scene.wants.is_some();
        assert_eq!(one.language == other.language, silent, "{}", scene.name);
    }
}
