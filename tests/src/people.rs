//! The host with the extension, the guest with nothing, and the relay between them.

use std::path::PathBuf;
use std::time::Duration;

use crate::browser::{Browser, extension_id};
use crate::launch::Launch;
use crate::page::Page;
use crate::relay_process::RelayProcess;
use crate::site::{PROBE, Site};
use crate::wait::wait_for;
use crate::{Result, extension, screenshots};

/// The CSS selector of a control.
pub fn t(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// A script that is true when an element with this test id shows this text.
pub fn shows(id: &str, text: &str) -> String {
    let text = serde_json::to_string(text).expect("a text is JSON");
    format!(
        "[...document.querySelectorAll('{}')].some(e => e.textContent.includes({text}))",
        t(id)
    )
}

/// A script that is true when there are so many elements with this test id.
pub fn count(id: &str, count: usize) -> String {
    format!("document.querySelectorAll('{}').length === {count}", t(id))
}

/// The titles of a list's tabs, joined.
pub const TITLES: &str = r#"[...document.querySelectorAll('[data-testid="tab-row"]')].map(row => row.querySelector('bdi')?.textContent ?? row.textContent).join('|')"#;

/// The addresses of a space's tabs, joined.
pub const ADDRESSES: &str =
    r#"[...document.querySelectorAll('[data-testid="tab-row"] a')].map(link => link.href).join('|')"#;

/// The browser writes what is open every few seconds.
const WRITTEN: Duration = Duration::from_mins(1);

/// How a browser ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A person quits it.
    Quit,
    /// `kill -9`, as a crash or a lost battery does.
    Killed,
}

/// Everything a test needs.
#[derive(Debug)]
pub struct World {
    /// The relay; may be killed and started again.
    pub relay: RelayProcess,
    /// The pages that are saved and streamed.
    pub site: Site,
    /// The host's browser, with the extension.
    pub host: Browser,
    /// The extension's id.
    pub id: String,
    /// The guest's browser, with nothing.
    pub guest: Browser,
    // After the host: it must be gone before its folder is removed.
    profile: tempfile::TempDir,
    pictures: PathBuf,
    taken: std::cell::Cell<u32>,
}

