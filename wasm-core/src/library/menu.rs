//! The context menu: its items, and what choosing one means. An item's id says all: whoever hears of the click need not
//! know the menu, which may have been made by a worker that is long dead.

use protocol::SpaceId;

use crate::ask::library::{SaveWhat, Target};

/// So many spaces are offered to save into, the ones that changed last.
pub const MOST_SPACES: usize = 8;
/// More of a space's name is not shown.
const NAME_CHARS: usize = 60;

/// What of the browser an item saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// The tab of the page.
    Tab,
    /// The tabs that are selected in its window.
    Selected,
    /// All tabs of its group.
    Group,
    /// Its window.
    Window,
    /// Every window.
    All,
    /// A link of the page.
    Link,
}

impl Thing {
    /// All, in the order of the menu.
    pub const EVERY: [Self; 6] = [
        Self::Link,
        Self::Tab,
        Self::Selected,
        Self::Group,
        Self::Window,
        Self::All,
    ];

    const fn id(self) -> &'static str {
        match self {
            Self::Tab => "tab",
            Self::Selected => "selected",
            Self::Group => "group",
            Self::Window => "window",
            Self::All => "all",
            Self::Link => "link",
        }
    }

    /// The name of its title among the extension's messages.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Tab => "menu_tab",
            Self::Selected => "menu_selected",
            Self::Group => "menu_group",
            Self::Window => "menu_window",
            Self::All => "menu_all",
            Self::Link => "menu_link",
        }
    }

    /// Whether a space can be chosen for it: of all windows each becomes a space of its own.
    const fn goes_into(self) -> bool {
        !matches!(self, Self::All)
    }
}

/// What an item is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Title {
    /// One of the extension's messages.
    Message(&'static str),
    /// A space's name, as Chrome shows it.
    Name(String),
}

/// An item of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// The item that it stands under.
    pub under: Option<String>,
    /// What it is called.
    pub title: Title,
    /// It is offered on links; else on pages and on the icon.
    pub on_links: bool,
}

/// The menu, each item behind the one it stands under.
pub fn items(spaces: &[(SpaceId, &str)]) -> Vec<Item> {
    let mut items = Vec::new();
    for thing in Thing::EVERY {
        let on_links = thing == Thing::Link;
        items.push(Item {
            id: thing.id().to_owned(),
            under: None,
            title: Title::Message(thing.message()),
            on_links,
        });
        if !thing.goes_into() {
            continue;
        }
        let mut add = |last: &str, title| {
            items.push(Item {
                id: format!("{}/{last}", thing.id()),
                under: Some(thing.id().to_owned()),
                title,
                on_links,
            });
        };
        add("new", Title::Message("menu_new_space"));
        for (space, name) in spaces.iter().take(MOST_SPACES) {
            add(&space.to_string(), Title::Name(shown(name)));
        }
    }
    items
}

/// A name as Chrome shows it: `&` would underline a letter and `%s` stand for what is selected.
fn shown(name: &str) -> String {
    let name: String = name.chars().take(NAME_CHARS).collect();
    name.replace('&', "&&").replace("%s", "% s")
}

/// What choosing an item means: what is saved, and where to. `None` for an item that there is not.
pub fn choice(id: &str) -> Option<(Thing, Target)> {
    let (thing, into) = id
        .split_once('/')
        .map_or((id, None), |(thing, into)| (thing, Some(into)));
    let thing = Thing::EVERY.into_iter().find(|other| other.id() == thing)?;
    let to = match into {
        None | Some("new") => Target::New(None),
        Some(space) => Target::Space {
            space: space.parse().ok()?,
            group: None,
            before: None,
        },
    };
    Some((thing, to))
}

/// Where the menu was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spot {
    /// Chrome's id of the tab.
    pub tab: i32,
    /// Its group.
    pub group: Option<i32>,
    /// Its window.
    pub window: i32,
    /// The tabs that are selected in the window.
    pub selected: Vec<i32>,
    /// The link's address.
    pub link: String,
}

/// What is saved of where the menu was opened; `None` when that is not there.
pub fn what(thing: Thing, spot: &Spot) -> Option<SaveWhat> {
    match thing {
        Thing::Tab => Some(SaveWhat::Tabs(vec![spot.tab])),
        Thing::Selected => Some(SaveWhat::Tabs(spot.selected.clone())),
        Thing::Group => spot.group.map(SaveWhat::Group),
        Thing::Window => Some(SaveWhat::Window(spot.window)),
        Thing::All => Some(SaveWhat::AllWindows),
        Thing::Link => (!spot.link.is_empty()).then(|| SaveWhat::Link {
            url: spot.link.clone(),
            title: String::new(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_item_has_an_id_of_its_own_that_says_what_it_means() {
        let spaces: Vec<(SpaceId, String)> = (1..=20)
            .map(|number| (SpaceId::from_bits(number), format!("Space {number}")))
            .collect();
        let spaces: Vec<(SpaceId, &str)> = spaces
            .iter()
            .map(|(space, name)| (*space, name.as_str()))
            .collect();
        let items = items(&spaces);
        let ids: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids.len(), items.len());
        assert!(ids.iter().all(|id| choice(id).is_some()));
        let under_tab = items.iter().filter(|item| item.under.as_deref() == Some("tab"));
        assert_eq!(under_tab.count(), 1 + MOST_SPACES);
        let into = choice(&format!("selected/{}", SpaceId::from_bits(3)));
        let to = Target::Space {
            space: SpaceId::from_bits(3),
            group: None,
            before: None,
        };
        assert_eq!(into, Some((Thing::Selected, to)));
        let under_window = items
            .iter()
            .filter(|item| item.under.as_deref() == Some("window"));
        assert_eq!(under_window.count(), 1 + MOST_SPACES);
        assert!(items.iter().all(|item| item.under.as_deref() != Some("all")));
        assert_eq!(choice("window"), Some((Thing::Window, Target::New(None))));
        assert_eq!(choice("tab/elsewhere"), None);
        assert_eq!(choice("nothing"), None);
    }

    #[test]
    fn on_the_icon_no_more_items_are_at_the_top_than_chrome_shows() {
        let items = items(&[]);
        let top = items.iter().filter(|item| item.under.is_none() && !item.on_links);
        assert!(top.count() <= 6);
    }

    #[test]
    fn a_name_is_shown_as_it_is() {
        assert_eq!(shown("Salt & Pepper 100%s"), "Salt && Pepper 100% s");
        assert_eq!(shown(&"x".repeat(900)).len(), NAME_CHARS);
    }

    #[test]
    fn what_is_not_there_is_not_saved() {
        assert_eq!(what(Thing::Group, &Spot::default()), None);
        assert_eq!(what(Thing::Link, &Spot::default()), None);
        let spot = Spot {
            group: Some(5),
            ..Spot::default()
        };
        assert_eq!(what(Thing::Group, &spot), Some(SaveWhat::Group(5)));
    }
}
