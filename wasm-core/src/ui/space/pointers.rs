//! The pointers of others in a stream's picture.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::ui::colour_class;
use crate::view::PointerView;

/// What they need.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The pointers.
    pub pointers: Vec<PointerView>,
}

/// All pointers.
#[component]
pub fn Pointers(props: &Props) -> Html {
    html! {
        <div class="pointers" aria-hidden="true" data-testid="pointers">
            { for props.pointers.iter().map(|pointer| html! { <Pointer key={pointer.member.to_string()} pointer={pointer.clone()} /> }) }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct PointerProps {
    pointer: PointerView,
}

/// One pointer. Its place is set through the style object: a `style` attribute is not allowed on these pages.
#[component]
fn Pointer(props: &PointerProps) -> Html {
    let node = use_node_ref();
    let PointerView {
        x, y, name, colour, ..
    } = &props.pointer;
    use_effect_with((*x, *y), {
        let node = node.clone();
        move |(x, y)| {
            if let Some(node) = node.cast::<HtmlElement>() {
                let _ = node.style().set_property("left", &format!("{}%", x * 100.0));
                let _ = node.style().set_property("top", &format!("{}%", y * 100.0));
            }
        }
    });
    html! {
        <span class={classes!("pointer", colour_class(*colour))} ref={node} data-testid="pointer">
            <svg width="16" height="18" viewBox="0 0 16 18"><path d="M1 1v13l3.500-3.200L7 16.500l2.600-1.100L7.100 9.900H12z" /></svg>
            <b>{name.clone()}</b>
        </span>
    }
}