impl World {
    /// A relay with these settings, a host whose extension knows it, and a guest's browser.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn new(name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        Self::with(name, settings, host(), Launch::new()).await
    }

    /// As [`World::new`], with the browsers of host and guest started like this.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn with(name: &str, settings: &[(&str, &str)], host: Launch, guest: Launch) -> Result<Self> {
        let relay = RelayProcess::start_with(settings)?;
        let site = Site::start().await?;
        let id = extension_id(&extension())?;
        let profile = tempfile::Builder::new().prefix("tabspace-profile-").tempdir()?;
        let host = host.profile(profile.path()).start().await?;
        let guest = guest.start().await?;
        let pictures = screenshots().join(name);
        let world = Self {
            relay,
            site,
            host,
            id,
            guest,
            profile,
            pictures,
            taken: std::cell::Cell::new(0),
        };
        let first = world.host.first_page(&world.id).await?;
        world.picture(&first, "first-page").await?;
        first.close().await?;
        world.set_relay().await?;
        Ok(world)
    }

    /// The host quits the browser and starts it again, headless: the same person with the same extension. Pages
    /// of the host are gone.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn restart_host(self) -> Result<Self> {
        self.restart_host_with(&[]).await
    }

    /// As [`World::restart_host`], with more arguments for the browser.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn restart_host_with(mut self, arguments: &[&str]) -> Result<Self> {
        self.host.quit().await?;
        let launch = arguments
            .iter()
            .fold(host(), |launch, argument| launch.argument(*argument));
        self.host = launch.profile(self.profile.path()).start().await?;
        Ok(self)
    }

    /// As [`World::restart_host`], but the browser is killed (`kill -9`) instead of quit.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn kill_host(mut self) -> Result<Self> {
        self.host.kill();
        self.host = host().profile(self.profile.path()).start().await?;
        Ok(self)
    }

    /// The host's browser ends, and comes back with the windows and tabs that it had. What is loaded from a folder is new to
    /// Chromium at each start, so the extension shows its first page, which is closed.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn resume_host(mut self, end: End) -> Result<Self> {
        match end {
            End::Quit => self.host.quit().await?,
            End::Killed => self.host.kill(),
        }
        self.host = host().profile(self.profile.path()).resuming().start().await?;
        self.host.first_page(&self.id).await?.close().await?;
        Ok(self)
    }

    /// Waits until the host's browser has written of a page that was opened last: what was open before is written, too, and
    /// comes back even if it is killed.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn session_holds(&self, address: &str) -> Result<()> {
        let folder = self.profile.path().join("Default/Sessions");
        let holds = |file: &[u8]| file.windows(address.len()).any(|part| part == address.as_bytes());
        wait_for("the browser to write its session", WRITTEN, async || {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let is_session = entry.file_name().to_string_lossy().starts_with("Session_");
                if is_session && holds(&std::fs::read(entry.path())?) {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// As [`World::restart_host`], and while the browser is not there a cleaner removes what the extension has in `IndexedDB`.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn clean_host(mut self) -> Result<Self> {
        self.host.quit().await?;
        let kept = self.profile.path().join("Default/IndexedDB");
        let ours = format!("chrome-extension_{}_", self.id);
        let mut removed = 0;
        for entry in std::fs::read_dir(kept)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&ours) {
                std::fs::remove_dir_all(entry.path())?;
                removed += 1;
            }
        }
        if removed == 0 {
            return Err("the extension keeps nothing in IndexedDB".into());
        }
        self.host = host().profile(self.profile.path()).start().await?;
        Ok(self)
    }

    /// The host tells the extension where the relay is, as a person does: on the options page.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn set_relay(&self) -> Result<()> {
        let options = self.host.open(&self.page_of_extension("options.html")).await?;
        options.fill(&t("relay"), self.relay.url()).await?;
        options.click(&t("save-relay")).await?;
        options
            .wait_for(
                &format!("document.querySelector('{}') !== null", t("saved")),
                "the relay to be saved",
            )
            .await?;
        self.picture(&options, "options").await?;
        options.close().await
    }

    /// The address of one of the extension's pages.
    pub fn page_of_extension(&self, path: &str) -> String {
        format!("chrome-extension://{}/{path}", self.id)
    }

    /// A picture of a step, numbered.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn picture(&self, page: &Page, name: &str) -> Result<()> {
        page.screenshot(&self.next_picture(name)).await
    }

    /// Where the picture of the next step goes.
    pub fn next_picture(&self, name: &str) -> PathBuf {
        let number = self.taken.get() + 1;
        self.taken.set(number);
        self.pictures.join(format!("{number:02}-{name}.png"))
    }

    /// The host clicks the icon over a page.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn popup(&self, over: &Page) -> Result<Page> {
        over.bring_to_front().await?;
        let popup = self.host.open_popup(&self.id, over).await?;
        popup
            .wait_for(
                &format!("document.querySelectorAll('{} ').length > 0", t("tab-row")),
                "the list of tabs",
            )
            .await?;
        Ok(popup)
    }

    /// The host saves the window of a page.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn save(&self, over: &Page) -> Result<Page> {
        let popup = self.popup(over).await?;
        popup.click(&t("save-window")).await?;
        popup
            .wait_for(
                &format!("!document.querySelector('{}')", t("save-window")),
                "the window to be saved",
            )
            .await?;
        Ok(popup)
    }

    /// In an open popup whose window is saved: shares it, and returns the link.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn share(&self, popup: &Page, role: &str) -> Result<String> {
        self.look_at_what_is_shared(popup).await?;
        self.create_link(popup, role).await
    }

    /// The host saves the window of a page and shares it; the guest Bob joins, as an editor.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn save_and_share(&self, over: &Page) -> Result<Page> {
        let popup = self.save(over).await?;
        let link = self.share(&popup, "editor").await?;
        popup.close().await?;
        self.join(&link, "Bob").await
    }

    /// As [`World::share`], with the tab at this address left out.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn share_without(&self, popup: &Page, role: &str, address: &str) -> Result<String> {
        self.look_at_what_is_shared(popup).await?;
        let tick = format!("{}[title=\"{address}\"] input", t("visible-tab"));
        popup.click(&tick).await?;
        popup
            .wait_for(
                &format!("document.querySelector('{tick}').checked === false"),
                "the tab to be left out",
            )
            .await?;
        self.create_link(popup, role).await
    }

    async fn look_at_what_is_shared(&self, popup: &Page) -> Result<()> {
        popup.click(&t("share")).await?;
        popup
            .wait_for(
                &format!("document.querySelectorAll('{}').length > 0", t("visible-tab")),
                "what becomes visible",
            )
            .await
    }

    /// In an open share form of a space that is shared: makes a link.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn create_link(&self, popup: &Page, role: &str) -> Result<String> {
        if popup
            .evaluate(&format!("!!document.querySelector('{}')", t("your-name")))
            .await?
            == true
        {
            popup.fill(&t("your-name"), "Ada").await?;
        }
        self.choose(popup, "role", role).await?;
        self.picture(popup, "share").await?;
        popup.click(&t("create-link")).await?;
        let link = format!("document.querySelector('{}')", t("link"));
        popup
            .wait_for(
                &format!("{link} && ({link}.value ?? {link}.textContent).includes('#')"),
                "the link",
            )
            .await?;
        let link = popup
            .evaluate(&format!("{link}.value ?? {link}.textContent"))
            .await?;
        Ok(link.as_str().unwrap_or_default().trim().to_owned())
    }

    /// Chooses in a `select`, as the keyboard would.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn choose(&self, page: &Page, id: &str, value: &str) -> Result<()> {
        let script = format!(
            "(() => {{ const s = document.querySelector('{}'); s.value = '{value}'; \
             s.dispatchEvent(new Event('input', {{bubbles: true}})); s.dispatchEvent(new Event('change', {{bubbles: true}})); \
             return s.value; }})()",
            t(id)
        );
        let chosen = page.evaluate(&script).await?;
        if chosen == value {
            Ok(())
        } else {
            Err(format!("{id} has no {value}").into())
        }
    }

    /// The guest opens the link, picks a name, and is in.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn join(&self, link: &str, name: &str) -> Result<Page> {
        self.join_on(self.guest.open(link).await?, name).await
    }

    /// As [`World::join`], as somebody else: with cookies and storage apart.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn join_apart(&self, link: &str, name: &str) -> Result<Page> {
        self.join_on(self.guest.open_apart(link).await?, name).await
    }

    /// As [`World::join`], on a page that opened the link.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn join_on(&self, page: Page, name: &str) -> Result<Page> {
        let field = format!("document.querySelector('{}')", t("join-name"));
        page.wait_for(&field, "the invitation").await?;
        self.picture(&page, "join").await?;
        page.fill(&t("join-name"), name).await?;
        page.click(&t("join")).await?;
        self.is_in(&page).await?;
        Ok(page)
    }

    /// The page shows a live space.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn is_in(&self, page: &Page) -> Result<()> {
        page.wait_for(
            &format!(
                "document.querySelector('{}[data-link=\"live\"]')",
                t("link-state")
            ),
            "the live space",
        )
        .await?;
        page.evaluate(PROBE).await?;
        Ok(())
    }

    /// The side panel of a shared space, as a page of its own: Chrome shows the same document at the window's
    /// side.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn panel(&self) -> Result<Page> {
        let panel = self.panel_of_any().await?;
        panel
            .wait_for(
                &format!("document.querySelector('{}')", t("composer")),
                "the conversation",
            )
            .await?;
        Ok(panel)
    }

    /// As [`World::panel`], also of a space that is not shared.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn panel_of_any(&self) -> Result<Page> {
        let space = self.projection().await?["spaces"][0]["space"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.host
            .open_window(&self.page_of_extension(&format!("panel.html?space={space}")))
            .await
    }

    /// What the popup paints from.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn projection(&self) -> Result<serde_json::Value> {
        let page = self
            .host
            .open_window(&self.page_of_extension("options.html"))
            .await?;
        let text = page
            .evaluate("chrome.storage.local.get('projection').then(r => r.projection ?? '{}')")
            .await?;
        page.close().await?;
        serde_json::from_str(text.as_str().unwrap_or("{}")).map_err(|error| error.to_string().into())
    }

    /// Runs a script of Chrome's API in the extension, for what a person does with Chrome's own tab strip.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn in_chrome(&self, script: &str) -> Result<serde_json::Value> {
        self.host.service_worker(&self.id).await?.evaluate(script).await
    }
}

