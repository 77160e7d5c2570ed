//! Pages as people keep them: titles and addresses, the same in each run, and what is typed to find them.

use wasm_core::library::backup::Tab;

const SYLLABLES: [&str; 18] = [
    "ta", "re", "mi", "on", "ver", "lo", "sta", "chi", "pro", "ment", "ing", "der", "qua", "zen", "bu",
    "kle", "fir", "ous",
];
const VOCABULARY: usize = 8_000;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    /// A few words are in many titles, most in few.
    fn word<'a>(&mut self, vocabulary: &'a [String]) -> &'a str {
        let most = self.below(VOCABULARY) + 1;
        let at = self.below(most);
        &vocabulary[at]
    }

    fn words(&mut self, vocabulary: &[String], count: usize, between: &str) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.word(vocabulary)).collect();
        words.join(between)
    }
}

/// So many pages.
pub(crate) fn pages(count: usize) -> Vec<Tab> {
    let mut numbers = Numbers(7);
    let vocabulary: Vec<String> = (0..VOCABULARY)
        .map(|_| {
            let syllables = 2 + numbers.below(3);
            (0..syllables)
                .map(|_| SYLLABLES[numbers.below(SYLLABLES.len())])
                .collect()
        })
        .collect();
    let mut page = |number: usize| {
        let length = 5 + numbers.below(5);
        let title = numbers.words(&vocabulary, length, " ");
        let host = numbers.words(&vocabulary, 1, "");
        let path = numbers.words(&vocabulary, 3, "-");
        let secret = numbers.below(1 << 30);
        Tab {
            title,
            url: format!("https://www.{host}.com/{path}?id={secret:x}&page={number}"),
            ..Tab::default()
        }
    };
    (0..count).map(&mut page).collect()
}

/// The first two words of some of the titles, each as it is and with a letter missing.
pub(crate) fn searches(pages: &[Tab], titles: usize) -> Vec<String> {
    let mut searches = Vec::new();
    for page in pages.iter().step_by((pages.len() / titles).max(1)).take(titles) {
        let words: Vec<&str> = page.title.split(' ').take(2).collect();
        let search = words.join(" ");
        let wrong = search.chars().enumerate().filter(|(at, _)| *at != 3);
        let wrong: String = wrong.map(|(_, letter)| letter).collect();
        searches.extend([search, wrong]);
    }
    searches
}
