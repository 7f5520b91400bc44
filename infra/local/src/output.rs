//! Everything that a command prints; nothing else writes to standard output.

use std::error::Error;
use std::io::{self, Write as _};

/// Why a command failed, on its way to [`failure`].
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Prints a text and a newline. A reader that went away, as `head` does, is no error: there is nobody to tell.
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The same, telling whether somebody still reads.
pub(crate) fn line_if_read(text: &str) -> bool {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).is_ok()
}

/// Prints one line on standard error: what went wrong, and what lay behind it.
pub(crate) fn failure(error: &(dyn Error + 'static)) {
    let _ = writeln!(io::stderr().lock(), "treble: {}", chain(error));
}

/// An error and its sources in one line, each said once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let words = source.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = source.source();
    }
    text.replace('\n', " ")
}

/// Rows in columns, as wide as their widest cell; the last column is as long as it is.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A text that came from elsewhere, fit for a terminal: control characters shown instead of obeyed.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a", "long", "x"], ["grün", "b", ""]].map(|row| row.map(String::from).to_vec());
        assert_eq!(table(&rows), "a     long  x\ngrün  b");
    }

    #[test]
    fn a_chain_is_one_line_and_says_things_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("{0}")]
        struct Layer(&'static str, #[source] Option<Box<Layer>>);
        let error = Layer("outer", Some(Box::new(Layer("the inner", Some(Box::new(Layer("inner", None)))))));
        assert_eq!(chain(&error), "outer: the inner");
    }

    #[test]
    fn terminals_are_not_commanded() {
        assert_eq!(plain("a\x1b[31mb\n"), "a\\u{1b}[31mb\\n");
    }
}
