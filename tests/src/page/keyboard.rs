//! The keys of a US keyboard, as the browser's input pipeline wants them.

use serde_json::{Value, json};

use crate::{Failure, Result};

/// The protocol's bits for modifier keys.
const MODIFIERS: [(&str, u8); 4] = [("Alt", 1), ("Control", 2), ("Meta", 4), ("Shift", 8)];

/// Named keys: what script reads as `key`, their Windows key code, and the text they insert.
const NAMED: [(&str, u32, &str); 14] = [
    ("Enter", 13, "\r"),
    ("Tab", 9, ""),
    ("Escape", 27, ""),
    ("Backspace", 8, ""),
    ("Delete", 46, ""),
    ("ArrowLeft", 37, ""),
    ("ArrowUp", 38, ""),
    ("ArrowRight", 39, ""),
    ("ArrowDown", 40, ""),
    ("PageUp", 33, ""),
    ("PageDown", 34, ""),
    ("End", 35, ""),
    ("Home", 36, ""),
    ("F2", 113, ""),
];

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// What script reads as `event.key`.
    name: String,
    code: String,
    /// The Windows virtual key code.
    windows_code: u32,
    text: String,
}

impl Key {
    /// The key that types a character, if this keyboard has one.
    pub(super) fn of_character(character: char) -> Option<Self> {
        let (code, key_code) = match character {
            'a'..='z' | 'A'..='Z' => {
                let upper = character.to_ascii_uppercase();
                (format!("Key{upper}"), u32::from(upper))
            }
            '0'..='9' => (format!("Digit{character}"), u32::from(character)),
            ' ' => ("Space".to_owned(), 32),
            '\n' => return Self::named("Enter"),
            // Punctuation: script may read `key` and `text`; its place on the keyboard matters to nobody.
            '!'..='~' => (String::new(), 0),
            _ => return None,
        };
        Some(Self {
            name: character.to_string(),
            code,
            windows_code: key_code,
            text: character.to_string(),
        })
    }

    fn named(name: &str) -> Option<Self> {
        let (key, key_code, text) = NAMED.into_iter().find(|(key, ..)| *key == name)?;
        Some(Self {
            name: key.to_owned(),
            code: key.to_owned(),
            windows_code: key_code,
            text: text.to_owned(),
        })
    }

    /// The event of pressing it. A key under Control, Alt or Meta is a command and inserts nothing.
    pub(super) fn down(&self, modifiers: u8) -> Value {
        let text = if modifiers & !8 == 0 {
            self.text.as_str()
        } else {
            ""
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let mut event = self.event(kind, modifiers);
        event["text"] = json!(text);
        event["unmodifiedText"] = json!(text);
        // Chromium's own editing commands come from the window system, which is not in this path.
        if modifiers == 2 && self.name == "a" {
            event["commands"] = json!(["selectAll"]);
        }
        event
    }

    /// The event of letting it go.
    pub(super) fn up(&self, modifiers: u8) -> Value {
        self.event("keyUp", modifiers)
    }

    fn event(&self, kind: &str, modifiers: u8) -> Value {
        json!({
            "type": kind,
            "key": self.name,
            "code": self.code,
            "windowsVirtualKeyCode": self.windows_code,
            "modifiers": modifiers,
        })
    }
}

/// Reads `Control+Shift+a` into its key and the bits of its modifiers.
pub(super) fn parse_chord(chord: &str) -> Result<(Key, u8)> {
    let unknown = || Failure(format!("no key {chord:?}"));
    let (held, name) = match chord.rsplit_once('+') {
        Some((held, name)) if !name.is_empty() => (held, name),
        _ => ("", chord),
    };
    let mut modifiers = 0;
    for part in held.split('+').filter(|part| !part.is_empty()) {
        modifiers |= MODIFIERS
            .into_iter()
            .find(|(name, _)| *name == part)
            .ok_or_else(unknown)?
            .1;
    }
    let mut characters = name.chars();
    let key = match (characters.next(), characters.next()) {
        (Some(character), None) => Key::of_character(character),
        _ if name == "Space" => Key::of_character(' '),
        _ => Key::named(name),
    };
    Ok((key.ok_or_else(unknown)?, modifiers))
}
