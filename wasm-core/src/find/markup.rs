//! What is found, as a line of Chrome's address bar: XML in which what is sought is marked.
//!
//! Whatever a title holds, it cannot close or open an element, and the line stays short.

use super::Query;

/// More of a text is not shown in one line.
const LINE_CHARS: usize = 160;

/// A line: the title, the address, and where it is.
pub fn line(query: &Query, title: &str, address: &str, place: &str) -> String {
    let mut line = marked(query, title);
    if !place.is_empty() {
        line.push_str(" <dim>");
        line.push_str(&escaped(&short(place)));
        line.push_str("</dim>");
    }
    if !address.is_empty() {
        line.push_str(" <url>");
        line.push_str(&marked(query, address));
        line.push_str("</url>");
    }
    line
}

/// A text without marks.
pub fn plain(text: &str) -> String {
    escaped(&short(text))
}

fn marked(query: &Query, text: &str) -> String {
    let text = short(text);
    let (mut out, mut at) = (String::new(), 0);
    for range in query.ranges(&text) {
        out.push_str(&escaped(&text[at..range.start]));
        out.push_str("<match>");
        out.push_str(&escaped(&text[range.clone()]));
        out.push_str("</match>");
        at = range.end;
    }
    out.push_str(&escaped(&text[at..]));
    out
}

/// The beginning, without what XML does not know.
fn short(text: &str) -> String {
    let known = |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(known).take(LINE_CHARS).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_marks_what_is_sought_and_nothing_in_it_is_markup() {
        let query = Query::parse("bread");
        assert_eq!(
            line(
                &query,
                "Bread <b>&\u{0} 'co'",
                "https://bread.example/?a=1&b=2",
                "Re\"cipes"
            ),
            "<match>Bread</match> &lt;b&gt;&amp; &apos;co&apos; <dim>Re&quot;cipes</dim> \
             <url>https://<match>bread</match>.example/?a=1&amp;b=2</url>"
        );
        assert_eq!(line(&query, "Rye", "", ""), "Rye");
    }

    #[test]
    fn a_line_stays_short_whatever_the_title() {
        let query = Query::parse("é");
        assert!(line(&query, &"é".repeat(100_000), "", "").len() < 8 * LINE_CHARS);
        assert_eq!(plain("\u{ffff}a\u{7}<"), "a&lt;");
    }
}
