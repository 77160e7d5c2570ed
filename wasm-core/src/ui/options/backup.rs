//! Backup: the library as a file to download, and files to bring in.
//!
//! The file does not go through `chrome.runtime`, whose messages have at most 64 MiB. This page reads the records
//! itself, in one transaction of the extension's own database, so it sees what is on disk at one moment. An import
//! is read here, too; the writer, which alone changes anything, is asked for one space after another. A space is
//! bounded, and so is such a message.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use protocol::{SpaceId, limits};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, HtmlElement, HtmlInputElement, Url};
use yew::prelude::*;

use crate::ask::library::LibraryAsk;
use crate::ask::{Answer, Ask};
use crate::browser::store::Store;
use crate::browser::{Failure, clock, settled};
use crate::language::Key;
use crate::library::backup::{self, FILE_BYTES, Found, Library, Unreadable, bookmarks, day_of};
use crate::library::bin::BinId;
use crate::library::engine::{BroughtIn, BroughtToBin, library_of};
use crate::record::DATABASE;
use crate::ui::backend::{Trouble, ask};
use crate::ui::parts::{Banner, Button, Tone};
use crate::ui::say::{count, number, say, say_with};

pub(super) const BYTES_PER_MB: usize = 1024 * 1024;
/// What a copy's name leaves of the name, so that there is room for saying what it is.
const COPY_NAME_CHARS: usize = limits::NAME_CHARS - 40;

/// What the file is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Backup,
    Bookmarks,
}

/// How it stands with exporting and importing.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    Idle,
    Exporting(Form),
    /// So many spaces are in the file, and so many records could not be read.
    Exported(usize, usize),
    Importing,
    Imported(Rc<Report>),
    TakingBack,
    TakenBack,
    Failed(String),
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Report {
    /// The spaces that are here because of it.
    new: Vec<SpaceId>,
    /// What is in the bin because of it.
    to_bin: Vec<BinId>,
    added: usize,
    copied: usize,
    same: usize,
    nothing: usize,
    left_out: usize,
    /// Entries of the bin that were not put there.
    removed_left_out: usize,
    /// The names of damaged spaces.
    set_aside: Vec<String>,
    /// Spaces that the file should hold and that are nowhere in it.
    missing: usize,
    /// The import stopped early.
    stopped: Option<Trouble>,
}

/// Export and import.
#[component]
pub fn Backup() -> Html {
    let standing = use_state(|| Standing::Idle);
    let chooser = use_node_ref();
    let busy = matches!(
        *standing,
        Standing::Exporting(_) | Standing::Importing | Standing::TakingBack
    );
    let save = |form: Form| {
        let standing = standing.clone();
        move |_: MouseEvent| {
            let standing = standing.clone();
            standing.set(Standing::Exporting(form));
            spawn_local(async move {
                standing.set(match export(form).await {
                    Ok((spaces, unreadable)) => Standing::Exported(spaces, unreadable),
                    Err(failure) => failed(&failure),
                });
            });
        }
    };
    let choose = {
        let chooser = chooser.clone();
        move |_: MouseEvent| {
            if let Some(input) = chooser.cast::<HtmlElement>() {
                input.click();
            }
        }
    };
    let chosen = {
        let standing = standing.clone();
        move |event: Event| {
            let input = event.target_dyn_into::<HtmlInputElement>();
            let Some((input, file)) = input.and_then(|input| Some((input.clone(), input.files()?.get(0)?)))
            else {
                return;
            };
            let standing = standing.clone();
            standing.set(Standing::Importing);
            spawn_local(async move {
                standing.set(match import(&file).await {
                    Ok(Ok(report)) => Standing::Imported(Rc::new(report)),
                    Ok(Err(why)) => Standing::Failed(words_of(why)),
                    Err(failure) => failed(&failure),
                });
                // The same file can be chosen again.
                input.set_value("");
            });
        }
    };
    let take_back = {
        let standing = standing.clone();
        Callback::from(move |report: Rc<Report>| {
            let standing = standing.clone();
            standing.set(Standing::TakingBack);
            spawn_local(async move {
                let spaces = report.new.iter().map(|space| Ask::Forget(*space));
                let of_bin = |id: &BinId| Ask::Library(LibraryAsk::EmptyBin(Some(*id)));
                for deed in spaces.chain(report.to_bin.iter().map(of_bin)) {
                    if let Err(why) = ask(deed).await {
                        standing.set(Standing::Failed(why.words()));
                        return;
                    }
                }
                standing.set(Standing::TakenBack);
            });
        })
    };
    // The one that was pressed is only busy: it keeps the focus.
    let exporting = |form| *standing == Standing::Exporting(form);
    let importing = *standing == Standing::Importing;
    html! {
        <section>
            <h2>{ say(Key::Backup) }</h2>
            <p class="muted">{ say(Key::BackupHint) }</p>
            <div class="buttons">
                <Button busy={exporting(Form::Backup)} disabled={busy && !exporting(Form::Backup)} onclick={save(Form::Backup)} testid="export">{ say(Key::BackupExport) }</Button>
                <Button busy={exporting(Form::Bookmarks)} disabled={busy && !exporting(Form::Bookmarks)} onclick={save(Form::Bookmarks)} testid="export-bookmarks">{ say(Key::BackupBookmarks) }</Button>
                <Button busy={importing} disabled={busy && !importing} onclick={choose} testid="import">{ say(Key::BackupImport) }</Button>
            </div>
            <input type="file" hidden=true ref={chooser} accept=".json,.html,.htm" aria-label={say(Key::BackupImport)} onchange={chosen} data-testid="import-file" />
            { standing_of(&standing, &take_back) }
        </section>
    }
}