/// Writes a message and sends it with Enter.
///
/// # Errors
/// As [`Page::click`].
pub async fn say(page: &Page, text: &str) -> Result<()> {
    page.click(&t("composer")).await?;
    page.type_text(text).await?;
    page.press("Enter").await
}

/// The frames that the streamed page has to draw while the guest watches: a second's worth.
const ADVANCE: u32 = 60;

/// The guest's video.
pub const VIDEO: &str = "document.querySelector('[data-testid=\"stage-video\"]')";

/// A space whose window shows the counter with its tone, and a guest in it.
#[derive(Debug)]
pub struct Streaming {
    /// All of them.
    pub world: World,
    /// The counter's page at the host.
    pub counter: Page,
    /// The guest's page of the space.
    pub guest: Page,
    /// The link that the guest came by.
    pub link: String,
}

/// A guest in the space of a window that shows the counter with its tone.
///
/// # Errors
/// When what is expected does not happen in time.
pub async fn ready_to_stream(name: &str) -> Result<Streaming> {
    ready_to_stream_on(name, &[]).await
}

/// As [`ready_to_stream`], with a relay with these settings.
///
/// # Errors
/// When what is expected does not happen in time.
pub async fn ready_to_stream_on(name: &str, settings: &[(&str, &str)]) -> Result<Streaming> {
    ready_in(World::new(name, settings).await?).await
}

