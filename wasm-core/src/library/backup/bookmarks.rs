//! The library as an HTML file that every browser imports as bookmarks (the "Netscape bookmark file"): a folder for
//! each space, in it one for each group.

use std::fmt::Write as _;

use super::{Item, Library, Tab};

/// Schemes whose addresses would run as soon as they are clicked in the file: not written.
const RUNS: [&str; 3] = ["javascript:", "data:", "vbscript:"];

/// The file. `title` names the folder around everything.
pub fn write(library: &Library, title: &str) -> String {
    let mut html = format!(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n\
         <!-- Written by TabSpace. Import it with a browser. -->\n\
         <META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">\n\
         <TITLE>{0}</TITLE>\n<H1>{0}</H1>\n<DL><p>\n",
        escaped(title)
    );
    for space in &library.spaces {
        open(&mut html, 1, &space.name);
        for item in &space.items {
            match item {
                Item::Tab(tab) => bookmark(&mut html, 2, tab),
                Item::Group(group) => {
                    open(&mut html, 2, &group.title);
                    for tab in &group.tabs {
                        bookmark(&mut html, 3, tab);
                    }
                    close(&mut html, 2);
                }
            }
        }
        close(&mut html, 1);
    }
    html.push_str("</DL><p>\n");
    html
}

fn open(html: &mut String, depth: usize, name: &str) {
    let indent = "    ".repeat(depth);
    let _ = write!(html, "{indent}<DT><H3>{}</H3>\n{indent}<DL><p>\n", escaped(name));
}

fn close(html: &mut String, depth: usize) {
    let _ = writeln!(html, "{}</DL><p>", "    ".repeat(depth));
}

fn bookmark(html: &mut String, depth: usize, tab: &Tab) {
    let scheme = tab.url.trim_start().to_ascii_lowercase();
    if RUNS.iter().any(|runs| scheme.starts_with(runs)) {
        return;
    }
    let indent = "    ".repeat(depth);
    let title = if tab.title.is_empty() {
        &tab.url
    } else {
        &tab.title
    };
    let _ = writeln!(
        html,
        "{indent}<DT><A HREF=\"{}\">{}</A>",
        escaped(&tab.url),
        escaped(title)
    );
}

/// Text that is only text, between tags and in quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use protocol::Millis;
    use protocol::op::Colour;

    use super::super::{Group, Kind, Space};
    use super::*;
    use crate::library::marks::Marks;

    fn tab(title: &str, url: &str) -> Tab {
        Tab {
            title: title.into(),
            url: url.into(),
            ..Tab::default()
        }
    }

    #[test]
    fn folders_stand_for_spaces_and_groups_and_nothing_is_more_than_text() {
        let space = Space {
            name: "A <b> & \"c\"".into(),
            colour: Colour::Grey,
            id: None,
            kind: Kind::Private,
            changed: Millis(0),
            marks: Marks::default(),
            archived: false,
            items: vec![
                Item::Tab(tab("", "https://a.example/?x=1&y=\"><script>")),
                Item::Group(Group {
                    title: "Inside".into(),
                    tabs: vec![
                        tab("It's", "https://b.example/"),
                        tab("Never", " JavaScript:alert(1)"),
                    ],
                    ..Group::default()
                }),
            ],
            exact: None,
        };
        let library = Library {
            spaces: vec![space],
            ..Library::default()
        };
        let html = write(&library, "Saved");
        let body = html.split_once("<DL>").expect("a list").1;
        assert_eq!(
            body,
            "<p>\n    <DT><H3>A &lt;b&gt; &amp; &quot;c&quot;</H3>\n    <DL><p>\n\
             \x20       <DT><A HREF=\"https://a.example/?x=1&amp;y=&quot;&gt;&lt;script&gt;\">\
             https://a.example/?x=1&amp;y=&quot;&gt;&lt;script&gt;</A>\n\
             \x20       <DT><H3>Inside</H3>\n        <DL><p>\n\
             \x20           <DT><A HREF=\"https://b.example/\">It&#39;s</A>\n\
             \x20       </DL><p>\n    </DL><p>\n</DL><p>\n"
        );
        assert!(html.starts_with("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"));
    }
}
