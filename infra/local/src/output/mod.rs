//! Everything that a command prints; nothing else writes to standard output.
//!
//! - `table` and `style` make it easy to read for people.
//! - `yaml` is how definitions are shown.

pub(crate) mod style;
mod table;
pub(crate) mod yaml;

use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;
use treble_core::ports;

pub(crate) use style::Styled;
pub(crate) use table::{Cell, Table};

/// Why a command failed, on its way to [`failure`].
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Prints a text and a newline. A reader that went away, as `head` does, is no error: there is nobody to tell.
pub(crate) fn line(text: &str) {
    line_if_read(text);
}

/// The same, telling whether somebody still reads.
pub(crate) fn line_if_read(text: &str) -> bool {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).is_ok()
}

/// Prints a text with [styles](style), as far as they are wanted: on a terminal, unless `NO_COLOR` is set.
pub(crate) fn styled(text: &str) {
    styled_if_read(text);
}

/// The same, telling whether somebody still reads.
pub(crate) fn styled_if_read(text: &str) -> bool {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).is_ok()
}

/// Prints a text with styles on standard error: what is said beside the answer.
pub(crate) fn styled_error(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints on standard error: what went wrong, and what lay behind it.
pub(crate) fn failure(error: &(dyn Error + 'static)) {
    let text = ports::chain(error).replace('\n', "\n  ");
    let _ = writeln!(anstream::stderr().lock(), "{} {text}", Styled(style::BAD, "treble:"));
}

/// The columns of the terminal that standard output is; None where it is none.
pub(crate) fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into())
}

/// Whether there is somebody to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks, and waits for an answer: anything but yes is no.
pub(crate) fn confirm(question: &str) -> io::Result<bool> {
    let mut err = anstream::stderr().lock();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// An error and its sources in one line, each said once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    ports::chain(error).replace('\n', " ")
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
