//! What is told apart by colour. Everything reads as well without.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// The head of a table or of a part.
pub(crate) const HEADING: Style = Style::new().bold();
/// What went well, or is new.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What failed, or goes.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// What changes, or wants attention.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

/// A text in a style.
pub(crate) struct Styled<T>(pub(crate) Style, pub(crate) T);

impl<T: fmt::Display> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        write!(f, "{style}{text}{style:#}")
    }
}
