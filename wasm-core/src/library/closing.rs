//! Closing the window of a space, which stays.
//!
//! Chrome keeps every group of a window that is closed among its saved groups, and no API takes one out of there. A group
//! that is dissolved while its tabs are open goes from them. So the groups go first; the space has them.

use std::collections::BTreeSet;

use super::follow::WindowSeen;

/// What is done in Chrome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Tabs are taken out of their groups.
    Ungroup(Vec<i32>),
    /// The window is closed.
    Close,
}

/// What is done to close a window, in order. The space does not follow it any more by then.
pub fn steps(seen: &WindowSeen) -> Vec<Step> {
    let grouped = grouped(seen, |_| true);
    let ungroup = (!grouped.is_empty()).then_some(Step::Ungroup(grouped));
    ungroup.into_iter().chain([Step::Close]).collect()
}

/// The tabs that are taken out of their groups before some are closed: those of groups of which none would be left.
pub fn to_ungroup(seen: &WindowSeen, closed: &[i32]) -> Vec<i32> {
    let stays: BTreeSet<i32> = seen
        .tabs
        .iter()
        .filter(|tab| !closed.contains(&tab.id))
        .filter_map(|tab| tab.group)
        .collect();
    grouped(seen, |group| !stays.contains(&group))
}

fn grouped(seen: &WindowSeen, wanted: impl Fn(i32) -> bool) -> Vec<i32> {
    let tabs = seen.tabs.iter();
    tabs.filter(|tab| tab.group.is_some_and(&wanted))
        .map(|tab| tab.id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::follow::TabSeen;

    fn window(groups: &[Option<i32>]) -> WindowSeen {
        let tabs = (1..).zip(groups).map(|(id, group)| TabSeen {
            id,
            group: *group,
            ..TabSeen::default()
        });
        WindowSeen {
            tabs: tabs.collect(),
            groups: Vec::new(),
        }
    }

    /// What Chrome does: the groups that it saves of a window when that is closed.
    fn saved_after(mut seen: WindowSeen, steps: &[Step]) -> BTreeSet<i32> {
        for step in steps {
            match step {
                Step::Ungroup(tabs) => {
                    let some = seen.tabs.iter_mut().filter(|tab| tabs.contains(&tab.id));
                    some.for_each(|tab| tab.group = None);
                }
                Step::Close => return seen.tabs.iter().filter_map(|tab| tab.group).collect(),
            }
        }
        panic!("it was not closed")
    }

    #[test]
    fn a_window_that_is_closed_again_and_again_leaves_no_group_behind() {
        let mut saved = BTreeSet::new();
        // Chrome gives each group another id each time.
        for time in 0..10 {
            let seen = window(&[None, Some(time), Some(time), Some(100 + time)]);
            assert_eq!(
                saved_after(seen.clone(), &[Step::Close]).len(),
                2,
                "as a person closes it"
            );
            saved.extend(saved_after(seen.clone(), &steps(&seen)));
        }
        assert_eq!(saved, BTreeSet::new());
        assert_eq!(steps(&window(&[None])), [Step::Close]);
    }

    #[test]
    fn of_tabs_that_are_closed_those_are_ungrouped_whose_groups_end_with_them() {
        let seen = window(&[None, Some(7), Some(7), Some(8), Some(8)]);
        assert_eq!(to_ungroup(&seen, &[1, 2, 3, 4]), [2, 3]);
        assert_eq!(to_ungroup(&seen, &[2]), [0; 0]);
    }
}
