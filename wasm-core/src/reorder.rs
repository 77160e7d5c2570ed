//! Where a tab goes when a person moves it by one place with the keyboard, or drops it on another.
//!
//! Pure, so that it is tested natively. Pinned tabs stay among pinned ones: the list orders them first
//! whatever their position.

use protocol::{GroupId, TabId};

use crate::command::Command;
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
/// Within a group the tab changes places with its neighbour; at a group's edge it leaves the group, or enters
/// the next one.
pub fn step(items: &[ItemView], tab: TabId, direction: Direction) -> Option<Command> {
    let at = items
        .iter()
        .position(|item| tabs(item).iter().any(|other| other.tab == tab))?;
    match &items[at] {
        ItemView::Tab(moving) => step_outside(items, at, moving, direction),
        ItemView::Group(group) => {
            let index = group.tabs.iter().position(|other| other.tab == tab)?;
            let inside = |before: Option<TabId>| Some(put(tab, Some(group.group), before));
            match direction {
                Direction::Up if index > 0 => inside(Some(group.tabs[index - 1].tab)),
                Direction::Down if index + 1 < group.tabs.len() => {
                    inside(group.tabs.get(index + 2).map(|next| next.tab))
                }
                Direction::Up => match items[..at].last()? {
                    ItemView::Group(above) => Some(put(tab, Some(above.group), None)),
                    ItemView::Tab(above) if above.pinned => None,
                    ItemView::Tab(above) => Some(put(tab, None, Some(above.tab))),
                },
                Direction::Down => match items.get(at + 1) {
                    Some(ItemView::Group(below)) => Some(put(tab, Some(below.group), first(&below.tabs))),
                    below => Some(put(tab, None, below.and_then(|item| first(tabs(item))))),
                },
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
        ItemView::Tab(other) if direction == Direction::Up => Some(put(moving.tab, None, Some(other.tab))),
        ItemView::Tab(_) => {
            let after = items[at + 2..].iter().find_map(|item| match item {
                ItemView::Tab(tab) => Some(tab.tab),
                ItemView::Group(_) => None,
            });
            Some(put(moving.tab, None, after))
        }
        ItemView::Group(_) if moving.pinned => None,
        ItemView::Group(group) => {
            let before = if direction == Direction::Down {
                first(&group.tabs)
            } else {
                None
            };
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
    let (group, siblings): (Option<GroupId>, Vec<TabId>) = items
        .iter()
        .find_map(|item| match item {
            ItemView::Group(group) if group.tabs.iter().any(|other| other.tab == target) => {
                Some((Some(group.group), group.tabs.iter().map(|tab| tab.tab).collect()))
            }
            _ => None,
        })
        .unwrap_or_else(|| {
            let outside = items.iter().filter_map(|item| {
                if let ItemView::Tab(tab) = item {
                    Some(tab.tab)
                } else {
                    None
                }
            });
            (None, outside.collect())
        });
    let place = siblings.iter().position(|id| *id == target)?;
    let before = if to < from {
        Some(target)
    } else {
        siblings[place + 1..].iter().copied().find(|id| *id != tab)
    };
    Some(put(tab, group, before))
}

/// Where a tab stands: its group, and the tab of that group (or outside of any) that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its group.
    pub group: Option<GroupId>,
    /// What it stands before; `None` at the end.
    pub before: Option<TabId>,
}

/// A tab and where it stands, so that it can be put there again.
pub fn place_of(items: &[ItemView], tab: TabId) -> Option<(&TabView, Place)> {
    let at = items
        .iter()
        .position(|item| tabs(item).iter().any(|other| other.tab == tab))?;
    match &items[at] {
        ItemView::Tab(found) => {
            let before = items[at + 1..].iter().find_map(|item| match item {
                ItemView::Tab(next) => Some(next.tab),
                ItemView::Group(_) => None,
            });
            Some((found, Place { group: None, before }))
        }
        ItemView::Group(group) => {
            let index = group.tabs.iter().position(|other| other.tab == tab)?;
            let before = group.tabs.get(index + 1).map(|next| next.tab);
            let group_id = Some(group.group);
            Some((
                &group.tabs[index],
                Place {
                    group: group_id,
                    before,
                },
            ))
        }
    }
}

/// The wish that puts a tab to a place as it was then; `None` when it stands there, or its group is gone. Where
/// the one that followed is gone, it is the end.
pub fn put_at(items: &[ItemView], tab: TabId, place: Place) -> Option<Command> {
    let (_, now) = place_of(items, tab)?;
    let has_group = place.group.is_none_or(|wanted| {
        items
            .iter()
            .any(|item| matches!(item, ItemView::Group(group) if group.group == wanted))
    });
    let before = place
        .before
        .filter(|before| place_of(items, *before).is_some_and(|(_, found)| found.group == place.group));
    let wanted = Place { before, ..place };
    (has_group && now != wanted).then(|| put(tab, wanted.group, wanted.before))
}

fn put(tab: TabId, group: Option<GroupId>, before: Option<TabId>) -> Command {
    Command::MoveTab { tab, group, before }
}

fn first(tabs: &[TabView]) -> Option<TabId> {
    tabs.first().map(|tab| tab.tab)
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

    /// 1, group 9 with 2 and 3, 4, 5.
    fn list() -> Vec<ItemView> {
        let group = GroupView {
            group: GroupId::from_bits(9),
            title: String::new(),
            colour: Colour::Blue,
            collapsed: false,
            tabs: vec![tab(2), tab(3)],
        };
        vec![
            ItemView::Tab(tab(1)),
            ItemView::Group(group),
            ItemView::Tab(tab(4)),
            ItemView::Tab(tab(5)),
        ]
    }

    fn stepped(id: u128, direction: Direction) -> Option<(bool, Option<u128>)> {
        let wish = step(&list(), TabId::from_bits(id), direction)?;
        let Command::MoveTab { group, before, .. } = wish else {
            return None;
        };
        Some((group.is_some(), before.map(TabId::bits)))
    }

    #[test]
    fn a_step_swaps_with_the_neighbour_and_crosses_group_edges() {
        assert_eq!(stepped(1, Direction::Up), None);
        assert_eq!(stepped(1, Direction::Down), Some((true, Some(2))));
        assert_eq!(stepped(2, Direction::Down), Some((true, None)));
        assert_eq!(stepped(2, Direction::Up), Some((false, Some(1))));
        assert_eq!(stepped(3, Direction::Up), Some((true, Some(2))));
        assert_eq!(stepped(3, Direction::Down), Some((false, Some(4))));
        assert_eq!(stepped(4, Direction::Up), Some((true, None)));
        assert_eq!(stepped(4, Direction::Down), Some((false, None)));
        assert_eq!(stepped(5, Direction::Up), Some((false, Some(4))));
        assert_eq!(stepped(5, Direction::Down), None);
    }

    #[test]
    fn a_removed_tab_goes_back_to_its_place_as_far_as_that_is_there() {
        let back = |id: u128, now: &[ItemView]| {
            let before = list();
            let (_, place) = place_of(&before, TabId::from_bits(id))?;
            // It was added again, at the end, under another id.
            let items = [now, &[ItemView::Tab(tab(6))]].concat();
            match put_at(&items, TabId::from_bits(6), place)? {
                Command::MoveTab { group, before, .. } => Some((group.is_some(), before.map(TabId::bits))),
                _ => None,
            }
        };
        let (list, alone) = (list(), [ItemView::Tab(tab(1))]);
        assert_eq!(back(1, &list[1..]), Some((false, Some(4))));
        assert_eq!(back(2, &list), Some((true, Some(3))));
        assert_eq!(back(3, &list), Some((true, None)));
        assert_eq!(back(5, &list[..3]), None, "it stands there");
        assert_eq!(back(3, &alone), None, "its group is gone");
        assert_eq!(back(4, &alone), None, "what followed is gone");
    }

    #[test]
    fn a_drop_takes_the_place_of_the_target() {
        let drop = |tab, target| match drop_on(&list(), TabId::from_bits(tab), TabId::from_bits(target)) {
            Some(Command::MoveTab { group, before, .. }) => Some((group.is_some(), before.map(TabId::bits))),
            _ => None,
        };
        assert_eq!(drop(5, 1), Some((false, Some(1))));
        assert_eq!(drop(1, 4), Some((false, Some(5))));
        assert_eq!(drop(1, 5), Some((false, None)));
        assert_eq!(drop(5, 3), Some((true, Some(3))));
        assert_eq!(drop(2, 2), None);
    }
}
