//! Which rows of a list are selected, as a pointer and a keyboard select them everywhere.
//!
//! Pure, so that it is tested natively. Rows are named by keys; the order is handed in, since it changes while things
//! are selected.

use std::collections::BTreeSet;
use std::rc::Rc;

/// How far a page's key goes.
const PAGE: usize = 10;

/// What a click does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click {
    /// Selects this row alone.
    Only,
    /// Adds this row, or takes it out.
    Toggle,
    /// Selects from the row where the selection began to this one.
    Through,
}

/// Where a key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the row above.
    Up,
    /// To the row below.
    Down,
    /// Some rows up.
    PageUp,
    /// Some rows down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<K> {
    /// Shared with the selection before, until it changes.
    chosen: Rc<BTreeSet<K>>,
    /// Where it began.
    anchor: Option<K>,
    /// Where the keys are.
    cursor: Option<K>,
}

impl<K> Default for Selection<K> {
    fn default() -> Self {
        Self {
            chosen: Rc::default(),
            anchor: None,
            cursor: None,
        }
    }
}

impl<K: Copy + Ord> Selection<K> {
    /// How many are selected.
    pub fn len(&self) -> usize {
        self.chosen.len()
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Whether a row is selected.
    pub fn holds(&self, key: K) -> bool {
        self.chosen.contains(&key)
    }

    /// Where the keys are.
    pub const fn cursor(&self) -> Option<K> {
        self.cursor
    }

    /// What is selected, in the order of the list.
    pub fn of(&self, order: &[K]) -> Vec<K> {
        order.iter().copied().filter(|key| self.holds(*key)).collect()
    }

    /// A row was clicked.
    pub fn click(&mut self, order: &[K], key: K, how: Click) {
        match how {
            Click::Only => {
                self.chosen = Rc::new(BTreeSet::from([key]));
                self.anchor = Some(key);
            }
            Click::Toggle => {
                let chosen = Rc::make_mut(&mut self.chosen);
                if !chosen.remove(&key) {
                    chosen.insert(key);
                }
                self.anchor = Some(key);
            }
            Click::Through => self.reach(order, key),
        }
        self.cursor = Some(key);
    }

    /// A key went somewhere; with `extend`, all rows up to there are selected, else that one alone.
    pub fn step(&mut self, order: &[K], step: Step, extend: bool) {
        let Some(last) = order.len().checked_sub(1) else {
            return;
        };
        let at = self
            .cursor
            .and_then(|cursor| order.iter().position(|key| *key == cursor));
        let to = match (step, at) {
            (Step::First, _) | (Step::Down | Step::PageDown, None) => 0,
            (Step::Last, _) | (Step::Up | Step::PageUp, None) => last,
            (Step::Up, Some(at)) => at.saturating_sub(1),
            (Step::Down, Some(at)) => last.min(at + 1),
            (Step::PageUp, Some(at)) => at.saturating_sub(PAGE),
            (Step::PageDown, Some(at)) => last.min(at + PAGE),
        };
        let how = if extend { Click::Through } else { Click::Only };
        self.click(order, order[to], how);
    }

    /// Adds the row where the keys are, or takes it out.
    pub fn toggle(&mut self, order: &[K]) {
        if let Some(cursor) = self.cursor {
            self.click(order, cursor, Click::Toggle);
        }
    }

    /// Selects every row.
    pub fn all(&mut self, order: &[K]) {
        self.chosen = Rc::new(order.iter().copied().collect());
        self.cursor = self.cursor.or(order.first().copied());
    }

    /// Selects nothing; the keys stay where they are.
    pub fn clear(&mut self) {
        self.chosen = Rc::default();
        self.anchor = self.cursor;
    }

    /// What a key acts on: what is selected, else the row where the keys are.
    pub fn acted_on(&self, order: &[K]) -> Vec<K> {
        if self.is_empty() {
            let is_there = |cursor: &K| order.contains(cursor);
            return self.cursor.filter(is_there).into_iter().collect();
        }
        self.of(order)
    }

    /// Rows that are not there any more are not selected any more; `order` is that of before. The keys are at the next
    /// row that stays then, or at the last one before.
    pub fn keep(&mut self, order: &[K], is_there: impl Fn(K) -> bool) {
        if !self.chosen.iter().all(|key| is_there(*key)) {
            Rc::make_mut(&mut self.chosen).retain(|key| is_there(*key));
        }
        self.anchor = self.anchor.filter(|key| is_there(*key));
        let Some(cursor) = self.cursor.filter(|key| !is_there(*key)) else {
            return;
        };
        let at = order.iter().position(|key| *key == cursor).unwrap_or(0);
        let (before, behind) = order.split_at(at);
        let mut near = behind.iter().chain(before.iter().rev()).copied();
        self.cursor = near.find(|key| is_there(*key));
    }

    fn reach(&mut self, order: &[K], key: K) {
        let place = |wanted: K| order.iter().position(|other| *other == wanted);
        let anchor = self.anchor.or(self.cursor).unwrap_or(key);
        let (Some(from), Some(to)) = (place(anchor), place(key)) else {
            self.chosen = Rc::new(BTreeSet::from([key]));
            self.anchor = Some(key);
            return;
        };
        self.chosen = Rc::new(order[from.min(to)..=from.max(to)].iter().copied().collect());
        self.anchor = Some(anchor);
    }
}

#[cfg(test)]
mod tests {
    use super::{Click, Selection, Step};

