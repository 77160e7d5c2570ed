//! What of the open windows a person chose to save.
//!
//! A group goes along when all of its tabs are chosen; of one that is torn apart the tabs go alone.

use std::collections::BTreeSet;

use super::follow::{TabSeen, WindowSeen};
use crate::ask::library::SaveWhat;

/// Tabs that are saved together.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The window, when it is all of one.
    pub window: Option<i32>,
    /// Its tabs and groups, or some of them.
    pub seen: WindowSeen,
}

/// What was chosen of the windows there are; nothing when it is not there (any more).
pub fn chosen(what: &SaveWhat, windows: &[(i32, WindowSeen)]) -> Vec<Chosen> {
    let whole = |(window, seen): &(i32, WindowSeen)| Chosen {
        window: Some(*window),
        seen: seen.clone(),
    };
    let some = |wanted: &dyn Fn(&TabSeen) -> bool| {
        let mut some = WindowSeen::default();
        for (_, seen) in windows {
            let part = part_of(seen, wanted);
            some.tabs.extend(part.tabs);
            some.groups.extend(part.groups);
        }
        Chosen {
            window: None,
            seen: some,
        }
    };
    let chosen = match what {
        SaveWhat::Window(id) => windows
            .iter()
            .filter(|(other, _)| other == id)
            .map(whole)
            .collect(),
        SaveWhat::AllWindows => windows.iter().map(whole).collect(),
        SaveWhat::Tabs(ids) => vec![some(&|tab| ids.contains(&tab.id))],
        SaveWhat::Group(id) => vec![some(&|tab| tab.group == Some(*id))],
        SaveWhat::Link { url, title } => vec![Chosen {
            window: None,
            seen: WindowSeen {
                tabs: vec![TabSeen {
                    url: url.clone(),
                    title: title.clone(),
                    ..TabSeen::default()
                }],
                groups: Vec::new(),
            },
        }],
    };
    let mut chosen: Vec<Chosen> = chosen;
    chosen.retain(|chosen| !chosen.seen.tabs.is_empty());
    chosen
}

/// Some tabs of a window, with the groups that are whole among them.
fn part_of(seen: &WindowSeen, wanted: &dyn Fn(&TabSeen) -> bool) -> WindowSeen {
    let torn: BTreeSet<i32> = seen
        .tabs
        .iter()
        .filter(|tab| !wanted(tab))
        .filter_map(|tab| tab.group)
        .collect();
    let tabs = seen.tabs.iter().filter(|tab| wanted(tab)).map(|tab| TabSeen {
        group: tab.group.filter(|group| !torn.contains(group)),
        ..tab.clone()
    });
    let tabs: Vec<TabSeen> = tabs.collect();
    let groups = seen
        .groups
        .iter()
        .filter(|group| tabs.iter().any(|tab| tab.group == Some(group.id)));
    WindowSeen {
        groups: groups.cloned().collect(),
        tabs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::follow::GroupSeen;

    fn tab(id: i32, group: Option<i32>) -> TabSeen {
        TabSeen {
            id,
            url: format!("https://example.org/{id}"),
            title: format!("Page {id}"),
            group,
            ..TabSeen::default()
        }
    }

    fn two_windows() -> Vec<(i32, WindowSeen)> {
        let group = GroupSeen {
            id: 7,
            title: "Trip".to_owned(),
            ..GroupSeen::default()
        };
        let first = WindowSeen {
            tabs: vec![tab(1, Some(7)), tab(2, Some(7)), tab(3, None)],
            groups: vec![group],
        };
        let second = WindowSeen {
            tabs: vec![tab(4, None)],
            groups: Vec::new(),
        };
        vec![(10, first), (20, second)]
    }

    fn ids(chosen: &[Chosen]) -> Vec<Vec<(i32, Option<i32>)>> {
        let tabs = |chosen: &Chosen| chosen.seen.tabs.iter().map(|tab| (tab.id, tab.group)).collect();
        chosen.iter().map(tabs).collect()
    }

    #[test]
    fn a_window_is_chosen_whole_and_all_windows_are_apart() {
        let windows = two_windows();
        let all = chosen(&SaveWhat::AllWindows, &windows);
        assert_eq!(
            all.iter().map(|one| one.window).collect::<Vec<_>>(),
            [Some(10), Some(20)]
        );
        assert_eq!(chosen(&SaveWhat::Window(20), &windows), all[1..]);
        assert_eq!(chosen(&SaveWhat::Window(30), &windows), []);
    }

    #[test]
    fn a_group_goes_along_when_all_of_its_tabs_are_chosen() {
        let windows = two_windows();
        let some = chosen(&SaveWhat::Tabs(vec![1, 2, 4]), &windows);
        assert_eq!(ids(&some), [[(1, Some(7)), (2, Some(7)), (4, None)]]);
        assert_eq!(some[0].seen.groups.len(), 1);
        let torn = chosen(&SaveWhat::Tabs(vec![1]), &windows);
        assert_eq!(ids(&torn), [[(1, None)]]);
        assert_eq!(torn[0].seen.groups, []);
        assert_eq!(chosen(&SaveWhat::Group(7), &windows)[0].seen.groups.len(), 1);
        assert_eq!(chosen(&SaveWhat::Group(8), &windows), []);
    }
}
