//! The part of a long list that is rendered: rows of one height, those in sight and some around them.
//!
//! Short lists are rendered whole. Spacers above and below keep the scrollbar honest; their height is set
//! through the style property, which the pages' content security policy allows.

use std::ops::Range;

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use web_sys::Element;
use yew::prelude::*;

/// Longer than any window.
const LONG: usize = 1_000;
/// Lists up to this long are rendered whole.
const WHOLE: usize = 40;
/// Rows above and below those in sight.
const AROUND: usize = 4;
/// A row's height before one is there to be measured.
const ROW_PX: f64 = 32.0;
/// The list's height before it is there to be measured; a list that may grow is never taken for a shorter one.
const LIST_PX: i32 = 600;

/// A list that changed is looked at so long afterwards, when it has been painted.
const LOOK_AFTER_MS: u32 = 50;

/// The rendered part of a list, and what to hang it on.
pub struct Windowed {
    /// The rows to render.
    pub rows: Range<usize>,
    /// For the scrolling element.
    pub scroller: NodeRef,
    /// For the scrolling element.
    pub onscroll: Callback<Event>,
    before: Html,
    after: Html,
}

impl Windowed {
    /// What goes into the scrolling element: the rows that were made, in the places of [`Windowed::rows`], each with a key of
    /// its own. They are a list apart from what stands before and after them, so that each is found again by its key.
    pub fn list(&self, rows: impl IntoIterator<Item = Html>) -> Html {
        html! { <>{ self.before.clone() }<>{ for rows }</>{ self.after.clone() }</> }
    }
}

/// Where a list stood when it was last looked at. Looking while it changes would have the page laid out once more, so it is
/// looked at when it has been painted. In CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stand {
    /// A row's height, at the person's text size.
    row: f64,
    /// How far it is scrolled.
    top: i32,
    /// What of it is in sight.
    height: i32,
}

impl Default for Stand {
    fn default() -> Self {
        Self {
            row: ROW_PX,
            top: 0,
            height: 0,
        }
    }
}

impl Stand {
    fn of(scroller: &Element) -> Self {
        let row = scroller.query_selector(".row").ok().flatten();
        let height = row.map_or(0.0, |row| row.get_bounding_client_rect().height());
        Self {
            row: if height > 0.0 { height } else { ROW_PX },
            top: scroller.scroll_top(),
            height: scroller.client_height(),
        }
    }

    /// The rows in sight, of so many. A list that became shorter cannot be scrolled as far any more.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "rows in sight are few and positive, and a list's length fits a double"
    )]
    fn in_sight(self, len: usize) -> Range<usize> {
        let lowest = (len as f64 * self.row - f64::from(self.height)).max(0.0);
        let first = (f64::from(self.top).min(lowest) / self.row) as usize;
        let shown = (f64::from(self.height.max(LIST_PX)) / self.row) as usize + 1;
        first.min(len)..(first + shown).min(len)
    }

    /// These and some around them.
    fn around(self, len: usize) -> Range<usize> {
        let Range { start, end } = self.in_sight(len);
        start.saturating_sub(AROUND)..(end + AROUND).min(len)
    }

    /// Whether a row in sight is not among those that are rendered.
    fn lacks(self, rendered: &Range<usize>, len: usize) -> bool {
        let Range { start, end } = self.in_sight(len);
        start < rendered.start || end > rendered.end
    }

    /// Where the list is to be scrolled for a row to be in sight, if it is not.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a list's length fits a double, its height 32 bits"
    )]
    fn to_show(self, row: usize) -> Option<i32> {
        let top = row as f64 * self.row;
        let (seen, height) = (f64::from(self.top), f64::from(self.height));
        if top < seen {
            Some(top as i32)
        } else if height > 0.0 && top + self.row > seen + height {
            Some((top + self.row - height).ceil() as i32)
        } else {
            None
        }
    }
}

/// An empty place of a height. It is set with the rows that it stands beside: an effect may come a frame later.
fn spacer(height_px: i32, tag: &'static str) -> Html {
    let style = format!("height: {height_px}px");
    if tag == "li" {
        html! { <li ~style={style} aria-hidden="true"></li> }
    } else {
        html! { <div ~style={style} aria-hidden="true"></div> }
    }
}

/// Windows a list of `len` rows; `keep` is scrolled into sight when it changes (the active row). `tag` is the
/// element that may stand between the rows: `li` in a list, else `div`.
#[hook]
pub fn use_window(len: usize, keep: Option<usize>, tag: &'static str) -> Windowed {
    let scroller = use_node_ref();
    let stand = use_mut_ref(Stand::default);
    let rows = use_state_eq(|| Stand::default().around(LONG));
    let row_px = use_state_eq(|| ROW_PX);
    let look = {
        let (row_px, scroller, stand) = (row_px.clone(), scroller.clone(), stand.clone());
        move || {
            let element = scroller.cast::<Element>().filter(|_| len > WHOLE)?;
            let seen = Stand::of(&element);
            stand.replace(seen);
            row_px.set(seen.row);
            Some(seen)
        }
    };
    let look_again = {
        let (look, rows) = (look.clone(), rows.clone());
        move || {
            if let Some(seen) = look() {
                rows.set(seen.around(len));
            }
        }
    };
    let onscroll = {
        let look_again = look_again.clone();
        Callback::from(move |_: Event| look_again())
    };
    use_effect_with(len, move |_| {
        let resized = EventListener::new(&gloo::utils::window(), "resize", move |_| look_again());
        move || drop(resized)
    });
    use_effect_with((len, keep), {
        let (rows, scroller, stand) = (rows.clone(), scroller.clone(), stand.clone());
        move |(len, keep)| {
            // A short list that nothing moves is not looked at at all.
            if *len <= WHOLE && keep.is_none() {
                return;
            }
            let Some(element) = scroller.cast::<Element>() else {
                return;
            };
            if stand.borrow().height == 0 || *len <= WHOLE {
                stand.replace(Stand::of(&element));
            }
            let mut now = *stand.borrow();
            if let Some(top) = keep.and_then(|keep| now.to_show(keep)) {
                element.set_scroll_top(top);
                now.top = top;
                stand.replace(now);
            }
            if *len > WHOLE && now.lacks(&rows, *len) {
                rows.set(now.around(*len));
            }
        }
    });
    use_effect_with((len, (*rows).clone()), {
        let rows = rows.clone();
        move |(len, rendered)| {
            let (len, rendered) = (*len, rendered.clone());
            let painted = Timeout::new(LOOK_AFTER_MS, move || {
                if let Some(seen) = look().filter(|seen| seen.lacks(&rendered, len)) {
                    rows.set(seen.around(len));
                }
            });
            move || drop(painted)
        }
    });
    let shown = if len <= WHOLE {
        0..len
    } else {
        rows.start.min(len)..rows.end.min(len)
    };
    let space_of = |rows: usize| {
        if rows == 0 {
            return Html::default();
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a list's height fits 32 bits"
        )]
        let height_px = (rows as f64 * *row_px) as i32;
        spacer(height_px, tag)
    };
    Windowed {
        before: space_of(shown.start),
        after: space_of(len - shown.end),
        rows: shown,
        scroller,
        onscroll,
    }
}
