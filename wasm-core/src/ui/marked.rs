//! What is sought, marked in what is found.

use yew::prelude::*;

use crate::find::Query;

/// A text in which what is sought is marked.
pub fn marked(text: &str, query: &Query) -> Html {
    let mut pieces: Vec<Html> = Vec::new();
    let mut at = 0;
    for range in query.ranges(text) {
        pieces.push(text[at..range.start].to_owned().into());
        at = range.end;
        pieces.push(html! { <mark>{ text[range].to_owned() }</mark> });
    }
    pieces.push(text[at..].to_owned().into());
    pieces.into_iter().collect()
}