fn standing_of(standing: &Standing, take_back: &Callback<Rc<Report>>) -> Html {
    match standing {
        Standing::Idle | Standing::Exporting(_) | Standing::Importing | Standing::TakingBack => {
            Html::default()
        }
        Standing::Exported(spaces, unreadable) => html! {
            <>
                <p class="ok-text small" role="status" data-testid="exported">{ count(Key::BackupExported, *spaces, &[]) }</p>
                if *unreadable > 0 {
                    <Banner tone={Tone::Warning}>{ count(Key::BackupUnreadable, *unreadable, &[]) }</Banner>
                }
            </>
        },
        Standing::Imported(report) => report_of(report, take_back, true),
        Standing::TakenBack => {
            html! { <p class="ok-text small" role="status" data-testid="taken-back">{ say(Key::BackupTakenBack) }</p> }
        }
        Standing::Failed(words) => html! { <Banner tone={Tone::Danger}>{ words.clone() }</Banner> },
    }
}

/// What became of a file, and with `undo` a button that takes it back.
pub(super) fn report_of(report: &Rc<Report>, take_back: &Callback<Rc<Report>>, undo: bool) -> Html {
    let may_undo = undo && !(report.new.is_empty() && report.to_bin.is_empty());
    let lines = [
        (Key::BackupAdded, report.added),
        (Key::BackupCopied, report.copied),
        (Key::BackupSame, report.same),
        (Key::BackupToBin, report.to_bin.len()),
    ];
    let losses = [
        (Key::BackupMissing, report.missing),
        (Key::BackupNothing, report.nothing),
        (Key::BackupLeftOut, report.left_out),
        (Key::BackupBinLeftOut, report.removed_left_out),
    ];
    let named = report.set_aside.join(", ");
    let said = |lines: &[(Key, usize)]| -> Html {
        let lines = lines.iter().filter(|(_, number)| *number > 0);
        lines
            .map(|(key, number)| html! { <p>{ count(*key, *number, &[]) }</p> })
            .collect()
    };
    let undo = {
        let (report, take_back) = (report.clone(), take_back.clone());
        move |_: MouseEvent| take_back.emit(report.clone())
    };
    html! {
        <>
            <div class="small" role="status" data-testid="imported">
                { said(&lines) }
                if lines.iter().all(|(_, number)| *number == 0) { <p>{ say(Key::BackupNoSpaces) }</p> }
            </div>
            if losses.iter().any(|(_, number)| *number > 0) || !named.is_empty() || report.stopped.is_some() {
                <Banner tone={Tone::Warning} testid="import-losses">
                    if !named.is_empty() { <p>{ say_with(Key::BackupSetAside, &[("names", &named)]) }</p> }
                    { said(&losses) }
                    if let Some(why) = &report.stopped { <p>{ why.words() }</p> }
                </Banner>
            }
            if may_undo {
                <div class="buttons"><Button onclick={undo} testid="take-back">{ say(Key::BackupTakeBack) }</Button></div>
            }
        </>
    }
}

fn failed(failure: &Failure) -> Standing {
    Standing::Failed(say_with(Key::BrowserRefused, &[("words", &failure.0)]))
}

fn words_of(why: Unreadable) -> String {
    match why {
        Unreadable::Empty => say(Key::BackupEmpty).to_owned(),
        Unreadable::TooLarge { .. } => say_with(
            Key::BackupTooLarge,
            &[("most", &number(FILE_BYTES / BYTES_PER_MB))],
        ),
        Unreadable::NotABackup => say(Key::BackupForeign).to_owned(),
        Unreadable::Newer { .. } => say(Key::BackupNewer).to_owned(),
    }
}

// --- export ---

