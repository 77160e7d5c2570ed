//! Nothing that people read stands in a component: sentences are messages, in every language there is.
//!
//! The sources are read as Rust's own tokens, so comments, attributes and quotes are told apart. Words are
//! - text in `html!`: `"Save"`, `{"Save"}`, `{ if saved { "Saved" } else { "Save" } }`, `{ format!("{n} tabs") }`;
//! - the same as an attribute or field that is shown or spoken ([`SPOKEN`]), and the label of a `MenuItem`;
//! - anywhere else a literal that looks like a sentence: a capital and a space.
//!
//! Class names, ids, keys and test ids are none of these.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};

use super::{Tree, ending_in};

/// Where the components are, and of those the ones that speak no language but their samples'.
const COMPONENTS: &str = "wasm-core/src/ui/";
const SAMPLES: &str = "wasm-core/src/ui/gallery/";

/// Attributes and fields whose value people see or hear.
const SPOKEN: [&str; 11] = [
    "alt",
    "aria-description",
    "aria-label",
    "aria-roledescription",
    "aria-valuetext",
    "error",
    "hint",
    "label",
    "placeholder",
    "text",
    "title",
];

/// Names are the same in every language, as addresses are.
const NAMES: [&str; 1] = ["TabSpace"];
const ADDRESS: &str = "://";

/// Calls whose literals are for developers.
const FOR_DEVELOPERS: [&str; 5] = ["expect", "panic", "unreachable", "assert", "assert_eq"];

/// Calls that give back what they are given, or what a closure in them gives.
const GIVE_BACK: [&str; 10] = [
    "Some",
    "concat",
    "format",
    "from",
    "map",
    "map_or",
    "map_or_else",
    "then",
    "then_some",
    "unwrap_or",
];

