//! Where something stands that floats beside a button: fixed, so that no scrolling list around it cuts it off,
//! and inside the window. Set through the style object, which the pages' content security policy allows.

use web_sys::HtmlElement;

/// Between the two, and to the window's edge.
const GAP_PX: f64 = 4.0;

/// How the two are lined up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Centre under centre.
    Centre,
    /// Right edge under right edge.
    Right,
}

/// Puts `floating` under `anchor`, or over it where there is no room.
pub fn beside(floating: &HtmlElement, anchor: &HtmlElement, align: Align) {
    let root = floating
        .owner_document()
        .and_then(|document| document.document_element());
    let Some(root) = root else { return };
    let (at, size) = (
        anchor.get_bounding_client_rect(),
        floating.get_bounding_client_rect(),
    );
    let (width, height) = (f64::from(root.client_width()), f64::from(root.client_height()));
    let below = at.bottom() + GAP_PX;
    let top = if below + size.height() > height {
        (at.top() - GAP_PX - size.height()).max(GAP_PX)
    } else {
        below
    };
    let left = match align {
        Align::Centre => f64::midpoint(at.left(), at.right()) - size.width() / 2.0,
        Align::Right => at.right() - size.width(),
    };
    let left = left.clamp(GAP_PX, (width - size.width() - GAP_PX).max(GAP_PX));
    let _ = floating.style().set_property("top", &format!("{top}px"));
    let _ = floating.style().set_property("left", &format!("{left}px"));
}
