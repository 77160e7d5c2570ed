//! A tab's favicon, or a letter on a colour.

use protocol::Colour;
use protocol::op::is_web_address;
use yew::prelude::*;

use crate::ui::colour_class;
use crate::ui::parts::avatar::initial;

/// What it needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Where the picture is; `None` for the letter.
    #[prop_or_default]
    pub src: Option<AttrValue>,
    /// The tab's address: letter and colour come from its host.
    pub url: AttrValue,
}

/// The host of an address without "www.", or what stands in its place.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.strip_prefix("www.").unwrap_or(host)
}

fn colour(host: &str) -> Colour {
    let sum = host.bytes().fold(7_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(byte))
    });
    Colour::ALL[1 + sum % 8]
}

/// A favicon that is always there, as Chrome's own are, for rows that are filled in a moment.
pub fn sure_favicon(src: String) -> Html {
    // Another picture in another element: an element that is there would fetch it at once, before anything is painted.
    html! { <img key={src.clone()} class="fav" {src} alt="" loading="lazy" /> }
}

/// A favicon.
#[component]
pub fn Favicon(props: &Props) -> Html {
    let failed = use_state(|| None::<AttrValue>);
    if let Some(src) = props.src.clone()
        && failed.as_ref() != Some(&src)
    {
        let onerror = {
            let (failed, src) = (failed.clone(), src.clone());
            move |_: Event| failed.set(Some(src.clone()))
        };
        return html! { <img key={src.to_string()} class="fav" {src} alt="" loading="lazy" {onerror} /> };
    }
    if !is_web_address(&props.url) {
        return html! { <span class="fav letter c-grey" aria-hidden="true">{"·"}</span> };
    }
    let host = host(&props.url);
    html! { <span class={classes!("fav", "letter", colour_class(colour(host)))} aria-hidden="true">{initial(host)}</span> }
}
