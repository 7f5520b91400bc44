//! Cuts an expression into tokens, on demand: what follows the `}` of an interpolation is not looked at.

use crate::error::{Error, excerpt};
use crate::value::is_space;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Identifier,
    Text,
    /// `true`, `false`, `null` and `in`, and everything that isn't made of letters.
    Symbol(&'static str),
}

/// A piece of the source, and where in it (in bytes) it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    pub(super) start: usize,
}

/// Longer ones first where one begins another.
const SYMBOLS: [&str; 23] = [
    "**", "+", "-", "*", "/", "[", "]", ".", "(", ")", "{", "}", ":", ",", ">=", "<=", "<", ">", "==", "!=",
    "!", "&&", "||",
];
const WORDS: [&str; 4] = ["true", "false", "null", "in"];

/// The tokens of a source, in order.
pub(super) struct Lexer<'s> {
    source: &'s str,
    position: usize,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, position: 0 }
    }

    /// The next token; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'s>>, Error> {
        let rest = self.source[self.position..].trim_start_matches(is_space);
        let start = self.source.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            self.position = start;
            return Ok(None);
        };
        let (kind, length) = match first {
            '0'..='9' => (Kind::Number, number_length(rest)),
            'a'..='z' | 'A'..='Z' | '_' => word(rest),
            '\'' | '"' => match rest[1..].find(first) {
                Some(inside) => (Kind::Text, inside + 2),
                None => return Err(self.unexpected(rest)),
            },
            _ => symbol(rest).ok_or_else(|| self.unexpected(rest))?,
        };
        self.position = start + length;
        Ok(Some(Token { kind, text: &rest[..length], start }))
    }

    fn unexpected(&self, rest: &str) -> Error {
        Error::syntax(format!("Unexpected input for '{}' at '{}'", excerpt(self.source), excerpt(rest)))
    }
}

/// Digits, and more digits after a point.
fn number_length(rest: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    match rest[whole..].strip_prefix('.').map(digits) {
        None | Some(0) => whole,
        Some(fraction) => whole + 1 + fraction,
    }
}

fn word(rest: &str) -> (Kind, usize) {
    let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let reserved = WORDS.iter().find(|word| **word == &rest[..length]);
    (reserved.map_or(Kind::Identifier, |word| Kind::Symbol(word)), length)
}

fn symbol(rest: &str) -> Option<(Kind, usize)> {
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol))?;
    Some((Kind::Symbol(symbol), symbol.len()))
}
