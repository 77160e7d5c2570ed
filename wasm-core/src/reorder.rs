//! Where a tab goes when a person moves it by one place with the keyboard, or drops it on another.
//!
//! Pure, so that it is tested natively. Pinned tabs stay among pinned ones: the list orders them first
//! whatever their position.

use protocol::{GroupId, TabId};

use crate::command::{Command, Neighbour};
use crate::view::{ItemView, TabView};

/// Up or down the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the beginning.
    Up,
    /// Towards the end.
    Down,
}

/// The wish that moves a tab by one place; `None` at the ends.
///
/// Within a group the tab changes places with its neighbour; at a group's edge it leaves the group, outside it
/// goes past the next tab or into the next group.
pub fn step(items: &[ItemView], tab: TabId, direction: Direction) -> Option<Command> {
    let at = item_of(items, tab)?;
    match &items[at] {
        ItemView::Tab(moving) => step_outside(items, at, moving, direction),
        ItemView::Group(group) => {
            let index = group.tabs.iter().position(|other| other.tab == tab)?;
            let inside = |before: Option<&TabView>| {
                Some(put(
                    tab,
                    Some(group.group),
                    before.map(|tab| Neighbour::Tab(tab.tab)),
                ))
            };
            match direction {
                Direction::Up if index > 0 => inside(Some(&group.tabs[index - 1])),
                Direction::Down if index + 1 < group.tabs.len() => inside(group.tabs.get(index + 2)),
                Direction::Up => Some(put(tab, None, Some(Neighbour::Group(group.group)))),
                Direction::Down => Some(put(tab, None, items.get(at + 1).map(neighbour))),
            }
        }
    }
}

fn step_outside(items: &[ItemView], at: usize, moving: &TabView, direction: Direction) -> Option<Command> {
    let next = match direction {
        Direction::Up => items.get(at.checked_sub(1)?)?,
        Direction::Down => items.get(at + 1)?,
    };
    match next {
        ItemView::Tab(other) if other.pinned != moving.pinned => None,
        ItemView::Tab(other) if direction == Direction::Up => {
            Some(put(moving.tab, None, Some(Neighbour::Tab(other.tab))))
        }
        ItemView::Tab(_) => Some(put(moving.tab, None, follower(items, at + 1, moving.pinned))),
        ItemView::Group(_) if moving.pinned => None,
        ItemView::Group(group) => {
            let first = group.tabs.first().map(|tab| Neighbour::Tab(tab.tab));
            let before = first.filter(|_| direction == Direction::Down);
            Some(put(moving.tab, Some(group.group), before))
        }
    }
}

/// The wish that drops a tab on another: before it when it comes from below, after it from above.
pub fn drop_on(items: &[ItemView], tab: TabId, target: TabId) -> Option<Command> {
    if tab == target {
        return None;
    }
    let order: Vec<TabId> = items.iter().flat_map(tabs).map(|tab| tab.tab).collect();
    let from = order.iter().position(|id| *id == tab)?;
    let to = order.iter().position(|id| *id == target)?;
    let (group, siblings): (Option<GroupId>, Vec<Neighbour>) = match &items[item_of(items, target)?] {
        ItemView::Tab(_) => (None, items.iter().map(neighbour).collect()),
        ItemView::Group(group) => {
            let inside = group.tabs.iter().map(|tab| Neighbour::Tab(tab.tab));
            (Some(group.group), inside.collect())
        }
    };
    let target = Neighbour::Tab(target);
    let place = siblings.iter().position(|other| *other == target)?;
    let before = if to < from {
        Some(target)
    } else {
        let mut after = siblings[place + 1..].iter().copied();
        after.find(|other| *other != Neighbour::Tab(tab))
    };
    Some(put(tab, group, before))
}