/// Downloads the library; how many spaces are in the file, and how many records could not be read.
async fn export(form: Form) -> Result<(usize, usize), Failure> {
    let records = Store::open(DATABASE).await?.load_present().await?;
    let (library, unreadable) = library_of(&records);
    let now = clock::now();
    let (text, ending) = match form {
        Form::Backup => (backup::write(&library, now).0, "json"),
        Form::Bookmarks => (bookmarks::write(&library, "TabSpace"), "html"),
    };
    download(&text, &format!("tabspace-{}.{ending}", day_of(now)))?;
    Ok((library.spaces.len(), unreadable.len()))
}

/// Downloads a text under this name.
pub(super) fn download(text: &str, name: &str) -> Result<(), Failure> {
    let document = web_sys::window().and_then(|window| window.document());
    let document = document.ok_or_else(|| Failure("there is no document".to_owned()))?;
    let blob = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(text)))?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link = document.create_element("a")?;
    link.set_attribute("href", &address)?;
    link.set_attribute("download", name)?;
    if let Some(link) = link.dyn_ref::<HtmlElement>() {
        link.click();
    }
    // The download has begun with the bytes by then; the page keeps them no longer.
    gloo::timers::callback::Timeout::new(60_000, move || drop(Url::revoke_object_url(&address))).forget();
    Ok(())
}

// --- import ---

async fn import(file: &File) -> Result<Result<Report, Unreadable>, Failure> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size is a whole number; a larger one than fits is too large anyway"
    )]
    let size_bytes = file.size() as usize;
    if size_bytes > FILE_BYTES {
        return Ok(Err(Unreadable::TooLarge { size_bytes }));
    }
    let bytes = Uint8Array::new(&settled(file.array_buffer()).await?).to_vec();
    Ok(match backup::read(&bytes) {
        Ok(found) => {
            drop(bytes);
            Ok(bring_in(found).await)
        }
        Err(why) => Err(why),
    })
}

/// Brings in what a file holds that was read already; else what is wrong with it, in words.
pub(super) async fn import_bytes(bytes: Vec<u8>) -> Result<Report, String> {
    let found = backup::read(&bytes).map_err(words_of)?;
    drop(bytes);
    Ok(bring_in(found).await)
}

/// Asks the writer for one space after another.
async fn bring_in(found: Found) -> Report {
    let there = found.library.spaces.len() + found.set_aside.len();
    let mut report = Report {
        missing: found
            .announced
            .map_or(0, |announced| announced.spaces.saturating_sub(there)),
        removed_left_out: found.announced.map_or(found.removed_aside, |announced| {
            announced.removed.saturating_sub(found.library.bin.len())
        }),
        ..Report::default()
    };
    let nameless = || say(Key::BackupNameless).to_owned();
    report.set_aside = found
        .set_aside
        .into_iter()
        .map(|aside| aside.name.unwrap_or_else(nameless))
        .collect();
    let date = day_of(found.made.unwrap_or_else(clock::now));
    let Library { spaces, bin } = found.library;
    for space in spaces {
        let name: String = space.name.chars().take(COPY_NAME_CHARS).collect();
        let copy_name = say_with(Key::BackupCopyName, &[("name", &name), ("date", &date)]);
        let space = Box::new(space);
        match ask(Ask::BringIn { space, copy_name }).await {
            Ok(Answer::BroughtIn(brought)) => report.add(brought),
            Ok(_) => report.stopped = Some(Trouble::NoAnswer),
            Err(why) => report.stopped = Some(why),
        }
        if report.stopped.is_some() {
            return report;
        }
    }
    for removed in bin {
        match ask(Ask::BringRemoved(Box::new(removed))).await {
            Ok(Answer::BroughtToBin(BroughtToBin::Added(id))) => report.to_bin.push(id),
            Ok(Answer::BroughtToBin(BroughtToBin::Same)) => {}
            Ok(Answer::BroughtToBin(BroughtToBin::LeftOut)) => report.removed_left_out += 1,
            Ok(_) => report.stopped = Some(Trouble::NoAnswer),
            Err(why) => report.stopped = Some(why),
        }
        if report.stopped.is_some() {
            break;
        }
    }
    report
}

impl Report {
    fn add(&mut self, brought: BroughtIn) {
        match brought {
            BroughtIn::Added(space, left_out) => {
                self.added += 1;
                self.left_out += left_out.0;
                self.new.push(space);
            }
            BroughtIn::Copied(space, left_out) => {
                self.copied += 1;
                self.left_out += left_out.0;
                self.new.push(space);
            }
            BroughtIn::Same(_) => self.same += 1,
            BroughtIn::Nothing => self.nothing += 1,
        }
    }
}
