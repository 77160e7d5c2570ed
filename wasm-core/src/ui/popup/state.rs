//! What the popup shows, and how it changes: one value, one reducer.

use std::rc::Rc;

use protocol::op::is_web_address;
use protocol::{Colour, SpaceId};
use yew::prelude::*;

use crate::ask::SavedTab;
use crate::find::Query;
use crate::language::Key;
use crate::ui::chrome_page::{OpenTab, WindowNow, Wish};
use crate::ui::parts::Name;
use crate::ui::popup::finder::Finder;
use crate::ui::say::say;
use crate::view::{LinkView, Projection, SpaceSummary, StreamSummary};

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Search, window, spaces.
    List,
    /// Where something is saved: one of the deeds that save.
    Into(Deed),
    /// Sharing a space.
    Share(SpaceId),
}

/// Something under way that the person waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// The window is being saved.
    Saving,
    /// A stream is being started.
    Streaming,
}

/// A sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub text: String,
    /// It went wrong.
    pub danger: bool,
}

/// What the person is asked over this window: whether it is the window of this space; else whether so many tabs are wanted back
/// that were open when the browser ended.
pub type Offer = (Option<SpaceId>, usize);

/// Something that can be done, found by typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "a deed's name says it all")]
pub enum Deed {
    Save,
    Close,
    SaveTab,
    SaveSelected,
    SaveGroup,
    SaveAll,
    IntoNew,
    Back,
    Share,
    Stream,
    Stop,
    OpenLibrary,
    OpenPanel,
    OpenOptions,
}

impl Deed {
    /// What it is called.
    pub const fn label(self) -> Key {
        match self {
            Self::Save => Key::SaveThisWindow,
            Self::Close => Key::CloseKeep,
            Self::SaveTab => Key::SaveThisTab,
            Self::SaveSelected => Key::SaveSelected,
            Self::SaveGroup => Key::SaveThisGroup,
            Self::SaveAll => Key::SaveAllWindows,
            Self::IntoNew => Key::LibraryNewSpace,
            Self::Back => Key::Back,
            Self::Share => Key::Share,
            Self::Stream => Key::StreamThisTab,
            Self::Stop => Key::StopStream,
            Self::OpenLibrary => Key::LibraryOpenPage,
            Self::OpenPanel => Key::OpenPanel,
            Self::OpenOptions => Key::OpenOptions,
        }
    }

    /// Its icon.
    pub const fn icon(self) -> Name {
        match self {
            Self::Save | Self::SaveTab | Self::SaveSelected | Self::SaveGroup | Self::SaveAll => Name::Save,
            Self::Close => Name::Close,
            Self::IntoNew => Name::Plus,
            Self::Back => Name::Back,
            Self::Share => Name::Share,
            Self::Stream => Name::Stream,
            Self::Stop => Name::Stop,
            Self::OpenLibrary => Name::Stack,
            Self::OpenPanel => Name::Panel,
            Self::OpenOptions => Name::Gear,
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// A tab of this browser.
    Tab(Rc<OpenTab>),
    /// A tab of a space or of the bin.
    Saved(SavedTab),
    /// A space.
    Space(SpaceSummary),
    /// Something that can be done.
    Deed(Deed),
}

/// The popup's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Popup {
    /// What was typed.
    pub query: String,
    /// The window it was opened over; `None` while Chrome is asked.
    pub window: Option<WindowNow>,
    /// The tabs of the other windows.
    pub elsewhere: Vec<Rc<OpenTab>>,
    /// The stored projection; `None` while it is read.
    pub projection: Option<Projection>,
    /// Chrome's words, when the window could not be read.
    pub failed: Option<String>,
    /// The row that Enter chooses.
    pub active: Option<usize>,
    /// What is on the screen.
    pub screen: Screen,
    /// What is under way.
    pub busy: Option<Busy>,
    /// Chosen before enough was known to do it; done once it is.
    pub waiting: Option<Deed>,
    /// What is told.
    pub told: Option<Told>,
    /// Tabs may be captured without asking.
    pub may_capture: bool,
    /// What became of an earlier question for that permission; `None` until it is known.
    pub wish: Option<Wish>,
    /// What finds these tabs and spaces; others have another.
    pub finder: Finder,
    /// The saved tabs that the writer found, and for what.
    pub saved: (String, Vec<SavedTab>),
    /// Where the page of the tab that is seen is saved.
    pub same: Vec<SavedTab>,
    /// What is asked; `(None, 0)` for nothing.
    pub offer: Offer,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "an input's name says it all")]
