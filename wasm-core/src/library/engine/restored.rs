//! Tabs of a space that was opened as a window, until their pages have come: what Chrome says of them before that
//! is no news, and what they turn out to be is not either.

use std::collections::BTreeMap;

use protocol::{GroupId, SpaceState, TabId};

use super::RestorePlan;
use crate::library::follow::{Binding, GroupSeen, TabSeen, WindowSeen, is_blank, is_same_page};

/// The window is full: the last look at it is what the space holds, and each tab counts as not loaded.
pub(super) fn expect(binding: &mut Binding, plan: &RestorePlan) {
    let chrome: BTreeMap<TabId, i32> = binding.tabs.iter().map(|(id, tab)| (*tab, *id)).collect();
    let groups: BTreeMap<GroupId, i32> = binding.groups.iter().map(|(id, group)| (*group, *id)).collect();
    let shown = plan.shown().map(|tab| tab.tab);
    let tabs = plan.tabs.iter().filter_map(|tab| {
        Some(TabSeen {
            id: *chrome.get(&tab.tab)?,
            url: tab.url.clone(),
            title: tab.title.clone(),
            pinned: tab.pinned,
            muted: tab.muted,
            active: Some(tab.tab) == shown,
            group: tab.group.and_then(|group| groups.get(&group).copied()),
            ..TabSeen::default()
        })
    });
    let seen = WindowSeen {
        tabs: tabs.collect(),
        groups: plan
            .groups
            .iter()
            .filter_map(|(group, title, colour, collapsed)| {
                Some(GroupSeen {
                    id: *groups.get(group)?,
                    title: title.clone(),
                    colour: *colour,
                    collapsed: *collapsed,
                })
            })
            .collect(),
    };
    binding.loading = seen.tabs.iter().map(|tab| tab.id).collect();
    binding.seen = seen;
}

/// The first look at a window that came back: tabs that wait or are not loaded count as what the space holds.
pub(super) fn begin(binding: &mut Binding, state: &SpaceState) {
    for seen in &mut binding.seen.tabs {
        let Some(tab) = binding.tabs.get(&seen.id).and_then(|id| state.tabs.get(id)) else {
            continue;
        };
        if seen.waits.is_some() || is_loading(seen) {
            binding.loading.insert(seen.id);
            seen.title.clone_from(&tab.title);
            if is_blank(&seen.url) {
                seen.url.clone_from(&tab.url);
            }
        }
    }
}

/// A later look, before it is compared with the last one: a tab that is not loaded is what it was, and one that
/// has just become so was that before.
pub(super) fn go_on(binding: &mut Binding, new: &mut WindowSeen) {
    let Binding { seen, loading, .. } = binding;
    for tab in &mut new.tabs {
        if !loading.contains(&tab.id) {
            continue;
        }
        let Some(old) = seen.tabs.iter_mut().find(|old| old.id == tab.id) else {
            continue;
        };
        if tab.waits.is_none() && !is_blank(&tab.url) && !is_same_page(&old.url, &tab.url) {
            // It went elsewhere.
            loading.remove(&tab.id);
        } else if tab.waits.is_some() || is_loading(tab) {
            tab.title.clone_from(&old.title);
            tab.url.clone_from(&old.url);
        } else {
            old.title.clone_from(&tab.title);
            old.url.clone_from(&tab.url);
            loading.remove(&tab.id);
        }
    }
    loading.retain(|id| new.tabs.iter().any(|tab| tab.id == *id));
}

/// While it knows no title Chrome shows none, or the address without its scheme.
fn is_loading(tab: &TabSeen) -> bool {
    if is_blank(&tab.url) || tab.title.is_empty() || tab.title == tab.url {
        return true;
    }
    let Some((_, rest)) = tab.url.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    [host, host.trim_start_matches("www.")].into_iter().any(|host| {
        let after = tab.title.strip_prefix(host).filter(|_| !host.is_empty());
        after.is_some_and(|after| after.is_empty() || after.starts_with(['/', '?', '#']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_place_of_a_title_is_known() {
        let tab = |url: &str, title: &str| TabSeen {
            url: url.into(),
            title: title.into(),
            ..TabSeen::default()
        };
        for title in [
            "",
            "example.org",
            "www.example.org/a b",
            "example.org/a b",
            "https://www.example.org/a%20b",
        ] {
            assert!(
                is_loading(&tab("https://www.example.org/a%20b", title)),
                "{title}"
            );
        }
        for title in ["A b", "example.org: A b", "example.organic"] {
            assert!(
                !is_loading(&tab("https://www.example.org/a%20b", title)),
                "{title}"
            );
        }
        assert!(is_loading(&tab("about:blank", "about:blank")));
        assert!(!is_loading(&tab("file:///", "Index of /")));
    }
}