/// A host's browser, not started yet: headless, with the extension.
pub fn host() -> Launch {
    Launch::new().extension(extension())
}

/// As [`ready_to_stream`], with the browsers of host and guest started like this.
///
/// # Errors
/// When what is expected does not happen in time.
pub async fn ready_to_stream_in(name: &str, host: Launch, guest: Launch) -> Result<Streaming> {
    ready_in(World::with(name, &[], host, guest).await?).await
}

async fn ready_in(world: World) -> Result<Streaming> {
    let counter = world.host.open(&world.site.page("/counter")).await?;
    counter.click("#sound").await?;
    counter.wait_for_text("Playing").await?;
    let popup = world.save(&counter).await?;
    let link = world.share(&popup, "commenter").await?;
    popup.close().await?;
    let guest = world.join(&link, "Bob").await?;
    Ok(Streaming {
        world,
        counter,
        guest,
        link,
    })
}

impl Streaming {
    /// The host clicks "Stream tab" in the popup.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn start(&self) -> Result<()> {
        let popup = self.world.popup(&self.counter).await?;
        popup.click(&t("stream-tab")).await?;
        // Chrome closes the popup when the capture begins.
        let on = format!("document.querySelector('{}')", t("stage-video"));
        self.guest.wait_for(&on, "that something is streamed").await?;
        drop(popup);
        let popup = self.world.popup(&self.counter).await?;
        popup
            .wait_for(
                &format!("document.querySelector('{}')", t("stop-stream")),
                "that it streams",
            )
            .await?;
        self.world.picture(&popup, "streaming").await?;
        popup.close().await
    }

    /// The guest sees the counter advance, by more than what a jitter buffer may still hold.
    ///
    /// # Errors
    /// When what is expected does not happen in time.
    pub async fn guest_sees(&self) -> Result<()> {
        // The counter has 16 bits. What looks like more than half of them is an older frame.
        let advanced = format!(
            "(() => {{ const seen = readCounter({VIDEO}); if (!seen) return false; window.first ??= seen.counter; \
             const ahead = (seen.counter - window.first) & 0xffff; return ahead >= {ADVANCE} && ahead < 0x8000; }})()"
        );
        self.guest.evaluate("window.first = undefined").await?;
        self.guest
            .wait_for(&advanced, "an advancing counter in the decoded picture")
            .await
    }
}
