//! The table.

/// A line of the table.
pub(crate) struct Row {
    what: String,
    reference: String,
    ours: f64,
    unit: &'static str,
    most: Option<f64>,
    detail: String,
}

impl Row {
    /// Something measured, of which nothing is asked.
    pub(crate) fn figure(what: &str, ours: f64, unit: &'static str) -> Row {
        Row { what: what.to_owned(), reference: String::new(), ours, unit, most: None, detail: String::new() }
    }

    /// With what others need for it, as measured elsewhere or in this run.
    pub(crate) fn reference(self, reference: impl Into<String>) -> Row {
        Row { reference: reference.into(), ..self }
    }

    /// With what it may be.
    pub(crate) fn at_most(self, most: f64) -> Row {
        Row { most: Some(most), ..self }
    }

    /// With something to know about it.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Row {
        Row { detail: detail.into(), ..self }
    }

    fn cells(&self) -> [String; 5] {
        let ours = format!("{} {}", rounded(self.ours), self.unit);
        let ours = if self.detail.is_empty() { ours } else { format!("{ours} ({})", self.detail) };
        let bar = self.most.map(|most| format!("≤ {most} {}", self.unit));
        let met = self.most.map(|most| if self.ours <= most { "yes" } else { "NO" });
        let (bar, met) = (bar.unwrap_or_default(), met.unwrap_or_default().to_owned());
        [self.what.clone(), self.reference.clone(), bar, ours, met]
    }
}

/// Digits that say something.
fn rounded(value: f64) -> String {
    let digits = match value {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// The value in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints a table, as Markdown; nothing, where nothing was measured.
pub(crate) fn print(rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let head = ["what", "reference", "bar", "ours", "met"].map(str::to_owned);
    let cells: Vec<[String; 5]> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    for (number, row) in cells.iter().enumerate() {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
        println!("|{}|", padded.collect::<Vec<_>>().join("|"));
        if number == 0 {
            println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
        }
    }
}
