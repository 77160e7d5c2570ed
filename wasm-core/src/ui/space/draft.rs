//! Texts on their way into the composer, as those that were refused.

use yew::AttrValue;

/// A text to put into the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Tells it from one before with the same words.
    pub number: u32,
    /// The text.
    pub text: AttrValue,
}

/// What waits for the composer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drafts {
    /// The text that waits, until the composer has taken it.
    pub waiting: Option<Draft>,
    /// How many there were.
    count: u32,
}

/// A text below another, or alone.
pub fn below(above: &str, text: &str) -> String {
    if above.trim().is_empty() {
        text.to_owned()
    } else {
        [above, "\n", text].concat()
    }
}

impl Drafts {
    /// One more text, below one that still waits.
    pub fn put(&mut self, text: &str) {
        self.count += 1;
        let above = self.waiting.take();
        self.waiting = Some(Draft {
            number: self.count,
            text: below(above.as_ref().map_or("", |above| &above.text), text).into(),
        });
    }

    /// The composer has taken this one.
    pub fn take(&mut self, number: u32) {
        self.waiting.take_if(|waiting| waiting.number == number);
    }
}
