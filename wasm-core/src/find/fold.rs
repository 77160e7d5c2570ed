//! Folding: letters without case, accents and other marks, so that who types "eleve" finds "Élève".
//!
//! The browser's own folding is not here natively, and Rust's brings large tables along. So this is a small table of
//! Latin, Greek and Cyrillic; everything else is folded by rule or stays as it is. A test compares it with Unicode's
//! own decomposition.

/// Where a table begins, and what its letters are folded to, in order.
struct Table<const LETTERS: usize> {
    first: u32,
    folded: [u16; LETTERS],
}

/// Latin-1, Latin Extended-A and -B.
static LATIN: Table<400> = table(
    0xc0,
    "aaaaaaÆceeeeiiiidnooooo×ouuuuyÞßaaaaaaæceeeeiiiidnooooo÷ouuuuyþyaaaaaaccccccccdd\
     ddeeeeeeeeeegggggggghhhhiiiiiiiiiiĲĳjjkkkllllllllllnnnnnnnnnooooooŒœrrrrrrssssss\
     ssttttttuuuuuuuuuuuuwwyyyzzzzzzsbɓƃƃƅƅɔƈƈɖɗƌƌƍǝəɛƒƒɠɣƕɩɨƙƙƚƛɯɲƞɵooƣƣƥƥʀƨƨʃƪƫƭƭʈu\
     uʊʋƴƴƶƶʒƹƹƺƻƽƽƾƿǀǁǂǃǆǆǆǉǉǉǌǌǌaaiioouuuuuuuuuuǝaaaaǢǣǥǥggkkooooʒʒjǳǳǳggƕƿnnaaǼǽoo\
     aaaaeeeeiiiioooorrrruuuussttȝȝhhƞȡȣȣȥȥaaeeooooooooyyȴȵȶȷȸȹⱥȼȼƚⱦȿɀɂɂbʉʌɇɇɉɉɋɋɍɍɏɏ",
);

/// Greek, Coptic, Cyrillic.
static GREEK_AND_CYRILLIC: Table<448> = table(
    0x370,
    "ͱͱͳͳʹ͵ͷͷ͸͹ͺͻͼͽ;ϳ΀΁΂΃΄¨α·εηι΋ο΍υωιαβγδεζηθικλμνξοπρ΢στυφχψωιυαεηιυαβγδεζηθικλμνξο\
     πρσστυφχψωιυουωϗϐϑϒϒϒϕϖϗϙϙϛϛϝϝϟϟϡϡϣϣϥϥϧϧϩϩϫϫϭϭϯϯϰϱϲϳθϵ϶ϸϸϲϻϻϼͻͼͽееђгєѕііјљњћкиуџ\
     абвгдежзииклмнопрстуфхцчшщъыьэюяабвгдежзииклмнопрстуфхцчшщъыьэюяееђгєѕііјљњћкиуџ\
     ѡѡѣѣѥѥѧѧѩѩѫѫѭѭѯѯѱѱѳѳѵѵѵѵѹѹѻѻѽѽѿѿҁҁ҂҃҄҅҆҇҈҉ҋҋҍҍҏҏґґғғҕҕҗҗҙҙққҝҝҟҟҡҡңңҥҥҧҧҩҩҫҫҭҭүү\
     ұұҳҳҵҵҷҷҹҹһһҽҽҿҿӏжжӄӄӆӆӈӈӊӊӌӌӎӎӏааааӕӕееәәәәжжззӡӡииииооөөөөээууууууччӷӷыыӻӻӽӽӿӿ\
     ԁԁԃԃԅԅԇԇԉԉԋԋԍԍԏԏԑԑԓԓԕԕԗԗԙԙԛԛԝԝԟԟԡԡԣԣԥԥԧԧԩԩԫԫԭԭԯԯ",
);

/// Latin Extended Additional: Vietnamese, and others.
static LATIN_ADDITIONAL: Table<256> = table(
    0x1e00,
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo\
     oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyẚsẜẝẞẟ\
     aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu\
     uuyyyyyyyyỻỻỽỽỿỿ",
);

const fn table<const LETTERS: usize>(first: u32, letters: &str) -> Table<LETTERS> {
    let bytes = letters.as_bytes();
    let mut folded = [0; LETTERS];
    let (mut at, mut letter) = (0, 0);
    while letter < LETTERS {
        // The tables hold letters of one, two and three bytes.
        let (code, size) = match bytes[at] {
            one @ 0..0x80 => (one as u16, 1),
            two @ 0x80..0xe0 => ((two as u16 & 0x1f) << 6 | rest(bytes, at + 1), 2),
            three => (
                (three as u16 & 0x0f) << 12 | rest(bytes, at + 1) << 6 | rest(bytes, at + 2),
                3,
            ),
        };
        folded[letter] = code;
        letter += 1;
        at += size;
    }
    assert!(at == bytes.len(), "a table has as many letters as it says");
    Table { first, folded }
}