/// The wish that brings a tab back as it is and where it stands, once it was removed.
pub fn put_back(items: &[ItemView], tab: TabId) -> Option<Command> {
    let at = item_of(items, tab)?;
    let (found, group, before) = match &items[at] {
        ItemView::Tab(found) => (found, None, follower(items, at, found.pinned)),
        ItemView::Group(group) => {
            let index = group.tabs.iter().position(|other| other.tab == tab)?;
            let before = group.tabs.get(index + 1).map(|next| Neighbour::Tab(next.tab));
            (&group.tabs[index], Some(group.group), before)
        }
    };
    // A tab without a title shows its address in its place.
    let title = if found.title == found.url {
        ""
    } else {
        &found.title
    };
    Some(Command::PutBack {
        url: found.url.clone(),
        title: title.to_owned(),
        favicon: found.favicon.clone(),
        pinned: found.pinned,
        group,
        before,
    })
}

/// What stands behind an item; behind a pinned tab only another pinned one counts.
fn follower(items: &[ItemView], at: usize, pinned: bool) -> Option<Neighbour> {
    let next = items.get(at + 1)?;
    let counts = !pinned || matches!(next, ItemView::Tab(tab) if tab.pinned);
    counts.then(|| neighbour(next))
}

fn neighbour(item: &ItemView) -> Neighbour {
    match item {
        ItemView::Tab(tab) => Neighbour::Tab(tab.tab),
        ItemView::Group(group) => Neighbour::Group(group.group),
    }
}

/// The item that is a tab, or the group that holds it.
fn item_of(items: &[ItemView], tab: TabId) -> Option<usize> {
    items
        .iter()
        .position(|item| tabs(item).iter().any(|other| other.tab == tab))
}

fn put(tab: TabId, group: Option<GroupId>, before: Option<Neighbour>) -> Command {
    Command::MoveTab { tab, group, before }
}

