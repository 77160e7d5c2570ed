//! The part of a long list that is rendered: rows of one height, those in sight and some around them.
//!
//! Short lists are rendered whole. Spacers above and below keep the scrollbar honest; their height is set
//! through the style object, which the pages' content security policy allows.

use std::ops::Range;

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Lists up to this long are rendered whole.
const WHOLE: usize = 40;
/// Rows above and below those in sight.
const AROUND: usize = 6;
/// A row's height before one is there to be measured.
const ROW_PX: f64 = 32.0;
/// The list's height before it is there to be measured; a list that may grow is never taken for a shorter one.
const LIST_PX: i32 = 600;

/// The rendered part of a list, and what to hang it on.
pub struct Windowed {
    /// The rows to render.
    pub rows: Range<usize>,
    /// For the scrolling element.
    pub scroller: NodeRef,
    /// For the scrolling element.
    pub onscroll: Callback<Event>,
    /// To stand before the rows.
    pub before: Html,
    /// To stand after the rows.
    pub after: Html,
}

/// The height of a row in CSS pixels, at the person's text size.
fn row_px(scroller: &Element) -> f64 {
    let row = scroller.query_selector(".row").ok().flatten();
    let height = row.map_or(0.0, |row| row.get_bounding_client_rect().height());
    if height > 0.0 { height } else { ROW_PX }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rows in sight are few and positive"
)]
fn in_sight(top_px: i32, height_px: i32, row: f64, len: usize) -> Range<usize> {
    let first = (f64::from(top_px) / row) as usize;
    let shown = (f64::from(height_px.max(LIST_PX)) / row) as usize + 1;
    let start = first.saturating_sub(AROUND).min(len);
    start..(first + shown + AROUND).min(len)
}

fn in_sight_of(scroller: &Element, row: f64, len: usize) -> Range<usize> {
    in_sight(scroller.scroll_top(), scroller.client_height(), row, len)
}

/// What a spacer needs.
#[derive(Debug, Clone, PartialEq, Properties)]
struct SpacerProps {
    height_px: i32,
    tag: &'static str,
}

/// An empty place of a height.
#[component]
fn Spacer(props: &SpacerProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.height_px, move |height| {
            if let Some(node) = node.cast::<HtmlElement>() {
                let _ = node.style().set_property("height", &format!("{height}px"));
            }
        });
    }
    if props.tag == "li" {
        html! { <li ref={node} aria-hidden="true"></li> }
    } else {
        html! { <div ref={node} aria-hidden="true"></div> }
    }
}

/// Windows a list of `len` rows; `keep` is scrolled into sight when it changes (the active row). `tag` is the
/// element that may stand between the rows: `li` in a list, else `div`.
#[hook]
pub fn use_window(len: usize, keep: Option<usize>, tag: &'static str) -> Windowed {
    let scroller = use_node_ref();
    let rows = use_state_eq(|| in_sight(0, 0, ROW_PX, usize::MAX));
    let onscroll = {
        let (rows, scroller) = (rows.clone(), scroller.clone());
        Callback::from(move |_: Event| {
            if len > WHOLE
                && let Some(element) = scroller.cast::<Element>()
            {
                rows.set(in_sight_of(&element, row_px(&element), len));
            }
        })
    };
    {
        let (rows, scroller) = (rows.clone(), scroller.clone());
        use_effect_with((len, keep), move |(len, keep)| {
            // A short list that nothing moves is not measured: that would lay the page out once more.
            if *len <= WHOLE && keep.is_none() {
                return;
            }
            let Some(element) = scroller.cast::<Element>() else {
                return;
            };
            let row = row_px(&element);
            if let Some(keep) = *keep {
                #[expect(clippy::cast_precision_loss, reason = "a list's length fits a double")]
                let top = keep as f64 * row;
                let (seen, height) = (
                    f64::from(element.scroll_top()),
                    f64::from(element.client_height()),
                );
                #[expect(clippy::cast_possible_truncation, reason = "a list's height fits 32 bits")]
                if top < seen {
                    element.set_scroll_top(top as i32);
                } else if height > 0.0 && top + row > seen + height {
                    element.set_scroll_top((top + row - height).ceil() as i32);
                }
            }
            if *len > WHOLE {
                rows.set(in_sight_of(&element, row, *len));
            }
        });
    }
    let shown = if len <= WHOLE {
        0..len
    } else {
        rows.start.min(len)..rows.end.min(len)
    };
    let spacer = |rows: usize| {
        if rows == 0 {
            return Html::default();
        }
        let height = scroller
            .cast::<Element>()
            .map_or(ROW_PX, |element| row_px(&element));
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a list's height fits 32 bits"
        )]
        let height_px = (rows as f64 * height) as i32;
        html! { <Spacer {height_px} {tag} /> }
    };
    Windowed {
        before: spacer(shown.start),
        after: spacer(len - shown.end),
        rows: shown,
        scroller,
        onscroll,
    }
}