pub enum Input {
    Typed(String),
    WindowRead(Result<WindowNow, String>),
    AllTabsRead(Vec<Rc<OpenTab>>),
    ProjectionRead(Projection),
    CaptureKnown(bool),
    Wished(Wish),
    Found(String, Vec<SavedTab>),
    SameRead(Vec<SavedTab>),
    Offered(Offer),
    Pointed(Option<usize>),
    Went(Screen),
    Waits(Option<Deed>),
    Began(Busy),
    Told(Told),
    Dismissed,
}

impl Popup {
    /// The popup as it opens, with what was typed before it was ready.
    pub fn new(query: String) -> Self {
        Self {
            active: (!query.is_empty()).then_some(0),
            query,
            window: None,
            elsewhere: Vec::new(),
            projection: None,
            failed: None,
            screen: Screen::List,
            busy: None,
            waiting: None,
            told: None,
            may_capture: false,
            wish: None,
            finder: Finder::default(),
            saved: (String::new(), Vec::new()),
            same: Vec::new(),
            offer: (None, 0),
        }
    }

    /// Something is sought.
    pub fn is_searching(&self) -> bool {
        !self.query.trim().is_empty()
    }

    /// The tabs that can be found, this window's first.
    pub fn tabs(&self) -> impl Iterator<Item = &Rc<OpenTab>> {
        let here = self.window.iter().flat_map(|window| &window.tabs);
        here.chain(&self.elsewhere)
    }

    /// The spaces.
    pub fn spaces(&self) -> impl Iterator<Item = &SpaceSummary> {
        self.projection.iter().flat_map(|projection| &projection.spaces)
    }

    /// The tab that is seen.
    pub fn tab(&self) -> Option<&Rc<OpenTab>> {
        self.window.as_ref()?.tabs.iter().find(|tab| tab.active)
    }

    /// The space that follows this window.
    pub fn followed(&self) -> Option<&SpaceSummary> {
        let window = self.window.as_ref()?.window;
        self.projection
            .as_ref()?
            .spaces
            .iter()
            .find(|space| space.window == Some(window))
    }

    /// The stream of this device out of this window.
    pub fn streaming(&self) -> Option<(SpaceId, &StreamSummary)> {
        let space = self.followed()?;
        space
            .streams
            .iter()
            .find(|stream| stream.here)
            .map(|stream| (space.space, stream))
    }

    /// The stream that waited for the permission is of the tab that is seen, and can start.
    fn meets_wish(&self) -> bool {
        self.tab()
            .is_some_and(|tab| self.wish == Some(Wish::Stream(tab.id)))
            && self.followed().is_some()
            && self.streaming().is_none()
    }

    /// Whether what a deed needs was read.
    pub fn knows_enough_to(&self, deed: Deed) -> bool {
        let spaces = self.window.is_some() && self.projection.is_some();
        match deed {
            Deed::OpenLibrary | Deed::OpenOptions | Deed::Back => true,
            Deed::Save | Deed::Close | Deed::Share => spaces,
            Deed::Stream | Deed::Stop => spaces && self.wish.is_some(),
            _ => self.window.is_some(),
        }
    }

    /// What was wanted before it could be done, and can be now: chosen too early, or a stream that waited for
    /// the permission.
    pub fn due(&self) -> Option<Deed> {
        if self.meets_wish() {
            return Some(Deed::Stream);
        }
        self.waiting.filter(|deed| self.knows_enough_to(*deed))
    }