pub(super) fn components_say_messages(tree: &Tree) -> Vec<String> {
    let components = ending_in(tree, &["rs"])
        .filter(|(path, _)| path.starts_with(COMPONENTS) && !path.starts_with(SAMPLES));
    components
        .flat_map(|(path, text)| match text.parse::<TokenStream>() {
            Ok(tokens) => {
                let mut found = Found::default();
                found.in_code(&trees(tokens));
                found.complaints(path)
            }
            Err(error) => vec![format!("{path}: {error}")],
        })
        .collect()
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

fn inside(group: &Group) -> Vec<TokenTree> {
    trees(group.stream())
}

fn is_punct(tree: Option<&TokenTree>, punct: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

fn ident(tree: Option<&TokenTree>) -> Option<String> {
    match tree {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn block(tree: Option<&TokenTree>) -> Option<&Group> {
    match tree {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// What a group belongs to: `name(…)`, `name!{…}`, or nothing.
struct Before {
    name: Option<String>,
    is_macro: bool,
    is_attribute: bool,
}

impl Before {
    fn of(trees: &[TokenTree], at: usize) -> Self {
        let before = |back: usize| at.checked_sub(back).and_then(|at| trees.get(at));
        let bang = is_punct(before(1), '!');
        Self {
            name: ident(before(if bang { 2 } else { 1 })),
            is_macro: bang && ident(before(2)).is_some(),
            is_attribute: is_punct(before(1), '#') || (bang && is_punct(before(2), '#')),
        }
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        self.name.as_deref().is_some_and(|name| names.contains(&name))
    }
}

/// The literals that are words, by line.
#[derive(Default)]
struct Found(BTreeSet<(usize, String)>);

impl Found {
    fn complaints(self, path: &str) -> Vec<String> {
        let complaint = |(line, literal)| format!("{path}:{line} says {literal} itself; make it a message");
        self.0.into_iter().map(complaint).collect()
    }

    fn words(&mut self, literal: &Literal) {
        if has_words(literal) {
            self.0.insert((literal.span().start().line, literal.to_string()));
        }
    }

    /// Rust, as far as it is no `html!`.
    fn in_code(&mut self, code: &[TokenTree]) {
        for (at, tree) in code.iter().enumerate() {
            let before = |back: usize| at.checked_sub(back).and_then(|at| code.get(at));
            match tree {
                TokenTree::Group(group) => {
                    let whose = Before::of(code, at);
                    if whose.is_attribute || whose.is_one_of(&FOR_DEVELOPERS) {
                        continue;
                    }
                    let inner = inside(group);
                    if whose.is_macro && whose.is_one_of(&["html", "html_nested"]) {
                        self.in_html(&inner);
                        continue;
                    }
                    if whose.is_one_of(&["new"]) && ident(before(4)).is_some_and(|name| name == "MenuItem") {
                        let label = inner.split(|tree| is_punct(Some(tree), ',')).next();
                        self.in_value(label.unwrap_or_default());
                    }
                    self.in_code(&inner);
                }
                TokenTree::Literal(literal) => {
                    let field = ident(before(2)).filter(|_| is_punct(before(1), ':'));
                    if field.is_some_and(|name| SPOKEN.contains(&name.as_str())) || is_sentence(literal) {
                        self.words(literal);
                    }
                }
                _ => {}
            }
        }
    }

    /// The inside of `html!`, or of a block of children.
    fn in_html(&mut self, html: &[TokenTree]) {
        let mut in_tag = false;
        let mut at = 0;
        while let Some(tree) = html.get(at) {
            let mut next = at + 1;
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == '<' => in_tag = true,
                TokenTree::Punct(punct) if punct.as_char() == '>' => in_tag = false,
                TokenTree::Punct(punct) if in_tag && punct.as_char() == '=' => {
                    // One token, or a number below zero.
                    next += if is_punct(html.get(next), '-') { 2 } else { 1 };
                    let value = &html[at + 1..next.min(html.len())];
                    if SPOKEN.contains(&attribute_name(&html[..at]).as_str()) {
                        self.in_value(value);
                    }
                    self.in_code(value);
                }
                // `if condition { children }`, and `for` likewise.
                TokenTree::Ident(word) if !in_tag && (word == "if" || word == "for") => {
                    // A block before `=` is a pattern's.
                    let is_children =
                        |at: &usize| block(html.get(*at)).is_some() && !is_punct(html.get(at + 1), '=');
                    let end = (next..html.len()).find(is_children).unwrap_or(html.len());
                    self.in_code(&html[next..end]);
                    next = end + self.children(html.get(end));
                }
                TokenTree::Ident(word) if !in_tag && word == "else" => next += self.children(html.get(next)),
                TokenTree::Literal(literal) if !in_tag => self.words(literal),
                TokenTree::Group(group) => {
                    let inner = inside(group);
                    if !in_tag {
                        self.in_value(&inner);
                    }
                    self.in_code(&inner);
                }
                _ => {}
            }
            at = next;
        }
    }

    /// A block of children, if it is one; how many tokens that was.
    fn children(&mut self, tree: Option<&TokenTree>) -> usize {
        let Some(group) = block(tree) else { return 0 };
        self.in_html(&inside(group));
        1
    }

    /// An expression whose value is read: itself, the branches of `if` and `match`, the parts of an array, what
    /// `format!` fills, and what a literal is turned into.
    fn in_value(&mut self, value: &[TokenTree]) {
        for (at, tree) in value.iter().enumerate() {
            match tree {
                TokenTree::Literal(literal) if !is_compared(value, at) => self.words(literal),
                TokenTree::Group(group) => {
                    let whose = Before::of(value, at);
                    let called = whose.is_macro || block(Some(tree)).is_none();
                    if !called || whose.name.is_none() || whose.is_one_of(&GIVE_BACK) {
                        self.in_value(&inside(group));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a literal is the pattern of an arm, or one side of a comparison: not what comes out of it.
fn is_compared(value: &[TokenTree], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| value.get(at));
    let after = |ahead: usize| value.get(at + ahead);
    let is_arm = is_punct(after(1), '|') || (is_punct(after(1), '=') && is_punct(after(2), '>'));
    let compares = |first: Option<&TokenTree>, second: Option<&TokenTree>| {
        is_punct(second, '=') && (is_punct(first, '=') || is_punct(first, '!'))
    };
    is_arm || compares(before(2), before(1)) || compares(after(1), after(2))
}

/// The name that ends here, `aria-label` being three tokens.
fn attribute_name(before: &[TokenTree]) -> String {
    let mut name = String::new();
    for (at, tree) in before.iter().enumerate().rev() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '-' => name.insert(0, '-'),
            TokenTree::Ident(part) => {
                name.insert_str(0, &part.to_string());
                if !is_punct(at.checked_sub(1).and_then(|at| before.get(at)), '-') {
                    break;
                }
            }
            _ => break,
        }
    }
    name
}

fn text_of(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    let text = written.strip_prefix('r').unwrap_or(&written).trim_matches('#');
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Whether something in it is for reading: a letter outside of escapes and of the places that `format!` fills.
fn has_words(literal: &Literal) -> bool {
    let Some(text) =
        text_of(literal).filter(|text| !NAMES.contains(&text.as_str()) && !text.contains(ADDRESS))
    else {
        return false;
    };
    let (mut depth, mut escaped) = (0_usize, false);
    text.chars().any(|c| {
        let is_escape = std::mem::take(&mut escaped);
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '\\' if !is_escape => escaped = true,
            _ => {}
        }
        depth == 0 && !is_escape && c.is_alphabetic()
    })
}

/// A capital, and more than one word. Drawings have digits in their words.
fn is_sentence(literal: &Literal) -> bool {
    let is_word = |word: &&str| {
        word.chars().any(char::is_alphabetic) && !word.chars().any(|c| c.is_numeric() || c == '_')
    };
    text_of(literal).is_some_and(|text| {
        text.starts_with(char::is_uppercase) && text.split_whitespace().filter(is_word).count() > 1
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    /// The literals that are found in a component.
    fn said(text: &str) -> Vec<String> {
        let complaints = components_say_messages(&tree(&[("wasm-core/src/ui/a.rs", text)]));
        let found = complaints.iter().map(|complaint| {
            let found = complaint.strip_prefix("wasm-core/src/ui/a.rs:");
            found
                .and_then(|found| found.strip_suffix(" itself; make it a message"))
                .unwrap_or(complaint)
                .to_owned()
        });
        found.collect()
    }

    #[test]
    fn text_in_a_component_is_found() {
        let text = r#"
            fn a() -> Html {
                html! {
                    <p class="muted" id="words">{"Bare"}</p>
                    <p>{ if saved { "Saved" } else { "Save" } }</p>
                    if tabs < 3 && name == "Ada" { <b>{"Inner"}</b> } else { "Else" }
                    { format!("{count} tabs{end}") }
                    { for rows.iter().map(|row| html! { <i>{"Nested"}</i> }) }
                    { match state { "key" => "Arm", _ => say(Key::Other) } }
                    { name.unwrap_or("Nobody") }
                    <q>{ ["At ", time].concat() }</q>
                }
            }
        "#;
        assert_eq!(
            said(text),
            [
                r#"4 says "Bare""#,
                r#"5 says "Save""#,
                r#"5 says "Saved""#,
                r#"6 says "Else""#,
                r#"6 says "Inner""#,
                r#"7 says "{count} tabs{end}""#,
                r#"8 says "Nested""#,
                r#"9 says "Arm""#,
                r#"10 says "Nobody""#,
                r#"11 says "At ""#,
            ]
        );
    }

    #[test]
    fn spoken_attributes_and_labels_are_found() {
        let text = r#"
            fn a() -> Html {
                let item = MenuItem::new("Rename", Name::Pen, "rename-tab", |()| {});
                let view = View { label: "Tabs".into(), testid: "tabs" };
                tell("It was saved");
                html! {
                    <>
                    <a title="Go" href="/there" aria-label={"Home"} />
                    <Field label={if new { "New" } else { say(Key::Old) }} name="field" placeholder="Address" />
                    </>
                }
            }
        "#;
        assert_eq!(
            said(text),
            [
                r#"3 says "Rename""#,
                r#"4 says "Tabs""#,
                r#"5 says "It was saved""#,
                r#"8 says "Go""#,
                r#"8 says "Home""#,
                r#"9 says "Address""#,
                r#"9 says "New""#,
            ]
        );
    }

    #[test]
    fn what_nobody_reads_is_left_alone() {
        let text = r#"
            //! Says "Something Else" in a comment.
            /// And "Here Too".
            #[expect(lint, reason = "A reason to be read by developers")]
            fn a() -> Html {
                let kind = if big { "icon large" } else { "icon" };
                let found = list.expect("A list that was there");
                let path = "M12.83 2.18a2 2 0 0 0 Z";
                html! {
                    <h1 class={classes!("hidden", kind)} data-testid="title" role="heading">{"TabSpace"}</h1>
                    <p id={["row-", &at.to_string()].concat()} tabindex=-1 aria-hidden="true">{" · "}{ "\u{2026}\n" }</p>
                    { button(Deed::Share, "primary grow", "share", Key::Share) }
                    { count(Key::Tabs, n, &[("name", name)]) }
                    if let Link::Ended { reason } = &link { <Banner testid="ended" placeholder="https://example.org" /> }
                    if role == "button" { <Icon name={Name::Pen} class="small" /> }
                    <input aria-label={say(Key::Name)} type="text" disabled={kind == "none"} title={tab.url.clone()} />
                }
            }
        "#;
        assert_eq!(said(text), Vec::<String>::new());
        let sample = tree(&[(
            "wasm-core/src/ui/gallery/a.rs",
            r#"fn a() -> Html { html! { "Sample" } }"#,
        )]);
        assert_eq!(components_say_messages(&sample), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_rust_is_said() {
        assert_eq!(said("fn a( {").len(), 1);
    }
}
