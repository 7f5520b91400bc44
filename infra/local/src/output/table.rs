//! Rows in columns.

use std::fmt;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::style::{HEADING, Styled};
use super::{plain, styled, terminal_width};

/// What stands between two columns.
const GAP: &str = "  ";
/// No column gets narrower than this, however narrow the terminal.
const NARROWEST: usize = 8;

/// A table: a heading, and rows in columns as wide as their widest cell. What comes from elsewhere may stand in it as
/// it is: control characters are shown, not obeyed.
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

/// A text and its style.
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell in a style.
    pub(crate) fn new(style: Style, text: impl AsRef<str>) -> Self {
        Self { text: plain(text.as_ref()), style }
    }
}

/// Outside of a table.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Styled(self.style, &self.text).fmt(f)
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Style::new(), text)
    }
}

impl Table {
    /// A table without rows.
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self { rows: vec![heading.map(|text| Cell::new(HEADING, text)).into()] }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    /// Prints it, no wider than the terminal, if it is one.
    pub(crate) fn print(&self) {
        styled(&self.render(terminal_width()));
    }

    /// The table's lines. Beyond `width`, the widest columns give way: their cells end in `…`.
    pub(crate) fn render(&self, width: Option<usize>) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.text.width())
                .max()
                .unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..columns).map(widest).collect();
        if let Some(width) = width {
            fit(&mut widths, width.saturating_sub(GAP.len() * columns.saturating_sub(1)));
        }
        let lines: Vec<String> = self.rows.iter().map(|row| line(row, &widths)).collect();
        lines.join("\n")
    }
}

/// Takes from the widest columns until all fit.
fn fit(widths: &mut [usize], room: usize) {
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else { return };
        *widest -= 1;
    }
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    let last = row.iter().rposition(|cell| !cell.text.is_empty());
    for (column, (cell, &width)) in row.iter().zip(widths).enumerate() {
        if last.is_none_or(|last| column > last) {
            break;
        }
        if column > 0 {
            line.push_str(GAP);
        }
        let text = shortened(&cell.text, width);
        let padding = if last == Some(column) { 0 } else { width.saturating_sub(text.width()) };
        line.push_str(&Styled(cell.style, text).to_string());
        line.push_str(&" ".repeat(padding));
    }
    line
}

/// A text in so many columns of the terminal.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shortened = String::new();
    let mut room = width.saturating_sub(1);
    for c in text.chars() {
        let Some(left) = room.checked_sub(c.width().unwrap_or(0)) else { break };
        room = left;
        shortened.push(c);
    }
    shortened.push('…');
    shortened
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it is printed where nobody sees colours.
    fn uncoloured(table: &Table, width: Option<usize>) -> String {
        anstream::adapter::strip_str(&table.render(width)).to_string()
    }

    fn table() -> Table {
        let mut table = Table::new(["A", "B", "C"]);
        table.row(["a".into(), "long one".into(), "x".into()]);
        table.row(["grün".into(), "日本".into(), "".into()]);
        table
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(uncoloured(&table(), None), "A     B         C\na     long one  x\ngrün  日本");
    }

    #[test]
    fn the_widest_column_gives_way() {
        let mut table = Table::new(["NAME", "TEXT"]);
        table.row(["n".into(), "a text that is long".into()]);
        assert_eq!(uncoloured(&table, Some(16)), "NAME  TEXT\nn     a text th…");
        // There is an end to that.
        assert_eq!(uncoloured(&table, Some(1)), "NAME  TEXT\nn     a text …");
        assert_eq!(shortened("日本語", 5), "日本…");
    }

    #[test]
    fn cells_are_not_obeyed() {
        let mut table = Table::new(["A"]);
        table.row(["\u{1b}[31m".into()]);
        assert_eq!(uncoloured(&table, None), "A\n\\u{1b}[31m");
    }
}