    /// How many tabs can be found.
    pub fn tab_count(&self) -> usize {
        self.window.as_ref().map_or(0, |window| window.tabs.len()) + self.elsewhere.len()
    }

    /// What can be chosen now.
    pub fn deeds(&self) -> Vec<Deed> {
        if matches!(self.screen, Screen::Into(_)) {
            return vec![Deed::IntoNew, Deed::Back];
        }
        let save = if self.followed().is_none() {
            Deed::Save
        } else {
            Deed::Close
        };
        let stream = if self.streaming().is_some() {
            Deed::Stop
        } else {
            Deed::Stream
        };
        let mut deeds = vec![
            save,
            Deed::SaveTab,
            Deed::SaveSelected,
            Deed::SaveGroup,
            Deed::SaveAll,
            Deed::Share,
            stream,
            Deed::OpenLibrary,
            Deed::OpenPanel,
            Deed::OpenOptions,
        ];
        deeds.retain(|deed| self.has(*deed));
        deeds
    }

    /// Whether there is what a deed saves; until the window is known anything may be there.
    fn has(&self, deed: Deed) -> bool {
        let Some(window) = &self.window else { return true };
        match deed {
            Deed::SaveSelected => window.tabs.iter().filter(|tab| tab.selected).count() > 1,
            Deed::SaveGroup => self.tab().is_some_and(|tab| tab.group.is_some()),
            _ => true,
        }
    }

