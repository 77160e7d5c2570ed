//! Two panes, one above the other, and between them a bar that moves (WAI-ARIA window splitter pattern).
//!
//! How small a pane may get is the style's business (`min-height`); here it is measured.

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::ui::appearance;
use crate::ui::parts::id::use_id;

/// A key moves the bar by so much of the whole.
const STEP_PERCENT: f64 = 5.0;

/// What a split pane needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// What the bar is for.
    pub label: AttrValue,
    /// Under this name the bar's place is remembered in this browser.
    pub name: &'static str,
    /// The upper pane: as high as what it holds, up to half, until the bar is moved.
    pub first: Html,
    /// The lower pane: what is left.
    pub second: Html,
}

/// The three heights that matter, in CSS pixels.
struct Measure {
    whole: f64,
    first: f64,
    least: f64,
    most: f64,
}

fn min_height(pane: &Element) -> f64 {
    let style = web_sys::window().and_then(|window| window.get_computed_style(pane).ok().flatten());
    let text = style.and_then(|style| style.get_property_value("min-height").ok());
    text.and_then(|text| text.trim_end_matches("px").parse().ok())
        .unwrap_or(0.0)
}

fn measure(split: &NodeRef) -> Option<Measure> {
    let split = split.cast::<Element>()?;
    let (first, second) = (split.first_element_child()?, split.last_element_child()?);
    let whole = split.get_bounding_client_rect().height();
    let least = min_height(&first);
    (whole > 0.0).then(|| Measure {
        whole,
        first: first.get_bounding_client_rect().height(),
        least,
        most: (whole - min_height(&second)).max(least),
    })
}

fn key_of(name: &str) -> String {
    ["split-", name].concat()
}

/// Percents as whole numbers, for `aria-value*`.
fn whole_percent(part: f64, whole: f64) -> String {
    format!("{:.0}", part / whole * 100.0)
}

/// The panes. Arrows, Home and End move the bar; a double click forgets its place.
#[component]
pub fn SplitPane(props: &Props) -> Html {
    let (split, bar) = (use_node_ref(), use_node_ref());
    let id = use_id();
    let name = props.name;
    let placed = use_state_eq(|| appearance::kept(&key_of(name)).and_then(|text| text.parse::<f64>().ok()));
    let dragging = use_mut_ref(|| false);
    use_effect_with(*placed, {
        let split = split.clone();
        move |placed| {
            if let Some(split) = split.cast::<HtmlElement>() {
                let _ = match placed {
                    Some(percent) => split.style().set_property("--first", &format!("{percent}%")),
                    None => split.style().remove_property("--first").map(drop),
                };
            }
        }
    });
    // Not by rendering again: where the bar stands is known only once everything has its size.
    use_effect({
        let (split, bar) = (split.clone(), bar.clone());
        move || {
            if let (Some(bar), Some(measured)) = (bar.cast::<Element>(), measure(&split)) {
                let Measure {
                    whole,
                    first,
                    least,
                    most,
                } = measured;
                for (attribute, value) in [("now", first), ("min", least), ("max", most)] {
                    let attribute = ["aria-value", attribute].concat();
                    let _ = bar.set_attribute(&attribute, &whole_percent(value, whole));
                }
            }
        }
    });
    let put = {
        let (split, placed) = (split.clone(), placed.clone());
        move |wanted_px: &dyn Fn(&Measure) -> f64| {
            if let Some(measured) = measure(&split) {
                let px = wanted_px(&measured).clamp(measured.least, measured.most);
                let percent = (px / measured.whole * 1000.0).round() / 10.0;
                appearance::keep(&key_of(name), &percent.to_string());
                placed.set(Some(percent));
            }
        }
    };
    let onkeydown = {
        let put = put.clone();
        move |event: KeyboardEvent| {
            let step = |by: f64| put(&move |now: &Measure| now.first + now.whole * by / 100.0);
            match event.key().as_str() {
                "ArrowUp" => step(-STEP_PERCENT),
                "ArrowDown" => step(STEP_PERCENT),
                "Home" => put(&|now: &Measure| now.least),
                "End" => put(&|now: &Measure| now.most),
                _ => return,
            }
            event.prevent_default();
        }
    };
    let onpointerdown = {
        let (bar, dragging) = (bar.clone(), dragging.clone());
        move |event: PointerEvent| {
            if let Some(bar) = bar.cast::<Element>() {
                let _ = bar.set_pointer_capture(event.pointer_id());
                *dragging.borrow_mut() = true;
            }
        }
    };
    let onpointermove = {
        let (split, dragging) = (split.clone(), dragging.clone());
        move |event: PointerEvent| {
            if let (true, Some(split)) = (*dragging.borrow(), split.cast::<Element>()) {
                let top = split.get_bounding_client_rect().top();
                put(&|_: &Measure| f64::from(event.client_y()) - top);
            }
        }
    };
    let end = move |_: PointerEvent| *dragging.borrow_mut() = false;
    let ondblclick = {
        let placed = placed.clone();
        move |_: MouseEvent| {
            appearance::keep(&key_of(name), "");
            placed.set(None);
        }
    };
    html! {
        <div class={classes!("split", placed.is_some().then_some("placed"))} ref={split}>
            <div class="split-first" id={id.clone()}>{ props.first.clone() }</div>
            <div class="split-bar" role="separator" tabindex="0" aria-orientation="horizontal" aria-label={props.label.clone()} aria-controls={id}
                aria-valuenow="50" ref={bar} {onkeydown} {onpointerdown} {onpointermove} onpointerup={end.clone()} onpointercancel={end} {ondblclick}
                data-testid="split-bar"></div>
            <div class="split-second">{ props.second.clone() }</div>
        </div>
    }
}
