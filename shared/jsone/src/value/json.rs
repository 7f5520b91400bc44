//! What `$json` writes: keys sorted, no blanks.

use super::{Text, Val};
use crate::engine::Budget;
use crate::error::Error;

/// Appends a value to `out`. Whatever isn't a finite number is written as null.
pub(crate) fn write_json(value: &Val<'_>, out: &mut String, budget: &Budget) -> Result<(), Error> {
    write(value, out, budget, 0)
}

fn write(value: &Val<'_>, out: &mut String, budget: &Budget, depth: usize) -> Result<(), Error> {
    budget.step()?;
    match value {
        Val::Null => append("null", out, budget),
        Val::Bool(true) => append("true", out, budget),
        Val::Bool(false) => append("false", out, budget),
        Val::Number(number) if number.float().is_finite() => append(&number.format(), out, budget),
        Val::Number(_) => append("null", out, budget),
        Val::Text(text) => write_text(text, out, budget),
        Val::Array(array) => {
            budget.depth(depth + 1)?;
            append("[", out, budget)?;
            for (index, item) in array.iter().enumerate() {
                append(if index > 0 { "," } else { "" }, out, budget)?;
                write(&item, out, budget, depth + 1)?;
            }
            append("]", out, budget)
        }
        Val::Object(object) => {
            budget.depth(depth + 1)?;
            budget.items(object.len())?;
            let mut entries: Vec<(Text<'_>, Val<'_>)> = object.iter().collect();
            entries.sort_by(|(a, _), (b, _)| (**a).cmp(b));
            write_entries(&entries, out, budget, depth + 1)
        }
        Val::Function(_) => Err(Error::template("evaluated template contained uncalled functions")),
    }
}

fn write_entries(
    entries: &[(Text<'_>, Val<'_>)],
    out: &mut String,
    budget: &Budget,
    depth: usize,
) -> Result<(), Error> {
    append("{", out, budget)?;
    for (index, (key, value)) in entries.iter().enumerate() {
        append(if index > 0 { "," } else { "" }, out, budget)?;
        write_text(key, out, budget)?;
        append(":", out, budget)?;
        write(value, out, budget, depth)?;
    }
    append("}", out, budget)
}

/// A text in quotes, control characters, quotes and backslashes escaped.
fn write_text(text: &str, out: &mut String, budget: &Budget) -> Result<(), Error> {
    append("\"", out, budget)?;
    let mut rest = text;
    while let Some(place) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        append(&rest[..place], out, budget)?;
        let escaped = match rest.as_bytes()[place] {
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            0x08 => "\\b".to_owned(),
            0x0c => "\\f".to_owned(),
            b @ (b'"' | b'\\') => format!("\\{}", char::from(b)),
            b => format!("\\u{b:04x}"),
        };
        append(&escaped, out, budget)?;
        rest = &rest[place + 1..];
    }
    append(rest, out, budget)?;
    append("\"", out, budget)
}

fn append(text: &str, out: &mut String, budget: &Budget) -> Result<(), Error> {
    budget.bytes(text.len())?;
    out.push_str(text);
    Ok(())
}