    const ORDER: [u8; 6] = [10, 20, 30, 40, 50, 60];

    #[test]
    fn a_click_selects_one_and_with_control_one_more() {
        let mut selection = Selection::default();
        selection.click(&ORDER, 20, Click::Only);
        selection.click(&ORDER, 50, Click::Toggle);
        assert_eq!(selection.of(&ORDER), [20, 50]);
        selection.click(&ORDER, 20, Click::Toggle);
        assert_eq!(selection.of(&ORDER), [50]);
        selection.click(&ORDER, 10, Click::Only);
        assert_eq!(selection.of(&ORDER), [10]);
    }

    #[test]
    fn shift_selects_from_where_it_began_in_either_direction() {
        let mut selection = Selection::default();
        selection.click(&ORDER, 30, Click::Only);
        selection.click(&ORDER, 50, Click::Through);
        assert_eq!(selection.of(&ORDER), [30, 40, 50]);
        selection.click(&ORDER, 10, Click::Through);
        assert_eq!(selection.of(&ORDER), [10, 20, 30]);
    }

    #[test]
    fn keys_move_and_with_shift_extend() {
        let mut selection = Selection::default();
        selection.step(&ORDER, Step::Down, false);
        assert_eq!(selection.of(&ORDER), [10]);
        selection.step(&ORDER, Step::Down, true);
        selection.step(&ORDER, Step::Down, true);
        assert_eq!(selection.of(&ORDER), [10, 20, 30]);
        selection.step(&ORDER, Step::Up, true);
        assert_eq!(selection.of(&ORDER), [10, 20]);
        selection.step(&ORDER, Step::Last, false);
        assert_eq!((selection.of(&ORDER), selection.cursor()), (vec![60], Some(60)));
        selection.step(&ORDER, Step::Down, false);
        assert_eq!(selection.cursor(), Some(60));
        selection.step(&ORDER, Step::PageUp, false);
        assert_eq!(selection.cursor(), Some(10));
    }

    #[test]
    fn what_is_gone_is_not_selected_any_more() {
        let mut selection = Selection::default();
        selection.click(&ORDER, 20, Click::Only);
        selection.click(&ORDER, 40, Click::Through);
        selection.keep(&ORDER, |key| key != 40);
        assert_eq!(
            (selection.of(&ORDER), selection.cursor()),
            (vec![20, 30], Some(50))
        );
        selection.step(&[], Step::Down, false);
        selection.clear();
        assert!(selection.is_empty());
        selection.all(&ORDER);
        assert_eq!(selection.len(), 6);
    }

    #[test]
    fn one_after_the_other_goes_by_keys_alone() {
        let mut selection = Selection::default();
        selection.click(&ORDER, 40, Click::Only);
        let mut left = ORDER.to_vec();
        for gone in [40, 50, 60, 30] {
            assert_eq!(selection.acted_on(&left), [gone]);
            let before = left.clone();
            left.retain(|key| *key != gone);
            selection.keep(&before, |key| left.contains(&key));
            assert!(selection.is_empty(), "what is there now was not chosen");
        }
        assert_eq!(selection.cursor(), Some(20));
        selection.keep(&left, |_| false);
        assert_eq!((selection.cursor(), selection.acted_on(&[])), (None, Vec::new()));
    }
}
