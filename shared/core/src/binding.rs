//! Topic patterns: which routing keys a binding takes, exactly as RabbitMQ's topic exchange decides it.
//!
//! Keys and patterns are words with dots between. In a pattern `*` stands for one word, `#` for any number of them, none
//! included; only as whole words, so that `a*` is a word like any other. The empty text has no words, while a dot
//! always stands between two, which may be empty: `*` matches one of these but not the empty key.

/// A compiled topic pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicPattern {
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Word {
    Literal(Box<str>),
    One,
    Any,
}

/// A routing key, split into its words once for the many patterns that it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingKey<'a> {
    words: Vec<&'a str>,
}

impl<'a> RoutingKey<'a> {
    /// Splits a key.
    pub fn new(key: &'a str) -> Self {
        Self { words: words(key) }
    }
}

impl TopicPattern {
    /// Compiles a pattern; any text is one.
    pub fn compile(pattern: &str) -> Self {
        let mut compiled: Vec<Word> = Vec::new();
        for word in words(pattern) {
            let word = match word {
                "*" => Word::One,
                // Another of them adds nothing.
                "#" if compiled.last() == Some(&Word::Any) => continue,
                "#" => Word::Any,
                literal => Word::Literal(literal.into()),
            };
            compiled.push(word);
        }
        Self { words: compiled }
    }

    /// Whether a key matches, in time of at most the product of the two lengths.
    ///
    /// After a `#`, the shortest run of words that lets the rest go on is tried first. When the rest fails, only the last `#`
    /// need take one more word: whatever an earlier one could take instead, the last could as well.
    pub fn matches(&self, key: &RoutingKey<'_>) -> bool {
        let (mut at, mut taken) = (0, 0);
        // Where to go on after the last `#`, in the pattern and in the key.
        let mut retry: Option<(usize, usize)> = None;
        while let Some(word) = key.words.get(taken) {
            let matched = match self.words.get(at) {
                Some(Word::Any) => {
                    at += 1;
                    retry = Some((at, taken));
                    continue;
                }
                Some(Word::One) => true,
                Some(Word::Literal(literal)) => **literal == **word,
                None => false,
            };
            if matched {
                (at, taken) = (at + 1, taken + 1);
                continue;
            }
            let Some((after, from)) = retry else { return false };
            (at, taken) = (after, from + 1);
            retry = Some((at, taken));
        }
        self.words.iter().skip(at).all(|word| *word == Word::Any)
    }
}

/// A text without any character has no words.
fn words(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('.').collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, key: &str) -> bool {
        TopicPattern::compile(pattern).matches(&RoutingKey::new(key))
    }

    /// As the definition reads: one step at a time, every way.
    fn naive(pattern: &[&str], key: &[&str]) -> bool {
        match pattern.split_first() {
            None => key.is_empty(),
            Some((&"#", rest)) => (0..=key.len()).any(|taken| naive(rest, &key[taken..])),
            Some((&word, rest)) => match key.split_first() {
                Some((&first, others)) => (word == "*" || word == first) && naive(rest, others),
                None => false,
            },
        }
    }

    #[test]
    fn patterns_match_as_rabbitmqs_do() {
        let cases = [
            ("a.b", "a.b", true),
            ("a.b", "a.c", false),
            ("a.b", "a", false),
            ("a", "a.b", false),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*", "a.b.c", false),
            ("*", "a", true),
            ("*", "", false),
            ("#", "", true),
            ("#", "a", true),
            ("#", "a.b.c", true),
            ("a.#", "a", true),
            ("a.#", "a.b.c", true),
            ("a.#", "b", false),
            ("#.a", "a", true),
            ("#.a", "b.a", true),
            ("#.a", "a.b", false),
            ("#.a.#", "x.a.y.z", true),
            ("#.*", "", false),
            ("#.*", "a", true),
            ("*.#", "", false),
            ("*.#.*", "a", false),
            ("*.#.*", "a.b", true),
            ("#.a.b", "a.a.b", true),
            ("#.a.*.b.#", "a.a.x.b", true),
            // The empty key, and empty words.
            ("", "", true),
            ("", "a", false),
            ("", ".", false),
            (".", ".", true),
            ("*.*", ".", true),
            ("a.", "a.", true),
            ("a.", "a", false),
            ("a.*", "a.", true),
            ("a..b", "a..b", true),
            ("a.*.b", "a..b", true),
            ("a.b", "a..b", false),
            // Only whole words are wild, and only in patterns.
            ("a*", "ab", false),
            ("a*", "a*", true),
            ("a#", "a#", true),
            ("**", "a", false),
            ("##", "a.b", false),
            ("a", "*", false),
            ("a", "#", false),
            ("A", "a", false),
            // As Taskcluster's exchanges are bound to.
            ("primary.#", "primary.Task1.0.worker._", true),
            ("route.index.*.latest", "route.index.x.latest", true),
            ("*.*.*.*.*.*.provisioner.#", "p.t.0.g.w.s.provisioner.type.x._", true),
        ];
        for (pattern, key, expected) in cases {
            assert_eq!(matches(pattern, key), expected, "{pattern:?} {key:?}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern = format!("{}b", "#.*.".repeat(60));
        let hashes = format!("{}b", "#.a.".repeat(60));
        let key = "a.".repeat(125) + "a";
        assert!(!matches(&pattern, &key) && !matches(&hashes, &key));
    }

    proptest! {
        #[test]
        fn the_naive_matcher_agrees(pattern in "([ab*#.]|#\\.|\\*\\.|a\\.){0,9}", key in "([ab.#*]|a\\.|b\\.){0,9}") {
            prop_assert_eq!(matches(&pattern, &key), naive(&words(&pattern), &words(&key)));
        }
    }
}