const fn rest(bytes: &[u8], at: usize) -> u16 {
    bytes[at] as u16 & 0x3f
}

impl<const LETTERS: usize> Table<LETTERS> {
    fn find(&self, code: u32) -> Option<char> {
        let at = usize::try_from(code.checked_sub(self.first)?).ok()?;
        char::from_u32(u32::from(*self.folded.get(at)?))
    }
}

const SYLLABLES: u32 = 0xac00;
const VOWELS: u32 = 21;
const TAILS: u32 = 28;

/// Adds a letter as it is folded: nothing, one letter or several.
pub(super) fn fold_into(letter: char, folded: &mut String) {
    let code = u32::from(letter);
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
        return;
    }
    match letter {
        'ß' | 'ẞ' => folded.push_str("ss"),
        'æ' | 'Æ' | 'ǽ' | 'Ǽ' | 'ǣ' | 'Ǣ' => folded.push_str("ae"),
        'œ' | 'Œ' => folded.push_str("oe"),
        'þ' | 'Þ' => folded.push_str("th"),
        'ĳ' | 'Ĳ' => folded.push_str("ij"),
        'ﬀ' => folded.push_str("ff"),
        'ﬁ' => folded.push_str("fi"),
        'ﬂ' => folded.push_str("fl"),
        // Arabic letters for alef, as they are written with and without hamza.
        'آ' | 'أ' | 'إ' => folded.push('ا'),
        // Armenian, and the full-width forms of ASCII.
        '\u{531}'..='\u{556}' => folded.extend(char::from_u32(code + 0x30)),
        '\u{ff01}'..='\u{ff5e}' => {
            folded.extend(char::from_u32(code - 0xfee0).map(|wide| wide.to_ascii_lowercase()));
        }
        // Korean syllables are found while they are typed, letter by letter.
        '\u{ac00}'..='\u{d7a3}' => {
            let syllable = code - SYLLABLES;
            let (lead, vowel, tail) = (
                syllable / (VOWELS * TAILS),
                syllable / TAILS % VOWELS,
                syllable % TAILS,
            );
            folded.extend(char::from_u32(0x1100 + lead));
            folded.extend(char::from_u32(0x1161 + vowel));
            if tail > 0 {
                folded.extend(char::from_u32(0x11a7 + tail));
            }
        }
        _ => {
            let found = LATIN
                .find(code)
                .or_else(|| GREEK_AND_CYRILLIC.find(code))
                .or_else(|| LATIN_ADDITIONAL.find(code));
            folded.push(found.unwrap_or(letter));
        }
    }
}

/// A whole text as it is folded, with everything that is no letter.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        fold_into(letter, &mut folded);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_and_accents_are_nothing() {
        for (written, as_found) in [
            ("Élève ŒUVRE naïve", "eleve oeuvre naive"),
            ("Ærøskøbing straße ẞ", "aeroskobing strasse ss"),
            ("İstanbul ILGIN Łódź", "istanbul ilgin lodz"),
            ("Việt Nam ĐỔI", "viet nam doi"),
            ("Ёлка Й Ґ", "елка и ґ"),
            ("Ἀθήνα ΆΝΘΡΩΠΟΣ", "Ἀθηνα ανθρωποσ"),
            ("ＴａｂＳ", "tabs"),
            ("ﬁn", "fin"),
            ("日本語 ไทย", "日本語 ไทย"),
        ] {
            assert_eq!(folded(written), as_found);
        }
    }

    #[test]
    fn a_korean_syllable_begins_as_its_letters_do() {
        assert!(folded("한국").starts_with(&folded("하")));
        assert!(!folded("한국").starts_with(&folded("가")));
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for letter in (0..=0x2ffff).filter_map(char::from_u32) {
            let once = folded(&letter.to_string());
            assert!(!once.is_empty());
            assert_eq!(folded(&once), once, "{letter:?}");
        }
    }

    #[test]
    fn letters_are_folded_as_unicode_takes_them_apart() {
        use unicode_normalization::UnicodeNormalization;
        use unicode_normalization::char::is_combining_mark;
        let plain =
            |text: &str| -> String { text.nfd().filter(|letter| !is_combining_mark(*letter)).collect() };
        // Those that Unicode takes for letters of their own, and we do not.
        let ours = "ßẞæÆǽǼǣǢœŒþÞĳĲøØǿǾłŁđĐħĦŧŦıðÐŋŊςŀĿĸƀɃſŉẛ";
        for letter in (0xc0..0x250).chain(0x370..0x530).chain(0x1e00..0x1f00) {
            let Some(letter) = char::from_u32(letter).filter(|letter| letter.is_alphabetic()) else {
                continue;
            };
            if ours.contains(letter) {
                continue;
            }
            let theirs = plain(&plain(&letter.to_string()).to_lowercase());
            assert_eq!(folded(&letter.to_string()), theirs, "{letter:?}");
        }
    }
}
