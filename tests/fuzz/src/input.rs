//! Inputs of several parts, as text that a fuzzer and a person can both read: a part a line.

use serde_json::Value;

/// The lines of an input, the last of which takes what is left; None if there are fewer, or if it isn't text.
pub(crate) fn lines<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let parts: Vec<&str> = std::str::from_utf8(input).ok()?.splitn(N, '\n').collect();
    parts.try_into().ok()
}

/// The same of lines that are all JSON.
pub(crate) fn json_lines<const N: usize>(input: &[u8]) -> Option<[Value; N]> {
    let values: Option<Vec<Value>> =
        lines::<N>(input)?.iter().map(|line| serde_json::from_str(line).ok()).collect();
    values?.try_into().ok()
}

/// An input of these lines.
pub(crate) fn joined<S: AsRef<str>>(lines: impl IntoIterator<Item = S>) -> Vec<u8> {
    let lines: Vec<S> = lines.into_iter().collect();
    lines.iter().map(S::as_ref).collect::<Vec<&str>>().join("\n").into_bytes()
}

/// A table of cases that other tests have, in JSON.
pub(crate) fn table(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("a table of cases is an array")
}

/// A table of cases that has one on each line.
pub(crate) fn table_of_lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON"))
}
