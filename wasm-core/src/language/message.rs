//! A message: its words in every language, under its name.

use super::Language;

/// The words of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    #[cfg(test)]
    pub(super) name: &'static str,
    pub(super) en: &'static str,
    pub(super) fr: &'static str,
}

/// A message. Not an enum, so that a build holds the words of those messages only that it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub(super) &'static Message);

impl Key {
    /// Its words in a language, not filled in.
    pub(super) const fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.0.en,
            Language::Fr => self.0.fr,
        }
    }

    /// Its name.
    #[cfg(test)]
    pub(super) const fn name(self) -> &'static str {
        self.0.name
    }
}

macro_rules! keys {
    ($($name:ident)*) => {
        #[expect(missing_docs, reason = "the English words say what a message is")]
        #[expect(non_upper_case_globals, reason = "a message is named like a variant")]
        impl Key {
            $(pub const $name: Self =
                Self(&Message { #[cfg(test)] name: stringify!($name), en: en::$name, fr: fr::$name });)*

            /// All messages.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}
pub(super) use keys;
