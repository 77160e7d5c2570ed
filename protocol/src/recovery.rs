//! The recovery key: what a person without an account writes down to be the same person on a new machine.
//!
//! 128 random bits and a checksum of 10, as seven groups of four characters of Crockford's base 32. The checksum
//! finds every single wrong character and every two neighbours that were exchanged, so that a slip of the pen is told
//! apart from a key that is not good any more, without asking the relay. Typed in, case, spaces and dashes do not
//! matter, and what looks alike (`o`, `i`, `l`) counts as what it looks like.

use std::fmt;
use std::str::FromStr;

use crate::id::MemberId;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of the bits.
const BITS: usize = 26;
/// Those, and the checksum's two.
const LENGTH: usize = BITS + 2;
/// A prime below 32².
const MODULUS: u32 = 1_021;
/// More than anybody types for a key.
const MOST_BYTES: usize = 200;

/// The text is not a recovery key: something is missing, wrong or exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a recovery key")]
pub struct BadKey;

/// A recovery key. Its bits are a secret: `Debug` does not tell them.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryKey(u128);

impl RecoveryKey {
    /// The key of these bits, which must come from a cryptographic generator.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// What is hashed and compared: the characters alone, in lower case.
    pub fn plain(&self) -> String {
        let bits = MemberId::from_bits(self.0).to_string();
        let check = checksum(bits.bytes().filter_map(digit));
        let mut text = bits;
        text.push(char::from(ALPHABET[(check >> 5 & 31) as usize]));
        text.push(char::from(ALPHABET[(check & 31) as usize]));
        text
    }
}

impl fmt::Display for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, character) in self.plain().chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", character.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl FromStr for RecoveryKey {
    type Err = BadKey;

    fn from_str(typed: &str) -> Result<Self, BadKey> {
        if typed.len() > MOST_BYTES {
            return Err(BadKey);
        }
        let characters = typed
            .chars()
            .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '–' | '—'));
        let digits: Vec<u8> = characters
            .map(|character| u8::try_from(character).ok().and_then(digit).ok_or(BadKey))
            .collect::<Result<_, _>>()?;
        if digits.len() != LENGTH {
            return Err(BadKey);
        }
        let (bits, check) = digits.split_at(BITS);
        let said = u32::from(check[0]) << 5 | u32::from(check[1]);
        if bits[0] > 7 || checksum(bits.iter().copied()) != said {
            return Err(BadKey);
        }
        Ok(Self(
            bits.iter().fold(0, |bits, digit| bits << 5 | u128::from(*digit)),
        ))
    }
}

fn digit(byte: u8) -> Option<u8> {
    let byte = match byte.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        byte => byte,
    };
    let at = ALPHABET.iter().position(|other| *other == byte)?;
    u8::try_from(at).ok()
}

/// A sum in which every place has another weight.
fn checksum(digits: impl Iterator<Item = u8>) -> u32 {
    (1..)
        .zip(digits)
        .map(|(weight, digit): (u32, u8)| weight * (u32::from(digit) + 1))
        .sum::<u32>()
        % MODULUS
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITS_OF_ONE: u128 = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;

    #[test]
    fn a_key_is_read_however_it_is_typed() {
        let key = RecoveryKey::from_bits(BITS_OF_ONE);
        let text = key.to_string();
        assert_eq!(text.len(), 34);
        let careless = text
            .to_lowercase()
            .replace('-', "  ")
            .replace('0', "o")
            .replace('1', "L");
        for typed in [text.clone(), careless, format!("\n{text}\t")] {
            assert_eq!(typed.parse(), Ok(key.clone()), "{typed}");
        }
        assert!(!format!("{key:?}").contains(&text[..4]));
    }

    #[test]
    fn a_slip_of_the_pen_is_noticed() {
        let plain = RecoveryKey::from_bits(BITS_OF_ONE).plain();
        for at in 0..plain.len() {
            for other in ALPHABET {
                let mut slip = plain.clone().into_bytes();
                if slip[at] != *other {
                    slip[at] = *other;
                    let slip = String::from_utf8(slip).expect("ASCII");
                    assert_eq!(slip.parse::<RecoveryKey>(), Err(BadKey), "{slip}");
                }
            }
            let mut exchanged = plain.clone().into_bytes();
            if at > 0 && exchanged[at - 1] != exchanged[at] {
                exchanged.swap(at - 1, at);
                let exchanged = String::from_utf8(exchanged).expect("ASCII");
                assert_eq!(exchanged.parse::<RecoveryKey>(), Err(BadKey), "{exchanged}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "0".repeat(1_000_000);
        for text in [
            "",
            "0123",
            "ééééééééééééééééééééééééééééé",
            &long,
            &"u".repeat(28),
        ] {
            assert_eq!(text.parse::<RecoveryKey>(), Err(BadKey));
        }
    }
}