    /// What a deed saves into a space that is chosen, as [`crate::ask::save_text`] takes it.
    pub fn what(&self, deed: Deed) -> Option<String> {
        match deed {
            Deed::SaveAll => Some(r#""all_windows""#.to_owned()),
            Deed::SaveGroup => self.tab()?.group.map(|group| format!(r#"{{"group":{group}}}"#)),
            _ => {
                let mut ids = String::new();
                for tab in &self.window.as_ref()?.tabs {
                    let is_meant = if deed == Deed::SaveTab {
                        tab.active
                    } else {
                        tab.selected
                    };
                    if is_meant {
                        ids.push_str(if ids.is_empty() { "" } else { "," });
                        ids.push_str(&tab.id.to_string());
                    }
                }
                Some(format!(r#"{{"tabs":[{ids}]}}"#))
            }
        }
    }

    /// The rows: this window's tabs, then spaces; while searching what matches in all tabs, saved tabs, spaces and deeds.
    /// Where it is chosen into which space a tab goes, spaces and deeds only.
    pub fn rows(&self, label: impl Fn(Deed) -> &'static str) -> Vec<Row> {
        if matches!(self.screen, Screen::Into(_)) {
            let mut rows = if self.is_searching() {
                self.finder.rows(self, label)
            } else {
                self.spaces().cloned().map(Row::Space).collect()
            };
            rows.retain(|row| matches!(row, Row::Space(_)));
            rows.extend(self.deeds().into_iter().map(Row::Deed));
            return rows;
        }
        if self.is_searching() {
            let mut rows = self.finder.rows(self, label);
            let tabs = rows.iter().take_while(|row| matches!(row, Row::Tab(_))).count();
            let open = |rows: &[Row], tab: &SavedTab| {
                let is = |row: &Row| matches!(row, Row::Tab(open) if Some(open.id) == tab.chrome);
                rows.iter().any(is)
            };
            let rest = rows.split_off(tabs);
            for tab in self.saved() {
                if !open(&rows, tab) {
                    rows.push(Row::Saved(tab.clone()));
                }
            }
            rows.extend(rest);
            return rows;
        }
        let here = self.window.iter().flat_map(|window| &window.tabs).cloned();
        here.map(Row::Tab)
            .chain(self.spaces().cloned().map(Row::Space))
            .collect()
    }

    /// The saved tabs that are found. Until the writer has answered for what is typed now, those of before in whose
    /// titles it stands.
    fn saved(&self) -> impl Iterator<Item = &SavedTab> {
        let query = Query::parse(&self.query);
        let answered = self.saved.0 == self.query;
        let tabs = self.saved.1.iter();
        tabs.filter(move |tab| answered || !query.ranges(&tab.title).is_empty())
    }

    /// Whether the writer is still to answer for what is typed.
    pub fn is_finding(&self) -> bool {
        self.is_searching() && self.saved.0 != self.query
    }

    /// The names of the spaces in which the page of the tab that is seen is saved, the one that follows this window
    /// not among them.
    pub fn saved_in(&self) -> Vec<&str> {
        let followed = self.followed().map(|space| space.space);
        let mut names: Vec<&str> = Vec::new();
        for tab in &self.same {
            if Some(tab.space) != followed && !names.contains(&tab.name.as_str()) {
                names.push(&tab.name);
            }
        }
        names
    }

    /// The colour and title of a tab's group.
    pub fn group_of(&self, tab: &OpenTab) -> Option<(Colour, &str)> {
        let group = tab.group?;
        let groups = &self.window.as_ref()?.groups;
        groups
            .iter()
            .find(|known| known.id == group)
            .map(|group| (group.colour, group.title.as_str()))
    }
}

/// Whether a space is on the relay.
pub fn is_shared(space: &SpaceSummary) -> bool {
    space.link != LinkView::Private
}

/// Whether Chrome lets a page of this address be captured.
pub fn is_capturable(url: &str) -> bool {
    let store = [
        "https://chromewebstore.google.com",
        "https://chrome.google.com/webstore",
    ];
    (is_web_address(url) || url.starts_with("file:") || url.starts_with("data:"))
        && !store.iter().any(|page| url.starts_with(page))
}

impl Reducible for Popup {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::Typed(query) => {
                next.active = (!query.trim().is_empty()).then_some(0);
                next.query = query;
            }
            Input::WindowRead(Ok(window)) => {
                next.window = Some(window);
                next.failed = None;
                next.finder = Finder::default();
            }
            Input::WindowRead(Err(words)) => next.failed = Some(words),
            Input::AllTabsRead(tabs) => {
                let here = next.window.as_ref().map(|window| window.window);
                next.elsewhere = tabs.into_iter().filter(|tab| Some(tab.window) != here).collect();
                if !next.elsewhere.is_empty() {
                    next.finder = Finder::default();
                }
            }
            Input::ProjectionRead(projection) => {
                next.projection = Some(projection);
                next.finder = Finder::default();
            }
            Input::CaptureKnown(granted) => next.may_capture = granted,
            Input::Wished(wish) => next.wish = Some(wish),
            // What was sought before may be answered last.
            Input::Found(text, _) if next.saved.0 == next.query && text != next.query => {}
            Input::Found(text, tabs) => {
                // It comes while the person chooses: Enter does what it would have done without.
                let label = |deed: Deed| say(deed.label());
                let chosen = next.active.and_then(|at| self.rows(label).into_iter().nth(at));
                next.saved = (text, tabs);
                let now = next.rows(label).into_iter().position(|row| Some(row) == chosen);
                next.active = now.or(next.active);
            }
            Input::SameRead(same) => next.same = same,
            Input::Offered(offer) => next.offer = offer,
            Input::Pointed(row) => next.active = row,
            Input::Went(screen) => {
                if screen != next.screen {
                    next.query.clear();
                    next.active = None;
                }
                next.screen = screen;
                next.busy = None;
                next.told = None;
            }
            Input::Waits(deed) => next.waiting = deed,
            Input::Began(busy) => {
                next.busy = Some(busy);
                next.waiting = None;
                next.told = None;
            }
            Input::Told(told) => {
                next.busy = None;
                next.told = Some(told);
            }
            Input::Dismissed => next.told = None,
        }
        Rc::new(next)
    }
}