fn tabs(item: &ItemView) -> &[TabView] {
    match item {
        ItemView::Tab(tab) => std::slice::from_ref(tab),
        ItemView::Group(group) => &group.tabs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::GroupView;
    use protocol::Colour;

    fn tab(id: u128) -> TabView {
        TabView {
            tab: TabId::from_bits(id),
            url: String::new(),
            opens: true,
            title: String::new(),
            favicon: None,
            pinned: false,
            viewers: Vec::new(),
            stream: None,
        }
    }

    fn group(id: u128, tabs: &[u128]) -> ItemView {
        ItemView::Group(GroupView {
            group: GroupId::from_bits(id),
            title: String::new(),
            colour: Colour::Blue,
            collapsed: false,
            tabs: tabs.iter().copied().map(tab).collect(),
        })
    }

    fn pinned(id: u128) -> ItemView {
        ItemView::Tab(TabView {
            pinned: true,
            favicon: Some("5a".repeat(32)),
            ..tab(id)
        })
    }

    /// 1, group 9 with 2 and 3, 4, 5.
    fn list() -> Vec<ItemView> {
        vec![
            ItemView::Tab(tab(1)),
            group(9, &[2, 3]),
            ItemView::Tab(tab(4)),
            ItemView::Tab(tab(5)),
        ]
    }

    fn bits(before: Neighbour) -> u128 {
        match before {
            Neighbour::Tab(tab) => tab.bits(),
            Neighbour::Group(group) => group.bits(),
        }
    }

    /// The group it goes into and what it goes before.
    fn stepped(items: &[ItemView], id: u128, direction: Direction) -> Option<(Option<u128>, Option<u128>)> {
        match step(items, TabId::from_bits(id), direction)? {
            Command::MoveTab { group, before, .. } => Some((group.map(GroupId::bits), before.map(bits))),
            _ => None,
        }
    }

    #[test]
    fn a_step_swaps_with_the_neighbour_and_crosses_group_edges() {
        let step = |id, direction| stepped(&list(), id, direction);
        assert_eq!(step(1, Direction::Up), None);
        assert_eq!(step(1, Direction::Down), Some((Some(9), Some(2))));
        assert_eq!(step(2, Direction::Down), Some((Some(9), None)));
        assert_eq!(step(3, Direction::Up), Some((Some(9), Some(2))));
        assert_eq!(step(3, Direction::Down), Some((None, Some(4))));
        assert_eq!(step(4, Direction::Up), Some((Some(9), None)));
        assert_eq!(step(4, Direction::Down), Some((None, None)));
        assert_eq!(step(5, Direction::Up), Some((None, Some(4))));
        assert_eq!(step(5, Direction::Down), None);
    }

    #[test]
    fn a_step_reaches_the_place_before_a_group_and_between_two() {
        let items = [
            group(8, &[1]),
            group(9, &[2]),
            ItemView::Tab(tab(3)),
            ItemView::Tab(tab(4)),
            group(10, &[5]),
        ];
        let step = |id, direction| stepped(&items, id, direction);
        assert_eq!(step(1, Direction::Up), Some((None, Some(8))), "the first of all");
        assert_eq!(
            step(2, Direction::Up),
            Some((None, Some(9))),
            "between two groups"
        );
        assert_eq!(
            step(1, Direction::Down),
            Some((None, Some(9))),
            "the same from above"
        );
        assert_eq!(
            step(3, Direction::Down),
            Some((None, Some(10))),
            "before the group below"
        );
    }

    #[test]
    fn pinned_tabs_stay_among_themselves() {
        let items = [pinned(1), pinned(2), group(9, &[3])];
        assert_eq!(stepped(&items, 1, Direction::Down), Some((None, None)));
        assert_eq!(stepped(&items, 2, Direction::Down), None);
    }

    #[test]
    fn a_removed_tab_comes_back_as_it_was_and_where_it_stood() {
        let back = |items: &[ItemView], id| match put_back(items, TabId::from_bits(id)) {
            Some(Command::PutBack { group, before, .. }) => {
                Some((group.map(GroupId::bits), before.map(bits)))
            }
            _ => None,
        };
        assert_eq!(back(&list(), 1), Some((None, Some(9))));
        assert_eq!(back(&list(), 2), Some((Some(9), Some(3))));
        assert_eq!(back(&list(), 3), Some((Some(9), None)));
        assert_eq!(back(&list(), 5), Some((None, None)));
        assert_eq!(back(&list(), 6), None);
        let kept = put_back(&[pinned(1), pinned(2)], TabId::from_bits(1));
        let wanted = Command::PutBack {
            url: String::new(),
            title: String::new(),
            favicon: Some("5a".repeat(32)),
            pinned: true,
            group: None,
            before: Some(Neighbour::Tab(TabId::from_bits(2))),
        };
        assert_eq!(kept, Some(wanted));
    }

    #[test]
    fn a_drop_takes_the_place_of_the_target() {
        let drop = |tab, target| match drop_on(&list(), TabId::from_bits(tab), TabId::from_bits(target)) {
            Some(Command::MoveTab { group, before, .. }) => {
                Some((group.map(GroupId::bits), before.map(bits)))
            }
            _ => None,
        };
        assert_eq!(drop(5, 1), Some((None, Some(1))));
        assert_eq!(drop(1, 4), Some((None, Some(5))));
        assert_eq!(drop(1, 5), Some((None, None)));
        assert_eq!(drop(5, 3), Some((Some(9), Some(3))));
        assert_eq!(drop(2, 2), None);
        let above_a_group = [
            ItemView::Tab(tab(1)),
            ItemView::Tab(tab(4)),
            group(9, &[2]),
            ItemView::Tab(tab(5)),
        ];
        let wish = drop_on(&above_a_group, TabId::from_bits(1), TabId::from_bits(4));
        let before_the_group = Some(Neighbour::Group(GroupId::from_bits(9)));
        assert_eq!(wish, Some(put(TabId::from_bits(1), None, before_the_group)));
    }
}
